//! Where traces begin: findings of one entity grouped into one start, or what a person asks about
//! and a time.

use crate::analysis::agent::{evidence_of, rows_of};
use crate::query::engine::Engine;
use model::entity::{Entity, workload_of_pod};
use model::error::{Error, Result};
use model::report::{Evidence, Finding, Severity};
use model::time::Ts;

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

/// What a person asks about.
#[derive(Clone, Debug)]
pub enum Subject {
    /// Namespace and pod, or workload.
    Pod(String, String),
    /// Node.
    Node(String),
}

impl Subject {
    /// Reads `NAMESPACE/NAME` of a pod or a workload.
    pub fn named(text: &str) -> Result<Self> {
        let (namespace, name) = text
            .split_once('/')
            .ok_or_else(|| Error::usage(format!("`{text}` names no namespace")).hint("write NS/NAME"))?;
        Ok(Self::Pod(namespace.to_owned(), name.to_owned()))
    }
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

    /// Returns the start of a subject and a time.
    fn of_subject(subject: &Subject, ts: Ts, evidence: Vec<Evidence>) -> Self {
        let (label, entity) = match subject {
            Subject::Pod(namespace, pod) => {
                let workload = workload_of_pod(pod, None);
                let entity = Entity {
                    namespace: Some(namespace.clone()),
                    workload: Some(workload.to_owned()),
                    pod: (workload != pod).then(|| pod.clone()),
                    ..Entity::default()
                };
                (format!("{namespace}/{pod}"), entity)
            }
            Subject::Node(node) => (node.clone(), Entity { node: Some(node.clone()), ..Entity::default() }),
        };
        let id = blake3::hash(format!("{label}\n{}", ts.0).as_bytes()).to_hex();
        let line = evidence
            .first()
            .map_or_else(String::new, |e| format!(": {}", e.text.lines().next().unwrap_or("")));
        Self {
            id: format!("t{}", id.get(..12).unwrap_or_default()),
            finding: None,
            what: format!("{label} at that time{line}"),
            zh: format!("{label} 当时{line}"),
            entity,
            ts,
            is_event: matches!(subject, Subject::Node(_)),
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
}

/// Returns the start of a subject and a time: what it logged as errors just before (of a node, the
/// events about it) is its text.
pub async fn start_at(engine: &Engine, subject: &Subject, at: Ts) -> Result<Start> {
    let quoted = |text: &str| text.replace('\'', "''");
    let (tables, condition): (&[&str], String) = match subject {
        Subject::Pod(namespace, pod) => (
            &["business", "standard"],
            format!(
                "namespace = '{}' and (pod = '{p}' or workload = '{p}') and level in ('error', 'fatal')",
                quoted(namespace),
                p = quoted(pod)
            ),
        ),
        Subject::Node(node) => {
            (&["event"], format!("node = '{}' and level in ('warn', 'error')", quoted(node)))
        }
    };
    let mut lines = Vec::new();
    for table in tables {
        let sql = format!(
            "select row_id from {table} where {condition} and ts between '{}' and '{}'
             order by ts desc, row_id limit 5",
            at.plus_s(-900),
            at.plus_s(60),
        );
        let rows = rows_of(&engine.query(&sql).await?)?;
        let ids = rows.iter().filter_map(|row| row.get("row_id")?.as_str().map(str::to_owned)).collect();
        lines.extend(evidence_of(engine, table, &ids).await?.into_values());
    }
    lines.sort_by_key(|line| (line.ts, line.row_id.clone()));
    Ok(Start::of_subject(subject, at, lines))
}

/// Returns the subject and time of a request by its trace id: the first error that carries it,
/// else its first line.
pub async fn subject_of_trace(engine: &Engine, trace_id: &str) -> Result<(Subject, Ts)> {
    let sql = format!(
        "select namespace, coalesce(pod, workload) as pod, ts from business
         where trace_id = '{}' and namespace is not null and coalesce(pod, workload) is not null
         order by case when level in ('error', 'fatal') then 0 else 1 end, ts, row_id limit 1",
        trace_id.replace('\'', "''")
    );
    let rows = rows_of(&engine.query(&sql).await?)?;
    let text = |name: &str| rows.first().and_then(|row| row.get(name)?.as_str());
    match (text("namespace"), text("pod"), text("ts")) {
        (Some(namespace), Some(pod), Some(ts)) => {
            Ok((Subject::Pod(namespace.to_owned(), pod.to_owned()), Ts::parse(ts, chrono_tz::UTC)?))
        }
        _ => Err(Error::missing(format!("no business line carries the trace id `{trace_id}`"))
            .hint("`headwater sql \"select distinct trace_id from business limit 5\"` shows some")),
    }
}
