//! The class of a request: by its subresource and by what its body sets.

use crate::audit::{native, read_as};
use model::record::Body;

#[track_caller]
fn check_class(members: &str, expected: Option<&str>) {
    let classes = read_as(&native(members), |record| match record.body {
        Body::Audit(fields) => fields.operation,
        _ => Some("not an audit event"),
    });
    assert_eq!(classes, [expected], "{members}");
}

#[test]
fn subresources_have_classes() {
    for (verb, resource, subresource, class) in [
        ("create", "pods", "eviction", Some("evict")),
        ("get", "pods", "eviction", None),
        ("patch", "pods", "ephemeralcontainers", Some("exec")),
        ("update", "pods", "ephemeralcontainers", Some("exec")),
        ("get", "pods", "ephemeralcontainers", None),
        ("create", "pods", "exec", Some("exec")),
        ("get", "pods", "exec", Some("exec")),
        ("create", "pods", "attach", Some("exec")),
        ("create", "pods", "binding", None),
        ("patch", "pods", "resize", Some("resources")),
        ("update", "pods", "status", None),
        ("patch", "nodes", "status", None),
        ("get", "deployments", "scale", None),
        ("update", "deployments", "scale", Some("scale")),
        ("patch", "statefulsets", "scale", Some("scale")),
        ("patch", "rollouts", "scale", Some("scale")),
        ("create", "serviceaccounts", "token", None),
        ("update", "certificatesigningrequests", "approval", None),
        ("update", "namespaces", "finalize", None),
    ] {
        let reference = format!(
            r#""verb":"{verb}","objectRef":{{"resource":"{resource}","name":"cart","namespace":"shop","subresource":"{subresource}"}}"#
        );
        check_class(&reference, class);
        // the same, named by the URI alone
        let uri = format!(
            r#""verb":"{verb}","requestURI":"/api/v1/namespaces/shop/{resource}/cart/{subresource}""#
        );
        check_class(&uri, class);
    }
}

#[track_caller]
fn check_body(verb: &str, body: &str, class: &str) {
    let members = format!(
        r#""verb":"{verb}","objectRef":{{"resource":"deployments","namespace":"shop","name":"pay-api","apiGroup":"apps"}},"requestObject":{body}"#
    );
    check_class(&members, Some(class));
}

#[test]
fn merge_patches_and_json_patches_are_classed_alike() {
    let containers = |inner: &str| {
        format!(r#"{{"spec":{{"template":{{"spec":{{"containers":[{{"name":"app",{inner}}}]}}}}}}}}"#)
    };
    let replaced = |path: &str, value: &str| {
        format!(
            r#"[{{"op":"test","path":"/spec/template/spec/containers/0/image","value":"pay-api:1"}},{{"op":"replace","path":"{path}","value":{value}}}]"#
        )
    };
    let at = |member: &str| format!("/spec/template/spec/containers/0/{member}");
    for (merge, json, class) in [
        (containers(r#""image":"pay-api:2""#), replaced(&at("image"), r#""pay-api:2""#), "image"),
        (
            containers(r#""resources":{"limits":{"memory":"1Gi"}}"#),
            replaced(&at("resources/limits/memory"), r#""1Gi""#),
            "resources",
        ),
        (
            containers(r#""env":[{"name":"image","value":"x"}]"#),
            replaced(&at("env/-"), r#"{"name":"image","value":"x"}"#),
            "env",
        ),
        (
            containers(r#""livenessProbe":{"exec":{"command":["true"]}}"#),
            replaced(&at("livenessProbe/exec/command"), r#"["true"]"#),
            "probe",
        ),
        (containers(r#""args":["-v"]"#), replaced(&at("args"), r#"["-v"]"#), "command"),
        (r#"{"spec":{"replicas":0}}"#.into(), replaced("/spec/replicas", "0"), "scale"),
        (r#"{"spec":{"paused":true}}"#.into(), replaced("/spec/paused", "true"), "rollout"),
        (
            r#"{"spec":{"template":{"spec":{"nodeSelector":{"env":"prod"}}}}}"#.into(),
            replaced("/spec/template/spec/nodeSelector/env", r#""prod""#),
            "scheduling",
        ),
        // names that a user chose are not members of the API
        (
            r#"{"metadata":{"labels":{"env":"prod","image":"a"}}}"#.into(),
            replaced("/metadata/labels/env", r#""prod""#),
            "metadata",
        ),
        (
            r#"{"spec":{"template":{"metadata":{"labels":{"resources":"few"}}}}}"#.into(),
            replaced("/spec/template/metadata/labels/resources", r#""few""#),
            "metadata",
        ),
        (
            r#"{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"2026-11-24T02:12:01Z"}}}}}"#.into(),
            replaced("/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt", r#""2026""#),
            "rollout",
        ),
    ] {
        check_body("patch", &merge, class);
        check_body("patch", &json, class);
    }
    check_body("patch", r#"[{"op":"test","path":"/spec/replicas","value":3}]"#, "metadata");
    check_body("patch", r#"[{"op":"remove","path":"/spec/template/spec/volumes/1"}]"#, "volumes");
    check_body("patch", r#"[{"op":"add","path":"/spec","value":{"replicas":3}}]"#, "scale");
}

#[test]
fn a_whole_object_is_an_update() {
    let whole = r#"{"kind":"Deployment","metadata":{"name":"pay-api"},"spec":{"replicas":3,"selector":{"matchLabels":{"app":"pay-api"}},"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"2026"}},"spec":{"containers":[{"name":"app","image":"pay-api:1"}]}}}}"#;
    check_body("update", whole, "update");
    check_body("patch", whole, "update");
    check_body("create", whole, "create");
    check_body("update", r#"{"spec":{"containers":[{"name":"app","image":"pay-api:1"}]}}"#, "update");
    let job = r#"{"spec":{"schedule":"0 1 * * *","jobTemplate":{"spec":{"template":{"spec":{"containers":[{"image":"a"}]}}}}}}"#;
    check_body("patch", job, "update");
    // kubectl apply repeats the whole object in an annotation, and patches what differs
    check_body(
        "patch",
        r#"{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"spec\":{\"replicas\":3,\"selector\":{},\"containers\":[{\"image\":\"a\"}]}}"}},"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"app"}],"containers":[{"name":"app","image":"b"}]}}}}"#,
        "image",
    );
}

#[test]
fn a_server_side_apply_is_json_or_yaml() {
    for (body, class) in [
        (r#""apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: 5\n""#, "scale"),
        (
            r#""apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - name: app\n        image: pay-api:2\n""#,
            "image",
        ),
        (r#""{\"kind\":\"Deployment\",\"spec\":{\"replicas\":5}}""#, "scale"),
        (r#""[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":5}]""#, "scale"),
        (r#""not a manifest""#, "metadata"),
    ] {
        check_body("patch", body, class);
    }
}

#[test]
fn the_autoscaler_of_the_name_server_is_no_name_server() {
    for (name, class) in [("coredns", "dns"), ("kube-dns-autoscaler", "config"), ("kube-dns", "dns")] {
        check_class(
            &format!(
                r#""verb":"patch","objectRef":{{"resource":"configmaps","namespace":"kube-system","name":"{name}"}}"#
            ),
            Some(class),
        );
    }
}
