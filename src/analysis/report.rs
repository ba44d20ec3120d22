//! The report: what the agents found and the traces say, with what it all rests on. Ids are
//! deterministic and lists stably sorted, so that two days diff. "No data" stands on its own.

use crate::analysis::agent::{AgentReport, rows_of};
use crate::lake::catalog::Catalog;
use crate::query::engine::Engine;
use format::reader::origin_of;
use model::error::{Error, Problem, Result};
use model::report::{Coverage, Finding, Gone, REPORT_SCHEMA, Report, RunInfo, Status, TableCoverage, Trace};
use model::table::Table;
use model::time::{Ts, Window};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Returns what the window rests on: rows, what was not understood, hours without data, and
/// objects that were not read or only in part.
pub async fn coverage(engine: &Engine, catalog: &Catalog, window: Window) -> Result<Coverage> {
    let mut coverage = Coverage::default();
    let mut sources = BTreeSet::new();
    for table in Table::ALL {
        let name = table.name();
        let sql = format!(
            "select cast(floor(date_part('epoch', ts) / 3600) as bigint) as hour, source, count(*) as rows
             from {name} group by 1, 2"
        );
        let mut rows = 0;
        let mut hours = BTreeSet::new();
        for row in rows_of(&engine.query(&sql).await?)? {
            let number = |name: &str| row.get(name).and_then(Value::as_i64).unwrap_or(0);
            rows += number("rows").unsigned_abs();
            hours.insert(number("hour"));
            sources.extend(row.get("source").and_then(Value::as_str).map(str::to_owned));
        }
        coverage.tables.push(TableCoverage {
            table: table.name().into(),
            rows,
            unparsed: unparsed(engine, table).await?,
            hours_without_data: hours_missing(window, &hours),
        });
    }
    coverage.objects = sources.len() as u64;
    let date = window.date();
    for state in ["damaged", "rejected", "lost"] {
        for object in catalog.objects(Some(state))? {
            let is_of_day = origin_of(&object.key).day == Some(date)
                || catalog
                    .files_with(&BTreeSet::from([object.id.clone()]))?
                    .iter()
                    .any(|file| file.date == date.to_string());
            if !is_of_day {
                continue;
            }
            coverage.problems.push(Problem {
                step: "ingest".into(),
                what: format!("the object was {state}: {}", object.reason.unwrap_or_default()),
                place: Some(object.key),
                hint: Some("`headwater inspect` on it shows what can be read".into()),
            });
        }
    }
    Ok(coverage)
}

/// Returns the rows that no format understood; only text can be such.
async fn unparsed(engine: &Engine, table: Table) -> Result<u64> {
    if !matches!(table, Table::Business | Table::Standard) {
        return Ok(0);
    }
    let sql = format!(
        "select count(*) as n from {} where level is null and attrs like '%\"unparsed\":%'",
        table.name()
    );
    let rows = rows_of(&engine.query(&sql).await?)?;
    Ok(rows.first().and_then(|row| row.get("n")?.as_u64()).unwrap_or(0))
}

fn hours_missing(window: Window, hours: &BTreeSet<i64>) -> Vec<String> {
    const HOUR: i64 = 3_600_000_000;
    (window.from.0.div_euclid(HOUR)..=(window.to.0 - 1).div_euclid(HOUR))
        .filter(|hour| !hours.contains(hour))
        .map(|hour| Ts(hour * HOUR).utc().with_timezone(&window.zone).format("%Y-%m-%d %H:%M").to_string())
        .collect()
}

/// Returns the report kept for a day, or the last one.
pub fn kept(catalog: &Catalog, date: Option<&str>) -> Result<Option<Report>> {
    let last = if date.is_none() { catalog.last_report_date()? } else { None };
    let Some(date) = date.or(last.as_deref()) else { return Ok(None) };
    let Some(text) = catalog.report(date)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|error| {
        Error::failed(format!("the report kept for {date} cannot be read"))
            .because(error)
            .hint(format!("`headwater analyze --date {date}` makes it anew"))
    })
}

/// Returns the report that holds a finding, and the finding's place in it: of a day, else the last that
/// has it. `id` may be a beginning that no other finding of the report has.
pub fn finding(catalog: &Catalog, id: &str, date: Option<&str>) -> Result<(Report, usize)> {
    let days = match date {
        Some(date) => vec![date.to_owned()],
        None => catalog
            .report_dates_with(&format!("\"id\":\"{}", Value::from(id).to_string().trim_matches('"')))?,
    };
    for day in days.iter().filter(|_| !id.is_empty()) {
        let Some(report) = kept(catalog, Some(day))? else { continue };
        let of_id = |finding: &Finding| finding.id == id;
        let begins = |finding: &Finding| finding.id.starts_with(id);
        if let Some(at) = report.findings.iter().position(of_id) {
            return Ok((report, at));
        }
        if let Some(at) = report.findings.iter().position(begins) {
            let count = report.findings.iter().filter(|finding| begins(finding)).count();
            if count > 1 {
                return Err(Error::usage(format!("{count} findings of {day} begin with `{id}`"))
                    .hint("write more of it"));
            }
            return Ok((report, at));
        }
    }
    let of = date.map(|date| format!(" of {date}")).unwrap_or_default();
    Err(Error::missing(format!("no kept report{of} has a finding `{id}`"))
        .hint("`headwater analyze --date D` keeps a day's report"))
}

/// Returns the trace of a finding of a kept report.
pub fn trace_of(catalog: &Catalog, id: &str, date: Option<&str>) -> Result<Trace> {
    let (report, at) = finding(catalog, id, date)?;
    let trace = report.findings.get(at).and_then(|finding| finding.trace.as_ref());
    report.traces.iter().find(|of| Some(&of.id) == trace).cloned().ok_or_else(|| {
        Error::missing(format!("finding `{id}` has no trace"))
            .hint("findings below medium, and those of the audit agent, begin none")
    })
}

/// Puts a report together. `before` is the report of the day before, where there is one.
pub fn assemble(
    run: RunInfo,
    mut coverage: Coverage,
    agents: Vec<AgentReport>,
    mut findings: Vec<Finding>,
    traces: Vec<Trace>,
    problems: Vec<Problem>,
    before: Option<&Report>,
) -> Report {
    coverage.problems.extend(problems);
    coverage.problems.sort();
    coverage.problems.dedup();
    let gone = compare(&mut findings, before);
    findings.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then(a.first_ts.cmp(&b.first_ts)).then_with(|| a.id.cmp(&b.id))
    });
    let place: BTreeMap<&str, usize> =
        findings.iter().enumerate().map(|(at, finding)| (finding.id.as_str(), at)).collect();
    let mut traces = traces;
    traces.sort_by_key(|trace| {
        (trace.finding.as_deref().and_then(|id| place.get(id).copied()), trace.id.clone())
    });
    let mut summaries = Vec::new();
    let mut suppressed = Vec::new();
    for agent in agents {
        summaries.push(agent.summary);
        suppressed.extend(agent.suppressed);
    }
    Report {
        schema: REPORT_SCHEMA.into(),
        run,
        coverage,
        findings,
        traces,
        agents: summaries,
        gone,
        suppressed,
    }
}

/// Gives each finding its status against the day before, and returns what did not come back.
fn compare(findings: &mut [Finding], before: Option<&Report>) -> Vec<Gone> {
    let Some(before) = before else { return Vec::new() };
    for finding in findings.iter_mut() {
        let earlier = before.findings.iter().find(|b| b.rule == finding.rule && b.entity == finding.entity);
        finding.status = match earlier {
            None => Status::New,
            Some(b) if finding.severity > b.severity || finding.count >= 2 * b.count.max(1) => Status::Worse,
            Some(b) if finding.count * 2 <= b.count => Status::Better,
            Some(_) => Status::Ongoing,
        };
    }
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
