//! Who is struck by an incident and what it writes: the workload itself, those that call it, and
//! the customers. Must not know what was done to it.

use crate::app;
use crate::app::{Fault, Level};
use crate::day::Day;
use crate::fleet::{FLEET, Workload};
use crate::herring;
use crate::scenario::{Cause, Times, User, calls_fail, customers_see};
use crate::text::SECOND;

/// The workload that an incident strikes.
#[derive(Clone, Copy)]
pub(super) struct Victim {
    /// Its index.
    pub index: usize,
    /// Its fixed part.
    pub of: &'static Workload,
}

/// What an incident came to.
pub(super) struct Struck {
    /// The operation behind it.
    pub cause: Option<Cause>,
    /// Point and pod of the first business error.
    pub symptom: (i64, usize),
}

/// How a struck workload is struck: plans the operation, the suffering and the repair.
pub(super) type Strike = fn(&mut Day, &Times, &User, Victim) -> Struck;

/// Returns the victim whose turn it is at this seed.
pub(super) fn victim(day: &Day, names: &[&'static str]) -> Victim {
    let name = names.get(day.seed as usize % names.len().max(1)).copied().unwrap_or("pay-api");
    let index = day.cluster.find(name);
    Victim { index, of: day.cluster.states[index].workload }
}

/// Returns the variant out of `variants` whose turn it is once all `victims` had theirs.
pub(super) fn variant(day: &Day, victims: usize, variants: u64) -> u64 {
    day.seed / victims.max(1) as u64 % variants.max(1)
}

/// Draws who changes something of a namespace: one of its team, the pipeline, or GitOps.
pub(super) fn author(day: &mut Day, namespace: &str) -> User {
    let team = herring::team(namespace);
    let person = team.get(day.pen.rng.index(team.len())).copied().unwrap_or(5);
    match day.pen.rng.index(6) {
        0 => User::ci(),
        1 => User::account("ci", "gitops", "argocd-application-controller/v2.12.3"),
        _ => Day::person(person),
    }
}

/// Returns an error of a workload's own; `frames` is the stack, one frame a line.
pub(super) fn own_error(of: &Workload, logger: &str, message: &str, frames: &str) -> String {
    app::content(of, Level::Error, logger, message, frames)
}

/// Makes all who call a workload fail, then those who call them, then customers. Returns the first error.
pub(super) fn callers_fail(
    day: &mut Day,
    name: &str,
    span: (i64, i64),
    faults: &[Fault],
    share: f64,
) -> (i64, usize) {
    let is_speaker =
        |caller: &&str| FLEET.iter().any(|w| w.name == *caller && w.is_business() && w.replicas > 0);
    let near: Vec<&str> = herring::callers(&[name]).filter(is_speaker).collect();
    let far: Vec<&str> =
        herring::callers(&near).filter(is_speaker).filter(|caller| !near.contains(caller)).collect();
    let mut first = None;
    for (i, caller) in near.iter().enumerate() {
        let from = span.0 + i as i64 * 1_300_000;
        let error = calls_fail(day, caller, name, (from, span.1), faults, share / (i + 1) as f64);
        first.get_or_insert(error);
    }
    for caller in &far {
        let callee = near.iter().find(|callee| herring::callers(&[**callee]).any(|c| c == *caller));
        let from = span.0 + 4 * SECOND;
        let faults = [Fault::Timeout, Fault::Broken];
        calls_fail(day, caller, callee.copied().unwrap_or(name), (from, span.1), &faults, share / 2.0);
    }
    let entries = [near.as_slice(), far.as_slice(), &[name]].concat();
    for entry in ["checkout", "catalog", "suggest"] {
        if entries.contains(&entry) {
            customers_see(day, entry, (span.0 + 5 * SECOND, span.1 + 20 * SECOND), 502, 0.05);
            break;
        }
    }
    first.unwrap_or((span.0, 0))
}

/// What a container writes each time it starts and fails.
pub(super) struct Crash<'a> {
    /// Its business error.
    pub error: &'a str,
    /// What its console says last.
    pub console: &'a [&'a str],
    /// Its exit code.
    pub code: i32,
}

/// Lets pods crash and be restarted over a span, ever more slowly. Returns the first error.
pub(super) fn crash_loop(
    day: &mut Day,
    pods: &[usize],
    (symptom, end): (i64, i64),
    crash: &Crash<'_>,
) -> (i64, usize) {
    for (i, pod) in pods.iter().enumerate() {
        // A pod of a rollout may start after the first has failed already.
        let mut at = (symptom + i as i64 * 4 * SECOND).max(day.cluster.pods[*pod].from + 3 * SECOND);
        if i == 0 {
            at = symptom;
        }
        let mut wait_s = 10;
        while at < end.min(day.cluster.pods[*pod].to) {
            day.say(at, *pod, crash.error);
            day.print(at + SECOND / 5, *pod, "stderr", crash.console);
            day.restart_container(at + SECOND / 2, at + wait_s * SECOND, *pod, "Error", crash.code);
            day.back_off(at + 2 * SECOND, *pod);
            at = day.after(at, wait_s + 6, wait_s + 12) / 1000 * 1000;
            wait_s = (wait_s * 2).min(300);
        }
    }
    (symptom, pods.first().copied().unwrap_or(0))
}
