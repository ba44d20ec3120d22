//! The result of an agent in one word and in one to three sentences, in English and Chinese. Made by code
//! from counts; a missing row is never "nothing found".

use crate::analysis::agent::selection::objects;
use model::agent::{AgentOutcome, AgentReport};
use model::lang::{Lang, counted};
use model::report::{Finding, Severity};
use model::time::Window;

/// Returns the outcome of a report.
pub fn outcome(report: &AgentReport) -> AgentOutcome {
    if report.total > 0 {
        AgentOutcome::Anomalies
    } else if report.rows == 0 {
        AgentOutcome::NoData
    } else if report.problems.is_empty() {
        AgentOutcome::NoAnomaly
    } else {
        AgentOutcome::Incomplete
    }
}

/// Returns the sentences of a report in English and Chinese.
pub fn summary(report: &AgentReport, window: Window) -> (String, String) {
    let (mut en, mut zh) = result(report, window);
    let hours = report.coverage.hours_without_data.len();
    if hours > 0 && report.coverage.rows > 0 {
        en.push_str(&format!(" There was no data in {} of that time.", counted(hours as u64, "hour")));
        zh.push_str(&format!("其中 {hours} 个小时没有数据。"));
    }
    let failed = report.problems.len();
    if failed > 0 {
        en.push_str(&format!(" Problems: {failed}, listed in `problems`."));
        zh.push_str(&format!("另有 {failed} 个问题，见 problems。"));
    }
    (en, zh)
}

fn result(report: &AgentReport, window: Window) -> (String, String) {
    let agent = &report.agent;
    let (from, to) = (window.from.local(window.zone), window.to.local(window.zone));
    let time = format!("{from} to {to}");
    let time_zh = format!("{from} 至 {to}");
    let objects = objects(&report.scope);
    let within = |before: &str, after: &str| {
        if objects.is_empty() { String::new() } else { format!("{before}{objects}{after}") }
    };
    let place = within(" about ", "");
    let place_zh = within("、与 ", " 有关").replace(", ", "、");
    let place_zh = if place_zh.is_empty() { " ".to_owned() } else { place_zh };
    let (rows, rules) = (report.rows, report.selection.rules.len());
    match report.outcome {
        AgentOutcome::NoData => (
            format!(
                "The {agent} agent had no data{place} from {time}: this does not mean that there were no problems."
            ),
            format!("{agent} 智能体在 {time_zh}{place_zh}没有数据：这不等于没有问题。"),
        ),
        AgentOutcome::NoAnomaly => (
            format!(
                "No anomaly: {} of the {agent} agent found nothing in {}{place} from {time}.",
                counted(rules as u64, "rule"),
                counted(rows, "row")
            ),
            format!(
                "没有异常：{agent} 智能体的 {rules} 条规则在 {time_zh}{place_zh}的 {rows} 行中没有发现异常。"
            ),
        ),
        AgentOutcome::Incomplete => (
            format!(
                "The {agent} agent found nothing in {}{place} from {time}, but not every rule ran.",
                counted(rows, "row")
            ),
            format!(
                "{agent} 智能体在 {time_zh}{place_zh}的 {rows} 行中没有发现异常，但并非所有规则都运行成功。"
            ),
        ),
        AgentOutcome::Anomalies => {
            let (count, (by, by_zh)) = (report.total, severities(&report.findings));
            let first = report.findings.first();
            let anomalies = if count == 1 { "anomaly" } else { "anomalies" };
            let (worst, worst_zh) = first.map(most_serious).unwrap_or_default();
            (
                format!(
                    "The {agent} agent found {count} {anomalies} ({by}) in {}{place} from {time}.{worst}",
                    counted(rows, "row")
                ),
                format!(
                    "{agent} 智能体在 {time_zh}{place_zh}的 {rows} 行中发现 {count} 个异常（{by_zh}）。{worst_zh}"
                ),
            )
        }
    }
}

/// Returns the sentence about the most serious finding, in English and in Chinese.
fn most_serious(finding: &Finding) -> (String, String) {
    let zh = finding.zh.summary.as_deref().unwrap_or(&finding.summary);
    (
        format!(" The most serious: {}.", finding.summary.trim_end_matches('.')),
        format!("最严重的是：{}。", zh.trim_end_matches('。')),
    )
}

fn severities(findings: &[Finding]) -> (String, String) {
    let mut parts = (Vec::new(), Vec::new());
    for severity in Severity::ALL.into_iter().rev() {
        let count = findings.iter().filter(|finding| finding.severity == severity).count();
        if count > 0 {
            parts.0.push(format!("{count} {}", severity.name()));
            parts.1.push(format!("{} {count}", severity.name_in(Lang::Zh)));
        }
    }
    (parts.0.join(", "), parts.1.join("、"))
}
