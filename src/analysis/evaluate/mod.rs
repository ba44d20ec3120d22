//! Scores the report of a day against its known causes, and against naive rules for comparison. Counts only;
//! running the days is the caller's part.

// The incidents of a day's report against what really happened.
mod reported;

pub use crate::analysis::evaluate::reported::{Reported, causes, reported};

use crate::query::engine::Engine;
use crate::query::literal::quoted;
use crate::query::rows::rows;
use model::error::{Error, Result};
use model::report::{Report, StepKind, Trace, Verdict};
use model::time::Ts;
use serde::Serialize;
use simulate::{Incident, Truth};
use std::collections::{BTreeMap, BTreeSet};

/// Seconds between a trace and the symptom within which both are the same.
const NEAR_S: f64 = 120.0;

/// The score of one incident.
#[derive(Clone, Debug, Serialize)]
pub struct Score {
    /// Folder of the day.
    pub day: String,
    /// Name of the simulated scenario, or kind of the recorded incident.
    pub scenario: String,
    /// Seed of the simulation; 0 for a recording.
    pub seed: u64,
    /// True if a finding led to a trace of the failing workload at that time.
    pub found: bool,
    /// True if the logs of the day contain the cause.
    pub has_cause: bool,
    /// True if the first hypothesis is the cause; false on a day without one.
    pub top1: bool,
    /// True if one of the three hypotheses is the cause.
    pub top3: bool,
    /// The verdict of the trace.
    pub verdict: Verdict,
    /// The right verdict.
    pub expected: String,
    /// True if the verdict is the right one, or as good.
    pub verdict_right: bool,
    /// True if the verdict is `confirmed` and the first hypothesis is not the cause.
    pub wrongly_confirmed: bool,
    /// Event steps of the first hypothesis, and how many of them belong to the incident.
    pub hops: (usize, usize),
    /// Audit id of the first hypothesis, if it is not the cause.
    pub instead: Option<String>,
    /// True if an incident of the day's report names the cause.
    pub reported: bool,
    /// True if the last change before the symptom is the cause.
    pub naive_nearest: bool,
    /// True if the last change in the namespace of the symptom is the cause.
    pub naive_namespace: bool,
    /// True if the last change of the failing workload itself is the cause.
    pub naive_workload: bool,
    /// Milliseconds from raw logs to the report.
    pub took_ms: u64,
}

impl Score {
    /// Returns true if the verdict is right and the first hypothesis is the cause, if there is one.
    pub fn is_right(&self) -> bool {
        self.verdict_right && (self.top1 || !self.has_cause)
    }
}

/// Parses a `truth.json`, which is at `place`: what really happened on a day.
pub fn parse_truth(text: &str, place: &str) -> Result<Truth> {
    serde_json::from_str(text).map_err(|error| {
        Error::usage("cannot read a truth.json")
            .at(place.to_owned())
            .because(error)
            .hint("`headwater simulate` writes one beside the logs")
    })
}

/// Returns the trace of the symptom: the nearest in time of the failing workload.
pub fn trace_of<'r>(truth: &Incident, report: &'r Report) -> Option<&'r Trace> {
    let at = Ts::parse(&truth.symptom_ts, chrono_tz::UTC).ok()?;
    let distance = |trace: &Trace| trace.ts.since_s(at).abs();
    report
        .traces
        .iter()
        .filter(|trace| {
            trace.entity.namespace.as_deref() == Some(&truth.namespace)
                && trace.entity.workload.as_deref() == Some(&truth.workload)
                && distance(trace) <= NEAR_S
        })
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// The trace of an incident, and the causes that the naive rules name.
pub struct DayTrace {
    /// True if a finding led to the trace; see [`Score::found`].
    pub found: bool,
    /// The trace of the symptom.
    pub trace: Trace,
    /// The result of [`naive`].
    pub naive: [Option<String>; 3],
    /// The audit ids that the incidents of the report name.
    pub reported: BTreeSet<String>,
    /// Milliseconds from raw logs to the report.
    pub took_ms: u64,
}

/// Returns the score of one incident of a day, which is named by its folder.
pub fn score(day: &str, seed: u64, truth: &Incident, traced: &DayTrace) -> Score {
    let DayTrace { found, trace, naive: [nearest, in_namespace, own], reported, took_ms } = traced;
    let shown: Vec<Option<&str>> =
        trace.hypotheses.iter().map(|h| h.cause.as_ref().map(|cause| cause.audit_id.as_str())).collect();
    let first = shown.first().copied().flatten();
    let is_cause = |id: Option<&str>| id.is_some_and(|id| is_cause(truth, id));
    // without a cause, to name one of the possible causes is correct
    let is_suspect = |id: &str| truth.cause_alternatives.iter().any(|suspect| suspect == id);
    let verdict_right = trace.verdict.name() == truth.verdict
        || truth.verdict_ok.iter().any(|verdict| verdict == trace.verdict.name());
    Score {
        day: day.to_owned(),
        scenario: truth.kind.clone(),
        seed,
        found: *found,
        has_cause: truth.cause.is_some(),
        top1: is_cause(first),
        top3: shown.iter().any(|id| is_cause(*id)),
        verdict: trace.verdict,
        expected: truth.verdict.clone(),
        verdict_right,
        wrongly_confirmed: trace.verdict == Verdict::Confirmed && (truth.cause.is_none() || !is_cause(first)),
        hops: hops(truth, trace),
        instead: first.filter(|id| !is_cause(Some(id)) && !is_suspect(id)).map(str::to_owned),
        reported: reported.iter().any(|id| is_cause(Some(id))),
        naive_nearest: is_cause(nearest.as_deref()),
        naive_namespace: is_cause(in_namespace.as_deref()),
        naive_workload: is_cause(own.as_deref()),
        took_ms: *took_ms,
    }
}

/// Returns true if an audit id is that of the cause, or of a part of the same operation.
fn is_cause(truth: &Incident, id: &str) -> bool {
    let is_part = || truth.cause_alternatives.iter().any(|part| part == id);
    truth.cause.as_ref().is_some_and(|cause| cause.audit_id == id || is_part())
}

/// Returns the event steps of the first hypothesis, and how many of their reasons belong to the incident.
fn hops(truth: &Incident, trace: &Trace) -> (usize, usize) {
    let reasons: BTreeSet<&str> = truth.events.iter().map(|seen| seen.reason.as_str()).collect();
    let steps = trace.hypotheses.first().map_or(&[][..], |h| &h.steps);
    let events: Vec<&str> = steps
        .iter()
        .filter(|step| step.kind == StepKind::Event)
        .filter_map(|step| step.what.split(':').next())
        .collect();
    (events.len(), events.iter().filter(|reason| reasons.contains(**reason)).count())
}

/// Returns the audit ids that naive rules name as the cause: the last change before the symptom by a person
/// or pipeline, the last one in the namespace of the symptom, and the last one of the workload itself.
pub async fn naive(engine: &Engine, truth: &Incident) -> Result<[Option<String>; 3]> {
    let sql = |more: &str| {
        format!(
            "select audit_id from audit
             where verb in ('create', 'update', 'patch', 'delete', 'deletecollection')
                and coalesce(stage, 'ResponseComplete') = 'ResponseComplete'
                and coalesce(code, 200) < 300 and username not like 'system:node:%'
                and username not like 'system:serviceaccount:kube-system:%'
                and username not like 'system:kube-%' and ts <= '{}' {more}
             order by ts desc, row_id limit 1",
            quoted(&truth.symptom_ts)
        )
    };
    let namespace = format!("and namespace = '{}'", quoted(&truth.namespace));
    let workload = format!("{namespace} and workload = '{}'", quoted(&truth.workload));
    let mut causes = [None, None, None];
    for (cause, more) in causes.iter_mut().zip(["", namespace.as_str(), workload.as_str()]) {
        let batches = engine.query(&sql(more)).await?;
        *cause = rows(&batches).next().and_then(|row| row.text("audit_id")).map(str::to_owned);
    }
    Ok(causes)
}

/// The sums over the incidents of one scenario, or of all; a simulated day has one.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Number of incidents.
    pub days: usize,
    /// Those whose logs contain the cause.
    pub with_cause: usize,
    /// Those on which a finding led to the trace.
    pub found: usize,
    /// Those whose first hypothesis is the cause.
    pub top1: usize,
    /// Those on which one of the three hypotheses is the cause.
    pub top3: usize,
    /// Those with the right verdict.
    pub verdict_right: usize,
    /// Those with the verdict `confirmed`.
    pub confirmed: usize,
    /// Those with the verdict `confirmed` and a wrong first hypothesis.
    pub wrongly_confirmed: usize,
    /// Those without a cause on which none is named.
    pub honest: usize,
    /// Those whose cause some incident of the report names.
    pub reported: usize,
    /// Event steps of first hypotheses.
    pub hops: usize,
    /// Event steps that belong to the incident.
    pub hops_right: usize,
    /// Those on which the last change is the cause.
    pub naive_nearest: usize,
    /// Those on which the last change in the namespace is the cause.
    pub naive_namespace: usize,
    /// Those on which the last change of the workload is the cause.
    pub naive_workload: usize,
    /// Median milliseconds per day.
    pub took_ms: u64,
    /// Right verdict → verdict of the trace → incidents.
    pub verdicts: BTreeMap<String, BTreeMap<String, usize>>,
}

/// Returns the sums of scores.
pub fn totals<'s>(scores: impl Iterator<Item = &'s Score>) -> Totals {
    let mut totals = Totals::default();
    let mut times = Vec::new();
    for score in scores {
        totals.days += 1;
        totals.with_cause += usize::from(score.has_cause);
        totals.found += usize::from(score.found);
        totals.top1 += usize::from(score.top1);
        totals.top3 += usize::from(score.top3);
        totals.verdict_right += usize::from(score.verdict_right);
        totals.honest += usize::from(!score.has_cause && score.instead.is_none());
        totals.reported += usize::from(score.reported);
        totals.naive_workload += usize::from(score.naive_workload);
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
