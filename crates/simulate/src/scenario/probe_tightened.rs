//! A person points the liveness probe of `cart-api` at a path that it does not serve; the kubelet
//! kills healthy pods over and over, and callers get 503.

use crate::act::Rollout;
use crate::app::Fault;
use crate::cluster::Probe;
use crate::day::Day;
use crate::scenario::{Scenario, Story, User, calls_fail, cause, customers_see, someone, times};
use crate::text::{MINUTE, SECOND};
use serde_json::json;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "probe_tightened",
    about: "a person patches cart-api's liveness probe (wrong path, 1 s timeout); restarts, callers get 503",
    plan,
};

const PERIOD_S: i64 = 15;

fn plan(day: &mut Day) -> Story {
    let at = times(day, (180, 540));
    day.earlier_release(at.symptom, "cart-api");
    day.is_incident = true;
    let cart = day.cluster.find("cart-api");
    let user = someone(&mut day.pen.rng);
    // Three failed probes after the delay end just before the symptom.
    let delay_s = (at.symptom - at.cause) / SECOND - 3 * PERIOD_S - 10;
    let probe = Probe { path: "/live", timeout_s: 1, period_s: PERIOD_S, delay_s };
    let id = set_probe(day, at.cause, &user, cart, probe);
    let pods = day.roll_out(at.cause, cart, Rollout::Good);
    for (i, pod) in pods.into_iter().enumerate() {
        fail_probes(day, at.symptom - SECOND + i as i64 * 1_733_000, at.end, pod);
    }
    let span = (at.symptom, at.end + MINUTE / 2);
    let symptom = calls_fail(day, "checkout", "cart-api", span, &[Fault::Unavailable, Fault::Refused], 0.25);
    customers_see(day, "cart-api", (at.symptom + SECOND, span.1), 503, 0.12);
    day.red_herrings(at.cause, at.symptom, "cart-api", &["checkout"]);
    day.is_incident = false;
    let probe = Probe { path: "/healthz", timeout_s: 3, period_s: 10, delay_s: 20 };
    set_probe(day, at.end, &Day::on_call(), cart, probe);
    day.roll_out(at.end, cart, Rollout::Good);
    Story {
        symptom,
        cause: cause(id, at.cause, &user, ("deployments", "shop", "cart-api")),
        verdict: "confirmed",
    }
}

/// Sets a liveness probe and records the patch; returns the audit id.
pub(super) fn set_probe(day: &mut Day, at: i64, user: &User, workload: usize, probe: Probe) -> String {
    let state = &mut day.cluster.states[workload];
    state.probe = probe;
    let (name, port) = (state.workload.name, state.workload.port);
    let http = json!({"path": probe.path, "port": port, "scheme": "HTTP"});
    let liveness = json!({"httpGet": http, "timeoutSeconds": probe.timeout_s, "periodSeconds": probe.period_s, "initialDelaySeconds": probe.delay_s});
    day.patch(
        at,
        user,
        workload,
        &json!({"spec": {"template": {"spec": {"containers": [{"name": name, "livenessProbe": liveness}]}}}}),
    )
}

/// Lets the kubelet kill a pod again and again for a probe that gets 404.
pub(super) fn fail_probes(day: &mut Day, mut kill: i64, end: i64, pod: usize) {
    let mut round = 0;
    while kill < end {
        for probe in (0..3).rev() {
            let failed = "Liveness probe failed: HTTP probe failed with statuscode: 404";
            day.kubelet_says(kill - probe * PERIOD_S * SECOND - SECOND / 2, pod, "Unhealthy", failed, true);
        }
        let name = day.cluster.states[day.cluster.pods[pod].workload].workload.name;
        let killing = format!("Container {name} failed liveness probe, will be restarted");
        day.kubelet_says(kill, pod, "Killing", &killing, false);
        day.print(kill, pod, "stderr", &["received SIGTERM, closing listener", "server stopped"]);
        let down_s = (6 << round).min(120);
        day.restart_container(kill + SECOND, kill + down_s * SECOND, pod, "Completed", 0);
        if round > 1 {
            day.back_off(kill + 3 * SECOND, pod);
        }
        round = (round + 1).min(5);
        kill = day.after(kill, down_s + 60, down_s + 100);
    }
}
