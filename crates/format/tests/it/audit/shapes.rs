//! Events as stores flatten them, as collectors change them, and of the API's first versions.

use crate::audit::{check, clock, native, read_as, render, whole};
use format::leaf::audit::Audit;
use format::leaf::event::Event;
use format::{Format, Registry};
use model::record::Body;

const PATCHED: &str = "2026-11-24T02:12:01.000000Z apps deployments/- shop/pay-api patch 200 image alice pay-api/-/- | alice patch deployments shop/pay-api → 200";

#[test]
fn objects_may_be_strings_and_names_joined() {
    // objects as strings: SLS, Firehose
    check(
        r#"{"auditID":"a-1","stage":"ResponseComplete","requestURI":"/apis/apps/v1/namespaces/shop/deployments/pay-api","verb":"patch","user":"{\"username\":\"alice\",\"groups\":[\"dev\"]}","sourceIPs":"[\"10.0.0.9\"]","objectRef":"{\"resource\":\"deployments\",\"namespace\":\"shop\",\"name\":\"pay-api\",\"apiGroup\":\"apps\"}","responseStatus":"{\"metadata\":{},\"code\":200}","requestObject":"{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"app\",\"image\":\"pay-api:2\"}]}}}}","requestReceivedTimestamp":"2026-11-24T02:12:01Z"}"#,
        PATCHED,
    );
    for (dot, list) in [(".", "."), ("_", "_"), (".", "[")] {
        let close = if list == "[" { "]" } else { "" };
        let flat = format!(
            r#"{{"auditID":"a-1","verb":"patch","user{dot}username":"alice","user{dot}groups{list}0{close}":"dev","user{dot}groups{list}1{close}":"ops","sourceIPs{list}0{close}":"10.0.0.9","objectRef{dot}resource":"deployments","objectRef{dot}namespace":"shop","objectRef{dot}name":"pay-api","objectRef{dot}apiGroup":"apps","responseStatus{dot}code":200,"requestObject{dot}spec{dot}template{dot}spec{dot}containers{list}0{close}{dot}image":"pay-api:2","requestReceivedTimestamp":"2026-11-24T02:12:01Z"}}"#
        );
        check(&flat, PATCHED);
        let texts = read_as(&flat, |record| match record.body {
            Body::Audit(fields) => {
                format!("{:?} {:?} {:?}", fields.groups, fields.source_ip, fields.request)
            }
            _ => String::new(),
        });
        assert_eq!(
            texts,
            [
                r#"["dev", "ops"] Some("10.0.0.9") Some("{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"image\":\"pay-api:2\"}]}}}}")"#
            ]
        );
    }
    // snake case, and the lower case of Athena's columns
    check(
        r#"{"audit_id":"a-1","verb":"patch","request_uri":"/apis/apps/v1/namespaces/shop/deployments/pay-api","user_username":"alice","object_ref_resource":"deployments","object_ref_api_group":"apps","response_status_code":"200","request_object":"{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"image\":\"pay-api:2\"}]}}}}","request_received_timestamp":"2026-11-24 02:12:01"}"#,
        PATCHED,
    );
    check(
        r#"{"auditid":"a-1","verb":"patch","requesturi":"/apis/apps/v1/namespaces/shop/deployments/pay-api","user":{"username":"alice"},"objectref":{"resource":"deployments","namespace":"shop","name":"pay-api","apigroup":"apps"},"responsestatus":{"code":200},"requestobject":"[{\"op\":\"replace\",\"path\":\"/spec/template/spec/containers/0/image\",\"value\":\"pay-api:2\"}]","requestreceivedtimestamp":"2026-11-24T02:12:01Z"}"#,
        PATCHED,
    );
}

#[test]
fn bodies_of_strings_are_json() {
    let requests = |body: &str| {
        let line = native(&format!(
            r#""verb":"patch","objectRef":"{{\"resource\":\"deployments\",\"name\":\"cart\"}}","requestObject":{body}"#
        ));
        read_as(&line, |record| match record.body {
            Body::Audit(fields) => fields.request.map(|body| body.into_owned()),
            _ => None,
        })
        .remove(0)
    };
    let path = r#"[{"op":"remove","path":"/spec/paused"}]"#;
    assert_eq!(requests(r#""[{\"op\":\"remove\",\"path\":\"/spec/paused\"}]""#).as_deref(), Some(path));
    assert_eq!(requests(r#""{\"spec\":{\"paused\":true}}""#).as_deref(), Some(r#"{"spec":{"paused":true}}"#));
    // a store writes an absent body as text
    for absent in [r#""""#, r#""null""#, "null", r#""-""#] {
        assert_eq!(requests(absent), None, "{absent}");
    }
    // one that its store has cut
    assert_eq!(requests(r#""{\"spec\":{\"pau""#).as_deref(), Some(r#""{\"spec\":{\"pau""#));
}

#[test]
fn annotations_come_in_every_spelling() {
    for annotations in [
        r#""annotations":{"authorization.k8s.io/decision":"forbid","authorization.k8s.io/reason":"no role"}"#,
        r#""annotations":"{\"authorization.k8s.io/decision\":\"forbid\",\"authorization.k8s.io/reason\":\"no role\"}""#,
        r#""annotations.authorization.k8s.io/decision":"forbid","annotations.authorization.k8s.io/reason":"no role""#,
        r#""annotations_authorization_k8s_io_decision":"forbid","annotations_authorization_k8s_io_reason":"no role""#,
        r#""annotations":{"authorization_k8s_io/decision":"forbid","authorization_k8s_io/reason":"no role"}"#,
        r#""annotations":{"authorization":{"k8s":{"io/decision":"forbid","io/reason":"no role"}}}"#,
    ] {
        let texts = read_as(&native(&format!(r#""verb":"get",{annotations}"#)), |record| match record.body {
            Body::Audit(fields) => format!("{:?} {:?}", fields.decision, fields.decision_reason),
            _ => String::new(),
        });
        assert_eq!(texts, [r#"Some("forbid") Some("no role")"#], "{annotations}");
    }
    let line = native(
        r#""verb":"get","annotations.k8s.io/deprecated":"true","annotations.pod-security/mode":"warn""#,
    );
    let texts = read_as(&line, whole);
    assert!(texts[0].contains("k8s.io/deprecated"), "{texts:?}");
}

#[test]
fn addresses_of_stores() {
    for (addresses, last) in [
        (r#"["1.2.3.4","10.0.0.9"]"#, Some("10.0.0.9")),
        (r#""[\"1.2.3.4\",\"10.0.0.9\"]""#, Some("10.0.0.9")),
        (r#""[1.2.3.4, 10.0.0.9]""#, Some("10.0.0.9")),
        (r#""1.2.3.4,2001:db8::7""#, Some("2001:db8::7")),
        (r#""10.0.0.9""#, Some("10.0.0.9")),
        (r#""""#, None),
        ("[]", None),
    ] {
        let line = native(&format!(r#""verb":"get","sourceIPs":{addresses}"#));
        let found = read_as(&line, |record| match record.body {
            Body::Audit(fields) => fields.source_ip.map(|address| address.into_owned()),
            _ => None,
        });
        assert_eq!(found, [last.map(str::to_owned)], "{addresses}");
    }
}

#[test]
fn old_versions_have_other_times() {
    let times = |members: &str| {
        let line = format!(r#"{{"auditID":"a-1","verb":"list","requestURI":"/api/v1/pods",{members}}}"#);
        read_as(&line, |record| record.ts.map_or("-".into(), |ts| model::time::Ts(ts).to_string())).remove(0)
    };
    for (members, ts) in [
        (
            r#""apiVersion":"audit.k8s.io/v1beta1","metadata":{"creationTimestamp":"2026-11-24T15:42:34Z"},"timestamp":"2026-11-24T15:42:33Z""#,
            "2026-11-24T15:42:33.000000Z",
        ),
        (
            r#""apiVersion":"audit.k8s.io/v1alpha1","metadata":{"creationTimestamp":"2026-11-24T15:42:34Z"}"#,
            "2026-11-24T15:42:34.000000Z",
        ),
        (
            r#""metadata":{"creationTimestamp":null},"stageTimestamp":"2026-11-24T15:42:35.5Z""#,
            "2026-11-24T15:42:35.500000Z",
        ),
        // without `T` and `Z`: UTC all the same
        (r#""requestReceivedTimestamp":"2026-11-24 00:09:04.38""#, "2026-11-24T00:09:04.380000Z"),
        (
            r#""requestReceivedTimestamp":"0001-01-01T00:00:00Z","stageTimestamp":"2026-11-24T00:09:04Z""#,
            "2026-11-24T00:09:04.000000Z",
        ),
        (r#""requestReceivedTimestamp":"1970-01-01T00:00:00Z""#, "-"),
        (r#""requestReceivedTimestamp":null,"stageTimestamp":"null""#, "-"),
    ] {
        assert_eq!(times(members), ts, "{members}");
    }
}

#[test]
fn the_level_is_the_api_servers() {
    for (members, level) in [
        (r#""level":"Metadata""#, r#""audit_level":"Metadata""#),
        (r#""level":"default","k8s_audit_level":"Request""#, r#""audit_level":"Request""#),
        (r#""openshift_audit_level":"Request","level":"Metadata""#, r#""audit_level":"Request""#),
        (r#""level":"info","k8s_audit_level":"None""#, r#""level":"info","audit_level":"None""#),
    ] {
        let line = format!(r#"{{"auditID":"a-1","verb":"get",{members}}}"#);
        let attrs = read_as(&line, |record| record.attrs.into_json().unwrap_or_default());
        assert_eq!(attrs, [format!("{{{level}}}")], "{members}");
    }
}

#[test]
fn both_persons_of_an_impersonation_are_named() {
    for user in [
        r#""user":{"username":"bot"},"impersonatedUser":{"username":"alice","groups":["ops"]}"#,
        r#""user":"{\"username\":\"bot\"}","impersonatedUser":"{\"username\":\"alice\",\"groups\":[\"ops\"]}""#,
        r#""user.username":"bot","impersonatedUser.username":"alice","impersonatedUser.groups.0":"ops""#,
    ] {
        let line = native(&format!(
            r#""verb":"delete","objectRef":{{"resource":"pods","namespace":"shop","name":"cart-0"}},{user}"#
        ));
        let texts = read_as(&line, |record| {
            format!("{} {}", record.message, record.attrs.into_json().unwrap_or_default())
        });
        let text = &texts[0];
        assert!(text.starts_with("bot as alice delete pods shop/cart-0 "), "{text}");
        assert!(text.contains(r#""impersonatedUser":{"#) && text.contains(r#""groups":["ops"]"#), "{text}");
    }
}

#[test]
fn a_list_may_hold_flattened_and_broken_items() {
    let item = |id: &str| {
        format!(r#"{{"auditID":"{id}","verb":"get","objectRef":{{"resource":"pods","name":"{id}"}}}}"#)
    };
    let flat = r#"{"auditID":"b","verb":"get","objectRef.resource":"pods","objectRef.name":"b"}"#;
    let list = format!(
        r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{},{flat}, {}],"metadata":{{}}}}"#,
        item("a"),
        item("c")
    );
    let messages = |text: &str| {
        let mut out = Vec::new();
        let outcome = Audit.read(text, &clock(), &mut |record| out.push(record.message.into_owned()));
        (out, outcome)
    };
    let get = |name: &str| format!("unknown user get pods {name}");
    assert_eq!(messages(&list), (vec![get("a"), get("b"), get("c")], Ok(())));
    // cut within the last item: the others are read
    let cut = &list[..list.len() - 40];
    let (read, outcome) = messages(cut);
    assert_eq!(read, [get("a"), get("b")]);
    assert!(outcome.is_err_and(|why| why.starts_with("JSON ends early")));
}

#[test]
fn a_copy_of_the_event_is_not_kept() {
    let line = r#"{"log":"{\"auditID\":\"a-1\",\"verb\":\"get\"}","auditID":"a-1","verb":"get","objectRef":{"resource":"pods","name":"cart-0"},"kubernetes":{"pod_name":"kube-apiserver-0"},"stream":"stdout"}"#;
    let attrs = read_as(line, |record| record.attrs.into_json().unwrap_or_default());
    assert_eq!(attrs, [r#"{"stream":"stdout","kubernetes":{"pod_name":"kube-apiserver-0"}}"#]);
}

#[test]
fn other_json_is_not_an_audit_event() {
    for line in [
        r#"{"level":"info","msg":"forwarded {\"auditID\":\"a-1\",\"verb\":\"get\",\"objectRef\":{}}"}"#,
        r#"{"msg":"forwarded","payload":{"auditID":"a-1","verb":"get"}}"#,
        r#"{"audit_id":17,"msg":"order audited"}"#,
        r#"{"verb":"get","request_uri":"/cart","status":200}"#,
        r#"{"msg":"saved","audit":true,"stage":"commit"}"#,
        r#"{"items":[{"sku":"auditID"}],"verb":"buy"}"#,
    ] {
        assert!(!Audit.begins(line), "{line}");
    }
    let event = r#"{"kind":"Event","apiVersion":"v1","involvedObject":{"kind":"Pod","name":"cart-0"},"reason":"Killing"}"#;
    assert!(!Audit.begins(event) && Event.begins(event));
    // a request that creates an event is an audit event, and comes first
    let line = native(
        r#""verb":"create","objectRef":{"resource":"events"},"requestObject":{"involvedObject":{"kind":"Pod","name":"cart-0"}}"#,
    );
    let first = Registry::shipped().format_of(&line).map(|format| format.name());
    assert_eq!(first, Some("k8s-audit"));
    assert_eq!(read_as(&line, render).len(), 1);
}

#[test]
fn events_may_be_text() {
    let event = r#"AUDIT: id="a-1" stage="ResponseComplete" ip="10.0.0.9" method="patch" user="alice" groups="\"dev\",\"ops\"" as="<self>" asgroups="<lookup>" user-agent="kubectl/v1.31.4" namespace="shop" uri="/apis/apps/v1/namespaces/shop/deployments/pay-api" response="200""#;
    let expected = "apps deployments/- shop/pay-api patch 200 metadata alice pay-api/-/- | alice patch deployments shop/pay-api → 200";
    check(
        &format!("2026-11-24T02:12:01.000000Z {event}"),
        &format!("2026-11-24T02:12:01.000000Z {expected}"),
    );
    // the time was that of the line
    check(event, &format!("- {expected}"));
    let texts = read_as(event, |record| match record.body {
        Body::Audit(fields) => format!("{:?} {:?} {:?}", fields.groups, fields.source_ip, fields.user_agent),
        _ => String::new(),
    });
    assert_eq!(texts, [r#"["dev", "ops"] Some("10.0.0.9") Some("kubectl/v1.31.4")"#]);
    assert!(!Audit.begins(r#"the log says AUDIT: id="a-1""#));
}
