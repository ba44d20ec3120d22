//! Line templates with named holes such as `<local>` or `<hex32>`, compiled once and filled
//! millions of times without formatting machinery: the speed of the simulator is here.
//! Must not know the subject of the lines.

use crate::rng::Rng;
use chrono::{DateTime, Utc};

/// One second in microseconds.
pub const SECOND: i64 = 1_000_000;
/// One minute in microseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// One hour in microseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// Asia/Shanghai has had no daylight saving since 1991: a fixed offset is exact.
pub const ZONE: i64 = 8 * HOUR;

/// Returns the UTC `chrono` time of a point in microseconds.
pub fn utc(at: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at).unwrap_or(DateTime::UNIX_EPOCH)
}

/// Formats the local (+08:00) time.
pub fn local(at: i64, layout: &str) -> String {
    utc(at + ZONE).format(layout).to_string()
}

/// Formats RFC 3339 with seconds, UTC.
pub fn rfc3339(at: i64) -> String {
    utc(at).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Formats RFC 3339 with microseconds, UTC.
pub fn rfc3339_us(at: i64) -> String {
    utc(at).format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// Returns a number of MiB as people write it.
pub fn mib_text(mib: u32) -> String {
    if mib.is_multiple_of(1024) { format!("{}Gi", mib / 1024) } else { format!("{mib}Mi") }
}

/// Returns `text` as the inside of a JSON string.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c => out.push(if (c as u32) < 32 { ' ' } else { c }),
        }
    }
    out
}

/// Appends the content of a hole for a point.
type Hole = fn(&mut Pen, i64, &mut Vec<u8>);

/// Every hole by the name templates use.
const HOLES: &[(&str, Hole)] = &[
    ("uuid", Pen::uuid),
    ("same", |pen, _, out| out.extend_from_slice(&pen.last_uuid)), // the last <uuid>
    // 2026-11-22T02:11:12.345678Z, and the same a few milliseconds later.
    ("start", |pen, at, out| pen.utc_us(at, out)),
    ("end", |pen, at, out| {
        let latency = 800 + pen.rng.below(12_000) as i64;
        pen.utc_us(at + latency, out);
    }),
    ("utc", |pen, _, out| write(out, &[&pen.utc, "Z"])), // 2026-11-22T02:11:12Z
    // 2026-11-22T10:11:12.345678901+08:00
    ("cri", |pen, at, out| {
        let nanos = micros(at) * 1000 + pen.rng.below(1000);
        pen.local_iso(nanos, 9, out);
    }),
    // 2026-11-22T10:11:12.345+08:00
    ("iso", |pen, at, out| pen.local_iso(micros(at) / 1000, 3, out)),
    // 2026-11-22 10:11:12,345 and 2026-11-22 10:11:12.345
    ("local", |pen, at, out| pen.local_ms(at, ",", out)),
    ("dash", |pen, at, out| pen.local_ms(at, ".", out)),
    ("slash", |pen, _, out| write(out, &[&pen.slash])), // 2026/11/22 10:11:12
    ("nginx", |pen, _, out| write(out, &[&pen.nginx])), // 22/Nov/2026:10:11:12 +0800
    // 1122 10:11:12.345678
    ("klog", |pen, at, out| {
        write(out, &[&pen.klog, "."]);
        digits(micros(at), 6, out);
    }),
    ("epoch_ms", |_, at, out| digits((at / 1000).max(0) as u64, 13, out)),
    ("rv", |pen, at, out| digits(version(pen.origin, at) + pen.rng.below(3), 9, out)),
    ("n2", |pen, _, out| pen.number(2, out)),
    ("n4", |pen, _, out| pen.number(4, out)),
    ("n8", |pen, _, out| pen.number(8, out)),
    ("ms", |pen, _, out| {
        let (a, b) = (pen.rng.below(30) + 1, pen.rng.below(30) + 1);
        shortest(a * b, out);
    }),
    ("hex8", |pen, _, out| pen.rng.hex(8, out)),
    ("hex16", |pen, _, out| pen.rng.hex(16, out)),
    ("hex32", |pen, _, out| pen.rng.hex(32, out)),
    ("ip", |pen, _, out| {
        let bits = pen.rng.next();
        for shift in [0, 8, 16] {
            shortest(11 + ((bits >> shift) & 0xff) % 200, out);
            out.push(b'.');
        }
        digits(10 + (bits >> 24) % 90, 2, out);
    }),
];

/// A line with holes; text between `<` and `>` that is not a hole's name is kept.
pub struct Template {
    text: String,
    holes: Vec<(usize, Hole)>,
    tail: usize,
}

impl Template {
    /// Compiles a raw line.
    pub fn new(raw: &str) -> Self {
        let mut text = String::with_capacity(raw.len());
        let mut holes = Vec::new();
        let mut rest = raw;
        while let Some(open) = rest.find('<') {
            let (before, after) = rest.split_at(open);
            text.push_str(before);
            let name = after[1..].split('>').next().unwrap_or_default();
            match HOLES.iter().find(|(known, _)| *known == name) {
                Some((_, hole)) => {
                    holes.push((text.len(), *hole));
                    rest = &after[name.len() + 2..];
                }
                None => {
                    text.push('<');
                    rest = &after[1..];
                }
            }
        }
        text.push_str(rest);
        let tail = holes.last().map_or(0, |(at, _)| *at);
        Self { text, holes, tail }
    }

    /// Compiles a text for the inside of a JSON string.
    pub fn escaped(raw: &str) -> Self {
        Self::new(&escape(raw))
    }

    /// Appends the line for the point `at`.
    pub fn fill(&self, at: i64, pen: &mut Pen, out: &mut Vec<u8>) {
        let bytes = self.text.as_bytes();
        let mut from = 0;
        pen.turn_to(at);
        for (to, hole) in &self.holes {
            out.extend_from_slice(&bytes[from..*to]);
            from = *to;
            hole(pen, at, out);
        }
        out.extend_from_slice(&bytes[self.tail..]);
    }

    /// Returns the line for the point `at`.
    pub fn line(&self, at: i64, pen: &mut Pen) -> String {
        let mut out = Vec::with_capacity(self.text.len() + 64);
        self.fill(at, pen, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// Fills holes: the random stream, and the second whose clock texts were last made.
pub struct Pen {
    pub rng: Rng,
    origin: i64,
    second: i64,
    utc: String,
    dash: String,
    slash: String,
    nginx: String,
    klog: String,
    last_uuid: Vec<u8>,
}

impl Pen {
    /// Starts a pen; resource versions count from the day's first point.
    pub fn new(rng: Rng, origin: i64) -> Self {
        let (utc, dash, slash, nginx, klog) = Default::default();
        Self { rng, origin, second: i64::MIN, utc, dash, slash, nginx, klog, last_uuid: Vec::new() }
    }

    fn turn_to(&mut self, at: i64) {
        let second = at.div_euclid(SECOND);
        if second == self.second {
            return;
        }
        self.second = second;
        self.utc = utc(at).format("%Y-%m-%dT%H:%M:%S").to_string();
        self.dash = local(at, "%Y-%m-%d %H:%M:%S");
        self.slash = local(at, "%Y/%m/%d %H:%M:%S");
        self.nginx = local(at, "%d/%b/%Y:%H:%M:%S +0800");
        self.klog = local(at, "%m%d %H:%M:%S");
    }

    fn uuid(&mut self, _: i64, out: &mut Vec<u8>) {
        let start = out.len();
        self.rng.uuid_to(out);
        self.last_uuid.clear();
        self.last_uuid.extend_from_slice(&out[start..]);
    }

    fn local_iso(&self, fraction: u64, width: usize, out: &mut Vec<u8>) {
        write(out, &[&self.dash[..10], "T", &self.dash[11..], "."]);
        digits(fraction, width, out);
        write(out, &["+08:00"]);
    }

    fn local_ms(&self, at: i64, mark: &str, out: &mut Vec<u8>) {
        write(out, &[&self.dash, mark]);
        digits(micros(at) / 1000, 3, out);
    }

    fn number(&mut self, width: u32, out: &mut Vec<u8>) {
        let low = 10u64.pow(width - 1);
        digits(low + self.rng.below(9 * low), width as usize, out);
    }

    fn utc_us(&self, at: i64, out: &mut Vec<u8>) {
        if at.div_euclid(SECOND) == self.second {
            write(out, &[&self.utc, "."]);
            digits(micros(at), 6, out);
            out.push(b'Z');
        } else {
            write(out, &[&rfc3339_us(at)]);
        }
    }
}

fn micros(at: i64) -> u64 {
    at.rem_euclid(SECOND) as u64
}

fn write(out: &mut Vec<u8>, parts: &[&str]) {
    parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
}

/// Appends a number below 1000 without leading zeros.
fn shortest(value: u64, out: &mut Vec<u8>) {
    digits(value, 1 + usize::from(value > 9) + usize::from(value > 99), out);
}

/// Returns the cluster's resource version at a point: about fifty writes a second.
pub fn version(origin: i64, at: i64) -> u64 {
    884_000_000 + ((at - origin).max(0) / 20_000) as u64
}

fn digits(mut value: u64, width: usize, out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + width, b'0');
    for slot in out[start..].iter_mut().rev() {
        *slot = b'0' + (value % 10) as u8;
        value /= 10;
    }
}
