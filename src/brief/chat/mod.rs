//! The chat brief from the template: blocks of light Markdown, one per trace, then lists. Every line
//! ends with the ids of its sources: F finding, T trace, A audit entry. Bold and `-` are the only markup,
//! so that every channel can render it. Log text passes through `sanitize`.

mod trace; // the block of one trace

pub(crate) use crate::brief::chat::trace::{block as trace_block, cause_line, step_line};

use crate::brief::chat::trace::{cited, finding_line, verdict_line};
use crate::brief::digest::{Counts, belongs, starting_finding};
use crate::brief::gaps::gap_text;
use crate::brief::labels;
use crate::brief::notation::{grouped, plural, short_id};
use crate::brief::outline::Outline;
use model::lang::Lang;
use model::report::{Finding, Gone, Severity, Status, Trace};
use redact::sanitize::sanitize;

/// How many entries each part of a brief has.
pub(crate) struct Limits {
    /// Traces with a block of their own.
    trace_blocks: usize,
    /// Further traces, one line each.
    trace_lines: usize,
    /// Groups of findings without a trace.
    other_findings: usize,
    /// Findings that are gone.
    gone: usize,
}

impl Limits {
    /// Half a minute of reading.
    pub(crate) const CHAT: Self = Self { trace_blocks: 3, trace_lines: 8, other_findings: 8, gone: 3 };
    /// The whole report.
    pub(crate) const FULL: Self =
        Self { trace_blocks: usize::MAX, trace_lines: 0, other_findings: usize::MAX, gone: usize::MAX };
}

/// The most lines of findings below the sentences of a model.
const MODEL_FINDINGS: usize = 20;

/// Returns the chat brief.
pub(crate) fn write(outline: &Outline, lang: Lang, limits: &Limits) -> String {
    let mut blocks = vec![headline(outline, lang)];
    for (number, trace) in outline.traces.iter().take(limits.trace_blocks).enumerate() {
        blocks.push(trace_block(outline, trace, number + 1, lang));
    }
    if !outline.is_empty() {
        blocks.extend(lists([
            (lang.pick("其他事故", "More incidents"), more_incidents(outline, lang, limits)),
            (lang.pick("其他异常", "Other findings"), other_findings(outline, lang, limits)),
            gone_list(outline, lang, limits),
            gap_list(outline, lang),
        ]));
    }
    blocks.join("\n\n")
}

/// Returns the block below the sentences of a model: the findings with their verdicts, what is gone, and
/// the gaps. `is_cited` returns true for the ids that the sentences cite.
pub(crate) fn below_sentences(outline: &Outline, is_cited: &dyn Fn(&str) -> bool, lang: Lang) -> Vec<String> {
    lists([
        (lang.pick("判定与级别", "Findings"), cited_findings(outline, is_cited, lang)),
        gone_list(outline, lang, &Limits::CHAT),
        gap_list(outline, lang),
    ])
}

/// A title and its lines.
type List = (&'static str, Vec<String>);

/// Returns the lists that have lines, each as a block under its title.
fn lists<const N: usize>(lists: [List; N]) -> Vec<String> {
    let filled = lists.into_iter().filter(|(_, lines)| !lines.is_empty());
    filled.map(|(title, lines)| format!("**{title}**\n{}", lines.join("\n"))).collect()
}

/// Returns the day in one line. On a day without findings or without data this is the whole brief, apart
/// from the gaps.
pub(crate) fn headline(outline: &Outline, lang: Lang) -> String {
    let run = &outline.report.run;
    let (date, cluster) = (sanitize(&run.date, 20), sanitize(&run.cluster, 40));
    let place = if cluster.is_empty() { date } else { format!("{date} · {cluster}") };
    let colon = lang.pick("：", ": ");
    if outline.is_empty() {
        let objects = outline.report.coverage.objects;
        return lang.pick(
            format!("**{place}：没有任何数据。** 四类日志一行也没有读到（{objects} 个对象）；这不说明集群正常，请检查日志采集与存储桶。"),
            format!("**{place}: no data at all.** Not one line of the four log types was read ({objects} objects). This says nothing about the cluster; check the log collection and the bucket."),
        );
    }
    let Some(most_severe) = outline.most_severe else {
        let rows = grouped(outline.digest.rows);
        return match (outline.is_complete(), lang) {
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
    let counts = counts(&outline.digest.counts, lang);
    let severity = most_severe.severity.name_in(lang);
    let highest = lang.pick(format!("，最高级别：{severity}"), format!(", highest severity: {severity}"));
    format!("**{place}{colon}{counts}{highest}** [F:{}]", short_id(&most_severe.id))
}

/// Returns `8 findings (3 new, 1 worse, 4 ongoing; 1 gone)`.
fn counts(counts: &Counts, lang: Lang) -> String {
    let Counts { findings: n, new, worse, ongoing, better, gone, .. } = *counts;
    let parts: Vec<String> =
        [(new, Status::New), (worse, Status::Worse), (ongoing, Status::Ongoing), (better, Status::Better)]
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, status)| (n, labels::status(status, lang)))
            .map(|(n, name)| lang.pick(format!("{name} {n}"), format!("{n} {name}")))
            .collect();
    let parts = parts.join(lang.pick("，", ", "));
    let gone = match gone {
        0 => String::new(),
        _ => lang.pick(format!("；不再出现 {gone}"), format!("; {gone} gone")),
    };
    let (i, of) = (counts.incidents, plural(counts.incidents, "incident"));
    lang.pick(
        format!("{i} 起事故，{n} 个异常（{parts}{gone}）"),
        format!("{of}, {} ({parts}{gone})", plural(n, "finding")),
    )
}

/// Returns one line for each traced incident beyond those with a block.
fn more_incidents(outline: &Outline, lang: Lang, limits: &Limits) -> Vec<String> {
    let rest = outline.traces.get(limits.trace_blocks..).unwrap_or_default();
    let line = |trace: &&Trace| {
        let title = outline.incident_of(trace).map(|of| lang.pick(&of.title_zh, &of.title).as_str());
        let (title, since) = (sanitize(title.unwrap_or_default(), 160), outline.local.clock(trace.ts));
        let verdict = labels::verdict(trace.verdict, lang);
        let colon = lang.pick("：", ": ");
        format!("- {since} {title}{colon}{verdict} [T:{}]", short_id(&trace.id))
    };
    let mut lines: Vec<String> = rest.iter().take(limits.trace_lines).map(line).collect();
    lines.extend(and_more(rest.len().saturating_sub(limits.trace_lines), lang));
    lines
}

/// Returns the line that counts entries left out, if any.
fn and_more(number: usize, lang: Lang) -> Option<String> {
    (number > 0).then(|| {
        lang.pick(
            format!("- 另有 {number} 项，见完整报告"),
            format!("- and {number} more in the full report"),
        )
    })
}

fn other_findings(outline: &Outline, lang: Lang, limits: &Limits) -> Vec<String> {
    let groups = &outline.other_findings;
    let mut lines: Vec<String> = groups
        .iter()
        .take(limits.other_findings)
        .filter_map(|group| group_line(outline, group, lang))
        .collect();
    let omitted: usize = groups.iter().skip(limits.other_findings).map(Vec::len).sum();
    lines.extend(and_more(omitted, lang));
    lines
}

/// Returns the findings of one incident without a trace in one line.
fn group_line(outline: &Outline, group: &[&Finding], lang: Lang) -> Option<String> {
    let first = group.first()?;
    let is_mixed = group.iter().any(|finding| finding.rule != first.rule);
    let incident = outline.report.incidents.iter().find(|of| is_mixed && of.id == first.incident);
    let title = incident
        .map_or_else(|| first.title_in(lang), |of| lang.pick(of.title_zh.as_str(), of.title.as_str()));
    let (severity, title) = (first.severity.name_in(lang), sanitize(title, 80));
    let entities: Vec<String> = group
        .iter()
        .take(3)
        .map(|finding| format!("{} ×{}", sanitize(&finding.entity.label(), 60), grouped(finding.count)))
        .collect();
    let ids: Vec<String> = group.iter().take(3).map(|finding| finding_id(finding)).collect();
    let more = match group.len().saturating_sub(3) {
        0 => String::new(),
        n => lang.pick(format!(" 等 {} 处", n + 3), format!(" and {n} more")),
    };
    let (entities, status) = (entities.join(", "), labels::status(first.status, lang));
    Some(format!("- {severity} · {title} — {entities}{more}, {status} [{}]", ids.join(" / ")))
}

fn finding_id(finding: &Finding) -> String {
    format!("F:{}", short_id(&finding.id))
}

/// Returns a line for each trace and finding that a model's sentences cite, and for each of high severity
/// that they leave out; the latter traces also name the operation.
fn cited_findings(outline: &Outline, is_cited: &dyn Fn(&str) -> bool, lang: Lang) -> Vec<String> {
    let (mut lines, mut omitted) = (Vec::new(), 0);
    for trace in &outline.traces {
        let start = starting_finding(outline.report, trace);
        let severity = start.map_or(Severity::Info, |finding| finding.severity);
        let mut findings = outline.report.findings.iter().filter(|finding| belongs(finding, trace));
        let is_cited = is_cited(&format!("T:{}", short_id(&trace.id)))
            || findings.any(|finding| is_cited(&finding_id(finding)));
        if !is_cited && severity < Severity::High {
            omitted += 1;
            continue;
        }
        let verdict = match is_cited {
            true => labels::verdict(trace.verdict, lang).to_owned(),
            false => verdict_line(trace, &outline.local, lang),
        };
        let finding = finding_line(start, trace, &outline.local, lang);
        lines.push(format!("- {finding} — {verdict} [{}]", cited(trace)));
    }
    for group in &outline.other_findings {
        let is_severe = group.first().is_some_and(|finding| finding.severity >= Severity::High);
        match group_line(outline, group, lang) {
            Some(line) if is_severe || group.iter().any(|finding| is_cited(&finding_id(finding))) => {
                lines.push(line);
            }
            _ => omitted += group.len(),
        }
    }
    let cut = lines.len().saturating_sub(MODEL_FINDINGS);
    lines.truncate(MODEL_FINDINGS);
    lines.extend(and_more(omitted + cut, lang));
    lines
}

/// Returns the note below a template brief that replaces a model's.
pub(crate) fn template_note(lang: Lang) -> &'static str {
    lang.pick(
        "\n\n（模型未能给出可用的简报，以上由模板生成）",
        "\n\n(The model returned no usable brief; this one comes from the template.)",
    )
}

fn gone_list(outline: &Outline, lang: Lang, limits: &Limits) -> List {
    let line = |gone: &Gone| {
        format!("- {} — {}", sanitize(gone.title_in(lang), 80), sanitize(&gone.entity.label(), 60))
    };
    let gone = &outline.report.gone;
    let mut lines: Vec<String> = gone.iter().take(limits.gone).map(line).collect();
    lines.extend(and_more(gone.len().saturating_sub(limits.gone), lang));
    (lang.pick("不再出现", "Gone since the day before"), lines)
}

fn gap_list(outline: &Outline, lang: Lang) -> List {
    let line = |gap| format!("- {}", gap_text(gap, &outline.local, lang));
    let title = lang.pick("数据缺口（缺口内情况未知）", "Not seen (unknown, not healthy)");
    (title, outline.digest.gaps.iter().map(line).collect())
}
