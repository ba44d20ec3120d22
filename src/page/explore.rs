//! The lines of all four tables in one stream, with their histogram; or the lines around one.

use crate::api::request::LinesRequest;
use crate::api::response::{Histogram, LineList, NeighbourList};
use crate::brief::labels;
use crate::page::chart::{TimeChart, time_chart};
use crate::page::link::link;
use crate::page::log_line::{LogLine, log_line};
use crate::page::{TEXT, Visit, part_of, render};
use model::error::Result;
use model::table::Table;
use redact::sanitize::plain;
use serde::Serialize;

const PATH: &str = "/explore";

/// A stream of lines, ready to show.
#[derive(Serialize)]
struct Explore {
    form: Vec<Field>,
    tables: Vec<Choice>,
    levels: Vec<Choice>,
    /// Filters in use, each with the address without it.
    filters: Vec<Filter>,
    window: String,
    chart: Option<TimeChart>,
    lines: Vec<LogLine>,
    total: u64,
    part: String,
    next: String,
    note: String,
    /// The same lines as a statement.
    sql: String,
    around: Option<Held>,
}

/// A text field of the form.
#[derive(Serialize)]
struct Field {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
struct Choice {
    value: &'static str,
    name: String,
    is_chosen: bool,
}

#[derive(Serialize)]
struct Filter {
    name: &'static str,
    value: String,
    without: String,
}

/// Returns the parameters of a request, without the cursor.
fn parameters(request: &LinesRequest) -> [(&'static str, &str); 10] {
    [
        ("window", request.window.as_deref().unwrap_or_default()),
        ("date", request.date.as_deref().unwrap_or_default()),
        ("table", request.table.as_deref().unwrap_or_default()),
        ("namespace", request.namespace.as_deref().unwrap_or_default()),
        ("workload", request.workload.as_deref().unwrap_or_default()),
        ("pod", request.pod.as_deref().unwrap_or_default()),
        ("node", request.node.as_deref().unwrap_or_default()),
        ("user", request.user.as_deref().unwrap_or_default()),
        ("level", request.level.as_deref().unwrap_or_default()),
        ("contains", request.contains.as_deref().unwrap_or_default()),
    ]
}

/// Returns the address with some parameters changed.
fn with(request: &LinesRequest, changed: &[(&'static str, &str)]) -> String {
    let mut all: Vec<(&str, &str)> = parameters(request).to_vec();
    for (name, value) in changed {
        match all.iter_mut().find(|(of, _)| of == name) {
            Some(parameter) => parameter.1 = value,
            None => all.push((name, value)),
        }
    }
    link(PATH, &all)
}

/// Returns the page of lines.
///
/// # Errors
/// A bug if the template and its values do not match.
pub fn html(request: &LinesRequest, list: &LineList, counted: &[Histogram], visit: &Visit) -> Result<String> {
    let lang = visit.lang;
    let filter = |changed: &[(&'static str, &str)]| with(request, changed);
    let names: Vec<&str> = counted
        .iter()
        .map(|of| Table::of(&of.table).map_or("", |table| labels::table(table, lang)))
        .collect();
    let zoom = |window: &str| with(request, &[("window", window), ("date", "")]);
    let next =
        list.page.next_cursor.as_deref().map_or_else(String::new, |cursor| filter(&[("cursor", cursor)]));
    let view = Explore {
        window: list.window.local.clone(),
        chart: time_chart(counted, &names, visit.zone, lang, zoom),
        lines: list.lines.iter().map(|line| log_line(line, visit, filter)).collect(),
        total: list.page.total,
        part: part_of(&list.page),
        next,
        note: plain(list.note.as_deref().unwrap_or_default(), TEXT),
        sql: link("/sql", &[("q", &statement(request, list))]),
        ..form(request, visit)
    };
    render("explore.html", lang.pick("查日志", "Explore"), visit, &view)
}

/// Returns the form, without lines.
fn form(request: &LinesRequest, visit: &Visit) -> Explore {
    let all = parameters(request);
    let is_typed = |name: &str| !matches!(name, "table" | "level" | "date");
    let fields = all.iter().filter(|(name, _)| is_typed(name));
    let used = all.iter().filter(|(name, value)| !value.is_empty() && !matches!(*name, "window" | "date"));
    let table = |table: Table| Choice {
        value: table.name(),
        name: labels::table(table, visit.lang).into(),
        is_chosen: request.table.as_deref() == Some(table.name()),
    };
    let level = |level: &'static str| Choice {
        value: level,
        name: level.into(),
        is_chosen: request.level.as_deref() == Some(level),
    };
    let value = |name: &str, value: &str| match (name, value, request.date.as_deref()) {
        ("window", "", Some(date)) => plain(date, 100),
        _ => plain(value, 500),
    };
    Explore {
        form: fields.map(|(name, of)| Field { name, value: value(name, of) }).collect(),
        tables: Table::LOGS.map(table).into(),
        levels: ["warn", "error", "fatal"].map(level).into(),
        filters: used
            .map(|(name, value)| Filter {
                name,
                value: plain(value, 500),
                without: with(request, &[(name, "")]),
            })
            .collect(),
        window: String::new(),
        chart: None,
        lines: Vec::new(),
        total: 0,
        part: String::new(),
        next: String::new(),
        note: String::new(),
        sql: String::new(),
        around: None,
    }
}

/// Returns the lines as a statement, to go on from there.
fn statement(request: &LinesRequest, list: &LineList) -> String {
    let table = request.table.as_deref().and_then(Table::log_of).unwrap_or(Table::Business);
    let quoted = |value: &str| value.replace('\'', "''");
    let mut conditions = vec![format!("ts >= '{}'", list.window.from), format!("ts < '{}'", list.window.to)];
    for (name, value) in parameters(request) {
        match (name, value.split_once('/')) {
            (_, _) if value.is_empty() => {}
            ("workload" | "pod", Some((namespace, of))) => {
                conditions.push(format!("namespace = '{}' and {name} = '{}'", quoted(namespace), quoted(of)));
            }
            ("namespace" | "workload" | "pod" | "node", _) => {
                conditions.push(format!("{name} = '{}'", quoted(value)));
            }
            ("contains", _) => {
                conditions.push(format!("strpos(lower(message), lower('{}')) > 0", quoted(value)))
            }
            _ => {}
        }
    }
    format!(
        "select ts, namespace, workload, pod, level, message\nfrom {}\nwhere {}\norder by ts\nlimit 200",
        table.name(),
        conditions.join("\n  and ")
    )
}

/// What the lines around a line have in common, and what they could have.
#[derive(Serialize)]
struct Held {
    row_id: String,
    words: Vec<String>,
    same: Vec<SameChoice>,
    seconds: Vec<SameChoice>,
    /// The trace from the place and time of the line.
    trace: String,
}

#[derive(Serialize)]
struct SameChoice {
    key: String,
    href: String,
    is_chosen: bool,
}

/// Selects the lines around a row.
#[derive(Clone, Debug, Default)]
pub struct AroundRow<'a> {
    /// Id of the row.
    pub row_id: &'a str,
    /// What the lines have in common with it: `namespace`, `workload`, `pod`, `node`, or nothing if empty.
    pub same: &'a str,
    /// Seconds before and after.
    pub seconds: u32,
}

/// Returns the page of the lines around a row.
///
/// # Errors
/// A bug if the template and its values do not match.
pub fn around(of: &AroundRow<'_>, list: &NeighbourList, visit: &Visit) -> Result<String> {
    let address = |same: &str, seconds: u32| {
        link(PATH, &[("row_id", of.row_id), ("same", same), ("seconds", &seconds.to_string())])
    };
    let row = list.lines.iter().find(|line| line.is_row);
    let trace = row.and_then(|row| {
        let at = row.ts.to_string();
        let place = match (&row.namespace, &row.workload, &row.pod, &row.node) {
            (Some(namespace), Some(workload), ..) => ("workload", format!("{namespace}/{workload}")),
            (Some(namespace), _, Some(pod), _) => ("pod", format!("{namespace}/{pod}")),
            (.., Some(node)) => ("node", node.clone()),
            _ => return None,
        };
        Some(link("/trace", &[(place.0, &place.1), ("at", &at)]))
    });
    let same =
        |key: &str| SameChoice { key: key.into(), href: address(key, of.seconds), is_chosen: of.same == key };
    let seconds = |seconds: u32| SameChoice {
        key: seconds.to_string(),
        href: address(of.same, seconds),
        is_chosen: of.seconds == seconds,
    };
    let date = list.at.date(visit.zone).to_string();
    let base = form(&LinesRequest { date: Some(date.clone()), ..LinesRequest::default() }, visit);
    let filter = |changed: &[(&'static str, &str)]| {
        let mut all = vec![("date", date.as_str())];
        all.extend_from_slice(changed);
        link(PATH, &all)
    };
    let next = list.page.next_cursor.as_deref().map_or_else(String::new, |cursor| {
        let seconds = of.seconds.to_string();
        link(PATH, &[("row_id", of.row_id), ("same", of.same), ("seconds", &seconds), ("cursor", cursor)])
    });
    let view = Explore {
        window: list.window.local.clone(),
        lines: list.lines.iter().map(|line| log_line(line, visit, filter)).collect(),
        total: list.page.total,
        part: part_of(&list.page),
        next,
        note: plain(list.note.as_deref().unwrap_or_default(), TEXT),
        around: Some(Held {
            row_id: plain(of.row_id, 120),
            words: list.held_to.iter().map(|words| plain(words, 300)).collect(),
            same: ["", "namespace", "workload", "pod", "node"].map(same).into(),
            seconds: [10, 60, 300, 1800].map(seconds).into(),
            trace: trace.unwrap_or_default(),
        }),
        ..base
    };
    render("explore.html", visit.lang.pick("上下文", "Around a line"), visit, &view)
}
