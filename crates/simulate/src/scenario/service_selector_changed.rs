//! Somebody changes the pods that a Service selects: none matches, its EndpointSlice empties, and
//! callers are refused once their kept connections are used up.

use crate::prelude::*;

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.quiet_incident(day.turn(&LINKS, 3), (20, 420), &[]);
    let name = it.of.name;
    let near = [format!("{name}-v2"), format!("{name}-canary"), format!("{name}-green")];
    let app = day.pick([near.as_slice(), &[name.replace('-', "_")]].concat());
    let good = Route { app: name, port: it.of.port, is_served: true };
    let empty = Route { app: &app, is_served: false, ..good };
    let cause = day.patch_service(it.cause, &it.user, name, &empty);
    // A mesh or gateway in front of the callee returns 503, bare clients are refused.
    let failures: &[Failure] = match (it.of.is_business(), day.pen.rng.index(3)) {
        (true, 0) => &[Failure::Status(503)],
        (true, 1) => &[Failure::Refused, Failure::Status(503)],
        _ => &[Failure::Refused],
    };
    day.callers_fail(&mut it, (0, 15), failures);
    if ["cart-api", "catalog", "search-api"].contains(&name) {
        // The ingress controller warns of the Services that it serves itself.
        let lines = own_errors(find(INGRESS), "no.endpoint", &[("callee", name), ("space", it.of.namespace)]);
        day.impact(INGRESS, it.errors(1, 15), 0.02, &lines);
    }
    day.decoys(&it);
    day.patch_service(it.end, &User::on_call(), name, &good);
    it.confirmed(cause)
}
