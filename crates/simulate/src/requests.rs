//! The everyday requests to the API server: kubelets, controllers, monitors, and people who look
//! around. None of them changes a workload; those that do are planned one by one.

use crate::api::Target;
use crate::audit::Request;
use crate::cluster::{Cluster, NODES};
use crate::fleet::{FLEET, Kind};
use crate::people::{User, team};
use serde_json::json;

/// Requests as (weight, template of its line or lines).
type List = Vec<(u32, String)>;

/// A row of a table of requests: weight, verb, resource/subresource, namespace/name, query.
type Row<'a> = (u32, &'a str, &'a str, &'a str, &'a str);

/// Returns every request as (weight, template of its line or lines).
pub fn everyday(cluster: &Cluster) -> Vec<(u32, String)> {
    let mut all = List::new();
    NODES.into_iter().for_each(|node| kubelet(&mut all, cluster, node));
    controllers(&mut all);
    workloads(&mut all, cluster);
    for namespace in ["shop", "payments", "search", "monitoring"] {
        let place = format!("{namespace}/");
        for user in team(namespace) {
            let rows = [(2, "pods"), (1, "deployments"), (1, "events")];
            add(
                &mut all,
                &user,
                &rows.map(|(weight, resource)| (weight, "list", resource, &*place, "limit=500")),
            );
        }
    }
    let message = "secrets is forbidden: User \"sun.hao\" cannot list resource \"secrets\" in API group \"\" in the namespace \"shop\"";
    one(
        &mut all,
        1,
        &Request::new(&User::intern(), "list", Target::new("secrets", "shop", "")).status(403, message),
    );
    all
}

fn one(all: &mut List, weight: u32, request: &Request<'_>) {
    all.push((weight, request.line("<uuid>", "<start>", "<end>")));
}

/// Adds the rows of a user. A watch is logged when it starts and when it ends.
fn add(all: &mut List, user: &User, rows: &[Row<'_>]) {
    for (weight, verb, resource, place, query) in rows {
        let (resource, sub) = resource.split_once('/').unwrap_or((resource, ""));
        let (namespace, name) = place.split_once('/').unwrap_or(("", place));
        let request = Request::new(user, verb, Target::new(resource, namespace, name).sub(sub)).query(query);
        let lines = match *verb {
            "watch" => request.in_two_stages("ResponseStarted"),
            _ => request.line("<uuid>", "<start>", "<end>"),
        };
        all.push((*weight, lines));
    }
}

fn kubelet(all: &mut List, cluster: &Cluster, node: &str) {
    let user = User::kubelet(node);
    let lease = format!("kube-node-lease/{node}");
    let rows = [
        (60, "update", "leases", &*lease, "timeout=10s"),
        (8, "get", "nodes", node, "resourceVersion=0&timeout=10s"),
        (2, "create", "events", "kube-system/", ""),
        (3, "create", "serviceaccounts/token", "shop/checkout", ""),
    ];
    add(all, &user, &rows);
    let conditions = json!({"status": {"conditions": [
        {"type": "MemoryPressure", "status": "False", "lastHeartbeatTime": "<utc>", "reason": "KubeletHasSufficientMemory"},
        {"type": "DiskPressure", "status": "False", "lastHeartbeatTime": "<utc>", "reason": "KubeletHasNoDiskPressure"},
        {"type": "PIDPressure", "status": "False", "lastHeartbeatTime": "<utc>", "reason": "KubeletHasSufficientPID"},
        {"type": "Ready", "status": "True", "lastHeartbeatTime": "<utc>", "reason": "KubeletReady"},
    ], "images": [{"names": ["ccr.ccs.example.com/shop/checkout@sha256:<hex32><hex32>"], "sizeBytes": 201_338_112}]}});
    let status = Request::new(&user, "patch", Target::new("nodes", "", node).sub("status"));
    one(all, 8, &status.query("timeout=10s").body(&conditions));
    for (i, of) in FLEET.iter().enumerate().filter(|(i, _)| i % 3 == 0) {
        let place = |name: &str| format!("{}/{name}", of.namespace);
        let (config, secret) = (place(&of.config_map()), place(&of.secret()));
        let query = "allowWatchBookmarks=true&fieldSelector=metadata.name&timeoutSeconds=450&watch=true";
        add(all, &user, &[(1, "watch", "configmaps", &config, query), (1, "get", "secrets", &secret, "")]);
        let mut pods = cluster.pods.iter().filter(|pod| pod.workload == i && of.kind == Kind::StatefulSet);
        if let Some(pod) = pods.next() {
            add(all, &user, &[(1, "get", "pods", &place(&pod.name), "")]);
        }
    }
}

fn controllers(all: &mut List) {
    for name in ["kube-scheduler", "kube-controller-manager"] {
        let agent = "kube-controller-manager/v1.30.4 (linux/amd64) kubernetes/a51b3b7/leader-election";
        let lease = format!("kube-system/{name}");
        let rows = [(50, "update", "leases", &*lease, ""), (25, "get", "leases", &*lease, "")];
        add(all, &User::component(name, agent), &rows);
    }
    let hpa = User::controller("horizontal-pod-autoscaler");
    for (namespace, name) in [("shop", "web-frontend"), ("search", "search-api")] {
        let place = format!("{namespace}/{name}");
        let status = "horizontalpodautoscalers/status";
        add(all, &hpa, &[(14, "get", "deployments/scale", &place, ""), (6, "update", status, &place, "")]);
        let metrics = Target { group: "metrics.k8s.io", ..Target::new("pods", namespace, "") };
        one(all, 10, &Request::new(&hpa, "list", metrics));
    }
    let collector = User::controller("generic-garbage-collector");
    add(all, &collector, &[(8, "list", "jobs", "", "timeout=32s")]);
    let prometheus = User::account("monitoring", "prometheus", "Prometheus/2.53.1");
    let watched = ["pods", "endpoints", "services", "nodes"];
    let query = "allowWatchBookmarks=true&watch=true";
    add(all, &prometheus, &watched.map(|resource| (6, "watch", resource, "", query)));
    let agent = "nginx-ingress-controller/v1.11.2 (linux/amd64)";
    let ingress = User::account("ingress-nginx", "ingress-nginx", agent);
    let lease = |name| Request::new(&ingress, "update", Target::new("leases", "ingress-nginx", name));
    all.push((20, lease("ingress-nginx-leader").in_two_stages("RequestReceived")));
    let message = "Operation cannot be fulfilled on leases \"cni-agent\": the object has been modified";
    one(all, 2, &lease("cni-agent").status(409, message));
    let metrics = User::account("kube-system", "metrics-server", "metrics-server/v0.7.1 (linux/amd64)");
    add(all, &metrics, &[(15, "create", "subjectaccessreviews", "", "")]);
    let runner = User::account("ci", "runner", "gitlab-runner 17.2.0 linux/amd64");
    add(all, &runner, &[(12, "list", "pods", "ci/", "limit=500")]);
    let missing = Request::new(&runner, "get", Target::new("configmaps", "ci", "runner-cache"));
    one(all, 3, &missing.status(404, "configmaps \"runner-cache\" not found"));
}

fn workloads(all: &mut List, cluster: &Cluster) {
    for state in &cluster.states {
        let of = state.workload;
        let place = format!("{}/{}", of.namespace, of.name);
        let set = format!("{place}-{}", state.set.0);
        add(all, &User::gitops(), &[(3, "get", of.resource(), &place, "")]);
        if of.kind == Kind::Deployment {
            let user = User::controller("deployment-controller");
            add(all, &user, &[(1, "get", "replicasets", &set, "")]);
        }
        if of.port > 0 {
            let user = User::controller("endpointslice-controller");
            add(all, &user, &[(2, "get", "endpointslices", &place, "")]);
            add(all, &User::gitops(), &[(1, "get", "services", &place, "")]);
        }
    }
}
