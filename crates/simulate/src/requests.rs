//! The everyday requests to the API server: kubelets, controllers, monitors, and people who look
//! around. None of them changes a workload; those that do are planned one by one.

use crate::audit::{Request, Target, User};
use crate::cluster::{Cluster, NODES};
use crate::day::Day;
use crate::fleet::{FLEET, Kind};
use serde_json::json;

/// Returns every request as (weight, template of its line or lines).
pub fn everyday(cluster: &Cluster) -> Vec<(u32, String)> {
    let mut all = Vec::new();
    for node in NODES {
        kubelet(&mut all, cluster, node);
    }
    controllers(&mut all);
    workloads(&mut all, cluster);
    people(&mut all);
    all
}

fn one(all: &mut Vec<(u32, String)>, weight: u32, request: &Request<'_>) {
    all.push((weight, request.line("<uuid>", "<start>", "<end>")));
}

/// Adds a request that is logged at an earlier stage as well, under the same audit id.
fn two(all: &mut Vec<(u32, String)>, weight: u32, early: &str, request: Request<'_>) {
    let last = request.line("<same>", "<start>", "<end>");
    let first = Request { stage: early, ..request }.line("<uuid>", "<start>", "<start>");
    all.push((weight, format!("{first}\n{last}")));
}

fn kubelet(all: &mut Vec<(u32, String)>, cluster: &Cluster, node: &str) {
    let user = User::kubelet(node);
    let lease = Target {
        group: "coordination.k8s.io",
        resource: "leases",
        namespace: "kube-node-lease",
        name: node,
        ..Target::default()
    };
    one(all, 60, &Request { query: "timeout=10s", ..Request::new(&user, "update", lease) });
    let status = Target { resource: "nodes", name: node, sub: "status", ..Target::default() };
    let conditions = json!({"status": {"conditions": [
        {"type": "MemoryPressure", "status": "False", "lastHeartbeatTime": "<utc>", "reason": "KubeletHasSufficientMemory"},
        {"type": "DiskPressure", "status": "False", "lastHeartbeatTime": "<utc>", "reason": "KubeletHasNoDiskPressure"},
        {"type": "PIDPressure", "status": "False", "lastHeartbeatTime": "<utc>", "reason": "KubeletHasSufficientPID"},
        {"type": "Ready", "status": "True", "lastHeartbeatTime": "<utc>", "reason": "KubeletReady"},
    ], "images": [{"names": ["ccr.ccs.example.com/shop/checkout@sha256:<hex32><hex32>"], "sizeBytes": 201_338_112}]}});
    one(
        all,
        8,
        &Request {
            query: "timeout=10s",
            request: Some(conditions.to_string()),
            ..Request::new(&user, "patch", status)
        },
    );
    one(
        all,
        8,
        &Request {
            query: "resourceVersion=0&timeout=10s",
            ..Request::new(&user, "get", Target { sub: "", ..status })
        },
    );
    for (i, workload) in FLEET.iter().enumerate().filter(|(i, _)| i % 3 == 0) {
        let (config, secret) = (workload.config_map(), workload.secret());
        let maps = Target {
            resource: "configmaps",
            namespace: workload.namespace,
            name: &config,
            ..Target::default()
        };
        two(
            all,
            1,
            "ResponseStarted",
            Request {
                query: "allowWatchBookmarks=true&fieldSelector=metadata.name&timeoutSeconds=450&watch=true",
                ..Request::new(&user, "watch", maps)
            },
        );
        one(all, 1, &Request::new(&user, "get", Target { resource: "secrets", name: &secret, ..maps }));
        if let Some(pod) =
            cluster.pods.iter().find(|pod| pod.workload == i && workload.kind == Kind::StatefulSet)
        {
            one(
                all,
                1,
                &Request::new(
                    &user,
                    "get",
                    Target {
                        resource: "pods",
                        namespace: workload.namespace,
                        name: &pod.name,
                        ..Target::default()
                    },
                ),
            );
        }
    }
    let events = Target { resource: "events", namespace: "kube-system", ..Target::default() };
    one(all, 2, &Request::new(&user, "create", events));
    let tokens = Target {
        resource: "serviceaccounts",
        sub: "token",
        namespace: "shop",
        name: "checkout",
        ..Target::default()
    };
    one(all, 3, &Request { code: 201, ..Request::new(&user, "create", tokens) });
}

fn controllers(all: &mut Vec<(u32, String)>) {
    for name in ["kube-scheduler", "kube-controller-manager"] {
        let user = User::component(
            name,
            "kube-controller-manager/v1.30.4 (linux/amd64) kubernetes/a51b3b7/leader-election",
        );
        let lease = Target {
            group: "coordination.k8s.io",
            resource: "leases",
            namespace: "kube-system",
            name,
            ..Target::default()
        };
        one(all, 50, &Request::new(&user, "update", lease));
        one(all, 25, &Request::new(&user, "get", lease));
    }
    let hpa = User::controller("horizontal-pod-autoscaler");
    for (namespace, name) in [("shop", "web-frontend"), ("search", "search-api")] {
        let scale = Target { group: "apps", resource: "deployments", sub: "scale", namespace, name };
        one(all, 14, &Request::new(&hpa, "get", scale));
        one(
            all,
            10,
            &Request::new(
                &hpa,
                "list",
                Target { group: "metrics.k8s.io", resource: "pods", namespace, ..Target::default() },
            ),
        );
        one(
            all,
            6,
            &Request::new(
                &hpa,
                "update",
                Target {
                    group: "autoscaling",
                    resource: "horizontalpodautoscalers",
                    sub: "status",
                    namespace,
                    name,
                },
            ),
        );
    }
    let collector = User::controller("generic-garbage-collector");
    one(
        all,
        8,
        &Request {
            query: "timeout=32s",
            ..Request::new(
                &collector,
                "list",
                Target { group: "batch", resource: "jobs", ..Target::default() },
            )
        },
    );
    let prometheus = User::account("monitoring", "prometheus", "Prometheus/2.53.1");
    for resource in ["pods", "endpoints", "services", "nodes"] {
        let watch = Request {
            query: "allowWatchBookmarks=true&watch=true",
            ..Request::new(&prometheus, "watch", Target { resource, ..Target::default() })
        };
        two(all, 6, "ResponseStarted", watch);
    }
    let ingress =
        User::account("ingress-nginx", "ingress-nginx", "nginx-ingress-controller/v1.11.2 (linux/amd64)");
    let election = Target {
        group: "coordination.k8s.io",
        resource: "leases",
        namespace: "ingress-nginx",
        name: "ingress-nginx-leader",
        ..Target::default()
    };
    two(all, 20, "RequestReceived", Request::new(&ingress, "update", election));
    let metrics = User::account("kube-system", "metrics-server", "metrics-server/v0.7.1 (linux/amd64)");
    let review =
        Target { group: "authorization.k8s.io", resource: "subjectaccessreviews", ..Target::default() };
    one(all, 15, &Request::new(&metrics, "create", review));
    let runner = User::account("ci", "runner", "gitlab-runner 17.2.0 linux/amd64");
    let pods = Target { resource: "pods", namespace: "ci", ..Target::default() };
    one(all, 12, &Request { query: "limit=500", ..Request::new(&runner, "list", pods) });
    let missing = Request {
        code: 404,
        message: "configmaps \"runner-cache\" not found",
        ..Request::new(&runner, "get", Target { resource: "configmaps", name: "runner-cache", ..pods })
    };
    one(all, 3, &missing);
    let conflict = Request {
        code: 409,
        message: "Operation cannot be fulfilled on leases \"cni-agent\": the object has been modified",
        ..Request::new(&ingress, "update", Target { name: "cni-agent", ..election })
    };
    one(all, 2, &conflict);
}

fn workloads(all: &mut Vec<(u32, String)>, cluster: &Cluster) {
    let deployments = User::controller("deployment-controller");
    let slices = User::controller("endpointslice-controller");
    let argo = User::account("ci", "gitops", "argocd-application-controller/v2.12.3");
    for state in &cluster.states {
        let of = state.workload;
        let group = if of.kind == Kind::CronJob { "batch" } else { "apps" };
        let target = Target {
            group,
            resource: of.resource(),
            namespace: of.namespace,
            name: of.name,
            ..Target::default()
        };
        one(all, 3, &Request::new(&argo, "get", target));
        if of.kind == Kind::Deployment {
            let set = format!("{}-{}", of.name, state.set.0);
            one(
                all,
                1,
                &Request::new(&deployments, "get", Target { resource: "replicasets", name: &set, ..target }),
            );
        }
        if of.port > 0 {
            let slice = Target {
                group: "discovery.k8s.io",
                resource: "endpointslices",
                namespace: of.namespace,
                name: of.name,
                ..Target::default()
            };
            one(all, 2, &Request::new(&slices, "get", slice));
            one(
                all,
                1,
                &Request::new(
                    &argo,
                    "get",
                    Target {
                        resource: "services",
                        namespace: of.namespace,
                        name: of.name,
                        ..Target::default()
                    },
                ),
            );
        }
    }
}

fn people(all: &mut Vec<(u32, String)>) {
    for (index, namespace) in
        ["shop", "shop", "payments", "search", "shop", "monitoring"].into_iter().enumerate()
    {
        let user = Day::person(index);
        let pods = Target { resource: "pods", namespace, ..Target::default() };
        one(all, 2, &Request { query: "limit=500", ..Request::new(&user, "list", pods) });
        one(
            all,
            1,
            &Request {
                query: "limit=500",
                ..Request::new(&user, "list", Target { group: "apps", resource: "deployments", ..pods })
            },
        );
        one(
            all,
            1,
            &Request {
                query: "limit=500",
                ..Request::new(&user, "list", Target { resource: "events", ..pods })
            },
        );
    }
    let user = User::person("sun.hao", "interns", 44);
    let message = "secrets is forbidden: User \"sun.hao\" cannot list resource \"secrets\" in API group \"\" in the namespace \"shop\"";
    one(
        all,
        1,
        &Request {
            code: 403,
            message,
            ..Request::new(
                &user,
                "list",
                Target { resource: "secrets", namespace: "shop", ..Target::default() },
            )
        },
    );
}
