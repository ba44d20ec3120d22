//! Writes a synthetic day of one cluster: four raw logs with a planted incident, and the truth
//! about it. First a bounded plan (the acts of people, controllers and pods), then noise streamed
//! around it, minute by minute, so that memory stays flat at any size.
//! Must not know how the logs are read: the parsers are tested against it.

mod adhoc;
mod api;
mod app;
mod audit;
mod call_failure;
mod change;
mod cluster;
mod controllers;
mod day;
mod decoy;
mod event;
mod everyday;
mod fleet;
mod flow;
mod gitops;
mod impact;
mod kubelet;
mod manifest;
mod node;
mod noise;
mod people;
mod pod;
mod prelude;
mod requests;
mod rng;
mod scenario;
mod service;
mod single;
mod store;
mod story;
mod strike;
mod text;
mod truth;
mod wording;
mod workload;
mod write;

use crate::day::{Day, Record};
use crate::fleet::FLEET;
use crate::flow::write_day;
use crate::noise::Noise;
use crate::rng::Rng;
use crate::story::Story;
use crate::text::{HOUR, Pen, ZONE, rfc3339, rfc3339_us};
use chrono::NaiveDate;
use std::io;
use std::path::Path;

pub use crate::scenario::SCENARIOS;
pub use crate::story::Scenario;
pub use crate::truth::{Cause, Incident, Seen, Truth};

/// Which day to write.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Name of a scenario in [`SCENARIOS`].
    pub scenario: String,
    /// The same seed gives the same incident at any size.
    pub seed: u64,
    /// About how many uncompressed log bytes to write; a plan of about 1.5 MB is always written.
    pub size_bytes: u64,
    /// The local day, Asia/Shanghai.
    pub date: NaiveDate,
}

/// Writes the day under `out` (four folders and `truth.json`), which should be empty: an object of
/// the same key is replaced, others are left. `progress` gets the uncompressed bytes so far.
/// Fails with `InvalidInput` on an unknown scenario.
pub fn simulate(spec: &Spec, out: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<Truth> {
    let Some(scenario) = SCENARIOS.iter().find(|scenario| scenario.name == spec.scenario) else {
        let known: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        let message = format!("unknown scenario `{}`; known: {}", spec.scenario, known.join(", "));
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    };
    let from = spec.date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros() - ZONE;
    let key = format!("{}/{}/{}", spec.scenario, spec.seed, spec.date);
    let mut day = Day::new(from, spec.seed, &key);
    day.everyday();
    let story = (scenario.plan)(&mut day);
    day.controllers_follow();
    day.git_is_applied();
    // Records of one point stay in the order in which they were planned.
    let mut records = std::mem::take(&mut day.records);
    let is_in_day = |record: &Record| (from - day.lead..from + 24 * HOUR).contains(&record.at);
    records.retain(|record| is_in_day(record) && !day.is_missing(record.log, record.at));
    records.sort_by_key(|record| record.at);
    day.records = records;
    let truth = truth(spec, &day, story);
    let pen = Pen::new(Rng::new(&format!("{key}/{}", spec.size_bytes)), from);
    write_day(&day, Noise::new(&day, pen), spec.size_bytes, out, progress)?;
    let mut json = serde_json::to_vec_pretty(&truth)?;
    json.push(b'\n');
    std::fs::write(out.join("truth.json"), json)?;
    Ok(truth)
}

fn truth(spec: &Spec, day: &Day, story: Story) -> Truth {
    let pod = &day.cluster.pods[story.symptom.1];
    let workload = &FLEET[pod.workload];
    let mut seen: Vec<(&String, &i64)> = day.seen.iter().collect();
    seen.sort_by_key(|(reason, at)| (**at, reason.as_str()));
    let incident = Incident {
        id: format!("{}-{}", spec.scenario, spec.seed),
        kind: spec.scenario.clone(),
        namespace: workload.namespace.to_owned(),
        workload: workload.name.to_owned(),
        pod: pod.name.clone(),
        symptom_ts: rfc3339_us(day.clock(pod.node, story.symptom.0)),
        cause: story.cause,
        cause_alternatives: story.suspects,
        triggers: Vec::new(),
        verdict: story.verdict.to_owned(),
        verdict_ok: story.verdict_ok.iter().map(|verdict| (*verdict).to_owned()).collect(),
        events: seen
            .into_iter()
            .map(|(reason, at)| Seen { reason: reason.clone(), ts: rfc3339(*at) })
            .collect(),
    };
    Truth {
        from: rfc3339(day.from),
        to: rfc3339(day.from + 24 * HOUR),
        seed: spec.seed,
        incidents: vec![incident],
    }
}
