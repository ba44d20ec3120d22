//! A release of `catalog` names a tag that the registry does not have, and its rollout may take
//! every old pod away; when the last of them has drained, callers get 503.

use crate::act::Rollout;
use crate::app::Fault;
use crate::audit::User;
use crate::day::Day;
use crate::scenario::{Scenario, Story, calls_fail, cause, customers_see, someone, times};
use crate::text::{MINUTE, SECOND};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "bad_image",
    about: "catalog is released with an image tag that does not exist; its old pods drain away, callers get 503",
    plan,
};

fn plan(day: &mut Day) -> Story {
    let at = times(day, (180, 900));
    day.earlier_release(at.symptom, "catalog");
    day.is_incident = true;
    let catalog = day.cluster.find("catalog");
    let user = if day.seed % 2 == 1 { User::ci() } else { someone(&mut day.pen.rng) };
    let state = &mut day.cluster.states[catalog];
    // The old pods answer on kept-alive connections until their grace period is over.
    (state.max_unavailable, state.grace_s) = ("100%", (at.symptom - at.cause) / SECOND - 2);
    let good = state.image.rsplit_once(':').map_or_else(String::new, |(_, tag)| tag.to_owned());
    let id = day.set_image(at.cause, &user, catalog, &format!("{good}-rc1"));
    let stuck = day.roll_out(at.cause, catalog, Rollout::Stuck);
    for pod in &stuck {
        fail_to_pull(day, at.cause + 3 * SECOND, at.end, *pod);
    }
    let span = (at.symptom, at.end + MINUTE / 2);
    let symptom = calls_fail(day, "checkout", "catalog", span, &[Fault::Unavailable, Fault::Refused], 0.35);
    customers_see(day, "catalog", (at.symptom + SECOND, span.1), 503, 0.25);
    day.red_herrings(at.cause, at.symptom, "catalog", &["checkout"]);
    day.is_incident = false;
    day.set_image(at.end, &Day::on_call(), catalog, &good);
    day.cluster.states[catalog].grace_s = 30;
    day.roll_out(at.end, catalog, Rollout::Good);
    for pod in stuck {
        day.stop_pod(at.end + 5 * SECOND, pod, 0);
    }
    Story {
        symptom,
        cause: cause(id, at.cause, &user, ("deployments", "shop", "catalog")),
        verdict: "confirmed",
    }
}

fn fail_to_pull(day: &mut Day, from: i64, to: i64, pod: usize) {
    let image = day.cluster.states[day.cluster.pods[pod].workload].image.clone();
    let failed = format!(
        "Failed to pull image \"{image}\": rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": {image}: not found"
    );
    let (mut at, mut wait) = (from, 14);
    while at < to {
        day.kubelet_says(at, pod, "Pulling", &format!("Pulling image \"{image}\""), false);
        day.kubelet_says(at + SECOND, pod, "Failed", &failed, true);
        day.kubelet_says(at + SECOND, pod, "Failed", "Error: ErrImagePull", true);
        day.kubelet_says(
            at + 3 * SECOND,
            pod,
            "BackOff",
            &format!("Back-off pulling image \"{image}\""),
            true,
        );
        day.kubelet_says(at + 3 * SECOND, pod, "Failed", "Error: ImagePullBackOff", true);
        at = day.after(at, wait, wait + 6);
        wait = (wait * 2).min(300);
    }
}
