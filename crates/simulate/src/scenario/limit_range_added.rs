//! Somebody adds a LimitRange that a workload's pods do not fit. Nothing happens until its pod
//! must be made anew: the kubelet evicts it, or a release replaces it.

use crate::prelude::*;

pub fn plan(day: &mut Day) -> Story {
    let (mut it, pod, _) = day.single_incident(day.turn(&SINGLES, 1), (120, 1500));
    // Other pods of the namespace may not fit either: decoys make none.
    it.can_roll = false;
    let (limit, refusal) = limit(day, it.workload);
    it.user = day.pick(admins(it.of.namespace));
    let name = day.pick(vec!["container-limits", "default-limits", "team-guardrails"]);
    let target = Target::new("limitranges", it.of.namespace, name);
    let cause = day.change(it.cause, &it.user, ("create", target), json!({"spec": {"limits": [limit]}}));
    let is_release = !it.is_stateful() && day.seed % 2 == 1;
    let mut refused = it.symptom - SECOND;
    if is_release {
        let start = day.after(it.symptom, -80, -35);
        day.release_refused(start, it.symptom, it.workload);
        refused = start + SECOND / 3;
    } else {
        day.memory_evicts(it.symptom - 3 * SECOND, pod);
    }
    day.fail_create((refused, it.end), it.workload, &format!("pods \"{{pod}}\" is forbidden: {refusal}"));
    day.callers_fail(&mut it, (0, 15), day.gone());
    day.decoys(&it);
    day.change(it.end, &User::on_call(), ("delete", target), Value::Null);
    day.fit_pods(it.end + SECOND, it.workload);
    // A release between limit and error is a rival: it triggers the refusal that the limit caused.
    it.unless(is_release, cause)
}

/// Returns a limit that a workload's pods do not fit, and the API server's refusal.
fn limit(day: &mut Day, workload: usize) -> (Value, String) {
    let mib = day.cluster.states[workload].memory_mib;
    let (half, whole) = (mib_text(mib / 2), mib_text(mib));
    match day.pen.rng.index(3) {
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
            json!({"type": "Container", "max": {"memory": half}}),
            format!("maximum memory usage per Container is {half}, but limit is {whole}"),
        ),
    }
}
