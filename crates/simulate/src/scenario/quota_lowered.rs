//! Somebody lowers a ResourceQuota below the present use. Nothing happens until pods are to be
//! made: by the autoscaler as load grows, or by a release whose old pods are gone by then.

use crate::prelude::*;

pub fn plan(day: &mut Day) -> Story {
    let pair = day.turn(&GROWING, 0);
    let namespace = find(pair.1).namespace;
    let is_release = day.pen.rng.index(2) == 1;
    let all = FLEET.iter().filter(|of| of.namespace == namespace).map(|of| of.name);
    let mut it = day.quiet_incident(pair, (240, 1500), &all.collect::<Vec<_>>());
    // No pod can be made in the namespace: decoys make none.
    it.can_roll = false;
    it.user = day.pick(admins(namespace));
    let (low, refusal, high) = quota(day, it.workload, it.cause);
    let name = format!("{namespace}-quota");
    let target = Target::new("resourcequotas", namespace, &name);
    let mut before = day.stored(target);
    before["spec"] = json!({"hard": high});
    day.store(target, day.from, Some(before));
    let counted = day.after(it.cause, -40 * 60, -10 * 60);
    is_counted(day, counted, target);
    let cause = patch_quota(day, it.cause, &it.user, namespace, &low);
    let (first, tried) = if is_release {
        let start = day.after(it.symptom, -110, -40);
        day.release_refused(start, it.symptom, it.workload);
        it.user = User::ci();
        (Failure::Refused, start)
    } else {
        day.surge = Some(((it.symptom - 8 * MINUTE, it.end + 10 * MINUTE), 2.0));
        let tried = day.after(it.symptom, -100, -45);
        let why = "cpu resource utilization (percentage of request) above target";
        day.autoscale(tried, it.workload, it.of.replicas + 3, why);
        (Failure::ReadTimeout, tried)
    };
    day.fail_create((tried + SECOND / 3, it.end), it.workload, &refusal);
    day.callers_fail(&mut it, (0, 20), &[first, Failure::Status(503)]);
    day.decoys(&it);
    patch_quota(day, it.end, &User::on_call(), namespace, &high);
    day.fit_pods(it.end + SECOND, it.workload);
    // A release between quota and error is a rival: it triggers the refusal that the quota caused.
    it.unless(is_release, cause)
}

fn patch_quota(day: &mut Day, at: i64, user: &User, namespace: &str, hard: &Value) -> Cause {
    let name = format!("{namespace}-quota");
    let target = Target::new("resourcequotas", namespace, &name);
    let cause = day.change(at, user, ("patch", target), json!({"spec": {"hard": hard}}));
    is_counted(day, at + SECOND / 12, target);
    cause
}

/// Records that the controller writes the status of a quota.
fn is_counted(day: &mut Day, at: i64, target: Target<'_>) {
    let mut whole = day.stored(target);
    whole["status"] = json!({"hard": whole["spec"]["hard"]});
    let controller = User::controller("resourcequota-controller");
    day.audit(at, &Request::new(&controller, "update", target.sub("status")).both(&whole));
}

/// Returns a quota below use, the refusal of the next pod, and the quota before.
fn quota(day: &mut Day, workload: usize, at: i64) -> (Value, String, Value) {
    let (namespace, mib) = (FLEET[workload].namespace, day.cluster.states[workload].memory_mib / 2);
    let pods = day.cluster.pods.iter().filter(|pod| pod.from <= at && at < pod.to);
    let pods: Vec<_> = pods.filter(|pod| FLEET[pod.workload].namespace == namespace).collect();
    let used: u32 = pods.iter().map(|pod| day.cluster.states[pod.workload].memory_mib / 2).sum();
    let (count, cpu) = (pods.len(), pods.len() * 200);
    let (key, asked, used, limit, before) = match day.pen.rng.index(3) {
        0 => ("pods", "1".to_owned(), count.to_string(), (count - 3).to_string(), "100"),
        1 => {
            let limit = mib_text((used / 2048 + 1) * 1024);
            ("requests.memory", mib_text(mib), mib_text(used), limit, "128Gi")
        }
        _ => ("requests.cpu", "200m".to_owned(), format!("{cpu}m"), (cpu / 2000 + 1).to_string(), "64"),
    };
    let refusal = format!(
        "pods \"{{pod}}\" is forbidden: exceeded quota: {namespace}-quota, requested: {key}={asked}, used: {key}={used}, limited: {key}={limit}"
    );
    (json!({key: limit}), refusal, json!({key: before}))
}
