//! What the lake keeps of secrets: masks under its own key, and no body of a Secret.

use crate::program::{json, number, rows};
use crate::redact::dice::Dice;
use crate::redact::planted::plant;
use crate::redact::secrets::{DAY, all_rows, files_below, seen};
use serde_json::{Value, json};
use std::fs;

#[test]
fn a_lake_has_its_own_private_key() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a folder");
    let log = dir.path().join("business.log");
    let token = plant("github_token", &mut Dice(5)).needle;
    let mut masks = Vec::new();
    for turn in 0..2 {
        fs::write(&log, format!("{DAY} 10:00:0{turn},000 ERROR [main] a.B - {token}\n")).expect("written");
        let lake = dir.path().join("lake");
        json(&lake, &["ingest", log.to_str().expect("path"), "--type", "business", "--json"]);
        masks.push(rows(&lake, "select message from business")[0]["message"].clone());
        let mode = fs::metadata(lake.join("redact.key")).expect("a key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert!(masks[0].as_str().is_some_and(|text| text.starts_with("<redacted:github_token:")), "{masks:?}");
    assert_eq!(masks[0], masks[1], "two processes, one lake");
}

/// An audit event of a write on a resource, with a body.
fn audit_event(at: usize, resource: &str, subresource: &str, body: &Value) -> String {
    let reference = json!({ "resource": resource, "subresource": subresource, "namespace": "shop", "name": "pay", "apiVersion": "v1" });
    json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse", "auditID": format!("a-{at}"),
        "stage": "ResponseComplete", "requestURI": format!("/api/v1/namespaces/shop/{resource}/pay"), "verb": "update",
        "user": { "username": "li.na" }, "sourceIPs": ["10.0.0.9"], "objectRef": reference,
        "responseStatus": { "code": 200 }, "requestObject": body, "responseObject": body,
        "requestReceivedTimestamp": format!("{DAY}T02:{:02}:00.000000Z", at % 60),
        "stageTimestamp": format!("{DAY}T02:{:02}:00.100000Z", at % 60),
    })
    .to_string()
        + "\n"
}

#[test]
fn bodies_of_secrets_are_removed() {
    use base64::Engine as _;
    let dir = tempfile::tempdir().expect("a folder");
    let (input, place) = (dir.path().join("input/audit"), dir.path().join("place"));
    fs::create_dir_all(&input).expect("a folder");
    fs::create_dir_all(&place).expect("a folder");
    let mut dice = Dice(50);
    let mut canaries: Vec<String> = Vec::new();
    let mut log = String::new();
    for at in 0..50 {
        // plain words, which no rule masks: only their place identifies them
        let canary = format!("canary-{}", dice.text("abcdefghijklmnop", 14));
        let encoded = base64::engine::general_purpose::STANDARD.encode(&canary);
        let applied = json!({ "data": { "k": encoded }, "stringData": { "k": canary } }).to_string();
        let annotated = json!({
            "metadata": { "name": "pay", "annotations": { "kubectl.kubernetes.io/last-applied-configuration": applied } },
            "spec": { "replicas": 2 },
        });
        let (resource, subresource, body) = match at % 6 {
            0 => ("secrets", "", json!({ "data": { "k": encoded }, "metadata": { "name": "pay" } })),
            1 => ("secrets", "", json!({ "items": [{ "stringData": { "k": canary } }] })),
            2 => (
                "configmaps",
                "",
                json!({ "data": { "app.yaml": format!("mode: {canary}\n") }, "binaryData": { "b": encoded } }),
            ),
            3 => ("serviceaccounts", "token", json!({ "status": { "token": canary } })),
            4 => ("tokenreviews", "", json!({ "spec": { "token": canary } })),
            _ => ("deployments", "", annotated),
        };
        log.push_str(&audit_event(at, resource, subresource, &body));
        canaries.extend([canary, encoded]);
    }
    fs::write(input.join("audit.log"), log).expect("written");
    let lake = place.join("lake");
    let done = json(&lake, &["ingest", input.to_str().expect("path"), "--json"]);
    assert_eq!((done["records"].as_u64(), done["parsed"].as_u64()), (Some(50), Some(50)));
    let report = json(&lake, &["analyze", "--date", DAY, "--json"]);
    let needles: Vec<&str> = canaries.iter().map(String::as_str).collect();
    let (lake_rows, report) = (all_rows(&lake), report.to_string());
    assert_eq!(seen(&lake_rows, &needles), Vec::<&str>::new(), "the lake");
    assert_eq!(seen(&report, &needles), Vec::<&str>::new(), "the report");
    assert!(
        lake_rows.contains("replicas") && lake_rows.contains("app.yaml"),
        "the rest of the bodies is there"
    );
    let mut files = Vec::new();
    files_below(&place, &mut files);
    assert!(files.iter().any(|file| file.extension().is_some_and(|e| e == "parquet")));
    for file in files {
        let bytes = String::from_utf8_lossy(&fs::read(&file).expect("readable")).into_owned();
        assert_eq!(seen(&bytes, &needles), Vec::<&str>::new(), "{}", file.display());
    }
}

#[test]
fn a_key_printed_line_by_line_is_one_secret() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut dice = Dice(8);
    let mut body: Vec<String> = (0..9).map(|_| dice.alnum(64)).collect();
    body.push(format!("{}==", dice.alnum(22)));
    let key =
        format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----\n", body.join("\n"));
    let cut = format!("-----BEGIN PRIVATE KEY-----\n{}\n", dice.alnum(64));
    let cri: String =
        key.lines().map(|line| format!("{DAY}T10:00:00.000000000+08:00 stderr F {line}\n")).collect();
    let log = format!("starting\n{key}started\n{cut}E1122 10:00:01.000000       1 a.go:1] still here\n");
    fs::create_dir_all(dir.path().join("standard")).expect("a folder");
    fs::write(dir.path().join("standard/a.log"), log).expect("written");
    fs::write(
        dir.path().join("standard/b.log"),
        format!("{cri}{DAY}T10:00:01.000000000+08:00 stderr F then\n"),
    )
    .expect("written");
    let lake = dir.path().join("lake");
    json(&lake, &["ingest", dir.path().join("standard").to_str().expect("path"), "--json"]);
    let all = all_rows(&lake);
    let needles: Vec<&str> = body.iter().map(String::as_str).chain(cut.lines().nth(1)).collect();
    assert_eq!(seen(&all, &needles), Vec::<&str>::new());
    for word in ["starting", "started", "still here", "then"] {
        assert_eq!(
            number(&lake, &format!("select count(*) as n from standard where message = '{word}'")),
            1,
            "{word}"
        );
    }
    assert_eq!(
        number(&lake, "select count(*) as n from standard where message like '%<redacted:private_key:%'"),
        3
    );
}
