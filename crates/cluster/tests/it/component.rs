//! Components of the cluster itself, and what pods name that a cluster need not have.

use crate::{listed, seen};
use cluster::{Observation, broken};
use serde_json::{Value, json};

#[track_caller]
fn check(all: impl IntoIterator<Item = Observation>, expected: &[(&str, &str, &str, f64)]) {
    let found = broken(all);
    let shown: Vec<_> =
        found.iter().map(|one| (one.kind.as_str(), one.name.as_str(), one.reason, one.strength)).collect();
    assert_eq!(shown, expected, "{found:#?}");
}

/// A pod of a table.
fn pod(namespace: &str, name: &str, shown: &str) -> Observation {
    let ready = i64::from(shown == "Running");
    let status = json!({ "shown": shown, "phase": if shown == "Running" { shown } else { "Pending" }, "ready": [ready, 1] });
    listed(
        0,
        json!({ "kind": "Pod", "metadata": { "name": name, "namespace": namespace }, "status": status }),
    )
}

fn plane(scheduler: Option<&str>) -> Vec<Observation> {
    let mut all = vec![
        pod("kube-system", "kube-apiserver-node-1", "Running"),
        pod("kube-system", "etcd-node-1", "Running"),
        pod("shop", "cart-6c8f7b9d5d-q8w4z", "Pending"),
    ];
    all.extend(scheduler.map(|shown| pod("kube-system", "kube-scheduler-node-1", shown)));
    all
}

#[test]
fn a_scheduler_that_fails_or_is_absent_leaves_pods_waiting() {
    check(plane(Some("Running")), &[]);
    check(plane(None), &[("Pod", "kube-scheduler", "SchedulerSilent", 0.85)]);
    let found = broken(plane(Some("ErrImagePull")));
    assert!(found.iter().any(|one| one.name == "kube-scheduler-node-1" && one.reason == "SchedulerSilent"));
    // a managed control plane shows no pods
    check([pod("kube-system", "coredns-0", "Running"), pod("shop", "cart-0", "Pending")], &[]);
}

#[test]
fn a_scheduler_of_its_own_must_run() {
    let waits = || {
        let mut pod = pod("shop", "batch-6c8f7b9d5d-q8w4z", "Pending");
        pod.object["spec"] = json!({ "schedulerName": "gang" });
        pod
    };
    check([waits()], &[("Deployment", "batch", "NoSuchScheduler", 0.75)]);
    check([waits(), pod("tools", "gang-6c8f7b9d5d-x2x7k", "Running")], &[]);
    let mut scheduled = waits();
    scheduled.object["spec"]["nodeName"] = "node-1".into();
    check([scheduled], &[]);
}

#[test]
fn a_controller_that_fails_makes_no_pods() {
    let web = |updated: i64| {
        let status = json!({ "readyReplicas": 0, "updatedReplicas": updated });
        let object = json!({
            "kind": "Deployment", "metadata": { "name": "web", "namespace": "shop" },
            "spec": { "replicas": 2 }, "status": status,
        });
        listed(0, object)
    };
    let missing = ("Deployment", "web", "PodsMissing", 0.4);
    let with = |deployment| plane(Some("Running")).into_iter().chain([deployment]);
    check(with(web(0)), &[missing, ("Pod", "kube-controller-manager", "ControllerSilent", 0.85)]);
    check(with(web(2)), &[missing]);
    let runs = pod("kube-system", "kube-controller-manager-node-1", "Running");
    check(with(web(0)).chain([runs]), &[missing]);
}

fn set(namespace: &str, name: &str, selector: &Value) -> Observation {
    let object = json!({
        "kind": "DaemonSet", "metadata": { "name": name, "namespace": namespace },
        "spec": { "template": { "spec": { "nodeSelector": selector } } },
        "status": { "desiredNumberScheduled": 0, "numberReady": 0 },
    });
    listed(0, object)
}

#[test]
fn a_set_that_runs_on_no_node() {
    let node = || {
        listed(0, json!({ "kind": "Node", "metadata": { "name": "node-1", "labels": { "disk": "ssd" } } }))
    };
    let at_fault = |strength| [("DaemonSet", "kube-proxy", "RunsNowhere", strength)];
    check([node(), set("kube-system", "kube-proxy", &json!({ "disk": "none" }))], &at_fault(0.95));
    check([node(), set("kube-system", "kube-proxy", &json!({ "disk": "ssd" }))], &at_fault(0.85));
    check([node(), set("kube-system", "gpu-plugin", &json!({ "accelerator": "a100" }))], &[]);
    check([node(), set("shop", "gpu-plugin", &json!({ "accelerator": "a100" }))], &[]);
    let expected = [("DaemonSet", "collector", "RunsNowhere", 0.6)];
    check([node(), set("shop", "collector", &json!({ "disk": "hdd" }))], &expected);
    let dns = json!({ "kind": "Deployment", "metadata": { "name": "coredns", "namespace": "kube-system" }, "spec": { "replicas": 0 } });
    check([listed(0, dns)], &[("Deployment", "coredns", "ScaledToZero", 0.95)]);
}

fn template(class: &str) -> Observation {
    let spec = json!({ "priorityClassName": class, "containers": [{ "name": "app", "image": "cart:1" }] });
    let object = json!({
        "kind": "Deployment", "metadata": { "name": "cart", "namespace": "shop" },
        "spec": { "replicas": 1, "template": { "spec": spec } }, "status": { "readyReplicas": 0 },
    });
    seen(0, object)
}

#[test]
fn a_class_of_priority_must_exist() {
    let class = |name: &str| listed(0, json!({ "kind": "PriorityClass", "metadata": { "name": name } }));
    let missing = ("Deployment", "cart", "PodsMissing", 0.4);
    check([class("high"), template("urgent")], &[missing, ("PriorityClass", "urgent", "DoesNotExist", 0.95)]);
    check([class("high"), template("high")], &[missing]);
    check([class("high"), template("system-node-critical")], &[missing]);
    let message = r#"pods "cart-6c8f7b9d5d-" is forbidden: no PriorityClass with name urgent was found"#;
    let failure = json!([{ "type": "ReplicaFailure", "status": "True", "message": message }]);
    let owners = json!([{ "kind": "Deployment", "name": "cart" }]);
    let set = json!({
        "kind": "ReplicaSet", "status": { "conditions": failure },
        "metadata": { "name": "cart-6c8f7b9d5d", "namespace": "shop", "ownerReferences": owners },
    });
    let refused = ("Deployment", "cart", "PodsRefused", 0.9);
    check([seen(0, set)], &[refused, ("PriorityClass", "urgent", "DoesNotExist", 0.95)]);
}

#[test]
fn what_an_event_says_counts_for_a_workload_that_lacks_pods() {
    let says = || {
        let message =
            "Error creating: pods \"cart-0\" is forbidden: no PriorityClass with name urgent was found";
        let condition = json!({ "type": "ReplicaFailure", "status": "False", "message": message });
        let metadata = json!({ "name": "cart", "namespace": "shop" });
        let object =
            json!({ "kind": "StatefulSet", "metadata": metadata, "status": { "reported": [condition] } });
        Observation { is_partial: true, is_reported: true, ..seen(0, object) }
    };
    let set = |ready: i64| {
        let metadata = json!({ "name": "cart", "namespace": "shop" });
        let status = json!({ "readyReplicas": ready });
        let spec = json!({ "replicas": 1 });
        listed(0, json!({ "kind": "StatefulSet", "metadata": metadata, "spec": spec, "status": status }))
    };
    let expected =
        [("PriorityClass", "urgent", "DoesNotExist", 0.95), ("StatefulSet", "cart", "PodsRefused", 0.9)];
    check([says(), set(0)], &expected);
    check([says(), set(1)], &[]);
    check([says()], &[]);
}

#[test]
fn a_name_for_another_service_must_have_one() {
    let named = |target: &str| {
        let spec = json!({ "type": "ExternalName", "externalName": target });
        seen(0, json!({ "kind": "Service", "metadata": { "name": "db", "namespace": "shop" }, "spec": spec }))
    };
    let row = |name: &str, address: &str| {
        let spec = json!({ "type": if address.is_empty() { "ClusterIP" } else { "ExternalName" } });
        let metadata = json!({ "name": name, "namespace": "data" });
        let status = json!({ "externalIP": address });
        listed(0, json!({ "kind": "Service", "metadata": metadata, "spec": spec, "status": status }))
    };
    let at_fault = |strength| [("Service", "db", "NoBackend", strength)];
    let main = || row("main", "");
    check([main(), named("main.data.svc.cluster.local")], &[]);
    check([main(), named("main-0.main.data.svc.cluster.local.")], &[]);
    check([main(), named("db.example.com")], &[]);
    check([main(), named("spare.data.svc.cluster.local")], &at_fault(0.9));
    check([main(), named("spare.data.svc")], &at_fault(0.9));
    check([main(), named("10.0.0.7")], &at_fault(0.85));
    let shown = [main(), row("old", "spare.data.svc.cluster.local")];
    check(shown, &[("Service", "old", "NoBackend", 0.9)]);
}

#[test]
fn a_pod_that_the_kubelet_runs_by_itself_is_its_own_workload() {
    let fails = |name: &str| {
        json!({
            "kind": "Pod", "metadata": { "name": name, "namespace": "kube-system" },
            "status": { "shown": "CrashLoopBackOff", "ready": [0, 1], "restarts": 12 },
        })
    };
    let found =
        broken(["kube-controller-manager-node-1", "kube-proxy-x7k2p"].map(|name| listed(0, fails(name))));
    let whose: Vec<_> = found.iter().map(|one| (one.kind.as_str(), one.name.as_str())).collect();
    assert_eq!(whose, [("DaemonSet", "kube-proxy"), ("Pod", "kube-controller-manager-node-1")]);
}

#[test]
fn what_refuses_pods_is_named_by_the_refusal() {
    let refused = |message: &str| {
        json!({
            "kind": "Deployment", "metadata": { "name": "cart", "namespace": "shop" },
            "spec": { "replicas": 2 },
            "status": { "readyReplicas": 0, "conditions": [
                { "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message }
            ] },
        })
    };
    let range = json!({ "kind": "LimitRange", "metadata": { "name": "bounds", "namespace": "shop" } });
    let over = "pods \"cart-1\" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi";
    let found = broken([seen(0, range), seen(0, refused(over))]);
    let named = found.iter().find(|one| one.kind == "LimitRange").expect("the range");
    assert_eq!(named.what, "refuses pods: maximum memory usage per Container is 1Gi, but limit is 2Gi");

    let silent = "Internal error occurred: failed calling webhook \"guard.till\": failed to call webhook: Post \
                  \"https://guard.till.svc:443/check?timeout=10s\": no endpoints available for service \"guard\"";
    let found = broken([seen(0, refused(silent))]);
    let named = found.iter().find(|one| one.kind == "Service").expect("the Service");
    assert_eq!((named.namespace.as_str(), named.name.as_str()), ("till", "guard"));
}

#[test]
fn callers_are_wrong_where_the_service_and_its_pods_agree() {
    let workload = |name: &str, env: Value, port: i64| {
        json!({
            "kind": "Deployment", "metadata": { "name": name, "namespace": "shop" },
            "spec": { "replicas": 1, "template": { "metadata": { "labels": { "app": name } }, "spec": {
                "containers": [{ "name": "app", "image": "a:1", "env": env, "ports": [{ "containerPort": port }] }]
            } } },
            "status": { "readyReplicas": 1 },
        })
    };
    let service = |port: i64| {
        json!({
            "kind": "Service", "metadata": { "name": "till", "namespace": "shop" },
            "spec": { "ports": [{ "port": port }] },
        })
    };
    let env = json!([{ "name": "TILL_HOST", "value": "till" }, { "name": "TILL_PORT", "value": "7071" }]);
    let blamed = |port: i64, opened: i64| {
        let found = broken([
            listed(0, service(port)),
            seen(0, workload("cart", env.clone(), 80)),
            seen(0, workload("till", json!([]), opened)),
        ]);
        let one = found.first().expect("one fault").clone();
        (one.kind, one.name, one.what)
    };
    let of_caller = "TILL_PORT names port 7071 of till, which has 7070";
    assert_eq!(blamed(7070, 7070), ("Deployment".into(), "cart".into(), of_caller.into()));
    let of_service = "has port 7072; its callers are given 7071 (TILL_PORT)";
    assert_eq!(blamed(7072, 7071), ("Service".into(), "till".into(), of_service.into()));
}

#[test]
fn a_policy_that_forgets_dns() {
    let policy = |name: &str, egress: Value| {
        let spec = json!({ "podSelector": {}, "policyTypes": ["Egress"], "egress": egress });
        let metadata = json!({ "name": name, "namespace": "shop" });
        seen(0, json!({ "kind": "NetworkPolicy", "metadata": metadata, "spec": spec }))
    };
    let web = || policy("web", json!([{ "ports": [{ "protocol": "TCP", "port": 443 }] }]));
    check([policy("deny", json!([])), web()], &[("NetworkPolicy", "web", "PolicyWithoutDns", 0.75)]);
    let kube = json!([{ "namespaceSelector": { "matchLabels": { "name": "kube-system" } } }]);
    let dns = policy("dns", json!([{ "to": kube, "ports": [{ "protocol": "UDP", "port": 53 }] }]));
    check([policy("deny", json!([])), web(), dns], &[]);
}
