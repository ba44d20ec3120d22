//! Someone cuts a workload to one pod in the busy hour. It does not vanish: the pod that is left
//! answers too late or not at all, and so its callers fail.

use crate::app::Fault;
use crate::day::Day;
use crate::fleet::Style;
use crate::scenario::fallout::{Strike, Struck, Victim, author, callers_fail, own_error, variant, victim};
use crate::scenario::{Scenario, Story, Times, User, cause, cause_by};
use crate::text::{MINUTE, SECOND};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "replicas_cut",
    about: "a workload is cut to one pod in the busy hour; the pod left drowns, callers get timeouts and 503",
    plan,
};

const VICTIMS: [&str; 5] = ["pay-api", "order-api", "cart-api", "payment-gateway", "catalog"];

fn plan(day: &mut Day) -> Story {
    let low = if day.pen.rng.index(3) == 0 { 15.0 } else { 9.8 };
    let symptom = day.time_between(low, low + 2.0);
    let at =
        Times { cause: day.after(symptom, -700, -60), symptom, end: day.after(symptom, 25 * 60, 50 * 60) };
    let of = victim(day, &VICTIMS);
    let user = author(day, of.of.namespace);
    let struck = (STRIKES[variant(day, VICTIMS.len(), 2) as usize])(day, &at, &user, of);
    day.distract(at.cause, struck.symptom, &user, &[of.of.name]);
    Story { symptom: struck.symptom, cause: struck.cause, verdict: "confirmed" }
}

const STRIKES: [Strike; 2] = [strike, strike_by_apply];

/// Cuts the victim with `kubectl scale`.
pub(super) fn strike(day: &mut Day, at: &Times, user: &User, victim: Victim) -> Struck {
    day.is_incident = true;
    let id = day.scale(at.cause, user, victim.index, 1);
    let verb = if user.agent.starts_with("kubectl") { "patch" } else { "update" };
    let of = victim.of;
    let cause = cause_by(verb, id, at.cause, user, (of.resource(), of.namespace, of.name));
    let symptom = drown(day, at, victim);
    day.scale(at.end, &Day::on_call(), victim.index, of.replicas);
    Struck { cause, symptom }
}

/// Cuts the victim by applying a manifest that says one replica.
fn strike_by_apply(day: &mut Day, at: &Times, user: &User, victim: Victim) -> Struck {
    day.is_incident = true;
    let id = day.resize(at.cause, user, victim.index, 1);
    let of = victim.of;
    let cause = cause(id, at.cause, user, (of.resource(), of.namespace, of.name));
    let symptom = drown(day, at, victim);
    day.resize(at.end, &Day::on_call(), victim.index, of.replicas);
    Struck { cause, symptom }
}

/// Lets too few pods drown from the symptom to the end, where the incident is over. Returns the first error.
pub(super) fn drown(day: &mut Day, at: &Times, victim: Victim) -> (i64, usize) {
    let (of, index) = (victim.of, victim.index);
    let span = (at.symptom, at.end + MINUTE / 2);
    let lines = match of.style {
        Style::Java => vec![
            own_error(
                of,
                "web.ErrorHandler",
                "request <n8> rejected: thread pool is full, active=200 queue=1<n4>",
                "java.util.concurrent.RejectedExecutionException: Task rejected from ThreadPoolExecutor[Running, pool size = 200, active threads = 200, queued tasks = 1000]\n\tat java.base/java.util.concurrent.ThreadPoolExecutor.reject(ThreadPoolExecutor.java:2081)",
            ),
            own_error(
                of,
                "db.Pool",
                "no connection for request <n8>: HikariPool-1 - Connection is not available, request timed out after 30000ms (total=20, active=20, idle=0, waiting=1<n2>)",
                "",
            ),
        ],
        _ => vec![
            own_error(of, "limit", "request rejected: too many requests in flight: 512 of 512", ""),
            own_error(of, "handler", "request not served: context deadline exceeded", ""),
        ],
    };
    // Who notices first, the pod that drowns or those who wait for it.
    let is_own = day.pen.rng.index(2) == 0;
    let behind = (span.0 + 2 * SECOND, span.1);
    let (own, callers) = if is_own { (span, behind) } else { (behind, span) };
    let faults = [Fault::Timeout, Fault::Unavailable];
    let seen = callers_fail(day, of.name, callers, &faults, 0.25);
    let felt = day.impact(of.name, own, 0.2, &lines);
    for pod in day.cluster.up(index, at.symptom) {
        let message = format!(
            "Liveness probe failed: Get \"http://{}:{}/healthz\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
            day.cluster.pods[pod].ip, of.port
        );
        let mut missed = day.after(at.symptom, -20, 40);
        while missed < at.end {
            day.kubelet_says(missed, pod, "Unhealthy", &message, true);
            missed = day.after(missed, 60, 240);
        }
    }
    day.is_incident = false;
    if is_own { felt } else { seen }
}
