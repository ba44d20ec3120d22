//! The page: a report as one HTML file that needs no network and works without JavaScript.
//! The template escapes all it prints and the page forbids itself every outside source, so
//! that hostile log text stays text. Pictures are computed in `timeline`, words in `labels`.

mod coverage;
mod labels;
mod strip;
mod timeline;

use crate::brief::page::coverage::{GoneLine, ProblemLine, SuppressedLine, TableRow};
use crate::brief::page::strip::{Strip, strip};
use crate::brief::page::timeline::{Picture, picture};
use crate::brief::words;
use crate::brief::words::{Local, grouped, plain};
use crate::brief::{Length, Telling, belongs, brief};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use model::error::{Error, Result};
use model::lang::Lang;
use model::report::{Evidence, Finding, Hypothesis, Report, Severity, Step, Trace};
use serde::Serialize;
use std::collections::BTreeMap;

const TEMPLATE: &str = include_str!("report.html");
/// The most characters shown of one log line, and of one other text.
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
    state: &'static str,
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
/// A bug when the template and its values do not fit.
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
    let values =
        values.map_err(|error| Error::bug("the report page has a value JSON has not").because(error))?;
    template.render(value(values)).map_err(failed)
}

/// Returns the template engine's form of a JSON value.
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

/// Returns an anchor that is safe in an attribute and in a link.
fn anchor(kind: &str, id: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    format!("{kind}-{}", id.chars().take(80).map(safe).collect::<String>())
}

fn page(report: &Report, lang: Lang) -> Page {
    let local = Local::of(&report.run);
    let telling = Telling::of(report);
    let (date, cluster) = (plain(&report.run.date, 40), plain(&report.run.cluster, 80));
    let full_day = (report.run.to.since_s(report.run.from) / 3600.0 - 24.0).abs() <= 1.0;
    let span = if full_day { String::new() } else { local.span(report.run.from, report.run.to) };
    let chip = |(severity, count): (Severity, usize)| Chip {
        class: severity.name(),
        name: words::severity(severity, lang),
        count,
    };
    Page {
        lang: lang.pick("zh-CN", "en"),
        t: labels::of(lang),
        title: format!("{date} · {cluster} · {}", lang.pick("溯源", "Headwater")),
        date,
        cluster,
        span,
        zone: plain(&report.run.timezone, 60),
        lede: brief(report, lang, Length::Voice),
        state: match (telling.is_silent(), report.findings.is_empty(), telling.is_whole()) {
            (true, _, _) => "silent",
            (_, true, true) => "calm",
            (_, true, false) => "partial",
            _ => "found",
        },
        counts: counts(report).into_iter().map(chip).collect(),
        total: report.findings.len(),
        strip: strip(report, &local, lang),
        traces: report.traces.iter().map(|trace| trace_card(report, trace, &local, lang)).collect(),
        findings: report.findings.iter().map(|finding| finding_card(report, finding, &local, lang)).collect(),
        tables: coverage::tables(report, &local, lang),
        objects: grouped(report.coverage.objects),
        problems: coverage::problems(report),
        gone: coverage::gone(report, lang),
        suppressed: coverage::suppressed(report),
        schema: plain(&report.schema, 60),
        run: plain(&report.run.id, 80),
    }
}

fn trace_card(report: &Report, trace: &Trace, local: &Local, lang: Lang) -> TraceCard {
    let start = crate::brief::start(report, trace);
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
        verdict_name: words::verdict(trace.verdict, lang),
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
    local: &Local,
    lang: Lang,
) -> Chain {
    let cause = hypothesis.cause.as_ref().map(|cause| CauseLine {
        clock: local.clock(cause.ts),
        who: plain(&cause.username, 160),
        did: words::did(cause, lang),
        verb: plain(&cause.verb, 40),
        target: plain(&words::target(cause), 300),
        change: plain(cause.change.as_deref().unwrap_or_default(), TEXT),
        operation: plain(&cause.operation, 40),
        audit_id: plain(&cause.audit_id, 80),
        row_id: plain(&cause.row_id, 120),
    });
    let steps: &[Step] = &hypothesis.steps;
    let prefix = format!("h{number}");
    Chain {
        score: (hypothesis.score.clamp(0.0, 1.0) * 100.0).round() as u32,
        cause,
        reasons: hypothesis.reasons.iter().map(|reason| plain(reason.text_in(lang), TEXT)).collect(),
        picture: picture(&prefix, trace, steps, agent, local, lang),
        steps: steps.iter().map(|step| step_line(step, local, lang)).collect(),
    }
}

fn step_line(step: &Step, local: &Local, lang: Lang) -> StepLine {
    let link = step.link.as_ref().map(|link| {
        let sign = if link.lag_s < 0.0 { "" } else { "+" };
        format!("{} · {sign}{}", plain(words::link(&link.kind, lang), 40), words::duration(link.lag_s, lang))
    });
    StepLine {
        class: words::kind(step.kind, Lang::En),
        kind: words::kind(step.kind, lang),
        clock: local.clock(step.ts),
        what: plain(step.what_in(lang), TEXT),
        who: plain(&step.who, 160),
        link: link.unwrap_or_default(),
        evidence: lines(&step.evidence, local),
    }
}

fn lines(evidence: &[Evidence], local: &Local) -> Vec<Line> {
    let line = |evidence: &Evidence| Line {
        clock: local.clock(evidence.ts),
        place: format!("{}:{}", plain(&evidence.source, 300), evidence.line),
        row_id: plain(&evidence.row_id, 120),
        text: plain(&evidence.text, LINE),
    };
    evidence.iter().map(line).collect()
}

fn finding_card(report: &Report, finding: &Finding, local: &Local, lang: Lang) -> FindingCard {
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
        severity_name: words::severity(finding.severity, lang),
        status: words::status(finding.status, Lang::En),
        status_name: words::status(finding.status, lang),
        agent: plain(words::table(&finding.agent, lang), 40),
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
            name: words::verdict(trace.verdict, lang).into(),
            class: trace.verdict.name(),
        }),
    }
}

/// Tells how many findings are of each severity, gravest first, those with any.
fn counts(report: &Report) -> Vec<(Severity, usize)> {
    let count = |severity: Severity| report.findings.iter().filter(|f| f.severity == severity).count();
    Severity::ALL
        .into_iter()
        .rev()
        .map(|severity| (severity, count(severity)))
        .filter(|(_, n)| *n > 0)
        .collect()
}
