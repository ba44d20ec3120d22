//! The workloads of the cluster `prod-gz`: how they log, whom they call, their size. Data only;
//! which pods run when is `cluster.rs`.

use Kind::{CronJob, DaemonSet, Deployment, StatefulSet};
use Style::{Go, Ingress, Java, Klog, Logfmt, Nginx, Node, Postgres, Python, Redis};

/// The controller that owns a workload's pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Deployment,
    StatefulSet,
    DaemonSet,
    CronJob,
}

/// How a workload writes its log. The first four write business logs to a file (logback text, JSON,
/// pino JSON, Python `logging`), the others to their console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Java,
    Go,
    Node,
    Python,
    Nginx,
    Ingress,
    Klog,
    Logfmt,
    Postgres,
    Redis,
}

/// One workload of the fleet.
pub struct Workload {
    pub namespace: &'static str,
    /// Name; also the container's, the Service's and the image's.
    pub name: &'static str,
    pub kind: Kind,
    /// Pods at midnight (a DaemonSet has one a node, a CronJob none).
    pub replicas: usize,
    pub style: Style,
    pub port: u16,
    pub memory_mib: u32,
    /// Share of the log lines of its type.
    pub weight: u32,
    pub calls: &'static [&'static str],
}

const fn w(
    (namespace, name): (&'static str, &'static str),
    (kind, replicas): (Kind, usize),
    style: Style,
    (port, memory_mib, weight): (u16, u32, u32),
    calls: &'static [&'static str],
) -> Workload {
    Workload { namespace, name, kind, replicas, style, port, memory_mib, weight, calls }
}

/// Every workload of the cluster.
#[rustfmt::skip]
pub static FLEET: &[Workload] = &[
    w(("shop", "checkout"), (Deployment, 3), Java, (8080, 1024, 9), &["pay-api", "order-api", "inventory", "cart-api", "catalog"]),
    w(("shop", "pay-api"), (Deployment, 4), Java, (8080, 512, 8), &["payment-gateway"]),
    w(("shop", "order-api"), (Deployment, 3), Java, (8080, 768, 8), &["orders-db", "inventory"]),
    w(("shop", "cart-api"), (Deployment, 3), Go, (8080, 256, 8), &["cart-redis"]),
    w(("shop", "catalog"), (Deployment, 2), Java, (8080, 768, 7), &["search-api"]),
    w(("shop", "inventory"), (Deployment, 2), Go, (8080, 256, 5), &["inventory-db"]),
    w(("shop", "web-frontend"), (Deployment, 3), Nginx, (80, 256, 12), &["checkout", "catalog"]),
    w(("shop", "orders-db"), (StatefulSet, 1), Postgres, (5432, 4096, 3), &[]),
    w(("shop", "inventory-db"), (StatefulSet, 1), Postgres, (5432, 2048, 2), &[]),
    w(("shop", "cart-redis"), (StatefulSet, 1), Redis, (6379, 1024, 1), &[]),
    w(("shop", "cart-cleanup"), (CronJob, 0), Python, (0, 256, 0), &["cart-redis"]),
    w(("payments", "payment-gateway"), (Deployment, 3), Java, (8080, 1024, 6), &["payments-db", "risk-engine"]),
    w(("payments", "risk-engine"), (Deployment, 2), Python, (8000, 1024, 4), &[]),
    w(("payments", "ledger"), (Deployment, 2), Go, (8080, 256, 3), &["payments-db"]),
    w(("payments", "payments-db"), (StatefulSet, 1), Postgres, (5432, 4096, 3), &[]),
    w(("payments", "settlement"), (CronJob, 0), Python, (0, 512, 0), &["payments-db"]),
    w(("search", "search-api"), (Deployment, 3), Go, (8080, 512, 6), &["search-index"]),
    w(("search", "suggest"), (Deployment, 2), Node, (3000, 256, 4), &["search-index"]),
    w(("search", "indexer"), (Deployment, 1), Python, (8000, 1024, 2), &["search-index"]),
    w(("search", "search-index"), (StatefulSet, 3), Logfmt, (9200, 4096, 3), &[]),
    w(("kube-system", "coredns"), (Deployment, 2), Logfmt, (53, 170, 4), &[]),
    w(("kube-system", "kube-proxy"), (DaemonSet, 0), Klog, (10249, 128, 4), &[]),
    w(("kube-system", "cni-agent"), (DaemonSet, 0), Klog, (61679, 128, 5), &[]),
    w(("kube-system", "metrics-server"), (Deployment, 1), Klog, (4443, 256, 3), &[]),
    w(("monitoring", "prometheus"), (StatefulSet, 1), Logfmt, (9090, 8192, 3), &[]),
    w(("monitoring", "alertmanager"), (StatefulSet, 1), Logfmt, (9093, 256, 1), &[]),
    w(("monitoring", "grafana"), (Deployment, 1), Logfmt, (3000, 512, 2), &[]),
    w(("monitoring", "node-exporter"), (DaemonSet, 0), Logfmt, (9100, 128, 1), &[]),
    w(("ci", "runner"), (Deployment, 2), Logfmt, (9252, 1024, 3), &[]),
    w(("ci", "image-builder"), (Deployment, 1), Klog, (8080, 2048, 3), &[]),
    w(("ci", "nightly-report"), (CronJob, 0), Python, (0, 512, 0), &[]),
    w(("ingress-nginx", "ingress-nginx-controller"), (Deployment, 2), Ingress, (443, 1024, 16), &[]),
];

/// Returns the index of the workload of that name; 0 for a name that the fleet does not have.
pub fn index_of(name: &str) -> usize {
    FLEET.iter().position(|workload| workload.name == name).unwrap_or(0)
}

/// Returns the workload of that name; the fleet's first for a name that it does not have.
pub fn find(name: &str) -> &'static Workload {
    &FLEET[index_of(name)]
}

/// Returns the workloads that call one of these.
pub fn callers(names: &[&str]) -> Vec<&'static str> {
    FLEET.iter().filter(|of| of.calls.iter().any(|called| names.contains(called))).map(|of| of.name).collect()
}

/// Returns the workloads of these names and all that they call, directly or not.
pub fn reach(names: &[&str]) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = names.iter().map(|name| find(name).name).collect();
    let mut next = 0;
    while let Some(name) = found.get(next) {
        let mut calls = find(name).calls.to_vec();
        calls.retain(|called| !found.contains(called));
        found.extend(calls);
        next += 1;
    }
    found
}

impl Workload {
    /// Returns true if its own log is collected as a business log.
    pub fn is_business(&self) -> bool {
        matches!(self.style, Java | Go | Node | Python)
    }

    /// Returns `Deployment`, `StatefulSet`, `DaemonSet` or `CronJob`.
    pub fn kind_name(&self) -> &'static str {
        ["Deployment", "StatefulSet", "DaemonSet", "CronJob"][self.kind as usize]
    }

    /// Returns the resource name in API paths.
    pub fn resource(&self) -> &'static str {
        ["deployments", "statefulsets", "daemonsets", "cronjobs"][self.kind as usize]
    }

    /// Returns the ConfigMap it mounts.
    pub fn config_map(&self) -> String {
        format!("{}-config", self.name)
    }

    /// Returns the Secret it reads.
    pub fn secret(&self) -> String {
        format!("{}-secret", self.name)
    }

    /// Returns its first word: `pay` for `pay-api`.
    pub fn noun(&self) -> &'static str {
        self.name.split('-').next().unwrap_or(self.name)
    }

    /// Returns the workload it calls first; itself if it calls none.
    pub fn callee(&self) -> &'static Workload {
        find(self.calls.first().copied().unwrap_or(self.name))
    }

    /// Returns its class or module in logs: `PayApi`.
    pub fn class(&self) -> String {
        let words = self.name.split('-').map(|word| word.split_at(1));
        words.map(|(head, tail)| head.to_uppercase() + tail).collect()
    }
}
