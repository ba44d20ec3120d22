//! A trace with its chains: the cause, the picture, the steps, the rivals.

use crate::brief::labels;
use crate::brief::notation::LocalTime;
use crate::brief::page::chain::{Chain, chain};
use crate::page::link::link;
use crate::page::{TEXT, Visit};
use model::report::{Hypothesis, Trace};
use redact::sanitize::plain;
use serde::Serialize;

/// A trace, ready to show.
#[derive(Serialize)]
pub(super) struct TraceCard {
    id: String,
    verdict: &'static str,
    verdict_name: &'static str,
    place: String,
    since: String,
    reasons: Vec<String>,
    best: Option<ChainCard>,
    rivals: Vec<ChainCard>,
}

/// A hypothesis, ready to show.
#[derive(Serialize)]
struct ChainCard {
    chain: Chain,
    /// How much less it scores than the best, in percent.
    behind: u32,
    who: Option<Who>,
    /// The restart that brought the cause to light.
    trigger: String,
}

/// Who did it, and where to go from there.
#[derive(Serialize)]
struct Who {
    on_behalf_of: String,
    field: String,
    old: String,
    new: String,
    /// What the operation broke.
    effects: String,
    /// The lines around the request.
    row: String,
    /// The requests of the user.
    requests: String,
}

/// Returns a trace; `agent` found what it starts from.
pub(super) fn trace_card(trace: &Trace, agent: Option<&str>, local: &LocalTime, visit: &Visit) -> TraceCard {
    let top = trace.hypotheses.first().map_or(0.0, |best| best.score);
    let card = |(number, hypothesis): (usize, &Hypothesis)| ChainCard {
        chain: chain(trace, (number, hypothesis), agent, local, visit.lang),
        behind: ((top - hypothesis.score).clamp(0.0, 1.0) * 100.0).round() as u32,
        who: who(hypothesis, local),
        trigger: hypothesis.trigger.as_ref().map_or_else(String::new, |trigger| {
            let target = labels::operation_target(trigger);
            plain(&format!("{} {} {target}", local.clock(trigger.ts), trigger.username), 300)
        }),
    };
    let mut chains = trace.hypotheses.iter().enumerate().map(card);
    TraceCard {
        id: plain(&trace.id, 80),
        verdict: trace.verdict.name(),
        verdict_name: labels::verdict(trace.verdict, visit.lang),
        place: plain(&trace.entity.label(), 200),
        since: local.clock(trace.ts),
        reasons: trace.reasons.iter().map(|reason| plain(reason.text_in(visit.lang), TEXT)).collect(),
        best: chains.next(),
        rivals: chains.collect(),
    }
}

fn who(hypothesis: &Hypothesis, local: &LocalTime) -> Option<Who> {
    let cause = hypothesis.cause.as_ref()?;
    let text = |value: &Option<String>| plain(value.as_deref().unwrap_or_default(), 300);
    let day = cause.ts.date(local.zone).to_string();
    Some(Who {
        on_behalf_of: text(&cause.on_behalf_of),
        field: text(&cause.field),
        old: text(&cause.old),
        new: text(&cause.new),
        effects: link("/trace", &[("operation", &cause.audit_id)]),
        row: link("/explore", &[("row_id", &cause.row_id)]),
        requests: link("/explore", &[("date", &day), ("user", &cause.username)]),
    })
}
