//! Rows that a service's query returns apart from the names of their columns: Azure's `tables`, CloudWatch
//! Logs Insights' `[{"field":…,"value":…}]`, Elasticsearch's `fields`. Each becomes the object that it was.
//! Must not know what a column means.

use crate::contract::{Clock, Unwrapped, payload_of};
use crate::text::json::{items, members_of, text_of};
use crate::text::time;
use model::record::Attrs;
use std::borrow::Cow;

/// Returns the rows of Azure's `tables`; `None` if a table has no rows and columns.
pub(super) fn of_tables(tables: &str) -> Option<Vec<String>> {
    let mut rows = Vec::new();
    for table in items(tables).ok()? {
        let value = |name: &str| members_of(table).find(|(key, _)| key == name).map(|(_, value)| value);
        let columns: Option<Vec<_>> = items(value("columns")?)
            .ok()?
            .into_iter()
            .map(|column| text_of(named(column, "name")?))
            .collect();
        let columns = columns?;
        for row in items(value("rows")?).ok()? {
            let mut object = Attrs::default();
            for (name, value) in columns.iter().zip(items(row).ok()?) {
                if !matches!(value, "null" | "\"\"") {
                    object.raw(name, value);
                }
            }
            rows.push(object.into_json()?);
        }
    }
    Some(rows)
}

/// Returns a row of Insights, whose times are UTC; `None` if an item is none of its fields.
pub(super) fn of_fields(row: &str) -> Option<Unwrapped<'_>> {
    let mut line = Unwrapped::default();
    let mut rest = Attrs::default();
    let mut message = None;
    for field in items(row).ok()? {
        let (name, value) = (text_of(named(field, "field")?)?, named(field, "value")?);
        match &*name {
            "@timestamp" => {
                line.ts = text_of(value).and_then(|text| time::any(&text, &Clock::UTC)).map(|stamp| stamp.ts)
            }
            "@message" => message = text_of(value),
            "@ptr" => {}
            other => rest.raw(other.trim_start_matches('@'), value),
        }
    }
    line.payload = match message {
        Some(message) => {
            line.attrs = rest;
            payload_of(message)
        }
        None => Cow::Owned(rest.into_json()?.into_bytes()),
    };
    Some(line)
}

/// Returns a hit of Elasticsearch that has only `fields`, each an array.
pub(super) fn of_hit(hit: &str) -> Option<String> {
    let mut object = Attrs::default();
    for (name, value) in members_of(named(hit, "fields")?) {
        match items(value).ok().as_deref() {
            Some([only]) => object.raw(&name, only),
            _ => object.raw(&name, value),
        }
    }
    object.into_json()
}

fn named<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    members_of(object).find(|(key, _)| key == name).map(|(_, value)| value)
}
