//! The lower part of the page: the coverage of each log type, failed steps, findings that are gone or
//! suppressed.

use crate::brief::gaps::{TABLES, table_gaps};
use crate::brief::labels;
use crate::brief::notation::{LocalTime, grouped};
use crate::brief::page::TEXT;
use model::error::Problem;
use model::lang::Lang;
use model::report::{Gone, Report, Suppressed};
use model::table::Table;
use redact::sanitize::plain;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct TableRow {
    name: String,
    rows: String,
    empty: bool,
    unparsed: String,
    rules: u64,
    findings: u64,
    gaps: String,
    fields: String,
}

#[derive(Serialize)]
pub(super) struct ProblemLine {
    step: String,
    what: String,
    place: String,
    hint: String,
}

#[derive(Serialize)]
pub(crate) struct GoneLine {
    class: &'static str,
    severity: &'static str,
    title: String,
    entity: String,
}

#[derive(Serialize)]
pub(super) struct SuppressedLine {
    rule: String,
    exception: String,
    count: u64,
}

/// Returns one row per log type: what was read, and what its agent found.
pub(super) fn tables(report: &Report, local: &LocalTime, lang: Lang) -> Vec<TableRow> {
    let gaps = table_gaps(report);
    let row = |table: Table| {
        let cover = report.coverage.tables.iter().find(|cover| cover.table == table.name());
        let agents = || report.agents.iter().filter(|agent| agent.table == table.name());
        let gap = gaps.iter().find(|gap| gap.table == table);
        let fields = agents().flat_map(|agent| agent.fields_without_data.iter());
        let fields: Vec<String> = fields.map(|field| plain(field, 60)).collect();
        TableRow {
            name: labels::table(table, lang).into(),
            rows: grouped(cover.map_or(0, |cover| cover.rows)),
            empty: cover.is_none_or(|cover| cover.rows == 0),
            unparsed: grouped(cover.map_or(0, |cover| cover.unparsed)),
            rules: agents().map(|agent| agent.rules).sum(),
            findings: agents().map(|agent| agent.findings).sum(),
            gaps: match gap {
                None => String::new(),
                Some(gap) if gap.spans.is_empty() => lang.pick("整个时段", "the whole window").into(),
                Some(gap) => local.hour_spans(&gap.spans, lang),
            },
            fields: fields.join(", "),
        }
    };
    TABLES.into_iter().map(row).collect()
}

pub(super) fn problems(report: &Report) -> Vec<ProblemLine> {
    let agents = report.agents.iter().flat_map(|agent| &agent.problems);
    let mut all: Vec<&Problem> = report.coverage.problems.iter().chain(agents).collect();
    all.sort();
    all.dedup();
    let line = |problem: &Problem| ProblemLine {
        step: plain(&problem.step, 40),
        what: plain(&problem.what, TEXT),
        place: plain(problem.place.as_deref().unwrap_or_default(), 300),
        hint: plain(problem.hint.as_deref().unwrap_or_default(), TEXT),
    };
    all.into_iter().map(line).collect()
}

/// Returns the findings of the day before that the day no longer has.
pub(crate) fn gone(report: &Report, lang: Lang) -> Vec<GoneLine> {
    let line = |gone: &Gone| GoneLine {
        class: gone.severity.name(),
        severity: gone.severity.name_in(lang),
        title: plain(gone.title_in(lang), 200),
        entity: plain(&gone.entity.label(), 200),
    };
    report.gone.iter().map(line).collect()
}

pub(super) fn suppressed(report: &Report) -> Vec<SuppressedLine> {
    let line = |hidden: &Suppressed| SuppressedLine {
        rule: plain(&hidden.rule, 120),
        exception: plain(&hidden.exception, 200),
        count: hidden.count,
    };
    report.suppressed.iter().map(line).collect()
}
