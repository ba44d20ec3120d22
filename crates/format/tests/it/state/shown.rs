//! Kinds that only a few outputs show: roles and their bindings, classes of priority, names for other Services; and the
//! results of an agent's calls.

use crate::envelope::read_as;
use format::reader::Row;
use model::record::Body;

fn object(row: &Row<'_>) -> String {
    match &row.record.body {
        Body::State(fields) => fields.object.as_deref().unwrap_or("-").to_owned(),
        _ => format!("line {}", row.record.message),
    }
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let (rows, _) = read_as(text, object);
    assert_eq!(rows, expected, "{text}");
}

#[test]
fn roles_are_described_with_their_rules() {
    let rules = "\
PolicyRule:
  Resources               Non-Resource URLs  Resource Names  Verbs
  ---------               -----------------  --------------  -----
  pods/log                []                 []              [get]
  deployments.apps/scale  []                 [cart web]      [get update]
  *.*                     []                 []              [*]
                          [/healthz]         []              [get]
";
    let labels = "Labels:       <none>\nAnnotations:  <none>\n";
    let of = |kind: &str, place: &str| {
        format!(
            "{{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"{kind}\",\"metadata\":{{\"name\":\"reader\"{place}}},\"rules\":[\
             {{\"apiGroups\":[\"\"],\"resources\":[\"pods/log\"],\"verbs\":[\"get\"]}},\
             {{\"apiGroups\":[\"apps\"],\"resourceNames\":[\"cart\",\"web\"],\"resources\":[\"deployments/scale\"],\"verbs\":[\"get\",\"update\"]}},\
             {{\"apiGroups\":[\"*\"],\"resources\":[\"*\"],\"verbs\":[\"*\"]}},\
             {{\"nonResourceURLs\":[\"/healthz\"],\"verbs\":[\"get\"]}}]}}"
        )
    };
    let described = format!("Name:         reader\n{labels}{rules}");
    check(
        &format!("$ kubectl describe role reader -n shop\n{described}"),
        &[&of("Role", ",\"namespace\":\"shop\"")],
    );
    check(&format!("$ kubectl describe clusterrole reader\n{described}"), &[&of("ClusterRole", "")]);
    let none = "$ kubectl describe role none -n shop\nName:         none\nLabels:       <none>\nPolicyRule:\n  \
        Resources  Non-Resource URLs  Resource Names  Verbs\n  ---------  -----------------  --------------  -----\n";
    check(
        none,
        &[
            r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"none","namespace":"shop"},"rules":[]}"#,
        ],
    );
}

#[test]
fn bindings_are_described_with_their_subjects() {
    let described = "Name:         reader
Labels:       <none>
Annotations:  <none>
Role:
  Kind:  ClusterRole
  Name:  view
Subjects:
  Kind            Name            Namespace
  ----            ----            ---------
  ServiceAccount  cart            shop
  Group           system:masters  
";
    let of = |kind: &str, place: &str| {
        format!(
            "{{\"apiVersion\":\"rbac.authorization.k8s.io/v1\",\"kind\":\"{kind}\",\"metadata\":{{\"name\":\"reader\"{place}}},\
             \"roleRef\":{{\"kind\":\"ClusterRole\",\"name\":\"view\"}},\"subjects\":[\
             {{\"kind\":\"ServiceAccount\",\"name\":\"cart\",\"namespace\":\"shop\"}},{{\"kind\":\"Group\",\"name\":\"system:masters\"}}]}}"
        )
    };
    check(
        &format!("$ kubectl describe rolebinding -n shop\n{described}"),
        &[&of("RoleBinding", ",\"namespace\":\"shop\"")],
    );
    check(
        &format!("$ kubectl describe clusterrolebinding reader\n{described}"),
        &[&of("ClusterRoleBinding", "")],
    );
    check(&format!("Date: now\n{described}"), &["line Date: now", &of("RoleBinding", "")]);
}

#[test]
fn tables_of_roles_bindings_and_classes() {
    check(
        "$ kubectl get rolebinding -n shop -o wide
NAME   ROLE          AGE   USERS   GROUPS   SERVICEACCOUNTS
cart   Role/reader   4d                     shop/cart,web/cart
team   Role/edit     4d    anna    devs     
",
        &[
            r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"cart","namespace":"shop"},"roleRef":{"kind":"Role","name":"reader"},"subjects":[{"kind":"ServiceAccount","name":"cart","namespace":"shop"},{"kind":"ServiceAccount","name":"cart","namespace":"web"}]}"#,
            r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"team","namespace":"shop"},"roleRef":{"kind":"Role","name":"edit"},"subjects":[{"kind":"User","name":"anna"},{"kind":"Group","name":"devs"}]}"#,
        ],
    );
    check(
        "$ kubectl get roles,rolebindings -n shop
NAME                                    CREATED AT
role.rbac.authorization.k8s.io/reader   2026-11-18T02:00:00Z

NAME                                         ROLE          AGE
rolebinding.rbac.authorization.k8s.io/cart   Role/reader   4d
",
        &[
            r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"creationTimestamp":"2026-11-18T02:00:00Z","name":"reader","namespace":"shop"}}"#,
            r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"cart","namespace":"shop"},"roleRef":{"kind":"Role","name":"reader"}}"#,
        ],
    );
    check(
        "NAME     VALUE   GLOBAL-DEFAULT   AGE   PREEMPTIONPOLICY\nhigh     1000    false            4d    Never\n",
        &[
            r#"{"apiVersion":"scheduling.k8s.io/v1","globalDefault":false,"kind":"PriorityClass","metadata":{"name":"high"},"preemptionPolicy":"Never","value":1000}"#,
        ],
    );
}

#[test]
fn columns_of_pods_that_show_no_state_say_nothing_of_it() {
    check(
        "$ kubectl get pods -n shop -o custom-columns=NAME:.metadata.name,SCHEDULER:.spec.schedulerName
NAME     SCHEDULER
cart-0   batch
",
        &[
            r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"cart-0","namespace":"shop"},"spec":{"schedulerName":"batch"}}"#,
        ],
    );
}

#[test]
fn rows_of_a_kind_that_is_not_known_are_no_rows_of_the_command() {
    check(
        "$ kubectl get pods,leases -n shop\nNAME                                HOLDER   AGE\nlease.coordination.k8s.io/cart      cart-0   4d\n",
        &["line lease.coordination.k8s.io/cart      cart-0   4d"],
    );
}

/// A table of endpoints as it is within JSON, and the object that it shows.
const TABLE: &str = r"NAME   ENDPOINTS   AGE\ncart   <none>      4d\n";
const SHOWN: &str =
    r#"{"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"cart","namespace":"shop"},"subsets":[]}"#;

#[track_caller]
fn has_result(text: &str) {
    let (rows, _) = read_as(text, object);
    assert!(rows.iter().any(|row| row == SHOWN), "{rows:#?}");
}

#[test]
fn a_result_has_the_command_of_a_call_in_another_line() {
    let blocks = [
        r#"{"role":"assistant","content":[{"type":"text","text":"Look at it"},{"type":"tool_use","id":"toolu_1","name":"bash","input":{"command":"kubectl get endpoints -n shop"}}]}"#.to_owned(),
        format!(r#"{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"toolu_1","content":[{{"type":"text","text":"{TABLE}"}}]}}]}}"#),
    ];
    let calls = [
        r#"{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"shell","arguments":"{\"command\": \"kubectl get endpoints -n shop\"}"}}]}"#.to_owned(),
        format!(r#"{{"role":"tool","tool_call_id":"call_1","content":"{TABLE}"}}"#),
    ];
    for messages in [blocks, calls] {
        has_result(&messages.join("\n"));
        has_result(&format!("[{}]", messages.join(",\n")));
        has_result(&format!(r#"{{"messages":[{}]}}"#, messages.join(",")));
    }
}

#[test]
fn a_range_of_limits_is_described() {
    let text = "$ kubectl describe limitrange -n shop
Name:       usual
Namespace:  shop
Type        Resource  Min   Max  Default Request  Default Limit  Max Limit/Request Ratio
----        --------  ---   ---  ---------------  -------------  -----------------------
Container   memory    64Mi  1Gi  256Mi            512Mi          -
";
    let (rows, _) = read_as(text, object);
    let shown = r#""kind":"LimitRange","metadata":{"name":"usual","namespace":"shop"}"#;
    assert!(rows.len() == 1 && rows.concat().contains(shown), "{rows:?}");
}
