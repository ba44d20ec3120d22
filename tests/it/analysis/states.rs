//! The object that a trace names where no audit log is kept, read from hand-written events and errors. Each day
//! has one failing caller and what is seen of what it depends on.

use crate::program::json;
use serde_json::{Value, json};
use std::fmt::Write;

/// What is seen: events of kind, name, reason, message at 10:09:58; lines of a workload beside the caller's.
struct Day<'d> {
    events: &'d [(&'d str, &'d str, &'d str, &'d str)],
    lines: &'d [(&'d str, &'d str)],
    error: &'d str,
}

fn events(day: &Day<'_>) -> String {
    let mut text = String::new();
    for (n, (kind, name, reason, message)) in day.events.iter().enumerate() {
        let at = "2026-11-22T10:09:58Z";
        let namespace = if *kind == "Node" { "default" } else { "shop" };
        let object = json!({"kind": kind, "namespace": (*kind != "Node").then_some("shop"), "name": name});
        let event = json!({
            "kind": "Event", "apiVersion": "v1", "type": "Warning", "reason": reason, "message": message, "count": 1,
            "metadata": {"name": format!("{name}.{n}"), "namespace": namespace, "creationTimestamp": at},
            "involvedObject": object, "firstTimestamp": at, "lastTimestamp": at,
            "source": {"component": "kubelet"},
        });
        let _ = writeln!(text, "{event}");
    }
    text
}

/// Returns the trace of `shop/till` at 10:10, which calls `stock-api`.
fn trace(day: &Day<'_>) -> Value {
    let dir = tempfile::tempdir().expect("a folder");
    let put = |path: &str, text: &str| {
        let path = dir.path().join("bucket").join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, text).expect("written");
    };
    put("event/2026-11-22/events.json", &events(day));
    let log = |error: &str| {
        (0..20).fold(String::new(), |mut log, second| {
            let _ = writeln!(log, "2026-11-22T10:10:{second:02}Z ERROR [main] shop.Main - {error}");
            log
        })
    };
    put("business/2026-11-22/shop/till-6c8f7b9d5d-q8w4b/app.log", &log(day.error));
    for (pod, line) in day.lines {
        put(&format!("business/2026-11-22/shop/{pod}/app.log"), &log(line));
    }
    let lake = dir.path().join("lake");
    json(&lake, &["ingest", dir.path().join("bucket").to_str().expect("path"), "--json"]);
    json(&lake, &["trace", "--workload", "shop/till", "--at", "2026-11-22T10:10:00Z", "--json"])
}

const POD: &str = "stock-api-6d9f7c5b8d-x2x7k";
const SET: &str = "stock-api-6d9f7c5b8d";
const REFUSED: &str = "call http://stock-api:8080/stock failed: connection refused";

/// Checks kind, name, and a part of what is wrong.
#[track_caller]
fn check(day: &Day<'_>, kind: &str, name: &str, what: &str) {
    let trace = trace(day);
    let state = &trace["hypotheses"][0]["state"];
    assert_eq!(trace["class"], "state", "{trace:#}");
    assert_eq!((state["kind"].as_str(), state["name"].as_str()), (Some(kind), Some(name)), "{trace:#}");
    assert!(state["what"].as_str().unwrap_or("").contains(what), "{state:#}");
    assert!(trace["hypotheses"][0]["cause"].is_null());
}

#[track_caller]
fn check_event(event: (&str, &str, &str, &str), kind: &str, name: &str, what: &str) {
    check(&Day { events: &[event], lines: &[], error: REFUSED }, kind, name, what);
}

#[test]
fn an_event_that_names_an_object_accuses_it() {
    let secret = "Error: secret \"stock-db\" not found";
    check_event(("Pod", POD, "Failed", secret), "Secret", "stock-db", "does not exist");
    let quota = "Error creating: pods \"stock-api-x\" is forbidden: exceeded quota: team, requested: pods=1, used: pods=6, limited: pods=4";
    check_event(
        ("ReplicaSet", SET, "FailedCreate", quota),
        "ResourceQuota",
        "team",
        "used pods=6, limit pods=4",
    );
    let limit = "Error creating: pods \"stock-api-x\" is forbidden: maximum memory usage per Container is 112Mi, but limit is 128Mi";
    check_event(("ReplicaSet", SET, "FailedCreate", limit), "LimitRange", "", "is 112Mi, asked 128Mi");
    let webhook = "Error creating: Internal error occurred: failed calling webhook \"gate.example.local\": failed to call webhook: Post \"https://gate.policy.svc:443/validate?timeout=3s\": service \"gate\" not found";
    check_event(
        ("ReplicaSet", SET, "FailedCreate", webhook),
        "ValidatingWebhookConfiguration",
        "gate.example.local",
        "cannot be called",
    );
    let claim = "0/3 nodes are available: persistentvolumeclaim \"stock-data\" not found.";
    check_event(
        ("Pod", POD, "FailedScheduling", claim),
        "PersistentVolumeClaim",
        "stock-data",
        "does not exist",
    );
}

#[test]
fn an_event_about_pods_accuses_their_workload() {
    let image = "Failed to pull image \"harbor.example/stock:9\": not found";
    check_event(
        ("Pod", POD, "Failed", image),
        "Deployment",
        "stock-api",
        "image harbor.example/stock:9 cannot be",
    );
    let probe = "Liveness probe failed: HTTP probe failed with statuscode: 404";
    check_event(("Pod", POD, "Unhealthy", probe), "Deployment", "stock-api", "Liveness probe fails with 404");
    let evicted = "Usage of EmptyDir volume \"cache\" exceeds the limit \"48Mi\". ";
    check_event(("Pod", POD, "Evicted", evicted), "Deployment", "stock-api", "over its limit of 48Mi");
    let restart = "Back-off restarting failed container app in pod stock-api";
    check_event(("Pod", POD, "BackOff", restart), "Deployment", "stock-api", "ends again and again");
}

#[test]
// no event or relation shows what kind of workload it is
fn a_line_of_a_callee_outranks_what_its_callers_see() {
    let lines = [(POD, "startup aborted: required environment variable SMTP_HOST is not set")];
    let day = Day { events: &[], lines: &lines, error: REFUSED };
    check(&day, "Workload", "stock-api", "environment variable SMTP_HOST is not set");
    let lines = [(POD, "write segment: no space left on device")];
    check(&Day { lines: &lines, ..day }, "Workload", "stock-api", "no space left on device");
}

#[test]
fn errors_of_a_caller_accuse_the_service() {
    check(&Day { events: &[], lines: &[], error: REFUSED }, "Service", "stock-api", "does not serve");
    let expired = "call https://stock-api:8443/ failed: certificate verify failed: certificate has expired";
    check(
        &Day { events: &[], lines: &[], error: expired },
        "Service",
        "stock-api",
        "certificate has expired",
    );
}

#[test]
fn what_is_named_by_its_kind_alone_is_never_confirmed() {
    let error = "configmaps is forbidden: User \"system:serviceaccount:shop:till\" cannot list resource \"configmaps\" in API group \"\" in the namespace \"shop\"";
    let trace = trace(&Day { events: &[], lines: &[], error });
    let state = &trace["hypotheses"][0]["state"];
    assert_eq!(
        (state["kind"].as_str(), state["name"].as_str()),
        (Some("RoleBinding"), Some("")),
        "{trace:#}"
    );
    assert_ne!(trace["verdict"], "confirmed");
}
