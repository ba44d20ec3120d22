//! One incident: the cause and why, the chain, what it affected, its evidence, the rivals, the repair, and what else
//! was changed near the cause.

use crate::analysis::trace::mermaid;
use crate::api::response::{Change, ChangeList, IncidentDetail, TraceLine};
use crate::brief::labels;
use crate::brief::notation::{LocalTime, duration, grouped};
use crate::brief::page::chain::{Line, lines};
use crate::page::link::{encoded, link};
use crate::page::trace_card::{TraceCard, trace_card};
use crate::page::{TEXT, Visit, part_of, render};
use model::error::Result;
use model::lang::Lang;
use model::report::{Evidence, Finding, Trace};
use model::time::parse_date;
use redact::sanitize::plain;
use serde::Serialize;
use std::fmt::Write;

/// An incident, ready to show.
#[derive(Serialize)]
struct IncidentView {
    id: String,
    date: String,
    day: String,
    title: String,
    severity: &'static str,
    severity_name: &'static str,
    status: &'static str,
    status_name: &'static str,
    place: String,
    span: String,
    over: String,
    trace: Option<TraceCard>,
    impact: String,
    workloads: Vec<Link>,
    nodes: Vec<Link>,
    decisive: Vec<Line>,
    advice: Vec<String>,
    findings: Vec<FindingCard>,
    part: String,
    next: String,
    other_traces: Vec<OtherTrace>,
    changes: Option<Changes>,
    markdown: String,
    mermaid: String,
}

#[derive(Serialize)]
struct Link {
    name: String,
    href: String,
}

#[derive(Serialize)]
struct FindingCard {
    id: String,
    rule: String,
    rule_href: String,
    severity: &'static str,
    severity_name: &'static str,
    status_name: &'static str,
    title: String,
    summary: String,
    place: String,
    span: String,
    count: String,
    why: String,
    evidence: Vec<Line>,
}

#[derive(Serialize)]
struct OtherTrace {
    verdict: &'static str,
    verdict_name: &'static str,
    place: String,
    clock: String,
    href: String,
}

/// What was changed near the cause.
#[derive(Serialize)]
struct Changes {
    list: Vec<ChangeLine>,
    part: String,
    hidden: u64,
    note: String,
}

#[derive(Serialize)]
struct ChangeLine {
    clock: String,
    lag: String,
    is_cause: bool,
    who: String,
    target: String,
    effect: String,
    fields: Vec<Field>,
    more: u64,
    href: String,
}

#[derive(Serialize)]
struct Field {
    name: String,
    old: String,
    new: String,
}

/// Returns the page of an incident; `changes` are those near its cause.
///
/// # Errors
/// A bug if the template and its values do not match.
pub fn html(detail: &IncidentDetail, changes: Option<&ChangeList>, visit: &Visit) -> Result<String> {
    let lang = visit.lang;
    let incident = &detail.incident;
    let local = LocalTime { zone: visit.zone, date: parse_date(&detail.date).ok() };
    let agent = detail.trace.as_ref().and_then(|trace| {
        let start = detail.findings.iter().find(|finding| Some(&finding.id) == trace.finding.as_ref());
        start.map(|finding| finding.agent.as_str())
    });
    let here = format!("/incidents/{}", encoded(&incident.id));
    let cause = detail.trace.as_ref().and_then(|trace| trace.hypotheses.first()?.cause.as_ref());
    let cause_row = cause.map(|cause| cause.row_id.as_str());
    let advice = incident.advice_in(lang);
    let workload = |name: &String| explore(&detail.date, "workload", name);
    let title = plain(lang.pick(&incident.title_zh, &incident.title), 300);
    let view =
        IncidentView {
            id: plain(&incident.id, 80),
            date: plain(&detail.date, 40),
            day: link("/", &[("date", &detail.date)]),
            severity: incident.severity.name(),
            severity_name: incident.severity.name_in(lang),
            status: labels::status(incident.status, Lang::En),
            status_name: labels::status(incident.status, lang),
            place: plain(&incident.entity.label(), 200),
            span: local.span(incident.first_ts, incident.last_ts),
            over: incident.over_since.map_or_else(String::new, |ts| local.clock(ts)),
            trace: detail.trace.as_ref().map(|trace| trace_card(trace, agent, &local, visit)),
            impact: plain(lang.pick(&incident.impact.words_zh, &incident.impact.words), 300),
            workloads: incident.impact.workloads.iter().map(workload).collect(),
            nodes: incident.impact.nodes.iter().map(|name| explore(&detail.date, "node", name)).collect(),
            decisive: lines(&incident.decisive, &local),
            advice: advice.iter().map(|advice| plain(advice, TEXT)).collect(),
            findings: detail.findings.iter().map(|finding| finding_card(finding, &local, lang)).collect(),
            part: part_of(&detail.page),
            next: detail.page.next_cursor.as_ref().map_or_else(String::new, |cursor| {
                link(&here, &[("date", &detail.date), ("cursor", cursor)])
            }),
            other_traces: detail
                .other_traces
                .iter()
                .map(|trace| other(trace, &detail.date, &local, lang))
                .collect(),
            changes: changes.map(|list| self::changes(list, cause_row, &local, lang)),
            markdown: markdown(detail, &title, &local, lang),
            mermaid: detail.trace.as_ref().map_or_else(String::new, |trace| mermaid(trace, visit.zone)),
            title,
        };
    render("incident.html", &view.title, visit, &view)
}

fn explore(date: &str, kind: &str, name: &str) -> Link {
    Link { name: plain(name, 200), href: link("/explore", &[("date", date), (kind, name)]) }
}

fn finding_card(finding: &Finding, local: &LocalTime, lang: Lang) -> FindingCard {
    FindingCard {
        id: plain(&finding.id, 80),
        rule: plain(&finding.rule, 120),
        rule_href: link("/rules", &[("id", &finding.rule)]),
        severity: finding.severity.name(),
        severity_name: finding.severity.name_in(lang),
        status_name: labels::status(finding.status, lang),
        title: plain(finding.title_in(lang), 200),
        summary: plain(finding.summary_in(lang), TEXT),
        place: plain(&finding.entity.label(), 200),
        span: local.span(finding.first_ts, finding.last_ts),
        count: grouped(finding.count),
        why: plain(finding.why_in(lang), TEXT),
        evidence: lines(&finding.evidence, local),
    }
}

fn other(trace: &TraceLine, date: &str, local: &LocalTime, lang: Lang) -> OtherTrace {
    OtherTrace {
        verdict: trace.verdict.name(),
        verdict_name: labels::verdict(trace.verdict, lang),
        place: plain(&trace.place, 200),
        clock: local.clock(trace.ts),
        href: link("/trace", &[("finding", &trace.id), ("date", date)]),
    }
}

fn changes(list: &ChangeList, cause_row: Option<&str>, local: &LocalTime, lang: Lang) -> Changes {
    Changes {
        list: list.changes.iter().map(|change| change_line(change, cause_row, local, lang)).collect(),
        part: part_of(&list.page),
        hidden: list.hidden_system,
        note: plain(list.note.as_deref().unwrap_or_default(), TEXT),
    }
}

fn change_line(change: &Change, cause_row: Option<&str>, local: &LocalTime, lang: Lang) -> ChangeLine {
    let text = |value: &Option<String>| plain(value.as_deref().unwrap_or_default(), 200);
    let field = |of: &crate::api::response::FieldChange| Field {
        name: text(&of.field),
        old: text(&of.old),
        new: text(&of.new),
    };
    let slash = if change.namespace.is_some() { "/" } else { "" };
    let lag = change.lag_s.map(|lag| {
        let sign = if lag < 0.0 { "" } else { "+" };
        format!("{sign}{}", duration(lag, lang))
    });
    ChangeLine {
        clock: local.clock(change.ts),
        lag: lag.unwrap_or_default(),
        is_cause: change.row_id.is_some() && change.row_id.as_deref() == cause_row,
        who: match &change.on_behalf_of {
            Some(behind) => format!("{} ({})", text(&change.username), plain(behind, 200)),
            None => text(&change.username),
        },
        target: format!("{} {}{slash}{}", text(&change.kind), text(&change.namespace), text(&change.name)),
        effect: text(&change.effect),
        fields: change.fields.iter().map(field).collect(),
        more: change.field_count.saturating_sub(change.fields.len() as u64),
        href: link("/explore", &[("row_id", change.row_id.as_deref().unwrap_or_default())]),
    }
}

/// Returns the incident as Markdown, for a ticket.
fn markdown(detail: &IncidentDetail, title: &str, local: &LocalTime, lang: Lang) -> String {
    let incident = &detail.incident;
    let mut out = format!("## {}\n\n", literal(title));
    let mut line = |name: &str, text: &str| {
        let _ = writeln!(out, "- **{name}**: {}", literal(text)); // writing to a string cannot fail
    };
    line(lang.pick("日期", "Day"), &detail.date);
    line(lang.pick("时间", "Time"), &local.span(incident.first_ts, incident.last_ts));
    line(lang.pick("严重程度", "Severity"), incident.severity.name_in(lang));
    line(lang.pick("影响", "Impact"), lang.pick(&incident.impact.words_zh, &incident.impact.words));
    if let Some(trace) = &detail.trace {
        line(lang.pick("判定", "Verdict"), labels::verdict(trace.verdict, lang));
        for reason in &trace.reasons {
            line(lang.pick("理由", "Because"), reason.text_in(lang));
        }
        out.push_str(&steps(trace, local, lang));
    }
    if !incident.decisive.is_empty() {
        let _ = writeln!(out, "\n### {}\n\n```", lang.pick("证据", "Evidence"));
        for Evidence { ts, source, line, text, .. } in &incident.decisive {
            let text = plain(text, TEXT).replace("```", "'''");
            let _ = writeln!(out, "{} {text}  ({}:{line})", local.clock(*ts), plain(source, 300));
        }
        out.push_str("```\n");
    }
    out
}

fn steps(trace: &Trace, local: &LocalTime, lang: Lang) -> String {
    let mut out = format!("\n### {}\n\n", lang.pick("链路", "Chain"));
    for step in trace.hypotheses.first().map_or(&[][..], |best| &best.steps) {
        let link = step.link.as_ref().map_or_else(String::new, |link| {
            format!(" ({}, {})", labels::link(&link.kind, lang), duration(link.lag_s, lang))
        });
        let _ =
            writeln!(out, "1. {} {}{}", local.clock(step.ts), literal(step.what_in(lang)), literal(&link));
    }
    out
}

/// Returns a text that Markdown shows as it is.
fn literal(text: &str) -> String {
    let mut out = String::new();
    for c in plain(text, TEXT).chars() {
        if "\\`*_{}[]<>#|!~@".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
