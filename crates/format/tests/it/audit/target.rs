//! The object of a request: named by `objectRef`, a body or the URI.

use crate::audit::{check, native, read_as};
use model::record::Body;

/// Checks the object that an event of these members is about: `group resource/subresource namespace/name`.
#[track_caller]
fn check_object(members: &str, expected: &str) {
    let objects = read_as(&native(members), |record| {
        let Body::Audit(fields) = record.body else { return String::new() };
        let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
        format!(
            "{} {}/{} {}/{}",
            or_dash(fields.api_group.as_deref()),
            or_dash(fields.resource.as_deref()),
            or_dash(fields.subresource.as_deref()),
            or_dash(record.place.namespace.as_deref()),
            or_dash(fields.name.as_deref())
        )
    });
    assert_eq!(objects, [expected], "{members}");
}

#[test]
fn a_generated_name_comes_from_the_response() {
    check(
        &native(
            r#""verb":"create","requestURI":"/api/v1/namespaces/shop/pods","objectRef":{"resource":"pods","namespace":"shop"},"responseStatus":{"code":201},"requestObject":{"kind":"Pod","metadata":{"generateName":"pay-api-7d9f8b6c5d-"}},"responseObject":{"kind":"Pod","metadata":{"labels":{"name":"other"},"name":"pay-api-7d9f8b6c5d-x2x7k"},"spec":{"nodeName":"node-1"}}"#,
        ),
        "2026-11-24T02:12:01.000000Z - pods/- shop/pay-api-7d9f8b6c5d-x2x7k create 201 create - -/pay-api-7d9f8b6c5d-x2x7k/- | unknown user create pods shop/pay-api-7d9f8b6c5d-x2x7k → 201",
    );
    let create = |rest: &str| {
        format!(
            r#""verb":"create","requestURI":"/apis/apps/v1/namespaces/shop/deployments?dryRun=All","objectRef":{{"resource":"deployments","namespace":"shop","apiGroup":"apps"}},{rest}"#
        )
    };
    for (rest, name) in [
        (r#""requestObject":{"kind":"Deployment","metadata":{"name":"cart"}}"#, "cart"),
        // a refusal names the object, by its resource or by its kind
        (
            r#""responseObject":{"kind":"Status","metadata":{},"status":"Failure","details":{"name":"cart","group":"apps","kind":"deployments"},"code":409}"#,
            "cart",
        ),
        (
            r#""responseObject":{"kind":"Status","details":{"name":"cart","kind":"Deployment"},"code":422}"#,
            "cart",
        ),
        (r#""responseStatus":{"code":403,"details":{"name":"cart","kind":"deployments"}}"#, "cart"),
        // the namespace is missing, which is not the object
        (r#""responseStatus":{"code":404,"details":{"name":"shop","kind":"namespaces"}}"#, "-"),
        (r#""requestObject":{"kind":"Deployment","metadata":{"generateName":"cart-"}}"#, "-"),
        (r#""requestObject":null,"responseObject":null"#, "-"),
    ] {
        check_object(&create(rest), &format!("apps deployments/- shop/{name}"));
    }
    // of a Secret, whose bodies are not stored
    check_object(
        r#""verb":"create","objectRef":{"resource":"secrets","namespace":"shop"},"responseObject":{"kind":"Secret","metadata":{"name":"pay-token-x7k2p"}}"#,
        "- secrets/- shop/pay-token-x7k2p",
    );
}

#[test]
fn the_uri_names_what_object_ref_does_not() {
    for (uri, verb, object) in [
        ("/api/v1/namespaces/shop/pods/pay-api-0", "get", "- pods/- shop/pay-api-0"),
        ("/api/v1/namespaces/shop/pods/pay-api-0/exec?command=sh", "create", "- pods/exec shop/pay-api-0"),
        ("/api/v1/namespaces/shop/pods/cart-0/eviction", "create", "- pods/eviction shop/cart-0"),
        ("/api/v1/namespaces/shop/pods?limit=500\\u0026watch=1", "list", "- pods/- shop/-"),
        ("/api/v1/namespaces/shop/pods", "create", "- pods/- shop/-"),
        ("/api/v1/pods", "watch", "- pods/- -/-"),
        ("/api/v1/nodes/node-1/proxy/metrics", "get", "- nodes/proxy -/node-1"),
        ("/api/v1/namespaces", "create", "- namespaces/- -/-"),
        ("/api/v1/namespaces/shop", "delete", "- namespaces/- shop/shop"),
        ("/api/v1/namespaces/shop/finalize", "update", "- namespaces/finalize shop/shop"),
        ("/apis/apps/v1/namespaces/shop/deployments/cart/scale", "patch", "apps deployments/scale shop/cart"),
        (
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
            "delete",
            "rbac.authorization.k8s.io clusterroles/- -/system:node",
        ),
        ("/apis/shop.example.com/v1/namespaces/shop/carts/c1", "get", "shop.example.com carts/- shop/c1"),
        ("/api/v1/watch/namespaces/shop/pods/cart-0", "watch", "- pods/- shop/cart-0"),
    ] {
        let members = format!(r#""verb":"{verb}","requestURI":"{uri}""#);
        let object = if verb == "watch" { object.replace("/cart-0", "/-") } else { object.to_owned() };
        check_object(&members, &object);
    }
    // parts that a store dropped; what is there stays
    check_object(
        r#""verb":"update","requestURI":"/apis/apps/v1/namespaces/shop/deployments/cart/scale","objectRef":{"resource":"deployments","apiGroup":"apps"}"#,
        "apps deployments/scale shop/cart",
    );
    check_object(
        r#""verb":"create","requestURI":"/api/v1/namespaces/shop/pods/cart-0/binding","objectRef":{"resource":"pods","subresource":"binding","namespace":"shop"}"#,
        "- pods/binding shop/cart-0",
    );
}

#[test]
fn other_paths_name_no_object() {
    for uri in [
        "/",
        "/healthz",
        "/livez/ping",
        "/version",
        "/metrics",
        "/openapi/v2",
        "/openapi/v3/apis/apps/v1",
        "/api",
        "/api/v1",
        "/apis",
        "/apis/apps",
        "/apis/apps/v1",
        "/apis/apps/v1/?timeout=32s",
        "/logs/kubelet.log",
        "/apiserver/api/v1/pods",
        "",
    ] {
        check_object(&format!(r#""verb":"get","requestURI":"{uri}""#), "- -/- -/-");
    }
}

#[test]
fn dry_runs_named_by_the_body_are_in_the_uri() {
    let delete =
        r#""verb":"delete","requestURI":"/api/v1/nodes/n1","objectRef":{"resource":"nodes","name":"n1"}"#;
    let evict = r#""verb":"create","requestURI":"/api/v1/namespaces/shop/pods/a/eviction?timeout=1s","objectRef":{"resource":"pods","namespace":"shop","name":"a","subresource":"eviction"}"#;
    let update =
        r#""verb":"update","requestURI":"/api/v1/nodes/n1","objectRef":{"resource":"nodes","name":"n1"}"#;
    for (members, body, uri) in [
        (delete, r#"{"kind":"DeleteOptions","dryRun":["All"]}"#, "/api/v1/nodes/n1?dryRun=All"),
        (delete, r#"{"kind":"DeleteOptions","dryRun":[]}"#, "/api/v1/nodes/n1"),
        (delete, r#"{"kind":"DeleteOptions","propagationPolicy":"Background"}"#, "/api/v1/nodes/n1"),
        (
            evict,
            r#"{"kind":"Eviction","deleteOptions":{"dryRun":["All"]}}"#,
            "/api/v1/namespaces/shop/pods/a/eviction?timeout=1s&dryRun=All",
        ),
        // not options
        (update, r#"{"dryRun":["All"]}"#, "/api/v1/nodes/n1"),
    ] {
        let uris =
            read_as(&native(&format!(r#"{members},"requestObject":{body}"#)), |record| match record.body {
                Body::Audit(fields) => fields.uri.as_deref().map(str::to_owned),
                _ => None,
            });
        assert_eq!(uris, [Some(uri.to_owned())], "{members} {body}");
    }
}
