//! Somebody points a readiness probe at a path that is not served: the new pods run and are never
//! ready, so that the Service has no endpoints once the old ones are gone.

use crate::prelude::*;

const VICTIMS: [&str; 5] = ["catalog", "inventory", "pay-api", "cart-api", "payment-gateway"];
const PATHS: [&str; 4] = ["/ready", "/actuator/health/readiness", "/health/ready", "/status"];

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.incident(day.turn(&VICTIMS, 0), (40, 300));
    let path = day.turn(&PATHS, 2);
    day.drain_by(it.workload, it.cause, it.symptom);
    let cause = day.set_ready_path(it.cause, &it.user, it.workload, path);
    for pod in day.roll_out(it.cause, it.workload, Rollout::Stuck) {
        day.cluster.pods[pod].is_probed = false;
        day.start_cached(it.cause + 3 * SECOND, pod);
        let first = day.cluster.pods[pod].from + 3 * SECOND;
        for missed in day.every((first, it.end), (30, 90)) {
            let message = "Readiness probe failed: HTTP probe failed with statuscode: 404";
            day.kubelet_says(missed, pod, "Unhealthy", message);
        }
    }
    day.callers_fail(&mut it, (0, 20), &[Failure::Refused, Failure::Status(503)]);
    day.decoys(&it);
    day.set_ready_path(it.end, &User::on_call(), it.workload, "/readyz");
    day.roll_out(it.end, it.workload, Rollout::Good);
    it.confirmed(cause)
}
