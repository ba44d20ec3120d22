//! The spoken brief: at most 200 characters, whole sentences, nothing a voice cannot say.
//! The limit is xiaozhi's: about 200 characters is what a robot can be listened to.
//! Sentences stand in reading order and are admitted in order of weight.

use crate::brief::fact_check::Kept;
use crate::brief::facts::Fact;
use crate::brief::model_brief::told_by;
use crate::brief::words;
use crate::brief::words::{Gap, Local, gaps, plural, severity, short_id};
use crate::brief::{Counts, Telling, belongs, speech, start};
use model::entity::Entity;
use model::lang::Lang;
use model::report::{Cause, Report, Severity, Trace, Verdict};
use model::time::Ts;

/// The most characters that are spoken.
pub(crate) const LIMIT: usize = 200;

/// One sentence of the brief: its forms, when it is admitted, and when it may grow (0 goes first).
struct Clause {
    weight: u8,
    growth: u8,
    forms: Vec<String>,
}

/// Returns the spoken brief; `is_stand_in` says that a model should have spoken.
pub(crate) fn voice(report: &Report, telling: &Telling, lang: Lang, is_stand_in: bool) -> String {
    let local = Local::of(&report.run);
    let gaps = gaps(report);
    let mut clauses = vec![Clause { weight: 0, growth: 3, forms: headline(report, telling, &local, lang) }];
    if !telling.is_silent() {
        if let Some(trace) = telling.traces.first() {
            clauses.push(Clause { weight: 2, growth: 1, forms: symptom(report, trace, &local, lang) });
            clauses.push(Clause { weight: 3, growth: 0, forms: origin(trace, &local, lang) });
        } else if let Some(finding) = telling.gravest {
            let title = finding.title_in(lang);
            clauses.push(Clause {
                weight: 2,
                growth: 1,
                forms: failing(&finding.entity, title, finding.first_ts, &local, lang),
            });
        }
        clauses.push(Clause { weight: 4, growth: 4, forms: advice(telling, lang) });
        clauses.push(Clause { weight: 1, growth: 2, forms: coverage(report, telling, &gaps, lang) });
        clauses.push(Clause { weight: 5, growth: 5, forms: rest(report, telling, lang) });
    }
    if is_stand_in {
        let note = lang.pick("模板播报。", "From a template.").to_owned();
        clauses.push(Clause { weight: 0, growth: 9, forms: vec![note] });
    }
    fit(&clauses, lang)
}

/// Returns the first sentence, which a model's words follow.
pub(crate) fn opening(report: &Report, telling: &Telling, lang: Lang) -> String {
    headline(report, telling, &Local::of(&report.run), lang).swap_remove(0)
}

/// Returns what a model said as it is spoken: behind the opening, before what was not seen. Nothing
/// where what weighs most is not among it, or cannot be said.
pub(crate) fn told(
    report: &Report,
    telling: &Telling,
    kept: &[Kept],
    facts: &[Fact],
    lang: Lang,
) -> Option<String> {
    let gaps = gaps(report);
    let mut clauses = vec![Clause { weight: 0, growth: 3, forms: vec![opening(report, telling, lang)] }];
    let mut spoken = 0;
    for one in kept.iter().filter(|one| speech::is_speakable(&one.text)) {
        spoken += 1;
        clauses.push(Clause { weight: 1 + spoken, growth: 0, forms: vec![one.text.clone()] });
    }
    clauses.push(Clause { weight: 1, growth: 2, forms: coverage(report, telling, &gaps, lang) });
    let text = fit(&clauses, lang);
    let gravest = telling.gravest?;
    let told = told_by(facts, kept.iter().filter(|one| text.contains(one.text.as_str())));
    let is_told = |cite: String| told.contains(cite.as_str());
    let mut traces = report.traces.iter().filter(|trace| belongs(gravest, trace));
    let is_told = is_told(format!("F:{}", short_id(&gravest.id)))
        || traces.any(|trace| is_told(format!("T:{}", short_id(&trace.id))));
    is_told.then_some(text)
}

/// Admits the briefest form of each clause by weight, then lengthens by weight what has room.
fn fit(clauses: &[Clause], lang: Lang) -> String {
    let size = |text: &str| text.chars().count() + lang.pick(0, 1);
    let mut order: Vec<usize> = (0..clauses.len()).collect();
    let mut chosen: Vec<&str> = vec![""; clauses.len()];
    let mut left = LIMIT;
    for longest in [false, true] {
        order.sort_by_key(|i| {
            clauses.get(*i).map(|clause| if longest { clause.growth } else { clause.weight })
        });
        for i in &order {
            let (Some(clause), Some(slot)) = (clauses.get(*i), chosen.get_mut(*i)) else { continue };
            let room = left + if slot.is_empty() { 0 } else { size(slot) };
            let forms = clause.forms.iter().filter(|form| !form.is_empty() && size(form) <= room);
            // what caused it is told at length before anything else has a word
            let form = if longest || clause.growth == 0 {
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

/// The day, the cluster and how much was found, or that all was calm, or that nothing was read.
fn headline(report: &Report, telling: &Telling, local: &Local, lang: Lang) -> Vec<String> {
    let day = local.date.map(|date| speech::day(date, lang)).unwrap_or_default();
    let cluster = speech::name(&report.run.cluster, 24);
    let Counts { findings: n, new, worse, .. } = telling.digest.counts;
    let worst = telling.gravest.map_or(Severity::Info, |finding| finding.severity);
    let place = match lang {
        Lang::Zh if cluster.is_empty() => format!("{day}，集群"),
        Lang::Zh => format!("{day}，{cluster} 集群"),
        Lang::En if cluster.is_empty() => day,
        Lang::En => format!("{day}, {cluster}"),
    };
    if telling.is_silent() {
        return vec![lang.pick(
            format!("{place}没有收到任何日志，情况未知，不代表正常。请检查日志采集。"),
            format!("{place}: no logs arrived at all, so nothing is known. Please check the log collection."),
        )];
    }
    if n == 0 {
        let calm = if telling.is_whole() {
            lang.pick("一切平稳，没有发现异常。", "all calm, nothing unusual was found.")
        } else {
            lang.pick("在已有日志中没有发现异常。", "nothing unusual in the logs that arrived.")
        };
        return vec![lang.pick(format!("{place}{calm}"), format!("{place}: {calm}"))];
    }
    let (grave, said) = (severity(worst, lang), speech::zh_count(n));
    match lang {
        Lang::Zh => {
            let new = match (new, worse) {
                (0, 0) => String::new(),
                (0, _) => format!("，加重{}个", speech::zh_count(worse)),
                _ if new == n => "，都是新增的".into(),
                _ => format!("，新增{}个", speech::zh_count(new)),
            };
            vec![
                format!("{place}发现{said}个异常。"),
                format!("{place}发现{said}个异常{new}，最高级别{grave}。"),
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
            vec![format!("{place}: {count}."), format!("{place}: {count}{new}, the gravest {grave}.")]
        }
    }
}

fn symptom(report: &Report, trace: &Trace, local: &Local, lang: Lang) -> Vec<String> {
    let title = start(report, trace).map_or("", |finding| finding.title_in(lang));
    failing(&trace.entity, title, trace.ts, local, lang)
}

/// What fails since when; briefer without what.
fn failing(entity: &Entity, title: &str, since: Ts, local: &Local, lang: Lang) -> Vec<String> {
    let who = speech::entity(entity, lang);
    let when = speech::moment(since, local, lang);
    let title = speech::sentence(title, 64, lang);
    match (lang, title) {
        (Lang::Zh, None) => vec![format!("{who} {when}起出现异常。")],
        (Lang::En, None) => vec![format!("{} has been failing since {when}.", speech::capital(&who))],
        (Lang::Zh, Some(title)) => {
            vec![format!("{who}：{title}。"), format!("{who} {when}起，{title}。")]
        }
        (Lang::En, Some(title)) => {
            let title = speech::uncapital(&title);
            vec![format!("{who}: {title}."), format!("{who}, since {when}: {title}.")]
        }
    }
}

/// The cause and how sure it is; a likely one says that it is unproven.
fn origin(trace: &Trace, local: &Local, lang: Lang) -> Vec<String> {
    let best = trace.hypotheses.first();
    let cause = best.and_then(|hypothesis| hypothesis.cause.as_ref());
    let reason = trace.reasons.first().and_then(|reason| speech::sentence(reason.text_in(lang), 60, lang));
    let open = match trace.verdict {
        Verdict::Confirmed => lang.pick("已确认：", "Confirmed: "),
        Verdict::Likely => lang.pick("很可能但未证实：", "Likely, not proven: "),
        Verdict::Inconclusive => {
            let mut forms = vec![lang.pick("起因无法确定。", "The cause is inconclusive.").to_owned()];
            forms.extend(reason.map(|reason| {
                lang.pick(
                    format!("起因无法确定：{reason}。"),
                    format!("The cause is inconclusive: {reason}."),
                )
            }));
            return forms;
        }
    };
    let end = lang.pick("。", ".");
    let Some(cause) = cause else {
        let first = best.and_then(|hypothesis| hypothesis.steps.first());
        let what = first.and_then(|step| speech::sentence(step.what_in(lang), 60, lang));
        let event = lang.pick("源头是集群事件", "it began with a cluster event");
        let mut forms = vec![format!("{open}{event}{end}")];
        forms.extend(
            what.map(|what| lang.pick(format!("{open}{event}，{what}。"), format!("{open}{event}, {what}."))),
        );
        return forms;
    };
    let told = speech::cause(cause, local, lang);
    let nearby = speech::cause(&Cause { namespace: String::new(), ..cause.clone() }, local, lang);
    let change = speech::change(cause, 48, lang);
    let mut forms = vec![format!("{open}{nearby}{end}"), format!("{open}{told}{end}")];
    forms.extend(change.map(|change| format!("{open}{told}{}{change}{end}", lang.pick("，", ", "))));
    forms
}

fn advice(telling: &Telling, lang: Lang) -> Vec<String> {
    let first = telling.gravest_told.and_then(|finding| finding.advice_in(lang).first().copied());
    let said = first.and_then(|advice| speech::sentence(advice, 60, lang));
    said.map(|advice| {
        lang.pick(
            format!("先做：{}。", advice.trim_start_matches('先')),
            format!("First: {}.", speech::uncapital(&advice)),
        )
    })
    .into_iter()
    .collect()
}

/// What was not seen: briefly that something was not, at length which table and hours.
fn coverage(report: &Report, telling: &Telling, gaps: &[Gap], lang: Lang) -> Vec<String> {
    if telling.is_whole() {
        return Vec::new();
    }
    let mut forms = vec![lang.pick("日志有缺失，情况不完整。", "Some logs are missing.").to_owned()];
    let (objects, steps) = telling.failed();
    if gaps.is_empty() && objects + steps == 0 {
        return vec![lang.pick("不少日志行无法解析。", "Many log lines could not be parsed.").to_owned()];
    }
    let Some(gap) = gaps.first() else {
        if report.coverage.objects > 0 {
            forms = match objects {
                0 => vec![
                    lang.pick("部分步骤失败，结论不完整。", "Some steps failed; this is incomplete.")
                        .to_owned(),
                ],
                1.. => vec![lang.pick(
                    format!("有{}个日志文件未能读入。", speech::zh_count(objects)),
                    format!("{} could not be read.", plural(objects, "log file")),
                )],
            };
        }
        return forms;
    };
    let table = words::table(gap.table, lang);
    let more = match (gap.spans.len().saturating_sub(1) + gaps.len() - 1, lang) {
        (0, _) => "",
        (_, Lang::Zh) => "，还有其他缺口",
        (_, Lang::En) => ", among other gaps",
    };
    forms.push(match (gap.spans.first(), lang) {
        (None, Lang::Zh) => format!("{table}日志全天没有数据{more}，情况未知。"),
        (None, Lang::En) => format!("No {table} logs all day{more}."),
        (Some(span), Lang::Zh) => format!("{table}日志{}没有数据{more}。", speech::span(*span, lang)),
        (Some(span), Lang::En) => format!("No {table} logs from {}{more}.", speech::span(*span, lang)),
    });
    forms
}

/// How much was not told, and what did not come back.
fn rest(report: &Report, telling: &Telling, lang: Lang) -> Vec<String> {
    let others = report.findings.len().saturating_sub(telling.told_first);
    let gone = report.gone.len();
    let said = speech::zh_count(others);
    match (others, gone, lang) {
        (0, 0, _) => Vec::new(),
        (0, _, Lang::Zh) => vec![format!("前一天的{}个异常没有再出现。", speech::zh_count(gone))],
        (0, _, Lang::En) => vec![format!("{} from the day before did not return.", plural(gone, "finding"))],
        (_, _, Lang::Zh) => vec![format!("其余{said}个见完整报告。")],
        (_, _, Lang::En) => vec![format!("{others} more in the full report.")],
    }
}
