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
            let rows = [(2, "pods"), (1, "deployments"), (1, "events"), (1, "replicasets")];
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
    let query = "allowWatchBookmarks=true&watch=true";
    let watched = ["csidrivers", "nodes", "pods", "runtimeclasses", "services"];
    add(all, &user, &watched.map(|resource| (1, "watch", resource, "", query)));
    add(all, &user, &[(3, "create", "serviceaccounts/token", "shop/checkout", "")]);
    let conditions = json!({"status": {"conditions": [
        {"type": "MemoryPressure", "status": "False", "lastHeartbeatTime": "<utc>", "reason": "KubeletHasSufficientMemory"},
        {"type": "DiskPressure", "status": "False", "lastHeartbeatTime": "<utc>", "reason": "KubeletHasNoDiskPressure"},
        {"type": "PIDPressure", "status": "False", "lastHeartbeatTime": "<utc>", "reason": "KubeletHasSufficientPID"},
        {"type": "Ready", "status": "True", "lastHeartbeatTime": "<utc>", "reason": "KubeletReady"},
    ]}});
    let status = Request::new(&user, "patch", Target::new("nodes", "", node).sub("status"));
    one(all, 30, &status.query("timeout=10s").body(&conditions));
    for (i, pod) in cluster.pods.iter().enumerate().filter(|(_, pod)| pod.node == node) {
        let of = &FLEET[pod.workload];
        let place = format!("{}/{}", of.namespace, pod.name);
        add(all, &user, &[(3, "get", "pods", &place, "")]);
        if i % 4 > 0 {
            continue;
        }
        // The node authorizer refuses requests that a node makes too late.
        let message = format!(
            "pods \"{}\" is forbidden: User \"{}\" cannot get resource \"pods\" in API group \"\" in the namespace \"{}\": no relationship found between node '{node}' and this object",
            pod.name, user.name, of.namespace
        );
        one(
            all,
            3,
            &Request::new(&user, "get", Target::new("pods", of.namespace, &pod.name)).status(403, &message),
        );
        let query = "allowWatchBookmarks=true&fieldSelector=metadata.name&timeoutSeconds=450&watch=true";
        let (config, secret) =
            (format!("{}/{}", of.namespace, of.config_map()), format!("{}/{}", of.namespace, of.secret()));
        add(
            all,
            &user,
            &[(2, "watch", "configmaps", &config, query), (1, "watch", "secrets", &secret, query)],
        );
    }
}

/// Requests of the parts of the control plane: user, then rows.
const CONTROL: &[(&str, &[Row<'static>])] = &[
    (
        "apiserver",
        &[
            (45, "get", "endpoints", "default/kubernetes", ""),
            (45, "get", "endpointslices", "default/kubernetes", ""),
            (22, "list", "limitranges", "shop/", ""),
            (3, "list", "services", "", "limit=500&resourceVersion=0"),
            (3, "watch", "configmaps", "", "watch=true"),
            (3, "watch", "servicecidrs", "", "watch=true"),
            (2, "watch", "resourcequotas", "", "watch=true"),
        ],
    ),
    (
        "kube-controller-manager",
        &[
            (28, "get", "", "", ""),
            (8, "get", "namespaces", "/shop", ""),
            (7, "get", "serviceaccounts", "kube-system/deployment-controller", ""),
            (4, "watch", "configmaps", "", "watch=true"),
            (2, "watch", "serviceaccounts", "", "watch=true"),
        ],
    ),
    ("kube-scheduler", &[(4, "watch", "configmaps", "", "watch=true")]),
    (
        "generic-garbage-collector",
        &[(28, "get", "", "", ""), (20, "get", "pods", "ci/nightly-report-29412345-x7k2p", "")],
    ),
    ("resourcequota-controller", &[(28, "get", "", "", "")]),
    (
        "horizontal-pod-autoscaler",
        &[
            (14, "get", "deployments/scale", "shop/web-frontend", ""),
            (14, "get", "deployments/scale", "search/search-api", ""),
        ],
    ),
];

fn controllers(all: &mut List) {
    for (name, rows) in CONTROL {
        let user = match *name {
            "apiserver" => User::server(),
            "kube-controller-manager" => User::component(
                name,
                "kube-controller-manager/v1.36.2 (linux/amd64) kubernetes/a51b3b7/kube-controller-manager",
            ),
            "kube-scheduler" => User::scheduler(),
            name => User::controller(name),
        };
        add(all, &user, rows);
    }
    let hpa = User::controller("horizontal-pod-autoscaler");
    for namespace in ["shop", "search"] {
        let metrics = Target { group: "metrics.k8s.io", ..Target::new("pods", namespace, "") };
        one(all, 14, &Request::new(&hpa, "list", metrics));
    }
    let prometheus = User::account("monitoring", "prometheus", "Prometheus/2.53.1");
    let watched = ["pods", "endpoints", "services", "nodes"];
    let query = "allowWatchBookmarks=true&watch=true";
    add(all, &prometheus, &watched.map(|resource| (6, "watch", resource, "", query)));
    let metrics = User::account("kube-system", "metrics-server", "metrics-server/v0.7.1 (linux/amd64)");
    add(all, &metrics, &[(15, "create", "subjectaccessreviews", "", "")]);
    let runner = User::account("ci", "runner", "gitlab-runner 17.2.0 linux/amd64");
    add(all, &runner, &[(12, "list", "pods", "ci/", "limit=500")]);
    let missing = Request::new(&runner, "get", Target::new("configmaps", "ci", "runner-cache"));
    one(all, 3, &missing.status(404, "configmaps \"runner-cache\" not found"));
    for user in team("shop") {
        add(all, &user, &[(6, "get", "deployments", "shop/checkout", "")]);
        let missing = Request::new(&user, "get", Target::new("pods", "shop", "checkout-debug"));
        one(all, 6, &missing.status(404, "pods \"checkout-debug\" not found"));
    }
}

fn workloads(all: &mut List, cluster: &Cluster) {
    for state in &cluster.states {
        let of = state.workload;
        let place = format!("{}/{}", of.namespace, of.name);
        add(all, &User::gitops(), &[(3, "get", of.resource(), &place, "")]);
        if of.kind == Kind::Deployment {
            let set = format!("{place}-{}", state.set.0);
            add(all, &User::controller("generic-garbage-collector"), &[(1, "get", "replicasets", &set, "")]);
        }
        if of.port > 0 {
            add(all, &User::gitops(), &[(1, "get", "services", &place, "")]);
        }
    }
}
