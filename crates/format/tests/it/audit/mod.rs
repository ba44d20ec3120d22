//! Audit events in the shapes that clusters, clouds and stores write them, read by the format itself.

mod bodies; // names, texts and secrets, read as whole objects
mod clouds; // exports of clouds and collectors
mod operation; // the class of a request
mod secrets; // bodies that must not be stored
mod shapes; // flattened, stringified and old events
mod target; // the object where `objectRef` does not name it

use chrono::NaiveDate;
use format::leaf::audit::Audit;
use format::{Clock, Format};
use model::record::{Body, Record};
use model::time::Ts;

/// Shanghai: a time without a zone must not be read in it, because the API server writes UTC.
fn clock() -> Clock {
    let day = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap_or_default();
    Clock { zone: chrono_tz::Asia::Shanghai, day, written: None }
}

/// Reads a text and returns what `render` makes of each record.
#[track_caller]
fn read_as<T>(text: &str, render: impl Fn(Record<'_>) -> T) -> Vec<T> {
    assert!(Audit.begins(text), "not recognised: {text}");
    let mut out = Vec::new();
    let outcome = Audit.read(text, &clock(), &mut |record| out.push(render(record)));
    assert_eq!(outcome, Ok(()), "{text}");
    out
}

/// Writes every text of a record, the attributes included.
fn whole(record: Record<'_>) -> String {
    format!("{record:?}")
}

/// Writes a record as `group resource/subresource namespace/name`, then its other fields.
fn render(record: Record<'_>) -> String {
    let message = record.message.into_owned();
    let Body::Audit(fields) = record.body else { return "not an audit event".into() };
    let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let code = fields.code.map(|code| code.to_string());
    let place = &record.place;
    let object = [&place.workload, &place.pod, &place.node].into_iter().flatten().next().is_some();
    let mut out = vec![
        record.ts.map_or("-".into(), |ts| Ts(ts).to_string()),
        or_dash(fields.api_group.as_deref()),
        format!("{}/{}", or_dash(fields.resource.as_deref()), or_dash(fields.subresource.as_deref())),
        format!("{}/{}", or_dash(place.namespace.as_deref()), or_dash(fields.name.as_deref())),
        or_dash(fields.verb.as_deref()),
        or_dash(code.as_deref()),
        or_dash(fields.operation),
        or_dash(fields.username.as_deref()),
    ];
    if object {
        let names = [&place.workload, &place.pod, &place.node].map(|name| or_dash(name.as_deref()));
        out.push(names.join("/"));
    }
    out.push(format!("| {message}"));
    out.join(" ")
}

/// Reads one event and compares its record, as [`render`] writes it.
#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(read_as(text, render), [expected], "{text}");
}

/// Returns an event as the API server writes it, with more members.
fn native(members: &str) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"a-1","stage":"ResponseComplete",{members},"requestReceivedTimestamp":"2026-11-24T02:12:01.000000Z"}}"#
    )
}
