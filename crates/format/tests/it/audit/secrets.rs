//! What Secrets and ConfigMaps contain never reaches a record, in whatever shape an event arrives.

use crate::audit::{clock, native, whole};
use format::Format;
use format::leaf::audit::Audit;
use model::record::Body;

/// Plain words that no pattern masks: only where they stand says that they are secret.
const CANARY: &str = "swallow-of-the-canyon";
/// The same in base64.
const ENCODED: &str = "c3dhbGxvdy1vZi10aGUtY2FueW9u";

/// Reads a text and returns every record of it, all texts included. Nothing secret may be in one.
#[track_caller]
fn read(text: &str) -> Vec<String> {
    let holds = |text: &str| [CANARY, ENCODED, MANIFEST].iter().any(|secret| text.contains(secret));
    assert!(holds(text), "nothing is planted: {text}");
    let mut records = Vec::new();
    let outcome = Audit.read(text, &clock(), &mut |record| records.push(whole(record)));
    assert_eq!(outcome, Ok(()), "its text would be stored: {text}");
    for record in &records {
        assert!(!holds(record), "{text}\nbecame {record}");
    }
    records
}

/// Checks that no secret is left, and that each of `kept` is.
#[track_caller]
fn check(text: &str, kept: &[&str]) {
    let records = read(text).join("\n");
    for word in kept {
        assert!(records.contains(word), "`{word}` is missing: {records}");
    }
}

/// A manifest of a Secret with the same words, in base64.
const MANIFEST: &str =
    "YXBpVmVyc2lvbjogdjEKa2luZDogU2VjcmV0CnN0cmluZ0RhdGE6CiAgdXNlcjogc3dhbGxvdy1vZi10aGUtY2FueW9uCg==";

/// Escapes a text for a JSON string.
fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn secret() -> String {
    format!(
        r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"pay"}},"data":{{"password":"{ENCODED}"}},"stringData":{{"user":"{CANARY}"}}}}"#
    )
}

fn config_map() -> String {
    format!(
        r#"{{"kind":"ConfigMap","apiVersion":"v1","metadata":{{"name":"pay","annotations":{{"kapp.k14s.io/original":"{{\"data\":{{\"app.yaml\":\"{CANARY}\"}}}}"}}}},"data":{{"app.yaml":"mode: {CANARY}\n"}},"binaryData":{{"blob":"{ENCODED}"}}}}"#
    )
}

#[test]
fn secrets_by_whatever_names_them() {
    let body = secret();
    let text = string(&body);
    for members in [
        // by the resource
        format!(
            r#""verb":"create","objectRef":{{"resource":"secrets","namespace":"shop"}},"requestObject":{body}"#
        ),
        format!(r#""verb":"create","objectRef":"{{\"resource\":\"secrets\"}}","responseObject":{text}"#),
        format!(r#""verb":"create","objectRef.resource":"secrets","requestObject":{text}"#),
        format!(
            r#""verb":"create","objectRef_resource":"secrets","requestObject.data.password":"{ENCODED}""#
        ),
        format!(
            r#""verb":"create","objectRef_resource":"secrets","requestObject_stringData_user":"{CANARY}""#
        ),
        // by the URI alone
        format!(
            r#""verb":"get","requestURI":"/api/v1/namespaces/shop/secrets/pay","responseObject":{{"data":{{"a":"{ENCODED}"}}}}"#
        ),
        format!(
            r#""verb":"patch","requestURI":"/api/v1/namespaces/shop/secrets/pay","requestObject":[{{"op":"add","path":"/data/a","value":"{ENCODED}"}}]"#
        ),
        format!(
            r#""verb":"patch","requestURI":"/api/v1/namespaces/shop/secrets/pay","requestObject":"data:\n  a: {ENCODED}\n""#
        ),
        // by the kind in a body alone
        format!(r#""verb":"create","requestObject":{body}"#),
        format!(r#""verb":"create","responseObject":{text}"#),
        format!(
            r#""verb":"patch","requestObject":[{{"op":"add","path":"/data/a","value":"{ENCODED}"}}],"responseObject":{body}"#
        ),
        format!(
            r#""verb":"list","responseObject":{{"kind":"SecretList","items":[{{"data":{{"a":"{ENCODED}"}}}}]}}"#
        ),
        format!(
            r#""verb":"list","responseObject":{{"apiVersion":"v1","items":[{{"data":{{"a":"{ENCODED}"}}}}],"kind":"SecretList"}}"#
        ),
        format!(
            r#""verb":"get","response_object":{{"@type":"core.k8s.io/v1.Secret","data":{{"a":"{ENCODED}"}}}}"#
        ),
        format!(
            r#""verb":"create","requestObject":"apiVersion: v1\nkind: Secret\nstringData:\n  a: {CANARY}\n""#
        ),
        // bodies of tokens and certificates
        format!(
            r#""verb":"create","objectRef":{{"resource":"serviceaccounts","name":"pay","subresource":"token"}},"responseObject":{{"kind":"TokenRequest","status":{{"token":"{CANARY}"}}}}"#
        ),
        format!(
            r#""verb":"create","requestURI":"/api/v1/namespaces/shop/serviceaccounts/pay/token","responseObject":{{"status":{{"token":"{CANARY}"}}}}"#
        ),
        format!(r#""verb":"create","requestObject":{{"kind":"TokenReview","spec":{{"token":"{CANARY}"}}}}"#),
        format!(
            r#""verb":"create","requestURI":"/apis/certificates.k8s.io/v1/certificatesigningrequests","requestObject":{{"spec":{{"request":"{ENCODED}"}}}}"#
        ),
        format!(
            r#""verb":"update","responseObject":{{"kind":"CertificateSigningRequest","status":{{"certificate":"{ENCODED}"}}}}"#
        ),
        format!(
            r#""verb":"create","objectRef":{{"resource":"tokenreviews"}},"requestObject":{{"spec":{{"token":"{CANARY}"}}}}"#
        ),
        format!(
            r#""verb":"create","responseObject":{{"kind":"TokenRequest","status":{{"token":"{CANARY}"}}}}"#
        ),
    ] {
        let kept: &[&str] =
            if members.contains("/secrets/pay") { &["redacted", "pay"] } else { &["redacted"] };
        check(&native(&members), kept);
    }
}

#[test]
fn values_of_config_maps_become_sizes() {
    let body = config_map();
    let text = string(&body);
    for members in [
        format!(
            r#""verb":"update","objectRef":{{"resource":"configmaps","name":"pay"}},"requestObject":{body},"responseObject":{body}"#
        ),
        format!(r#""verb":"update","objectRef":"{{\"resource\":\"configmaps\"}}","requestObject":{text}"#),
        format!(
            r#""verb":"update","requestURI":"/api/v1/namespaces/shop/configmaps/pay","requestObject":{body}"#
        ),
        format!(r#""verb":"update","requestObject":{text}"#),
        format!(r#""verb":"list","responseObject":{{"kind":"ConfigMapList","items":[{body}]}}"#),
        format!(
            r#""verb":"list","responseObject":{{"kind":"ConfigMapList","items":[{{"data":{{"app.yaml":"{CANARY}"}}}}]}}"#
        ),
    ] {
        check(&native(&members), &["redacted", "app.yaml", " bytes, "]);
    }
    let patch = |value: &str| {
        native(&format!(
            r#""verb":"patch","objectRef":{{"resource":"configmaps","name":"pay"}},"requestObject":[{{"op":"replace","path":"/data/app.yaml","value":{value}}}]"#
        ))
    };
    check(&patch(&string(CANARY)), &["/data/app.yaml", "<21 bytes, "]);
    check(&patch(&format!(r#"{{"k":["{CANARY}"]}}"#)), &["/data/app.yaml", "<hidden>"]);
    // text that is no JSON is hidden as a whole
    check(
        &native(&format!(
            r#""verb":"patch","objectRef":{{"resource":"configmaps"}},"requestObject":"mode {CANARY}""#
        )),
        &["<26 bytes"],
    );
}

#[test]
fn secrets_within_other_objects() {
    let (secret, config_map) = (secret(), config_map());
    for (body, kept) in [
        (format!(r#"{{"kind":"List","apiVersion":"v1","items":[{secret},{config_map}]}}"#), "app.yaml"),
        (format!(r#"{{"kind":"Template","objects":[{{"kind":"Service"}},{secret}]}}"#), "Service"),
        (format!(r#"{{"spec":{{"workload":{{"manifests":[{secret}]}}}}}}"#), "manifests"),
        (format!(r#"{{"spec":{{"manifest":{}}}}}"#, string(&secret)), "manifest"),
        (format!(r#"{{"spec":{{"values":"kind: Secret\nstringData:\n  a: {CANARY}\n"}}}}"#), "values"),
        (format!(r#"[{{"op":"add","path":"/spec/objects/-","value":{secret}}}]"#), "/spec/objects/-"),
        (format!(r#"{{"spec":{{"manifest":"{MANIFEST}"}}}}"#), " bytes"),
        (format!(r#"{{"spec":{{"source":"data:;base64,{MANIFEST}"}}}}"#), " bytes"),
        (
            format!(
                r#"{{"metadata":{{"annotations":{{"kubectl.kubernetes.io/last-applied-configuration":{}}}}},"spec":{{"replicas":2}}}}"#,
                string(&secret)
            ),
            "replicas",
        ),
        (
            format!(
                r#"[{{"op":"replace","path":"/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration","value":{}}}]"#,
                string(&secret)
            ),
            "last-applied-configuration",
        ),
        (
            format!(
                r#"[{{"op":"replace","path":"/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration","value":"{{\"spec\":\"{CANARY}\"}}"}}]"#
            ),
            " bytes",
        ),
    ] {
        let members = format!(
            r#""verb":"patch","objectRef":{{"resource":"carts","name":"cart","apiGroup":"shop.example.com"}},"requestObject":{body}"#
        );
        check(&native(&members), &["redacted", kept]);
    }
    let flat = format!(
        r#""verb":"patch","objectRef.resource":"deployments","requestObject.metadata.annotations.kubectl.kubernetes.io/last-applied-configuration":"{CANARY}","requestObject.spec.replicas":2"#
    );
    check(&native(&flat), &["replicas"]);
    let snake = format!(
        r#""verb":"patch","objectRef_resource":"deployments","requestObject_metadata_annotations_kubectl_kubernetes_io_last_applied_configuration":"{CANARY}","requestObject_spec_replicas":2"#
    );
    check(&native(&snake), &["replicas"]);
}

#[test]
fn what_stands_beside_the_bodies() {
    let reference = r#""verb":"create","objectRef":{"resource":"secrets","name":"pay"}"#;
    for member in [
        // a webhook's patch
        format!(
            r#""annotations":{{"k8s.io/deprecated":"no","patch.webhook.admission.k8s.io/round_0_index_0":"{{\"patch\":[{{\"op\":\"add\",\"path\":\"/data/a\",\"value\":\"{ENCODED}\"}}]}}"}}"#
        ),
        // old decoders repeat the bytes around an error
        format!(
            r#""responseStatus":{{"code":400,"message":"Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data, error found in #10 byte of ...|a\":\"{CANARY}\"|..., bigger context ...|{CANARY}|..."}}"#
        ),
        // collectors that keep the line beside its fields
        format!(r#""event":{{"original":"{CANARY}"}}"#),
        format!(r#""log":"{{\"requestObject\":\"{CANARY}\"}}""#),
    ] {
        check(&native(&format!("{reference},{member}")), &["secrets", "pay"]);
    }
    for member in [
        // a body under a name of the collector's own
        format!(r#""request_body":{}"#, secret()),
        format!(r#""raw":{}"#, string(&secret())),
        format!(r#""body":{{"items":[{}]}}"#, config_map()),
        format!(
            r#""requestURI":"/api/v1/secrets","annotations_patch_webhook_admission_k8s_io_round_0_index_0":"[{{\"value\":\"{ENCODED}\"}}]""#
        ),
    ] {
        check(&native(&format!(r#""verb":"create",{member}"#)), &["create"]);
    }
}

#[test]
fn a_cut_line_keeps_what_names_the_request() {
    let line = native(&format!(
        r#""verb":"update","user":{{"username":"alice"}},"objectRef":{{"resource":"secrets","namespace":"shop","name":"pay"}},"requestObject":{}"#,
        secret()
    ));
    let cut = &line[..line.find(CANARY).expect("planted") + CANARY.len()];
    check(cut, &["alice", "shop", "pay", "broken", "JSON ends early"]);
    // cut before what says that a whole body is secret
    let early = format!(
        r#"{{"auditID":"a-1","verb":"patch","requestObject":[{{"op":"add","path":"/data/a","value":"{ENCODED}"}}],"responseStatus":{{"message":"secrets"#
    );
    check(&early, &["patch", "broken"]);
    let list = format!(r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{line},{cut}"#);
    assert_eq!(read(&list).len(), 2);
    let list = format!(r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{line},"#);
    assert_eq!(read(&list).len(), 2);
    // the text of other lines is stored as it is, with the reason
    let line = native(r#""verb":"update","objectRef":{"resource":"pods","name":"cart-0"}"#);
    let outcome = Audit.read(&line[..line.len() - 1], &clock(), &mut |_| {});
    assert!(outcome.is_err_and(|why| why.starts_with("JSON ends early")));
}

#[test]
fn other_bodies_stay_as_written() {
    for body in [
        r#"{"kind":"Pod","spec":{"imagePullSecrets":[{"name":"registry"}],"volumes":[{"secret":{"secretName":"pay"}}]}}"#,
        r#"{"kind":"Certificate","spec":{"issuerRef":{"kind":"Secret","name":"ca"}}}"#,
        r#"{"metadata":{"ownerReferences":[{"kind":"ConfigMap","name":"owner"}]},"spec":{"replicas":  2}}"#,
        r#"{"kind":"ExternalSecret","spec":{"data":[{"secretKey":"a"}],"template":"kind: SecretStore\ndata: x"}}"#,
        r#"{"kind":"Status","message":"pods \"cart-0\" is invalid, error found in #1 byte of ...|x|..."}"#,
    ] {
        let line = native(&format!(
            r#""verb":"create","objectRef":{{"resource":"pods","name":"cart-0"}},"requestObject":{body}"#
        ));
        let mut bodies = Vec::new();
        let outcome = Audit.read(&line, &clock(), &mut |record| {
            if let Body::Audit(fields) = record.body {
                bodies.push(fields.request.map(|body| body.into_owned()));
            }
        });
        assert_eq!((outcome, bodies), (Ok(()), vec![Some(body.to_owned())]));
    }
}

#[test]
fn no_prefix_makes_an_event_a_text() {
    let line = native(&format!(r#""verb":"create","requestObject":{}"#, secret()));
    for prefix in ["master-0 ", "[audit] 7: ", "lin={} "] {
        check(&format!("{prefix}{line}"), &["redacted", prefix.trim()]);
    }
}

#[test]
fn no_member_of_a_record_keeps_an_event() {
    let line = native(&format!(r#""verb":"create","requestObject":{}"#, secret()));
    let text = string(&line);
    for record in [
        format!(r#"{{"unknown":{text},"host":"m-1"}}"#),
        format!(r#"{{"unknown":{line},"host":"m-1"}}"#),
        format!(r#"{{"message":"audited","entry":{text},"host":"m-1","stream":"stdout"}}"#),
        format!(r#"{{"msg":"audited","payload":{line}}}"#),
        format!(r#"{{"host":"m-1","outer":{{"inner":{line},"other":1}}}}"#),
        format!(r#"{{"data":{{"message":{text}}},"host":"m-1"}}"#),
        format!(r#"{{"log":{text},"stream":"stdout"}}"#),
    ] {
        let (rows, counts) = crate::envelope::read_as(&record, |row| format!("{:?}", row.record));
        assert_eq!((rows.len(), counts.unparsed), (1, 0), "{record}\n{rows:?}");
        assert!(rows[0].contains("Audit(") && rows[0].contains("redacted"), "{record}\n{rows:?}");
        assert!(!rows[0].contains(CANARY) && !rows[0].contains(ENCODED), "{record}\n{rows:?}");
    }
    let policy =
        r#"{"msg":"applied","manifest":{"apiVersion":"audit.k8s.io/v1","kind":"Policy","rules":[]}}"#;
    assert!(!Audit.begins(policy));
}

#[test]
fn the_lines_of_a_config_map_keep_their_names_and_show_that_they_changed() {
    let text = |url: &str| {
        format!(
            "# pools\nmax-conns=20\ndownstream.pay.url = {url}\n  db:\n    password: {CANARY}\n{CANARY}\n\n"
        )
    };
    let body = |url: &str| {
        let value = string(&text(url));
        native(&format!(
            r#""verb":"update","objectRef":{{"resource":"configmaps","name":"pay"}},"requestObject":{{"data":{{"app.properties":{value}}}}}"#
        ))
    };
    let names =
        ["max-conns=<2 bytes, ", "downstream.pay.url =<", "    password:<21 bytes, ", "\\n<21 bytes, "];
    check(&body("http://pay:8080"), &names);
    let size = |line: &str| {
        let at = line.find("downstream.pay.url =").expect("the name");
        line[at..].split('>').next().expect("a size").to_owned()
    };
    let request = |line: &str| format!("{:?}", read(line));
    let [one, same, other] =
        ["http://pay:8080", "http://pay:8080", "http://pay:8081"].map(|url| size(&request(&body(url))));
    assert_eq!(one, same);
    assert_ne!(one, other, "the same size, another value");
}
