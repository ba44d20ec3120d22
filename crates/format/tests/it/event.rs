//! Kubernetes events in the shapes that the API, exporters and stores write them.

use crate::envelope;
use chrono::NaiveDate;
use format::leaf::event::Event;
use format::{Clock, Format, Registry};
use model::record::{Body, Record};
use model::time::Ts;

/// Shanghai: the API writes UTC, also where a store has dropped the `Z`.
fn clock() -> Clock {
    let day = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap_or_default();
    Clock { zone: chrono_tz::Asia::Shanghai, day, written: None }
}

/// Writes a record as `ts type reason kind namespace/name place count component first | message`.
fn render(record: Record<'_>) -> String {
    let Body::Event(fields) = record.body else { return "not an event".into() };
    let time = |ts: Option<i64>| {
        ts.map_or("-".into(), |ts| {
            Ts(ts).to_string().trim_start_matches("2026-11-24T").replace(".000000Z", "")
        })
    };
    let place = record.place;
    let names = [place.cluster, place.workload, place.pod, place.container, place.node];
    let names: Vec<String> =
        names.into_iter().map(|name| name.map_or("-".into(), |n| n.into_owned())).collect();
    let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    format!(
        "{} {} {} {} {}/{} {} ×{} {} from {} | {}",
        time(record.ts),
        or_dash(fields.event_type.as_deref()),
        or_dash(fields.reason.as_deref()),
        or_dash(fields.kind.as_deref()),
        or_dash(place.namespace.as_deref()),
        or_dash(fields.name.as_deref()),
        names.join("/"),
        fields.count,
        or_dash(fields.component.as_deref()),
        time(fields.first_ts),
        record.message
    )
}

#[track_caller]
fn read_as<T>(text: &str, render: impl Fn(Record<'_>) -> T) -> Vec<T> {
    let first = Registry::shipped().format_of(text).map(|format| format.name());
    assert_eq!(first, Some("k8s-event"), "{text}");
    let mut out = Vec::new();
    let outcome = Event.read(text, &clock(), &mut |record| out.push(render(record)));
    assert_eq!(outcome, Ok(()), "{text}");
    out
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(read_as(text, render), [expected], "{text}");
}

const BACK_OFF: &str = "02:12:01 Warning BackOff Pod shop/pay-api-0 -/-/pay-api-0/app/node-1 ×7 kubelet from 02:10:01 | Back-off restarting failed container";

/// A core/v1 Event.
const CORE: &str = r#"{"kind":"Event","apiVersion":"v1","metadata":{"name":"pay-api-0.17aa","namespace":"shop","uid":"e-1"},"involvedObject":{"kind":"Pod","namespace":"shop","name":"pay-api-0","uid":"p-1","fieldPath":"spec.containers{app}"},"reason":"BackOff","message":"Back-off restarting failed container","source":{"component":"kubelet","host":"node-1"},"firstTimestamp":"2026-11-24T02:10:01Z","lastTimestamp":"2026-11-24T02:12:01Z","count":7,"type":"Warning"}"#;

#[test]
fn the_api_writes_two_versions() {
    check(CORE, BACK_OFF);
    check(
        r#"{"kind":"Event","apiVersion":"events.k8s.io/v1","metadata":{"name":"pay-api-0.17aa","namespace":"shop"},"regarding":{"kind":"Pod","namespace":"shop","name":"pay-api-0","fieldPath":"spec.containers{app}"},"reason":"BackOff","note":"Back-off restarting failed container","deprecatedSource":{"component":"kubelet","host":"node-1"},"deprecatedFirstTimestamp":"2026-11-24T02:10:01Z","deprecatedLastTimestamp":"2026-11-24T02:12:01Z","deprecatedCount":7,"type":"Warning","eventTime":null}"#,
        BACK_OFF,
    );
    let list = format!(r#"{{"apiVersion":"v1","items":[{CORE},{CORE}],"kind":"List"}}"#);
    assert_eq!(read_as(&list, render), [BACK_OFF, BACK_OFF]);
}

#[test]
fn exporters_put_an_event_into_another_object() {
    check(&format!(r#"{{"verb":"UPDATED","event":{CORE},"old_event":{{"count":6}}}}"#), BACK_OFF);
    let text = serde_json::Value::from(CORE).to_string();
    check(&format!(r#"{{"level":"Warning","event":{text},"hostname":"node-1"}}"#), BACK_OFF);
    check(&format!(r#"{{"eventId":{text},"hostname":"node-1","pod_id":"p-1"}}"#), BACK_OFF);
    let untimed = r#"{"involvedObject":{"kind":"Pod","namespace":"shop","name":"a"},"reason":"Killing","type":"Normal","message":"m"}"#;
    let line =
        format!(r#"{{"time":"2026-11-24T02:12:01Z","type":"event","region":"eu-1","event":{untimed}}}"#);
    check(&line, "02:12:01 Normal Killing Pod shop/a -/-/a/-/- ×1 - from 02:12:01 | m");
    let attrs = read_as(&line, |record| record.attrs.into_json().unwrap_or_default());
    assert!(attrs[0].contains(r#""region":"eu-1""#), "{attrs:?}");
    check(&format!(r#"{{"cluster":"prod","event":{CORE}}}"#), &BACK_OFF.replace(" -/-/pay", " prod/-/pay"));
}

#[test]
fn names_may_be_joined_and_objects_strings() {
    for prefix in ["", "event.", "event_"] {
        for dot in [".", "_"] {
            let flat = format!(
                r#"{{"verb":"UPDATED","{prefix}involvedObject{dot}kind":"Pod","{prefix}involvedObject{dot}namespace":"shop","{prefix}involvedObject{dot}name":"pay-api-0","{prefix}involvedObject{dot}fieldPath":"spec.containers{{app}}","{prefix}reason":"BackOff","{prefix}message":"Back-off restarting failed container","{prefix}source{dot}component":"kubelet","{prefix}source{dot}host":"node-1","{prefix}firstTimestamp":"2026-11-24T02:10:01Z","{prefix}lastTimestamp":"2026-11-24T02:12:01Z","{prefix}count":7,"{prefix}type":"Warning","{prefix}metadata{dot}uid":"e-1","old_{prefix}involvedObject{dot}name":"other"}}"#
            );
            check(&flat, BACK_OFF);
            let attrs = read_as(&flat, |record| record.attrs.into_json().unwrap_or_default());
            assert!(attrs[0].contains(r#""event_uid":"e-1""#), "{attrs:?}");
            assert_eq!(attrs[0].contains("other"), prefix.is_empty(), "{attrs:?}");
        }
    }
    for prefix in ["", "event_"] {
        check(
            &format!(
                r#"{{"{prefix}involved_object_kind":"Pod","{prefix}involved_object_namespace":"shop","{prefix}involved_object_name":"pay-api-0","{prefix}involved_object_field_path":"spec.containers{{app}}","{prefix}reason":"BackOff","{prefix}message":"Back-off restarting failed container","{prefix}source_component":"kubelet","{prefix}source_host":"node-1","{prefix}first_timestamp":"2026-11-24T02:10:01Z","{prefix}last_timestamp":"2026-11-24T02:12:01Z","{prefix}count":"7","{prefix}type":"Warning"}}"#
            ),
            BACK_OFF,
        );
    }
    check(
        r#"{"involved_object":{"kind":"Pod","namespace":"shop","name":"pay-api-0","field_path":"spec.containers{app}"},"reason":"BackOff","message":"Back-off restarting failed container","source":{"component":"kubelet","host":"node-1"},"first_timestamp":"2026-11-24T02:10:01Z","last_timestamp":"2026-11-24T02:12:01Z","count":7,"type":"Warning"}"#,
        BACK_OFF,
    );
    check(
        r#"{"involvedObject":"{\"kind\":\"Pod\",\"namespace\":\"shop\",\"name\":\"pay-api-0\",\"fieldPath\":\"spec.containers{app}\"}","metadata":"{\"uid\":\"e-1\"}","reason":"BackOff","message":"Back-off restarting failed container","source":"{\"component\":\"kubelet\",\"host\":\"node-1\"}","firstTimestamp":"2026-11-24 02:10:01","lastTimestamp":"2026-11-24 02:12:01","count":7,"type":"Warning"}"#,
        BACK_OFF,
    );
    check(
        r#"{"regarding.kind":"Node","regarding.name":"node-1","reason":"NodeNotReady","note":"node-1 is not ready","type":"Normal","series.count":4,"series.lastObservedTime":"2026-11-24T02:12:01.5Z","reportingController":"node-controller"}"#,
        "02:12:01.500000Z Normal NodeNotReady Node -/node-1 -/-/-/-/node-1 ×4 node-controller from 02:12:01.500000Z | node-1 is not ready",
    );
}

#[test]
fn templates_choose_plain_names() {
    let plain = r#""message":"Back-off restarting failed container","reason":"BackOff","type":"Warning","count":"7","kind":"Pod","name":"pay-api-0","namespace":"shop","component":"kubelet","host":"node-1""#;
    let expected = "02:12:01 Warning BackOff Pod shop/pay-api-0 -/-/pay-api-0/-/node-1 ×7 kubelet from 02:12:01 | Back-off restarting failed container";
    check(&format!(r#"{{{plain},"eventTime":"2026-11-24T02:12:01Z"}}"#), expected);
    check(
        &format!(r#"{{"eventType":"kube-event","createdAt":1795486321000,"details":{{{plain}}}}}"#),
        expected,
    );
    check(
        &format!(r#"{{{plain},"createdAt":"1795486321000","labels":"{{\"app\":\"pay-api\"}}"}}"#),
        expected,
    );
    let attrs =
        read_as(&format!(r#"{{{plain},"labels":"{{\"app\":\"pay-api\"}}","region":"eu-1"}}"#), |record| {
            record.attrs.into_json().unwrap_or_default()
        });
    assert_eq!(attrs, [r#"{"labels":{"app":"pay-api"},"region":"eu-1"}"#]);
}

#[test]
fn alloy_writes_logfmt_and_json() {
    let expected =
        r#"- Warning BackOff Pod -/pay-api-0 -/-/pay-api-0/-/node-1 ×7 kubelet from - | Back-off "app""#;
    check(
        r#"name=pay-api-0 kind=Pod objectAPIversion=v1 objectRV=123 eventRV=456 reportinginstance=node-1 reportingcontroller=kubelet sourcecomponent=kubelet sourcehost=node-1 reason=BackOff type=Warning count=7 msg="Back-off \"app\"" "#,
        expected,
    );
    check(
        r#"{"count":7,"eventRV":"456","kind":"Pod","msg":"Back-off \"app\"","name":"pay-api-0","objectAPIversion":"v1","objectRV":"123","reason":"BackOff","reportingcontroller":"kubelet","sourcehost":"node-1","type":"Warning"}"#,
        expected,
    );
    check(
        r#"name=node-1 kind=Node objectAPIversion=v1 sourcecomponent=node-controller reason=NodeNotReady type=Normal msg="it\x07s out""#,
        r"- Normal NodeNotReady Node -/node-1 -/-/-/-/node-1 ×1 node-controller from - | it\x07s out",
    );
    for line in [
        r#"name=pay-api-0 level=info reason=BackOff msg="the pod backs off""#,
        r#"level=info msg="saw name=a kind=Pod reason=BackOff type=Warning ""#,
        r#"name=a kind=Order reason=Retry type=Soft msg="x""#,
    ] {
        assert!(!Event.begins(line), "{line}");
    }
}

#[test]
fn templates_name_the_object_in_many_ways() {
    let rest = r#""reason":"BackOff","type":"Warning","count":7,"lastTimestamp":"2026-11-24T02:12:01Z","source":"kubelet, node-1""#;
    let expected = "02:12:01 Warning BackOff Pod shop/pay-api-0 -/-/pay-api-0/-/node-1 ×7 kubelet from 02:12:01 | Back-off";
    for object in [
        r#""msg":"Back-off","object":{"kind":"Pod","namespace":"shop","name":"pay-api-0"}"#,
        r#""description":"Back-off","resource":{"kind":"Pod","namespace":"shop","name":"pay-api-0"}"#,
        r#""msg":"Back-off","object":"Pod/shop/pay-api-0""#,
        r#""msg":"Back-off","object":"pod/pay-api-0","namespace":"shop""#,
        r#""msg":"Back-off","object":"shop/pay-api-0","kind":"Pod""#,
        r#""msg":"Back-off","involvedObject":"Pod/pay-api-0","ns":"shop""#,
        r#""msg":"Back-off","resource_kind":"pod","resource_name":"pay-api-0","resource_namespace":"shop""#,
        r#""text":"Back-off","tags":["kube_kind:Pod","kube_name:pay-api-0","kube_namespace:shop"]"#,
    ] {
        check(&format!("{{{rest},{object}}}"), expected);
    }
    check(
        r#"{"EventType":"Warning","EventNamespace":"shop","EventKind":"Pod","EventObject":"pay-api-0","EventReason":"BackOff","EventTime":"2026-11-24 02:12:01 +0000 UTC","EventMessage":"Back-off"}"#,
        "02:12:01 Warning BackOff Pod shop/pay-api-0 -/-/pay-api-0/-/- ×1 - from 02:12:01 | Back-off",
    );
    for time in ["lastSeen", "last_seen", "eventTime", "createdAt", "timestamp", "@timestamp"] {
        let line = format!(
            r#"{{"reason":"Killing","type":"Normal","kind":"Pod","name":"a","message":"m","{time}":"2026-11-24T02:12:01Z"}}"#
        );
        check(&line, "02:12:01 Normal Killing Pod -/a -/-/a/-/- ×1 - from 02:12:01 | m");
    }
}

#[test]
fn alerts_and_stores_keep_events() {
    // Metricbeat, nested and flat
    check(
        r#"{"@timestamp":"2026-11-24T02:12:05Z","event":{"dataset":"kubernetes.event","module":"kubernetes"},"kubernetes":{"event":{"count":7,"involved_object":{"kind":"Pod","namespace":"shop","name":"pay-api-0"},"message":"Back-off","reason":"BackOff","type":"Warning","timestamp":{"last_occurrence":"2026-11-24T02:12:01Z"},"source":{"component":"kubelet","host":"node-1"}}},"host":{"name":"beat-1"}}"#,
        "02:12:01 Warning BackOff Pod shop/pay-api-0 -/-/pay-api-0/-/node-1 ×7 kubelet from 02:12:01 | Back-off",
    );
    check(
        r#"{"kubernetes.event.involved_object.kind":"Pod","kubernetes.event.involved_object.name":"pay-api-0","kubernetes.event.reason":"BackOff","kubernetes.event.message":"Back-off","kubernetes.event.type":"Warning","kubernetes.event.count":7,"@timestamp":"2026-11-24T02:12:01Z"}"#,
        "02:12:01 Warning BackOff Pod -/pay-api-0 -/-/pay-api-0/-/- ×7 - from 02:12:01 | Back-off",
    );
    // Datadog
    check(
        r#"{"title":"Pod shop/pay-api-0: BackOff","text":"Back-off","alert_type":"warning","date_happened":1795486321,"tags":["event_reason:BackOff","kube_kind:Pod","kube_name:pay-api-0","kube_namespace:shop","source_component:kubelet"]}"#,
        "02:12:01 Warning BackOff Pod shop/pay-api-0 -/-/pay-api-0/-/- ×1 kubelet from 02:12:01 | Back-off",
    );
    // OpenTelemetry's k8s_events receiver, as exporters write its records
    check(
        r#"{"body":"Back-off","severity":"Warning","attributes":{"k8s.event.reason":"BackOff","k8s.event.name":"pay-api-0.17aa","k8s.event.uid":"e-1","k8s.event.count":7,"k8s.namespace.name":"shop","k8s.event.start_time":"2026-11-24 02:10:01 +0000 UTC"},"resources":{"k8s.object.kind":"Pod","k8s.object.name":"pay-api-0","k8s.object.uid":"p-1","k8s.object.fieldpath":"spec.containers{app}","k8s.node.name":"node-1"}}"#,
        "02:10:01 Warning BackOff Pod shop/pay-api-0 -/-/pay-api-0/app/node-1 ×7 - from 02:10:01 | Back-off",
    );
    check(
        r#"{"Timestamp":"2026-11-24 02:12:01","SeverityText":"Warning","Body":"Back-off","ResourceAttributes":{"k8s.object.kind":"Pod","k8s.object.name":"pay-api-0"},"LogAttributes":{"k8s.event.reason":"BackOff","k8s.namespace.name":"shop"}}"#,
        "02:12:01 Warning BackOff Pod shop/pay-api-0 -/-/pay-api-0/-/- ×1 - from 02:12:01 | Back-off",
    );
    // kube-eventer: a chat and Kafka
    check(
        r#"{"msgtype":"text","text":{"content":"Level:Warning \nKind:Pod \nNamespace:shop \nName:pay-api-0 \nReason:BackOff \nTimestamp:2026-11-24 02:12:01 +0000 UTC \nMessage:Back-off"}}"#,
        "02:12:01 Warning BackOff Pod shop/pay-api-0 -/-/pay-api-0/-/- ×1 - from 02:12:01 | Back-off",
    );
    let text = serde_json::Value::from(CORE).to_string();
    check(&format!(r#"{{"EventValue":{text},"EventTimestamp":"2026-11-24T02:12:09Z"}}"#), BACK_OFF);
    // Opsgenie
    let pre = serde_json::Value::from(format!("<pre>{CORE}</pre>"));
    check(
        &format!(
            r#"{{"message":"Event BackOff for shop/pay-api-0","priority":"P3","alias":"e-1","description":{pre},"tags":["event"]}}"#
        ),
        BACK_OFF,
    );
    // eventrouter's log
    check(
        &format!(r#"I1124 02:12:02.123456       1 glogsink.go:42] {{"verb":"UPDATED","event":{CORE}}}"#),
        BACK_OFF,
    );
}

#[test]
fn a_time_that_is_none_is_absent() {
    let event = |times: &str| {
        format!(
            r#"{{"kind":"Event","involvedObject":{{"kind":"Service","name":"cart"}},"reason":"Scheduled",{times},"type":"Normal","message":"m"}}"#
        )
    };
    for (times, ts, first) in [
        (
            r#""firstTimestamp":null,"lastTimestamp":null,"eventTime":"2026-11-24T09:23:54.299870Z""#,
            "09:23:54.299870Z",
            "09:23:54.299870Z",
        ),
        (
            r#""firstTimestamp":"0001-01-01T00:00:00Z","lastTimestamp":"0001-01-01T00:00:00Z","metadata":{"creationTimestamp":"2026-11-24T09:23:54Z"}"#,
            "09:23:54",
            "09:23:54",
        ),
        (
            r#""lastTimestamp":"1970-01-01T00:00:00Z","firstTimestamp":"null","eventTime":"2026-11-24T09:23:54Z""#,
            "09:23:54",
            "09:23:54",
        ),
        (
            r#""lastTimestamp":0,"firstTimestamp":"","@timestamp":"2026-11-24T09:23:54Z""#,
            "09:23:54",
            "09:23:54",
        ),
        (
            r#""lastTimestamp":"2026-11-24 09:23:54 +0000 UTC","firstTimestamp":"0001-01-01 00:00:00 +0000 UTC""#,
            "09:23:54",
            "09:23:54",
        ),
        (
            r#""lastTimestamp":"2026-11-24T09:41:00Z","firstTimestamp":"2026-11-24T09:30:27Z","count":3"#,
            "09:41:00",
            "09:30:27",
        ),
        (r#""lastTimestamp":null,"eventTime":"0001-01-01T00:00:00.000000Z""#, "-", "-"),
    ] {
        let texts = read_as(&event(times), render);
        let times_of = texts[0].split(" | ").next().unwrap_or("");
        assert!(
            times_of.starts_with(&format!("{ts} ")) && times_of.ends_with(&format!("from {first}")),
            "{texts:?}"
        );
    }
}

#[test]
fn other_json_is_not_an_event() {
    for line in [
        r#"{"level":"info","msg":"sent {\"involvedObject\":{\"kind\":\"Pod\"}}"}"#,
        r#"{"msg":"sent","payload":{"involvedObject":{"kind":"Pod","name":"cart-0"}}}"#,
        r#"{"msg":"wrote","regarding":"order 17"}"#,
        r#"{"msg":"wrote","regarding":{"id":17}}"#,
        r#"{"msg":"wrote","event":"{\"regarding\":\"order 17\"}"}"#,
        r#"{"msg":"wrote","event":{"name":"cart.paid","reason":"Retry"}}"#,
        r#"{"reason":"Timeout","type":"error","kind":"Order","name":"o-1","message":"m"}"#,
        r#"{"reason":"it was late","type":"Warning","kind":"Order","name":"o-1","message":"m"}"#,
        r#"{"reason":"Late","type":"Warning","kind":"Event","name":"o-1","message":"m"}"#,
        r#"{"reason":"Late","type":"Warning","kind":"Order","message":"m"}"#,
        r#"{"level":"info","reason":"Scaled","kind":"Deployment","name":"cart","msg":"scaled"}"#,
        r#"{"level":"debug","logger":"events","msg":"m","type":"Normal","object":{"kind":"Pod","name":"a"},"reason":"Created"}"#,
        r#"{"kind":"event","reason":"Retry","type":["info"],"name":"n","message":"m"}"#,
        r#"{"type":"MODIFIED","object":{"kind":"Pod","metadata":{"name":"cart-0"},"status":{"reason":"Evicted"}}}"#,
        r#"{"kind":"List","items":[{"kind":"Pod","status":{"reason":"Evicted"}}]}"#,
    ] {
        assert!(!Event.begins(line), "{line}");
    }
}

#[test]
fn envelopes_hold_what_an_event_leaves_out() {
    // Alloy names the namespace in the labels alone
    let line = r#""name=pay-api-0 kind=Pod reason=BackOff type=Warning count=7 msg=\"Back-off\" ""#;
    envelope::check(
        &format!(
            r#"{{"streams":[{{"stream":{{"namespace":"shop","job":"loki.source.kubernetes_events"}},"values":[["1795486321000000000",{line}]]}}]}}"#
        ),
        &[
            "1.0 event 2026-11-24T02:12:01.000000Z warn -/shop/pay-api-0/-/- | Back-off reason=BackOff name=pay-api-0",
        ],
    );
    // the container that printed it is another one
    envelope::check(
        &format!(
            r#"{{"streams":[{{"stream":{{"namespace":"logs","pod":"alloy-0","container":"alloy"}},"values":[["1795486321000000000",{line}]]}}]}}"#
        ),
        &[
            "1.0 event 2026-11-24T02:12:01.000000Z warn -/-/pay-api-0/-/- | Back-off reason=BackOff name=pay-api-0",
        ],
    );
    envelope::check(
        r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"k8s.node.name","value":{"stringValue":"node-1"}},{"key":"k8s.object.kind","value":{"stringValue":"Pod"}},{"key":"k8s.object.name","value":{"stringValue":"pay-api-0"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795486321000000000","severityText":"Warning","body":{"stringValue":"Back-off"},"attributes":[{"key":"k8s.event.reason","value":{"stringValue":"BackOff"}},{"key":"k8s.event.count","value":{"intValue":"7"}},{"key":"k8s.namespace.name","value":{"stringValue":"shop"}}]}]}]}]}"#,
        &[
            "1.0 event 2026-11-24T02:12:01.000000Z warn -/shop/pay-api-0/-/node-1 | Back-off reason=BackOff name=pay-api-0",
        ],
    );
    let list = serde_json::Value::from(format!(r#"{{"kind":"EventList","items":[{CORE},{CORE}]}}"#));
    let row = |at: &str| {
        format!(
            "{at} event 2026-11-24T02:12:01.000000Z warn -/shop/pay-api-0/app/node-1 | Back-off restarting failed container reason=BackOff name=pay-api-0"
        )
    };
    envelope::check(
        &format!(r#"{{"stream":"stdout","log":{list},"kubernetes":{{"pod_name":"exporter-0"}}}}"#),
        &[&row("1.0"), &row("1.1")],
    );
}

#[test]
fn a_component_that_logs_an_event_keeps_its_line() {
    let (rows, _) = envelope::read(
        r#"I1124 02:12:01.123456       1 event.go:377] "Event occurred" object="shop/cart" fieldPath="" kind="Deployment" apiVersion="apps/v1" type="Warning" reason="Stuck" message="no replica set""#,
    );
    assert!(rows[0].contains(" standard ") || rows[0].contains(" business "), "{rows:?}");
    assert!(rows[0].contains(" warn "), "{rows:?}");
}

#[test]
fn webhooks_of_botkube_and_templates() {
    let row =
        "1.0 event 2026-11-24T02:12:01.000000Z warn -/shop/pay-0/-/- | Back-off reason=BackOff name=pay-0";
    for text in [
        r#"{"Title":"v1/pods error","Kind":"Pod","Name":"pay-0","Namespace":"shop","Messages":["Back-off"],"Type":"error","Reason":"BackOff","Level":"error","Cluster":"","TimeStamp":"2026-11-24T02:12:01Z"}"#,
        r#"{"source":"kubernetes","timeStamp":"2026-11-24T02:12:01Z","data":{"kind":"Pod","name":"pay-0","namespace":"shop","reason":"BackOff","messages":["Back-off"],"type":"error","level":"error"}}"#,
        r#"{"eventmeta":{"kind":"pod","name":"pay-0","namespace":"shop","reason":"BackOff"},"text":"Back-off","type":"Warning","time":"2026-11-24T02:12:01Z"}"#,
        r#"{"source":"cluster","context":"event","resource":{"apiVersion":"v1","kind":"Pod","name":"pay-0","namespace":"shop"},"reason":"BackOff","message":"Back-off","type":"Warning","eventTime":"2026-11-24T02:12:01Z"}"#,
        r#"{"alertname":"BackOff","objectKind":"Pod","objectName":"pay-0","objectNamespace":"shop","eventReason":"BackOff","eventMessage":"Back-off","eventType":"Warning","occurredAt":"2026-11-24T02:12:01Z"}"#,
        r#"{"involvedKind":"Pod","involvedName":"pay-0","involvedNamespace":"shop","reason":"BackOff","description":"Back-off","severity":"Warning","lastSeenAt":"2026-11-24T02:12:01Z"}"#,
        r#"{"k8sKind":"Pod","k8sName":"pay-0","k8sNamespace":"shop","reason":"BackOff","detail":"Back-off","type":"Warning","eventTimestamp":"2026-11-24T02:12:01Z"}"#,
    ] {
        let (rows, _) = envelope::read(text);
        assert_eq!(rows, [row], "{text}");
    }
}
