//! The facts of a trace, of its steps and of other candidates.

use crate::brief::digest::starting_finding;
use crate::brief::facts::{Fact, FactKind};
use crate::brief::labels;
use crate::brief::notation::{LocalTime, duration, short_id};
use crate::brief::outline::Outline;
use model::lang::Lang;
use model::report::{Cause, Step, StepKind, Trace, Verdict};
use redact::sanitize::plain;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Adds the facts of a trace, of its steps, and of the rival candidates.
pub(super) fn add_trace(outline: &Outline, trace: &Trace, lang: Lang, facts: &mut Vec<Fact>) {
    let local = &outline.local;
    let id = short_id(&trace.id);
    let trace_id = format!("T:{id}");
    let best = trace.hypotheses.first().filter(|_| trace.verdict != Verdict::Inconclusive);
    let reasons: Vec<String> = trace.reasons.iter().map(|reason| plain(reason.text_in(lang), 160)).collect();
    let symptom = starting_finding(outline.report, trace);
    let calls: Vec<String> = trace
        .calls
        .iter()
        .filter(|callee| callee.hop == 1)
        .map(|callee| plain(&format!("{}/{}", callee.namespace, callee.workload), 120))
        .collect();
    let causes: Vec<&Cause> = trace.hypotheses.iter().filter_map(|one| one.cause.as_ref()).collect();
    let line = json!({
        "symptom": symptom.map(|finding| format!("F:{}", short_id(&finding.id))),
        "about": plain(&trace.entity.label(), 120), "since": local.clock(trace.ts), "calls": calls,
        "candidates": (trace.verdict == Verdict::Inconclusive && !causes.is_empty()).then_some(causes.len()),
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
    let summaries = outline.report.findings.iter().map(|finding| &finding.summary).collect();
    let steps: Vec<Fact> =
        steps.iter().map(|step| with_verdict(of_step(step, &trace_id, &summaries, local, lang))).collect();
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
    let key = match trace.verdict {
        Verdict::Confirmed => "ruled_out",
        _ => "candidate_not_proven",
    };
    for (at, rival) in rivals {
        let Some(cause) = &rival.cause else { continue };
        let reasons: Vec<String> = rival.reasons.iter().map(|one| plain(one.text_in(lang), 160)).collect();
        let line = json!({
            "trace": trace_id, key: of_cause(cause, local, lang), "reasons": reasons,
            "score": format!("{:.3}", rival.score), "score_of_best": best.map(|best| format!("{:.3}", best.score)),
        });
        facts.push(Fact::new(format!("R:{id}.{}", at + 1), FactKind::Rival, line));
    }
}

fn of_cause(cause: &Cause, local: &LocalTime, lang: Lang) -> Value {
    json!({
        "at": local.clock(cause.ts), "who": plain(&cause.username, 120), "did": labels::operation_verb(cause, lang),
        "verb": plain(&cause.verb, 20), "class": plain(&cause.operation, 40), "object": plain(&labels::operation_target(cause), 160),
        "change": cause.change.as_deref().map(|change| plain(change, 160)),
        "old": cause.old.as_deref().map(|value| plain(value, 80)),
        "new": cause.new.as_deref().map(|value| plain(value, 80)),
        "on_behalf_of": cause.on_behalf_of.as_deref().map(|name| plain(name, 120)),
    })
}

fn of_step(step: &Step, trace: &str, summaries: &BTreeSet<&String>, local: &LocalTime, lang: Lang) -> Fact {
    let after = step.link.as_ref().map(|link| duration(link.lag_s, lang));
    let link = step.link.as_ref().map(|link| plain(labels::link(&link.kind, lang), 40));
    let what = plain(step.what_in(lang), 200);
    // the text of an event comes from its log
    let (did, said, summary) = match step.kind {
        StepKind::Operation => (Some(what), None, None),
        StepKind::Event => (None, Some(what), None),
        // the summary of a finding is a sentence of a rule around words of a log
        StepKind::Error if summaries.contains(&step.what) => (None, None, Some(what)),
        StepKind::Error => (None, Some(what), None),
    };
    let line = json!({
        "trace": trace, "kind": labels::step_kind(step.kind, lang), "at": local.clock(step.ts), "after": after,
        "link": link, "who": plain(&step.who, 120), "did": did, "said": said, "what": summary,
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
