//! One trace in a chat brief: the finding, the verdict with the operation behind it, the chain of
//! steps, and the first thing to do.

use crate::brief::digest::{belongs, starting_finding};
use crate::brief::labels;
use crate::brief::notation::{LocalTime, duration, grouped, plural, short_id};
use crate::brief::outline::Outline;
use model::incident::Incident;
use model::lang::Lang;
use model::report::{Cause, Finding, Hypothesis, StepKind, Trace, Verdict};
use redact::sanitize::sanitize;

/// The most characters taken from one text of the report.
const TEXT: usize = 120;
/// The most characters of the first thing to do: statements in it are to be run.
const ADVICE: usize = 400;
/// The most steps of a chain.
const STEPS: usize = 6;

/// Returns a trace in up to six lines: the finding, the verdict, the impact, the chain, the first step of the
/// advice, the other findings of the trace.
pub(crate) fn block(outline: &Outline, trace: &Trace, number: usize, lang: Lang) -> String {
    let (report, local) = (outline.report, &outline.local);
    let colon = lang.pick("：", ": ");
    let start = starting_finding(report, trace);
    let mut lines = vec![format!("**{number}.** {}", finding_line(start, trace, local, lang))];
    lines.push(cause_line(outline, trace, lang));
    if let Some(incident) = outline.incident_of(trace) {
        lines.extend(impact_line(incident, local, lang).map(|line| format!("- {line}")));
    }
    let best = trace.hypotheses.first().filter(|_| trace.verdict != Verdict::Inconclusive);
    if let Some(best) = best.filter(|best| best.steps.len() > 1) {
        let chain = chain(best, local, lang);
        lines.push(format!("- {}{colon}{chain} [T:{}]", lang.pick("链路", "Chain"), short_id(&trace.id)));
    }
    if let Some(repair) = best.and_then(|best| best.restored_by.as_ref()) {
        let label = lang.pick("修复", "Restored by");
        lines.push(format!(
            "- {label}{colon}{} [A:{}]",
            operation(repair, local, lang),
            short_id(&repair.audit_id)
        ));
    }
    lines.extend(step_line(outline, trace, lang));
    let others = report.findings.iter().filter(|f| belongs(f, trace) && start.is_none_or(|s| s.id != f.id));
    let ids: Vec<String> = others.map(|finding| format!("F:{}", short_id(&finding.id))).collect();
    if !ids.is_empty() {
        let (n, shown) = (ids.len(), ids.iter().take(4).cloned().collect::<Vec<_>>().join(" / "));
        let also = lang.pick(
            format!("同一链路的另外 {n} 个异常"),
            format!("{} of the same trace", plural(n, "more finding")),
        );
        lines.push(format!("- {also} [{shown}]"));
    }
    lines.join("\n")
}

/// Returns the verdict of a trace with its cause as a line of a list.
pub(crate) fn cause_line(outline: &Outline, trace: &Trace, lang: Lang) -> String {
    format!("- {} [{}]", verdict_line(trace, &outline.local, lang), cited(trace))
}

/// Returns the first thing to do as a line of a list; `None` if the rule of the finding advises nothing.
pub(crate) fn step_line(outline: &Outline, trace: &Trace, lang: Lang) -> Option<String> {
    let start = starting_finding(outline.report, trace)?;
    let advice = start.advice_in(lang);
    let first = sanitize(advice.first()?.trim_end_matches(['.', '。']), ADVICE);
    let label = lang.pick("先做：", "First step: ");
    Some(format!("- {label}{first} [F:{}]", short_id(&start.id)))
}

/// Returns what an incident affected, and since when it is over; `None` if neither is known.
fn impact_line(incident: &Incident, local: &LocalTime, lang: Lang) -> Option<String> {
    let words = lang.pick(&incident.impact.words_zh, &incident.impact.words);
    let over = incident.over_since.map(|since| {
        let since = local.clock(since);
        lang.pick(format!("{since} 起已恢复"), format!("over since {since}"))
    });
    let parts: Vec<String> =
        (!words.is_empty()).then(|| sanitize(words, TEXT)).into_iter().chain(over).collect();
    let label = lang.pick("影响：", "Impact: ");
    (!parts.is_empty()).then(|| format!("{label}{}", parts.join(lang.pick("；", "; "))))
}

/// Returns the finding that a trace starts from: entity, summary, severity, status, since when, how often.
pub(super) fn finding_line(start: Option<&Finding>, trace: &Trace, local: &LocalTime, lang: Lang) -> String {
    let label = sanitize(&trace.entity.label(), 80);
    let Some(start) = start else {
        return lang.pick(
            format!("{label}，{} 起 [T:{}]", local.clock(trace.ts), short_id(&trace.id)),
            format!("{label}, since {} [T:{}]", local.clock(trace.ts), short_id(&trace.id)),
        );
    };
    let (summary, severity) = (sanitize(start.summary_in(lang), TEXT), start.severity.name_in(lang));
    let (since, id) = (local.clock(trace.ts), short_id(&start.id));
    let status = labels::status(start.status, lang);
    // entity and count are added only where the summary does not have them
    let names = [start.entity.workload.as_deref(), start.entity.pod.as_deref(), Some(label.as_str())];
    let is_named = names.into_iter().flatten().any(|name| summary.contains(name));
    let label = if is_named { String::new() } else { format!("{label}{}", lang.pick("：", ": ")) };
    let is_counted = summary.contains(&start.count.to_string());
    let times = match (is_counted, lang) {
        (true, _) => String::new(),
        (false, Lang::Zh) => format!("，{} 次", grouped(start.count)),
        (false, Lang::En) => format!(", {}", plural(usize::try_from(start.count).unwrap_or(0), "time")),
    };
    lang.pick(
        format!("{label}{summary}（{severity}，{status}；{since} 起{times}） [F:{id}]"),
        format!("{label}{summary} ({severity}, {status}; since {since}{times}) [F:{id}]"),
    )
}

/// Returns the verdict with the operation or event and up to three reasons. A verdict other than
/// confirmed is followed by "not proven" or by candidates.
pub(super) fn verdict_line(trace: &Trace, local: &LocalTime, lang: Lang) -> String {
    let reasons: Vec<String> =
        trace.reasons.iter().take(3).map(|reason| sanitize(reason.text_in(lang), 80)).collect();
    let reasons = reasons.join(lang.pick("；", "; "));
    let best = trace.hypotheses.first();
    let origin = match best.map(|best| (best, best.cause.as_ref())) {
        Some((_, Some(cause))) => operation(cause, local, lang),
        Some((Hypothesis { state: Some(state), .. }, None)) => sanitize(&state.text_in(lang), 2 * TEXT),
        Some((best, None)) => best.steps.first().map_or_else(String::new, |step| {
            let what = sanitize(step.what_in(lang), TEXT);
            let at = local.clock(step.ts);
            lang.pick(
                format!("源头是 {at} 的事件，之前没有操作：{what}"),
                format!("it began with an event at {at}, no operation before it: {what}"),
            )
        }),
        None => String::new(),
    };
    let because = |label: &str| if reasons.is_empty() { String::new() } else { format!("{label}{reasons}") };
    match (trace.verdict, lang) {
        (Verdict::Confirmed, Lang::Zh) => format!("**已确认**：{origin}{}", because("；依据：")),
        (Verdict::Confirmed, Lang::En) => format!("**Confirmed**: {origin}{}", because("; because ")),
        (Verdict::Likely, Lang::Zh) => format!("**很可能**（未证实）：{origin}{}", because("；依据：")),
        (Verdict::Likely, Lang::En) => format!("**Likely** (not proven): {origin}{}", because("; because ")),
        (Verdict::Inconclusive, _) => {
            let open = lang.pick("**起因无法确定**", "**Cause inconclusive**");
            let causes = trace.hypotheses.iter().filter_map(|hypothesis| hypothesis.cause.as_ref()).take(2);
            let candidates: Vec<String> = causes.map(|cause| operation(cause, local, lang)).collect();
            let candidates = if candidates.is_empty() {
                String::new()
            } else {
                let candidates = candidates.join(" ｜ ");
                lang.pick(
                    format!("；均未证实的候选：{candidates}"),
                    format!("; candidates, none proven: {candidates}"),
                )
            };
            let state = best.and_then(|best| best.state.as_ref()).map_or_else(String::new, |state| {
                let state = sanitize(&state.text_in(lang), 2 * TEXT);
                lang.pick(format!("；现状：{state}"), format!("; what is wrong: {state}"))
            });
            format!("{open}{}{candidates}{state}", because(lang.pick("：", ": ")))
        }
    }
}

/// Returns who did what and when, and what it changed.
fn operation(cause: &Cause, local: &LocalTime, lang: Lang) -> String {
    let (at, who, verb) = (local.clock(cause.ts), sanitize(&cause.username, 80), sanitize(&cause.verb, 20));
    let target = sanitize(&labels::operation_target(cause), TEXT);
    let change = cause.change.as_deref().map(|change| sanitize(change, TEXT)).unwrap_or_default();
    let change = match change.is_empty() {
        true => change,
        false => format!("{}{change}", lang.pick("：", ": ")),
    };
    let did = labels::operation_verb(cause, lang);
    lang.pick(
        format!("{at} {who} {did}（{verb}）{target}{change}"),
        format!("{at} {who} {did} ({verb}) {target}{change}"),
    )
}

/// Returns the chain in one line: operation → event → error, each with its lag.
fn chain(hypothesis: &Hypothesis, local: &LocalTime, lang: Lang) -> String {
    let mut texts = Vec::new();
    for (at, step) in hypothesis.steps.iter().take(STEPS).enumerate() {
        let kind = labels::step_kind(step.kind, lang);
        // the line above has the cause already
        let is_repeated = at == 0 && step.kind == StepKind::Operation && hypothesis.cause.is_some();
        let what = if is_repeated { String::new() } else { format!(" {}", sanitize(step.what_in(lang), 48)) };
        texts.push(match &step.link {
            Some(link) => {
                let sign = if link.lag_s < 0.0 { "" } else { "+" };
                format!("({sign}{}) {kind}{what}", duration(link.lag_s, lang))
            }
            None => format!("{} {kind}{what}", local.clock(step.ts)),
        });
    }
    let more = hypothesis.steps.len().saturating_sub(STEPS);
    if more > 0 {
        texts.push(format!("… (+{more})"));
    }
    texts.join(" → ")
}

/// Returns the ids of a trace and of its operation's audit entry: `T:t-4be01c77 / A:9b1f6d1e`.
pub(super) fn cited(trace: &Trace) -> String {
    let cause = trace.hypotheses.first().and_then(|best| best.cause.as_ref());
    let audit = cause.map(|cause| short_id(&cause.audit_id)).filter(|id| !id.is_empty());
    let audit = audit.map(|id| format!(" / A:{id}")).unwrap_or_default();
    format!("T:{}{audit}", short_id(&trace.id))
}
