//! Traces from any place and time, or of what a change broke.

use crate::api::request::TraceRequest;
use crate::api::response::TraceList;
use crate::brief::notation::LocalTime;
use crate::page::trace_card::{TraceCard, trace_card};
use crate::page::{TEXT, Visit, render};
use model::error::Result;
use redact::sanitize::plain;
use serde::Serialize;

/// Traces, ready to show.
#[derive(Serialize)]
struct TraceView {
    starts: Vec<Start>,
    value: String,
    at: String,
    traces: Vec<TraceCard>,
    missing: Vec<String>,
    total: u64,
    is_requested: bool,
    is_forward: bool,
}

/// What a trace may start from.
#[derive(Serialize)]
struct Start {
    kind: &'static str,
    is_chosen: bool,
}

/// Returns the page of traces; without `list`, the form alone.
///
/// # Errors
/// A bug if the template and its values do not match.
pub fn html(request: &TraceRequest, list: Option<&TraceList>, visit: &Visit) -> Result<String> {
    let starts = [
        ("workload", &request.workload),
        ("pod", &request.pod),
        ("node", &request.node),
        ("trace_id", &request.trace_id),
        ("operation", &request.operation),
        ("finding", &request.finding),
    ];
    let chosen = starts.iter().find(|(_, value)| value.is_some()).map_or("workload", |(kind, _)| kind);
    let value = starts.iter().find_map(|(_, value)| value.as_deref()).unwrap_or_default();
    let traces = list.map_or(&[][..], |list| &list.traces);
    let card = |trace: &model::report::Trace| {
        let local = LocalTime { zone: visit.zone, date: Some(trace.ts.date(visit.zone)) };
        trace_card(trace, None, &local, visit)
    };
    let view = TraceView {
        starts: starts.iter().map(|(kind, _)| Start { kind, is_chosen: *kind == chosen }).collect(),
        value: plain(value, 500),
        at: plain(request.at.as_deref().unwrap_or_default(), 100),
        traces: traces.iter().map(card).collect(),
        missing: list.map_or(&[][..], |list| &list.missing).iter().map(|text| plain(text, TEXT)).collect(),
        total: list.map_or(0, |list| list.total),
        is_requested: list.is_some(),
        is_forward: request.operation.is_some(),
    };
    render("trace.html", visit.lang.pick("溯源", "Trace"), visit, &view)
}
