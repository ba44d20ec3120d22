//! A log line: what it says, where it is from, and links to what it names.

use crate::api::response::Line;
use crate::brief::labels;
use crate::brief::notation::LocalTime;
use crate::page::Visit;
use crate::page::link::link;
use model::table::Table;
use redact::sanitize::plain;
use serde::Serialize;

/// The most characters of a line that are shown.
const TEXT: usize = 2000;

/// A log line, ready to show.
#[derive(Serialize)]
pub(super) struct LogLine {
    row_id: String,
    /// The lines around it.
    href: String,
    clock: String,
    date: String,
    table: &'static str,
    table_name: &'static str,
    level: String,
    /// Namespace, workload, pod and node, each with the address that filters by it.
    places: Vec<Place>,
    reason: String,
    text: String,
    source: String,
    is_row: bool,
}

#[derive(Serialize)]
struct Place {
    kind: &'static str,
    name: String,
    href: String,
}

/// Returns a line; `filter` returns the address that adds a filter to what is shown.
pub(super) fn log_line(
    line: &Line,
    visit: &Visit,
    filter: impl Fn(&[(&'static str, &str)]) -> String,
) -> LogLine {
    let local = LocalTime { zone: visit.zone, date: Some(line.ts.date(visit.zone)) };
    let table = Table::of(&line.table);
    let namespace = line.namespace.as_deref().unwrap_or_default();
    let place = |kind: &'static str, name: &Option<String>| {
        let name = name.as_deref().filter(|name| !name.is_empty())?;
        let named = format!("{namespace}/{name}");
        let value = if namespace.is_empty() || matches!(kind, "namespace" | "node") { name } else { &named };
        Some(Place { kind, name: plain(name, 253), href: filter(&[(kind, value)]) })
    };
    let places = [
        place("namespace", &line.namespace),
        place("workload", &line.workload),
        place("pod", &line.pod),
        place("node", &line.node),
    ];
    let times = if line.times > 1 { format!(" ×{}", line.times) } else { String::new() };
    let source = line.source.as_deref().unwrap_or_default();
    LogLine {
        row_id: plain(&line.row_id, 120),
        href: link("/explore", &[("row_id", &line.row_id)]),
        clock: local.clock(line.ts),
        date: line.ts.date(visit.zone).to_string(),
        table: table.map_or("other", Table::name),
        table_name: table.map_or("", |table| labels::table(table, visit.lang)),
        level: plain(line.level.as_deref().unwrap_or_default(), 20),
        places: places.into_iter().flatten().collect(),
        reason: plain(line.reason.as_deref().unwrap_or_default(), 80),
        text: plain(line.message.as_deref().unwrap_or_default(), TEXT) + &times,
        source: if source.is_empty() {
            String::new()
        } else {
            format!("{}:{}", plain(source, 300), line.line.unwrap_or_default())
        },
        is_row: line.is_row,
    }
}
