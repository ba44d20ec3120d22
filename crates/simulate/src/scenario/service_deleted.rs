//! Somebody deletes a Service: its name is gone, and callers no longer find it once what they keep of
//! it is used up.

use crate::prelude::*;

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.quiet_incident(day.turn(&LINKS, 5), (15, 120), &[]);
    let name = it.of.name;
    it.user = day.pick(owners(it.of.namespace));
    let cause = day.delete_service(it.cause, &it.user, name);
    day.callers_fail(&mut it, (0, 15), &[Failure::NoSuchHost]);
    day.decoys(&it);
    day.create_service(it.end, &User::on_call(), name);
    it.confirmed(cause)
}
