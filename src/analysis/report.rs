//! The report: findings, traces and the coverage of the data. Ids are deterministic and lists stably
//! sorted, so that the reports of two days can be compared. Missing data is not "no finding".

use crate::analysis::agent::AgentFindings;
use crate::analysis::clocks;
use crate::analysis::incident::incidents;
use crate::lake::catalog::Catalog;
use crate::query::engine::Engine;
use crate::query::rows::rows;
use format::origin_of;
use model::error::{Error, Problem, Result};
use model::report::{Coverage, Finding, Gone, REPORT_SCHEMA, Report, RunInfo, Status, TableCoverage, Trace};
use model::table::Table;
use model::time::{Ts, Window};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Returns the coverage of a window: rows, unparsed rows, hours without data, and the objects that
/// were not read or only in part.
pub async fn coverage(engine: &Engine, catalog: &Catalog, window: Window) -> Result<Coverage> {
    let mut coverage = Coverage::default();
    let mut sources = BTreeSet::new();
    for table in Table::LOGS {
        coverage.tables.push(table_coverage(engine, table, window, &mut sources).await?);
    }
    coverage.objects = sources.len() as u64;
    let date = window.date();
    for object in catalog.unread_objects()? {
        let has_rows = || catalog.has_rows(&object.id, &date.to_string());
        if origin_of(&object.key).day != Some(date) && !has_rows()? {
            continue;
        }
        coverage.problems.push(Problem {
            step: "ingest".into(),
            what: format!("the object was {}: {}", object.state, object.reason.unwrap_or_default()),
            place: Some(object.key),
            hint: Some("`headwater inspect` on it shows what can be read".into()),
        });
    }
    coverage.problems.extend(clocks::problem(engine, window).await?);
    Ok(coverage)
}

/// Returns the coverage of one table, and adds the keys of the objects that its rows come from to `sources`.
pub async fn table_coverage(
    engine: &Engine,
    table: Table,
    window: Window,
    sources: &mut BTreeSet<String>,
) -> Result<TableCoverage> {
    let name = table.name();
    // a row that has the time of its object says nothing about an hour
    let dated = match table {
        Table::Business | Table::Standard => {
            r#"bool_or(attrs is null or attrs not like '%"ts_source":"object"%')"#
        }
        Table::Event | Table::Audit | Table::State => "bool_or(true)",
    };
    let sql = format!(
        "select cast(floor(date_part('epoch', ts) / 3600) as bigint) as hour, source, count(*) as rows,
         max(ts) as last_ts, cast({dated} as int) as dated from {name} group by 1, 2"
    );
    let mut count = 0;
    let mut hours = BTreeSet::new();
    let mut last_ts = None;
    for row in rows(&engine.query(&sql).await?) {
        count += row.int("rows").unwrap_or(0).unsigned_abs();
        if row.int("dated") == Some(1) {
            hours.insert(row.int("hour").unwrap_or(0));
            last_ts = last_ts.max(row.ts("last_ts"));
        }
        sources.extend(row.text("source").map(str::to_owned));
    }
    Ok(TableCoverage {
        table: table.name().into(),
        rows: count,
        unparsed: unparsed(engine, table).await?,
        last_ts,
        hours_without_data: hours_missing(window, &hours),
    })
}

/// Returns the number of rows that no format matched; only text tables can have some.
async fn unparsed(engine: &Engine, table: Table) -> Result<u64> {
    if !matches!(table, Table::Business | Table::Standard) {
        return Ok(0);
    }
    let sql = format!(
        "select count(*) as n from {} where level is null and attrs like '%\"unparsed\":%'",
        table.name()
    );
    let batches = engine.query(&sql).await?;
    let count = rows(&batches).next().and_then(|row| row.int("n")).unwrap_or(0);
    Ok(count.unsigned_abs())
}

fn hours_missing(window: Window, hours: &BTreeSet<i64>) -> Vec<String> {
    const HOUR: i64 = 3_600_000_000;
    (window.from.0.div_euclid(HOUR)..=(window.to.0 - 1).div_euclid(HOUR))
        .filter(|hour| !hours.contains(hour))
        .map(|hour| Ts(hour * HOUR).utc().with_timezone(&window.zone).format("%Y-%m-%d %H:%M").to_string())
        .collect()
}

/// Returns the saved report of a day, else the last one.
pub fn saved(catalog: &Catalog, date: Option<&str>) -> Result<Option<Report>> {
    let last = if date.is_none() { catalog.last_report_date()? } else { None };
    let Some(date) = date.or(last.as_deref()) else { return Ok(None) };
    let Some(text) = catalog.report(date)? else { return Ok(None) };
    parse(&text).map(Some).map_err(|error| {
        Error::failed(format!("cannot read the saved report of {date}"))
            .because(error)
            .hint(format!("`headwater analyze --date {date}` makes a new one"))
    })
}

/// Returns the saved report of a day if the day's rows have not changed since.
pub fn up_to_date(catalog: &Catalog, date: &str) -> Result<Option<Report>> {
    let is_current =
        catalog.is_expired(date)? || catalog.reported_fingerprint(date)? == catalog.day_fingerprint(date)?;
    if is_current { saved(catalog, Some(date)) } else { Ok(None) }
}

/// Parses a saved report. An earlier version had no incidents: they are made from what it has.
pub fn parse(text: &str) -> serde_json::Result<Report> {
    let mut report: Report = serde_json::from_str(text)?;
    if report.incidents.is_empty() {
        regroup(&mut report);
    }
    Ok(report)
}

/// Makes the incidents of a report anew from its findings and traces.
pub fn regroup(report: &mut Report) {
    let end = report.coverage.tables.iter().filter_map(|table| table.last_ts).max().unwrap_or(report.run.to);
    report.incidents = incidents(&mut report.findings, &mut report.traces, end);
}

/// Returns an id as it is saved from one as a brief cites it: `[F:3f2a]`, `T:t3f2a`, `3f2a…`.
pub fn uncited(id: &str) -> &str {
    let id = id.trim().trim_start_matches('[').trim_end_matches(']').trim_end_matches(['…', '.']);
    ["F:", "T:", "A:"].iter().find_map(|kind| id.strip_prefix(kind)).unwrap_or(id)
}

/// Returns the days, newest first, whose reports have an id that begins so, or the given one.
fn days_with(catalog: &Catalog, id: &str, date: Option<&str>) -> Result<Vec<String>> {
    match date {
        _ if id.is_empty() => Ok(Vec::new()),
        Some(date) => Ok(vec![date.to_owned()]),
        None => {
            catalog.report_dates_with(&format!("\"id\":\"{}", Value::from(id).to_string().trim_matches('"')))
        }
    }
}

/// Returns the report with a finding, and the index of the finding in it: the report of a day, else
/// the last one that has the finding. A prefix of the id is enough if no other finding has it.
pub fn finding(catalog: &Catalog, id: &str, date: Option<&str>) -> Result<(Report, usize)> {
    let ids = |report: &Report| -> Vec<String> {
        report.findings.iter().map(|finding| finding.id.clone()).collect()
    };
    locate(catalog, id, date, ("finding", ids))
}

/// Returns the report with an incident, and the index of the incident in it, as [`finding`] does.
pub fn incident(catalog: &Catalog, id: &str, date: Option<&str>) -> Result<(Report, usize)> {
    let ids = |report: &Report| -> Vec<String> {
        report.incidents.iter().map(|incident| incident.id.clone()).collect()
    };
    locate(catalog, id, date, ("incident", ids))
}

/// Returns the report that has an id of a kind, and the index of the id among those of the kind.
fn locate(
    catalog: &Catalog,
    id: &str,
    date: Option<&str>,
    (kind, ids): (&str, fn(&Report) -> Vec<String>),
) -> Result<(Report, usize)> {
    let id = uncited(id);
    for day in &days_with(catalog, id, date)? {
        let Some(report) = saved(catalog, Some(day))? else { continue };
        let ids = ids(&report);
        if let Some(at) = ids.iter().position(|of| of == id) {
            return Ok((report, at));
        }
        if let Some(at) = ids.iter().position(|of| of.starts_with(id)) {
            let count = ids.iter().filter(|of| of.starts_with(id)).count();
            if count > 1 {
                return Err(Error::usage(format!("{count} {kind}s of {day} begin with `{id}`"))
                    .hint("write more characters of the id"));
            }
            return Ok((report, at));
        }
    }
    let of = date.map(|date| format!(" of {date}")).unwrap_or_default();
    let article = if kind.starts_with('i') { "an" } else { "a" };
    Err(Error::missing(format!("no saved report{of} has {article} {kind} `{id}`"))
        .hint("`headwater analyze --date D` saves the report of a day"))
}

/// Returns the trace of a finding of a saved report.
pub fn trace_of(catalog: &Catalog, id: &str, date: Option<&str>) -> Result<Trace> {
    let id = uncited(id);
    // the id of a trace begins with a letter that no finding's has
    for day in days_with(catalog, id, date)?.iter().filter(|_| id.starts_with('t')) {
        let report = saved(catalog, Some(day))?;
        let mut traces = report.into_iter().flat_map(|report| report.traces);
        if let Some(trace) = traces.find(|trace| trace.id.starts_with(id)) {
            return Ok(trace);
        }
    }
    let (report, at) = finding(catalog, id, date)?;
    let trace = report.findings.get(at).and_then(|finding| finding.trace.as_ref());
    report.traces.iter().find(|of| Some(&of.id) == trace).cloned().ok_or_else(|| {
        Error::missing(format!("finding `{id}` has no trace"))
            .hint("findings below medium severity and those of the audit agent are not traced")
    })
}

/// The results of the steps before the report, in any order.
pub struct Parts {
    /// Results of the agents, without their findings.
    pub agents: Vec<AgentFindings>,
    /// Findings of all agents.
    pub findings: Vec<Finding>,
    /// Traces of the findings.
    pub traces: Vec<Trace>,
    /// Failures of all steps.
    pub problems: Vec<Problem>,
}

/// Returns the report of a window. `before` is the report of the day before, if there is one.
pub fn assemble(run: RunInfo, mut coverage: Coverage, parts: Parts, before: Option<&Report>) -> Report {
    let Parts { agents, mut findings, mut traces, problems } = parts;
    coverage.problems.extend(problems);
    coverage.problems.sort();
    coverage.problems.dedup();
    set_status(&mut findings, before);
    let gone = gone(&findings, before);
    sort(&mut findings);
    let place: BTreeMap<&str, usize> =
        findings.iter().enumerate().map(|(at, finding)| (finding.id.as_str(), at)).collect();
    traces.sort_by_key(|trace| {
        (trace.finding.as_deref().and_then(|id| place.get(id).copied()), trace.id.clone())
    });
    let mut summaries = Vec::new();
    let mut suppressed = Vec::new();
    for agent in agents {
        summaries.push(agent.summary);
        suppressed.extend(agent.suppressed);
    }
    let mut report = Report {
        schema: REPORT_SCHEMA.into(),
        run,
        coverage,
        incidents: Vec::new(),
        findings,
        traces,
        agents: summaries,
        gone,
        suppressed,
    };
    regroup(&mut report);
    report
}

/// Sorts findings: the most serious first, then the earliest.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then(a.first_ts.cmp(&b.first_ts)).then_with(|| a.id.cmp(&b.id))
    });
}

/// Sets the status of each finding against the day before.
pub fn set_status(findings: &mut [Finding], before: Option<&Report>) {
    let Some(before) = before else { return };
    for finding in findings.iter_mut() {
        let earlier = before.findings.iter().find(|b| b.rule == finding.rule && b.entity == finding.entity);
        finding.status = match earlier {
            None => Status::New,
            Some(b) if finding.severity > b.severity || finding.count >= 2 * b.count.max(1) => Status::Worse,
            Some(b) if finding.count * 2 <= b.count => Status::Better,
            Some(_) => Status::Ongoing,
        };
    }
}

/// Returns the findings of the day before that are gone.
fn gone(findings: &[Finding], before: Option<&Report>) -> Vec<Gone> {
    let Some(before) = before else { return Vec::new() };
    before
        .findings
        .iter()
        .filter(|b| !findings.iter().any(|finding| finding.rule == b.rule && finding.entity == b.entity))
        .map(|b| Gone {
            rule: b.rule.clone(),
            title: b.title.clone(),
            severity: b.severity,
            entity: b.entity.clone(),
            zh: b.zh.clone(),
        })
        .collect()
}
