//! Someone lowers the upper bound of an autoscaler in the busy hour. The controller obeys within
//! seconds and scales down; that is a consequence, the patch of the bounds is the cause.

use crate::prelude::*;

const VICTIMS: [&str; 5] = ["pay-api", "order-api", "catalog", "payment-gateway", "cart-api"];
const BUSY: &str = "cpu resource utilization (percentage of request) above target";
const BOUND: &str = "Current number of replicas above Spec.MaxReplicas";

pub fn plan(day: &mut Day) -> Story {
    let (morning, symptom) = (day.time_between(8.2, 8.9), day.time_between(9.8, 11.9));
    let mut it = day.incident_at(symptom, day.turn(&VICTIMS, 0), (75, 600));
    let replicas = it.of.replicas;
    let target = Target::new("horizontalpodautoscalers", it.of.namespace, it.of.name);
    let mut before = day.stored(target);
    before["spec"] = spec(it.workload, (replicas, 2 * replicas + 2));
    day.store(target, day.from, Some(before));
    rescale(day, morning, &it, (replicas + 2, BUSY));
    let high = 1 + day.variant(VICTIMS.len(), 2) as usize;
    let cause = set_bounds(day, it.cause, &it.user, it.workload, (1, high));
    // The controller looks every fifteen seconds.
    let sync = day.after(it.cause, 1, 15);
    rescale(day, sync, &it, (high, BOUND));
    drown(day, &mut it);
    day.decoys(&it);
    set_bounds(day, it.end, &User::on_call(), it.workload, (replicas, 2 * replicas + 2));
    rescale(day, it.end + 9 * SECOND, &it, (replicas + 2, BUSY));
    it.unseen(cause)
}

fn rescale(day: &mut Day, at: i64, it: &Incident, (replicas, why): (usize, &str)) {
    day.autoscale(at, it.workload, replicas, why);
    day.fit_pods(at, it.workload);
}

fn spec(workload: usize, (low, high): (usize, usize)) -> Value {
    let of = &FLEET[workload];
    let scaled = json!({"apiVersion": "apps/v1", "kind": of.kind_name(), "name": of.name});
    json!({"scaleTargetRef": scaled, "minReplicas": low, "maxReplicas": high})
}

fn set_bounds(day: &mut Day, at: i64, user: &User, workload: usize, (low, high): (usize, usize)) -> Cause {
    let of = &FLEET[workload];
    let spec = spec(workload, (low, high));
    let status = json!({"currentReplicas": day.cluster.states[workload].replicas});
    let patch = json!({"spec": {"minReplicas": low, "maxReplicas": high}});
    let target = Target::new("horizontalpodautoscalers", of.namespace, of.name);
    day.change_to(at, user, ("patch", target), (patch, json!({"spec": spec, "status": status})))
}
