//! The chat brief: blocks of light Markdown, one for each trace, then lists. Every line ends
//! with the ids it rests on: F finding, T trace, A audit operation. Bold and `-` are all the
//! markup there is, so that any channel can carry it.

use crate::brief::words;
use crate::brief::words::{Local, grouped, inert, plural, short_id};
use crate::brief::{Counts, Lack, Telling, belongs, start as start_of};
use model::lang::Lang;
use model::report::{Cause, Finding, Gone, Hypothesis, Report, Severity, Status, StepKind, Trace, Verdict};

/// How much is told.
pub(crate) struct Measure {
    /// Traces told in full.
    full_traces: usize,
    /// Traces told in one line.
    brief_traces: usize,
    /// Groups of other findings.
    others: usize,
    /// Findings that are gone.
    gone: usize,
}

/// What a group reads in half a minute.
pub(crate) const GROUP: Measure = Measure { full_traces: 3, brief_traces: 5, others: 8, gone: 3 };
/// All of it.
pub(crate) const WHOLE: Measure =
    Measure { full_traces: usize::MAX, brief_traces: 0, others: usize::MAX, gone: usize::MAX };
/// Lines below a model's words; those that come first are the gravest.
const FOUND: usize = 20;
/// The most characters taken from one text of the report.
const TEXT: usize = 120;

/// Returns the chat brief.
pub(crate) fn chat(report: &Report, telling: &Telling, lang: Lang, measure: &Measure) -> String {
    let local = Local::of(&report.run);
    let mut blocks = vec![headline(report, telling, lang)];
    for (number, trace) in telling.traces.iter().take(measure.full_traces).enumerate() {
        blocks.push(told(report, trace, number + 1, &local, lang));
    }
    let lists = [
        (lang.pick("其他链路", "More traces"), more_traces(report, telling, lang, measure)),
        (lang.pick("其他异常", "Other findings"), other_findings(telling, lang, measure)),
        (lang.pick("不再出现", "Gone since the day before"), gone(report, lang, measure)),
        (
            lang.pick("数据缺口（缺口内情况未知）", "Not seen (unknown, not healthy)"),
            unseen(telling, &local, lang),
        ),
    ];
    for (title, lines) in lists {
        if !lines.is_empty() && !telling.is_silent() {
            blocks.push(format!("**{title}**\n{}", lines.join("\n")));
        }
    }
    blocks.join("\n\n")
}

/// The day in one line; on a calm or an empty day this is all there is.
pub(crate) fn headline(report: &Report, telling: &Telling, lang: Lang) -> String {
    let (date, cluster) = (inert(&report.run.date, 20), inert(&report.run.cluster, 40));
    let place = if cluster.is_empty() { date } else { format!("{date} · {cluster}") };
    let colon = lang.pick("：", ": ");
    if telling.is_silent() {
        let objects = report.coverage.objects;
        return lang.pick(
            format!("**{place}：没有任何数据。** 四类日志一行也没有读到（{objects} 个对象）；这不说明集群正常，请检查日志采集与存储桶。"),
            format!("**{place}: no data at all.** Not one line of the four log types was read ({objects} objects). This says nothing about the cluster; check the log collection and the bucket."),
        );
    }
    let Some(gravest) = telling.gravest else {
        let rows = grouped(telling.digest.rows);
        return match (telling.is_whole(), lang) {
            (true, Lang::Zh) => format!("**{place}：平稳。** 读完四类日志 {rows} 行，没有发现异常。"),
            (true, Lang::En) => format!(
                "**{place}: calm.** {rows} lines of the four log types were read and nothing unusual was found."
            ),
            (false, Lang::Zh) => format!("**{place}：读到的 {rows} 行里没有发现异常，但数据不完整。**"),
            (false, Lang::En) => format!(
                "**{place}: nothing unusual in the {rows} lines that were read, but the data is incomplete.**"
            ),
        };
    };
    let Counts { findings: n, new, worse, ongoing, better, gone } = telling.digest.counts;
    let status = |status| words::status(status, lang);
    let parts: Vec<String> = [
        (new, status(Status::New)),
        (worse, status(Status::Worse)),
        (ongoing, status(Status::Ongoing)),
        (better, status(Status::Better)),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, name)| lang.pick(format!("{name} {n}"), format!("{n} {name}")))
    .collect();
    let count = lang.pick(format!("{n} 个异常"), plural(n, "finding"));
    let (parts, worst) = (parts.join(lang.pick("，", ", ")), words::severity(gravest.severity, lang));
    let gone = match gone {
        0 => String::new(),
        _ => lang.pick(format!("；不再出现 {gone}"), format!("; {gone} gone")),
    };
    let parts = lang.pick(format!("（{parts}{gone}）"), format!(" ({parts}{gone})"));
    let worst = lang.pick(format!("，最高级别：{worst}"), format!(", gravest: {worst}"));
    format!("**{place}{colon}{count}{parts}{worst}** [F:{}]", short_id(&gravest.id))
}

/// A trace in up to four lines: what failed, who did it, the chain, what to do first.
pub(crate) fn told(report: &Report, trace: &Trace, number: usize, local: &Local, lang: Lang) -> String {
    let colon = lang.pick("：", ": ");
    let start = start_of(report, trace);
    let mut lines = vec![format!("**{number}.** {}", symptom(start, trace, local, lang))];
    let verdict = verdict_of(trace, local, lang);
    lines.push(format!("- {verdict} [{}]", cited(trace)));
    let best = trace.hypotheses.first().filter(|_| trace.verdict != Verdict::Inconclusive);
    if let Some(best) = best.filter(|best| best.steps.len() > 1) {
        let chain = chain(best, local, lang);
        lines.push(format!("- {}{colon}{chain} [T:{}]", lang.pick("链路", "Chain"), short_id(&trace.id)));
    }
    if let Some(start) = start
        && let Some(first) = start.advice_in(lang).first()
    {
        let first = inert(first.trim_end_matches(['.', '。']), TEXT);
        lines.push(format!(
            "- {}{colon}{first} [F:{}]",
            lang.pick("先做", "First step"),
            short_id(&start.id)
        ));
    }
    let same = report.findings.iter().filter(|f| belongs(f, trace) && start.is_none_or(|s| s.id != f.id));
    let ids: Vec<String> = same.map(|finding| format!("F:{}", short_id(&finding.id))).collect();
    if !ids.is_empty() {
        let (n, shown) = (ids.len(), ids.iter().take(4).cloned().collect::<Vec<_>>().join(" / "));
        let also = lang.pick(
            format!("同一链路的另外 {n} 个异常"),
            format!("{} of the same chain", plural(n, "more finding")),
        );
        lines.push(format!("- {also} [{shown}]"));
    }
    lines.join("\n")
}

fn symptom(start: Option<&Finding>, trace: &Trace, local: &Local, lang: Lang) -> String {
    let label = inert(&trace.entity.label(), 80);
    let Some(start) = start else {
        return lang.pick(
            format!("{label}，{} 起 [T:{}]", local.clock(trace.ts), short_id(&trace.id)),
            format!("{label}, since {} [T:{}]", local.clock(trace.ts), short_id(&trace.id)),
        );
    };
    let (summary, severity) = (inert(start.summary_in(lang), TEXT), words::severity(start.severity, lang));
    let (since, id) = (local.clock(trace.ts), short_id(&start.id));
    let status = words::status(start.status, lang);
    let named = [start.entity.workload.as_deref(), start.entity.pod.as_deref(), Some(label.as_str())];
    let named = named.into_iter().flatten().any(|name| summary.contains(name));
    let label = if named { String::new() } else { format!("{label}{}", lang.pick("：", ": ")) };
    let counted = summary.contains(&start.count.to_string());
    let times = match (counted, lang) {
        (true, _) => String::new(),
        (false, Lang::Zh) => format!("，{} 次", grouped(start.count)),
        (false, Lang::En) => format!(", {}", plural(usize::try_from(start.count).unwrap_or(0), "time")),
    };
    lang.pick(
        format!("{label}{summary}（{severity}，{status}；{since} 起{times}） [F:{id}]"),
        format!("{label}{summary} ({severity}, {status}; since {since}{times}) [F:{id}]"),
    )
}

/// The verdict, the operation and the reasons; what is not confirmed says so.
fn verdict_of(trace: &Trace, local: &Local, lang: Lang) -> String {
    let reasons: Vec<String> =
        trace.reasons.iter().take(3).map(|reason| inert(reason.text_in(lang), 80)).collect();
    let reasons = reasons.join(lang.pick("；", "; "));
    let best = trace.hypotheses.first();
    let origin = match best.map(|best| (best, best.cause.as_ref())) {
        Some((_, Some(cause))) => operation(cause, local, lang),
        Some((best, None)) => best.steps.first().map_or_else(String::new, |step| {
            let what = inert(step.what_in(lang), TEXT);
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
            let rivals: Vec<String> = causes.map(|cause| operation(cause, local, lang)).collect();
            let rivals = if rivals.is_empty() {
                String::new()
            } else {
                let rivals = rivals.join(lang.pick(" ｜ ", " ｜ "));
                lang.pick(
                    format!("；均未证实的候选：{rivals}"),
                    format!("; candidates, none proven: {rivals}"),
                )
            };
            format!("{open}{}{rivals}", because(lang.pick("：", ": ")))
        }
    }
}

/// Who did what, when, and what it changed.
fn operation(cause: &Cause, local: &Local, lang: Lang) -> String {
    let (at, who, verb) = (local.clock(cause.ts), inert(&cause.username, 80), inert(&cause.verb, 20));
    let target = words::target(cause);
    let target = inert(&target, TEXT);
    let change = cause.change.as_deref().map(|change| inert(change, TEXT)).unwrap_or_default();
    let change = match change.is_empty() {
        true => change,
        false => format!("{}{change}", lang.pick("：", ": ")),
    };
    let did = words::did(cause, lang);
    lang.pick(
        format!("{at} {who} {did}（{verb}）{target}{change}"),
        format!("{at} {who} {did} ({verb}) {target}{change}"),
    )
}

/// The chain in one line: operation → event → error, each with its lag.
fn chain(hypothesis: &Hypothesis, local: &Local, lang: Lang) -> String {
    let mut told = Vec::new();
    for step in hypothesis.steps.iter().take(6) {
        let kind = words::kind(step.kind, lang);
        let told_above = step.kind == StepKind::Operation && hypothesis.cause.is_some();
        let what = if told_above { String::new() } else { format!(" {}", inert(step.what_in(lang), 48)) };
        told.push(match &step.link {
            Some(link) => {
                let sign = if link.lag_s < 0.0 { "" } else { "+" };
                format!("({sign}{}) {kind}{what}", words::duration(link.lag_s, lang))
            }
            None => format!("{} {kind}{what}", local.clock(step.ts)),
        });
    }
    let more = hypothesis.steps.len().saturating_sub(6);
    if more > 0 {
        told.push(format!("… (+{more})"));
    }
    told.join(" → ")
}

fn cited(trace: &Trace) -> String {
    let cause = trace.hypotheses.first().and_then(|best| best.cause.as_ref());
    let audit = cause.map(|cause| short_id(&cause.audit_id)).filter(|id| !id.is_empty());
    let audit = audit.map(|id| format!(" / A:{id}")).unwrap_or_default();
    format!("T:{}{audit}", short_id(&trace.id))
}

fn more_traces(report: &Report, telling: &Telling, lang: Lang, measure: &Measure) -> Vec<String> {
    let rest = telling.traces.get(measure.full_traces..).unwrap_or_default();
    let line = |trace: &&Trace| {
        let title = start_of(report, trace).map_or("", |finding| finding.title_in(lang));
        let (label, title) = (inert(&trace.entity.label(), 80), inert(title, 60));
        format!("- {label} {title}：{} [T:{}]", words::verdict(trace.verdict, lang), short_id(&trace.id))
            .replace('：', lang.pick("：", ": "))
    };
    let mut lines: Vec<String> = rest.iter().take(measure.brief_traces).map(line).collect();
    lines.extend(and_more(rest.len().saturating_sub(measure.brief_traces), lang));
    lines
}

fn and_more(number: usize, lang: Lang) -> Option<String> {
    (number > 0).then(|| {
        lang.pick(
            format!("- 另有 {number} 项，见完整报告"),
            format!("- and {number} more in the full report"),
        )
    })
}

fn other_findings(telling: &Telling, lang: Lang, measure: &Measure) -> Vec<String> {
    let mut lines: Vec<String> =
        telling.others.iter().take(measure.others).filter_map(|group| other(group, lang)).collect();
    let untold: usize = telling.others.iter().skip(measure.others).map(Vec::len).sum();
    lines.extend(and_more(untold, lang));
    lines
}

/// Findings of one rule in one line.
fn other(group: &[&Finding], lang: Lang) -> Option<String> {
    let first = group.first()?;
    let (severity, title) = (words::severity(first.severity, lang), inert(first.title_in(lang), 80));
    let entities: Vec<String> = group
        .iter()
        .take(3)
        .map(|finding| format!("{} ×{}", inert(&finding.entity.label(), 60), grouped(finding.count)))
        .collect();
    let ids: Vec<String> =
        group.iter().take(3).map(|finding| format!("F:{}", short_id(&finding.id))).collect();
    let more = match group.len().saturating_sub(3) {
        0 => String::new(),
        n => lang.pick(format!(" 等 {} 处", n + 3), format!(" and {n} more")),
    };
    let (entities, status) = (entities.join(", "), words::status(first.status, lang));
    Some(format!("- {severity} · {title} — {entities}{more}, {status} [{}]", ids.join(" / ")))
}

/// What stands below a model's words: each trace and finding that it told (`is_told` knows them by how
/// they are cited), and those of `least` severity that it left out, these with who did it.
pub(crate) fn found(
    report: &Report,
    telling: &Telling,
    is_told: &dyn Fn(&str) -> bool,
    least: Severity,
    local: &Local,
    lang: Lang,
) -> Vec<String> {
    let (mut lines, mut rest) = (Vec::new(), 0);
    let cited_as = |finding: &Finding| format!("F:{}", short_id(&finding.id));
    for trace in &telling.traces {
        let start = start_of(report, trace);
        let severity = start.map_or(Severity::Info, |finding| finding.severity);
        let findings = report.findings.iter().filter(|finding| belongs(finding, trace));
        let is_told = is_told(&format!("T:{}", short_id(&trace.id)))
            || findings.map(cited_as).any(|cite| is_told(&cite));
        if !is_told && severity < least {
            rest += 1;
            continue;
        }
        let verdict = match is_told {
            true => words::verdict(trace.verdict, lang).to_owned(),
            false => verdict_of(trace, local, lang),
        };
        lines.push(format!("- {} — {verdict} [{}]", symptom(start, trace, local, lang), cited(trace)));
    }
    for group in &telling.others {
        let is_grave = group.first().is_some_and(|finding| finding.severity >= least);
        match other(group, lang) {
            Some(line) if is_grave || group.iter().any(|finding| is_told(&cited_as(finding))) => {
                lines.push(line);
            }
            _ => rest += group.len(),
        }
    }
    let cut = lines.len().saturating_sub(FOUND);
    lines.truncate(FOUND);
    lines.extend(and_more(rest + cut, lang));
    lines
}

/// Says, below a template's brief, that it is one where a model should have spoken.
pub(crate) fn note(lang: Lang) -> &'static str {
    lang.pick(
        "\n\n（模型未能给出可用的简报，以上由模板生成）",
        "\n\n(The model gave no brief that could be used; this one is the template's.)",
    )
}

pub(crate) fn gone(report: &Report, lang: Lang, measure: &Measure) -> Vec<String> {
    let line =
        |gone: &Gone| format!("- {} — {}", inert(gone.title_in(lang), 80), inert(&gone.entity.label(), 60));
    let mut lines: Vec<String> = report.gone.iter().take(measure.gone).map(line).collect();
    lines.extend(and_more(report.gone.len().saturating_sub(measure.gone), lang));
    lines
}

/// Returns one line of what the report does not rest on.
pub(crate) fn lack(lack: &Lack, local: &Local, lang: Lang) -> String {
    match (lack, lang) {
        (Lack::Hours { table, spans }, _) => {
            let table = words::table(table, lang);
            let told = words::spans_text(spans.get(..4).unwrap_or(spans), local, lang);
            let more = if spans.len() > 4 { " …" } else { "" };
            match (spans.is_empty(), lang) {
                (true, Lang::Zh) => format!("{table}日志：整个时段没有数据"),
                (true, Lang::En) => format!("no {table} data in the whole window"),
                (false, Lang::Zh) => format!("{table}日志：{told}{more} 没有数据"),
                (false, Lang::En) => format!("no {table} data {told}{more}"),
            }
        }
        (Lack::Unparsed { lines }, Lang::Zh) => format!("{} 行未能解析", grouped(lines)),
        (Lack::Unparsed { lines }, Lang::En) => format!("{} lines unparsed", grouped(lines)),
        (Lack::Objects { count, first }, Lang::Zh) => {
            format!("{count} 个对象未入库：{}", inert(first, TEXT))
        }
        (Lack::Objects { count, first }, Lang::En) => {
            format!("{} not ingested: {}", plural(*count, "object"), inert(first, TEXT))
        }
        (Lack::Steps { count, first }, Lang::Zh) => format!("{count} 个步骤出错：{}", inert(first, TEXT)),
        (Lack::Steps { count, first }, Lang::En) => {
            format!("{}: {}", plural(*count, "failure"), inert(first, TEXT))
        }
    }
}

/// The block of what was not seen; empty where all was.
pub(crate) fn unseen(telling: &Telling, local: &Local, lang: Lang) -> Vec<String> {
    telling.digest.lacks.iter().map(|one| format!("- {}", lack(one, local, lang))).collect()
}
