//! What a person has traced: a pod, a workload or a node at a time, or a request. A name that no
//! row has, and a time without an error, are said to be so. Links no event and no operation to it.

use crate::analysis::evidence::evidence_of;
use crate::analysis::trace::reason::ReasonKind;
use crate::analysis::trace::start::Start;
use crate::query::engine::Engine;
use crate::query::literal::quoted;
use crate::query::nearest::nearest;
use crate::query::rows::rows;
use model::entity::{Entity, workload_of_pod};
use model::error::{Error, Result};
use model::report::{Evidence, Reason};
use model::time::{Ts, Window};
use std::collections::BTreeSet;

/// Seconds before and after the time in which its errors are looked for.
const SYMPTOM_S: (i64, i64) = (900, 60);
/// Seconds before and after the time to which errors of one kind are followed.
const FOLLOWED_S: (i64, i64) = (4 * 3600, 3600);
/// Seconds without an error of one kind that end their stretch.
const PAUSE_S: f64 = 60.0;
/// The kind of an error: its message without numbers and ids. Templates mask the names of callees too.
const KIND: &str = "regexp_replace(substr(message, 1, 300), '[0-9a-fA-F]*[0-9][0-9a-fA-F]*', '#', 'g')";

/// The object that is to be traced.
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

    /// Returns the name as a person writes it.
    fn label(&self) -> String {
        match self {
            Self::Pod(namespace, name) => format!("{namespace}/{name}"),
            Self::Node(node) => node.clone(),
        }
    }

    /// Returns the condition on rows about the subject, and the one on its names in events and audit events.
    fn conditions(&self) -> (String, String) {
        match self {
            Self::Pod(namespace, name) => {
                let (namespace, name) = (quoted(namespace), quoted(name));
                let own = format!("namespace = '{namespace}' and (pod = '{name}' or workload = '{name}')");
                (own, format!("namespace = '{namespace}' and name = '{name}'"))
            }
            Self::Node(node) => {
                let node = quoted(node);
                (format!("node = '{node}'"), format!("name = '{node}'"))
            }
        }
    }

    /// Returns the tables with its errors, and their condition.
    fn errors(&self) -> (&'static [&'static str], String) {
        let own = self.conditions().0;
        match self {
            Self::Pod(..) => (&["business", "standard"], format!("{own} and level in ('error', 'fatal')")),
            Self::Node(_) => (&["event"], format!("{own} and level in ('warn', 'error')")),
        }
    }

    /// Returns the start of the subject at a time that its errors or events last until another.
    fn start(&self, (ts, last_ts): (Ts, Ts), evidence: Vec<Evidence>, is_calm: bool) -> Start {
        let label = self.label();
        let entity = match self {
            Self::Pod(namespace, pod) => {
                let workload = workload_of_pod(pod, None);
                Entity {
                    namespace: Some(namespace.clone()),
                    workload: Some(workload.to_owned()),
                    pod: (workload != pod).then(|| pod.clone()),
                    ..Entity::default()
                }
            }
            Self::Node(node) => Entity { node: Some(node.clone()), ..Entity::default() },
        };
        let id = blake3::hash(format!("{label}\n{}", ts.0).as_bytes()).to_hex();
        let nearest = evidence.iter().min_by_key(|line| line.ts.0.abs_diff(ts.0));
        let line = nearest
            .map_or_else(String::new, |line| format!(": {}", line.text.lines().next().unwrap_or_default()));
        Start {
            id: format!("t{}", id.get(..12).unwrap_or_default()),
            finding: None,
            what: format!("{label} at that time{line}"),
            zh: format!("{label} 当时{line}"),
            entity,
            ts,
            last_ts,
            is_event: matches!(self, Self::Node(_)),
            is_calm,
            evidence,
        }
    }
}

/// Returns the start of a subject and a time: the onset of the errors that lie nearest to it, within the 15 minutes
/// before and the minute after. Without an error it is the time itself, and calm unless events say otherwise.
pub async fn start_at(engine: &Engine, subject: &Subject, at: Ts) -> Result<Start> {
    let stretch = match subject {
        Subject::Pod(..) => stretch(engine, subject, at).await?,
        Subject::Node(_) => None,
    };
    let (from, to) = stretch.unwrap_or((at, at));
    let lines = nearest_lines(engine, subject, from).await?;
    let is_calm = lines.is_empty() && !has_trouble(engine, subject, at).await?;
    Ok(subject.start((from, to), lines, is_calm))
}

/// Returns the first five errors of a subject by their distance from a time, in the order of time.
async fn nearest_lines(engine: &Engine, subject: &Subject, at: Ts) -> Result<Vec<Evidence>> {
    let (tables, condition) = subject.errors();
    let mut lines = Vec::new();
    for table in tables {
        let sql = format!(
            "select row_id from {table} where {condition} and {} order by {}, row_id limit 5",
            between(at, SYMPTOM_S),
            distance(at),
        );
        let batches = engine.query(&sql).await?;
        let ids = rows(&batches).filter_map(|row| row.text("row_id").map(str::to_owned)).collect();
        lines.extend(evidence_of(engine, table, &ids).await?.into_values());
    }
    lines.sort_by_key(|line| (line.ts, line.row_id.clone()));
    Ok(lines)
}

/// Returns the first and the last of the errors of one kind without a pause, of the kind that lies nearest to a time.
async fn stretch(engine: &Engine, subject: &Subject, at: Ts) -> Result<Option<(Ts, Ts)>> {
    let (tables, condition) = subject.errors();
    let of_tables = |within: (i64, i64)| {
        let within = between(at, within);
        let selects = tables.iter().map(|table| {
            format!("select ts, row_id, {KIND} as kind from {table} where {condition} and {within}")
        });
        selects.collect::<Vec<_>>().join(" union all ")
    };
    let nearest = format!("{} order by {}, row_id limit 1", of_tables(SYMPTOM_S), distance(at));
    let batches = engine.query(&nearest).await?;
    let Some(row) = rows(&batches).next() else { return Ok(None) };
    let Some(nearest) = row.ts("ts") else { return Ok(None) };
    let kind = quoted(row.text("kind").unwrap_or_default());
    let slots = format!(
        "select min(ts) as from_ts, max(ts) as to_ts from ({}) as errors where kind = '{kind}'
         group by date_bin(interval '10 seconds', ts) order by from_ts",
        of_tables(FOLLOWED_S),
    );
    let batches = engine.query(&slots).await?;
    let slots: Vec<(Ts, Ts)> =
        rows(&batches).filter_map(|row| Some((row.ts("from_ts")?, row.ts("to_ts")?))).collect();
    let mut stretch = (nearest, nearest);
    for (from, to) in slots.iter().rev().filter(|slot| slot.0 <= nearest) {
        if stretch.0.since_s(*to) > PAUSE_S {
            break;
        }
        stretch.0 = stretch.0.min(*from);
    }
    for (from, to) in slots.iter().filter(|slot| slot.1 >= nearest) {
        if from.since_s(stretch.1) > PAUSE_S {
            break;
        }
        stretch.1 = stretch.1.max(*to);
    }
    Ok(Some(stretch))
}

/// Returns true if a warning event near a time is about the subject, and its pod wrote no line after it.
async fn has_trouble(engine: &Engine, subject: &Subject, at: Ts) -> Result<bool> {
    let (own, named) = subject.conditions();
    let sql = format!(
        "select 1 from event where ({own} or {named}) and level <> 'info' and {} and not exists (
             select 1 from (
                 select namespace, pod, ts from business where {own} and {} union all
                 select namespace, pod, ts from standard where {own} and {}
             ) as lines
             where lines.namespace = event.namespace and lines.pod = event.pod and lines.ts > event.ts
         ) limit 1",
        between(at, SYMPTOM_S),
        between(at, (SYMPTOM_S.0, 0)),
        between(at, (SYMPTOM_S.0, 0)),
    );
    Ok(rows(&engine.query(&sql).await?).next().is_some())
}

/// Returns the condition on rows that lie so many seconds before and after a time.
fn between(at: Ts, (before_s, after_s): (i64, i64)) -> String {
    format!("ts between '{}' and '{}'", at.plus_s(-before_s), at.plus_s(after_s))
}

/// Returns the seconds between a row and a time, in SQL.
fn distance(at: Ts) -> String {
    format!("abs(date_part('epoch', ts) - date_part('epoch', cast('{at}' as timestamp)))")
}

/// Returns why a start without log lines has none: its subject had no error then.
pub async fn no_symptom(engine: &Engine, subject: &Subject, at: Ts, window: Window) -> Result<Reason> {
    let (tables, condition) = subject.errors();
    let all: Vec<String> =
        tables.iter().map(|table| format!("select ts from {table} where {condition}")).collect();
    let sql =
        format!("select ts from ({}) as errors order by {} limit 1", all.join(" union all "), distance(at));
    let nearest = rows(&engine.query(&sql).await?).next().and_then(|row| row.ts("ts"));
    let local = |ts: Ts| ts.local(window.zone);
    Ok(match nearest {
        Some(ts) => ReasonKind::ErrorsElsewhere(local(ts)),
        None => ReasonKind::NoErrors(format!("{} – {}", local(window.from), local(window.to))),
    }
    .reason())
}

/// Returns an error with the nearest name if no row of the engine's window or history is about the subject.
///
/// # Errors
/// Missing: the lake does not know the subject, or has no rows at that time.
pub async fn ensure_known(engine: &Engine, subject: &Subject, window: Window) -> Result<()> {
    const TABLES: [&str; 4] = ["business", "standard", "event", "audit"];
    let (own, named) = subject.conditions();
    for (at, table) in TABLES.into_iter().enumerate() {
        let condition = if at < 2 { own.clone() } else { format!("({own} or {named})") };
        for place in ["", "history."] {
            let sql = format!("select 1 from {place}{table} where {condition} limit 1");
            if rows(&engine.query(&sql).await?).next().is_some() {
                return Ok(());
            }
        }
    }
    let span = format!("{} – {}", window.from.local(window.zone), window.to.local(window.zone));
    let column = match subject {
        Subject::Pod(..) => "namespace || '/' || workload",
        Subject::Node(_) => "node",
    };
    let names = TABLES.map(|table| format!("select distinct {column} as name from {table}"));
    let batches = engine.query(&names.join(" union ")).await?;
    let names: BTreeSet<String> =
        rows(&batches).filter_map(|row| row.text("name").map(str::to_owned)).collect();
    let label = subject.label();
    if names.is_empty() {
        return Err(Error::missing(format!("the lake has no rows of that time, {span}"))
            .hint("`headwater lake status` shows which days it has"));
    }
    let missing = Error::missing(format!("no log line, event or audit event is about `{label}`, {span}"));
    Err(match nearest(&label, names.iter().map(String::as_str)) {
        Some(name) => missing.hint(format!("did you mean `{name}`?")),
        None => missing
            .hint("`headwater sql \"select distinct namespace, workload, node from business\"` lists names"),
    })
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
