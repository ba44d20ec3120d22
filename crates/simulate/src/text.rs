//! Line templates with named holes such as `<local>` or `<hex32>`, compiled once and filled
//! millions of times without formatting machinery: the speed of the simulator is here.
//! Must not know what the lines are about.

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

/// Appends `text` as the inside of a JSON string.
pub fn escape_to(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if (c as u32) < 32 => out.push(' '),
            c => out.push(c),
        }
    }
}

/// Returns `text` as the inside of a JSON string.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    escape_to(text, &mut out);
    out
}

/// What a hole is filled with.
#[derive(Clone, Copy)]
enum Hole {
    Uuid,
    SameUuid,
    Start,
    End,
    Utc,
    Cri,
    Local,
    Slash,
    Dash,
    Nginx,
    Klog,
    Iso,
    EpochMs,
    Version,
    Digits(u32),
    Latency,
    Hex(usize),
    Ip,
}

/// Every hole by the name templates use.
const HOLES: &[(&str, Hole)] = &[
    ("uuid", Hole::Uuid),
    ("same", Hole::SameUuid), // the last <uuid> once more
    ("start", Hole::Start),   // 2026-11-22T02:11:12.345678Z
    ("end", Hole::End),       // the same, a few milliseconds later
    ("utc", Hole::Utc),       // 2026-11-22T02:11:12Z
    ("cri", Hole::Cri),       // 2026-11-22T10:11:12.345678901+08:00
    ("local", Hole::Local),   // 2026-11-22 10:11:12,345
    ("dash", Hole::Dash),     // 2026-11-22 10:11:12.345
    ("slash", Hole::Slash),   // 2026/11/22 10:11:12
    ("nginx", Hole::Nginx),   // 22/Nov/2026:10:11:12 +0800
    ("klog", Hole::Klog),     // 1122 10:11:12.345678
    ("iso", Hole::Iso),       // 2026-11-22T10:11:12.345+08:00
    ("epoch_ms", Hole::EpochMs),
    ("rv", Hole::Version),
    ("n2", Hole::Digits(2)),
    ("n4", Hole::Digits(4)),
    ("n8", Hole::Digits(8)),
    ("ms", Hole::Latency),
    ("hex8", Hole::Hex(8)),
    ("hex16", Hole::Hex(16)),
    ("hex32", Hole::Hex(32)),
    ("ip", Hole::Ip),
];

/// A line with holes; what stands between `<` and `>` and is no hole's name stays as it is.
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

    /// Compiles a text that will stand inside a JSON string.
    pub fn escaped(raw: &str) -> Self {
        Self::new(&escape(raw))
    }

    /// Appends the line for the point `at`.
    pub fn fill(&self, at: i64, pen: &mut Pen, out: &mut Vec<u8>) {
        let bytes = self.text.as_bytes();
        let mut from = 0;
        for (to, hole) in &self.holes {
            out.extend_from_slice(&bytes[from..*to]);
            from = *to;
            pen.hole(*hole, at, out);
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
    /// The random stream.
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

    fn hole(&mut self, hole: Hole, at: i64, out: &mut Vec<u8>) {
        self.turn_to(at);
        let micros = at.rem_euclid(SECOND) as u64;
        match hole {
            Hole::Uuid => {
                let start = out.len();
                self.rng.uuid_to(out);
                self.last_uuid.clear();
                self.last_uuid.extend_from_slice(&out[start..]);
            }
            Hole::SameUuid => out.extend_from_slice(&self.last_uuid),
            Hole::Start => self.utc_us(at, out),
            Hole::End => {
                let latency = 800 + self.rng.below(12_000) as i64;
                self.utc_us(at + latency, out);
            }
            Hole::Utc => {
                out.extend_from_slice(self.utc.as_bytes());
                out.push(b'Z');
            }
            Hole::Cri => {
                self.local_iso(out);
                digits(micros * 1000 + self.rng.below(1000), 9, out);
                out.extend_from_slice(b"+08:00");
            }
            Hole::Iso => {
                self.local_iso(out);
                digits(micros / 1000, 3, out);
                out.extend_from_slice(b"+08:00");
            }
            Hole::Local | Hole::Dash => {
                out.extend_from_slice(self.dash.as_bytes());
                out.push(if matches!(hole, Hole::Local) { b',' } else { b'.' });
                digits(micros / 1000, 3, out);
            }
            Hole::Slash => out.extend_from_slice(self.slash.as_bytes()),
            Hole::Nginx => out.extend_from_slice(self.nginx.as_bytes()),
            Hole::Klog => {
                out.extend_from_slice(self.klog.as_bytes());
                out.push(b'.');
                digits(micros, 6, out);
            }
            Hole::EpochMs => digits((at / 1000).max(0) as u64, 13, out),
            Hole::Version => digits(version(self.origin, at) + self.rng.below(3), 9, out),
            Hole::Digits(n) => {
                let low = 10u64.pow(n - 1);
                let value = low + self.rng.below(9 * low);
                digits(value, n as usize, out);
            }
            Hole::Latency => {
                let (a, b) = (self.rng.below(30) + 1, self.rng.below(30) + 1);
                let value = a * b;
                digits(value, 1 + usize::from(value > 9) + usize::from(value > 99), out);
            }
            Hole::Hex(n) => self.rng.hex(n, out),
            Hole::Ip => {
                let bits = self.rng.next();
                for shift in [0, 8, 16] {
                    let part = 11 + ((bits >> shift) & 0xff) % 200;
                    digits(part, if part > 99 { 3 } else { 2 }, out);
                    out.push(b'.');
                }
                let part = 10 + (bits >> 24) % 90;
                digits(part, 2, out);
            }
        }
    }

    fn local_iso(&self, out: &mut Vec<u8>) {
        let dash = self.dash.as_bytes();
        out.extend_from_slice(&dash[..10]);
        out.push(b'T');
        out.extend_from_slice(&dash[11..]);
        out.push(b'.');
    }

    fn utc_us(&mut self, at: i64, out: &mut Vec<u8>) {
        if at.div_euclid(SECOND) == self.second {
            out.extend_from_slice(self.utc.as_bytes());
            out.push(b'.');
            digits(at.rem_euclid(SECOND) as u64, 6, out);
            out.push(b'Z');
        } else {
            out.extend_from_slice(rfc3339_us(at).as_bytes());
        }
    }
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
