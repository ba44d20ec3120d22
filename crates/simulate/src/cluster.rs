//! Which nodes and pods the cluster has at each moment of the day. Pods are born and die as
//! planned operations say; the noise asks which are up. Must not know any log format.

use crate::fleet::{FLEET, Kind, Workload};
use crate::rng::Rng;
use crate::text::MINUTE;

/// The cluster's name.
pub const CLUSTER: &str = "prod-gz";
/// The nodes, named by address as TKE does.
pub const NODES: [&str; 6] = ["10.0.1.7", "10.0.1.12", "10.0.2.5", "10.0.2.9", "10.0.3.4", "10.0.3.16"];

/// A pod and the span in which it runs.
pub struct Pod {
    pub workload: usize,
    pub name: String,
    pub uid: String,
    pub node: &'static str,
    pub ip: String,
    /// ReplicaSet, StatefulSet, DaemonSet or Job: kind, name, uid.
    pub owner: (&'static str, String, String),
    /// First point at which its container runs.
    pub from: i64,
    /// First point at which it no longer does.
    pub to: i64,
    /// Spans in which its container is down between restarts.
    pub down: Vec<(i64, i64)>,
    /// When the API server has it, and when it marks it for deletion.
    pub created: i64,
    pub leaving: i64,
    /// How its container last ended; null before.
    pub last: serde_json::Value,
    /// Whether it passes its readiness probe once it runs.
    pub is_probed: bool,
    /// Its workload as it was created.
    pub shape: State,
}

impl Pod {
    /// Returns true if the container runs at that point.
    pub fn is_up(&self, at: i64) -> bool {
        self.from <= at && at < self.to && !self.down.iter().any(|(from, to)| (*from..*to).contains(&at))
    }

    /// Returns how often the container had been restarted by then.
    pub fn restarts(&self, at: i64) -> usize {
        self.down.iter().filter(|(_, up)| *up <= at).count()
    }
}

/// A liveness probe over HTTP.
#[derive(Clone, Copy)]
pub struct Probe {
    pub path: &'static str,
    pub timeout_s: i64,
    pub period_s: i64,
    pub delay_s: i64,
}

impl Probe {
    /// The probe that every workload passes.
    pub const GOOD: Self = Self { path: "/healthz", timeout_s: 3, period_s: 10, delay_s: 20 };
}

/// The changing part of a workload: the shape of its next pod.
#[derive(Clone)]
pub struct State {
    pub uid: String,
    pub workload: &'static Workload,
    pub generation: u32,
    pub replicas: usize,
    pub image: String,
    pub memory_mib: u32,
    pub probe: Probe,
    /// EnvVar objects of its container, beside the Secret's.
    pub env: Vec<serde_json::Value>,
    /// How many pods a rollout may take away at once.
    pub max_unavailable: &'static str,
    pub grace_s: i64,
    /// `kubectl.kubernetes.io/restartedAt` of the pod template, when set.
    pub restarted_at: Option<String>,
    /// Current ReplicaSet: pod template hash and uid.
    pub set: (String, String),
    /// Labels and annotations that somebody has added.
    pub metadata: serde_json::Value,
    /// The command line of its container, and the path of its readiness probe.
    pub args: Vec<String>,
    pub ready_path: &'static str,
}

/// The cluster over the day.
pub struct Cluster {
    /// Workloads, in the order of [`FLEET`].
    pub states: Vec<State>,
    pub pods: Vec<Pod>,
    /// Nodes that an incident closes: no pod that is planned after it is placed there.
    pub closed: Vec<&'static str>,
}

impl State {
    /// Returns a workload's state at midnight.
    fn new(workload: &'static Workload, rng: &mut Rng) -> Self {
        let Workload { namespace, name, kind, replicas, memory_mib, .. } = workload;
        let (major, minor, patch) = (rng.between(1, 4), rng.between(0, 20), rng.between(0, 9));
        Self {
            uid: rng.uuid(),
            workload,
            generation: rng.between(3, 40) as u32,
            replicas: if *kind == Kind::DaemonSet { NODES.len() } else { *replicas },
            image: format!("ccr.ccs.example.com/{namespace}/{name}:v{major}.{minor}.{patch}"),
            memory_mib: *memory_mib,
            probe: Probe::GOOD,
            env: Vec::new(),
            max_unavailable: "25%",
            grace_s: 30,
            restarted_at: None,
            set: (rng.suffix(9), rng.uuid()),
            metadata: serde_json::json!({}),
            args: vec!["--config=/etc/app/application.yaml".to_owned(), "--profile=prod".to_owned()],
            ready_path: "/readyz",
        }
    }

    /// Returns the tag of its image.
    pub fn tag(&self) -> String {
        self.image.rsplit_once(':').map_or_else(String::new, |(_, tag)| tag.to_owned())
    }
}

impl Cluster {
    /// Returns the cluster at midnight, the point `from`.
    pub fn new(from: i64, rng: &mut Rng) -> Self {
        let states = FLEET.iter().map(|workload| State::new(workload, rng)).collect();
        let mut cluster = Self { states, pods: Vec::new(), closed: Vec::new() };
        for index in 0..FLEET.len() {
            for replica in 0..cluster.states[index].replicas {
                let before = from - rng.between(600, 90_000) * MINUTE;
                cluster.add_pod(index, replica, before, rng);
            }
        }
        cluster
    }

    /// Adds a pod of the workload's present shape and returns its index.
    pub fn add_pod(&mut self, workload: usize, replica: usize, from: i64, rng: &mut Rng) -> usize {
        let state = &self.states[workload];
        let name = state.workload.name;
        let (hash, set_uid) = &state.set;
        let owner = match state.workload.kind {
            Kind::Deployment => ("ReplicaSet", format!("{name}-{hash}"), set_uid.clone()),
            Kind::StatefulSet => ("StatefulSet", name.to_owned(), state.uid.clone()),
            Kind::DaemonSet => ("DaemonSet", name.to_owned(), state.uid.clone()),
            Kind::CronJob => ("Job", format!("{name}-{}", from.div_euclid(MINUTE)), rng.uuid()),
        };
        let pod = match owner.0 {
            "StatefulSet" => format!("{name}-{replica}"),
            _ => format!("{}-{}", owner.1, rng.suffix(5)),
        };
        let node = if state.workload.kind == Kind::DaemonSet {
            NODES[replica % NODES.len()]
        } else {
            let slot = workload + replica * 2 + rng.index(2);
            let open = (0..NODES.len()).map(|i| NODES[(slot + i) % NODES.len()]);
            open.into_iter().find(|node| !self.closed.contains(node)).unwrap_or(NODES[0])
        };
        self.pods.push(Pod {
            workload,
            name: pod,
            uid: rng.uuid(),
            node,
            ip: address(node, rng),
            owner,
            from,
            to: i64::MAX,
            down: Vec::new(),
            created: from,
            leaving: i64::MAX,
            last: serde_json::Value::Null,
            is_probed: true,
            shape: self.states[workload].clone(),
        });
        self.pods.len() - 1
    }

    /// Moves a pod that no record names yet to another node.
    pub fn move_pod(&mut self, pod: usize, node: &'static str, rng: &mut Rng) {
        let pod = &mut self.pods[pod];
        (pod.node, pod.ip) = (node, address(node, rng));
    }

    /// Returns the pods of a workload whose life covers that point, restarting or not.
    pub fn alive(&self, workload: usize, at: i64) -> Vec<usize> {
        let is_alive = |pod: &Pod| pod.workload == workload && pod.from <= at && at < pod.to;
        (0..self.pods.len()).filter(|index| is_alive(&self.pods[*index])).collect()
    }

    /// Returns the pods of a workload that run at that point.
    pub fn up(&self, workload: usize, at: i64) -> Vec<usize> {
        let mut pods = self.alive(workload, at);
        pods.retain(|index| self.pods[*index].is_up(at));
        pods
    }
}

fn address(node: &str, rng: &mut Rng) -> String {
    let subnet = NODES.iter().position(|known| *known == node).unwrap_or(0);
    format!("172.16.{subnet}.{}", rng.between(10, 250))
}
