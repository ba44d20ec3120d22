//! Somebody lowers a ResourceQuota below what is in use. Nothing happens until pods are to be
//! made: by the autoscaler as load grows, or by a release whose old pods are gone by then.

use crate::audit::User;
use crate::complaint::Failure;
use crate::day::Day;
use crate::decoy::Around;
use crate::fleet::FLEET;
use crate::quota::size;
use crate::scenario::plot::{Broken, Operation, quiet_times, spread, story};
use crate::scenario::{Scenario, Story};
use crate::text::{MINUTE, SECOND};
use serde_json::{Value, json};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "quota_lowered",
    about: "a ResourceQuota is lowered below use; the autoscaler's or a release's pods are refused later",
    plan,
};

const PAIRS: [(&str, &str); 6] = [
    ("checkout", "order-api"),
    ("pay-api", "payment-gateway"),
    ("checkout", "pay-api"),
    ("order-api", "inventory"),
    ("checkout", "cart-api"),
    ("checkout", "catalog"),
];

fn plan(day: &mut Day) -> Story {
    let (caller, victim) = PAIRS[day.seed as usize % PAIRS.len()];
    let workload = day.cluster.find(victim);
    let of = day.cluster.states[workload].workload;
    let is_release = day.pen.rng.index(2) == 1;
    let at = quiet_times(day, (240, 1500), |pod| FLEET[pod.workload].namespace == of.namespace);
    let mut users = Day::team("platform");
    users.extend(Day::team(of.namespace));
    users.push(Day::gitops());
    let user = users.swap_remove(day.pen.rng.index(users.len()));
    let (hard, refusal, before) = quota(day, workload, at.cause);

    day.is_incident = true;
    let id = day.patch_quota(at.cause, &user, of.namespace, &hard);
    let replicas = day.cluster.states[workload].replicas;
    let span = (at.symptom, at.end + 20 * SECOND);
    let (failures, by) = if is_release {
        let start = day.after(at.symptom, -110, -40);
        let tag = format!("v{}.{}.1", day.pen.rng.between(4, 6), day.pen.rng.between(31, 60));
        let state = &mut day.cluster.states[workload];
        (state.max_unavailable, state.grace_s) = ("100%", (at.symptom - start) / SECOND - 2);
        day.set_image(start, &User::ci(), workload, &tag);
        day.roll_out_in_vain(start, workload);
        day.fail_create(start + SECOND / 3, at.end, workload, "", &refusal);
        ([Failure::Refused, Failure::Status(503)], User::ci().name)
    } else {
        day.surge = Some(((at.symptom - 8 * MINUTE, at.end + 10 * MINUTE), 2.0));
        let asked = day.after(at.symptom, -100, -45);
        day.ask_for_more(asked, workload, replicas + 3);
        day.fail_create(asked + SECOND / 3, at.end, workload, "", &refusal);
        ([Failure::ReadTimeout, Failure::Status(503)], String::new())
    };
    let broken = Broken { caller, callee: victim, span, failures: &failures, share: 0.3, is_private: false };
    let (symptom, hit) = spread(day, &broken);
    day.is_incident = false;
    // No pod can be made in the namespace: innocent changes make none.
    day.decoys(&Around {
        cause: at.cause,
        symptom: at.symptom,
        target: victim,
        victim: caller,
        involved: &hit,
        user: if by.is_empty() { &user.name } else { &by },
        elsewhere: "monitoring",
        can_roll: false,
    });
    day.patch_quota(at.end, &Day::on_call(), of.namespace, &before);
    day.make_pods(at.end + SECOND, workload, if is_release { replicas } else { 3 });
    let name = format!("{}-quota", of.namespace);
    let object = ("resourcequotas", of.namespace, name.as_str());
    let operation = Operation { id, at: at.cause, user: &user, verb: "patch", object };
    // A release between quota and error is a rival: it triggers what the quota caused.
    story(symptom, operation, if is_release { "likely" } else { "confirmed" })
}

/// Returns a quota below use, the refusal of the next pod, and the quota before.
fn quota(day: &mut Day, workload: usize, at: i64) -> (Value, String, Value) {
    let state = &day.cluster.states[workload];
    let (namespace, mib) = (state.workload.namespace, state.memory_mib / 2);
    let (pods, used, cpu) = day.use_of(namespace, at);
    let (key, asked, used, limit, before) = match day.pen.rng.index(3) {
        0 => ("pods", "1".to_owned(), pods.to_string(), (pods - 3).to_string(), "100".to_owned()),
        1 => {
            let limit = used / 2048 + 1;
            ("requests.memory", size(mib), size(used), size(limit * 1024), "128Gi".to_owned())
        }
        _ => (
            "requests.cpu",
            "200m".to_owned(),
            format!("{cpu}m"),
            (cpu / 2000 + 1).to_string(),
            "64".to_owned(),
        ),
    };
    let refusal = format!(
        "pods \"{{pod}}\" is forbidden: exceeded quota: {namespace}-quota, requested: {key}={asked}, used: {key}={used}, limited: {key}={limit}"
    );
    (json!({key: limit}), refusal, json!({key: before}))
}
