//! Gaps in the data behind a report: hours without rows, unparsed lines, objects that were not read,
//! steps that failed. A gap is unknown, never healthy, so every brief names it.

use crate::brief::labels;
use crate::brief::notation::{LocalTime, grouped, plural};
use chrono::{NaiveDateTime, TimeDelta};
use model::error::Problem;
use model::lang::Lang;
use model::report::Report;
use model::table::Table;
use redact::sanitize::sanitize;
use std::collections::BTreeSet;

/// The four tables in the order of a chain, cause first.
pub(crate) const TABLES: [Table; 4] = [Table::Audit, Table::Event, Table::Standard, Table::Business];
/// The most characters quoted from a problem.
const TEXT: usize = 120;
/// The most spans of hours listed for a table.
const SPANS: usize = 4;

/// A span of local time, end exclusive.
pub(crate) type HourSpan = (NaiveDateTime, NaiveDateTime);

/// The hours of the window for which a table has no rows.
pub(crate) struct TableGap {
    pub(crate) table: Table,
    /// Empty if the table has no rows in the whole window.
    pub(crate) spans: Vec<HourSpan>,
}

/// Returns the tables that have hours without rows. A table that the report does not list has no rows.
pub(crate) fn table_gaps(report: &Report) -> Vec<TableGap> {
    let mut gaps = Vec::new();
    for table in TABLES {
        let cover = report.coverage.tables.iter().find(|cover| cover.table == table.name());
        let spans = match cover {
            Some(cover) if cover.rows > 0 && cover.hours_without_data.is_empty() => continue,
            Some(cover) if cover.rows > 0 => hour_spans(&cover.hours_without_data),
            _ => Vec::new(),
        };
        gaps.push(TableGap { table, spans });
    }
    gaps
}

/// Joins consecutive hours, given as `YYYY-MM-DD HH:00`, into spans.
fn hour_spans(hours: &[String]) -> Vec<HourSpan> {
    let parse =
        |hour: &String| NaiveDateTime::parse_from_str(&format!("{hour}:00"), "%Y-%m-%d %H:%M:%S").ok();
    let mut starts: Vec<NaiveDateTime> = hours.iter().filter_map(parse).collect();
    starts.sort();
    let mut spans: Vec<HourSpan> = Vec::new();
    for start in starts {
        let end = start + TimeDelta::hours(1);
        match spans.last_mut() {
            Some(last) if last.1 >= start => last.1 = end,
            _ => spans.push((start, end)),
        }
    }
    spans
}

/// Data that the report is missing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Gap {
    /// Hours without rows.
    Hours {
        table: Table,
        /// Empty if the table has no rows in the whole window.
        spans: Vec<HourSpan>,
    },
    /// Lines that no format could parse.
    Unparsed { lines: u64 },
    /// Objects that were not read.
    Objects {
        count: usize,
        /// The reason for one of them.
        first: String,
    },
    /// Steps that failed.
    Steps {
        count: usize,
        /// The reason for one of them.
        first: String,
    },
}

/// Returns the gaps of a report: hours, then unparsed lines, objects and steps.
pub(crate) fn gaps(report: &Report) -> Vec<Gap> {
    let mut gaps: Vec<Gap> =
        table_gaps(report).into_iter().map(|gap| Gap::Hours { table: gap.table, spans: gap.spans }).collect();
    let lines = report.coverage.tables.iter().map(|table| table.unparsed).sum();
    if lines > 0 {
        gaps.push(Gap::Unparsed { lines });
    }
    let agents = report.agents.iter().flat_map(|agent| &agent.problems);
    let problems: BTreeSet<&Problem> = report.coverage.problems.iter().chain(agents).collect();
    let is_object = |problem: &&Problem| matches!(problem.step.as_str(), "collect" | "ingest" | "parse");
    let (objects, steps): (Vec<&Problem>, Vec<&Problem>) = problems.into_iter().partition(is_object);
    let first = |problems: &[&Problem]| problems.first().map(|problem| problem.what.clone());
    if let Some(first) = first(&objects) {
        gaps.push(Gap::Objects { count: objects.len(), first });
    }
    if let Some(first) = first(&steps) {
        gaps.push(Gap::Steps { count: steps.len(), first });
    }
    gaps
}

/// Returns a gap as one line of text.
pub(crate) fn gap_text(gap: &Gap, local: &LocalTime, lang: Lang) -> String {
    match (gap, lang) {
        (Gap::Hours { table, spans }, _) => {
            let table = labels::table(*table, lang);
            let hours = local.hour_spans(spans.get(..SPANS).unwrap_or(spans), lang);
            let more = if spans.len() > SPANS { " …" } else { "" };
            match (spans.is_empty(), lang) {
                (true, Lang::Zh) => format!("{table}日志：整个时段没有数据"),
                (true, Lang::En) => format!("no {table} data in the whole window"),
                (false, Lang::Zh) => format!("{table}日志：{hours}{more} 没有数据"),
                (false, Lang::En) => format!("no {table} data {hours}{more}"),
            }
        }
        (Gap::Unparsed { lines }, Lang::Zh) => format!("{} 行未能解析", grouped(lines)),
        (Gap::Unparsed { lines }, Lang::En) => format!("{} lines unparsed", grouped(lines)),
        (Gap::Objects { count, first }, Lang::Zh) => {
            format!("{count} 个对象未入库：{}", sanitize(first, TEXT))
        }
        (Gap::Objects { count, first }, Lang::En) => {
            format!("{} not ingested: {}", plural(*count, "object"), sanitize(first, TEXT))
        }
        (Gap::Steps { count, first }, Lang::Zh) => format!("{count} 个步骤出错：{}", sanitize(first, TEXT)),
        (Gap::Steps { count, first }, Lang::En) => {
            format!("{}: {}", plural(*count, "failure"), sanitize(first, TEXT))
        }
    }
}
