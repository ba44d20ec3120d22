//! Rights that accounts lack, from refusals and from roles alone.

use crate::{listed, seen};
use cluster::{Broken, Observation, REFUSAL, broken};
use serde_json::{Value, json};

/// A request of the account shop/cart that the API refuses: verb, resource with its group, namespace.
fn refused(verb: &str, resource: &str, namespace: &str) -> Observation {
    let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
    let name = format!("cart {verb} {resource} {namespace}");
    let object = json!({
        "kind": REFUSAL, "metadata": { "namespace": "shop", "name": name },
        "spec": { "account": "cart", "verb": verb, "resource": resource, "group": group, "namespace": namespace, "count": 3 },
    });
    Observation { is_partial: true, row: "9:1".to_owned(), ..seen(0, object) }
}

fn role(kind: &str, name: &str, rules: Value) -> Observation {
    let mut role = json!({ "kind": kind, "metadata": { "name": name }, "rules": rules });
    if kind == "Role" {
        role["metadata"]["namespace"] = "shop".into();
    }
    seen(5, role)
}

fn rule(group: &str, resource: &str, verbs: &[&str]) -> Value {
    json!({ "apiGroups": [group], "resources": [resource], "verbs": verbs })
}

/// A binding of a role `Kind/name` to an account `namespace/name` or a group.
fn binding(kind: &str, name: &str, role: &str, subject: &str) -> Observation {
    let (role_kind, role) = role.split_once('/').unwrap_or(("Role", role));
    let subject = match subject.split_once('/') {
        Some((namespace, name)) => json!({ "kind": "ServiceAccount", "namespace": namespace, "name": name }),
        None => json!({ "kind": "Group", "name": subject }),
    };
    let mut binding = json!({
        "kind": kind, "metadata": { "name": name },
        "roleRef": { "kind": role_kind, "name": role }, "subjects": [subject],
    });
    if kind == "RoleBinding" {
        binding["metadata"]["namespace"] = "shop".into();
    }
    seen(5, binding)
}

#[track_caller]
fn check(all: impl IntoIterator<Item = Observation>, expected: &[(&str, &str, &str, f64)]) -> Vec<Broken> {
    let found = broken(all);
    let shown: Vec<_> =
        found.iter().map(|one| (one.kind.as_str(), one.name.as_str(), one.reason, one.strength)).collect();
    assert_eq!(shown, expected, "{found:#?}");
    found
}

#[test]
fn a_role_without_the_verb_is_at_fault() {
    let runs = json!({
        "kind": "Deployment", "metadata": { "name": "web", "namespace": "shop" },
        "spec": { "template": { "spec": { "serviceAccountName": "cart", "containers": [{ "name": "app" }] } } },
    });
    let found = check(
        [
            refused("list", "pods", "shop"),
            refused("watch", "pods", "shop"),
            seen(5, runs),
            role("Role", "reader", json!([rule("", "pods", &["get"])])),
            role("Role", "writer", json!([rule("", "secrets", &["*"])])),
            binding("RoleBinding", "a", "Role/writer", "shop/cart"),
            binding("RoleBinding", "b", "Role/reader", "shop/cart"),
        ],
        &[("Role", "reader", "RightMissing", 0.92)],
    );
    let one = found.first().map(|one| (one.what.as_str(), one.workload.as_str(), one.row.as_str()));
    let what = "does not let the ServiceAccount shop/cart list pods, watch pods (in the namespace shop)";
    assert_eq!(one, Some((what, "web", "1:5")));
}

#[test]
fn a_role_that_is_shown_without_its_namespace_has_that_of_the_request() {
    let bare = |mut seen: Observation| {
        seen.object["metadata"]["namespace"].take();
        seen
    };
    let found = check(
        [
            refused("list", "pods", "shop"),
            bare(role("Role", "reader", json!([]))),
            bare(binding("RoleBinding", "a", "Role/reader", "shop/cart")),
        ],
        &[("Role", "reader", "RightMissing", 0.92)],
    );
    assert_eq!(found.first().map(|one| one.namespace.as_str()), Some("shop"));
}

#[test]
fn rules_allow_by_wildcards_groups_and_parts_and_not_by_names_of_objects() {
    let allowed = |verb: &str, resource: &str, rule: Value, subject: &str| {
        let all = [
            refused(verb, resource, "shop"),
            role("ClusterRole", "reader", json!([rule])),
            binding("ClusterRoleBinding", "reader", "ClusterRole/reader", subject),
        ];
        broken(all).is_empty()
    };
    assert!(allowed("list", "pods", rule("*", "*", &["*"]), "shop/cart"));
    assert!(allowed("list", "pods", rule("", "pods", &["list"]), "system:serviceaccounts"));
    assert!(allowed("list", "pods", rule("", "pods", &["list"]), "system:serviceaccounts:shop"));
    assert!(allowed("get", "pods/log", rule("", "*/log", &["get"]), "shop/cart"));
    assert!(!allowed("get", "pods/log", rule("", "pods", &["get"]), "shop/cart"));
    assert!(!allowed("list", "deployments.apps", rule("", "deployments", &["list"]), "shop/cart"));
    assert!(!allowed("list", "pods", rule("", "pods", &["list"]), "system:serviceaccounts:web"));
    let mut named = rule("", "secrets", &["get", "list"]);
    named["resourceNames"] = json!(["db"]);
    assert!(!allowed("list", "secrets", named, "shop/cart"));
}

#[test]
fn a_role_whose_rules_are_not_known_says_nothing() {
    let mut aggregated = role("ClusterRole", "monitoring", json!([]));
    aggregated.object["aggregationRule"] = json!({ "clusterRoleSelectors": [] });
    let bound = || binding("ClusterRoleBinding", "a", "ClusterRole/monitoring", "shop/cart");
    check([refused("list", "pods", "shop"), aggregated, bound()], &[]);
    check([refused("list", "pods", "shop"), bound()], &[]);
    // a table without subjects may bind it
    let row = json!({
        "kind": "RoleBinding", "metadata": { "name": "a", "namespace": "shop" },
        "roleRef": { "kind": "Role", "name": "reader" },
    });
    check(
        [
            refused("list", "pods", "shop"),
            listed(5, row),
            role("Role", "reader", json!([rule("", "pods", &["list"])])),
        ],
        &[],
    );
}

#[test]
fn a_binding_to_a_role_that_does_not_exist_is_at_fault_also_without_a_refusal() {
    let all = || {
        vec![
            role("Role", "writer", json!([])),
            role("Role", "other", json!([])),
            binding("RoleBinding", "cart", "Role/reader", "shop/cart"),
            binding("RoleBinding", "view", "ClusterRole/view", "shop/web"),
        ]
    };
    check(all(), &[("RoleBinding", "cart", "NoRole", 0.8)]);
    let mut refusal = all();
    refusal.push(refused("list", "pods", "shop"));
    check(refusal, &[("RoleBinding", "cart", "NoRole", 0.9)]);
}

#[test]
fn a_binding_that_names_another_account_is_at_fault() {
    let all = |binding| {
        let reader = role("Role", "reader", json!([rule("", "pods", &["list"])]));
        let role = role("ClusterRole", "nodes", json!([rule("", "nodes", &["list"])]));
        [refused("list", "pods", "shop"), reader, role, binding]
    };
    let expected = [("RoleBinding", "cart-reader", "OtherAccount", 0.92)];
    check(all(binding("RoleBinding", "cart-reader", "Role/reader", "web/cart")), &expected);
    check(all(binding("RoleBinding", "cart-reader", "Role/reader", "shop/web")), &expected);
    // the rights of another program
    let expected = [("ServiceAccount", "cart", "NotBound", 0.8)];
    check(all(binding("RoleBinding", "web-reader", "Role/reader", "shop/web")), &expected);
}

#[test]
fn a_binding_whose_subjects_are_not_shown_is_of_the_account_that_it_is_named_after() {
    let row = |name: &str| {
        let metadata = json!({ "name": name, "namespace": "shop" });
        let role = json!({ "kind": "Role", "name": "reader" });
        listed(5, json!({ "kind": "RoleBinding", "metadata": metadata, "roleRef": role }))
    };
    let all = |binding| {
        [
            refused("list", "pods", "shop"),
            binding,
            role("Role", "reader", json!([rule("", "pods", &["get"])])),
        ]
    };
    check(all(row("cart-reader")), &[("Role", "reader", "RightMissing", 0.92)]);
    check(all(row("other")), &[]);
    // roles for all accounts are neither the fault nor unknown
    let discovery =
        binding("ClusterRoleBinding", "all", "ClusterRole/system:discovery", "system:authenticated");
    check([refused("list", "pods", "shop"), discovery], &[("ServiceAccount", "cart", "NotBound", 0.65)]);
}

#[test]
fn a_binding_of_a_namespace_does_not_count_for_the_cluster() {
    check(
        [
            refused("list", "nodes", ""),
            role("ClusterRole", "nodes", json!([rule("", "nodes", &["list"])])),
            binding("RoleBinding", "nodes", "ClusterRole/nodes", "shop/cart"),
        ],
        &[("RoleBinding", "nodes", "OtherScope", 0.85)],
    );
}

#[test]
fn an_account_that_nothing_binds_is_at_fault() {
    check([refused("list", "pods", "shop")], &[("ServiceAccount", "cart", "NotBound", 0.65)]);
    let other = binding("RoleBinding", "web", "ClusterRole/view", "shop/web");
    check([refused("list", "pods", "shop"), other], &[("ServiceAccount", "cart", "NotBound", 0.8)]);
    // a role that each cluster has is not the fault
    let view = role("ClusterRole", "view", json!([rule("", "pods", &["list"])]));
    let bound = binding("RoleBinding", "cart", "ClusterRole/view", "shop/cart");
    let all = [refused("create", "pods", "shop"), view, bound];
    check(all, &[("RoleBinding", "cart", "RightMissing", 0.85)]);
}
