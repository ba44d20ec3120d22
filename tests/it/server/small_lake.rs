//! A lake of a few minutes, written by hand: a workload that warns and then fails, and what the cluster does meanwhile.

use crate::program::json;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The local day in Asia/Shanghai; no example of the documentation has it.
pub const DAY: &str = "2026-11-26";

/// The pod, which logs the same lines to its file and to its output.
const POD: &str = "cart-api-7c9f8d6b5-x2x4z";

/// A lake in a temporary folder.
pub struct SmallLake {
    _dir: TempDir,
    pub lake: PathBuf,
}

impl SmallLake {
    /// Returns the lake with its report.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let (bucket, lake) = (dir.path().join("bucket"), dir.path().join("lake"));
        let (mut file, mut output) = (String::new(), String::new());
        for (second, level, message) in lines() {
            let line = json!({ "ts": at(second), "level": level, "msg": message });
            let _ = writeln!(file, "{line}");
            let _ = writeln!(output, "{} stdout F {line}", at(second));
        }
        write(&bucket, &format!("business/trade/{POD}/app.log"), &file);
        write(
            &bucket,
            &format!("standard/trade_{POD}_0f620252-a5a3-47b6-bd82-cae4f070b96c/app/0.log"),
            &output,
        );
        let requests: Vec<String> = requests().iter().map(Value::to_string).collect();
        write(&bucket, "audit/kube-apiserver-audit.log", &(requests.join("\n") + "\n"));
        json(&lake, &["ingest", bucket.to_str().expect("a path"), "--json"]);
        json(&lake, &["analyze", "--date", DAY, "--json"]);
        Self { _dir: dir, lake }
    }
}

/// Returns the time so many seconds after 10:00 local time.
fn at(second: i64) -> String {
    let minute = 120 + second.div_euclid(60);
    format!("2026-11-26T{:02}:{:02}:{:02}.000Z", minute / 60, minute % 60, second.rem_euclid(60))
}

/// Eight equal warnings, one every 15 s, then 90 errors.
fn lines() -> impl Iterator<Item = (i64, &'static str, String)> {
    let warnings = (0..8).map(|n| (n * 15 - 180, "warn", "session cache keeps growing".to_owned()));
    let errors = (0..90).map(|n| (n, "error", format!("order {n} failed: connection refused by stock:8080")));
    warnings.chain(errors)
}

/// A kubelet that writes a status and reads pods, one that is forbidden to, and ten Jobs of a person.
fn requests() -> Vec<Value> {
    let request = |second: i64, user: &str, verb: &str, object: Value, code: u16| {
        json!({
            "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "stage": "ResponseComplete",
            "auditID": format!("{user}-{verb}-{second}-{}", object["name"].as_str().unwrap_or_default()),
            "requestURI": "/api/v1", "verb": verb, "user": { "username": user, "groups": ["system:authenticated"] },
            "objectRef": object, "responseStatus": { "metadata": {}, "code": code },
            "requestReceivedTimestamp": at(second), "stageTimestamp": at(second),
        })
    };
    let node = "system:node:node-1";
    let status =
        json!({ "resource": "nodes", "name": "node-1", "apiVersion": "v1", "subresource": "status" });
    let pod = json!({ "resource": "pods", "namespace": "trade", "name": POD, "apiVersion": "v1" });
    let mut all: Vec<Value> =
        (0..6).map(|n| request(n * 10 - 30, node, "patch", status.clone(), 200)).collect();
    all.extend((0..6).map(|n| request(n * 10 - 29, node, "get", pod.clone(), 200)));
    all.push(request(-5, node, "get", pod, 403));
    for n in 0..10 {
        let name = format!("backfill-{n:03}");
        let object = json!({
            "resource": "jobs", "namespace": "batch", "name": name, "apiGroup": "batch", "apiVersion": "v1",
        });
        let mut created = request(-20, "li", "create", object, 201);
        created["requestObject"] = json!({
            "kind": "Job", "apiVersion": "batch/v1", "metadata": { "name": name, "namespace": "batch" },
        });
        created["responseObject"] = created["requestObject"].clone();
        all.push(created);
    }
    all
}

fn write(bucket: &Path, name: &str, text: &str) {
    let path = bucket.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
    std::fs::write(path, text).expect("written");
}
