//! Where traces begin: findings of one entity grouped into one start, or a pod and a time; and
//! the names that a start's texts mention.

use crate::entity::{Entity, workload_of_pod};
use crate::finding::{Evidence, Finding, Severity};
use crate::window::Ts;
use std::collections::BTreeSet;

/// Where a trace begins.
#[derive(Clone, Debug)]
pub struct Start {
    /// Deterministic.
    pub id: String,
    /// The finding it stands for.
    pub finding: Option<String>,
    /// What it is about.
    pub entity: Entity,
    /// When the symptom began.
    pub ts: Ts,
    /// What was found, in English and Chinese.
    pub what: String,
    /// In Chinese.
    pub zh: String,
    /// True when it is an event, not an error in a log.
    pub is_event: bool,
    /// Its log lines.
    pub evidence: Vec<Evidence>,
}

/// Names that a text may mention.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Namespaces.
    pub namespaces: BTreeSet<String>,
    /// Workloads and Services.
    pub names: BTreeSet<String>,
}

/// Groups findings that one symptom may be behind, marks each with its trace, and returns the
/// starts in the order of the findings. Findings of one entity that lie more than two hours
/// apart are two symptoms.
pub fn starts_of(findings: &mut [Finding]) -> Vec<Start> {
    const GAP_S: f64 = 7200.0;
    let mut order: Vec<usize> =
        (0..findings.len()).filter(|at| findings.get(*at).is_some_and(begins_trace)).collect();
    // business first: it is what people notice; then the gravest, then the earliest
    order.sort_by_key(|at| {
        findings
            .get(*at)
            .map(|f| (agent_rank(&f.agent), std::cmp::Reverse(f.severity), f.first_ts, f.id.clone()))
    });
    let mut starts: Vec<Start> = Vec::new();
    for at in order {
        let Some(finding) = findings.get_mut(at) else { continue };
        let near = starts.iter().find(|start| {
            same_thing(&start.entity, &finding.entity)
                && (start.ts.0 - finding.first_ts.0).abs() as f64 / 1e6 <= GAP_S
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

fn begins_trace(finding: &Finding) -> bool {
    finding.agent != "audit" && finding.severity >= Severity::Medium
}

fn agent_rank(agent: &str) -> u8 {
    match agent {
        "business" => 0,
        "standard" => 1,
        _ => 2,
    }
}

fn same_thing(one: &Entity, other: &Entity) -> bool {
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
            what: finding.summary.clone(),
            zh: finding.zh.summary.clone().unwrap_or_else(|| finding.summary.clone()),
            is_event: finding.agent == "event",
            evidence: finding.evidence.clone(),
        }
    }

    /// Returns the start of a pod (or workload) and a time.
    pub fn of_pod(namespace: &str, pod: &str, ts: Ts, evidence: Vec<Evidence>) -> Self {
        let workload = workload_of_pod(pod, None);
        let id = blake3::hash(format!("{namespace}\n{pod}\n{}", ts.0).as_bytes()).to_hex();
        let entity = Entity {
            namespace: Some(namespace.to_owned()),
            workload: Some(workload.to_owned()),
            pod: (workload != pod).then(|| pod.to_owned()),
            ..Entity::default()
        };
        let line = evidence
            .first()
            .map_or_else(String::new, |e| format!(": {}", e.text.lines().next().unwrap_or("")));
        Self {
            id: format!("t{}", id.get(..12).unwrap_or_default()),
            finding: None,
            what: format!("{namespace}/{pod} at that time{line}"),
            zh: format!("{namespace}/{pod} 当时{line}"),
            entity,
            ts,
            is_event: false,
            evidence,
        }
    }

    /// Returns the start's texts: what mechanisms are matched on.
    pub fn text(&self) -> String {
        let mut text = self.what.clone();
        for line in &self.evidence {
            text.push('\n');
            text.push_str(&line.text);
        }
        text
    }

    /// Returns the known names in the start's texts, each with its namespace where it is told:
    /// `payments-db:5432`, `payments-db.payments.svc`.
    pub fn mentions(&self, known: &Known) -> BTreeSet<(Option<String>, String)> {
        let mut found = BTreeSet::new();
        for word in self.text().split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))) {
            let mut labels = word.split('.');
            let Some(name) = labels.next().filter(|name| known.names.contains(*name)) else { continue };
            let namespace =
                labels.next().filter(|label| known.namespaces.contains(*label)).map(str::to_owned);
            found.insert((namespace, name.to_owned()));
        }
        found
    }
}
