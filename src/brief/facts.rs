//! What a model gets to see of a report: one JSON object a line, each with the id it is cited by, and
//! beside each line what a sentence that cites it may say. What a log wrote is kept apart from what
//! this program says.

use crate::brief::fact_check::claims::Claims;
use crate::brief::words;
use crate::brief::words::{Local, inert, plain, short_id};
use crate::brief::{Digest, Group, chat, start};
use chrono::Datelike;
use model::lang::Lang;
use model::report::{Cause, Finding, Report, Severity, Status, Step, StepKind, Trace, Verdict};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Findings of one group that are told one by one.
const ALIKE: usize = 5;
/// Lines of a log shown for a finding, and the most characters of one.
const SAMPLES: usize = 2;
const SAMPLE: usize = 160;

/// What kind of thing a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Day,
    Finding,
    Trace,
    Step,
    /// A candidate that is not the best.
    Rival,
    Lack,
    Gone,
    /// Rows of a statement.
    Rows,
}

/// One fact.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub cite: String,
    pub kind: Kind,
    pub severity: Option<Severity>,
    pub status: Option<Status>,
    pub verdict: Option<Verdict>,
    /// Seconds that lie between things in it.
    pub lags: Vec<f64>,
    /// Days that its times are of.
    pub days: BTreeSet<(u32, u32)>,
    /// What it says, log text and all, in lower case.
    pub text: String,
    /// The same as claims.
    pub claims: Claims,
    /// What rules and this program say in it, in lower case.
    pub trusted: String,
    /// What a log wrote in it, word for word, in lower case.
    pub quoted: String,
    /// The line as the model sees it, before anything is hidden.
    pub line: Map<String, Value>,
}

/// Fields whose text a log or a model wrote; all others are this program's, or names of things.
const QUOTED: [&str; 4] = ["what", "samples", "rows", "failed"];

impl Fact {
    pub(crate) fn new(cite: String, kind: Kind, line: Value) -> Self {
        let mut object = Map::new();
        object.insert("id".into(), cite.clone().into());
        let fields = line.as_object().cloned().unwrap_or_default();
        object.extend(fields.into_iter().filter(|(_, value)| match value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => true,
        }));
        let (mut all, mut trusted, mut quoted) = (String::new(), String::new(), String::new());
        for (key, value) in object.iter().filter(|(key, _)| *key != "id") {
            let text = said(value);
            if !QUOTED.contains(&key.as_str()) {
                trusted.push_str(&text.to_lowercase());
                trusted.push('\n');
            } else if !(key == "what" && matches!(kind, Kind::Finding | Kind::Trace)) {
                // the summary of a finding is a rule's sentence around a log's words
                quoted.push_str(&text.to_lowercase());
                quoted.push('\n');
            }
            all.push_str(&text);
            all.push('\n');
        }
        Self {
            cite,
            kind,
            severity: None,
            status: None,
            verdict: None,
            lags: Vec::new(),
            days: BTreeSet::new(),
            claims: Claims::of(&all),
            text: all.to_lowercase(),
            trusted,
            quoted,
            line: object,
        }
    }
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(said).collect::<Vec<_>>().join("\n"),
        Value::Object(fields) => fields.values().map(said).collect::<Vec<_>>().join("\n"),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Returns the facts of a day: the day, what was not seen, then what was found, most important first.
pub(crate) fn of(report: &Report, digest: &Digest, lang: Lang) -> Vec<Fact> {
    let local = Local::of(&report.run);
    let mut facts = vec![day(digest, lang)];
    for (at, lack) in digest.lacks.iter().enumerate() {
        let told = chat::lack(lack, &local, lang);
        facts.push(Fact::new(format!("C:{}", at + 1), Kind::Lack, json!({ "not_seen": told })));
    }
    for group in &digest.groups {
        of_group(report, group, &local, lang, &mut facts);
    }
    for (at, gone) in report.gone.iter().enumerate() {
        let line = json!({
            "gone": plain(gone.title_in(lang), 120), "about": plain(&gone.entity.label(), 120),
            "severity": words::severity(gone.severity, lang),
        });
        let mut fact = Fact::new(format!("G:{}", at + 1), Kind::Gone, line);
        fact.severity = Some(gone.severity);
        facts.push(fact);
    }
    // times without a day are of the report's own
    if let Some(date) = local.date {
        for fact in facts.iter_mut().filter(|fact| fact.claims.days.is_empty()) {
            fact.days.insert((date.month(), date.day()));
        }
    }
    facts
}

fn day(digest: &Digest, lang: Lang) -> Fact {
    let counts = digest.counts;
    let line = json!({
        "date": digest.date, "cluster": plain(&digest.cluster, 60), "lines_read": digest.rows,
        "findings": counts.findings, "new": counts.new, "worse": counts.worse, "ongoing": counts.ongoing,
        "better": counts.better, "gone": counts.gone,
        "gravest": digest.gravest.map(|severity| words::severity(severity, lang)),
        "all_data_there": digest.is_whole,
    });
    Fact { severity: digest.gravest, ..Fact::new("D".into(), Kind::Day, line) }
}

fn of_group(report: &Report, group: &Group, local: &Local, lang: Lang, facts: &mut Vec<Fact>) {
    let findings: Vec<&Finding> =
        group.findings.iter().filter_map(|id| report.findings.iter().find(|f| f.id == *id)).collect();
    for (at, finding) in findings.iter().take(ALIKE).enumerate() {
        let mut fact = of_finding(finding, local, lang, (at == 0).then_some(group));
        fact.lags.push(finding.last_ts.since_s(finding.first_ts));
        facts.push(fact);
    }
    if let Some(trace) = report.traces.iter().find(|trace| Some(&trace.id) == group.trace.as_ref()) {
        of_trace(report, trace, local, lang, facts);
    }
}

fn of_finding(finding: &Finding, local: &Local, lang: Lang, group: Option<&Group>) -> Fact {
    let entity = &finding.entity;
    let name = |part: &Option<String>| part.as_deref().map(|name| plain(name, 120));
    let advice: Vec<String> = finding.advice_in(lang).iter().map(|one| plain(one, 160)).collect();
    let samples: Vec<String> =
        finding.evidence.iter().take(SAMPLES).map(|line| plain(&line.text, SAMPLE)).collect();
    let reach = group.filter(|group| group.findings.len() > 1).map(|group| {
        json!({ "findings": group.findings.len(), "workloads": group.blast.workloads,
            "namespaces": group.blast.namespaces, "nodes": group.blast.nodes })
    });
    let line = json!({
        "severity": words::severity(finding.severity, lang), "status": words::status(finding.status, lang),
        "about": plain(&entity.label(), 120), "namespace": name(&entity.namespace),
        "workload": name(&entity.workload), "pod": name(&entity.pod), "node": name(&entity.node),
        "from": local.clock(finding.first_ts), "to": local.clock(finding.last_ts), "lines": finding.count,
        "title": plain(finding.title_in(lang), 120), "what": plain(finding.summary_in(lang), 240),
        "why": plain(finding.why_in(lang), 160), "advice": advice, "group": reach, "samples": samples,
        "trace": finding.trace.as_deref().map(|id| format!("T:{}", short_id(id))),
    });
    let mut fact = Fact::new(format!("F:{}", short_id(&finding.id)), Kind::Finding, line);
    (fact.severity, fact.status) = (Some(finding.severity), Some(finding.status));
    fact
}

fn of_trace(report: &Report, trace: &Trace, local: &Local, lang: Lang, facts: &mut Vec<Fact>) {
    let id = short_id(&trace.id);
    let cite = format!("T:{id}");
    let best = trace.hypotheses.first().filter(|_| trace.verdict != Verdict::Inconclusive);
    let reasons: Vec<String> = trace.reasons.iter().map(|reason| plain(reason.text_in(lang), 160)).collect();
    let symptom = start(report, trace);
    let line = json!({
        "symptom": symptom.map(|finding| format!("F:{}", short_id(&finding.id))),
        "about": plain(&trace.entity.label(), 120), "since": local.clock(trace.ts),
        "what": symptom.map(|finding| plain(finding.summary_in(lang), 240)),
        "verdict": words::verdict(trace.verdict, lang), "reasons": reasons,
        "cause": best.and_then(|best| best.cause.as_ref()).map(|cause| of_cause(cause, local, lang)),
    });
    let mut fact = Fact::new(cite.clone(), Kind::Trace, line);
    let of_trace = |fact: &mut Fact| {
        fact.verdict = Some(trace.verdict);
        fact.severity = symptom.map(|finding| finding.severity);
        fact.status = symptom.map(|finding| finding.status);
    };
    of_trace(&mut fact);
    let steps = best.map(|best| best.steps.as_slice()).unwrap_or_default();
    let first = best.and_then(|best| best.cause.as_ref()).map(|cause| trace.ts.since_s(cause.ts));
    fact.lags =
        steps.iter().filter_map(|step| step.link.as_ref()).map(|link| link.lag_s).chain(first).collect();
    let steps: Vec<Fact> = steps
        .iter()
        .map(|step| {
            let mut of_step = of_step(step, &cite, local, lang);
            of_trace(&mut of_step);
            // who cites a trace cites its steps
            fact.claims.add(&of_step.claims);
            fact.text.push_str(&of_step.text);
            fact.trusted.push_str(&of_step.trusted);
            fact.quoted.push_str(&of_step.quoted);
            of_step
        })
        .collect();
    facts.push(fact);
    facts.extend(steps);
    let rivals = trace.hypotheses.iter().enumerate().skip(usize::from(best.is_some()));
    for (at, rival) in rivals.filter(|_| trace.verdict != Verdict::Confirmed) {
        let Some(cause) = &rival.cause else { continue };
        let reasons: Vec<String> = rival.reasons.iter().map(|one| plain(one.text_in(lang), 160)).collect();
        let line = json!({ "trace": cite, "candidate_not_proven": of_cause(cause, local, lang), "reasons": reasons });
        facts.push(Fact::new(format!("R:{id}.{}", at + 1), Kind::Rival, line));
    }
}

fn of_cause(cause: &Cause, local: &Local, lang: Lang) -> Value {
    json!({
        "at": local.clock(cause.ts), "who": plain(&cause.username, 120), "did": words::did(cause, lang),
        "verb": plain(&cause.verb, 20), "object": plain(&words::target(cause), 160),
        "change": cause.change.as_deref().map(|change| plain(change, 160)),
    })
}

fn of_step(step: &Step, trace: &str, local: &Local, lang: Lang) -> Fact {
    let after = step.link.as_ref().map(|link| words::duration(link.lag_s, lang));
    let link = step.link.as_ref().map(|link| plain(words::link(&link.kind, lang), 40));
    let what = plain(step.what_in(lang), 200);
    // what an operation did is told by this program, what an event or an error says by whoever wrote it
    let (did, what) = if step.kind == StepKind::Operation { (Some(what), None) } else { (None, Some(what)) };
    let line = json!({
        "trace": trace, "kind": words::kind(step.kind, lang), "at": local.clock(step.ts), "after": after,
        "link": link, "who": plain(&step.who, 120), "did": did, "what": what,
    });
    let mut fact = Fact::new(format!("S:{}", short_id_of_step(&step.id)), Kind::Step, line);
    fact.lags.extend(step.link.as_ref().map(|link| link.lag_s));
    fact
}

/// Step ids end in their number: it must not be cut off.
fn short_id_of_step(id: &str) -> String {
    match id.rsplit_once('-') {
        Some((start, number)) if number.len() < 4 => format!("{}-{}", short_id(start), short_id(number)),
        _ => short_id(id),
    }
}

/// Returns ids as they stand behind a sentence: `[F:… / T:…]`.
pub(crate) fn cited(cites: &[String]) -> String {
    let shown: Vec<String> = cites.iter().take(4).map(|cite| inert(cite, 40)).collect();
    format!("[{}]", shown.join(" / "))
}
