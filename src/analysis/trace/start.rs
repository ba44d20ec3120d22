//! Where a trace begins: findings about one entity grouped into one start, or a pod, workload or
//! node and a time that a person names. Knows no events and no operations.

use crate::analysis::evidence::evidence_of;
use crate::query::engine::Engine;
use crate::query::literal::quoted;
use crate::query::rows::rows;
use model::entity::{Entity, workload_of_pod};
use model::error::{Error, Result};
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

/// The object that a person wants to have traced.
#[derive(Clone, Debug)]
pub enum Subject {
    /// Namespace, and the name of a pod or workload.
    Pod(String, String),
    /// Name of a node.
    Node(String),
}

impl Subject {
    /// Parses `NAMESPACE/NAME` of a pod or a workload.
    pub fn named(text: &str) -> Result<Self> {
        let (namespace, name) = text
            .split_once('/')
            .ok_or_else(|| Error::usage(format!("`{text}` has no namespace")).hint("write NAMESPACE/NAME"))?;
        Ok(Self::Pod(namespace.to_owned(), name.to_owned()))
    }
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
            last_ts: ts,
            is_event: matches!(subject, Subject::Node(_)),
            evidence,
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

/// Returns the start of a subject and a time. Its log lines are the subject's errors, or for a node
/// the events about it, in the 15 minutes before and the minute after.
pub async fn start_at(engine: &Engine, subject: &Subject, at: Ts) -> Result<Start> {
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
             order by abs(date_part('epoch', ts) - date_part('epoch', cast('{at}' as timestamp))), row_id limit 5",
            at.plus_s(-900),
            at.plus_s(60),
        );
        let batches = engine.query(&sql).await?;
        let ids = rows(&batches).filter_map(|row| row.text("row_id").map(str::to_owned)).collect();
        lines.extend(evidence_of(engine, table, &ids).await?.into_values());
    }
    lines.sort_by_key(|line| (line.ts, line.row_id.clone()));
    Ok(Start::of_subject(subject, at, lines))
}

/// Returns the subject and time of a request by its trace id: those of its first error in `business`,
/// else of its first line.
pub async fn subject_of_trace(engine: &Engine, trace_id: &str) -> Result<(Subject, Ts)> {
    let sql = format!(
        "select namespace, coalesce(pod, workload) as pod, ts from business
         where trace_id = '{}' and namespace is not null and coalesce(pod, workload) is not null
         order by case when level in ('error', 'fatal') then 0 else 1 end, ts, row_id limit 1",
        quoted(trace_id)
    );
    let batches = engine.query(&sql).await?;
    let subject = rows(&batches).next().and_then(|row| {
        let subject = Subject::Pod(row.text("namespace")?.to_owned(), row.text("pod")?.to_owned());
        Some((subject, row.ts("ts")?))
    });
    subject.ok_or_else(|| {
        Error::missing(format!("no business line has the trace id `{trace_id}`"))
            .hint("`headwater sql \"select distinct trace_id from business limit 5\"` lists some")
    })
}
