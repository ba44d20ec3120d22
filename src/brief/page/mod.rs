//! The page: a report as one HTML file that needs no network and works without JavaScript. `report.html`
//! escapes all values, and its content security policy blocks every external source, so that log text
//! stays text. This folder must not know HTTP.

mod coverage_table; // coverage, failed steps, gone and suppressed findings
mod strip; // the picture of the day
mod texts; // fixed texts in both languages
mod timeline; // the picture of a chain

use crate::brief::digest::starting_finding;
use crate::brief::labels;
use crate::brief::labels::{operation_target, operation_verb};
use crate::brief::notation::{LocalTime, duration, grouped};
use crate::brief::outline::Outline;
use crate::brief::page::coverage_table::{GoneLine, ProblemLine, SuppressedLine, TableRow};
use crate::brief::page::strip::{Strip, strip};
use crate::brief::page::timeline::{Picture, picture};
use crate::brief::{Length, belongs, brief};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use model::error::{Error, Result};
use model::lang::Lang;
use model::report::{Cause, Evidence, Finding, Hypothesis, Report, Severity, Step, Trace};
use model::table::Table;
use redact::sanitize::plain;
use serde::Serialize;
use std::collections::BTreeMap;

const TEMPLATE: &str = include_str!("report.html");
/// The most characters of a log line, and of any other text.
const LINE: usize = 1200;
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
struct Chain {
    score: u32,
    cause: Option<CauseLine>,
    /// The operation after which the symptom ended.
    repair: Option<CauseLine>,
    /// The object that is wrong; empty if none is named.
    state: String,
    reasons: Vec<String>,
    picture: Picture,
    steps: Vec<StepLine>,
}

#[derive(Serialize)]
struct CauseLine {
    clock: String,
    who: String,
    did: &'static str,
    verb: String,
    target: String,
    change: String,
    operation: String,
    audit_id: String,
    row_id: String,
}

#[derive(Serialize)]
struct StepLine {
    class: &'static str,
    kind: &'static str,
    clock: String,
    what: String,
    who: String,
    link: String,
    evidence: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    clock: String,
    place: String,
    row_id: String,
    text: String,
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
    let failed = |error: minijinja::Error| Error::bug("the report page cannot be rendered").because(error);
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates
        .set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(failed)?);
    templates.add_template("report.html", TEMPLATE).map_err(failed)?;
    let template = templates.get_template("report.html").map_err(failed)?;
    let values = serde_json::to_value(page(report, lang));
    let values = values
        .map_err(|error| Error::bug("the report page has a value that JSON cannot express").because(error))?;
    template.render(value(values)).map_err(failed)
}

/// Converts a JSON value for the template engine.
fn value(json: serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::from(()),
        Json::Bool(yes) => Value::from(yes),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::from(whole),
            None => Value::from(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::from(text),
        Json::Array(items) => items.into_iter().map(value).collect(),
        Json::Object(fields) => Value::from(
            fields.into_iter().map(|(name, field)| (name, value(field))).collect::<BTreeMap<_, _>>(),
        ),
    }
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

fn chain(
    trace: &Trace,
    (number, hypothesis): (usize, &Hypothesis),
    agent: Option<&str>,
    local: &LocalTime,
    lang: Lang,
) -> Chain {
    let line = |cause: &Cause| CauseLine {
        clock: local.clock(cause.ts),
        who: plain(&cause.username, 160),
        did: operation_verb(cause, lang),
        verb: plain(&cause.verb, 40),
        target: plain(&operation_target(cause), 300),
        change: plain(cause.change.as_deref().unwrap_or_default(), TEXT),
        operation: plain(&cause.operation, 40),
        audit_id: plain(&cause.audit_id, 80),
        row_id: plain(&cause.row_id, 120),
    };
    let steps: &[Step] = &hypothesis.steps;
    let drawn = timeline::Chain { trace, number, steps, agent };
    Chain {
        score: (hypothesis.score.clamp(0.0, 1.0) * 100.0).round() as u32,
        cause: hypothesis.cause.as_ref().map(line),
        repair: hypothesis.restored_by.as_ref().map(line),
        state: plain(&hypothesis.state.as_ref().map_or_else(String::new, |state| state.text_in(lang)), TEXT),
        reasons: hypothesis.reasons.iter().map(|reason| plain(reason.text_in(lang), TEXT)).collect(),
        picture: picture(&drawn, local, lang),
        steps: steps.iter().map(|step| step_line(step, local, lang)).collect(),
    }
}

fn step_line(step: &Step, local: &LocalTime, lang: Lang) -> StepLine {
    let link = step.link.as_ref().map(|link| {
        let sign = if link.lag_s < 0.0 { "" } else { "+" };
        format!("{} · {sign}{}", plain(labels::link(&link.kind, lang), 40), duration(link.lag_s, lang))
    });
    StepLine {
        class: labels::step_kind(step.kind, Lang::En),
        kind: labels::step_kind(step.kind, lang),
        clock: local.clock(step.ts),
        what: plain(step.what_in(lang), TEXT),
        who: plain(&step.who, 160),
        link: link.unwrap_or_default(),
        evidence: lines(&step.evidence, local),
    }
}

fn lines(evidence: &[Evidence], local: &LocalTime) -> Vec<Line> {
    let line = |evidence: &Evidence| Line {
        clock: local.clock(evidence.ts),
        place: format!("{}:{}", plain(&evidence.source, 300), evidence.line),
        row_id: plain(&evidence.row_id, 120),
        text: plain(&evidence.text, LINE),
    };
    evidence.iter().map(line).collect()
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
