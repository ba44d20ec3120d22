//! What the trace takes for a change: fields that differ, read from hand-written audit events. Each day has one
//! failing workload and the writes that the case is about.

use crate::program::json;
use serde_json::{Value, json};
use std::fmt::Write;

/// One write at a second of 10:00 UTC: who, verb, resource, name, code, request, response.
struct Change<'w> {
    at: u32,
    verb: &'w str,
    resource: &'w str,
    name: &'w str,
    code: u32,
    bodies: (Value, Value),
}

fn audit(writes: &[Change<'_>]) -> String {
    let mut text = String::new();
    for (n, write) in writes.iter().enumerate() {
        let at = format!("2026-11-22T10:{:02}:{:02}.000000Z", write.at / 60, write.at % 60);
        let event = json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse",
            "auditID": format!("a-{n}"), "stage": "ResponseComplete", "verb": write.verb,
            "requestURI": format!("/apis/apps/v1/namespaces/shop/{}/{}", write.resource, write.name),
            "user": {"username": "chen.jie"}, "responseStatus": {"code": write.code},
            "objectRef": {"resource": write.resource, "namespace": "shop", "name": write.name},
            "requestObject": write.bodies.0, "responseObject": write.bodies.1,
            "requestReceivedTimestamp": at, "stageTimestamp": at,
        });
        let _ = writeln!(text, "{event}");
    }
    text
}

/// Returns the trace of `shop/till` at 10:10, whose errors quote `error`.
fn trace(writes: &[Change<'_>], error: &str) -> Value {
    let dir = tempfile::tempdir().expect("a folder");
    let put = |path: &str, text: &str| {
        let path = dir.path().join("bucket").join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, text).expect("written");
    };
    put("audit/2026-11-22/audit.log", &audit(writes));
    let mut log = String::new();
    for second in 0..20 {
        let _ = writeln!(log, "2026-11-22T10:10:{second:02}Z ERROR [main] shop.Till - {error}");
    }
    put("business/2026-11-22/shop/till-6c8f7b9d5d-q8w4b/app.log", &log);
    let lake = dir.path().join("lake");
    json(&lake, &["ingest", dir.path().join("bucket").to_str().expect("path"), "--json"]);
    json(&lake, &["trace", "--workload", "shop/till", "--at", "2026-11-22T10:10:00Z", "--json"])
}

fn deployment(env: &str, replicas: u32, version: &str) -> Value {
    json!({"kind": "Deployment", "metadata": {"name": "till", "resourceVersion": version},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "till"}},
        "template": {"spec": {"containers": [{"name": "app", "image": "till:1", "env": [
            {"name": "MODE", "value": env}]}]}}}})
}

fn cause(trace: &Value) -> (&str, &str) {
    let cause = &trace["hypotheses"][0]["cause"];
    (cause["audit_id"].as_str().unwrap_or("none"), cause["change"].as_str().unwrap_or("none"))
}

const MISSING: &str = "required setting is missing: LEDGER_HOST is not set";

#[test]
fn a_creation_and_an_apply_that_changes_nothing_are_no_causes() {
    let whole = || deployment("fast", 2, "1");
    let writes = [
        Change {
            at: 540,
            verb: "patch",
            resource: "deployments",
            name: "till",
            code: 201,
            bodies: (whole(), whole()),
        },
        Change {
            at: 560,
            verb: "patch",
            resource: "deployments",
            name: "till",
            code: 200,
            bodies: (whole(), whole()),
        },
    ];
    assert_eq!(cause(&trace(&writes, MISSING)).0, "none");
}

#[test]
fn a_removed_variable_that_the_error_names_is_the_cause() {
    let mut before = deployment("fast", 2, "1");
    let env = &mut before["spec"]["template"]["spec"]["containers"][0]["env"];
    env.as_array_mut().expect("a list").push(json!({"name": "LEDGER_HOST", "value": "ledger:80"}));
    let after = deployment("fast", 2, "2");
    let writes = [
        Change {
            at: 60,
            verb: "update",
            resource: "deployments",
            name: "till",
            code: 200,
            bodies: (before.clone(), before),
        },
        Change {
            at: 590,
            verb: "update",
            resource: "deployments",
            name: "till",
            code: 200,
            bodies: (after.clone(), after),
        },
    ];
    assert_eq!(cause(&trace(&writes, MISSING)), ("a-1", "env LEDGER_HOST removed"));
}

#[test]
fn an_edit_of_equal_length_is_a_change_and_an_apply_of_the_same_version_is_none() {
    let config = |value: &str, version: &str| {
        json!({"kind": "ConfigMap", "metadata": {"name": "till-modes", "resourceVersion": version},
            "data": {"mode": value}})
    };
    let edits = |versions: [&str; 2], values: [&str; 2]| {
        let edit = |at: u32, n: usize| Change {
            at,
            verb: "update",
            resource: "configmaps",
            name: "till-modes",
            code: 200,
            bodies: (config(values[n], versions[n]), config(values[n], versions[n])),
        };
        let edits = [edit(60, 0), edit(590, 1)];
        let trace = trace(&edits, "configuration till-modes is invalid: cannot parse slow");
        cause(&trace).0.to_owned()
    };
    assert_eq!(edits(["1", "2"], ["fast", "slow"]), "a-1");
    assert_ne!(edits(["2", "2"], ["slow", "slow"]), "a-1");
}

#[test]
fn what_was_set_back_before_the_symptom_is_no_cause() {
    let config = |value: &str| json!({"kind": "ConfigMap", "metadata": {"name": "till-modes"}, "data": {"mode": value}});
    let at = |at: u32, value: &str| Change {
        at,
        verb: "update",
        resource: "configmaps",
        name: "till-modes",
        code: 200,
        bodies: (config(value), config(value)),
    };
    let other =
        json!({"kind": "ConfigMap", "metadata": {"name": "till-limits"}, "data": {"ledger": "unset-host"}});
    let writes = [
        at(10, "fast"),
        at(300, "broken"),
        at(360, "fast"),
        Change {
            at: 580,
            verb: "update",
            resource: "configmaps",
            name: "till-limits",
            code: 200,
            bodies: (other.clone(), other),
        },
    ];
    let trace = trace(&writes, "configuration till-limits or till-modes is invalid: cannot parse unset-host");
    assert_eq!(cause(&trace).0, "a-3", "{trace:#}");
}
