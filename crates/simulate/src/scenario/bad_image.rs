//! A release of `catalog` names a tag that the registry does not have, and its rollout may take
//! every old pod away; when the last of them has drained, callers get 503.

use crate::prelude::*;

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.incident("catalog", (180, 900));
    it.user = if day.seed % 2 == 1 { User::ci() } else { day.pick(team("shop")) };
    // The old pods respond on kept-alive connections until their grace period is over.
    day.drain_by(it.workload, it.cause, it.symptom);
    day.earlier_release(it.symptom, it.workload);
    let good = day.cluster.states[it.workload].tag();
    let cause = day.set_image(it.cause, &it.user, it.workload, &format!("{good}-rc1"));
    let stuck = day.roll_out(it.cause, it.workload, Rollout::Stuck);
    for pod in &stuck {
        fail_to_pull(day, (it.cause + 3 * SECOND, it.end), *pod);
    }
    day.callers_fail(&mut it, (0, 30), &[Failure::Status(503), Failure::Refused]);
    day.decoys(&it);
    day.set_image(it.end, &User::on_call(), it.workload, &good);
    day.roll_out(it.end, it.workload, Rollout::Good);
    for pod in stuck {
        day.stop_pod(it.end + 5 * SECOND, pod, 0);
    }
    it.confirmed(cause)
}

fn fail_to_pull(day: &mut Day, span: (i64, i64), pod: usize) {
    let image = day.cluster.states[day.cluster.pods[pod].workload].image.clone();
    let failed = format!(
        "Failed to pull image \"{image}\": rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": {image}: not found"
    );
    let (error, held) = (
        failed.trim_start_matches("Failed to pull image ").to_owned(),
        format!("Back-off pulling image \"{image}\""),
    );
    day.pod_waits(span.0 + SECOND, pod, ("ErrImagePull", &error));
    day.pod_waits(span.0 + 3 * SECOND, pod, ("ImagePullBackOff", &held));
    for at in day.retries(span, (14, 300)) {
        day.kubelet_says(at, pod, "Pulling", &format!("Pulling image \"{image}\""));
        day.kubelet_says(at + SECOND, pod, "Failed", &failed);
        day.kubelet_says(at + SECOND, pod, "Failed", "Error: ErrImagePull");
        day.kubelet_says(at + 3 * SECOND, pod, "BackOff", &held);
        day.kubelet_says(at + 3 * SECOND, pod, "Failed", "Error: ImagePullBackOff");
    }
}
