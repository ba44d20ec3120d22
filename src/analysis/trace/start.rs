//! Where a trace begins: findings about one entity grouped into one start. Knows no events and no
//! operations.

use model::entity::Entity;
use model::report::{Evidence, Finding, Severity};
use model::time::Ts;
use std::cmp::Reverse;

/// Where a trace begins.
#[derive(Clone, Debug)]
pub struct Start {
    /// Deterministic: `t` and a hash.
    pub id: String,
    /// Id of the finding it begins with; `None` for a pod and a time.
    pub finding: Option<String>,
    /// The Kubernetes objects that show the symptom.
    pub entity: Entity,
    /// When the symptom began.
    pub ts: Ts,
    /// When it last occurred.
    pub last_ts: Ts,
    /// The symptom in a sentence.
    pub what: String,
    /// The same in Chinese.
    pub zh: String,
    /// True for an event, false for an error in a log.
    pub is_event: bool,
    /// True if nothing is wrong at that time, as far as the logs show.
    pub is_calm: bool,
    /// Log lines of the symptom.
    pub evidence: Vec<Evidence>,
}

/// A burst of errors of one workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Burst {
    /// Its first error.
    pub from: Ts,
    /// Its last error.
    pub to: Ts,
    /// Number of errors.
    pub errors: i64,
}

/// Groups findings that may be one symptom, sets the trace of each, and returns a start for each
/// group: business first, then the gravest, then the earliest. Findings about one entity are two symptoms if
/// more than two hours, or an event and an error more than two minutes, are between them.
pub fn starts_of(findings: &mut [Finding]) -> Vec<Start> {
    const GAP_S: f64 = 7200.0;
    const EVENT_GAP_S: f64 = 120.0;
    let mut traced: Vec<&mut Finding> = findings.iter_mut().filter(|finding| is_traced(finding)).collect();
    // users notice business errors first
    traced.sort_by_key(|f| (agent_rank(&f.agent), Reverse(f.severity), f.first_ts, f.id.clone()));
    let mut starts: Vec<Start> = Vec::new();
    for finding in traced {
        let near = starts.iter().find(|start| {
            is_same_object(&start.entity, &finding.entity)
                && start.ts.since_s(finding.first_ts).abs()
                    <= if start.is_event == (finding.agent == "event") { GAP_S } else { EVENT_GAP_S }
        });
        let id = match near {
            Some(start) => start.id.clone(),
            None => {
                let start = Start::of_finding(finding);
                let id = start.id.clone();
                starts.push(start);
                id
            }
        };
        finding.trace = Some(id);
    }
    starts
}

/// Returns true for findings of medium severity or above; those of the audit agent are causes, not symptoms.
fn is_traced(finding: &Finding) -> bool {
    finding.agent != "audit" && finding.severity >= Severity::Medium
}

fn agent_rank(agent: &str) -> u8 {
    match agent {
        "business" => 0,
        "standard" => 1,
        _ => 2,
    }
}

fn is_same_object(one: &Entity, other: &Entity) -> bool {
    match (&one.workload, &other.workload) {
        (Some(a), Some(b)) => a == b && one.namespace == other.namespace,
        (None, None) => one.label() == other.label(),
        _ => false,
    }
}

impl Start {
    fn of_finding(finding: &Finding) -> Self {
        Self {
            id: format!("t{}", finding.id),
            finding: Some(finding.id.clone()),
            entity: finding.entity.clone(),
            ts: finding.first_ts,
            last_ts: finding.last_ts,
            what: finding.summary.clone(),
            zh: finding.zh.summary.clone().unwrap_or_else(|| finding.summary.clone()),
            is_event: finding.agent == "event",
            is_calm: false,
            evidence: finding.evidence.clone(),
        }
    }

    /// Returns the texts of the symptom, on which mechanisms and names are matched.
    pub fn text(&self) -> String {
        let mut text = self.what.clone();
        for line in &self.evidence {
            text.push('\n');
            text.push_str(&line.text);
        }
        text
    }
}
