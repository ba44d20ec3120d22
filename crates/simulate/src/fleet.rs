//! The workloads of the cluster `prod-gz`: what runs, how it logs, whom it calls and what it
//! mounts. Data only; which pods run when is `cluster.rs`.

use Kind::{CronJob, DaemonSet, Deployment, StatefulSet};
use Style::{Go, Ingress, Java, Klog, Logfmt, Nginx, Node, Postgres, Python, Redis};

/// The controller that owns a workload's pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// apps/v1 Deployment.
    Deployment,
    /// apps/v1 StatefulSet.
    StatefulSet,
    /// apps/v1 DaemonSet.
    DaemonSet,
    /// batch/v1 CronJob.
    CronJob,
}

/// How a workload writes its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// logback text to a file: business.
    Java,
    /// JSON with `level` words to a file: business.
    Go,
    /// pino JSON with `level` numbers to a file: business.
    Node,
    /// Python `logging` text: business.
    Python,
    /// nginx access log on stdout.
    Nginx,
    /// ingress-nginx access log on stdout.
    Ingress,
    /// klog on stderr.
    Klog,
    /// `key=value` on stderr.
    Logfmt,
    /// PostgreSQL text on stderr.
    Postgres,
    /// Redis text on stdout.
    Redis,
}

/// One workload of the fleet.
pub struct Workload {
    /// Namespace.
    pub namespace: &'static str,
    /// Name; also the container's, the Service's and the image's.
    pub name: &'static str,
    /// Controller kind.
    pub kind: Kind,
    /// Pods at midnight (a DaemonSet has one a node, a CronJob none).
    pub replicas: usize,
    /// How it logs.
    pub style: Style,
    /// Service port.
    pub port: u16,
    /// Memory limit in MiB.
    pub memory_mib: u32,
    /// Share of the log lines of its type.
    pub weight: u32,
    /// Workloads it calls.
    pub calls: &'static [&'static str],
}

const fn w(
    namespace: &'static str,
    name: &'static str,
    (kind, replicas): (Kind, usize),
    style: Style,
    (port, memory_mib, weight): (u16, u32, u32),
    calls: &'static [&'static str],
) -> Workload {
    Workload { namespace, name, kind, replicas, style, port, memory_mib, weight, calls }
}

/// Every workload of the cluster.
pub static FLEET: &[Workload] = &[
    w(
        "shop",
        "checkout",
        (Deployment, 3),
        Java,
        (8080, 1024, 9),
        &["pay-api", "order-api", "inventory", "cart-api", "catalog"],
    ),
    w("shop", "pay-api", (Deployment, 4), Java, (8080, 512, 8), &["payment-gateway"]),
    w("shop", "order-api", (Deployment, 3), Java, (8080, 768, 8), &["orders-db", "inventory"]),
    w("shop", "cart-api", (Deployment, 3), Go, (8080, 256, 8), &["cart-redis"]),
    w("shop", "catalog", (Deployment, 2), Java, (8080, 768, 7), &["search-api"]),
    w("shop", "inventory", (Deployment, 2), Go, (8080, 256, 5), &["inventory-db"]),
    w("shop", "web-frontend", (Deployment, 3), Nginx, (80, 256, 12), &["checkout", "catalog"]),
    w("shop", "orders-db", (StatefulSet, 1), Postgres, (5432, 4096, 3), &[]),
    w("shop", "inventory-db", (StatefulSet, 1), Postgres, (5432, 2048, 2), &[]),
    w("shop", "cart-redis", (StatefulSet, 1), Redis, (6379, 1024, 1), &[]),
    w("shop", "cart-cleanup", (CronJob, 0), Python, (0, 256, 0), &["cart-redis"]),
    w("payments", "payment-gateway", (Deployment, 3), Java, (8080, 1024, 6), &["payments-db", "risk-engine"]),
    w("payments", "risk-engine", (Deployment, 2), Python, (8000, 1024, 4), &[]),
    w("payments", "ledger", (Deployment, 2), Go, (8080, 256, 3), &["payments-db"]),
    w("payments", "payments-db", (StatefulSet, 1), Postgres, (5432, 4096, 3), &[]),
    w("payments", "settlement", (CronJob, 0), Python, (0, 512, 0), &["payments-db"]),
    w("search", "search-api", (Deployment, 3), Go, (8080, 512, 6), &["search-index"]),
    w("search", "suggest", (Deployment, 2), Node, (3000, 256, 4), &["search-index"]),
    w("search", "indexer", (Deployment, 1), Python, (8000, 1024, 2), &["search-index"]),
    w("search", "search-index", (StatefulSet, 3), Logfmt, (9200, 4096, 3), &[]),
    w("kube-system", "coredns", (Deployment, 2), Logfmt, (53, 170, 4), &[]),
    w("kube-system", "kube-proxy", (DaemonSet, 0), Klog, (10249, 128, 4), &[]),
    w("kube-system", "cni-agent", (DaemonSet, 0), Klog, (61679, 128, 5), &[]),
    w("kube-system", "metrics-server", (Deployment, 1), Klog, (4443, 256, 3), &[]),
    w("monitoring", "prometheus", (StatefulSet, 1), Logfmt, (9090, 8192, 3), &[]),
    w("monitoring", "alertmanager", (StatefulSet, 1), Logfmt, (9093, 256, 1), &[]),
    w("monitoring", "grafana", (Deployment, 1), Logfmt, (3000, 512, 2), &[]),
    w("monitoring", "node-exporter", (DaemonSet, 0), Logfmt, (9100, 128, 1), &[]),
    w("ci", "runner", (Deployment, 2), Logfmt, (9252, 1024, 3), &[]),
    w("ci", "image-builder", (Deployment, 1), Klog, (8080, 2048, 3), &[]),
    w("ci", "nightly-report", (CronJob, 0), Python, (0, 512, 0), &[]),
    w("ingress-nginx", "ingress-nginx-controller", (Deployment, 2), Ingress, (443, 1024, 16), &[]),
];

impl Workload {
    /// Tells whether its own log is collected as a business log.
    pub fn is_business(&self) -> bool {
        matches!(self.style, Java | Go | Node | Python)
    }

    /// Returns `Deployment`, `StatefulSet`, `DaemonSet` or `CronJob`.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            Deployment => "Deployment",
            StatefulSet => "StatefulSet",
            DaemonSet => "DaemonSet",
            CronJob => "CronJob",
        }
    }

    /// Returns the resource name in API paths.
    pub fn resource(&self) -> &'static str {
        match self.kind {
            Deployment => "deployments",
            StatefulSet => "statefulsets",
            DaemonSet => "daemonsets",
            CronJob => "cronjobs",
        }
    }

    /// Returns the ConfigMap it mounts.
    pub fn config_map(&self) -> String {
        format!("{}-config", self.name)
    }

    /// Returns the Secret it reads.
    pub fn secret(&self) -> String {
        format!("{}-secret", self.name)
    }

    /// Returns its class or module in logs: `PayApi`.
    pub fn class(&self) -> String {
        self.name
            .split('-')
            .map(|part| {
                let (head, tail) = part.split_at(part.len().min(1));
                head.to_uppercase() + tail
            })
            .collect()
    }
}
