//! Responses to requests that investigate, as text: one item a line, with local times and the ids for the next call.

use crate::api::response::{
    Change, ChangeList, Histogram, IncidentDetail, IncidentLine, IncidentPage, Line, NeighbourList, Page,
    Pattern, PatternList, TimeRange, TraceList,
};
use crate::server::mcp::text::{CELL, DATA_NOTICE, missing};
use chrono_tz::Tz;
use model::time::{Ts, parse_zone};
use redact::sanitize::plain;
use std::fmt::Write;

/// Width of the bar of a histogram.
const BAR: u64 = 40;

/// Returns what a page has, and how to request the rest; empty for a whole list.
pub fn page(page: &Page) -> String {
    match (&page.cut, &page.next_cursor) {
        (Some(cut), Some(cursor)) => {
            format!("… {cut}；还有更多，用 cursor 取下一页 · for the rest: cursor = \"{cursor}\"\n")
        }
        _ if page.skipped > 0 => {
            format!("{}–{} / {}\n", page.skipped + 1, page.skipped + page.shown, page.total)
        }
        _ => String::new(),
    }
}

fn zone_of(range: &TimeRange) -> Tz {
    parse_zone(&range.timezone).unwrap_or(Tz::UTC)
}

/// Returns a window with the offset of its times.
fn window(range: &TimeRange) -> String {
    let zone = zone_of(range);
    format!("{} to {}", range.from.rfc3339_s(zone), range.to.rfc3339_s(zone))
}

/// Returns the notice, the time that was searched, and what to note.
fn head(range: &TimeRange, total: u64, note: Option<&String>) -> String {
    let mut text = format!("{DATA_NOTICE}{}: {total}\n", window(range));
    if let Some(note) = note {
        let _ = writeln!(text, "! {note}");
    }
    text
}

/// Returns parts joined by `/`, without those that are missing.
fn path(parts: &[Option<&String>]) -> String {
    let parts = parts.iter().flatten().map(|part| plain(part, CELL));
    parts.collect::<Vec<_>>().join("/")
}

/// Returns the changes, one a line.
pub fn changes(list: &ChangeList) -> String {
    let zone = zone_of(&list.window);
    let mut text = head(&list.window, list.page.total, list.note.as_ref());
    for change in &list.changes {
        let _ = writeln!(text, "- {}", change_line(change, zone));
    }
    text + &hidden("changes", list.hidden_system) + &page(&list.page)
}

/// Returns how much of the cluster's own components is left out.
fn hidden(what: &str, count: u64) -> String {
    match count {
        0 => String::new(),
        _ => format!(
            "另有系统组件的 {count} 条 · {count} {what} of the cluster's own components are left out: system = true\n"
        ),
    }
}

fn change_line(change: &Change, zone: Tz) -> String {
    let word = |text: &Option<String>| plain(text.as_deref().unwrap_or("-"), CELL);
    let who = match &change.on_behalf_of {
        Some(behind) => format!("{} (for {})", word(&change.username), plain(behind, CELL)),
        None => word(&change.username),
    };
    let mut fields: Vec<String> = change
        .fields
        .iter()
        .map(|field| format!("{} {} → {}", word(&field.field), word(&field.old), word(&field.new)))
        .collect();
    if change.field_count > fields.len() as u64 {
        fields.push(format!("… {} of {} fields", fields.len(), change.field_count));
    }
    let what = if fields.is_empty() { String::new() } else { format!(": {}", fields.join("; ")) };
    let lag = change.lag_s.map(|lag| format!(" ({lag:+.0} s)")).unwrap_or_default();
    let last = change.last_name.as_ref().map(|name| format!(" … {}", plain(name, CELL))).unwrap_or_default();
    let series = series(change.times, change.ts, change.last_ts, zone);
    format!(
        "{}{lag}{series} {who} {} {} {}{last}{what} · operation {} · row {}",
        change.ts.rfc3339_s(zone),
        word(&change.effect),
        word(&change.kind),
        path(&[change.namespace.as_ref(), change.name.as_ref()]),
        word(&change.audit_id),
        word(&change.row_id)
    )
}

/// Returns how often something occurred, and until when: `×8, every 15 s until 06:46:05`; empty for once.
fn series(times: u64, first: Ts, last: Option<Ts>, zone: Tz) -> String {
    let (Some(last), Some(gaps)) = (last, times.checked_sub(1).filter(|gaps| *gaps > 0)) else {
        return String::new();
    };
    let every = last.since_s(first) / gaps as f64;
    let every = if every >= 1.0 { format!("every {every:.0} s ") } else { String::new() };
    format!(" ×{times}, {every}until {}", last.clock(zone))
}

/// Returns the lines in the order of time; `>>` marks the row of the request.
pub fn neighbours(list: &NeighbourList) -> String {
    let zone = zone_of(&list.window);
    let mut text = head(&list.window, list.page.total, list.note.as_ref());
    if !list.held_to.is_empty() {
        let _ = writeln!(text, "{}", plain(&list.held_to.join(", "), CELL));
    }
    for line in &list.lines {
        let mark = if line.is_row { ">>" } else { "-" };
        let _ = writeln!(text, "{mark} {}", line_text(line, zone));
    }
    text + &hidden("reads and routine writes", list.hidden_system) + &page(&list.page)
}

fn line_text(line: &Line, zone: Tz) -> String {
    let about = line.reason.as_ref().map(|about| format!("{}: ", plain(about, CELL))).unwrap_or_default();
    let object = line.pod.as_ref().or(line.workload.as_ref()).or(line.node.as_ref());
    let place = path(&[line.namespace.as_ref(), object]);
    format!(
        "{}{} {} {place} [{}] {about}{} · row {}",
        line.ts.rfc3339_s(zone),
        series(line.times, line.ts, line.last_ts, zone),
        line.table,
        line.level.as_deref().unwrap_or("-"),
        plain(line.message.as_deref().unwrap_or_default(), CELL * 2),
        line.row_id
    )
}

/// Returns the patterns, one a line with its sample.
pub fn patterns(list: &PatternList) -> String {
    let zone = zone_of(&list.window);
    let mut text = head(&list.window, list.page.total, list.note.as_ref());
    let _ = writeln!(text, "新出现 · new: {} (history: {})", list.new, window(&list.history));
    for pattern in &list.patterns {
        text.push_str(&pattern_text(pattern, zone));
    }
    text + &page(&list.page)
}

fn pattern_text(pattern: &Pattern, zone: Tz) -> String {
    let mark = if pattern.is_new == Some(true) { "NEW " } else { "" };
    format!(
        "- {mark}×{} (before: {}) {} {} [{}] {}\n  > {} {} · row {}\n",
        pattern.count,
        pattern.count_before,
        pattern.table,
        path(&[pattern.namespace.as_ref(), pattern.workload.as_ref()]),
        pattern.level.as_deref().unwrap_or("-"),
        plain(&pattern.template, CELL),
        pattern.first_ts.rfc3339_s(zone),
        plain(pattern.sample.as_deref().unwrap_or_default(), CELL),
        pattern.row_id
    )
}

/// Returns the traces, with the zone of their times.
pub fn traces(list: &TraceList, zone: Tz) -> String {
    let offset =
        list.traces.first().map(|trace| trace.ts.utc().with_timezone(&zone).format("%:z").to_string());
    let offset = offset.map(|offset| format!(", {offset}")).unwrap_or_default();
    format!("{DATA_NOTICE}本地时间 · local times ({zone}{offset})\n{}", list.text)
}

/// Returns the counts, one bucket a line.
pub fn histogram(histogram: &Histogram) -> String {
    let zone = zone_of(&histogram.window);
    let mut text = format!(
        "{}, {}: {} rows, {} failures; buckets of {} s\n",
        histogram.table,
        window(&histogram.window),
        histogram.total,
        histogram.failures,
        histogram.bucket_s
    );
    if let Some(note) = &histogram.note {
        let _ = writeln!(text, "! {note}");
    }
    let most = histogram.buckets.iter().map(|bucket| bucket.count).max().unwrap_or(0).max(1);
    let mut empty = 0;
    for bucket in &histogram.buckets {
        if bucket.count == 0 {
            empty += 1;
            continue;
        }
        if empty > 0 {
            let _ = writeln!(text, "… {empty} buckets without rows");
            empty = 0;
        }
        let bar = "#".repeat(usize::try_from((bucket.count * BAR).div_ceil(most)).unwrap_or(0));
        let (count, failures) = (bucket.count, bucket.failures);
        let _ = writeln!(text, "{} {count:>8} {failures:>8} {bar}", bucket.from.rfc3339_s(zone));
    }
    if empty > 0 {
        let _ = writeln!(text, "… {empty} buckets without rows");
    }
    text
}

/// Returns the incidents, one a paragraph.
pub fn incidents(list: &IncidentPage, zone: Tz) -> String {
    let mut text = format!("{DATA_NOTICE}{}: {} 个事件 · incidents\n", list.date, list.page.total);
    for incident in &list.incidents {
        text.push_str(&incident_text(incident, zone));
    }
    text + &missing(&list.page, &list.missing, list.is_complete) + &page(&list.page)
}

fn until(over: Option<Ts>, zone: Tz) -> String {
    over.map_or("not over".into(), |over| format!("over since {}", over.rfc3339_s(zone)))
}

fn incident_text(incident: &IncidentLine, zone: Tz) -> String {
    let verdict = incident.verdict.map_or("not traced", |verdict| verdict.name());
    let cause = match (&incident.cause, &incident.state) {
        (Some(cause), _) => format!(
            "{} {} {} {} at {}: {} (operation {}, row {})",
            plain(&cause.username, CELL),
            cause.verb,
            cause.resource,
            plain(&format!("{}/{}", cause.namespace, cause.name), CELL),
            cause.ts.rfc3339_s(zone),
            plain(cause.change.as_deref().unwrap_or("-"), CELL),
            cause.audit_id,
            cause.row_id
        ),
        (None, Some(state)) => plain(&state.text_in(model::lang::Lang::En), CELL * 2),
        (None, None) => "-".into(),
    };
    format!(
        "- [{}] {} · {} · id {}\n  cause ({verdict}): {cause}\n  impact: {} · onset {} · {} · {} findings, {} traces\n",
        incident.severity.name(),
        plain(&incident.title, CELL),
        format!("{:?}", incident.status).to_lowercase(),
        incident.id,
        plain(&format!("{} ({})", incident.impact, incident.workloads.join(", ")), CELL),
        incident.onset.rfc3339_s(zone),
        until(incident.over_since, zone),
        incident.findings,
        incident.traces
    )
}

/// Returns an incident with its decisive lines, the steps of its trace, and its findings.
pub fn incident(response: &IncidentDetail, zone: Tz) -> String {
    let incident = &response.incident;
    let mut text = format!(
        "{DATA_NOTICE}[{}] {} · id {}\n{}\nonset {} · {}\n",
        incident.severity.name(),
        plain(&incident.title, CELL),
        incident.id,
        plain(&incident.impact.words, CELL * 2),
        incident.first_ts.rfc3339_s(zone),
        until(incident.over_since, zone)
    );
    for line in &incident.decisive {
        let _ = writeln!(
            text,
            "> {} {} · row {}",
            line.ts.rfc3339_s(zone),
            plain(&line.text, CELL * 2),
            line.row_id
        );
    }
    if !response.warnings.is_empty() {
        text.push_str("此前新出现的告警 · new warnings before:\n");
    }
    for pattern in &response.warnings {
        text.push_str(&pattern_text(pattern, zone));
    }
    if let Some(trace) = &response.trace {
        let _ = writeln!(text, "trace {}: {}", trace.id, trace.verdict.name());
        for step in trace.hypotheses.iter().take(1).flat_map(|best| &best.steps) {
            let rows: Vec<&str> = step.evidence.iter().map(|line| line.row_id.as_str()).collect();
            let _ = writeln!(
                text,
                "  {} {} · rows {}",
                step.ts.rfc3339_s(zone),
                plain(&step.what, CELL * 2),
                rows.join(", ")
            );
        }
    }
    for advice in &incident.advice {
        let _ = writeln!(text, "advice: {}", plain(advice, CELL * 5));
    }
    for finding in &response.findings {
        let rows: Vec<&str> = finding.evidence.iter().map(|line| line.row_id.as_str()).collect();
        let _ = writeln!(
            text,
            "- [{}] {} · {} · ×{} · id {} · rows {}",
            finding.severity.name(),
            plain(&finding.entity.label(), CELL),
            plain(&finding.summary, CELL),
            finding.count,
            finding.id,
            rows.join(", ")
        );
    }
    if response.doubles > 0 {
        let _ = writeln!(
            text,
            "另有 {0} 个重复的异常 · {0} findings of `standard` repeat these",
            response.doubles
        );
    }
    text + &page(&response.page)
}
