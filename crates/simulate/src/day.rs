//! The plan of a day: a bounded list of records about operations and incidents, made before
//! anything is written, plus the spans in which the everyday noise turns to errors.
//! Its size does not depend on the number of bytes to write.

use crate::app;
use crate::audit::Request;
use crate::cluster::{Cluster, State};
use crate::event::{Note, Object, Stamps};
use crate::fleet::{FLEET, index_of};
use crate::rng::Rng;
use crate::text::{HOUR, MINUTE, Pen, SECOND, Template, ZONE, escape, rfc3339, rfc3339_us, version};
use crate::truth::Cause;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Different messages of one reason on one object within ten minutes from which they are combined.
const SIMILAR: usize = 10;

/// One of the four log types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Log {
    Audit,
    Event,
    Business,
    Standard,
}

/// A line that is written at its time whatever the noise does.
pub struct Record {
    pub at: i64,
    pub log: Log,
    /// Pod of a standard line.
    pub pod: usize,
    /// The line, without its end.
    pub line: String,
}

/// A span in which a workload's lines are partly errors.
pub struct Impact {
    /// The workload that logs them.
    pub workload: usize,
    pub span: (i64, i64),
    /// Part of its lines, 0 to 1.
    pub share: f64,
    pub lines: Vec<Template>,
}

struct Series {
    uid: String,
    suffix: String,
    first: i64,
    last: i64,
    count: u32,
}

/// The plan of one day.
pub struct Day {
    /// The cluster, as far as planned.
    pub cluster: Cluster,
    /// Random values and hole filling of planned records.
    pub pen: Pen,
    /// First point of the local day.
    pub from: i64,
    /// The seed, for scenarios that have variants.
    pub seed: u64,
    pub records: Vec<Record>,
    pub impacts: Vec<Impact>,
    /// Spans of a log that never reached the bucket.
    pub missing: Vec<(Log, (i64, i64))>,
    /// How far a node's clock is ahead of the API server's, in microseconds.
    pub clocks: BTreeMap<&'static str, i64>,
    /// How long before the day's first point the logs begin, in whole minutes.
    pub lead: i64,
    /// A span of heavier traffic and its factor.
    pub surge: Option<((i64, i64), f64)>,
    /// First point of each event reason of the incident.
    pub seen: BTreeMap<String, i64>,
    /// Span whose events belong to the incident; empty before one is planned.
    pub incident: (i64, i64),
    /// Whether decoys are being planned, whose events do not belong to the incident.
    pub is_decoy: bool,
    /// Objects without a verb of their own, by resource and place, and when each was first written.
    pub objects: BTreeMap<(String, String), Value>,
    pub touched: BTreeMap<(String, String), i64>,
    /// How workloads were, from a point on; only of those that change.
    pub history: BTreeMap<usize, Vec<(i64, State)>>,
    /// The ReplicaSets made during the day, by name.
    pub sets: BTreeMap<String, State>,
    /// Where Services send their traffic from a point on: a workload's index and the port, if any.
    pub routes: Vec<(usize, i64, Option<u16>)>,
    /// Spans in which a workload has no Service.
    pub gone: Vec<(usize, (i64, i64))>,
    /// Spans in which no pod of a workload can be made, and the refusal.
    pub refusals: Vec<(usize, (i64, i64), String)>,
    /// The images that nodes have pulled during the day.
    pub pulled: BTreeSet<(&'static str, String)>,
    series: BTreeMap<(String, String, String), Series>,
}

impl Day {
    /// Starts the plan of the local day that begins at `from`.
    pub fn new(from: i64, seed: u64, key: &str) -> Self {
        let mut pen = Pen::new(Rng::new(key), from);
        let cluster = Cluster::new(from, &mut pen.rng);
        Self {
            cluster,
            pen,
            from,
            seed,
            records: Vec::new(),
            impacts: Vec::new(),
            missing: Vec::new(),
            clocks: BTreeMap::new(),
            lead: 0,
            surge: None,
            seen: BTreeMap::new(),
            incident: (0, 0),
            is_decoy: false,
            objects: BTreeMap::new(),
            touched: BTreeMap::new(),
            history: BTreeMap::new(),
            sets: BTreeMap::new(),
            routes: Vec::new(),
            gone: Vec::new(),
            refusals: Vec::new(),
            pulled: BTreeSet::new(),
            series: BTreeMap::new(),
        }
    }

    /// Returns a point in `low..high` (local hours of the day) to the millisecond.
    pub fn time_between(&mut self, low: f64, high: f64) -> i64 {
        let span = (high - low) * HOUR as f64;
        let at = self.from + (low * HOUR as f64) as i64 + (span * self.pen.rng.unit()) as i64;
        at - at.rem_euclid(1000)
    }

    /// Returns a point `low` to `high` seconds after `at`.
    pub fn after(&mut self, at: i64, low: i64, high: i64) -> i64 {
        at + self.pen.rng.between(low * SECOND, high * SECOND)
    }

    /// Returns points from `from` to `to`, each `low` to `high` seconds after the last.
    pub fn every(&mut self, (from, to): (i64, i64), (low, high): (i64, i64)) -> Vec<i64> {
        let (mut at, mut all) = (from, Vec::new());
        while at < to {
            all.push(at);
            at = self.after(at, low, high);
        }
        all
    }

    /// Returns points from `from` to `to` at which something is tried again: first after `wait`
    /// seconds, then ever later, at last about every `limit` seconds.
    pub fn retries(&mut self, (from, to): (i64, i64), (mut wait, limit): (i64, i64)) -> Vec<i64> {
        let (mut at, mut all) = (from, Vec::new());
        while at < to {
            all.push(at);
            at = self.after(at, wait, wait + 1 + wait / 4);
            wait = (wait * 2).min(limit);
        }
        all
    }

    /// Draws one of a list that is not empty.
    pub fn pick<T>(&mut self, mut all: Vec<T>) -> T {
        let index = self.pen.rng.index(all.len());
        all.swap_remove(index)
    }

    /// Returns the entry of a list whose turn it is at this seed.
    pub fn turn<T: Copy>(&self, all: &[T], offset: u64) -> T {
        all[((self.seed + offset) % all.len() as u64) as usize]
    }

    /// Returns the variant out of `variants` whose turn it is once `others` had theirs.
    pub fn variant(&self, others: usize, variants: u64) -> u64 {
        self.seed / others as u64 % variants
    }

    /// Returns true if the lines of a log for that point were lost.
    pub fn is_missing(&self, log: Log, at: i64) -> bool {
        self.missing.iter().any(|(lost, (from, to))| *lost == log && (*from..*to).contains(&at))
    }

    /// Returns the time on the clock of a node at that point; of no node, the API server's.
    pub fn clock(&self, node: &str, at: i64) -> i64 {
        at + self.clocks.get(node).copied().unwrap_or(0)
    }

    /// Records an audited request; returns it as the truth names it.
    pub fn audit(&mut self, at: i64, request: &Request<'_>) -> Cause {
        let id = self.pen.rng.uuid();
        let end = at + self.pen.rng.between(2_000, 18_000);
        let line = request.line(&id, &rfc3339_us(at), &rfc3339_us(end));
        if !self.is_missing(Log::Audit, at) {
            self.records.push(Record { at, log: Log::Audit, pod: 0, line });
        }
        Cause {
            audit_id: id,
            ts: rfc3339_us(at),
            username: request.user.name.clone(),
            verb: request.verb.to_owned(),
            resource: request.target.resource.to_owned(),
            namespace: request.target.namespace.to_owned(),
            name: request.target.name.to_owned(),
        }
    }

    /// Records an event. The same message on the same object counts up, and messages that keep
    /// differing are combined, as client-go's correlator does.
    pub fn event(&mut self, at: i64, object: &Object, source: &str, (reason, message): (&str, &str)) {
        let stamp = self.clock(Note { object, source, reason, message }.host(), at);
        let recent = |key: &(String, String, String), series: &Series| {
            key.0 == object.uid && key.1 == reason && (stamp - 10 * MINUTE..=stamp).contains(&series.last)
        };
        let key = |text: &str| (object.uid.clone(), reason.to_owned(), text.to_owned());
        let is_known = self.series.contains_key(&key(message));
        let is_similar =
            !is_known && self.series.iter().filter(|(key, series)| recent(key, series)).count() >= SIMILAR;
        let combined = format!("(combined from similar events): {message}");
        let (key, message) =
            if is_similar { (key("(combined)"), &*combined) } else { (key(message), message) };
        let note = Note { object, source, reason, message };
        let (uid, suffix) = (self.pen.rng.uuid(), format!("18{:014x}", self.pen.rng.next() >> 8));
        let series =
            self.series.entry(key).or_insert(Series { uid, suffix, first: stamp, last: stamp, count: 0 });
        (series.count, series.last) = (series.count + 1, stamp);
        let exact = [series.first, stamp].map(rfc3339_us);
        let line = note.line(&Stamps {
            ids: [&series.uid, &series.suffix, &version(self.from, at).to_string()],
            times: [&rfc3339(series.first), &rfc3339(stamp), &exact[0], &exact[1]],
            count: &series.count.to_string(),
        });
        if self.is_missing(Log::Event, at) {
            return;
        }
        if !self.is_decoy && (self.incident.0..self.incident.1).contains(&at) {
            let seen = self.seen.entry(reason.to_owned()).or_insert(stamp);
            *seen = stamp.min(*seen);
        }
        self.records.push(Record { at, log: Log::Event, pod: 0, line });
    }

    /// Records an event of a pod by the kubelet of its node.
    pub fn kubelet_says(&mut self, at: i64, pod: usize, reason: &str, message: &str) {
        // What happens before there is a container, or to all of them, is about the pod.
        let is_container = !matches!(reason, "Evicted" | "FailedMount");
        let object = self.pod_object(pod, is_container);
        self.event(at, &object, "kubelet", (reason, message));
    }

    /// Records a business line of a pod.
    pub fn say(&mut self, at: i64, pod: usize, content: &str) {
        let of = &self.cluster.pods[pod];
        let head = app::business_head(&FLEET[of.workload], of);
        let stamp = self.clock(of.node, at);
        let line = Template::new(&format!("{head}{}\"}}", escape(content))).line(stamp, &mut self.pen);
        self.records.push(Record { at, log: Log::Business, pod, line });
    }

    /// Records console lines of a pod, a few milliseconds apart.
    pub fn print(&mut self, at: i64, pod: usize, stream: &str, lines: &[&str]) {
        for (i, text) in lines.iter().enumerate() {
            let at = at + i as i64 * 3_217;
            let stamp = self.clock(self.cluster.pods[pod].node, at);
            let line = Template::new(&format!("<cri> {stream} F {text}")).line(stamp, &mut self.pen);
            self.records.push(Record { at, log: Log::Standard, pod, line });
        }
    }

    /// Makes `share` of a workload's lines errors over a span, and records some of them at fixed
    /// points so that the smallest day has them too. Returns the first one's point and pod.
    pub fn impact(&mut self, name: &str, span: (i64, i64), share: f64, lines: &[String]) -> (i64, usize) {
        let workload = index_of(name);
        let is_business = FLEET[workload].is_business();
        let mut first = None;
        let (mut at, mut step) = (span.0, SECOND / 2);
        for i in 0..40 {
            let up = self.cluster.up(workload, at);
            if at >= span.1 || lines.is_empty() {
                break;
            }
            if let Some(pod) = up.get(self.pen.rng.index(up.len())).copied() {
                let line = &lines[if i == 0 { 0 } else { self.pen.rng.index(lines.len()) }];
                if is_business {
                    self.say(at, pod, line);
                } else {
                    self.print(at, pod, "stdout", &[line]);
                }
                first.get_or_insert((at, pod));
            }
            at += self.pen.rng.between(step / 2, step) / 1000 * 1000;
            step = (step * 5 / 4).min(2 * MINUTE);
        }
        let lines = lines
            .iter()
            .map(|line| if is_business { Template::escaped(line) } else { Template::new(line) })
            .collect();
        self.impacts.push(Impact { workload, span: (span.0 + SECOND / 10, span.1), share, lines });
        first.unwrap_or((span.0, 0))
    }

    /// Returns the event object of a workload.
    pub fn workload_object(&self, workload: usize) -> Object {
        let of = &FLEET[workload];
        let uid = self.cluster.states[workload].uid.clone();
        Object { uid, ..Object::named(of.kind_name(), of.namespace, of.name) }
    }

    /// Returns the event object of a pod, or of its container.
    pub fn pod_object(&self, pod: usize, is_container: bool) -> Object {
        let pod = &self.cluster.pods[pod];
        let of = &FLEET[pod.workload];
        let field = if is_container { format!("spec.containers{{{}}}", of.name) } else { String::new() };
        let (uid, node) = (pod.uid.clone(), pod.node);
        Object { uid, field, node, ..Object::named("Pod", of.namespace, &pod.name) }
    }

    /// Returns the event object of the owner of a pod.
    pub fn owner_object(&self, pod: usize) -> Object {
        let pod = &self.cluster.pods[pod];
        let (kind, name, uid) = &pod.owner;
        Object { uid: uid.clone(), ..Object::named(kind, FLEET[pod.workload].namespace, name) }
    }

    /// Returns the weight of traffic at a point: low at night, two daily peaks.
    pub fn traffic(&self, at: i64) -> f64 {
        let hour = (at + ZONE).rem_euclid(24 * HOUR) as f64 / HOUR as f64;
        let bump = |centre: f64, width: f64| (-((hour - centre) / width).powi(2)).exp();
        let base = 0.25 + 0.9 * bump(11.0, 3.0) + 0.55 * bump(15.5, 2.5) + bump(20.5, 2.5);
        match self.surge {
            Some(((from, to), factor)) if (from..to).contains(&at) => {
                base * (1.0 + (factor - 1.0) * ((at - from) as f64 / (10 * MINUTE) as f64).min(1.0))
            }
            _ => base,
        }
    }
}
