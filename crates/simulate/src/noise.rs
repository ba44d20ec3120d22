//! The everyday traffic that fills the day: millions of lines from a few hundred templates.
//! During an impact a workload's lines turn to errors. Must not know which scenario runs.

use crate::app;
use crate::app::Level;
use crate::day::{Day, Log};
use crate::event;
use crate::event::{Note, Object, Stamps};
use crate::fleet::{FLEET, Workload};
use crate::requests;
use crate::text::{HOUR, Pen, Template, rfc3339};

/// Of 10 000 business lines of an ordinary hour, this many are errors and warnings.
const ERRORS: u64 = 30;
const WARNINGS: u64 = 160;

/// Picks an index with a probability in proportion to its weight.
struct Wheel(Vec<u16>);

impl Wheel {
    fn new(weights: impl Iterator<Item = u32>) -> Self {
        Self(
            weights
                .enumerate()
                .flat_map(|(i, weight)| std::iter::repeat_n(i as u16, weight as usize))
                .collect(),
        )
    }

    fn spin(&self, pen: &mut Pen) -> usize {
        self.0.get(pen.rng.index(self.0.len())).map_or(0, |index| usize::from(*index))
    }
}

/// The lines one workload may write.
struct Voice {
    info: Vec<Template>,
    warn: Vec<Template>,
    error: Vec<Template>,
    console: Vec<Template>,
    seldom: Vec<Template>,
}

impl Voice {
    fn new(workload: &Workload) -> Self {
        let business = |level| match workload.is_business() {
            true => app::business_lines(workload, level).iter().map(|line| Template::escaped(line)).collect(),
            false => Vec::new(),
        };
        let (console, seldom) = app::console_lines(workload);
        let raw = |lines: Vec<String>| lines.iter().map(|line| Template::new(line)).collect();
        Self {
            info: business(Level::Info),
            warn: business(Level::Warn),
            error: business(Level::Error),
            console: raw(console),
            seldom: raw(seldom),
        }
    }
}

/// An event that keeps coming back with a rising count.
struct Series {
    pod: Option<usize>,
    head: Template,
    tail: Template,
    count: u32,
    ends: i64,
}

/// Everything the noise draws from.
pub struct Noise {
    pen: Pen,
    requests: Vec<Template>,
    request_wheel: Wheel,
    voices: Vec<Voice>,
    heads: Vec<Template>,
    prefix: Template,
    wheels: [Wheel; 2],
    /// Pods that may be up this minute, by workload.
    alive: Vec<Vec<usize>>,
    /// Impacts that may hold this minute, by workload.
    impacts: Vec<Vec<usize>>,
    series: Vec<Option<Series>>,
    scratch: Vec<u8>,
}

impl Noise {
    /// Prepares the noise of a planned day.
    pub fn new(day: &Day, pen: Pen) -> Self {
        let requests = requests::everyday(&day.cluster);
        let head = |pod: &crate::cluster::Pod| Template::new(&app::business_head(&FLEET[pod.workload], pod));
        let business = FLEET.iter().map(|workload| if workload.is_business() { workload.weight } else { 0 });
        let console = FLEET.iter().map(|workload| {
            if workload.is_business() { workload.weight.div_ceil(4) } else { workload.weight }
        });
        Self {
            pen,
            request_wheel: Wheel::new(requests.iter().map(|(weight, _)| *weight)),
            requests: requests.iter().map(|(_, line)| Template::new(line)).collect(),
            voices: FLEET.iter().map(Voice::new).collect(),
            heads: day.cluster.pods.iter().map(head).collect(),
            prefix: Template::new("<cri> "),
            wheels: [Wheel::new(business), Wheel::new(console)],
            alive: Vec::new(),
            impacts: Vec::new(),
            series: (0..40).map(|_| None).collect(),
            scratch: Vec::new(),
        }
    }

    /// Moves to the span `from..to`: whose pods may speak, and which impacts may hold.
    pub fn turn_to(&mut self, day: &Day, from: i64, to: i64) {
        self.alive = vec![Vec::new(); FLEET.len()];
        for (index, pod) in day.cluster.pods.iter().enumerate() {
            if pod.from < to && from < pod.to {
                self.alive[pod.workload].push(index);
            }
        }
        self.impacts = vec![Vec::new(); FLEET.len()];
        for (index, impact) in day.impacts.iter().enumerate() {
            if impact.span.0 < to && from < impact.span.1 {
                self.impacts[impact.workload].push(index);
            }
        }
    }

    /// Replaces `out` by a line for the point `at`; returns the pod that wrote it, or nothing
    /// when the workload drawn has no pod up.
    pub fn line(&mut self, day: &Day, log: Log, at: i64, out: &mut Vec<u8>) -> Option<usize> {
        out.clear();
        match log {
            Log::Audit => {
                let index = self.request_wheel.spin(&mut self.pen);
                self.requests.get(index)?.fill(at, &mut self.pen, out);
                Some(0)
            }
            Log::Event => self.event(day, at, out),
            Log::Business => self.business(day, at, out),
            Log::Standard => self.standard(day, at, out),
        }
    }

    /// Returns a value in `[0, 1)`.
    pub fn chance(&mut self) -> f64 {
        self.pen.rng.unit()
    }

    fn speaker(&mut self, day: &Day, wheel: usize, at: i64) -> Option<(usize, usize)> {
        for _ in 0..4 {
            let workload = self.wheels[wheel].spin(&mut self.pen);
            let alive = &self.alive[workload];
            if let Some(pod) = alive.get(self.pen.rng.index(alive.len()))
                && day.cluster.pods[*pod].is_up(at)
            {
                return Some((workload, *pod));
            }
        }
        None
    }

    /// Returns an error template of an impact that holds for the workload at that point.
    fn failing<'a>(&mut self, day: &'a Day, workload: usize, at: i64) -> Option<&'a Template> {
        for index in &self.impacts[workload] {
            let impact = &day.impacts[*index];
            if (impact.span.0..impact.span.1).contains(&at) && self.pen.rng.unit() < impact.share {
                return impact.lines.get(self.pen.rng.index(impact.lines.len()));
            }
        }
        None
    }

    fn business(&mut self, day: &Day, at: i64, out: &mut Vec<u8>) -> Option<usize> {
        let (workload, pod) = self.speaker(day, 0, at)?;
        let failing = self.failing(day, workload, at);
        let voice = &self.voices[workload];
        let choices = match self.pen.rng.below(10_000) {
            0..ERRORS => &voice.error,
            ERRORS..WARNINGS => &voice.warn,
            _ => &voice.info,
        };
        let line = failing.or_else(|| choices.get(self.pen.rng.index(choices.len())))?;
        let stamp = day.clock(day.cluster.pods[pod].node, at);
        self.heads.get(pod)?.fill(stamp, &mut self.pen, out);
        line.fill(stamp, &mut self.pen, out);
        out.extend_from_slice(b"\"}");
        Some(pod)
    }

    fn standard(&mut self, day: &Day, at: i64, out: &mut Vec<u8>) -> Option<usize> {
        let (workload, pod) = self.speaker(day, 1, at)?;
        let is_console = !FLEET[workload].is_business();
        let failing = if is_console { self.failing(day, workload, at) } else { None };
        let voice = &self.voices[workload];
        let choices = if self.pen.rng.below(1000) < 4 { &voice.seldom } else { &voice.console };
        let line = failing.or_else(|| choices.get(self.pen.rng.index(choices.len())))?;
        let stream = app::stream(FLEET[workload].style).as_bytes();
        let stamp = day.clock(day.cluster.pods[pod].node, at);
        self.scratch.clear();
        line.fill(stamp, &mut self.pen, &mut self.scratch);
        self.prefix.fill(stamp, &mut self.pen, out);
        out.extend_from_slice(stream);
        // A runtime cuts a line that does not fit its buffer: P, then F.
        if self.pen.rng.below(2000) == 0 {
            let (first, rest) = self.scratch.split_at(self.scratch.len() / 2);
            out.extend_from_slice(b" P ");
            out.extend_from_slice(first);
            out.push(b'\n');
            self.prefix.fill(stamp, &mut self.pen, out);
            out.extend_from_slice(stream);
            out.extend_from_slice(b" F ");
            out.extend_from_slice(rest);
        } else {
            out.extend_from_slice(b" F ");
            out.extend_from_slice(&self.scratch);
        }
        Some(pod)
    }

    fn event(&mut self, day: &Day, at: i64, out: &mut Vec<u8>) -> Option<usize> {
        let slot = self.pen.rng.index(self.series.len());
        let is_over = match &self.series[slot] {
            Some(series) => {
                at >= series.ends || series.pod.is_some_and(|pod| !day.cluster.pods[pod].is_up(at))
            }
            None => true,
        };
        if is_over {
            self.series[slot] = self.new_series(day, slot, at);
        }
        let series = self.series[slot].as_mut()?;
        series.count += 1;
        let stamp = series.pod.map_or(at, |pod| day.clock(day.cluster.pods[pod].node, at));
        series.head.fill(stamp, &mut self.pen, out);
        out.extend_from_slice(series.count.to_string().as_bytes());
        series.tail.fill(stamp, &mut self.pen, out);
        Some(0)
    }

    fn new_series(&mut self, day: &Day, slot: usize, at: i64) -> Option<Series> {
        let mut pod = None;
        let workload = self.pen.rng.index(FLEET.len());
        let of = &FLEET[workload];
        let (object, reason, message, is_warning, source) = match slot {
            // One slot in forty complains now and then: probes miss a beat on any busy day.
            0 => {
                let (_, index) = self.speaker(day, 0, at)?;
                pod = Some(index);
                let of = &day.cluster.pods[index];
                let message = format!(
                    "Readiness probe failed: Get \"http://{}:8080/healthz\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                    of.ip
                );
                (day.pod_object(index, true), "Unhealthy", message, true, ("kubelet", of.node))
            }
            1..=12 => {
                let object = lease(slot);
                let message = format!("{} became leader", object.name);
                (object, "LeaderElection", message, false, ("leader-elector", ""))
            }
            13..=24 => {
                let object = Object::named("Ingress", "networking.k8s.io/v1", of.namespace, of.name);
                (object, "Sync", "Scheduled for sync".to_owned(), false, ("nginx-ingress-controller", ""))
            }
            _ => {
                let object = Object::named(
                    "ExternalSecret",
                    "external-secrets.io/v1beta1",
                    of.namespace,
                    &of.secret(),
                );
                (object, "Updated", "Updated Secret".to_owned(), false, ("external-secrets", ""))
            }
        };
        let note = Note { reason, message: &message, is_warning, source };
        let stamp = day.clock(source.1, at);
        let (uid, first) = (self.pen.rng.uuid(), rfc3339(stamp));
        let suffix = format!("18{:014x}", self.pen.rng.next() >> 8);
        let stamps = Stamps {
            uid: &uid,
            suffix: &suffix,
            version: "<rv>",
            first: &first,
            last: "<utc>",
            exact: "<start>",
            count: "<count>",
        };
        let line = event::line(&object, &note, &stamps);
        let (head, tail) = line.split_once("<count>")?;
        let ends = at + if is_warning { HOUR / 2 } else { 3 * HOUR };
        Some(Series { pod, head: Template::new(head), tail: Template::new(tail), count: 0, ends })
    }
}

fn lease(slot: usize) -> Object {
    const LEASES: [&str; 4] =
        ["kube-scheduler", "kube-controller-manager", "cloud-controller-manager", "external-secrets-leader"];
    Object::named("Lease", "coordination.k8s.io/v1", "kube-system", LEASES[slot % LEASES.len()])
}
