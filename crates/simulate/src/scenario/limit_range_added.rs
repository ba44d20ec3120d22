//! Somebody adds a LimitRange that a workload's pods do not fit. Nothing happens until its pod
//! must be made anew: the kubelet evicts it, or a release replaces it.

use crate::audit::User;
use crate::complaint::Failure;
use crate::day::Day;
use crate::decoy::Around;
use crate::fleet::Kind;
use crate::quota::size;
use crate::scenario::plot::{Broken, LONE, Operation, node_times, spread, story};
use crate::scenario::{Scenario, Story};
use crate::text::SECOND;
use serde_json::json;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "limit_range_added",
    about: "a LimitRange is added that a workload's pods do not fit; its next pod is refused",
    plan,
};

fn plan(day: &mut Day) -> Story {
    let (caller, victim) = LONE[(day.seed as usize + 1) % LONE.len()];
    let workload = day.cluster.find(victim);
    let pod = day.thin_out(workload);
    let (node, at) = node_times(day, (120, 1500), &[caller, victim]);
    day.settle(node, victim, &[caller]);
    let state = &day.cluster.states[workload];
    let (of, mib) = (state.workload, state.memory_mib);
    let name = day.cluster.pods[pod].name.clone();
    let (limit, refusal) = match day.pen.rng.index(3) {
        0 => (
            json!({"type": "Container", "min": {"cpu": "500m"}}),
            "minimum cpu usage per Container is 500m, but request is 200m".to_owned(),
        ),
        1 => (
            json!({"type": "Container", "maxLimitRequestRatio": {"memory": "1500m"}}),
            "memory max limit to request ratio per Container is 1500m, but provided ratio is 2.000000"
                .to_owned(),
        ),
        _ => (
            json!({"type": "Container", "max": {"memory": size(mib / 2)}}),
            format!("maximum memory usage per Container is {}, but limit is {}", size(mib / 2), size(mib)),
        ),
    };
    let refusal = format!("pods \"{{pod}}\" is forbidden: {refusal}");
    let range = ["container-limits", "default-limits", "team-guardrails"][day.pen.rng.index(3)];
    let mut users = Day::team("platform");
    users.extend(Day::team(of.namespace));
    users.push(Day::gitops());
    let user = users.swap_remove(day.pen.rng.index(users.len()));

    day.is_incident = true;
    let id = day.create_limits(at.cause, &user, (of.namespace, range), &limit);
    let is_release = of.kind == Kind::Deployment && day.seed % 2 == 1;
    let lost = at.symptom - 2 * SECOND;
    if is_release {
        let start = day.after(at.symptom, -80, -35);
        let tag = format!("v{}.{}.1", day.pen.rng.between(4, 6), day.pen.rng.between(31, 60));
        let state = &mut day.cluster.states[workload];
        (state.max_unavailable, state.grace_s) = ("100%", (at.symptom - start) / SECOND - 2);
        day.set_image(start, &User::ci(), workload, &tag);
        day.roll_out_in_vain(start, workload);
        day.fail_create(start + SECOND / 3, at.end, workload, "", &refusal);
    } else {
        day.short_of_memory(lost - SECOND, node);
        let message = day.memory_eviction(pod);
        day.kubelet_evicts(lost - SECOND, pod, &message);
        day.fail_create(lost + SECOND, at.end, workload, &name, &refusal);
    }
    let span = (at.symptom, at.end + 15 * SECOND);
    let failures: &[Failure] =
        if day.seed % 3 == 1 { &[Failure::Refused, Failure::ConnectTimeout] } else { &[Failure::Refused] };
    let (symptom, hit) =
        spread(day, &Broken { caller, callee: victim, span, failures, share: 0.4, is_private: false });
    day.is_incident = false;
    // Other pods of the namespace may not fit either: innocent changes make none.
    day.decoys(&Around {
        cause: at.cause,
        symptom: at.symptom,
        target: victim,
        victim: caller,
        involved: &hit,
        user: &user.name,
        elsewhere: "monitoring",
        can_roll: false,
    });
    day.delete_limits(at.end, &Day::on_call(), (of.namespace, range));
    day.make_pods(at.end + SECOND, workload, 1);
    let operation = Operation {
        id,
        at: at.cause,
        user: &user,
        verb: "create",
        object: ("limitranges", of.namespace, range),
    };
    // A release between limit and error is a rival: it triggers what the limit caused.
    story(symptom, operation, if is_release { "likely" } else { "confirmed" })
}
