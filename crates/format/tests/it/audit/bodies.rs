//! Audit events whose object is named elsewhere, whose members are texts, and whose bodies hold secrets.

use crate::envelope::{check, read, read_as};

/// The text that no record may hold.
const CANARY: &str = "q7Xv-canary-9Zt";

#[test]
fn the_name_of_an_object_is_found_wherever_it_stands() {
    let event = |verb: &str, uri: &str, rest: &str| {
        format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","stage":"ResponseComplete","requestURI":"{uri}","verb":"{verb}","user":{{"username":"lin"}},"requestReceivedTimestamp":"2026-11-22T02:12:01Z"{rest}}}"#
        )
    };
    let named = |line: &str| {
        let (rows, _) = read_as(line, |row| {
            let model::record::Body::Audit(fields) = &row.record.body else { return "no audit event".into() };
            let part = |text: &Option<model::record::Text<'_>>| text.as_deref().unwrap_or("-").to_owned();
            let namespace = part(&row.record.place.namespace);
            [
                part(&fields.api_group),
                namespace,
                part(&fields.resource),
                part(&fields.name),
                part(&fields.subresource),
            ]
            .join(" ")
        });
        rows.join("\n")
    };
    let object = r#","objectRef":{"resource":"pods","namespace":"shop","apiVersion":"v1"}"#;
    let pods = "/api/v1/namespaces/shop/pods";
    // generateName: the response knows the name, a Status has it in its details
    let body = r#","responseObject":{"kind":"Pod","metadata":{"generateName":"cart-","name":"cart-x2x7k"}}"#;
    assert_eq!(named(&event("create", pods, &format!("{object}{body}"))), "- shop pods cart-x2x7k -");
    let refused =
        r#","responseObject":{"kind":"Status","metadata":{},"details":{"name":"cart-1","kind":"pods"}}"#;
    assert_eq!(named(&event("create", pods, &format!("{object}{refused}"))), "- shop pods cart-1 -");
    let request = r#","requestObject":{"metadata":{"name":"cart-2"}}"#;
    assert_eq!(named(&event("create", pods, &format!("{object}{request}"))), "- shop pods cart-2 -");
    assert_eq!(named(&event("list", pods, &format!("{object}{body}"))), "- shop pods - -");
    // no objectRef at all
    let uris = [
        ("/api/v1/namespaces/shop/pods/cart-0/eviction?x=1", "- shop pods cart-0 eviction"),
        ("/apis/apps/v1/namespaces/shop/deployments/cart/scale", "apps shop deployments cart scale"),
        (
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/admin",
            "rbac.authorization.k8s.io - clusterroles admin -",
        ),
        ("/api/v1/namespaces/shop", "- shop namespaces shop -"),
        ("/api/v1/namespaces/shop/finalize", "- shop namespaces shop finalize"),
        ("/api/v1/nodes/node-1/status", "- - nodes node-1 status"),
        ("/healthz?verbose", "- - - - -"),
        ("/apis/apps/v1", "- - - - -"),
        ("/version", "- - - - -"),
    ];
    for (uri, expected) in uris {
        assert_eq!(named(&event("update", uri, "")), expected, "{uri}");
    }
}

#[test]
fn members_that_are_texts_are_read_like_objects() {
    check(
        r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"s-1","stage":"ResponseComplete","verb":"patch","user":"{\"username\":\"lin\"}","sourceIPs":"[\"10.0.0.9\"]","objectRef":"{\"resource\":\"deployments\",\"namespace\":\"shop\",\"name\":\"cart\",\"apiGroup\":\"apps\"}","responseStatus":"{\"code\":200}","requestObject":"{\"spec\":{\"replicas\":3}}","requestReceivedTimestamp":"2026-11-22T02:12:01Z"}"#,
        &[
            r#"1.0 audit 2026-11-22T02:12:01.000000Z info -/shop/-/-/- | lin patch deployments shop/cart → 200 id=s-1 stage=ResponseComplete group=apps ip=10.0.0.9 request={"spec":{"replicas":3}} operation=scale"#,
        ],
    );
}

#[test]
fn secrets_never_leave_a_body_in_any_shape() {
    let encoded = format!("\"{CANARY}\"");
    let secret = format!(
        r#"{{"kind":"Secret","apiVersion":"v1","metadata":{{"name":"till"}},"data":{{"key":{encoded}}},"stringData":{{"key":{encoded}}}}}"#
    );
    let list = format!(
        r#"{{"kind":"SecretList","items":[{{"metadata":{{"name":"till"}},"data":{{"key":{encoded}}}}}]}}"#
    );
    let mixed = format!(r#"{{"kind":"List","items":[{secret}]}}"#);
    let review = format!(r#"{{"kind":"TokenReview","spec":{{"token":{encoded}}}}}"#);
    let patch = format!(r#"[{{"op":"replace","path":"/data/key","value":{encoded}}}]"#);
    let applied = format!(
        r#"{{"kind":"Deployment","metadata":{{"annotations":{{"kubectl.kubernetes.io/last-applied-configuration":{encoded}}}}}}}"#
    );
    let quoted = |json: &str| serde_json::Value::String(json.to_owned()).to_string();
    let reference = r#","objectRef":{"resource":"secrets","namespace":"shop","name":"till"}"#;
    let text_reference =
        r#","objectRef":"{\"resource\":\"secrets\",\"namespace\":\"shop\",\"name\":\"till\"}""#;
    let flat_reference = r#","objectRef_resource":"secrets","objectRef_name":"till""#;
    let uri = r#","requestURI":"/api/v1/namespaces/shop/secrets/till""#;
    let mut lines = Vec::new();
    for body in [&secret, &list, &mixed, &review, &patch, &applied] {
        for object in [reference, text_reference, flat_reference, uri] {
            lines.push(format!(
                r#"{{"auditID":"x","verb":"update"{object},"requestObject":{body},"responseObject":{body}}}"#
            ));
            let text = quoted(body);
            lines.push(format!(
                r#"{{"auditID":"x","verb":"update"{object},"requestObject":{text},"responseObject":{text}}}"#
            ));
        }
        // nothing but the body says what it is
        if body != &patch {
            lines.push(format!(r#"{{"auditID":"x","verb":"create","requestObject":{body}}}"#));
        }
    }
    for line in lines {
        let (rows, _) = read_as(&line, |row| format!("{:?}", row.record));
        assert_eq!(rows.len(), 1, "{line}");
        assert!(rows[0].starts_with("Record") && !rows[0].contains(CANARY), "{line}\n{rows:?}");
    }
}

#[test]
fn a_body_that_only_mentions_a_secret_is_kept() {
    let line = r#"{"auditID":"x","verb":"patch","objectRef":{"resource":"pods","name":"cart-0"},"requestObject":{"spec":{"volumes":[{"secret":{"secretName":"till"}}],"note":"\"Secret till\""}}}"#;
    let (rows, _) = read(line);
    assert!(rows[0].contains("secretName"), "{rows:?}");
}
