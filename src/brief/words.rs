//! The words and harmless texts that brief and page share: names of severities, verdicts, verbs
//! and kinds in both languages, local clocks, durations, gaps in the data, and log text made
//! inert. Log text is written by whoever writes to a log: nothing leaves here unfiltered.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use model::lang::Lang;
use model::report::{Cause, Report, RunInfo, Severity, Status, StepKind, Verdict};
use model::time::{Ts, parse_date, parse_zone};
pub(crate) use redact::sanitize::{inert, plain};

/// The four tables in the order a person reads them, cause first.
pub(crate) const TABLES: [&str; 4] = ["audit", "event", "standard", "business"];

/// Returns an id as it is cited: at most 12 characters of it, letters, digits and `-_.` only.
pub(crate) fn short_id(id: &str) -> String {
    let fits = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    let size = if id.len() == 36 { 8 } else { 12 }; // of a UUID the first group
    id.chars().filter(fits).take(size).collect()
}

/// How points of time are told in a report: in its zone, without its own date.
pub(crate) struct Local {
    pub(crate) zone: Tz,
    pub(crate) date: Option<NaiveDate>,
}

impl Local {
    pub(crate) fn of(run: &RunInfo) -> Self {
        Self { zone: parse_zone(&run.timezone).unwrap_or(Tz::UTC), date: parse_date(&run.date).ok() }
    }

    fn told(&self, ts: Ts, layout: &str) -> String {
        let time = ts.utc().with_timezone(&self.zone);
        let clock = time.format(layout).to_string();
        if self.date == Some(time.date_naive()) { clock } else { format!("{} {clock}", time.format("%m-%d")) }
    }

    /// Returns `10:12:31`, or `11-21 10:12:31` on another day.
    pub(crate) fn clock(&self, ts: Ts) -> String {
        self.told(ts, "%H:%M:%S")
    }

    /// Returns `10:12`, or `11-21 10:12` on another day.
    pub(crate) fn minute(&self, ts: Ts) -> String {
        self.told(ts, "%H:%M")
    }

    /// Returns `10:12–10:58`, or one point when both are the same minute.
    pub(crate) fn span(&self, first: Ts, last: Ts) -> String {
        let (first, last) = (self.minute(first), self.minute(last));
        if first == last { first } else { format!("{first}–{last}") }
    }
}

/// Returns the spans of hours that follow one another, from texts `YYYY-MM-DD HH:00`.
pub(crate) fn hour_spans(hours: &[String]) -> Vec<(NaiveDateTime, NaiveDateTime)> {
    let read = |hour: &String| NaiveDateTime::parse_from_str(&format!("{hour}:00"), "%Y-%m-%d %H:%M:%S").ok();
    let mut starts: Vec<NaiveDateTime> = hours.iter().filter_map(read).collect();
    starts.sort();
    let mut spans: Vec<(NaiveDateTime, NaiveDateTime)> = Vec::new();
    for start in starts {
        let end = start + TimeDelta::hours(1);
        match spans.last_mut() {
            Some(last) if last.1 >= start => last.1 = end,
            _ => spans.push((start, end)),
        }
    }
    spans
}

/// A stretch of the window for which a table has nothing.
pub(crate) struct Gap {
    pub(crate) table: &'static str,
    /// Empty: the whole window.
    pub(crate) spans: Vec<(NaiveDateTime, NaiveDateTime)>,
}

/// Returns the tables with hours without data; a table the report does not name has none at all.
pub(crate) fn gaps(report: &Report) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for table in TABLES {
        let cover = report.coverage.tables.iter().find(|cover| cover.table == table);
        let spans = match cover {
            Some(cover) if cover.rows > 0 && cover.hours_without_data.is_empty() => continue,
            Some(cover) if cover.rows > 0 => hour_spans(&cover.hours_without_data),
            _ => Vec::new(),
        };
        gaps.push(Gap { table, spans });
    }
    gaps
}

/// Returns spans of hours as text: `13:00–15:00, 11-23 00:00–01:00`.
pub(crate) fn spans_text(spans: &[(NaiveDateTime, NaiveDateTime)], local: &Local, lang: Lang) -> String {
    let told: Vec<String> = spans
        .iter()
        .map(|(from, to)| {
            let day = if local.date == Some(from.date()) {
                String::new()
            } else {
                from.format("%m-%d ").to_string()
            };
            let end = to.format("%H:%M").to_string();
            format!("{day}{}–{}", from.format("%H:%M"), if end == "00:00" { "24:00" } else { &end })
        })
        .collect();
    told.join(lang.pick("、", ", "))
}

/// Returns seconds in words: `0.4 s`, `4 min 20 s`, `2 小时 5 分`.
pub(crate) fn duration(seconds: f64, lang: Lang) -> String {
    if !seconds.is_finite() {
        return "?".into();
    }
    let sign = if seconds <= -0.05 { "−" } else { "" };
    let (size, whole) = (seconds.abs(), seconds.abs().round() as u64);
    let two = |big: u64, big_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{sign}{big} {big_unit}"),
        _ => format!("{sign}{big} {big_unit} {small} {small_unit}"),
    };
    let (day, hour, min, sec) = lang.pick(("天", "小时", "分", "秒"), ("d", "h", "min", "s"));
    match whole {
        0..10 if size.fract() > 0.05 && size < 9.95 => format!("{sign}{size:.1} {sec}"),
        0..60 => format!("{sign}{whole} {sec}"),
        60..3600 => two(whole / 60, min, whole % 60, sec),
        3600..86400 => two(whole / 3600, hour, whole % 3600 / 60, min),
        _ => two(whole / 86400, day, whole % 86400 / 3600, hour),
    }
}

/// Returns a number with its thousands apart.
pub(crate) fn grouped(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Returns `3 findings` or `1 finding`.
pub(crate) fn plural(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

pub(crate) fn severity(severity: Severity, lang: Lang) -> &'static str {
    let zh = match severity {
        Severity::Info => "提示",
        Severity::Low => "轻微",
        Severity::Medium => "中等",
        Severity::High => "高危",
        Severity::Critical => "严重",
    };
    lang.pick(zh, severity.name())
}

pub(crate) fn status(status: Status, lang: Lang) -> &'static str {
    match status {
        Status::New => lang.pick("新增", "new"),
        Status::Ongoing => lang.pick("持续", "ongoing"),
        Status::Worse => lang.pick("加重", "worse"),
        Status::Better => lang.pick("减轻", "better"),
    }
}

pub(crate) fn verdict(verdict: Verdict, lang: Lang) -> &'static str {
    match verdict {
        Verdict::Confirmed => lang.pick("已确认", "confirmed"),
        Verdict::Likely => lang.pick("很可能", "likely"),
        Verdict::Inconclusive => lang.pick("无法确定", "inconclusive"),
    }
}

pub(crate) fn kind(kind: StepKind, lang: Lang) -> &'static str {
    match kind {
        StepKind::Operation => lang.pick("操作", "operation"),
        StepKind::Event => lang.pick("事件", "event"),
        StepKind::Error => lang.pick("错误", "error"),
    }
}

pub(crate) fn table(table: &str, lang: Lang) -> &str {
    match table {
        "audit" => lang.pick("审计", "audit"),
        "event" => lang.pick("事件", "event"),
        "standard" => lang.pick("标准输出", "standard"),
        "business" => lang.pick("业务", "business"),
        other => other,
    }
}

pub(crate) fn link(kind: &str, lang: Lang) -> &str {
    match kind {
        "same_uid" => lang.pick("同一 Pod 实例", "same pod uid"),
        "same_pod" => lang.pick("同一 Pod", "same pod"),
        "same_workload" => lang.pick("同一工作负载", "same workload"),
        "uses" => lang.pick("使用它", "uses it"),
        "calls" => lang.pick("调用它", "calls it"),
        "selects" => lang.pick("选中它", "selects it"),
        "cluster_dns" => lang.pick("集群 DNS", "cluster DNS"),
        "names" => lang.pick("消息提到它", "names it"),
        "same_node" => lang.pick("同一节点", "same node"),
        "same_namespace" => lang.pick("同一命名空间", "same namespace"),
        "cluster" => lang.pick("集群范围", "cluster-wide"),
        other => other,
    }
}

/// Returns what the operation was done to: `configmaps shop/pay-config`.
pub(crate) fn target(cause: &Cause) -> String {
    let slash = if cause.namespace.is_empty() { "" } else { "/" };
    format!("{} {}{slash}{}", cause.resource, cause.namespace, cause.name)
}

/// Returns what the operation did, as a past verb.
pub(crate) fn did(cause: &Cause, lang: Lang) -> &'static str {
    match (cause.operation.as_str(), cause.verb.as_str()) {
        (_, "delete" | "deletecollection") => lang.pick("删除了", "deleted"),
        ("exec", _) => lang.pick("进入了", "ran a command in"),
        ("scale", _) => lang.pick("调整了副本数：", "scaled"),
        (_, "create") => lang.pick("新建了", "created"),
        (_, "update" | "patch" | "apply") => lang.pick("修改了", "changed"),
        _ => lang.pick("操作了", "acted on"),
    }
}
