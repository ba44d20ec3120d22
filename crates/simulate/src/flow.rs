//! Streams a planned day to its folders: minute by minute, each log's planned records at their
//! points and noise between them, so that memory stays flat at any size.

use crate::day::{Day, Log, Record};
use crate::fleet::FLEET;
use crate::noise::Noise;
use crate::text::MINUTE;
use crate::write::{Naming, Stream};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// The logs, in the order in which a minute is written, with their folder and share of the bytes.
const LOGS: [(Log, &str, f64); 4] = [
    (Log::Audit, "audit", 0.50),
    (Log::Event, "event", 0.05),
    (Log::Business, "business", 0.25),
    (Log::Standard, "standard", 0.20),
];

/// A log being written: its planned records, and how many bytes of noise it still owes.
struct Flow<'a> {
    log: Log,
    records: std::iter::Peekable<std::vec::IntoIter<&'a Record>>,
    /// Bytes of noise by minute.
    noise: Vec<f64>,
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
        let mut noise: Vec<f64> = (-day.lead / MINUTE..24 * 60).map(weight).collect();
        let factor = (bytes - planned).max(bytes / 3.0) / noise.iter().sum::<f64>();
        noise.iter_mut().for_each(|bytes| *bytes *= factor);
        Self { log, records: records.into_iter().peekable(), noise, owed: 0.0, last: day.from - day.lead }
    }

    /// Writes the planned records up to a point.
    fn put_planned(&mut self, day: &Day, to: i64, sink: &mut Sink) -> io::Result<()> {
        while let Some(record) = self.records.next_if(|record| record.at <= to) {
            self.last = self.last.max(record.at);
            sink.put(day, (self.log, record.at), record.pod, record.line.as_bytes())?;
        }
        Ok(())
    }
}

/// Writes the planned records of a day and noise around them under `out`, minute by minute.
pub fn write_day(
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
    flow.owed += flow.noise[slot];
    let (start, mut size) = (flow.owed, 500.0_f64);
    while flow.owed > 0.0 {
        // The place of a line in the minute is that of its bytes, moved by up to its own length.
        let part = (start - flow.owed + noise.chance() * size.min(flow.owed)) / start;
        let at = flow.last.max(from + (part * MINUTE as f64) as i64).min(from + MINUTE - 1);
        flow.last = at;
        flow.put_planned(day, at, sink)?;
        match noise.line(day, flow.log, at, &mut line) {
            Some(pod) => {
                sink.put(day, (flow.log, at), pod, &line)?;
                size = line.len() as f64 + 1.0;
                flow.owed -= size;
            }
            None => flow.owed -= 200.0,
        }
    }
    flow.put_planned(day, from + MINUTE - 1, sink)
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
        let stream = |folder| Stream::new(&out.join(folder), Naming::Topic, (1, 0));
        Self {
            topics: topics.map(|(log, folder, _)| (*log, stream(folder))).collect(),
            containers: BTreeMap::new(),
            standard: out.join("standard"),
            // A pod's stdout is little: small days would be all tiny objects if cut by the hour.
            hours: [6, 3, 1][usize::from(size_bytes >= 64 << 20) + usize::from(size_bytes >= 512 << 20)],
            written: 0,
        }
    }

    fn put(&mut self, day: &Day, (log, at): (Log, i64), pod: usize, line: &[u8]) -> io::Result<()> {
        self.written += line.len() as u64 + 1;
        if let Some(stream) = self.topics.get_mut(&log) {
            return stream.put(at, 0, line);
        }
        let of = &day.cluster.pods[pod];
        let stream = self.containers.entry(pod).or_insert_with(|| {
            let workload = &FLEET[of.workload];
            let path = format!("{}_{}_{}/{}", workload.namespace, of.name, of.uid, workload.name);
            // Containers are cut at different hours, so that every hour has some objects.
            Stream::new(&self.standard, Naming::Container(path), (self.hours, pod as i64 % self.hours))
        });
        stream.put(at, of.restarts(at), line)
    }

    /// Finishes the objects of pods that are gone, to keep few files open.
    fn close_dead(&mut self, day: &Day, at: i64) -> io::Result<()> {
        let dead = self.containers.iter_mut().filter(|(pod, _)| day.cluster.pods[**pod].to < at - 2 * MINUTE);
        dead.map(|(_, stream)| stream).try_for_each(Stream::close)
    }

    fn close(&mut self) -> io::Result<()> {
        self.topics.values_mut().chain(self.containers.values_mut()).try_for_each(Stream::close)
    }
}
