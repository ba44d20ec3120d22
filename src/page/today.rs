//! The incidents of a day: what is wrong, why, how bad, and what to do; which data they are based on; and the days
//! before. Missing data is never shown as a calm day.

use crate::api::response::{DaySummary, Histogram};
use crate::brief::gaps::{TABLES, gap_text, gaps};
use crate::brief::labels;
use crate::brief::labels::{operation_target, operation_verb};
use crate::brief::notation::{LocalTime, grouped};
use crate::brief::page::coverage_table::{GoneLine, gone};
use crate::brief::{Length, brief, is_complete};
use crate::page::calendar::{Cell, weekday_names, weeks};
use crate::page::link::{encoded, link};
use crate::page::{Named, TEXT, Visit, render};
use chrono::{Datelike, NaiveDateTime, TimeDelta};
use model::error::Result;
use model::incident::Incident;
use model::lang::Lang;
use model::report::{Report, Severity, Status};
use model::table::Table;
use model::time::{Ts, local_ts, parse_date};
use redact::sanitize::plain;
use serde::Serialize;

/// A day, ready to show.
#[derive(Serialize)]
struct Today {
    date: String,
    weekday: &'static str,
    cluster: String,
    zone: String,
    /// `no_data`, `calm`, `partial` or `found`.
    state: &'static str,
    lede: String,
    counts: Vec<Named>,
    changes: Vec<Named>,
    incidents: Vec<Card>,
    gone: Vec<GoneLine>,
    gaps: Vec<String>,
    problems: Vec<String>,
    hours: Vec<String>,
    volume: Vec<Row>,
    weekdays: [&'static str; 7],
    weeks: Vec<Vec<Cell>>,
    before: String,
    after: String,
    /// The report as one file.
    report: String,
}

/// An incident in the list.
#[derive(Serialize)]
struct Card {
    href: String,
    title: String,
    severity: &'static str,
    severity_name: &'static str,
    status: &'static str,
    status_name: &'static str,
    verdict: &'static str,
    verdict_name: &'static str,
    place: String,
    span: String,
    is_over: bool,
    cause: String,
    change: String,
    impact: String,
    next: String,
}

/// The volume of a table by hour.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    table: &'static str,
    total: String,
    href: String,
    cells: Vec<Hour>,
}

#[derive(Serialize)]
struct Hour {
    /// `gap`, or `v0` to `v4` by the number of rows.
    class: String,
    has_failures: bool,
    title: String,
    href: String,
}

/// Returns the page of a day. `calendar` has the days from `first_day` on, `volume` the counts of the four tables that
/// could be made.
///
/// # Errors
/// A bug if the template and its values do not match.
pub fn html(report: &Report, calendar: &[DaySummary], volume: &[Histogram], visit: &Visit) -> Result<String> {
    let lang = visit.lang;
    let local = LocalTime::of(&report.run);
    let day = parse_date(&report.run.date).unwrap_or_default();
    let has_rows = report.coverage.tables.iter().any(|table| table.rows > 0);
    let at = |offset: i64| {
        let date = day.checked_add_signed(TimeDelta::days(offset)).unwrap_or(day).to_string();
        let is_reported = calendar.iter().any(|of| of.date == date);
        if is_reported { link("/", &[("date", &date)]) } else { String::new() }
    };
    let problems =
        report.coverage.problems.iter().chain(report.agents.iter().flat_map(|agent| &agent.problems));
    let view = Today {
        date: plain(&report.run.date, 40),
        weekday: weekday_names(lang)[day.weekday().num_days_from_monday() as usize],
        cluster: plain(&report.run.cluster, 80),
        zone: plain(&report.run.timezone, 60),
        state: match (has_rows, report.incidents.is_empty(), is_complete(report)) {
            (false, _, _) => "no_data",
            (_, true, true) => "calm",
            (_, true, false) => "partial",
            _ => "found",
        },
        lede: brief(report, lang, Length::Voice),
        counts: counts(report, lang),
        changes: changes(report, lang),
        incidents: report.incidents.iter().map(|incident| card(report, incident, &local, lang)).collect(),
        gone: gone(report, lang),
        gaps: gaps(report).iter().map(|gap| gap_text(gap, &local, lang)).collect(),
        problems: problems.map(|problem| plain(&problem.what, TEXT)).collect(),
        hours: (0..24).map(|hour| format!("{hour:02}")).collect(),
        volume: TABLES.into_iter().map(|table| row(report, table, volume, &local, lang)).collect(),
        weekdays: weekday_names(lang),
        weeks: weeks(day, calendar, lang),
        before: at(-1),
        after: at(1),
        report: link("/report", &[("date", &report.run.date)]),
    };
    render("today.html", &report.run.date, visit, &view)
}

/// Returns the number of incidents of each severity that occurs, highest first.
fn counts(report: &Report, lang: Lang) -> Vec<Named> {
    let count = |severity: Severity| report.incidents.iter().filter(|of| of.severity == severity).count();
    let named = |severity: Severity| Named {
        class: severity.name(),
        name: severity.name_in(lang).into(),
        value: count(severity).to_string(),
    };
    Severity::ALL.into_iter().rev().filter(|severity| count(*severity) > 0).map(named).collect()
}

/// Returns how many incidents are new, worse, and so on, compared with the day before.
fn changes(report: &Report, lang: Lang) -> Vec<Named> {
    let all = [Status::New, Status::Worse, Status::Ongoing, Status::Better, Status::Recovered];
    let count = |status: Status| report.incidents.iter().filter(|of| of.status == status).count();
    let named = |status: Status| Named {
        class: labels::status(status, Lang::En),
        name: labels::status(status, lang).into(),
        value: count(status).to_string(),
    };
    all.into_iter().filter(|status| count(*status) > 0).map(named).collect()
}

fn card(report: &Report, incident: &Incident, local: &LocalTime, lang: Lang) -> Card {
    let trace = report.traces.iter().find(|trace| Some(&trace.id) == incident.cause_trace.as_ref());
    let best = trace.and_then(|trace| trace.hypotheses.first());
    let operation = best.and_then(|best| best.cause.as_ref());
    let state = best.and_then(|best| best.state.as_ref());
    let cause = match (operation, state) {
        (Some(cause), _) => format!(
            "{} {} {} {}",
            local.clock(cause.ts),
            cause.username,
            operation_verb(cause, lang),
            operation_target(cause)
        ),
        (None, Some(state)) => state.text_in(lang),
        _ => trace.and_then(|trace| trace.reasons.first()).map_or("", |reason| reason.text_in(lang)).into(),
    };
    Card {
        href: link(&format!("/incidents/{}", encoded(&incident.id)), &[("date", &report.run.date)]),
        title: plain(lang.pick(&incident.title_zh, &incident.title), 300),
        severity: incident.severity.name(),
        severity_name: incident.severity.name_in(lang),
        status: labels::status(incident.status, Lang::En),
        status_name: labels::status(incident.status, lang),
        verdict: incident.verdict.map_or("", |verdict| verdict.name()),
        verdict_name: incident.verdict.map_or("", |verdict| labels::verdict(verdict, lang)),
        place: plain(&incident.entity.label(), 200),
        span: local.span(incident.first_ts, incident.last_ts),
        is_over: incident.over_since.is_some(),
        cause: plain(&cause, TEXT),
        change: plain(operation.and_then(|cause| cause.change.as_deref()).unwrap_or_default(), 300),
        impact: plain(lang.pick(&incident.impact.words_zh, &incident.impact.words), 300),
        next: incident.advice_in(lang).first().map_or_else(String::new, |advice| plain(advice, TEXT)),
    }
}

fn row(report: &Report, table: Table, volume: &[Histogram], local: &LocalTime, lang: Lang) -> Row {
    let cover = report.coverage.tables.iter().find(|cover| cover.table == table.name());
    let counted = volume.iter().find(|of| of.table == table.name());
    let midnight = parse_date(&report.run.date).unwrap_or_default().and_hms_opt(0, 0, 0).unwrap_or_default();
    let hour = |hour: i64| {
        let start = midnight + TimeDelta::hours(hour);
        let (from, to) = (local_ts(start, local.zone), local_ts(start + TimeDelta::hours(1), local.zone));
        cell(start, (from, to), cover.is_none_or(|cover| is_gap(cover, start)), (table, counted), lang)
    };
    Row {
        name: labels::table(table, lang),
        table: table.name(),
        total: grouped(cover.map_or(0, |cover| cover.rows)),
        href: link("/explore", &[("date", &report.run.date), ("table", table.name())]),
        cells: (0..24).map(hour).collect(),
    }
}

/// Returns true if an hour has no rows, or is outside of the window of the report.
fn is_gap(cover: &model::report::TableCoverage, start: NaiveDateTime) -> bool {
    let name = start.format("%Y-%m-%d %H:00").to_string();
    cover.rows == 0 || cover.hours_without_data.contains(&name)
}

fn cell(
    start: NaiveDateTime,
    (from, to): (Ts, Ts),
    is_gap: bool,
    (table, counted): (Table, Option<&Histogram>),
    lang: Lang,
) -> Hour {
    let buckets = counted.map_or(&[][..], |of| &of.buckets);
    let within = buckets.iter().filter(|bucket| bucket.from >= from && bucket.from < to);
    let (count, failures) =
        within.fold((0, 0), |(count, failed), bucket| (count + bucket.count, failed + bucket.failures));
    let busiest = buckets.iter().map(|bucket| bucket.count).max().unwrap_or(0).max(1) * 2;
    let level = match (count, count * 4 / busiest) {
        (0, _) => 0,
        (_, quarter) => (quarter + 1).min(4),
    };
    let clock = start.format("%H:00");
    let name = labels::table(table, lang);
    let what = match (is_gap, counted.is_some()) {
        (true, _) => lang.pick("没有数据", "no data").to_owned(),
        (false, false) => lang.pick("有数据，行数未统计", "has data, not counted").to_owned(),
        (false, true) => lang.pick(
            format!("{} 行，其中 {} 行失败", grouped(count), grouped(failures)),
            format!("{} rows, {} failures", grouped(count), grouped(failures)),
        ),
    };
    let window = format!(
        "{} to {}",
        start.format("%Y-%m-%d %H:%M"),
        (start + TimeDelta::hours(1)).format("%Y-%m-%d %H:%M")
    );
    Hour {
        class: match (is_gap, counted.is_some()) {
            (true, _) => "gap".into(),
            (false, false) => "v1".into(),
            (false, true) => format!("v{level}"),
        },
        has_failures: failures > 0,
        title: format!("{name} {clock}: {what}"),
        href: link("/explore", &[("window", &window), ("table", table.name())]),
    }
}
