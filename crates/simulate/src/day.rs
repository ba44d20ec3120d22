//! The plan of a day: a bounded list of records about operations and incidents, made before
//! anything is written, plus the spans in which the everyday noise turns to errors.
//! Its size does not depend on the bytes asked for.

use crate::app;
use crate::audit::{Request, User};
use crate::cluster::Cluster;
use crate::event;
use crate::event::{Note, Object, Stamps};
use crate::rng::Rng;
use crate::text::{HOUR, MINUTE, Pen, SECOND, Template, ZONE, escape, rfc3339, rfc3339_us, version};
use std::collections::BTreeMap;

/// One of the four log types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Log {
    /// API server audit.
    Audit,
    /// Kubernetes events.
    Event,
    /// Application logs.
    Business,
    /// Container stdout.
    Standard,
}

/// A line that is written at its time whatever the noise does.
pub struct Record {
    /// Event time.
    pub at: i64,
    /// Where it goes.
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
    /// Span.
    pub span: (i64, i64),
    /// Part of its lines, 0 to 1.
    pub share: f64,
    /// The lines.
    pub lines: Vec<Template>,
}

struct Series {
    uid: String,
    suffix: String,
    first: i64,
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
    /// Planned records, unsorted.
    pub records: Vec<Record>,
    /// Spans of errors.
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
    /// Whether events now belong to the incident.
    pub is_incident: bool,
    series: BTreeMap<(String, String, String), Series>,
}

impl Day {
    /// Starts the plan of the local day that begins at `from`.
    pub fn new(from: i64, seed: u64, key: &str) -> Self {
        let mut pen = Pen::new(Rng::new(key), from);
        let cluster = Cluster::new((from, from + 24 * HOUR), &mut pen.rng);
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
            is_incident: false,
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

    /// Tells whether the lines of a log for that point were lost.
    pub fn is_missing(&self, log: Log, at: i64) -> bool {
        self.missing.iter().any(|(lost, (from, to))| *lost == log && (*from..*to).contains(&at))
    }

    /// Returns what the clock of a node shows at that point; of no node, the API server's.
    pub fn clock(&self, node: &str, at: i64) -> i64 {
        at + self.clocks.get(node).copied().unwrap_or(0)
    }

    /// Records an audited request and returns its audit id.
    pub fn audit(&mut self, at: i64, request: &Request<'_>) -> String {
        let id = self.pen.rng.uuid();
        let end = at + self.pen.rng.between(2_000, 18_000);
        let line = request.line(&id, &rfc3339_us(at), &rfc3339_us(end));
        if !self.is_missing(Log::Audit, at) {
            self.records.push(Record { at, log: Log::Audit, pod: 0, line });
        }
        id
    }

    /// Records an event; the same note on the same object counts up as the API server does.
    pub fn event(&mut self, at: i64, object: &Object, note: &Note<'_>) {
        let stamp = self.clock(note.source.1, at);
        let key = (object.uid.clone(), note.reason.to_owned(), note.message.to_owned());
        let (uid, suffix) = (self.pen.rng.uuid(), format!("18{:014x}", self.pen.rng.next() >> 8));
        let series = self.series.entry(key).or_insert(Series { uid, suffix, first: stamp, count: 0 });
        series.count += 1;
        let stamps = Stamps {
            uid: &series.uid,
            suffix: &series.suffix,
            version: &version(self.from, at).to_string(),
            first: &rfc3339(series.first),
            last: &rfc3339(stamp),
            exact: &rfc3339_us(stamp),
            count: &series.count.to_string(),
        };
        let line = event::line(object, note, &stamps);
        if self.is_missing(Log::Event, at) {
            return;
        }
        if self.is_incident {
            let seen = self.seen.entry(note.reason.to_owned()).or_insert(stamp);
            *seen = stamp.min(*seen);
        }
        self.records.push(Record { at, log: Log::Event, pod: 0, line });
    }

    /// Records a business line of a pod.
    pub fn say(&mut self, at: i64, pod: usize, content: &str) {
        let of = &self.cluster.pods[pod];
        let head = app::business_head(self.cluster.states[of.workload].workload, of);
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
        let workload = self.cluster.find(name);
        let is_business = self.cluster.states[workload].workload.is_business();
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
        let state = &self.cluster.states[workload];
        Object {
            kind: state.workload.kind_name(),
            api: if state.workload.kind_name() == "CronJob" { "batch/v1" } else { "apps/v1" },
            namespace: state.workload.namespace.to_owned(),
            name: state.workload.name.to_owned(),
            uid: state.uid.clone(),
            field: String::new(),
        }
    }

    /// Returns the event object of a pod, or of its container.
    pub fn pod_object(&self, pod: usize, is_container: bool) -> Object {
        let pod = &self.cluster.pods[pod];
        let workload = self.cluster.states[pod.workload].workload;
        Object {
            kind: "Pod",
            api: "v1",
            namespace: workload.namespace.to_owned(),
            name: pod.name.clone(),
            uid: pod.uid.clone(),
            field: if is_container { format!("spec.containers{{{}}}", workload.name) } else { String::new() },
        }
    }

    /// Returns the event object of what owns a pod.
    pub fn owner_object(&self, pod: usize) -> Object {
        let (kind, name, uid) = self.cluster.pods[pod].owner.clone();
        let api = if kind == "Job" { "batch/v1" } else { "apps/v1" };
        Object { kind, api, name, uid, field: String::new(), ..self.pod_object(pod, false) }
    }

    /// Records what the kubelet says about a pod's container.
    pub fn kubelet_says(&mut self, at: i64, pod: usize, reason: &str, message: &str, is_warning: bool) {
        let object = self.pod_object(pod, true);
        let node = self.cluster.pods[pod].node;
        self.event(at, &object, &Note { reason, message, is_warning, source: ("kubelet", node) });
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

    /// Returns people: the same ones all day, told apart by desk.
    pub fn person(index: usize) -> User {
        const PEOPLE: &[(&str, &str)] = &[
            ("zhang.wei", "dev-shop"),
            ("li.na", "dev-shop"),
            ("wang.fang", "dev-payments"),
            ("chen.jie", "dev-search"),
            ("liu.yang", "dev-shop"),
            ("huang.lei", "platform"),
        ];
        let slot = index % PEOPLE.len();
        User::person(PEOPLE[slot].0, PEOPLE[slot].1, 21 + slot as u8)
    }

    /// Returns the engineer on call, who mends things after the symptom.
    pub fn on_call() -> User {
        User::person("zhao.min", "sre", 17)
    }
}
