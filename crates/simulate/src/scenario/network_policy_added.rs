//! Somebody adds a NetworkPolicy that shuts a caller out: packets vanish, connects time out, and
//! no event tells of it.

use crate::complaint::Failure;
use crate::day::Day;
use crate::decoy::Around;
use crate::scenario::plot::{Broken, LINKS, Operation, calls_break, pods_of, quiet_times, spread, story};
use crate::scenario::{Scenario, Story};
use crate::text::{MINUTE, SECOND};
use serde_json::{Value, json};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "network_policy_added",
    about: "a NetworkPolicy shuts a caller out of a Service; its connects time out, no event tells",
    plan,
};

fn plan(day: &mut Day) -> Story {
    let (caller, callee) = LINKS[day.seed as usize % LINKS.len()];
    let at = quiet_times(day, (25, 480), pods_of(&[caller, callee]));
    let of = |name: &str| day.cluster.states[day.cluster.find(name)].workload;
    let (from, to) = (of(caller), of(callee));
    let mut shape = day.pen.rng.index(4);
    // Shutting a whole namespace off would break the shop at once: only others are.
    if shape == 1 && to.namespace == "shop" {
        shape = 0;
    }
    let (name, namespace, spec) = match shape {
        0 => (format!("{callee}-ingress"), to.namespace, ingress(callee, &format!("{caller}-v2"), to.port)),
        1 => {
            ("default-deny".to_owned(), to.namespace, json!({"podSelector": {}, "policyTypes": ["Ingress"]}))
        }
        2 => (format!("{caller}-egress"), from.namespace, egress(caller)),
        _ => (format!("allow-{callee}"), to.namespace, ingress(callee, caller, to.port + 363)),
    };
    let user = day.owner_of(namespace);
    let id = day.create_policy(at.cause, &user, (namespace, &name), &spec);
    let broken = Broken {
        caller,
        callee,
        span: (at.symptom, at.end + 20 * SECOND),
        failures: &[Failure::ConnectTimeout],
        share: 0.4,
        is_private: shape == 2,
    };
    let (symptom, mut hit) = spread(day, &broken);
    if shape == 1 {
        // What runs behind the wall is shut out of its neighbours too.
        for (caller, callee) in LINKS {
            let of = |name: &str| day.cluster.states[day.cluster.find(name)].workload;
            if of(callee).namespace == namespace && callee != broken.callee && !hit.contains(&caller) {
                let span = (at.symptom + 2 * SECOND, broken.span.1);
                calls_break(day, &Broken { caller, callee, span, ..broken });
                hit.push(caller);
            }
        }
    }
    let idle = day.after(at.symptom, -20, -13).max(at.cause + SECOND);
    day.idle_policy(idle, &Day::person(5), if namespace == "search" { "payments" } else { "search" });
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
    day.delete_policy(at.end.max(at.cause + MINUTE), &Day::on_call(), (namespace, &name));
    let operation = Operation {
        id,
        at: at.cause,
        user: &user,
        verb: "create",
        object: ("networkpolicies", namespace, &name),
    };
    story(symptom, operation, "confirmed")
}

fn ingress(callee: &str, caller: &str, port: u16) -> Value {
    json!({"podSelector": {"matchLabels": {"app": callee}}, "policyTypes": ["Ingress"], "ingress": [{
        "from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": caller}}}],
        "ports": [{"port": port, "protocol": "TCP"}]}]})
}

fn egress(caller: &str) -> Value {
    json!({"podSelector": {"matchLabels": {"app": caller}}, "policyTypes": ["Egress"], "egress": [{
        "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
        "ports": [{"port": 53, "protocol": "UDP"}]}]})
}
