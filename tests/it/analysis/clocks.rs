//! A day whose business lines were written in another time zone than they are read in says so.

use crate::program::headwater;
use serde_json::{Value, json};
use std::fmt::Write;

/// Returns the report of a day on which four pods start at 10:10 UTC and log in UTC without saying so.
fn report(config: &str) -> Value {
    let dir = tempfile::tempdir().expect("a folder");
    let put = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, text).expect("written");
    };
    let mut audit = String::new();
    for (n, pod) in ["b", "c", "d", "f"].iter().map(|end| format!("cart-6c8f7b9d5d-q8w4{end}")).enumerate() {
        let at = format!("2026-11-22T10:10:0{n}.000000Z");
        let event = json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": format!("a-{n}"),
            "stage": "ResponseComplete", "verb": "create", "requestURI": "/api/v1/namespaces/shop/pods",
            "user": {"username": "system:serviceaccount:kube-system:replicaset-controller"},
            "objectRef": {"resource": "pods", "namespace": "shop", "name": pod, "apiVersion": "v1"},
            "responseStatus": {"code": 201}, "requestReceivedTimestamp": at, "stageTimestamp": at,
        });
        let _ = writeln!(audit, "{event}");
        let lines = (10..40).fold(String::new(), |mut log, second| {
            let _ =
                writeln!(log, "2026-11-22 10:10:{second},120 INFO [main] shop.Main - till {second} is open");
            log
        });
        put(&format!("bucket/business/shop/{pod}/app.log"), &lines);
    }
    put("bucket/audit/audit.log", &audit);
    put("headwater.toml", config);
    let run = |arguments: &[&str]| {
        let mut command = headwater(&dir.path().join("lake"), arguments);
        let output = command.current_dir(dir.path()).output().expect("started");
        assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    run(&["ingest", "bucket", "--json"]);
    run(&["analyze", "--date", "2026-11-22", "--json"])
}

fn problems(report: &Value) -> Vec<String> {
    let problems = report["coverage"]["problems"].as_array().into_iter().flatten();
    problems.map(|problem| problem["what"].to_string()).collect()
}

#[test]
fn lines_before_their_pods_existed_are_a_problem_of_the_day() {
    let found = problems(&report("timezone = \"Asia/Shanghai\"\n"));
    let is_it = |what: &String| what.contains("120 lines of 4 pods") && what.contains("lie 8 h before");
    assert!(found.iter().any(is_it), "{found:?}");

    let found = problems(&report("timezone = \"Asia/Shanghai\"\n[formats]\ntimezone = \"UTC\"\n"));
    assert!(!found.iter().any(|what| what.contains("before those pods")), "{found:?}");
}
