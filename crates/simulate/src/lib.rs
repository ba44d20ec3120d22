//! Writes a synthetic day of one cluster: four raw logs with a planted incident, and the truth
//! about it. First a bounded plan (what people, controllers and pods do), then noise streamed
//! around it, minute by minute, so that memory stays flat at any size.
//! Must not know how the logs are read: the parsers are tested against it.

mod act;
mod app;
mod audit;
mod calm;
mod change;
mod cluster;
mod complaint;
mod config;
mod day;
mod decoy;
mod event;
mod fleet;
mod herring;
mod manifest;
mod network;
mod node;
mod noise;
mod place;
mod pod;
mod policy;
mod quota;
mod requests;
mod rng;
mod scenario;
mod storage;
mod stranger;
mod text;
mod write;

use crate::day::{Day, Log, Record};
use crate::noise::Noise;
use crate::rng::Rng;
use crate::text::{HOUR, MINUTE, Pen, ZONE, rfc3339, rfc3339_us};
use crate::write::{Naming, Stream};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

pub use crate::scenario::{SCENARIOS, Scenario};

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

/// What really happened: `truth.json`. Times are RFC 3339, UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Scenario.
    pub scenario: String,
    /// Seed.
    pub seed: u64,
    /// First point of the day.
    pub from: String,
    /// First point after it.
    pub to: String,
    /// The incident's first business error.
    pub symptom: Symptom,
    /// The operation behind it; absent when there is none, when no record of it reached the logs, so
    /// that nobody can name its audit id, and when two operations could each be it and nothing in the
    /// logs tells which.
    pub cause: Option<Cause>,
    /// The first event of each reason between the cause and the end of the incident.
    pub events: Vec<Seen>,
    /// The verdict a good trace reaches: `confirmed`, `likely` or `inconclusive`.
    pub verdict: String,
}

/// The first business error of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symptom {
    /// Namespace.
    pub namespace: String,
    /// Workload.
    pub workload: String,
    /// Pod.
    pub pod: String,
    /// Event time of the line.
    pub ts: String,
}

/// The audited operation behind an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// auditID.
    pub audit_id: String,
    /// requestReceivedTimestamp.
    pub ts: String,
    /// user.username.
    pub username: String,
    /// Verb.
    pub verb: String,
    /// Resource, plural.
    pub resource: String,
    /// Namespace.
    pub namespace: String,
    /// Object name.
    pub name: String,
}

/// A reason seen in the events of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Event reason.
    pub reason: String,
    /// When it first appeared.
    pub ts: String,
}

/// The logs, in the order in which a minute is written, with their folder and share of the bytes.
const LOGS: [(Log, &str, f64); 4] = [
    (Log::Audit, "audit", 0.50),
    (Log::Event, "event", 0.05),
    (Log::Business, "business", 0.25),
    (Log::Standard, "standard", 0.20),
];

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

fn truth(spec: &Spec, day: &Day, story: scenario::Story) -> Truth {
    let pod = &day.cluster.pods[story.symptom.1];
    let workload = day.cluster.states[pod.workload].workload;
    let mut seen: Vec<(&String, &i64)> = day.seen.iter().collect();
    seen.sort_by_key(|(reason, at)| (**at, reason.as_str()));
    Truth {
        scenario: spec.scenario.clone(),
        seed: spec.seed,
        from: rfc3339(day.from),
        to: rfc3339(day.from + 24 * HOUR),
        symptom: Symptom {
            namespace: workload.namespace.to_owned(),
            workload: workload.name.to_owned(),
            pod: pod.name.clone(),
            ts: rfc3339_us(day.clock(pod.node, story.symptom.0)),
        },
        cause: story.cause,
        events: seen
            .into_iter()
            .map(|(reason, at)| Seen { reason: reason.clone(), ts: rfc3339(*at) })
            .collect(),
        verdict: story.verdict.to_owned(),
    }
}

/// A log being written: its planned records, and how many bytes of noise it still owes.
struct Flow<'a> {
    log: Log,
    records: std::iter::Peekable<std::vec::IntoIter<&'a Record>>,
    noise_bytes: f64,
    weights: Vec<f64>,
    owed: f64,
    last: i64,
}

impl<'a> Flow<'a> {
    fn new(day: &'a Day, log: Log, bytes: f64) -> Self {
        let records: Vec<&Record> = day.records.iter().filter(|record| record.log == log).collect();
        let planned = records.iter().map(|record| record.line.len() as f64).sum::<f64>();
        // Machines talk to the API server all night; customers sleep.
        let floor = if matches!(log, Log::Audit | Log::Event) { 1.0 } else { 0.0 };
        let weight = |minute: i64| {
            let at = day.from + minute * MINUTE;
            if day.is_missing(log, at) { 0.0 } else { floor + day.traffic(at) }
        };
        let mut weights: Vec<f64> = (-day.lead / MINUTE..24 * 60).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
        let noise_bytes = (bytes - planned).max(bytes / 3.0);
        Self {
            log,
            records: records.into_iter().peekable(),
            noise_bytes,
            weights,
            owed: 0.0,
            last: day.from - day.lead,
        }
    }
}

fn write_day(
    day: &Day,
    mut noise: Noise,
    size_bytes: u64,
    out: &Path,
    progress: &mut dyn FnMut(u64),
) -> io::Result<()> {
    let mut sink = Sink::new(out, size_bytes);
    let mut flows: Vec<Flow<'_>> =
        LOGS.iter().map(|(log, _, share)| Flow::new(day, *log, size_bytes as f64 * share)).collect();
    for (slot, minute) in (-day.lead / MINUTE..24 * 60).enumerate() {
        let from = day.from + minute * MINUTE;
        noise.turn_to(day, from, from + MINUTE);
        for flow in &mut flows {
            write_minute(day, &mut noise, flow, (slot, from), &mut sink)?;
        }
        sink.close_dead(day, from)?;
        progress(sink.written);
    }
    sink.close()
}

fn write_minute(
    day: &Day,
    noise: &mut Noise,
    flow: &mut Flow<'_>,
    (slot, from): (usize, i64),
    sink: &mut Sink,
) -> io::Result<()> {
    let mut line = Vec::with_capacity(8192);
    let budget = flow.noise_bytes * flow.weights[slot];
    flow.owed += budget;
    let (start, mut size) = (flow.owed, 500.0_f64);
    while flow.owed > 0.0 {
        // A line stands where its bytes stand in the minute, moved by up to its own length.
        let part = (start - flow.owed + noise.chance() * size.min(flow.owed)) / start;
        let at = flow.last.max(from + (part * MINUTE as f64) as i64).min(from + MINUTE - 1);
        flow.last = at;
        while let Some(record) = flow.records.next_if(|record| record.at <= at) {
            sink.put(day, flow.log, record.at, record.pod, record.line.as_bytes())?;
        }
        match noise.line(day, flow.log, at, &mut line) {
            Some(pod) => {
                sink.put(day, flow.log, at, pod, &line)?;
                size = line.len() as f64 + 1.0;
                flow.owed -= size;
            }
            None => flow.owed -= 200.0,
        }
    }
    while let Some(record) = flow.records.next_if(|record| record.at < from + MINUTE) {
        flow.last = flow.last.max(record.at);
        sink.put(day, flow.log, record.at, record.pod, record.line.as_bytes())?;
    }
    Ok(())
}

/// Where lines go: one stream a topic, one a container for stdout.
struct Sink {
    topics: BTreeMap<Log, Stream>,
    containers: BTreeMap<usize, Stream>,
    standard: std::path::PathBuf,
    hours: i64,
    written: u64,
}

impl Sink {
    fn new(out: &Path, size_bytes: u64) -> Self {
        let topics = LOGS.iter().filter(|(log, ..)| *log != Log::Standard);
        Self {
            topics: topics
                .map(|(log, folder, _)| (*log, Stream::new(&out.join(folder), Naming::Topic, 1, 0)))
                .collect(),
            containers: BTreeMap::new(),
            standard: out.join("standard"),
            // A pod's stdout is little: small days would be all tiny objects if cut by the hour.
            hours: if size_bytes < 64 << 20 {
                6
            } else if size_bytes < 512 << 20 {
                3
            } else {
                1
            },
            written: 0,
        }
    }

    fn put(&mut self, day: &Day, log: Log, at: i64, pod: usize, line: &[u8]) -> io::Result<()> {
        self.written += line.len() as u64 + 1;
        if let Some(stream) = self.topics.get_mut(&log) {
            return stream.put(at, 0, line);
        }
        let of = &day.cluster.pods[pod];
        let stream = self.containers.entry(pod).or_insert_with(|| {
            let workload = day.cluster.states[of.workload].workload;
            let path = format!("{}_{}_{}/{}", workload.namespace, of.name, of.uid, workload.name);
            // Containers are cut at different hours, so that every hour has some objects.
            Stream::new(&self.standard, Naming::Container(path), self.hours, pod as i64 % self.hours)
        });
        stream.put(at, of.restarts(at), line)
    }

    /// Finishes the objects of pods that are gone, to keep few files open.
    fn close_dead(&mut self, day: &Day, at: i64) -> io::Result<()> {
        for (pod, stream) in &mut self.containers {
            if day.cluster.pods[*pod].to < at - 2 * MINUTE {
                stream.close()?;
            }
        }
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        self.topics.values_mut().chain(self.containers.values_mut()).try_for_each(Stream::close)
    }
}
