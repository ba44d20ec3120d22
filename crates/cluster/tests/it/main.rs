//! Faults of a cluster, from its objects. Kinds of faults are tested by the cases of the rule
//! `event/object_broken`; here are those that only several observations show.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod component; // components of the cluster itself
mod rights; // rights that accounts lack
mod why; // why containers end

use cluster::{Broken, Observation, broken};
use serde_json::{Value, json};

/// One minute in µs.
const MINUTE: i64 = 60_000_000;

fn seen(minute: i64, object: Value) -> Observation {
    Observation {
        ts: minute * MINUTE,
        row: format!("1:{minute}"),
        is_listed: false,
        is_partial: false,
        is_reported: false,
        object,
    }
}

/// The row of a table.
fn listed(minute: i64, object: Value) -> Observation {
    Observation { is_listed: true, is_partial: true, ..seen(minute, object) }
}

fn pod(name: &str, ready: bool) -> Value {
    json!({
        "kind": "Pod",
        "metadata": { "name": name, "namespace": "shop", "labels": { "app": "cart" } },
        "spec": { "nodeName": "node-1", "containers": [{ "name": "app", "image": "cart:1" }] },
        "status": { "phase": "Running", "containerStatuses": [
            { "name": "app", "ready": ready, "restartCount": 0, "state": { "running": {} } }
        ] },
    })
}

fn service(selector: &str) -> Value {
    json!({
        "kind": "Service",
        "metadata": { "name": "cart", "namespace": "shop" },
        "spec": { "selector": { "app": selector }, "ports": [{ "port": 80 }] },
    })
}

fn reasons(found: &[Broken]) -> Vec<&str> {
    found.iter().map(|one| one.reason).collect()
}

#[test]
fn what_was_wrong_for_a_while_has_its_first_and_last_time() {
    let found = broken([
        seen(0, pod("cart-0", true)),
        seen(0, service("cart")),
        seen(10, service("cart-v2")),
        seen(20, pod("cart-0", true)),
        seen(30, service("cart")),
    ]);
    assert_eq!(reasons(&found), ["SelectsNoPod"]);
    let one = found.first().expect("one");
    assert_eq!((one.first, one.last, one.row.as_str()), (10 * MINUTE, 10 * MINUTE, "1:10"));
}

#[test]
fn a_table_adds_to_a_description_and_ends_what_it_no_longer_shows() {
    let waiting = json!({
        "kind": "Pod",
        "metadata": { "name": "old-0", "namespace": "shop" },
        "status": { "shown": "ImagePullBackOff", "ready": [0, 1] },
    });
    let row = json!({
        "kind": "Pod",
        "metadata": { "name": "cart-0", "namespace": "shop" },
        "status": { "phase": "Running", "ready": [1, 1] },
    });
    let found =
        broken([listed(0, waiting), seen(0, pod("cart-0", true)), seen(0, service("cart")), listed(9, row)]);
    assert_eq!(reasons(&found), ["ImageNotPulled"]);
    assert_eq!(found.first().map(|one| (one.first, one.last)), Some((0, 0)));
}

#[test]
fn objects_that_say_nothing_cost_nothing() {
    let odd =
        [json!(null), json!([1]), json!({}), json!({ "kind": 3, "spec": [] }), json!({ "kind": "Pod" })];
    assert_eq!(reasons(&broken(odd.map(|object| seen(0, object)))), Vec::<&str>::new());
}

#[test]
fn many_pods_of_one_workload_are_one_fault() {
    let many = |count: i64| {
        let pods = (0..count).map(|n| seen(n, pod(&format!("cart-{n}"), false)));
        let services = (0..count).map(move |n| {
            let mut service = service("cart");
            service["metadata"]["name"] = json!(format!("cart-{n}"));
            seen(count, service)
        });
        broken(pods.chain(services)).len()
    };
    assert_eq!(many(3000), 1);
}

fn waiting(namespace: Option<&str>) -> Value {
    let mut pod = json!({
        "kind": "Pod",
        "metadata": { "name": "cart-6c8f7b9d5d-q8w4z" },
        "status": { "phase": "Pending" },
    });
    if let Some(namespace) = namespace {
        pod["metadata"]["namespace"] = namespace.into();
    }
    pod
}

fn node(name: &str, labels: &Value) -> Value {
    json!({
        "kind": "Node", "metadata": { "name": name, "labels": labels },
        "status": { "conditions": [{ "type": "Ready", "status": "True" }] },
    })
}

/// A Deployment whose pods run only on nodes with fast disks.
fn picky() -> Value {
    json!({
        "kind": "Deployment", "metadata": { "name": "cart", "namespace": "shop" },
        "spec": { "template": { "metadata": { "labels": { "app": "cart" } }, "spec": {
            "nodeSelector": { "disk": "ssd" }, "containers": [{ "name": "app", "image": "cart:1" }]
        } } },
    })
}

#[test]
fn a_table_without_namespaces_has_that_of_its_names() {
    let other = json!({ "kind": "ConfigMap", "metadata": { "name": "a", "namespace": "web" } });
    let found = broken([
        seen(0, picky()),
        seen(0, other),
        listed(0, waiting(None)),
        listed(0, node("node-1", &json!({ "disk": "hdd" }))),
    ]);
    let found: Vec<_> =
        found.iter().map(|one| (one.namespace.as_str(), one.name.as_str(), one.reason)).collect();
    assert_eq!(found, [("shop", "cart", "NoNodeFits")]);
}

#[test]
fn a_node_of_a_table_may_have_room_unless_its_labels_say_no() {
    let hdd = node("node-1", &json!({ "disk": "hdd" }));
    let plane = node("plane-1", &json!({ "disk": "ssd", "node-role.kubernetes.io/control-plane": "" }));
    let nodes = |second| {
        broken([
            seen(0, picky()),
            listed(0, waiting(Some("shop"))),
            listed(0, hdd.clone()),
            listed(0, plane.clone()),
            listed(0, second),
        ])
    };
    let bare = json!({ "kind": "Node", "metadata": { "name": "node-2" } });
    assert_eq!(reasons(&nodes(bare)), ["NoNodeFits"]);
    assert_eq!(reasons(&nodes(node("node-2", &json!({ "disk": "ssd" })))), Vec::<&str>::new());
}

#[test]
fn what_an_event_says_counts_for_a_pod_that_is_shown_to_wait() {
    let says = |name: &str| Observation {
        is_partial: true,
        is_reported: true,
        ..seen(
            0,
            json!({ "kind": "Pod", "metadata": { "name": name, "namespace": "shop" }, "status": { "reported": [
                { "type": "PodScheduled", "status": "False", "message": "0/3 nodes are available: 3 Too many pods." }
            ] } }),
        )
    };
    let found = broken([says("cart-6c8f7b9d5d-q8w4z"), listed(1, waiting(Some("shop"))), says("gone-0")]);
    assert_eq!(reasons(&found), ["Unschedulable"]);
    let one = found.first().expect("one");
    assert_eq!((one.name.as_str(), one.row.as_str()), ("cart", "1:1"));
    assert!(one.what.contains("Too many pods"), "{}", one.what);
}
