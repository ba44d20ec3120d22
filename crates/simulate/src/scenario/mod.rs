//! The planted incidents: one file each, one line in [`SCENARIOS`]. What several of them do
//! alike is here; what any workload can suffer is in `act.rs`.

mod admission_webhook_failing;
mod audit_missing;
mod bad_image;
mod cause_day_before;
mod certificate_expired;
mod clock_skew;
mod configmap_deleted;
mod configmap_edited;
mod coredns_edited;
mod crd_upgraded;
mod deed;
mod dependency_rolled;
mod dependency_scaled_down;
mod disk_pressure;
mod env_removed;
mod events_missing;
mod fallout;
mod hardware_failure;
mod harmless_changes;
mod hpa_bounds_changed;
mod image_rolled_back;
mod job_flood;
mod limit_range_added;
mod memory_limit_lowered;
mod network_policy_added;
mod node_drained;
mod node_tainted;
mod node_upgraded;
mod plot;
mod priority_preemption;
mod probe_tightened;
mod quota_lowered;
mod rbac_binding_removed;
mod replicas_cut;
mod secret_edited;
mod service_port_changed;
mod service_selector_changed;
mod storage_class_changed;
mod traffic_surge_no_cause;
mod two_suspects;

use crate::app;
use crate::app::{Fault, Level};
use crate::audit::User;
use crate::day::Day;
use crate::text::{MINUTE, SECOND, rfc3339_us};
use crate::{Cause, Rng};

/// An incident that a day can have.
pub struct Scenario {
    /// Name, as in `--scenario`.
    pub name: &'static str,
    /// What happens, in one line.
    pub about: &'static str,
    /// Plans it into a day.
    pub(super) plan: fn(&mut Day) -> Story,
}

/// Every scenario.
pub static SCENARIOS: &[Scenario] = &[
    memory_limit_lowered::SCENARIO,
    bad_image::SCENARIO,
    configmap_edited::SCENARIO,
    traffic_surge_no_cause::SCENARIO,
    dependency_scaled_down::SCENARIO,
    probe_tightened::SCENARIO,
    replicas_cut::SCENARIO,
    audit_missing::SCENARIO,
    events_missing::SCENARIO,
    two_suspects::SCENARIO,
    clock_skew::SCENARIO,
    harmless_changes::SCENARIO,
    certificate_expired::SCENARIO,
    env_removed::SCENARIO,
    image_rolled_back::SCENARIO,
    secret_edited::SCENARIO,
    configmap_deleted::SCENARIO,
    rbac_binding_removed::SCENARIO,
    admission_webhook_failing::SCENARIO,
    crd_upgraded::SCENARIO,
    hpa_bounds_changed::SCENARIO,
    cause_day_before::SCENARIO,
    network_policy_added::SCENARIO,
    service_selector_changed::SCENARIO,
    service_port_changed::SCENARIO,
    coredns_edited::SCENARIO,
    dependency_rolled::SCENARIO,
    node_drained::SCENARIO,
    hardware_failure::SCENARIO,
    node_tainted::SCENARIO,
    node_upgraded::SCENARIO,
    quota_lowered::SCENARIO,
    priority_preemption::SCENARIO,
    storage_class_changed::SCENARIO,
    limit_range_added::SCENARIO,
    job_flood::SCENARIO,
    disk_pressure::SCENARIO,
];

/// What a plan tells about itself.
pub(super) struct Story {
    /// Point and pod of the first business error.
    pub symptom: (i64, usize),
    /// The operation behind it.
    pub cause: Option<Cause>,
    /// The verdict a good trace reaches.
    pub verdict: &'static str,
}

/// The points of an incident.
struct Times {
    cause: i64,
    symptom: i64,
    end: i64,
}

/// Draws an incident in working hours whose cause lies `gap_s` seconds before it.
fn times(day: &mut Day, gap_s: (i64, i64)) -> Times {
    let symptom = day.time_between(9.5, 16.5);
    let cause = day.after(symptom, -gap_s.1, -gap_s.0);
    let end = day.after(symptom, 25 * 60, 50 * 60);
    Times { cause, symptom, end }
}

/// Draws one of the people who may change the shop.
fn someone(rng: &mut Rng) -> User {
    Day::person([0, 1, 4][rng.index(3)])
}

/// Names the audited patch behind an incident; `object` is resource, namespace and name.
fn cause(audit_id: String, at: i64, user: &User, object: (&str, &str, &str)) -> Option<Cause> {
    cause_by("patch", audit_id, at, user, object)
}

/// Names the audited operation of that verb behind an incident; `object` is resource, namespace and name.
fn cause_by(
    verb: &str,
    audit_id: String,
    at: i64,
    user: &User,
    (resource, namespace, name): (&str, &str, &str),
) -> Option<Cause> {
    Some(Cause {
        audit_id,
        ts: rfc3339_us(at),
        username: user.name.clone(),
        verb: verb.to_owned(),
        resource: resource.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    })
}

/// Makes a caller's calls fail; returns the point and pod of its first error.
fn calls_fail(
    day: &mut Day,
    caller: &str,
    callee: &str,
    span: (i64, i64),
    faults: &[Fault],
    share: f64,
) -> (i64, usize) {
    let of = |name: &str| day.cluster.states[day.cluster.find(name)].workload;
    let (from, to) = (of(caller), of(callee));
    let lines: Vec<String> = faults.iter().map(|fault| app::call_failed(from, to, *fault)).collect();
    day.impact(caller, span, share, &lines)
}

/// Makes the ingress answer 5xx for part of its requests.
fn customers_see(day: &mut Day, backend: &str, span: (i64, i64), status: u16, share: f64) {
    let workload = day.cluster.states[day.cluster.find(backend)].workload;
    day.impact("ingress-nginx-controller", span, share, &app::proxy_failed(workload, status));
}

/// Kills the pods of a Java workload for memory, again and again until `end`; returns the first error.
fn out_of_memory(day: &mut Day, name: &str, symptom: i64, end: i64) -> (i64, usize) {
    let workload = day.cluster.find(name);
    let of = day.cluster.states[workload].workload;
    let class = of.class();
    let package = name.split('-').next().unwrap_or(name);
    let service = format!("{}Service", class.trim_end_matches("Api"));
    let stack = format!(
        "java.lang.OutOfMemoryError: Java heap space\n\tat java.base/java.util.Arrays.copyOf(Arrays.java:3537)\n\tat com.fasterxml.jackson.core.util.TextBuffer.expand(TextBuffer.java:742)\n\tat com.shop.{package}.{service}.settle({service}.java:<n2>)\n\tat java.base/java.lang.Thread.run(Thread.java:840)"
    );
    let heap = app::content(
        of,
        Level::Error,
        &format!("{class}Service"),
        "request for order <n8> failed: java.lang.OutOfMemoryError: Java heap space",
        &stack,
    );
    let dispatch = app::content(
        of,
        Level::Error,
        "web.ErrorHandler",
        "Handler dispatch failed: java.lang.OutOfMemoryError: GC overhead limit exceeded, order <n8>",
        "",
    );
    let pods = day.cluster.up(workload, symptom);
    let first = (symptom, pods.first().copied().unwrap_or(0));
    for (i, pod) in pods.into_iter().enumerate() {
        let mut at = symptom + i as i64 * 23 * SECOND;
        let mut round = 0;
        while at < end {
            day.say(at, pod, &heap);
            let killed =
                day.oom_kill(at + 2 * SECOND / 5, pod, (4 << round).min(150), i % 2 == 1 && round == 0);
            if round > 0 {
                day.back_off(killed + 2 * SECOND, pod);
            }
            round = (round + 1).min(6);
            at = day.after(at, 120 + 30 * round, 200 + 60 * round) / 1000 * 1000;
        }
    }
    day.impact(name, (symptom + SECOND, end), 0.12, &[dispatch, heap]);
    calls_fail(
        day,
        "checkout",
        name,
        (symptom + 3 * SECOND / 2, end),
        &[Fault::Refused, Fault::Timeout],
        0.3,
    );
    customers_see(day, "checkout", (symptom + 3 * SECOND, end + MINUTE / 2), 502, 0.04);
    first
}
