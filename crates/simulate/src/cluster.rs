//! Which nodes and pods the cluster has at each moment of the day. Pods are born and die as
//! planned operations say; the noise asks who is up. Must not know any log format.

use crate::fleet::{FLEET, Kind, Workload};
use crate::rng::Rng;
use crate::text::{MINUTE, SECOND};

/// The cluster's name.
pub const CLUSTER: &str = "prod-gz";
/// The nodes, named by address as TKE does.
pub const NODES: [&str; 6] = ["10.0.1.7", "10.0.1.12", "10.0.2.5", "10.0.2.9", "10.0.3.4", "10.0.3.16"];

/// A pod and the span in which it runs.
pub struct Pod {
    /// Index of its workload.
    pub workload: usize,
    /// Name.
    pub name: String,
    /// Uid.
    pub uid: String,
    /// Node name.
    pub node: &'static str,
    /// Pod address.
    pub ip: String,
    /// ReplicaSet, StatefulSet, DaemonSet or Job: kind, name, uid.
    pub owner: (&'static str, String, String),
    /// The pod template's hash, when a ReplicaSet made it.
    pub hash: String,
    /// First point at which its container runs.
    pub from: i64,
    /// First point at which it no longer does.
    pub to: i64,
    /// Spans in which its container is down between restarts.
    pub down: Vec<(i64, i64)>,
}

impl Pod {
    /// Tells whether the container runs at that point.
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
    /// Path.
    pub path: &'static str,
    /// timeoutSeconds.
    pub timeout_s: i64,
    /// periodSeconds.
    pub period_s: i64,
    /// initialDelaySeconds.
    pub delay_s: i64,
}

/// The changing part of a workload: what its next pod would look like.
pub struct State {
    /// Its uid.
    pub uid: String,
    /// Its fixed part.
    pub workload: &'static Workload,
    /// metadata.generation.
    pub generation: u32,
    /// Wanted pods.
    pub replicas: usize,
    /// Image with tag.
    pub image: String,
    /// Memory limit in MiB.
    pub memory_mib: u32,
    /// Liveness probe.
    pub probe: Probe,
    /// EnvVar objects of its container, beside the Secret's.
    pub env: Vec<serde_json::Value>,
    /// How many pods a rollout may take away at once.
    pub max_unavailable: &'static str,
    /// terminationGracePeriodSeconds.
    pub grace_s: i64,
    /// `kubectl.kubernetes.io/restartedAt` of the pod template, when set.
    pub restarted_at: Option<String>,
    /// Current ReplicaSet: pod template hash and uid.
    pub set: (String, String),
}

/// The cluster over the day.
pub struct Cluster {
    /// Workloads, in the order of [`FLEET`].
    pub states: Vec<State>,
    /// Every pod of the day.
    pub pods: Vec<Pod>,
    /// Points from which and to which the day runs.
    pub day: (i64, i64),
    /// Nodes that an incident closes: no pod that is planned after it is placed there.
    pub closed: Vec<&'static str>,
}

impl Cluster {
    /// Makes the cluster as it stood at midnight.
    pub fn new(day: (i64, i64), rng: &mut Rng) -> Self {
        let states = FLEET
            .iter()
            .map(|workload| State {
                uid: rng.uuid(),
                workload,
                generation: rng.between(3, 40) as u32,
                replicas: match workload.kind {
                    Kind::DaemonSet => NODES.len(),
                    _ => workload.replicas,
                },
                image: format!(
                    "ccr.ccs.example.com/{}/{}:v{}.{}.{}",
                    workload.namespace,
                    workload.name,
                    rng.between(1, 4),
                    rng.between(0, 20),
                    rng.between(0, 9)
                ),
                memory_mib: workload.memory_mib,
                probe: Probe { path: "/healthz", timeout_s: 3, period_s: 10, delay_s: 20 },
                env: Vec::new(),
                max_unavailable: "25%",
                grace_s: 30,
                restarted_at: None,
                set: (rng.suffix(9), rng.uuid()),
            })
            .collect();
        let mut cluster = Self { states, pods: Vec::new(), day, closed: Vec::new() };
        for index in 0..FLEET.len() {
            for replica in 0..cluster.states[index].replicas {
                let before = day.0 - rng.between(600, 90_000) * MINUTE;
                cluster.add_pod(index, replica, before, rng);
            }
        }
        cluster
    }

    /// Adds a pod of the workload's present shape and returns its index.
    pub fn add_pod(&mut self, workload: usize, replica: usize, from: i64, rng: &mut Rng) -> usize {
        let state = &self.states[workload];
        let name = state.workload.name;
        let (hash, set_uid) = state.set.clone();
        let (pod, owner) = match state.workload.kind {
            Kind::Deployment => {
                let set = format!("{name}-{hash}");
                (format!("{set}-{}", rng.suffix(5)), ("ReplicaSet", set, set_uid))
            }
            Kind::StatefulSet => {
                (format!("{name}-{replica}"), ("StatefulSet", name.to_owned(), state.uid.clone()))
            }
            Kind::DaemonSet => {
                (format!("{name}-{}", rng.suffix(5)), ("DaemonSet", name.to_owned(), state.uid.clone()))
            }
            Kind::CronJob => {
                let job = format!("{name}-{}", from.div_euclid(MINUTE));
                (format!("{job}-{}", rng.suffix(5)), ("Job", job, rng.uuid()))
            }
        };
        let node = if state.workload.kind == Kind::DaemonSet {
            NODES[replica % NODES.len()]
        } else {
            let slot = workload + replica * 2 + rng.index(2);
            let open = (0..NODES.len()).map(|i| NODES[(slot + i) % NODES.len()]);
            open.into_iter().find(|node| !self.closed.contains(node)).unwrap_or(NODES[0])
        };
        let subnet = NODES.iter().position(|known| *known == node).unwrap_or(0);
        self.pods.push(Pod {
            workload,
            name: pod,
            uid: rng.uuid(),
            node,
            ip: format!("172.16.{subnet}.{}", rng.between(10, 250)),
            owner,
            hash,
            from,
            to: self.day.1 + 24 * 3600 * SECOND,
            down: Vec::new(),
        });
        self.pods.len() - 1
    }

    /// Returns the workload of that name; the fleet's first for a name it does not have.
    pub fn find(&self, name: &str) -> usize {
        FLEET.iter().position(|workload| workload.name == name).unwrap_or(0)
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
