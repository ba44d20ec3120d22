//! What incidents on the way between workloads and on nodes have in common: when they happen, how
//! errors spread from callee to caller, and how the truth names an operation of any verb.

use crate::Cause;
use crate::audit::User;
use crate::cluster::{NODES, Pod};
use crate::complaint::{Failure, complaint};
use crate::day::Day;
use crate::fleet::FLEET;
use crate::scenario::{Story, Times, customers_see, times};
use crate::text::{MINUTE, SECOND, rfc3339_us};

/// Pairs of (caller, callee) whose call an incident can break.
pub(super) const LINKS: [(&str, &str); 10] = [
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

/// An operation as the audit log names it.
pub(super) struct Operation<'a> {
    /// auditID.
    pub id: String,
    /// When.
    pub at: i64,
    /// Who.
    pub user: &'a User,
    /// Kubernetes verb.
    pub verb: &'a str,
    /// Resource, namespace and name.
    pub object: (&'a str, &'a str, &'a str),
}

/// Tells a story whose cause is the operation.
pub(super) fn story(symptom: (i64, usize), operation: Operation<'_>, verdict: &'static str) -> Story {
    let (resource, namespace, name) = operation.object;
    let cause = Cause {
        audit_id: operation.id,
        ts: rfc3339_us(operation.at),
        username: operation.user.name.clone(),
        verb: operation.verb.to_owned(),
        resource: resource.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    Story { symptom, cause: Some(cause), verdict }
}

/// Draws an incident during which no pod that `matters` comes or goes by the plan so far.
pub(super) fn quiet_times(day: &mut Day, gap_s: (i64, i64), matters: impl Fn(&Pod) -> bool) -> Times {
    let mut at = times(day, gap_s);
    for _ in 0..300 {
        let span = at.cause - 12 * MINUTE..at.end + MINUTE;
        let stirs = |pod: &Pod| span.contains(&pod.from) || span.contains(&pod.to);
        if !day.cluster.pods.iter().any(|pod| matters(pod) && stirs(pod)) {
            break;
        }
        at = times(day, gap_s);
    }
    at
}

/// Draws a node and an incident on it such that the plan so far tells of no pod there while it
/// lasts, and of no pod of the named workloads anywhere.
pub(super) fn node_times(day: &mut Day, gap_s: (i64, i64), names: &[&str]) -> (&'static str, Times) {
    let draw =
        |day: &mut Day| (NODES[day.pen.rng.index(NODES.len())], quiet_times(day, gap_s, pods_of(names)));
    let mut drawn = draw(day);
    for _ in 0..200 {
        let (node, at) = &drawn;
        if !day.is_told(node, (at.cause - 5 * MINUTE, at.end + 5 * MINUTE)) {
            break;
        }
        drawn = draw(day);
    }
    drawn
}

/// Pairs of (caller, workload with a single pod) that the loss of a node takes apart.
pub(super) const LONE: [(&str, &str); 9] = [
    ("cart-api", "cart-redis"),
    ("order-api", "orders-db"),
    ("checkout", "catalog"),
    ("ledger", "payments-db"),
    ("inventory", "inventory-db"),
    ("order-api", "inventory"),
    ("payment-gateway", "payments-db"),
    ("checkout", "pay-api"),
    ("suggest", "search-index"),
];

/// Returns a test for [`quiet_times`]: pods of the named workloads matter.
pub(super) fn pods_of<'a>(names: &'a [&'a str]) -> impl Fn(&Pod) -> bool + 'a {
    |pod| names.contains(&FLEET[pod.workload].name)
}

/// A call that breaks.
pub(super) struct Broken<'a> {
    /// Who errs first.
    pub caller: &'a str,
    /// Whom it calls.
    pub callee: &'a str,
    /// From the first error to the last.
    pub span: (i64, i64),
    /// What callers see.
    pub failures: &'a [Failure],
    /// Part of the callers' lines that are errors.
    pub share: f64,
    /// Whether only this caller is cut off.
    pub is_private: bool,
}

/// Makes the calls of one workload to another fail; returns the point and pod of the first error.
pub(super) fn calls_break(day: &mut Day, broken: &Broken<'_>) -> (i64, usize) {
    let of = |name: &str| day.cluster.states[day.cluster.find(name)].workload;
    let (caller, callee) = (of(broken.caller), of(broken.callee));
    let lines: Vec<String> =
        broken.failures.iter().map(|failure| complaint(caller, callee, *failure, day.seed / 2)).collect();
    day.impact(broken.caller, broken.span, broken.share, &lines)
}

/// Makes a call break, then those of the callee's other callers, then whoever calls those, up to
/// the customers. Returns the first error and who fails.
pub(super) fn spread(day: &mut Day, broken: &Broken<'_>) -> ((i64, usize), Vec<&'static str>) {
    let symptom = calls_break(day, broken);
    let calls =
        |caller: &str, callee: &str| FLEET.iter().any(|w| w.name == caller && w.calls.contains(&callee));
    let mut hit: Vec<&'static str> =
        FLEET.iter().map(|w| w.name).filter(|name| *name == broken.caller).collect();
    let mut from = broken.span.0 + SECOND;
    for workload in FLEET.iter().filter(|w| w.is_business() && w.replicas > 0) {
        if !broken.is_private && calls(workload.name, broken.callee) && !hit.contains(&workload.name) {
            from += day.pen.rng.between(300, 1500) * 1000;
            let span = (from, broken.span.1);
            calls_break(day, &Broken { caller: workload.name, span, share: broken.share * 0.8, ..*broken });
            hit.push(workload.name);
        }
    }
    let mut i = 0;
    while let Some(callee) = hit.get(i).copied() {
        for workload in FLEET.iter().filter(|w| w.is_business() && w.replicas > 0) {
            if calls(workload.name, callee) && !hit.contains(&workload.name) {
                from += day.pen.rng.between(1500, 5000) * 1000;
                let span = (from, broken.span.1 + 5 * SECOND);
                let failures = &[Failure::Status(500), Failure::ReadTimeout];
                calls_break(
                    day,
                    &Broken { caller: workload.name, callee, span, failures, share: 0.12, is_private: true },
                );
                hit.push(workload.name);
            }
        }
        i += 1;
    }
    if let Some(front) = ["checkout", "catalog"].into_iter().find(|name| hit.contains(name)) {
        customers_see(day, front, (from + SECOND, broken.span.1 + MINUTE / 2), 504, 0.05);
    }
    (symptom, hit)
}
