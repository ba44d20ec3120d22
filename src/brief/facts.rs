//! The facts of a report that a model may see: one JSON object per line, each with the id by which
//! sentences cite it, and the claims that such a sentence may make. Text that a log wrote is kept apart
//! from text of rules and of this program, because only the latter is trusted.

use crate::brief::claims::Claims;
use crate::brief::digest::{Group, starting_finding};
use crate::brief::gaps::gap_text;
use crate::brief::labels;
use crate::brief::notation::{LocalTime, duration, short_id};
use crate::brief::outline::Outline;
use chrono::Datelike;
use model::lang::Lang;
use model::report::{Cause, Finding, Severity, Status, Step, StepKind, Trace, Verdict};
use redact::sanitize::{plain, sanitize};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The most findings of one group that get a fact of their own.
const GROUP_FINDINGS: usize = 5;
/// The most log lines of a finding, and characters of one.
const SAMPLES: usize = 2;
const SAMPLE: usize = 160;

/// The subject of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FactKind {
    Day,
    Finding,
    Trace,
    Step,
    /// A candidate cause other than the best.
    Rival,
    Gap,
    Gone,
    /// Rows of a SQL statement.
    Rows,
}

/// One fact.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    /// Id by which sentences cite it: `F:f1c9a07be2d4`.
    pub id: String,
    pub kind: FactKind,
    pub severity: Option<Severity>,
    pub status: Option<Status>,
    pub verdict: Option<Verdict>,
    /// Durations between its times, in seconds.
    pub lags_s: Vec<f64>,
    /// Month and day of times that are given without a day.
    pub days: BTreeSet<(u32, u32)>,
    /// All its text, that of logs included, in lower case.
    pub text: String,
    /// The claims of that text.
    pub claims: Claims,
    /// Text of rules and of this program, in lower case.
    pub trusted: String,
    /// Text copied from logs, in lower case.
    pub quoted: String,
    /// The line that the model sees, before masking.
    pub line: Map<String, Value>,
}

/// Fields with text from logs or from a model; all others hold text of this program, or names.
const QUOTED: [&str; 4] = ["what", "samples", "rows", "failed"];

impl Fact {
    /// Returns a fact of a line without its empty fields.
    pub(crate) fn new(id: String, kind: FactKind, line: Value) -> Self {
        let mut object = Map::new();
        object.insert("id".into(), id.clone().into());
        let fields = line.as_object().cloned().unwrap_or_default();
        object.extend(fields.into_iter().filter(|(_, value)| match value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => true,
        }));
        let (mut all, mut trusted, mut quoted) = (String::new(), String::new(), String::new());
        for (key, value) in object.iter().filter(|(key, _)| *key != "id") {
            let text = text_of(value);
            if !QUOTED.contains(&key.as_str()) {
                trusted.push_str(&text.to_lowercase());
                trusted.push('\n');
            } else if !(key == "what" && matches!(kind, FactKind::Finding | FactKind::Trace)) {
                // the summary of a finding is a sentence of a rule around words of a log: neither
                quoted.push_str(&text.to_lowercase());
                quoted.push('\n');
            }
            all.push_str(&text);
            all.push('\n');
        }
        Self {
            id,
            kind,
            severity: None,
            status: None,
            verdict: None,
            lags_s: Vec::new(),
            days: BTreeSet::new(),
            claims: Claims::of(&all),
            text: all.to_lowercase(),
            trusted,
            quoted,
            line: object,
        }
    }
}

/// Returns all text of a JSON value, one line per item.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join("\n"),
        Value::Object(fields) => fields.values().map(text_of).collect::<Vec<_>>().join("\n"),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Returns the facts of a report, most important first: the day, the gaps, the findings with their
/// traces by group, what is gone.
pub(crate) fn of_outline(outline: &Outline, lang: Lang) -> Vec<Fact> {
    let mut facts = vec![day(outline, lang)];
    for (at, gap) in outline.digest.gaps.iter().enumerate() {
        let text = gap_text(gap, &outline.local, lang);
        facts.push(Fact::new(format!("C:{}", at + 1), FactKind::Gap, json!({ "not_seen": text })));
    }
    for group in &outline.digest.groups {
        add_group(outline, group, lang, &mut facts);
    }
    for (at, gone) in outline.report.gone.iter().enumerate() {
        let line = json!({
            "gone": plain(gone.title_in(lang), 120), "about": plain(&gone.entity.label(), 120),
            "severity": gone.severity.name_in(lang),
        });
        let mut fact = Fact::new(format!("G:{}", at + 1), FactKind::Gone, line);
        fact.severity = Some(gone.severity);
        facts.push(fact);
    }
    // times without a day belong to the day of the report
    if let Some(date) = outline.local.date {
        for fact in facts.iter_mut().filter(|fact| fact.claims.days.is_empty()) {
            fact.days.insert((date.month(), date.day()));
        }
    }
    facts
}

fn day(outline: &Outline, lang: Lang) -> Fact {
    let (run, digest) = (&outline.report.run, &outline.digest);
    let counts = digest.counts;
    let line = json!({
        "date": run.date, "cluster": plain(&run.cluster, 60), "lines_read": digest.rows,
        "incidents": counts.incidents, "findings": counts.findings, "new": counts.new, "worse": counts.worse, "ongoing": counts.ongoing,
        "better": counts.better, "gone": counts.gone,
        "highest_severity": digest.severity.map(|severity| severity.name_in(lang)),
        "is_data_complete": digest.is_complete,
    });
    Fact { severity: digest.severity, ..Fact::new("D".into(), FactKind::Day, line) }
}

/// Adds the facts of a group's findings and of its trace.
fn add_group(outline: &Outline, group: &Group, lang: Lang, facts: &mut Vec<Fact>) {
    let report = outline.report;
    let findings: Vec<&Finding> =
        group.findings.iter().filter_map(|id| report.findings.iter().find(|f| f.id == *id)).collect();
    for (at, finding) in findings.iter().take(GROUP_FINDINGS).enumerate() {
        let mut fact = of_finding(finding, &outline.local, lang, (at == 0).then_some(group));
        fact.lags_s.push(finding.last_ts.since_s(finding.first_ts));
        facts.push(fact);
    }
    if let Some(trace) = report.traces.iter().find(|trace| Some(&trace.id) == group.trace.as_ref()) {
        add_trace(outline, trace, lang, facts);
    }
}

/// Returns the fact of a finding; with `group`, how many findings and objects that affects.
fn of_finding(finding: &Finding, local: &LocalTime, lang: Lang, group: Option<&Group>) -> Fact {
    let entity = &finding.entity;
    let name = |part: &Option<String>| part.as_deref().map(|name| plain(name, 120));
    let advice: Vec<String> = finding.advice_in(lang).iter().map(|one| plain(one, 160)).collect();
    let samples: Vec<String> =
        finding.evidence.iter().take(SAMPLES).map(|line| plain(&line.text, SAMPLE)).collect();
    let reach = group.filter(|group| group.findings.len() > 1).map(|group| {
        json!({ "findings": group.findings.len(), "workloads": group.reach.workloads,
            "namespaces": group.reach.namespaces, "nodes": group.reach.nodes })
    });
    let line = json!({
        "severity": finding.severity.name_in(lang), "status": labels::status(finding.status, lang),
        "about": plain(&entity.label(), 120), "namespace": name(&entity.namespace),
        "workload": name(&entity.workload), "pod": name(&entity.pod), "node": name(&entity.node),
        "from": local.clock(finding.first_ts), "to": local.clock(finding.last_ts), "lines": finding.count,
        "title": plain(finding.title_in(lang), 120), "what": plain(finding.summary_in(lang), 240),
        "why": plain(finding.why_in(lang), 160), "advice": advice, "group": reach, "samples": samples,
        "trace": finding.trace.as_deref().map(|id| format!("T:{}", short_id(id))),
    });
    let mut fact = Fact::new(format!("F:{}", short_id(&finding.id)), FactKind::Finding, line);
    (fact.severity, fact.status) = (Some(finding.severity), Some(finding.status));
    fact
}

/// Adds the facts of a trace, of its steps, and of the rival candidates unless the verdict is confirmed.
fn add_trace(outline: &Outline, trace: &Trace, lang: Lang, facts: &mut Vec<Fact>) {
    let local = &outline.local;
    let id = short_id(&trace.id);
    let trace_id = format!("T:{id}");
    let best = trace.hypotheses.first().filter(|_| trace.verdict != Verdict::Inconclusive);
    let reasons: Vec<String> = trace.reasons.iter().map(|reason| plain(reason.text_in(lang), 160)).collect();
    let symptom = starting_finding(outline.report, trace);
    let line = json!({
        "symptom": symptom.map(|finding| format!("F:{}", short_id(&finding.id))),
        "about": plain(&trace.entity.label(), 120), "since": local.clock(trace.ts),
        "what": symptom.map(|finding| plain(finding.summary_in(lang), 240)),
        "verdict": labels::verdict(trace.verdict, lang), "reasons": reasons,
        "cause": best.and_then(|best| best.cause.as_ref()).map(|cause| of_cause(cause, local, lang)),
        "trigger": best.and_then(|best| best.trigger.as_ref()).map(|cause| of_cause(cause, local, lang)),
        "restored_by": best.and_then(|best| best.restored_by.as_ref()).map(|cause| of_cause(cause, local, lang)),
        "state": best.and_then(|best| best.state.as_ref()).map(|state| plain(&state.text_in(lang), 240)),
    });
    let with_verdict = |fact: Fact| Fact {
        verdict: Some(trace.verdict),
        severity: symptom.map(|finding| finding.severity),
        status: symptom.map(|finding| finding.status),
        ..fact
    };
    let mut fact = with_verdict(Fact::new(trace_id.clone(), FactKind::Trace, line));
    let steps = best.map(|best| best.steps.as_slice()).unwrap_or_default();
    let from_cause = best.and_then(|best| best.cause.as_ref()).map(|cause| trace.ts.since_s(cause.ts));
    let lags = steps.iter().filter_map(|step| step.link.as_ref()).map(|link| link.lag_s);
    fact.lags_s = lags.chain(from_cause).collect();
    let steps: Vec<Fact> =
        steps.iter().map(|step| with_verdict(of_step(step, &trace_id, local, lang))).collect();
    for step in &steps {
        // a sentence that cites a trace may use its steps
        fact.claims.add(&step.claims);
        fact.text.push_str(&step.text);
        fact.trusted.push_str(&step.trusted);
        fact.quoted.push_str(&step.quoted);
    }
    facts.push(fact);
    facts.extend(steps);
    let rivals = trace.hypotheses.iter().enumerate().skip(usize::from(best.is_some()));
    for (at, rival) in rivals.filter(|_| trace.verdict != Verdict::Confirmed) {
        let Some(cause) = &rival.cause else { continue };
        let reasons: Vec<String> = rival.reasons.iter().map(|one| plain(one.text_in(lang), 160)).collect();
        let line = json!({ "trace": trace_id, "candidate_not_proven": of_cause(cause, local, lang), "reasons": reasons });
        facts.push(Fact::new(format!("R:{id}.{}", at + 1), FactKind::Rival, line));
    }
}

fn of_cause(cause: &Cause, local: &LocalTime, lang: Lang) -> Value {
    json!({
        "at": local.clock(cause.ts), "who": plain(&cause.username, 120), "did": labels::operation_verb(cause, lang),
        "verb": plain(&cause.verb, 20), "object": plain(&labels::operation_target(cause), 160),
        "change": cause.change.as_deref().map(|change| plain(change, 160)),
    })
}

fn of_step(step: &Step, trace: &str, local: &LocalTime, lang: Lang) -> Fact {
    let after = step.link.as_ref().map(|link| duration(link.lag_s, lang));
    let link = step.link.as_ref().map(|link| plain(labels::link(&link.kind, lang), 40));
    let what = plain(step.what_in(lang), 200);
    // the text of an operation is this program's, that of an event or an error comes from its log
    let (did, what) = if step.kind == StepKind::Operation { (Some(what), None) } else { (None, Some(what)) };
    let line = json!({
        "trace": trace, "kind": labels::step_kind(step.kind, lang), "at": local.clock(step.ts), "after": after,
        "link": link, "who": plain(&step.who, 120), "did": did, "what": what,
    });
    let mut fact = Fact::new(format!("S:{}", step_id(&step.id)), FactKind::Step, line);
    fact.lags_s.extend(step.link.as_ref().map(|link| link.lag_s));
    fact
}

/// Returns the short id of a step. Step ids end in a number, which must not be cut off.
fn step_id(id: &str) -> String {
    match id.rsplit_once('-') {
        Some((start, number)) if number.len() < 4 => format!("{}-{}", short_id(start), short_id(number)),
        _ => short_id(id),
    }
}

/// Returns ids as they are printed after a sentence: `[F:… / T:…]`.
pub(crate) fn citation(ids: &[String]) -> String {
    let shown: Vec<String> = ids.iter().take(4).map(|id| sanitize(id, 40)).collect();
    format!("[{}]", shown.join(" / "))
}

/// Returns the ids that a text covers if it cites `ids`: a citation of a step covers its trace.
pub(crate) fn covered<'f, 'i>(facts: &'f [Fact], ids: impl Iterator<Item = &'i String>) -> BTreeSet<&'f str> {
    let ids: BTreeSet<&String> = ids.collect();
    let mut covered = BTreeSet::new();
    for fact in facts.iter().filter(|fact| ids.contains(&fact.id)) {
        covered.insert(fact.id.as_str());
        covered.extend(fact.line.get("trace").and_then(Value::as_str));
    }
    covered
}
