//! Scores a day's report against what really happened (`truth.json` of a simulated day), and what
//! two naive rules would have answered. Counting alone; whoever runs the days is above.

use crate::analysis::agent::rows_of;
use crate::query::engine::Engine;
use model::error::{Error, Result};
use model::report::{Report, StepKind, Trace, Verdict};
use model::time::Ts;
use serde::Serialize;
use simulate::Truth;
use std::collections::{BTreeMap, BTreeSet};

/// A trace this far from the symptom is about something else.
const NEAR_S: f64 = 3600.0;

/// How one day was answered.
#[derive(Clone, Debug, Serialize)]
pub struct Score {
    /// The day's folder.
    pub day: String,
    /// Scenario.
    pub scenario: String,
    /// Seed.
    pub seed: u64,
    /// Whether some finding led to a trace of the workload that suffered; else the trace began at
    /// its pod and time, as a person would ask.
    pub found: bool,
    /// Whether the day has a cause in its logs.
    pub has_cause: bool,
    /// The cause stands first. A day without a cause has none to stand there.
    pub top1: bool,
    /// The cause is among the three shown.
    pub top3: bool,
    /// The verdict that was given.
    pub verdict: Verdict,
    /// The verdict that was right to give.
    pub expected: String,
    /// `confirmed`, and the cause is another one or none.
    pub wrongly_confirmed: bool,
    /// Event steps of the first chain, and how many of them belong to the incident.
    pub hops: (usize, usize),
    /// The audit id that stood first, where it is not the cause.
    pub instead: Option<String>,
    /// Whether the nearest change before the symptom is the cause.
    pub naive_nearest: bool,
    /// Whether the nearest change in its namespace is.
    pub naive_namespace: bool,
    /// Milliseconds from raw logs to the report.
    pub took_ms: u64,
}

impl Score {
    /// Tells whether the verdict was the right one.
    pub fn is_verdict_right(&self) -> bool {
        self.verdict.name() == self.expected
    }

    /// Tells whether nothing is to be said against the answer.
    pub fn is_right(&self) -> bool {
        self.is_verdict_right() && (self.top1 || !self.has_cause)
    }
}

/// Returns the trace of a report that is about the symptom.
pub fn trace_of<'r>(truth: &Truth, report: &'r Report) -> Option<&'r Trace> {
    let at = Ts::parse(&truth.symptom.ts, chrono_tz::UTC).ok()?;
    let distance = |trace: &Trace| trace.ts.since_s(at).abs();
    report
        .traces
        .iter()
        .filter(|trace| {
            trace.entity.namespace.as_deref() == Some(&truth.symptom.namespace)
                && trace.entity.workload.as_deref() == Some(&truth.symptom.workload)
                && distance(trace) <= NEAR_S
        })
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// Scores a day by its trace. `found` tells whether the day's findings led to it; `naive` holds
/// the answers of [`naive`].
pub fn score(
    day: &str,
    truth: &Truth,
    (found, trace): (bool, &Trace),
    naive: &[Option<String>; 2],
    took_ms: u64,
) -> Score {
    let cause = truth.cause.as_ref().map(|cause| cause.audit_id.as_str());
    let shown: Vec<Option<&str>> =
        trace.hypotheses.iter().map(|h| h.cause.as_ref().map(|cause| cause.audit_id.as_str())).collect();
    let first = shown.first().copied().flatten();
    let is_cause = |id: Option<&str>| cause.is_some() && id == cause;
    Score {
        day: day.to_owned(),
        scenario: truth.scenario.clone(),
        seed: truth.seed,
        found,
        has_cause: cause.is_some(),
        top1: is_cause(first),
        top3: shown.iter().any(|id| is_cause(*id)),
        verdict: trace.verdict,
        expected: truth.verdict.clone(),
        wrongly_confirmed: trace.verdict == Verdict::Confirmed && !is_cause(first),
        hops: hops(truth, trace),
        instead: first.filter(|id| Some(*id) != cause).map(str::to_owned),
        naive_nearest: is_cause(naive[0].as_deref()),
        naive_namespace: is_cause(naive[1].as_deref()),
        took_ms,
    }
}

/// Returns the event steps of the first chain, and how many of their reasons the incident had.
fn hops(truth: &Truth, trace: &Trace) -> (usize, usize) {
    let reasons: BTreeSet<&str> = truth.events.iter().map(|seen| seen.reason.as_str()).collect();
    let steps = trace.hypotheses.first().map_or(&[][..], |h| &h.steps);
    let events: Vec<&str> = steps
        .iter()
        .filter(|step| step.kind == StepKind::Event)
        .filter_map(|step| step.what.split(':').next())
        .collect();
    (events.len(), events.iter().filter(|reason| reasons.contains(**reason)).count())
}

/// Returns what two naive rules answer: the nearest change before the symptom that somebody made,
/// and the nearest in the symptom's namespace.
pub async fn naive(engine: &Engine, truth: &Truth) -> Result<[Option<String>; 2]> {
    let quoted = |text: &str| text.replace('\'', "''");
    let sql = |more: &str| {
        format!(
            "select audit_id from audit
             where verb in ('create', 'update', 'patch', 'delete', 'deletecollection')
                and coalesce(stage, 'ResponseComplete') = 'ResponseComplete'
                and coalesce(code, 200) < 300 and username not like 'system:node:%'
                and username not like 'system:serviceaccount:kube-system:%'
                and username not like 'system:kube-%' and ts <= '{}' {more}
             order by ts desc, row_id limit 1",
            quoted(&truth.symptom.ts)
        )
    };
    let namespace = format!("and namespace = '{}'", quoted(&truth.symptom.namespace));
    let mut answers = [None, None];
    for (answer, more) in answers.iter_mut().zip(["", namespace.as_str()]) {
        let rows = rows_of(&engine.query(&sql(more)).await?)?;
        *answer = rows.first().and_then(|row| row.get("audit_id")?.as_str()).map(str::to_owned);
    }
    Ok(answers)
}

/// What the days of one scenario, or of all, come to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Days.
    pub days: usize,
    /// Days with a cause in their logs.
    pub with_cause: usize,
    /// Days whose symptom some finding led to.
    pub found: usize,
    /// Causes that stand first.
    pub top1: usize,
    /// Causes among the three shown.
    pub top3: usize,
    /// Right verdicts.
    pub verdict_right: usize,
    /// Verdicts `confirmed`.
    pub confirmed: usize,
    /// Of these, with another cause or none.
    pub wrongly_confirmed: usize,
    /// Event steps of first chains.
    pub hops: usize,
    /// Of these, that belong to the incident.
    pub hops_right: usize,
    /// Causes that the nearest change is.
    pub naive_nearest: usize,
    /// Causes that the nearest change in the namespace is.
    pub naive_namespace: usize,
    /// Median milliseconds a day.
    pub took_ms: u64,
    /// Verdicts given, by the right one.
    pub verdicts: BTreeMap<String, BTreeMap<String, usize>>,
}

/// Adds scores up.
pub fn totals<'s>(scores: impl Iterator<Item = &'s Score>) -> Totals {
    let mut totals = Totals::default();
    let mut times = Vec::new();
    for score in scores {
        totals.days += 1;
        totals.with_cause += usize::from(score.has_cause);
        totals.found += usize::from(score.found);
        totals.top1 += usize::from(score.top1);
        totals.top3 += usize::from(score.top3);
        totals.verdict_right += usize::from(score.is_verdict_right());
        totals.confirmed += usize::from(score.verdict == Verdict::Confirmed);
        totals.wrongly_confirmed += usize::from(score.wrongly_confirmed);
        totals.hops += score.hops.0;
        totals.hops_right += score.hops.1;
        totals.naive_nearest += usize::from(score.naive_nearest);
        totals.naive_namespace += usize::from(score.naive_namespace);
        let given = score.verdict.name().to_owned();
        *totals.verdicts.entry(score.expected.clone()).or_default().entry(given).or_default() += 1;
        times.push(score.took_ms);
    }
    times.sort_unstable();
    totals.took_ms = times.get(times.len() / 2).copied().unwrap_or(0);
    totals
}

/// Reads a day's truth.
pub fn parse_truth(text: &str, place: &str) -> Result<Truth> {
    serde_json::from_str(text).map_err(|error| {
        Error::usage("a truth.json cannot be read")
            .at(place.to_owned())
            .because(error)
            .hint("`headwater simulate` writes it beside the logs")
    })
}
