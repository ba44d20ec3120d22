//! The table `change`: what granted writes changed, derived from the audit log and derived again when late
//! objects of a day arrive.

use crate::program;
use serde_json::{Value, json};
use std::path::Path;

/// One write of a Deployment: clock, user, memory limit and further members of the event.
fn write(clock: &str, user: &str, limit: &str, more: Value) -> String {
    let object = json!({
        "kind": "Deployment", "apiVersion": "apps/v1",
        "metadata": { "name": "cart", "namespace": "shop", "resourceVersion": clock },
        "spec": { "template": { "spec": { "containers": [
            { "name": "app", "resources": { "limits": { "memory": limit } } },
        ] } } },
    });
    let mut event = json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": format!("a-{clock}"),
        "stage": "ResponseComplete", "verb": "patch", "user": { "username": user },
        "requestURI": "/apis/apps/v1/namespaces/shop/deployments/cart",
        "objectRef": { "resource": "deployments", "namespace": "shop", "name": "cart", "apiGroup": "apps" },
        "responseStatus": { "code": 200 }, "requestObject": object.clone(), "responseObject": object,
        "requestReceivedTimestamp": format!("2026-11-22T{clock}.000000Z"),
        "stageTimestamp": format!("2026-11-22T{clock}.000000Z"),
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        event[name] = value.clone();
    }
    format!("{event}\n")
}

fn ingest(dir: &Path, name: &str, lines: &[String]) {
    let path = dir.join("audit/2026-11-22").join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(&path, lines.concat()).expect("a file");
    let output = program::run(&dir.join("lake"), &["ingest", path.to_str().expect("UTF-8")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn changes(dir: &Path) -> Vec<Value> {
    let sql = "select audit_id, username, on_behalf_of, kind, name, field, old, new, effect from change order by ts, field";
    program::json(&dir.join("lake"), &["sql", "--format", "json", sql]).as_array().expect("rows").clone()
}

#[test]
fn a_write_that_changes_nothing_has_no_row_and_a_late_object_derives_the_day_anew() {
    let dir = tempfile::tempdir().expect("a folder");
    let lines = [
        write("08:00:00", "system:serviceaccount:argocd:controller", "512Mi", json!({})),
        write("10:00:00", "system:serviceaccount:argocd:controller", "512Mi", json!({})),
        write("11:00:00", "li", "128Mi", json!({ "impersonatedUser": { "username": "ops" } })),
    ];
    ingest(dir.path(), "b.log", &lines);
    let found = changes(dir.path());
    let lowered: Vec<&Value> = found.iter().filter(|row| row["audit_id"] == "a-11:00:00").collect();
    assert_eq!(lowered.len(), 1, "{found:?}");
    assert_eq!(lowered[0]["field"], ".spec.template.spec.containers[app].resources.limits.memory");
    assert_eq!((&lowered[0]["old"], &lowered[0]["new"]), (&json!("512Mi"), &json!("128Mi")));
    assert_eq!((&lowered[0]["on_behalf_of"], &lowered[0]["effect"]), (&json!("ops"), &json!("changed")));
    assert!(found.iter().all(|row| row["audit_id"] != "a-10:00:00"), "{found:?}");

    ingest(dir.path(), "a.log", &[write("10:30:00", "wang", "256Mi", json!({}))]);
    let found = changes(dir.path());
    let of = |id: &str| found.iter().find(|row| row["audit_id"] == id).cloned().unwrap_or_default();
    assert_eq!((&of("a-10:30:00")["old"], &of("a-10:30:00")["new"]), (&json!("512Mi"), &json!("256Mi")));
    assert_eq!(of("a-11:00:00")["old"], "256Mi", "{found:?}");
    assert_eq!(found.iter().filter(|row| row["audit_id"] == "a-11:00:00").count(), 1);

    // what a later day changed depends on the day before
    let next = write("09:00:00", "li", "1Gi", json!({})).replace("2026-11-22", "2026-11-23");
    let next = next.replace("a-09:00:00", "next");
    ingest(dir.path(), "next.log", &[next]);
    let old_of_next = || {
        let found = changes(dir.path());
        found.iter().find(|row| row["audit_id"] == "next").map(|row| row["old"].clone())
    };
    assert_eq!(old_of_next(), Some(json!("128Mi")));
    ingest(dir.path(), "late.log", &[write("12:00:00", "wang", "64Mi", json!({}))]);
    assert_eq!(old_of_next(), Some(json!("64Mi")));

    let verified = program::run(&dir.path().join("lake"), &["lake", "verify", "--deep"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
}

#[test]
fn creations_deletions_restarts_and_secrets_have_an_effect_and_no_value() {
    let dir = tempfile::tempdir().expect("a folder");
    let secret = json!({ "resource": "secrets", "namespace": "shop", "name": "db" });
    let canary =
        json!({ "kind": "Secret", "metadata": { "name": "db" }, "data": { "password": "aHVudGVyMg==" } });
    let restarted = json!({ "spec": { "template": { "metadata": { "annotations":
        { "kubectl.kubernetes.io/restartedAt": "2026-11-22T09:00:00Z" } } } } });
    ingest(
        dir.path(),
        "a.log",
        &[
            write("08:00:00", "li", "512Mi", json!({ "verb": "create", "responseStatus": { "code": 201 } })),
            write("09:00:00", "li", "512Mi", json!({ "requestObject": restarted, "responseObject": null })),
            write(
                "10:00:00",
                "li",
                "1",
                json!({ "objectRef": secret, "requestObject": canary, "responseObject": canary }),
            ),
            write("11:00:00", "li", "512Mi", json!({ "verb": "delete", "requestObject": null })),
        ],
    );
    let found = changes(dir.path());
    let effect = |id: &str| {
        found.iter().filter(|row| row["audit_id"] == id).map(|row| row["effect"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(effect("a-08:00:00"), ["created"], "{found:?}");
    assert_eq!(effect("a-09:00:00"), ["trigger"], "{found:?}");
    assert_eq!(effect("a-10:00:00"), ["changed"], "{found:?}");
    assert_eq!(effect("a-11:00:00"), ["deleted"], "{found:?}");
    assert!(!format!("{found:?}").contains("aHVudGVyMg"), "{found:?}");
}
