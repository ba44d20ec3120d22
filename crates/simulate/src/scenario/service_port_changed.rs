//! Somebody points a Service at a port that its pods do not listen on: every new connection is
//! refused by the pods themselves.

use crate::prelude::*;

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.quiet_incident(day.turn(&LINKS, 6), (20, 600), &[]);
    let port = day.pick(vec![it.of.port + 1, it.of.port + 1000, 80, 9000]);
    let good = Route { app: it.of.name, port: it.of.port, is_served: true };
    let cause = day.patch_service(it.cause, &it.user, it.of.name, &Route { port, ..good });
    // Between pods of a mesh the sidecar responds for the port; else the kernel does.
    let failures: &[Failure] = match day.pen.rng.index(3) {
        0 if it.of.is_business() => &[Failure::Refused, Failure::Status(502)],
        1 => &[Failure::Refused, Failure::Reset],
        _ => &[Failure::Refused],
    };
    day.callers_fail(&mut it, (0, 15), failures);
    day.decoys(&it);
    day.patch_service(it.end, &User::on_call(), it.of.name, &good);
    it.confirmed(cause)
}
