//! The everyday traffic that fills the day: millions of lines from a few hundred templates.
//! During an impact a workload's lines turn to errors. Must not know which scenario runs.

use crate::app::{Level, business_head, stream, worded};
use crate::cluster::Pod;
use crate::day::{Day, Log};
use crate::event::{Note, Object, Stamps};
use crate::fleet::{FLEET, Workload};
use crate::requests;
use crate::text::{HOUR, Pen, Template, rfc3339};
use crate::wording::wordings;

/// Of 10 000 business lines of an ordinary hour, this many are errors and warnings.
const ERRORS: u64 = 30;
const WARNINGS: u64 = 160;

/// Picks an index with a probability in proportion to its weight.
struct Wheel(Vec<u16>);

impl Wheel {
    fn new(weights: impl Iterator<Item = u32>) -> Self {
        let repeated = |(i, weight)| std::iter::repeat_n(i as u16, weight as usize);
        Self(weights.enumerate().flat_map(repeated).collect())
    }

    fn spin(&self, pen: &mut Pen) -> usize {
        self.0.get(pen.rng.index(self.0.len())).map_or(0, |index| usize::from(*index))
    }
}

/// The lines one workload may write: business lines by level, console lines by how often.
struct Voice {
    business: [Vec<Template>; 3],
    console: [Vec<Template>; 2],
}

impl Voice {
    fn new(of: &Workload) -> Self {
        let business = |(level, key)| -> Vec<Template> {
            let lines = if of.is_business() { worded(of, level, key, &[]) } else { Vec::new() };
            lines.iter().map(|line| Template::escaped(line)).collect()
        };
        let console = |key| -> Vec<Template> {
            let lines = wordings(key, of.style, &[("name", of.name)]);
            lines.iter().map(|[_, line, _]| Template::new(line)).collect()
        };
        let levels = [(Level::Error, "error"), (Level::Warn, "warn"), (Level::Info, "info")];
        Self { business: levels.map(business), console: ["console.seldom", "console"].map(console) }
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
        let head = |pod: &Pod| Template::new(&business_head(&FLEET[pod.workload], pod));
        let weights = |business: fn(u32) -> u32, other: fn(u32) -> u32| {
            Wheel::new(
                FLEET.iter().map(|of| if of.is_business() { business(of.weight) } else { other(of.weight) }),
            )
        };
        Self {
            pen,
            request_wheel: Wheel::new(requests.iter().map(|(weight, _)| *weight)),
            requests: requests.iter().map(|(_, line)| Template::new(line)).collect(),
            voices: FLEET.iter().map(Voice::new).collect(),
            heads: day.cluster.pods.iter().map(head).collect(),
            prefix: Template::new("<cri> "),
            wheels: [weights(|weight| weight, |_| 0), weights(|weight| weight.div_ceil(4), |weight| weight)],
            alive: Vec::new(),
            impacts: Vec::new(),
            series: (0..40).map(|_| None).collect(),
            scratch: Vec::new(),
        }
    }

    /// Moves to the span `from..to`: whose pods may speak, and which impacts may hold.
    pub fn turn_to(&mut self, day: &Day, from: i64, to: i64) {
        self.alive = vec![Vec::new(); FLEET.len()];
        let pods = day.cluster.pods.iter().enumerate();
        for (index, pod) in pods.filter(|(_, pod)| pod.from < to && from < pod.to) {
            self.alive[pod.workload].push(index);
        }
        self.impacts = vec![Vec::new(); FLEET.len()];
        let impacts = day.impacts.iter().enumerate();
        for (index, impact) in impacts.filter(|(_, impact)| impact.span.0 < to && from < impact.span.1) {
            self.impacts[impact.workload].push(index);
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
        let dice = self.pen.rng.below(10_000);
        let choices = &voice.business[usize::from(dice >= ERRORS) + usize::from(dice >= WARNINGS)];
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
        let choices = &voice.console[usize::from(self.pen.rng.below(1000) >= 4)];
        let line = failing.or_else(|| choices.get(self.pen.rng.index(choices.len())))?;
        let stream = stream(FLEET[workload].style).as_bytes();
        let stamp = day.clock(day.cluster.pods[pod].node, at);
        self.scratch.clear();
        line.fill(stamp, &mut self.pen, &mut self.scratch);
        // A runtime cuts a line that does not fit its buffer: P, then F.
        let is_cut = self.pen.rng.below(2000) == 0;
        let (first, rest) = self.scratch.split_at(if is_cut { self.scratch.len() / 2 } else { 0 });
        if is_cut {
            self.prefix.fill(stamp, &mut self.pen, out);
            out.extend_from_slice(&[stream, b" P ", first, b"\n"].concat());
        }
        self.prefix.fill(stamp, &mut self.pen, out);
        out.extend_from_slice(&[stream, b" F ", rest].concat());
        Some(pod)
    }

    fn event(&mut self, day: &Day, at: i64, out: &mut Vec<u8>) -> Option<usize> {
        let slot = self.pen.rng.index(self.series.len());
        let is_over = |series: &Series| {
            at >= series.ends || series.pod.is_some_and(|pod| !day.cluster.pods[pod].is_up(at))
        };
        if self.series[slot].as_ref().is_none_or(is_over) {
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
        let of = &FLEET[self.pen.rng.index(FLEET.len())];
        let (object, source, reason, message) = match slot {
            // One slot in forty warns now and then: probes miss a beat on any busy day.
            0 => {
                let (_, index) = self.speaker(day, 0, at)?;
                pod = Some(index);
                let message = format!(
                    "Readiness probe failed: Get \"http://{}:8080/healthz\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                    day.cluster.pods[index].ip
                );
                (day.pod_object(index, true), "kubelet", "Unhealthy", message)
            }
            1..=20 => {
                let object = Object::named("Ingress", of.namespace, of.name);
                (object, "nginx-ingress-controller", "Sync", "Scheduled for sync".to_owned())
            }
            _ => {
                let object = Object::named("ExternalSecret", of.namespace, &of.secret());
                (object, "external-secrets", "Updated", "Updated Secret".to_owned())
            }
        };
        let note = Note { object: &object, source, reason, message: &message };
        let stamp = day.clock(note.host(), at);
        let (uid, first) = (self.pen.rng.uuid(), rfc3339(stamp));
        let line = note.line(&Stamps {
            ids: [&uid, &format!("18{:014x}", self.pen.rng.next() >> 8), "<rv>"],
            times: [&first, "<utc>", "<start>", "<start>"],
            count: "<count>",
        });
        let (head, tail) = line.split_once("<count>")?;
        let ends = at + if note.is_warning() { HOUR / 2 } else { 3 * HOUR };
        Some(Series { pod, head: Template::new(head), tail: Template::new(tail), count: 0, ends })
    }
}
