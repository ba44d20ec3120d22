//! Somebody points a Service at a port that its pods do not listen on: every new connection is
//! refused by the pods themselves.

use crate::complaint::Failure;
use crate::day::Day;
use crate::decoy::Around;
use crate::network::Route;
use crate::scenario::plot::{Broken, LINKS, Operation, pods_of, quiet_times, spread, story};
use crate::scenario::{Scenario, Story};
use crate::text::SECOND;
use serde_json::json;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "service_port_changed",
    about: "a Service's targetPort is patched to a port that nothing listens on; callers are refused",
    plan,
};

fn plan(day: &mut Day) -> Story {
    let (caller, callee) = LINKS[(day.seed as usize + 6) % LINKS.len()];
    let at = quiet_times(day, (20, 600), pods_of(&[caller, callee]));
    let workload = day.cluster.find(callee);
    let of = day.cluster.states[workload].workload;
    let user = day.owner_of(of.namespace);
    let port = [of.port + 1, of.port + 1000, 80, 9000][day.pen.rng.index(4)];
    let patch = |port: u16| json!({"spec": {"ports": [{"name": "main", "port": of.port, "targetPort": port, "protocol": "TCP"}]}});
    let route = Route { app: callee, port, is_served: true };
    let id = day.patch_service(at.cause, &user, workload, &route, &patch(port));
    let span = (at.symptom, at.end + 15 * SECOND);
    // Between pods of a mesh the sidecar answers for the port; else the kernel does.
    let failures: &[Failure] = match day.pen.rng.index(3) {
        0 if of.is_business() => &[Failure::Refused, Failure::Status(502)],
        1 => &[Failure::Refused, Failure::Reset],
        _ => &[Failure::Refused],
    };
    let broken = Broken { caller, callee, span, failures, share: 0.4, is_private: false };
    let (symptom, hit) = spread(day, &broken);
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
    day.patch_service(at.end, &Day::on_call(), workload, &route, &patch(of.port));
    let object = ("services", of.namespace, callee);
    let operation = Operation { id, at: at.cause, user: &user, verb: "patch", object };
    story(symptom, operation, "confirmed")
}
