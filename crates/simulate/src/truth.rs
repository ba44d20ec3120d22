//! What really happened on a simulated day: the content of `truth.json`, for whoever scores a
//! report against it. Data only; must not know how a day is made.

use serde::{Deserialize, Serialize};

/// What really happened: `truth.json`. Times are RFC 3339, UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Scenario.
    pub scenario: String,
    /// Seed.
    pub seed: u64,
    /// Start of the day, inclusive.
    pub from: String,
    /// End of the day, exclusive.
    pub to: String,
    /// The incident's first business error.
    pub symptom: Symptom,
    /// The operation behind it. `None` if there was none, if no record of it reached the logs, or if
    /// two operations could each be it and the logs do not decide.
    pub cause: Option<Cause>,
    /// The first event of each reason between the cause and the end of the incident.
    pub events: Vec<Seen>,
    /// The verdict a good trace reaches: `confirmed`, `likely` or `inconclusive`.
    pub verdict: String,
    /// Further verdicts that are as good; empty if there is only that one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdict_ok: Vec<String>,
    /// Audit ids of other parts of the same operation: each names the cause as well. Without a cause,
    /// those of operations that could each be it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cause_alternatives: Vec<String>,
}

/// The first business error of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symptom {
    /// Namespace.
    pub namespace: String,
    /// Workload.
    pub workload: String,
    /// Pod.
    pub pod: String,
    /// Event time of the line.
    pub ts: String,
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
