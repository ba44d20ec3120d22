//! What really happened on a simulated day: the content of `truth.json`, for whoever scores a
//! report against it. Data only; must not know how a day is made.

use serde::{Deserialize, Deserializer, Serialize};

/// What really happened: `truth.json`, that of a recording too. Times are RFC 3339, UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Start of the day, inclusive.
    pub from: String,
    /// End of the day, exclusive.
    pub to: String,
    /// Seed of the simulation; 0 for a recording.
    #[serde(default)]
    pub seed: u64,
    /// What broke: one incident of a simulation, many of a recording.
    pub incidents: Vec<Incident>,
}

/// Something that broke, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Name, unique in the day.
    pub id: String,
    /// Scenario of the simulation, or what was done on the recorded cluster.
    pub kind: String,
    /// Namespace of the first error line.
    #[serde(deserialize_with = "name")]
    pub namespace: String,
    /// Workload of that line.
    pub workload: String,
    /// Pod of that line.
    #[serde(deserialize_with = "name")]
    pub pod: String,
    /// Event time of that line.
    pub symptom_ts: String,
    /// The operation behind it. `None` if there was none, if no record of it reached the logs, or if
    /// two operations could each be it and the logs do not decide.
    pub cause: Option<Cause>,
    /// Audit ids of other parts of the same operation: each names the cause as well. Without a cause,
    /// those of operations that could each be it.
    #[serde(default)]
    pub cause_alternatives: Vec<String>,
    /// Audit ids of operations that brought the cause to light, such as a restart.
    #[serde(default)]
    pub triggers: Vec<String>,
    /// The verdict a good trace reaches: `confirmed`, `likely` or `inconclusive`.
    pub verdict: String,
    /// All verdicts that are right; empty if there is only that one.
    #[serde(default)]
    pub verdict_ok: Vec<String>,
    /// The first event of each reason between the cause and the end of the incident, if they are known.
    #[serde(default)]
    pub events: Vec<Seen>,
}

/// Reads a name; null, as of the namespace of a node, is the empty text.
fn name<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    Option::<String>::deserialize(value).map(Option::unwrap_or_default)
}

/// The audited operation behind an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// auditID.
    pub audit_id: String,
    /// requestReceivedTimestamp.
    pub ts: String,
    /// user.username.
    pub username: String,
    /// Verb.
    pub verb: String,
    /// Resource, plural.
    pub resource: String,
    /// Namespace; empty for an object of the whole cluster.
    #[serde(deserialize_with = "name")]
    pub namespace: String,
    /// Object name.
    pub name: String,
}

/// A reason seen in the events of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Event reason.
    pub reason: String,
    /// When it first appeared.
    pub ts: String,
}
