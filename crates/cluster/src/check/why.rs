//! Why a container ends or is not ready, as events of its pod and the last errors of its log say it. Must not know what
//! its status shows.

use crate::check::{Cluster, Said};
use crate::object::Object;
use crate::snapshot::Owner;

/// Characters of a reason that are repeated.
const CHARS: usize = 240;
/// Parts of what a probe says that show that the probe itself is wrong, whatever the program does.
const WRONG: [&str; 7] = [
    "statuscode: 401",
    "statuscode: 403",
    "statuscode: 404",
    "server gave HTTP response to HTTPS client",
    "malformed HTTP response",
    "executable file not found",
    "x509: ",
];

/// Returns the fault of a pod with what is known of its reason.
pub(super) fn because(cluster: &Cluster<'_>, owner: &Owner, pod: &Object, said: Said) -> Said {
    let probe = pod.reported("Probe");
    let is_wrong = WRONG.iter().any(|part| probe.contains(part));
    match said.reason {
        "ImageNotPulled" => with(said, pod.reported("PullSecret"), 0.0),
        "ContainerNotStarted" => with(said, pod.reported("Hook"), 0.95),
        "ContainerFails" if !pod.reported("Hook").is_empty() => with(said, pod.reported("Hook"), 0.9),
        "ContainerFails" | "ContainerNotReady" if is_wrong => {
            let said = with(said, probe, 0.85);
            Said { reason: "ProbeFails", ..said }
        }
        "ContainerFails" => {
            let workload = cluster.snapshot.get(&owner.kind, &owner.namespace, &owner.name);
            let last = [Some(pod), workload].into_iter().flatten().map(|it| it.reported("LastWords"));
            let words = last.map(decisive).find(|words| !words.is_empty()).unwrap_or_default();
            let is_killed = probe.starts_with("Liveness") || probe.starts_with("Startup");
            match (words, is_killed) {
                ("", false) => said,
                (words, false) => with(said, words, 0.7),
                // what a probe ends says little about itself
                (_, true) => with(said, probe, 0.7),
            }
        }
        "ContainerNotReady" => with(said, probe, 0.5),
        _ => said,
    }
}

/// Returns a fault with its reason, and at least that strength if there is one.
fn with(said: Said, why: &str, strength: f64) -> Said {
    if why.is_empty() {
        return said;
    }
    let line = why.lines().next().unwrap_or_default().trim();
    let short: String = line.chars().take(CHARS).collect();
    Said {
        what: format!("{}: {short}", said.what),
        zh: format!("{}：{short}", said.zh),
        strength: said.strength.max(strength),
        ..said
    }
}

/// Returns the line of an error that says most: the last cause of a Java stack, the end of a Python one, what a Go
/// program panics about, else the first line.
fn decisive(text: &str) -> &str {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let begins = |start: &'static str| move |line: &&str| line.trim_start().starts_with(start);
    let cause = lines().rfind(begins("Caused by: "));
    let panic = || lines().find(begins("panic: "));
    let python = || {
        let is_trace = text.contains("Traceback (most recent call last)");
        let is_frame = |line: &&str| line.starts_with([' ', '\t']) || line.starts_with("Traceback (");
        lines().rfind(|line| !is_frame(line)).filter(|_| is_trace)
    };
    let line = cause.or_else(panic).or_else(python).or_else(|| lines().next());
    line.map_or("", |line| line.trim().trim_start_matches("Caused by: "))
}
