//! Someone deletes a role binding, or a rule of a role, that a workload lives by. Its own requests
//! to the API server are refused from then on, and it says so in the words of client-go.

use crate::app::Fault;
use crate::audit::{Target, User};
use crate::day::Day;
use crate::scenario::fallout::{Victim, author, callers_fail, own_error, variant, victim};
use crate::scenario::{Scenario, Story, cause_by, customers_see, times};
use crate::text::{MINUTE, SECOND};
use serde_json::json;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "rbac_binding_removed",
    about: "a role binding or a rule of a role is removed; the workload's own API requests are refused",
    plan,
};

const VICTIMS: [&str; 5] = ["cart-api", "ledger", "runner", "prometheus", "suggest"];
const GROUP: &str = "rbac.authorization.k8s.io";

/// What a workload asks the API server for: verb, API group, resource, object name.
type Need = (&'static str, &'static str, &'static str, &'static str);

fn need(name: &str) -> (Need, &'static str) {
    match name {
        "cart-api" => (("get", "", "configmaps", "cart-flags"), "cannot price cart <n8>, no flags"),
        "ledger" => (
            ("update", "coordination.k8s.io", "leases", "ledger-leader"),
            "cannot post entry <n8>, not the leader",
        ),
        "runner" => (("create", "", "pods", ""), "cannot start job <n8>"),
        "prometheus" => (("list", "networking.k8s.io", "ingresses", ""), "cannot discover targets"),
        _ => (("list", "discovery.k8s.io", "endpointslices", ""), "cannot find a shard for query <hex8>"),
    }
}

fn plan(day: &mut Day) -> Story {
    let at = times(day, (4, 90));
    let of = victim(day, &VICTIMS);
    let (namespace, name) = (of.of.namespace, of.of.name);
    let user = author(day, namespace);
    let (need, fails) = need(name);
    let refusal = refusal(namespace, name, need);
    let mut app = User::account(namespace, name, "app/v0.0.0 (linux/amd64) kubernetes/$Format");
    app.reason = format!(
        "RBAC: allowed by RoleBinding \"{name}/{namespace}\" of Role \"{name}\" to ServiceAccount \"{name}/{namespace}\""
    );
    let target = Target { group: need.1, resource: need.2, namespace, name: need.3, ..Target::default() };
    let mut served = at.cause - 20 * MINUTE;
    while served < at.cause {
        day.ask(served, &app, need.0, target, (None, None));
        served = day.after(served, 20, 60);
    }
    day.is_incident = true;
    let (id, verb, resource) = if variant(day, VICTIMS.len(), 2) == 0 {
        (unbind(day, at.cause, &user, of), "delete", "rolebindings")
    } else {
        (take_rule(day, at.cause, &user, of, need), "patch", "roles")
    };
    let mut refused = at.symptom - SECOND / 50;
    while refused < at.end {
        day.fail_to_ask(refused, &app, need.0, target, (403, &refusal));
        refused = day.after(refused, 8, 45);
    }
    let span = (at.symptom, at.end + 20 * SECOND);
    let line = if of.of.is_business() {
        own_error(of.of, "k8s", &format!("{fails}: {refusal}"), "")
    } else {
        let quoted = refusal.replace('"', "\\\"");
        format!(
            "ts=<iso> caller=client.go:<n2> level=error component={name} msg=\"{fails}\" err=\"{quoted}\""
        )
    };
    let symptom = day.impact(name, span, 0.25, &[line]);
    if name == "cart-api" {
        callers_fail(day, name, (span.0 + 2 * SECOND, span.1), &[Fault::Broken], 0.25);
    } else if name == "suggest" {
        customers_see(day, name, (span.0 + 2 * SECOND, span.1), 502, 0.05);
    }
    day.distract(at.cause, symptom, &user, &[name]);
    day.is_incident = false;
    let restored = Target { group: GROUP, resource, namespace, name, ..Target::default() };
    let repair = if verb == "delete" { "create" } else { "patch" };
    day.ask(at.end, &Day::on_call(), repair, restored, (Some(binding(of)), None));
    Story {
        symptom,
        cause: cause_by(verb, id, at.cause, &user, (resource, namespace, name)),
        verdict: "confirmed",
    }
}

/// Returns what the API server answers to a request that no rule allows.
fn refusal(namespace: &str, name: &str, (verb, group, resource, object): Need) -> String {
    let kind = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") };
    let object = if object.is_empty() { String::new() } else { format!(" \"{object}\"") };
    format!(
        "{kind}{object} is forbidden: User \"system:serviceaccount:{namespace}:{name}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" in the namespace \"{namespace}\""
    )
}

fn binding(of: Victim) -> serde_json::Value {
    let (namespace, name) = (of.of.namespace, of.of.name);
    json!({
        "kind": "RoleBinding", "apiVersion": format!("{GROUP}/v1"),
        "metadata": {"name": name, "namespace": namespace},
        "roleRef": {"apiGroup": GROUP, "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
    })
}

/// Deletes the binding of a workload's service account; returns the audit id.
fn unbind(day: &mut Day, at: i64, user: &User, of: Victim) -> String {
    let (namespace, name) = (of.of.namespace, of.of.name);
    let target = Target { group: GROUP, resource: "rolebindings", namespace, name, ..Target::default() };
    let answer = json!({"kind": "Status", "apiVersion": "v1", "status": "Success", "details": {"name": name, "group": GROUP, "kind": "rolebindings"}});
    day.ask(at, user, "delete", target, (None, Some(answer)))
}

/// Takes the rule that a workload needs from its role; returns the audit id.
fn take_rule(day: &mut Day, at: i64, user: &User, of: Victim, need: Need) -> String {
    let (namespace, name) = (of.of.namespace, of.of.name);
    let target = Target { group: GROUP, resource: "roles", namespace, name, ..Target::default() };
    let left = if need.0 == "get" { "services" } else { "configmaps" };
    let rules = json!([{"apiGroups": [""], "resources": [left], "verbs": ["get"]}]);
    let body = json!({"kind": "Role", "apiVersion": format!("{GROUP}/v1"), "metadata": {"name": name, "namespace": namespace}, "rules": rules});
    day.ask(at, user, "patch", target, (Some(json!({"rules": rules})), Some(body)))
}
