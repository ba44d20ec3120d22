//! How an incident shows: pods crash or are killed, calls fail, and the failures spread from callee
//! to caller up to the customers. Must not know which operation is behind it.

use crate::app::own_errors;
use crate::call_failure::{Failure, call_failed};
use crate::day::Day;
use crate::fleet::{FLEET, Workload, find};
use crate::story::Incident;
use crate::text::{MINUTE, SECOND};

/// Pairs of (caller, callee) whose call an incident can break.
pub const LINKS: [(&str, &str); 10] = [
    ("pay-api", "payment-gateway"),
    ("order-api", "inventory"),
    ("catalog", "search-api"),
    ("cart-api", "cart-redis"),
    ("ledger", "payments-db"),
    ("checkout", "pay-api"),
    ("suggest", "search-index"),
    ("checkout", "cart-api"),
    ("payment-gateway", "risk-engine"),
    ("order-api", "orders-db"),
];

/// Pairs of (caller, Deployment that needs more pods as load grows).
pub const GROWING: [(&str, &str); 6] = [
    ("checkout", "order-api"),
    ("pay-api", "payment-gateway"),
    ("checkout", "pay-api"),
    ("order-api", "inventory"),
    ("checkout", "cart-api"),
    ("checkout", "catalog"),
];

/// The workload between the customers and the others.
pub const INGRESS: &str = "ingress-nginx-controller";

/// Returns the workloads that write business logs all day and call one of that name.
fn speaking_callers(callee: &str) -> Vec<&'static Workload> {
    let calls = |of: &&Workload| of.is_business() && of.replicas > 0 && of.calls.contains(&callee);
    FLEET.iter().filter(calls).collect()
}

impl Day {
    /// Makes the calls of one workload to another fail; returns the point and pod of the first error.
    pub fn calls_fail(
        &mut self,
        (caller, callee): (&str, &str),
        span: (i64, i64),
        share: f64,
        failures: &[Failure],
    ) -> (i64, usize) {
        let failed = |failure: &Failure| call_failed(find(caller), find(callee), *failure, self.seed / 2);
        let lines: Vec<String> = failures.iter().map(failed).collect();
        self.impact(caller, span, share, &lines)
    }

    /// Makes the calls of an incident fail from `from_s` seconds after the symptom to `after_s` after
    /// the repair, then those of its callee's other callers, then of whoever calls those, up to the
    /// customers.
    pub fn callers_fail(&mut self, it: &mut Incident, (from_s, after_s): (i64, i64), failures: &[Failure]) {
        let span = it.errors(from_s, after_s);
        let mut near = speaking_callers(it.callee);
        near.sort_by_key(|of| of.name != it.caller);
        near.truncate(if it.is_private { 1 } else { near.len() });
        let (mut from, mut share) = (span.0, 0.4);
        for of in near {
            let error = self.calls_fail((of.name, it.callee), (from, span.1), share, failures);
            it.first.get_or_insert(error);
            it.hit.push(of.name);
            from += SECOND / 2 + self.pen.rng.between(300, 1500) * 1000;
            share = 0.3;
        }
        let mut next = 0;
        while let Some(callee) = it.hit.get(next).copied() {
            for of in speaking_callers(callee) {
                if !it.hit.contains(&of.name) {
                    from += self.pen.rng.between(1500, 5000) * 1000;
                    let failures = [Failure::Status(500), Failure::ReadTimeout];
                    self.calls_fail((of.name, callee), (from, span.1 + 5 * SECOND), 0.12, &failures);
                    it.hit.push(of.name);
                }
            }
            next += 1;
        }
        self.customers_see(it, (from + SECOND, span.1 + MINUTE / 2), failures);
    }

    /// Makes the ingress return 5xx for part of its requests to a workload that fails.
    fn customers_see(&mut self, it: &Incident, span: (i64, i64), failures: &[Failure]) {
        let is_hit = |name: &&str| it.hit.contains(name) || it.callee == *name;
        let Some(front) = ["checkout", "catalog", "suggest"].into_iter().find(is_hit) else { return };
        let status = match failures.first() {
            Some(Failure::Status(status)) => status.to_string(),
            Some(Failure::ConnectTimeout | Failure::ReadTimeout) => "504".to_owned(),
            _ => "502".to_owned(),
        };
        let (namespace, port) = (find(front).namespace, find(front).port.to_string());
        let fills = [("backend", front), ("space", namespace), ("port", &port), ("status", &status)];
        self.impact(INGRESS, span, 0.05, &own_errors(find(INGRESS), "proxy", &fills));
    }

    /// Makes a workload write own errors, and its callers fail two seconds later.
    pub fn fails_itself(&mut self, it: &mut Incident, lines: &[String], failures: &[Failure]) {
        let error = self.impact(it.callee, it.errors(0, 30), 0.3, lines);
        it.first.get_or_insert(error);
        self.callers_fail(it, (2, 30), failures);
    }

    /// Lets pods crash and be restarted, ever more slowly: each writes a business error and a last
    /// line to its console. Their callers are refused.
    pub fn crash_loop(&mut self, it: &mut Incident, pods: &[usize], error: &str, console: &str) {
        for (i, pod) in pods.iter().enumerate() {
            // A pod of a rollout may start after the first has failed already.
            let start = self.cluster.pods[*pod].from + 3 * SECOND;
            let mut at = if i == 0 { it.symptom } else { start.max(it.symptom + i as i64 * 4 * SECOND) };
            let mut wait_s = 10;
            while at < it.end.min(self.cluster.pods[*pod].to) {
                self.say(at, *pod, error);
                self.print(at + SECOND / 5, *pod, "stderr", &[console, "Process exited with code 1"]);
                self.restart_container((at + SECOND / 2, at + wait_s * SECOND), *pod, ("Error", 1));
                self.back_off(at + 2 * SECOND, *pod);
                at = self.after(at, wait_s + 6, wait_s + 12) / 1000 * 1000;
                wait_s = (wait_s * 2).min(300);
            }
        }
        it.first = Some((it.symptom, pods.first().copied().unwrap_or(0)));
        self.callers_fail(it, (1, 30), &[Failure::Refused, Failure::Status(503)]);
    }

    /// Kills the pods of a Java workload for memory; its callers fail.
    pub fn out_of_memory(&mut self, it: &mut Incident) {
        let lines = own_errors(it.of, "heap", &[]);
        let pods = self.cluster.up(it.workload, it.symptom);
        it.first = Some((it.symptom, pods.first().copied().unwrap_or(0)));
        for (i, pod) in pods.into_iter().enumerate() {
            let (mut at, mut round) = (it.symptom + i as i64 * 23 * SECOND, 0);
            while at < it.end {
                self.say(at, pod, &lines[0]);
                let killed = at + 2 * SECOND / 5;
                let up = killed + (4 << round).min(150) * SECOND;
                // The kubelet has no event for it: only the status of the pod shows it.
                self.restart_container((killed, up), pod, ("OOMKilled", 137));
                if round > 0 {
                    self.back_off(killed + 2 * SECOND, pod);
                }
                round = (round + 1).min(6);
                at = self.after(at, 120 + 30 * round, 200 + 60 * round) / 1000 * 1000;
            }
        }
        self.impact(it.of.name, it.errors(1, 0), 0.12, &lines);
        self.callers_fail(it, (2, 0), &[Failure::Refused, Failure::ReadTimeout]);
    }

    /// Records that a workload's pods miss probes of a kind during an incident, for want of time.
    pub fn miss_probes(&mut self, it: &Incident, kind: &str) {
        for pod in self.cluster.up(it.workload, it.symptom) {
            let (ip, port) = (&self.cluster.pods[pod].ip, it.of.port);
            let message = format!(
                "{kind} probe failed: Get \"http://{ip}:{port}/healthz\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            );
            let first = self.after(it.symptom, -20, 40);
            for at in self.every((first, it.end), (60, 240)) {
                self.kubelet_says(at, pod, "Unhealthy", &message);
            }
        }
    }

    /// Lets the kubelet kill pods again and again for a liveness probe that gets 404; callers get 503.
    pub fn fail_probes(&mut self, it: &mut Incident, pods: &[usize]) {
        let (name, period) = (it.of.name, self.cluster.states[it.workload].probe.period_s * SECOND);
        let killing = format!("Container {name} failed liveness probe, will be restarted");
        for (i, pod) in pods.iter().enumerate() {
            let (mut kill, mut round) = (it.symptom - SECOND + i as i64 * 1_733_000, 0);
            while kill < it.end {
                for probe in (0..3).rev() {
                    let failed = "Liveness probe failed: HTTP probe failed with statuscode: 404";
                    self.kubelet_says(kill - probe * period - SECOND / 2, *pod, "Unhealthy", failed);
                }
                self.kubelet_says(kill, *pod, "Killing", &killing);
                self.print(kill, *pod, "stderr", &["received SIGTERM, closing listener", "server stopped"]);
                let down_s = (6 << round).min(120);
                self.restart_container((kill + SECOND, kill + down_s * SECOND), *pod, ("Completed", 0));
                if round > 1 {
                    self.back_off(kill + 3 * SECOND, *pod);
                }
                round = (round + 1).min(5);
                kill = self.after(kill, down_s + 60, down_s + 100);
            }
        }
        self.callers_fail(it, (0, 30), &[Failure::Status(503), Failure::Refused]);
    }
}
