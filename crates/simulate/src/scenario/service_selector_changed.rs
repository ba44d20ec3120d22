//! Somebody changes what a Service selects: no pod matches, its EndpointSlice empties, and
//! callers are refused once their kept connections are used up.

use crate::complaint::Failure;
use crate::day::Day;
use crate::decoy::Around;
use crate::network::Route;
use crate::scenario::plot::{Broken, LINKS, Operation, pods_of, quiet_times, spread, story};
use crate::scenario::{Scenario, Story};
use crate::text::SECOND;
use serde_json::json;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "service_selector_changed",
    about: "a Service is patched to select no pod; callers get connection refused or 503",
    plan,
};

fn plan(day: &mut Day) -> Story {
    let (caller, callee) = LINKS[(day.seed as usize + 3) % LINKS.len()];
    let at = quiet_times(day, (20, 420), pods_of(&[caller, callee]));
    let workload = day.cluster.find(callee);
    let of = day.cluster.states[workload].workload;
    let user = day.owner_of(of.namespace);
    let app = match day.pen.rng.index(4) {
        0 => format!("{callee}-v2"),
        1 => format!("{callee}-canary"),
        2 => callee.replace('-', "_"),
        _ => format!("{callee}-green"),
    };
    let route = Route { app: &app, port: of.port, is_served: false };
    let patch = json!({"spec": {"selector": {"app": app}}});
    let id = day.patch_service(at.cause, &user, workload, &route, &patch);
    // A mesh or gateway in front of the callee answers 503, bare clients are refused.
    let failures: &[Failure] = match (of.is_business(), day.pen.rng.index(3)) {
        (true, 0) => &[Failure::Status(503)],
        (true, 1) => &[Failure::Refused, Failure::Status(503)],
        _ => &[Failure::Refused],
    };
    let span = (at.symptom, at.end + 15 * SECOND);
    let broken = Broken { caller, callee, span, failures, share: 0.45, is_private: false };
    let (symptom, hit) = spread(day, &broken);
    no_endpoint(day, callee, (at.symptom + SECOND, span.1));
    day.decoys(&Around {
        cause: at.cause,
        symptom: at.symptom,
        target: callee,
        victim: caller,
        involved: &hit,
        user: &user.name,
        elsewhere: "monitoring",
        can_roll: true,
    });
    let route = Route { app: callee, port: of.port, is_served: true };
    let patch = json!({"spec": {"selector": {"app": callee}}});
    day.patch_service(at.end, &Day::on_call(), workload, &route, &patch);
    let object = ("services", of.namespace, callee);
    let operation = Operation { id, at: at.cause, user: &user, verb: "patch", object };
    story(symptom, operation, "confirmed")
}

/// The ingress controller complains about the Services of the shop that it serves itself.
fn no_endpoint(day: &mut Day, callee: &str, span: (i64, i64)) {
    if ["cart-api", "catalog", "search-api"].contains(&callee) {
        let of = day.cluster.states[day.cluster.find(callee)].workload;
        let line = format!(
            "W<klog>       7 controller.go:1163] Service \"{}/{callee}\" does not have any active Endpoint.",
            of.namespace
        );
        day.impact("ingress-nginx-controller", span, 0.02, &[line]);
    }
}
