//! The facts of a report that a model may see: one JSON object per line, each with the id by which
//! sentences cite it, and the claims that such a sentence may make. Text that a log wrote is kept apart
//! from text of rules and of this program, because only the latter is trusted.

mod incident; // an incident and its findings
mod trace; // a trace, its steps, its rivals

use crate::brief::claims::Claims;
use crate::brief::facts::incident::{add_group, add_rest};
use crate::brief::gaps::gap_text;
use crate::brief::outline::Outline;
use chrono::Datelike;
use model::lang::Lang;
use model::report::{Severity, Status, Verdict};
use redact::sanitize::{plain, sanitize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The subject of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FactKind {
    Day,
    Incident,
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
    /// Id by which briefs cite it: `F:f1c9a07be2d4`.
    pub id: String,
    /// Short id in the prompt and in slots: `F1`.
    pub slot: String,
    pub kind: FactKind,
    /// Number of the incident that it is about.
    pub incident: Option<usize>,
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

/// Fields with an operation, and who did it.
pub(crate) const OPERATIONS: [&str; 5] =
    ["cause", "trigger", "restored_by", "candidate_not_proven", "ruled_out"];

/// Fields with text from logs or from a model; all others hold text of this program, or names.
const QUOTED: [&str; 6] = ["what", "said", "samples", "rows", "failed", "details"];

impl Fact {
    /// Returns a fact of a line without its empty fields.
    pub(crate) fn new(id: String, kind: FactKind, line: Value) -> Self {
        let mut object = Map::new();
        let fields = line.as_object().cloned().unwrap_or_default();
        object.extend(fields.into_iter().filter(|(_, value)| match value {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => true,
        }));
        let (mut all, mut trusted, mut quoted) = (String::new(), String::new(), String::new());
        for (key, value) in &object {
            let text = match value {
                // the noun that is counted
                Value::Number(number) => format!("{number} {key}"),
                other => text_of(other),
            };
            if !QUOTED.contains(&key.as_str()) {
                trusted.push_str(&text.to_lowercase());
                trusted.push('\n');
            } else if key != "what" {
                // the summary of a finding is a sentence of a rule around words of a log: neither
                quoted.push_str(&text.to_lowercase());
                quoted.push('\n');
            }
            all.push_str(&text);
            all.push('\n');
        }
        Self {
            slot: id.clone(),
            id,
            kind,
            incident: None,
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
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join("\n"),
        Value::Object(fields) => {
            let texts = fields.iter().map(|(key, value)| match value {
                Value::Number(number) => format!("{number} {key}"),
                other => text_of(other),
            });
            texts.collect::<Vec<_>>().join("\n")
        }
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
    // what a reader needs first, then the rest
    for add in [add_group, add_rest] {
        for (at, group) in outline.digest.groups.iter().enumerate() {
            let first = facts.len();
            add(outline, group, lang, &mut facts);
            facts.iter_mut().skip(first).for_each(|fact| fact.incident = Some(at));
        }
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
    number(&mut facts);
    // times without a day belong to the day of the report
    if let Some(date) = outline.local.date {
        for fact in facts.iter_mut().filter(|fact| fact.claims.days.is_empty()) {
            fact.days.insert((date.month(), date.day()));
        }
    }
    facts
}

/// Numbers the facts of each kind: `F1`, `F2`, `T1`. A line that names another fact uses its number too.
fn number(facts: &mut [Fact]) {
    let mut counts: BTreeMap<char, usize> = BTreeMap::new();
    let mut slots: BTreeMap<String, String> = BTreeMap::new();
    for fact in facts.iter_mut() {
        if let Some((letter, _)) = fact.id.split_once(':')
            && let Some(letter) = letter.chars().next()
        {
            let count = counts.entry(letter).or_default();
            *count += 1;
            fact.slot = format!("{letter}{count}");
        }
        slots.insert(fact.id.clone(), fact.slot.clone());
    }
    for fact in facts {
        for key in ["trace", "symptom"] {
            if let Some(Value::String(id)) = fact.line.get_mut(key)
                && let Some(slot) = slots.get(id)
            {
                *id = slot.clone();
            }
        }
    }
}

fn day(outline: &Outline, lang: Lang) -> Fact {
    let (run, digest) = (&outline.report.run, &outline.digest);
    let counts = digest.counts;
    let line = json!({
        "date": run.date, "tables": 4, "cluster": plain(&run.cluster, 60), "lines_read": digest.rows,
        "incidents": counts.incidents, "findings": counts.findings, "new": counts.new, "worse": counts.worse, "ongoing": counts.ongoing,
        "better": counts.better, "gone": counts.gone,
        "highest_severity": digest.severity.map(|severity| severity.name_in(lang)),
        "is_data_complete": digest.is_complete,
    });
    Fact { severity: digest.severity, ..Fact::new("D".into(), FactKind::Day, line) }
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
        let trace = fact.line.get("trace").and_then(Value::as_str);
        covered.extend(facts.iter().filter(|of| Some(of.slot.as_str()) == trace).map(|of| of.id.as_str()));
    }
    covered
}
