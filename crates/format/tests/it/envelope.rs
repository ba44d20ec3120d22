//! Envelopes that hold several records, or an audit event in a shape of their own: documents →
//! rows, framed and read the way ingest does.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::NaiveDate;
use flate2::Compression;
use flate2::write::GzEncoder;
use format::reader;
use format::reader::ReaderOptions;
use format::reader::{Reader, Row};
use format::{Clock, Registry, Role, framing};
use model::record::Body;
use model::time::Ts;
use redact::RedactConfig;
use redact::Redactor;
use std::io::Write as _;

/// Writes a row as `line.item table ts level place | message`, then its other fields.
pub fn render(row: &Row<'_>) -> String {
    let record = &row.record;
    let place = &record.place;
    let names = [&place.cluster, &place.namespace, &place.pod, &place.container, &place.node];
    let names: Vec<&str> = names.into_iter().map(|name| name.as_deref().unwrap_or("-")).collect();
    let ts = Ts(row.ts).to_string();
    let level = record.level.map_or("-", |level| level.name());
    let (table, names) = (row.table.name(), names.join("/"));
    let mut out = format!("{}.{} {table} {ts} {level} {names} | {}", row.line, row.item, record.message);
    let more = match &record.body {
        Body::Text(fields) => [("stream", fields.stream.as_deref()), ("trace", fields.trace_id.as_deref())],
        Body::Event(fields) => [("reason", fields.reason.as_deref()), ("name", fields.name.as_deref())],
        Body::State(fields) => [("kind", fields.kind.as_deref()), ("name", fields.name.as_deref())],
        Body::Audit(fields) => {
            let members = [
                ("id", &fields.audit_id),
                ("stage", &fields.stage),
                ("group", &fields.api_group),
                ("sub", &fields.subresource),
                ("ip", &fields.source_ip),
                ("decision", &fields.decision),
                ("request", &fields.request),
                ("response", &fields.response),
            ];
            for (key, value) in members {
                if let Some(value) = value {
                    out.push_str(&format!(" {key}={value}"));
                }
            }
            [("operation", fields.operation), ("", None)]
        }
    };
    for (key, value) in more {
        if let Some(value) = value {
            out.push_str(&format!(" {key}={value}"));
        }
    }
    out
}

/// Reads a document; returns its rows in order and the counts.
pub fn read(document: &str) -> (Vec<String>, reader::Counts) {
    read_as(document, render)
}

/// Reads a document, its rows written by `render`. Row ids must never repeat.
pub fn read_as(document: &str, render: fn(&Row<'_>) -> String) -> (Vec<String>, reader::Counts) {
    let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default();
    let clock = Clock { zone: chrono_tz::Asia::Shanghai, day, written: None };
    let redactor = Redactor::of(&RedactConfig::default()).expect("the default masks");
    let options = ReaderOptions { fallback_ts: 1_795_276_800_000_000, redactor, ..ReaderOptions::of(clock) };
    let mut reader = Reader::new(format::origin_of("logs/a.log"), options);
    let mut rows: Vec<((u64, u32), String)> = Vec::new();
    let mut take = |row: Row<'_>| rows.push(((row.line, row.item), render(&row)));
    let (_, mut text) = framing::decompress(document.as_bytes()).expect("plain text");
    framing::frames(&mut *text, &mut |frame| reader.frame(&frame, &mut take)).expect("framed");
    reader.finish(&mut take);
    rows.sort();
    assert!(rows.windows(2).all(|pair| pair[0].0 != pair[1].0), "a row id repeats: {rows:?}");
    (rows.into_iter().map(|(_, row)| row).collect(), reader.counts)
}

/// Reads a document and compares its rows, as [`render`] writes them.
#[track_caller]
pub fn check(document: &str, expected: &[&str]) -> reader::Counts {
    let (rows, counts) = read(document);
    assert_eq!(rows, expected, "{document}");
    assert_eq!(counts.parsed + counts.unparsed, rows.len() as u64, "{document}");
    let dropped: u64 = counts.dropped.values().sum();
    assert_eq!(counts.records(), counts.parsed + counts.unparsed + dropped);
    counts
}

#[test]
fn every_envelope_unwraps_its_sample() {
    for format in Registry::shipped().formats().iter().filter(|format| format.role() == Role::Envelope) {
        assert!(format.begins(format.sample()), "{} begins at its sample", format.name());
        let mut parts = 0;
        assert!(
            format.unwrap_all(format.sample().as_bytes(), &Clock::UTC, &mut |_| parts += 1),
            "{}",
            format.name()
        );
        assert_eq!(parts, 1, "{}", format.name());
    }
}

#[test]
fn gke_audit_becomes_kubernetes_audit() {
    check(
        r#"{"insertId":"i-1","logName":"projects/shop/logs/cloudaudit.googleapis.com%2Factivity","labels":{"authorization.k8s.io/decision":"allow"},"operation":{"id":"op-1","first":true,"last":true,"producer":"k8s.io"},"protoPayload":{"serviceName":"k8s.io","methodName":"io.k8s.core.v1.pods.exec.create","resourceName":"core/v1/namespaces/shop/pods/pay-api-0/exec","authenticationInfo":{"principalEmail":"alice@example.com"},"requestMetadata":{"callerIp":"10.0.0.9"},"status":{"code":0}},"resource":{"type":"k8s_cluster","labels":{"cluster_name":"prod"}},"timestamp":"2026-11-22T02:12:01Z"}"#,
        &[
            "1.0 audit 2026-11-22T02:12:01.000000Z info prod/shop/pay-api-0/-/- | alice@example.com create pods/exec shop/pay-api-0 → 200 id=op-1 stage=ResponseComplete sub=exec ip=10.0.0.9 decision=allow operation=exec",
        ],
    );
    // the API server's own status before the RPC code, the group as the path spells it
    check(
        r#"{"insertId":"i-2","protoPayload":{"methodName":"io.k8s.authorization.rbac.v1.clusterroles.list","resourceName":"rbac.authorization.k8s.io/v1/clusterroles","authenticationInfo":{"principalEmail":"bob"},"authorizationInfo":[{"permission":"io.k8s.authorization.rbac.v1.clusterroles.list"}],"response":{"@type":"core.k8s.io/v1.Status","code":403},"status":{"code":2}},"timestamp":"2026-11-22T02:12:01Z"}"#,
        &[
            r#"1.0 audit 2026-11-22T02:12:01.000000Z warn -/-/-/-/- | bob list clusterroles * → 403 id=i-2 stage=ResponseComplete group=rbac.authorization.k8s.io decision=forbid response={"@type":"core.k8s.io/v1.Status","code":403}"#,
        ],
    );
    for (rpc, http) in [(0, 200), (5, 404), (6, 409), (7, 403), (9, 400), (10, 409), (13, 500), (16, 401)] {
        let line = format!(
            r#"{{"protoPayload":{{"methodName":"io.k8s.core.v1.namespaces.delete","resourceName":"core/v1/namespaces/shop","status":{{"code":{rpc}}}}}}}"#
        );
        let (rows, _) = read(&line);
        assert!(rows[0].contains(&format!("delete namespaces shop/shop → {http} ")), "{rows:?}");
    }
}

#[test]
fn gke_audit_is_redacted_like_any_other() {
    check(
        r#"{"protoPayload":{"methodName":"io.k8s.core.v1.configmaps.update","resourceName":"core/v1/namespaces/shop/configmaps/pay","request":{"data":{"key":"hunter2"}},"status":{}},"timestamp":"2026-11-22T02:12:01Z"}"#,
        &[
            r#"1.0 audit 2026-11-22T02:12:01.000000Z info -/shop/-/-/- | unknown user update configmaps shop/pay → 200 stage=ResponseComplete request={"data":{"key":"<7 bytes, aa6f>"}} operation=config"#,
        ],
    );
    let (rows, _) = read(
        r#"{"protoPayload":{"methodName":"io.k8s.core.v1.secrets.get","resourceName":"core/v1/namespaces/shop/secrets/pay","response":{"data":{"key":"hunter2"}}}}"#,
    );
    assert!(rows[0].contains("get secrets shop/pay") && !rows[0].contains("hunter2"), "{rows:?}");
}

#[test]
fn gke_operations_on_node_pools_are_audit() {
    check(
        "insertId: i-3\noperation:\n  id: op-3\n  first: true\nprotoPayload:\n  serviceName: container.googleapis.com\n  methodName: google.container.v1.ClusterManager.DeleteNodePool\n  resourceName: projects/p/zones/z/clusters/prod/nodePools/blue\n  authenticationInfo:\n    principalEmail: alice@example.com\nresource:\n  type: gke_nodepool\n  labels:\n    cluster_name: prod\ntimestamp: '2026-11-22T02:12:01Z'\n",
        &[
            "1.0 audit 2026-11-22T02:12:01.000000Z info prod/-/-/-/- | alice@example.com delete nodepools blue id=op-3 stage=ResponseStarted group=container.googleapis.com operation=delete",
        ],
    );
}

#[test]
fn cloud_logging_entries_return_the_original_lines() {
    check(
        concat!(
            r#"{"insertId":"a","logName":"projects/p/logs/stderr","textPayload":"connection refused\n","severity":"ERROR","resource":{"type":"k8s_container","labels":{"cluster_name":"prod","namespace_name":"shop","pod_name":"pay-api-0","container_name":"app"}},"timestamp":"2026-11-22T02:12:01Z"}"#,
            "\n",
            r#"{"insertId":"b","logName":"projects/p/logs/events","jsonPayload":{"kind":"Event","reason":"BackOff","type":"Warning","message":"Back-off","involvedObject":{"kind":"Pod","namespace":"shop","name":"pay-api-0"},"lastTimestamp":"2026-11-22T02:12:02Z"},"resource":{"type":"k8s_pod","labels":{"cluster_name":"prod"}},"timestamp":"2026-11-22T02:12:02Z"}"#,
            "\n",
            // a time without a year is near that of its entry, whatever the object's day
            r#"{"insertId":"c","logName":"projects/p/logs/kubelet","jsonPayload":{"MESSAGE":"E0105 10:12:03.000000    1675 pod.go:39] no sandbox","_COMM":"kubelet"},"resource":{"type":"k8s_node","labels":{"cluster_name":"prod","node_name":"node-1"}},"timestamp":"2024-01-05T02:12:03Z"}"#,
        ),
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z error prod/shop/pay-api-0/app/- | connection refused stream=stderr",
            "2.0 event 2026-11-22T02:12:02.000000Z warn prod/shop/pay-api-0/-/- | Back-off reason=BackOff name=pay-api-0",
            "3.0 business 2024-01-05T02:12:03.000000Z error prod/-/-/-/node-1 | no sandbox",
        ],
    );
    // the audit log of another service is not a Kubernetes audit event, and is not lost
    let (rows, counts) = read(
        r#"{"insertId":"d","protoPayload":{"serviceName":"compute.googleapis.com","methodName":"v1.compute.instances.delete"},"timestamp":"2026-11-22T02:12:01Z"}"#,
    );
    assert!(rows[0].starts_with("1.0 business") && counts.parsed == 1, "{rows:?}");
}

#[test]
fn otlp_holds_many_records() {
    let counts = check(
        concat!(
            r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"k8s.namespace.name","value":{"stringValue":"shop"}},{"key":"k8s.pod.name","value":{"stringValue":"pay-api-0"}},{"key":"k8s.container.name","value":{"stringValue":"app"}}]},"scopeLogs":[{"scope":{},"logRecords":["#,
            r#"{"timeUnixNano":"1795313521000000000","severityNumber":17,"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","body":{"stringValue":"connection refused"},"attributes":[{"key":"log.iostream","value":{"stringValue":"stderr"}}]},"#,
            r#"{"timeUnixNano":"0","observedTimeUnixNano":"1795313522000000000","body":{"kvlistValue":{"values":[{"key":"msg","value":{"stringValue":"charged \"7\""}},{"key":"level","value":{"stringValue":"warn"}}]}}},"#,
            r#"{"timeUnixNano":"1795313523000000000","body":{"stringValue":"{\"auditID\":\"a-1\",\"verb\":\"get\",\"objectRef\":{\"resource\":\"pods\"}}"}},"#,
            r#"{"timeUnixNano":"1795313524000000000","body":{"stringValue":""}},"#,
            r#"7]}]}]}"#,
        ),
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z error -/shop/pay-api-0/app/- | connection refused stream=stderr trace=4bf92f3577b34da6a3ce929d0e0e4736",
            r#"1.1 standard 2026-11-22T02:12:02.000000Z warn -/shop/pay-api-0/app/- | charged "7""#,
            "1.2 audit 2026-11-22T02:12:03.000000Z info -/-/-/-/- | unknown user get pods * id=a-1",
            "1.3 standard 2026-11-21T16:00:00.000000Z - -/-/-/-/- | 7",
        ],
    );
    assert_eq!((counts.parsed, counts.unparsed, counts.dropped["blank line"]), (3, 1, 1));
    let (rows, counts) = read("{\"resourceLogs\":[]}\n{\"resourceLogs\":[{\"scopeLogs\":[\n");
    assert_eq!((rows.len(), counts.unparsed, counts.dropped["empty list"]), (1, 1, 1), "{rows:?}");
}

#[test]
fn cloudwatch_holds_many_records() {
    // Firehose writes documents without a line end between them
    let counts = check(
        concat!(
            r#"{"messageType":"CONTROL_MESSAGE","logGroup":"","logStream":"","logEvents":[{"id":"","timestamp":1795313521000,"message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}]}"#,
            r#"{"messageType":"DATA_MESSAGE","logGroup":"/aws/eks/prod/cluster","logStream":"kube-apiserver-audit-1","logEvents":[{"id":"1","timestamp":1795313521000,"message":"{\"auditID\":\"a-1\",\"stage\":\"ResponseComplete\",\"verb\":\"get\",\"objectRef\":{\"resource\":\"pods\"}}"},{"id":"2","timestamp":1795313522000}]}"#,
            "\n",
            r#"{"messageType":"DATA_MESSAGE","logGroup":"/aws/eks/prod/cluster","logStream":"kube-scheduler-1","logEvents":[{"id":"3","timestamp":1795313523000,"message":"bound"}]}"#,
        ),
        &[
            "1.0 audit 2026-11-22T02:12:01.000000Z info prod/-/-/-/- | unknown user get pods * id=a-1 stage=ResponseComplete",
            r#"1.1 standard 2026-11-21T16:00:00.000000Z - -/-/-/-/- | {"id":"2","timestamp":1795313522000}"#,
            "2.0 standard 2026-11-22T02:12:03.000000Z - prod/-/-/-/- | bound",
        ],
    );
    assert_eq!((counts.unparsed, counts.dropped["CloudWatch control message"]), (1, 1));
    check(
        "{\n  \"events\": [\n    {\"timestamp\": 1795313521000, \"message\": \"level=error msg=denied\"}\n  ]\n}\n",
        &["1.0 business 2026-11-22T02:12:01.000000Z error -/-/-/-/- | denied"],
    );
}

#[test]
fn otlp_may_have_the_names_of_protobuf() {
    check(
        r#"{"resource_logs":[{"resource":{"attributes":[{"key":"k8s.pod.name","value":{"string_value":"pay-api-0"}}]},"scope_logs":[{"log_records":[{"time_unix_nano":"1795313521000000000","severity_number":17,"body":{"string_value":"connection refused"},"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}]}]}]}"#,
        &[
            "1.0 standard 2026-11-22T02:12:01.000000Z error -/-/pay-api-0/-/- | connection refused trace=4bf92f3577b34da6a3ce929d0e0e4736",
        ],
    );
}

/// Packs a text with gzip.
fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default()
}

#[test]
fn messages_of_queues_are_base64() {
    let line = "2026-11-22T02:12:01Z ERROR connection refused";
    let message = |more: &str| format!(r#"{{"data":"{}"{more}}}"#, BASE64_STANDARD.encode(line));
    let pushed = format!(r#"{{"message":{},"subscription":"s"}}"#, message(r#","messageId":"7001""#));
    let pulled =
        format!(r#"{{"ackId":"a","message":{}}}"#, message(r#","publishTime":"2026-11-22T02:12:05Z""#));
    let firehose = format!(r#"{{"recordId":"7","data":"{}"}}"#, BASE64_STANDARD.encode(line));
    for text in [pushed, pulled, firehose] {
        check(&text, &["1.0 business 2026-11-22T02:12:01.000000Z error -/-/-/-/- | connection refused"]);
    }
    let events = r#"{"messageType":"DATA_MESSAGE","logGroup":"/aws/eks/prod/cluster","logStream":"kube-scheduler-1","logEvents":[{"id":"3","timestamp":1795313523000,"message":"bound"}]}"#;
    let subscription = format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, BASE64_STANDARD.encode(gzip(events)));
    check(&subscription, &["1.0 standard 2026-11-22T02:12:03.000000Z - prod/-/-/-/- | bound"]);
    // what packs too well to be a log stays as it is
    let bomb =
        format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, BASE64_STANDARD.encode(gzip(&"a".repeat(1 << 20))));
    let (rows, counts) = read(&bomb);
    assert_eq!((rows.len(), counts.records()), (1, 1), "{rows:?}");
    // an application's own member
    check(
        r#"{"data":"aGVsbG8gd29ybGQ=","level":"info","msg":"stored","time":"2026-11-22T02:12:01Z"}"#,
        &[r#"1.0 business 2026-11-22T02:12:01.000000Z info -/-/-/-/- | stored"#],
    );
}

#[test]
fn audit_events_come_as_yaml_and_flattened() {
    check(
        "apiVersion: audit.k8s.io/v1\nitems:\n- auditID: a-1\n  verb: get\n  objectRef: {resource: pods}\n  stageTimestamp: '2026-11-22T02:12:01Z'\n- auditID: a-2\n  verb: list\n  requestURI: /healthz\n  stageTimestamp: '2026-11-22T02:12:02Z'\nkind: EventList\n",
        &[
            "3.0 audit 2026-11-22T02:12:01.000000Z info -/-/-/-/- | unknown user get pods * id=a-1",
            "7.0 audit 2026-11-22T02:12:02.000000Z info -/-/-/-/- | unknown user list /healthz id=a-2",
        ],
    );
    check(
        r#"{"auditID":"a-3","verb":"get","objectRef_resource":"pods","objectRef_namespace":"shop","objectRef_name":"pay-api-0","responseStatus_code":403,"user_username":"bob","annotations_authorization_k8s_io_decision":"forbid","_gdch_cluster":"prod","stageTimestamp":"2026-11-22T02:12:01Z"}"#,
        &[
            "1.0 audit 2026-11-22T02:12:01.000000Z warn prod/shop/pay-api-0/-/- | bob get pods shop/pay-api-0 → 403 id=a-3 decision=forbid",
        ],
    );
}

#[test]
fn every_cut_of_every_envelope_is_counted() {
    for format in Registry::shipped().formats().iter().filter(|format| format.role() == Role::Envelope) {
        let sample = format.sample();
        for end in (1..sample.len()).filter(|end| sample.is_char_boundary(*end)) {
            let (rows, counts) = read(&sample[..end]);
            let dropped = counts.dropped.values().sum::<u64>();
            let lines = sample[..end].lines().count() as u64; // two of a CSV: its header and a record
            assert_eq!((rows.len() as u64 + dropped, counts.records()), (lines, lines), "{}", &sample[..end]);
        }
    }
}

#[test]
fn a_source_that_is_a_text_is_not_the_line() {
    check(
        r#"{"message":"till is open","source":"kassa","stream":"stdout","@timestamp":"2026-11-24T02:12:01Z"}"#,
        &["1.0 standard 2026-11-24T02:12:01.000000Z - -/-/-/-/- | till is open stream=stdout"],
    );
}
