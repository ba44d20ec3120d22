//! The test of a layout: its sample lines, read as a log is read, have the fields they must have.
//! Must not know where layouts are kept.

use crate::contract::{Clock, Format};
use crate::framing::Frame;
use crate::layout::{Layout, LayoutError};
use crate::origin::Origin;
use crate::reader::{Reader, ReaderOptions, Row};
use crate::registry::Registry;
use crate::text::header;
use chrono::NaiveDate;
use chrono_tz::Tz;
use model::record::{Body, Record};
use model::time::Ts;
use std::collections::BTreeMap;

/// Reads the samples of a layout and returns what is not as it must be.
pub fn check(layout: &Layout, registry: &'static Registry) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, sample) in layout.file().samples.iter().enumerate() {
        let rows = rows_of(&sample.text, registry);
        let [row] = rows.as_slice() else {
            faults.push(format!("sample {}: {} records, not one", at + 1, rows.len()));
            continue;
        };
        let chain = row.get("format").map_or("", String::as_str);
        if !chain.split(" > ").any(|name| name == layout.name()) {
            faults.push(format!("sample {}: read as `{chain}`, not by this layout", at + 1));
        }
        if let Some(time) = layout.unread_time(header::first_line(&sample.text).0, &clock()) {
            faults.push(format!("sample {}: the time `{time}` is not read; `time_format` says how", at + 1));
        }
        for (field, wanted) in &sample.expect {
            let got = row.get(field).map_or("", String::as_str);
            let is_same = got == wanted || field == "ts" && same_time(got, wanted);
            if !is_same {
                faults.push(format!("sample {}: {field} is `{got}`, not `{wanted}`", at + 1));
            }
        }
    }
    for not in layout.file().nots.iter().filter(|not| layout.begins(&not.text)) {
        faults.push(format!("matches a line that it must not: {}", not.text));
    }
    faults
}

/// Returns an error if a layout fits nearly every line, also those of other programs: it is tried before the built-in
/// ones and would take their lines.
pub fn too_wide(layout: &Layout, file: &str) -> Option<LayoutError> {
    const TENTHS: usize = 8;
    let shipped = Registry::shipped().layouts();
    let lines: Vec<&str> = shipped
        .iter()
        .filter_map(|of| of.file().samples.first())
        .map(|sample| header::first_line(&sample.text).0)
        .collect();
    let fits = lines.iter().filter(|line| layout.begins(line)).count();
    (fits * 10 >= lines.len() * TENTHS).then(|| LayoutError {
        file: file.to_owned(),
        at: None,
        what: format!(
            "`{}` fits {fits} of {} lines of other programs: it would take every line",
            layout.name(),
            lines.len()
        ),
        hint: Some("begin the pattern with what only this program writes".into()),
    })
}

fn same_time(got: &str, wanted: &str) -> bool {
    let parse = |text: &str| Ts::parse(text, Tz::UTC).ok();
    parse(wanted).is_some() && parse(got) == parse(wanted)
}

fn clock() -> Clock {
    Clock { zone: Tz::UTC, day: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default(), written: None }
}

/// Reads text as an object of 22 November 2026 in UTC; returns the fields of each record by name.
pub fn rows_of(text: &str, registry: &'static Registry) -> Vec<BTreeMap<String, String>> {
    let options = ReaderOptions { registry, ..ReaderOptions::of(clock()) };
    let mut reader = Reader::new(Origin::default(), options);
    let mut rows = Vec::new();
    let mut emit = |row: Row<'_>| rows.push(fields_of(row.record, row.ts));
    for (at, line) in text.lines().enumerate() {
        reader.frame(
            &Frame { line: at as u64 + 1, bytes: line.as_bytes(), fault: None, dropped: None },
            &mut emit,
        );
    }
    reader.finish(&mut emit);
    let mut chains = reader.counts.formats.keys().cloned();
    if let (Some(chain), [row]) = (chains.next(), rows.as_mut_slice()) {
        row.insert("format".into(), chain);
    }
    rows
}

fn fields_of(record: Record<'_>, ts: i64) -> BTreeMap<String, String> {
    let mut row = BTreeMap::from([
        ("ts".to_owned(), Ts(ts).to_string()),
        ("message".to_owned(), record.message.clone().into_owned()),
    ]);
    let mut put = |name: &str, text: Option<&str>| {
        if let Some(text) = text {
            row.insert(name.to_owned(), text.to_owned());
        }
    };
    put("level", record.level.map(|level| level.name()));
    let place = &record.place;
    put("cluster", place.cluster.as_deref());
    put("namespace", place.namespace.as_deref());
    put("workload", place.workload.as_deref());
    put("pod", place.pod.as_deref());
    put("container", place.container.as_deref());
    put("node", place.node.as_deref());
    if let Body::Text(fields) = &record.body {
        put("logger", fields.logger.as_deref());
        put("thread", fields.thread.as_deref());
        put("stream", fields.stream.as_deref());
        put("trace_id", fields.trace_id.as_deref());
        put("span_id", fields.span_id.as_deref());
        put("error_code", fields.error_code.as_deref());
        put("exception", fields.exception.as_deref());
        put("stack", fields.stack.as_deref());
    }
    if let Body::Event(fields) = &record.body {
        put("reason", fields.reason.as_deref());
        put("event_type", fields.event_type.as_deref());
        put("kind", fields.kind.as_deref());
        put("name", fields.name.as_deref());
        put("component", fields.component.as_deref());
        put("count", Some(&fields.count.to_string()));
    }
    let attrs: serde_json::Map<String, serde_json::Value> =
        record.attrs.into_json().and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    for (name, value) in attrs {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        row.insert(format!("attrs.{name}"), text);
    }
    row
}
