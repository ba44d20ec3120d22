//! The voice brief: at most 200 characters of whole sentences without ids, markup or addresses. The
//! limit is for a xiaozhi robot: people do not follow a longer announcement. Sentences are spoken in
//! their order here and admitted by priority. The modules below word the parts; none knows a model.

mod gaps; // gaps in the data
mod names; // users, objects, resources
mod operation; // who did what, and what it changed
mod reading; // numbers, units and identifiers as words
mod sentence; // log and rule text as a sentence
mod time; // clock times and days

use crate::brief::digest::{Counts, starting_finding};
use crate::brief::notation::plural;
use crate::brief::outline::Outline;
use model::entity::Entity;
use model::lang::Lang;
use model::numerals::write_zh_count;
use model::report::{Cause, Severity, Trace, Verdict};
use model::time::Ts;

/// The most characters of a voice brief.
pub(crate) const LIMIT: usize = 200;
/// Priority or growth of a sentence that comes after all others.
const LAST: u8 = 9;

/// One sentence of the brief.
struct Sentence {
    /// Order of admission, 0 first.
    priority: u8,
    /// Order in which sentences get a longer form if room is left, 0 first. A sentence with 0 is admitted
    /// in its longest form at once.
    growth: u8,
    /// Wordings of different lengths.
    forms: Vec<String>,
}

/// Returns the voice brief from the template. `is_fallback` adds the note that a model's brief was
/// expected.
pub(crate) fn write(outline: &Outline, lang: Lang, is_fallback: bool) -> String {
    let mut sentences = vec![Sentence { priority: 0, growth: 3, forms: headline(outline, lang) }];
    if !outline.is_empty() {
        if let Some(trace) = outline.traces.first() {
            sentences.push(Sentence { priority: 2, growth: 1, forms: symptom(outline, trace, lang) });
            sentences.push(Sentence { priority: 3, growth: 0, forms: origin(outline, trace, lang) });
        } else if let Some(finding) = outline.most_severe {
            let title = finding.title_in(lang);
            let forms = failure(outline, &finding.entity, title, finding.first_ts, lang);
            sentences.push(Sentence { priority: 2, growth: 1, forms });
        }
        sentences.push(Sentence { priority: 4, growth: 4, forms: advice(outline, lang) });
        sentences.push(Sentence { priority: 1, growth: 2, forms: gaps::forms(outline, lang) });
        sentences.push(Sentence { priority: 5, growth: 5, forms: rest(outline, lang) });
    }
    if is_fallback {
        let note = lang.pick("模板播报。", "From a template.").to_owned();
        sentences.push(Sentence { priority: 0, growth: LAST, forms: vec![note] });
    }
    fit(&sentences, lang)
}

/// Returns the first sentence of a voice brief, which a model's sentences follow.
pub(crate) fn opening(outline: &Outline, lang: Lang) -> String {
    headline(outline, lang).swap_remove(0)
}

/// Returns a voice brief with given sentences between the opening and the gaps: the first of them that
/// fit and that can be spoken.
pub(crate) fn with_sentences<'t>(
    outline: &Outline,
    texts: impl Iterator<Item = &'t str>,
    lang: Lang,
) -> String {
    let mut sentences = vec![Sentence { priority: 0, growth: 3, forms: vec![opening(outline, lang)] }];
    let spoken = texts.map(|text| reading::read(text, lang)).filter(|text| sentence::is_speakable(text));
    for (text, priority) in spoken.zip(2..) {
        sentences.push(Sentence { priority, growth: 0, forms: vec![text] });
    }
    sentences.push(Sentence { priority: 1, growth: 2, forms: gaps::forms(outline, lang) });
    fit(&sentences, lang)
}

/// Admits the shortest form of each sentence by priority, then lengthens sentences while there is room.
fn fit(sentences: &[Sentence], lang: Lang) -> String {
    let size = |text: &str| text.chars().count() + lang.pick(0, 1);
    let mut order: Vec<usize> = (0..sentences.len()).collect();
    let mut chosen: Vec<&str> = vec![""; sentences.len()];
    let mut left = LIMIT;
    for is_growing in [false, true] {
        order.sort_by_key(|i| {
            sentences.get(*i).map(|sentence| if is_growing { sentence.growth } else { sentence.priority })
        });
        for i in &order {
            let (Some(sentence), Some(slot)) = (sentences.get(*i), chosen.get_mut(*i)) else { continue };
            let room = left + if slot.is_empty() { 0 } else { size(slot) };
            let forms = sentence.forms.iter().filter(|form| !form.is_empty() && size(form) <= room);
            // the cause is worth its full length before sentences of a lower priority are admitted
            let form = if is_growing || sentence.growth == 0 {
                forms.max_by_key(|form| size(form))
            } else {
                forms.min_by_key(|form| size(form))
            };
            if let Some(form) = form {
                left = room - size(form);
                *slot = form;
            }
        }
    }
    chosen.retain(|form| !form.is_empty());
    chosen.join(lang.pick("", " ")).chars().take(LIMIT).collect()
}

/// Returns the day and cluster with the number of findings, or that the day was calm, or that no logs
/// arrived.
fn headline(outline: &Outline, lang: Lang) -> Vec<String> {
    let day = outline.local.date.map(|date| time::day(date, lang)).unwrap_or_default();
    let cluster = names::speakable(&outline.report.run.cluster, 24);
    let place = match lang {
        Lang::Zh if cluster.is_empty() => format!("{day}，集群"),
        Lang::Zh => format!("{day}，{cluster} 集群"),
        Lang::En if cluster.is_empty() => day,
        Lang::En => format!("{day}, {cluster}"),
    };
    if outline.is_empty() {
        return vec![lang.pick(
            format!("{place}没有收到任何日志，情况未知，不代表正常。请检查日志采集。"),
            format!("{place}: no logs arrived at all, so nothing is known. Please check the log collection."),
        )];
    }
    if outline.digest.counts.findings == 0 {
        let calm = if outline.is_complete() {
            lang.pick("一切平稳，没有发现异常。", "all calm, nothing unusual was found.")
        } else {
            lang.pick("在已有日志中没有发现异常。", "nothing unusual in the logs that arrived.")
        };
        return vec![lang.pick(format!("{place}{calm}"), format!("{place}: {calm}"))];
    }
    counts(outline, &place, lang)
}

/// Returns the number of findings; the longer form adds how many are new or worse and the severity.
fn counts(outline: &Outline, place: &str, lang: Lang) -> Vec<String> {
    let Counts { findings: n, new, worse, .. } = outline.digest.counts;
    let highest = outline.most_severe.map_or(Severity::Info, |finding| finding.severity);
    let highest = highest.name_in(lang);
    match lang {
        Lang::Zh => {
            let count = write_zh_count(n);
            let new = match (new, worse) {
                (0, 0) => String::new(),
                (0, _) => format!("，加重{}个", write_zh_count(worse)),
                _ if new == n => "，都是新增的".into(),
                _ => format!("，新增{}个", write_zh_count(new)),
            };
            vec![
                format!("{place}发现{count}个异常。"),
                format!("{place}发现{count}个异常{new}，最高级别{highest}。"),
            ]
        }
        Lang::En => {
            let count = plural(n, "finding");
            let new = match (new, worse) {
                (0, 0) => String::new(),
                (0, _) => format!(", {worse} worse"),
                _ if new == n => ", all new".into(),
                _ => format!(", {new} new"),
            };
            vec![format!("{place}: {count}."), format!("{place}: {count}{new}, severity up to {highest}.")]
        }
    }
}

fn symptom(outline: &Outline, trace: &Trace, lang: Lang) -> Vec<String> {
    let title = starting_finding(outline.report, trace).map_or("", |finding| finding.title_in(lang));
    failure(outline, &trace.entity, title, trace.ts, lang)
}

/// Returns which entity fails and since when; with the title of the finding if it can be spoken.
fn failure(outline: &Outline, entity: &Entity, title: &str, since: Ts, lang: Lang) -> Vec<String> {
    let who = names::entity(entity, lang);
    let when = time::moment(since, &outline.local, lang);
    match (lang, sentence::first(title, 64, lang)) {
        (Lang::Zh, None) => vec![format!("{who} {when}起出现异常。")],
        (Lang::En, None) => vec![format!("{} has been failing since {when}.", sentence::capitalized(&who))],
        (Lang::Zh, Some(title)) => {
            vec![format!("{who}：{title}。"), format!("{who} {when}起，{title}。")]
        }
        (Lang::En, Some(title)) => {
            let title = sentence::uncapitalized(&title);
            vec![format!("{who}: {title}."), format!("{who}, since {when}: {title}.")]
        }
    }
}

/// Returns the cause of a trace, led by its verdict; a likely cause is marked as unproven.
fn origin(outline: &Outline, trace: &Trace, lang: Lang) -> Vec<String> {
    let local = &outline.local;
    let best = trace.hypotheses.first();
    let lead = match trace.verdict {
        Verdict::Confirmed => lang.pick("已确认：", "Confirmed: "),
        Verdict::Likely => lang.pick("很可能但未证实：", "Likely, not proven: "),
        Verdict::Inconclusive => return inconclusive(trace, lang),
    };
    let end = lang.pick("。", ".");
    let Some(cause) = best.and_then(|hypothesis| hypothesis.cause.as_ref()) else {
        if let Some(state) = best.and_then(|hypothesis| hypothesis.state.as_ref()) {
            let text = sentence::first(&state.text_in(lang), 60, lang);
            return text.map(|text| format!("{lead}{text}{end}")).into_iter().collect();
        }
        let first = best.and_then(|hypothesis| hypothesis.steps.first());
        let what = first.and_then(|step| sentence::first(step.what_in(lang), 60, lang));
        let event = lang.pick("源头是集群事件", "it began with a cluster event");
        let mut forms = vec![format!("{lead}{event}{end}")];
        forms.extend(
            what.map(|what| lang.pick(format!("{lead}{event}，{what}。"), format!("{lead}{event}, {what}."))),
        );
        return forms;
    };
    let operation = operation::text(cause, local, lang);
    let short = operation::text(&Cause { namespace: String::new(), ..cause.clone() }, local, lang);
    let mut forms = vec![format!("{lead}{short}{end}"), format!("{lead}{operation}{end}")];
    let change = operation::change(cause, 48, lang);
    forms.extend(change.map(|change| format!("{lead}{operation}{}{change}{end}", lang.pick("，", ", "))));
    forms
}

fn inconclusive(trace: &Trace, lang: Lang) -> Vec<String> {
    let reason = trace.reasons.first().and_then(|reason| sentence::first(reason.text_in(lang), 60, lang));
    let mut forms = vec![lang.pick("起因无法确定。", "The cause is inconclusive.").to_owned()];
    forms.extend(reason.map(|reason| {
        lang.pick(format!("起因无法确定：{reason}。"), format!("The cause is inconclusive: {reason}."))
    }));
    forms
}

/// Returns the first step of the lead's advice.
fn advice(outline: &Outline, lang: Lang) -> Vec<String> {
    let first = outline.lead.and_then(|finding| finding.advice_in(lang).first().copied());
    let advice = first.and_then(|advice| sentence::first(advice, 60, lang));
    advice
        .map(|advice| {
            lang.pick(
                format!("先做：{}。", advice.trim_start_matches('先')),
                format!("First: {}.", sentence::uncapitalized(&advice)),
            )
        })
        .into_iter()
        .collect()
}

/// Returns how many findings the brief leaves out; without any, how many are gone.
fn rest(outline: &Outline, lang: Lang) -> Vec<String> {
    let others = outline.report.findings.len().saturating_sub(outline.lead_findings);
    let gone = outline.report.gone.len();
    match (others, gone, lang) {
        (0, 0, _) => Vec::new(),
        (0, _, Lang::Zh) => vec![format!("前一天的{}个异常没有再出现。", write_zh_count(gone))],
        (0, _, Lang::En) => vec![format!("{} from the day before did not return.", plural(gone, "finding"))],
        (_, _, Lang::Zh) => vec![format!("其余{}个见完整报告。", write_zh_count(others))],
        (_, _, Lang::En) => vec![format!("{others} more in the full report.")],
    }
}
