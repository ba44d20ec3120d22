//! The page: a report as one HTML file that needs no network and works without JavaScript. `report.html`
//! escapes all values, and its content security policy blocks every external source, so that log text
//! stays text. This folder must not know HTTP.

pub(crate) mod chain; // a chain with its steps and log lines
pub(crate) mod coverage_table; // coverage, failed steps, gone and suppressed findings
mod strip; // the picture of the day
pub(crate) mod templates; // the template engine
mod texts; // fixed texts in both languages
pub(crate) mod timeline; // the picture of a chain

use crate::brief::digest::starting_finding;
use crate::brief::labels;
use crate::brief::notation::{LocalTime, grouped};
use crate::brief::outline::Outline;
use crate::brief::page::chain::{Chain, Line, chain, lines};
use crate::brief::page::coverage_table::{GoneLine, ProblemLine, SuppressedLine, TableRow};
use crate::brief::page::strip::{Strip, strip};
use crate::brief::page::templates::Templates;
use crate::brief::{Length, belongs, brief};
use model::error::Result;
use model::lang::Lang;
use model::report::{Finding, Report, Severity, Trace};
use model::table::Table;
use redact::sanitize::plain;
use serde::Serialize;
use std::collections::BTreeMap;

const TEMPLATES: [(&str, &str); 2] = [("report.html", include_str!("report.html")), PICTURE];

/// The template of the picture of a chain, which requires `p`, a [`Chain::picture`], and the label `timeline_alt`.
pub(crate) const PICTURE: (&str, &str) = ("picture.html", include_str!("picture.html"));
/// The most characters of a text that is not a log line.
const TEXT: usize = 600;

#[derive(Serialize)]
struct Page {
    lang: &'static str,
    t: BTreeMap<&'static str, &'static str>,
    title: String,
    date: String,
    cluster: String,
    span: String,
    zone: String,
    lede: String,
    state: PageState,
    counts: Vec<Chip>,
    total: usize,
    strip: Strip,
    traces: Vec<TraceCard>,
    findings: Vec<FindingCard>,
    tables: Vec<TableRow>,
    objects: String,
    problems: Vec<ProblemLine>,
    gone: Vec<GoneLine>,
    suppressed: Vec<SuppressedLine>,
    schema: String,
    run: String,
}

/// The result of the day; all but `Found` are keys of a text in `texts`.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum PageState {
    /// No line was read.
    NoData,
    /// Nothing found in complete data.
    Calm,
    /// Nothing found in incomplete data.
    Partial,
    /// There are findings.
    Found,
}

#[derive(Serialize)]
struct Chip {
    class: &'static str,
    name: &'static str,
    count: usize,
}

#[derive(Serialize)]
struct TraceCard {
    id: String,
    anchor: String,
    verdict: &'static str,
    verdict_name: &'static str,
    title: String,
    entity: String,
    since: String,
    findings: Vec<LinkTo>,
    reasons: Vec<String>,
    best: Option<Chain>,
    rivals: Vec<Chain>,
}

#[derive(Serialize)]
struct LinkTo {
    anchor: String,
    name: String,
    class: &'static str,
}

#[derive(Serialize)]
struct FindingCard {
    id: String,
    anchor: String,
    rule: String,
    severity: &'static str,
    severity_name: &'static str,
    status: &'static str,
    status_name: &'static str,
    agent: String,
    title: String,
    summary: String,
    entity: String,
    parts: Vec<(&'static str, String)>,
    count: String,
    span: String,
    why: String,
    advice: Vec<String>,
    facts: Vec<(String, String)>,
    evidence: Vec<Line>,
    trace: Option<LinkTo>,
}

/// Returns the report as one self-contained HTML page.
///
/// # Errors
/// A bug if the template and its values do not match.
pub fn html(report: &Report, lang: Lang) -> Result<String> {
    Templates::of(&TEMPLATES)?.render("report.html", &page(report, lang))
}

/// Returns the anchor of an element, with characters that are safe in an attribute and in a link.
fn anchor(kind: &str, id: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    format!("{kind}-{}", id.chars().take(80).map(safe).collect::<String>())
}

fn page(report: &Report, lang: Lang) -> Page {
    let outline = Outline::of(report);
    let local = &outline.local;
    let (date, cluster) = (plain(&report.run.date, 40), plain(&report.run.cluster, 80));
    let full_day = (report.run.to.since_s(report.run.from) / 3600.0 - 24.0).abs() <= 1.0;
    let span = if full_day { String::new() } else { local.span(report.run.from, report.run.to) };
    let chip = |(severity, count): (Severity, usize)| Chip {
        class: severity.name(),
        name: severity.name_in(lang),
        count,
    };
    Page {
        lang: lang.pick("zh-CN", "en"),
        t: texts::of(lang),
        title: format!("{date} · {cluster} · {}", lang.pick("溯源", "Headwater")),
        date,
        cluster,
        span,
        zone: plain(&report.run.timezone, 60),
        lede: brief(report, lang, Length::Voice),
        state: match (outline.is_empty(), report.findings.is_empty(), outline.is_complete()) {
            (true, _, _) => PageState::NoData,
            (_, true, true) => PageState::Calm,
            (_, true, false) => PageState::Partial,
            _ => PageState::Found,
        },
        counts: counts(report).into_iter().map(chip).collect(),
        total: report.findings.len(),
        strip: strip(report, local, lang),
        traces: report.traces.iter().map(|trace| trace_card(report, trace, local, lang)).collect(),
        findings: report.findings.iter().map(|finding| finding_card(report, finding, local, lang)).collect(),
        tables: coverage_table::tables(report, local, lang),
        objects: grouped(report.coverage.objects),
        problems: coverage_table::problems(report),
        gone: coverage_table::gone(report, lang),
        suppressed: coverage_table::suppressed(report),
        schema: plain(&report.schema, 60),
        run: plain(&report.run.id, 80),
    }
}

fn trace_card(report: &Report, trace: &Trace, local: &LocalTime, lang: Lang) -> TraceCard {
    let start = starting_finding(report, trace);
    let link = |finding: &Finding| LinkTo {
        anchor: anchor("f", &finding.id),
        name: plain(finding.title_in(lang), 80),
        class: finding.severity.name(),
    };
    let agent = start.map(|finding| finding.agent.as_str());
    let mut chains: Vec<Chain> =
        trace.hypotheses.iter().enumerate().map(|each| chain(trace, each, agent, local, lang)).collect();
    let rivals = if chains.is_empty() { Vec::new() } else { chains.split_off(1) };
    TraceCard {
        id: plain(&trace.id, 80),
        anchor: anchor("t", &trace.id),
        verdict: trace.verdict.name(),
        verdict_name: labels::verdict(trace.verdict, lang),
        title: plain(start.map_or("", |finding| finding.title_in(lang)), 200),
        entity: plain(&trace.entity.label(), 200),
        since: local.clock(trace.ts),
        findings: report.findings.iter().filter(|finding| belongs(finding, trace)).map(link).collect(),
        reasons: trace.reasons.iter().map(|reason| plain(reason.text_in(lang), TEXT)).collect(),
        best: chains.pop(),
        rivals,
    }
}

fn finding_card(report: &Report, finding: &Finding, local: &LocalTime, lang: Lang) -> FindingCard {
    let trace = report.traces.iter().find(|trace| belongs(finding, trace));
    let part = |column: &'static str| finding.entity.part(column).map(|value| (column, plain(value, 253)));
    let fact = |(name, value): (&String, &serde_json::Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (plain(name, 80), plain(&text, 300))
    };
    FindingCard {
        id: plain(&finding.id, 80),
        anchor: anchor("f", &finding.id),
        rule: plain(&finding.rule, 120),
        severity: finding.severity.name(),
        severity_name: finding.severity.name_in(lang),
        status: labels::status(finding.status, Lang::En),
        status_name: labels::status(finding.status, lang),
        agent: Table::log_of(&finding.agent)
            .map_or_else(|| plain(&finding.agent, 40), |table| labels::table(table, lang).into()),
        title: plain(finding.title_in(lang), 200),
        summary: plain(finding.summary_in(lang), TEXT),
        entity: plain(&finding.entity.label(), 200),
        parts: model::entity::Entity::COLUMNS.into_iter().filter_map(part).collect(),
        count: grouped(finding.count),
        span: local.span(finding.first_ts, finding.last_ts),
        why: plain(finding.why_in(lang), TEXT),
        advice: finding.advice_in(lang).into_iter().map(|item| plain(item, TEXT)).collect(),
        facts: finding.facts.iter().map(fact).collect(),
        evidence: lines(&finding.evidence, local),
        trace: trace.map(|trace| LinkTo {
            anchor: anchor("t", &trace.id),
            name: labels::verdict(trace.verdict, lang).into(),
            class: trace.verdict.name(),
        }),
    }
}

/// Returns the number of findings of each severity that occurs, highest first.
fn counts(report: &Report) -> Vec<(Severity, usize)> {
    let count = |severity: Severity| report.findings.iter().filter(|f| f.severity == severity).count();
    Severity::ALL
        .into_iter()
        .rev()
        .map(|severity| (severity, count(severity)))
        .filter(|(_, n)| *n > 0)
        .collect()
}
