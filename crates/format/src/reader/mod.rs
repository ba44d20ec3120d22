//! Frames → records: takes envelopes off, joins partial lines by bytes and stack traces by line,
//! finds each record's format, settles its time and place. Counts everything it is given:
//! records in = parsed + unparsed + dropped by a named rule; lines that went on are joined.

use crate::contract::{Clock, Format, Part, Peeled, Role};
use crate::envelope::cls;
use crate::framing::Frame;
use crate::leaf::{audit, bodies};
use crate::origin;
use crate::origin::Origin;
use crate::registry::FORMATS;
use crate::text::stack;
use model::record::{Attrs, Body, Level, Place, Record, Text};
use model::table::Table;
use model::time::{Ts, local_ts};
use redact::Redactor;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// Longest joined record.
const MAX_RECORD_BYTES: usize = 1 << 20;
/// Streams (pod, container, stream) whose last record is held back for a continuation.
const MAX_STREAMS: usize = 4096;

/// One record on its way to a table.
pub struct Row<'a> {
    /// The record, its time settled.
    pub record: Record<'a>,
    /// µs UTC.
    pub ts: i64,
    /// Where it goes.
    pub table: Table,
    /// Line it begins on, from 1.
    pub line: u64,
    /// Its number among the records of that line, from 0.
    pub item: u32,
    /// True when no format understood it.
    pub unparsed: bool,
}

/// What was read, in records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames given: lines, CSV records, JSON values or YAML items.
    pub frames: u64,
    /// Records that a format read.
    pub parsed: u64,
    /// Records that none did; they are rows all the same.
    pub unparsed: u64,
    /// Records dropped, by rule.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Lines that went into the record before them.
    pub joined: u64,
    /// Records that a secret was masked in.
    pub masked: u64,
    /// Records by format chain, for example `cri > klog`.
    pub formats: BTreeMap<String, u64>,
    /// Records by table.
    pub tables: BTreeMap<&'static str, u64>,
    /// The first reasons why a record was not read, with its line.
    pub faults: Vec<(u64, String)>,
}

impl Counts {
    /// Returns the records that came in.
    pub fn records(&self) -> u64 {
        self.parsed + self.unparsed + self.dropped.values().sum::<u64>()
    }
}

/// Takes rows one at a time.
pub type Take<'t> = &'t mut dyn FnMut(Row<'_>);

/// Reads the frames of one object.
pub struct Reader {
    clock: Clock,
    origin: Origin,
    redactor: Redactor,
    streams: HashMap<u64, Box<Stream>>,
    envelope: usize,
    fallback_ts: i64,
    /// The place of the next record that begins.
    next: At,
    /// The last record's chain of formats.
    chain: String,
    /// What was read so far.
    pub counts: Counts,
}

/// Where a record begins: a line, and a number among the records of that line.
#[derive(Clone, Copy, Default)]
struct At {
    line: u64,
    item: u32,
}

/// The state of one stream of lines: a container's stdout, or the whole object.
#[derive(Default)]
struct Stream {
    leaf: Option<usize>,
    partial: Vec<u8>,
    partial_at: At,
    held: Option<Held>,
    last_ts: Option<i64>,
}

/// A text record that may go on.
struct Held {
    text: String,
    last_line_at: usize,
    leaf: Option<usize>,
    at: At,
    outer: Outer<'static>,
}

/// What envelopes told about a line.
#[derive(Clone, Default)]
struct Outer<'a> {
    ts: Option<i64>,
    level: Option<Level>,
    trace_id: Option<Text<'a>>,
    span_id: Option<Text<'a>>,
    stream: Option<Text<'a>>,
    place: Place<'a>,
    log: Option<Text<'a>>,
    attrs: Attrs,
    stdout: bool,
    whole: bool,
    depth: usize,
    chain: [u8; 4],
}

impl<'a> Outer<'a> {
    /// Returns what is told once the envelope at `index` is off as well.
    fn within(self, index: usize, peeled: Peeled<'a>) -> Self {
        let Peeled { ts, level, trace_id, span_id, stream, mut place, log, attrs, stdout, whole, .. } =
            peeled;
        place.fill_from(&self.place);
        let mut inner = Self {
            ts: ts.or(self.ts),
            level: level.or(self.level),
            trace_id: trace_id.or(self.trace_id),
            span_id: span_id.or(self.span_id),
            stream: stream.or(self.stream),
            place,
            log: log.or(self.log),
            attrs: self.attrs,
            stdout: stdout || self.stdout,
            whole: whole || self.whole,
            depth: self.depth + 1,
            chain: self.chain,
        };
        inner.attrs.extend(&attrs);
        if let Some(slot) = inner.chain.get_mut(self.depth) {
            *slot = u8::try_from(index).unwrap_or(0);
        }
        inner
    }

    fn into_owned(self) -> Outer<'static> {
        Outer {
            ts: self.ts,
            level: self.level,
            trace_id: owned(self.trace_id),
            span_id: owned(self.span_id),
            stream: owned(self.stream),
            place: self.place.into_owned(),
            log: owned(self.log),
            attrs: self.attrs,
            stdout: self.stdout,
            whole: self.whole,
            depth: self.depth,
            chain: self.chain,
        }
    }
}

impl Reader {
    /// Returns a reader of an object. `fallback_ts` (µs) stands for records before any time is known.
    pub fn new(clock: Clock, origin: Origin, fallback_ts: i64, redactor: Redactor) -> Self {
        Self {
            clock,
            origin,
            redactor,
            streams: HashMap::new(),
            envelope: 0,
            fallback_ts,
            next: At::default(),
            chain: String::new(),
            counts: Counts::default(),
        }
    }

    /// Reads one frame.
    pub fn frame(&mut self, frame: &Frame<'_>, take: Take<'_>) {
        self.counts.frames += 1;
        // several values may stand on one line
        if frame.line != self.next.line {
            self.next = At { line: frame.line, item: 0 };
        }
        if let Some(fault) = frame.fault {
            let text = String::from_utf8_lossy(frame.bytes);
            let at = self.begin();
            self.unparsed(&text, at, fault, Outer::default(), take);
            return;
        }
        self.unwrap(frame.bytes, Outer::default(), take);
    }

    /// Returns the place of a record that begins now.
    fn begin(&mut self) -> At {
        let at = self.next;
        self.next.item += 1;
        at
    }

    /// Hands over what was held back.
    pub fn finish(&mut self, take: Take<'_>) {
        let mut streams: Vec<Box<Stream>> = std::mem::take(&mut self.streams).into_values().collect();
        streams.sort_by_key(|stream| {
            let at = stream.held.as_ref().map_or(stream.partial_at, |held| held.at);
            (at.line, at.item)
        });
        for mut stream in streams {
            if !stream.partial.is_empty() {
                let bytes = std::mem::take(&mut stream.partial);
                let at = stream.partial_at;
                self.text(&mut stream, &bytes, Some(at), Outer::default(), take);
            }
            self.release(&mut stream, take);
        }
    }

    /// Takes envelopes off until an application's line is left.
    fn unwrap(&mut self, bytes: &[u8], outer: Outer<'_>, take: Take<'_>) {
        if outer.depth < outer.chain.len() && self.peel(bytes, &outer, take) {
            return;
        }
        let key = stream_key(&outer);
        let mut stream = self.streams.remove(&key).unwrap_or_default();
        if stream.partial.is_empty() {
            self.text(&mut stream, bytes, None, outer, take);
        } else {
            let mut whole = std::mem::take(&mut stream.partial);
            whole.extend_from_slice(bytes);
            let begun = stream.partial_at;
            self.text(&mut stream, &whole, Some(begun), outer, take);
        }
        self.keep(key, stream, take);
    }

    /// Tries the envelopes, the one that last fitted first, and reads what they hold.
    fn peel(&mut self, bytes: &[u8], outer: &Outer<'_>, take: Take<'_>) -> bool {
        let json = match bytes.first() {
            Some(b'{') => match std::str::from_utf8(bytes) {
                Ok(text) => Some(text),
                Err(_) => return false,
            },
            Some(first) if first.is_ascii_digit() => None,
            // the header that stands before each record of a CSV
            Some(b'"' | b'\'') if outer.depth == 0 => None,
            _ => return false,
        };
        if json.is_some_and(|text| audit::is_native(text) && !cls::is_marked(text)) {
            return false;
        }
        let last = self.envelope;
        for index in std::iter::once(last).chain((0..FORMATS.len()).filter(|index| *index != last)) {
            let Some(format) = FORMATS.get(index).filter(|format| format.role() == Role::Envelope) else {
                continue;
            };
            if json.is_some_and(|text| !format.begins(text)) {
                continue;
            }
            if format.peel_all(bytes, &mut |part| self.part(index, part, outer, take)) {
                self.envelope = index;
                return true;
            }
        }
        false
    }

    /// Reads one of the things that the envelope at `index` holds.
    fn part(&mut self, index: usize, part: Part<'_>, outer: &Outer<'_>, take: Take<'_>) {
        let mut peeled = match part {
            Part::Line(peeled) => peeled,
            Part::Dropped(rule) => {
                *self.counts.dropped.entry(rule).or_default() += 1;
                return;
            }
            Part::Broken(bytes, why) => {
                let at = self.begin();
                let inner = outer.clone().within(index, Peeled::default());
                self.unparsed(&String::from_utf8_lossy(&bytes), at, &why, inner, take);
                return;
            }
        };
        if peeled.is_local {
            peeled.ts = peeled.ts.map(|ts| local_ts(Ts(ts).utc().naive_utc(), self.clock.zone).0);
        }
        let partial = peeled.partial && !outer.whole;
        if partial != peeled.partial {
            peeled.attrs.raw("partial", "true");
        }
        let payload = std::mem::take(&mut peeled.payload);
        let inner = outer.clone().within(index, peeled);
        if partial {
            let next = self.next;
            let stream = self.streams.entry(stream_key(&inner)).or_default();
            if stream.partial.is_empty() {
                stream.partial_at = next;
                self.next.item += 1;
            }
            // what is over the limit is cut by `text` with its mark
            if stream.partial.len() <= MAX_RECORD_BYTES {
                stream.partial.extend_from_slice(&payload);
            }
            self.counts.joined += 1;
            return;
        }
        self.unwrap(&payload, inner, take);
    }

    fn keep(&mut self, key: u64, stream: Box<Stream>, take: Take<'_>) {
        if self.streams.len() >= MAX_STREAMS {
            self.finish(take);
        }
        self.streams.insert(key, stream);
    }

    /// Reads one application line of a stream, begun at `begun` where it was joined from parts.
    fn text(
        &mut self,
        stream: &mut Stream,
        bytes: &[u8],
        begun: Option<At>,
        mut outer: Outer<'_>,
        take: Take<'_>,
    ) {
        let decoded = match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(bytes),
        };
        if matches!(decoded, Cow::Owned(_)) {
            outer.attrs.raw("invalid_utf8", "true");
        }
        let plain = without_ansi(&decoded);
        let text = plain.trim_end();
        if text.is_empty() {
            *self.counts.dropped.entry("blank line").or_default() += 1;
            return;
        }
        let leaf = leaf_of(text, stream.leaf);
        // an export may run backwards: what was collected earlier goes on with nothing
        if let Some(held) = &mut stream.held
            && outer.ts >= held.outer.ts
            && goes_on(held, text, leaf)
        {
            held.last_line_at = held.text.len() + 1;
            held.text.push('\n');
            held.text.push_str(text);
            self.counts.joined += 1;
            return;
        }
        self.release(stream, take);
        stream.leaf = leaf.or(stream.leaf);
        let at = begun.unwrap_or_else(|| self.begin());
        if matches!(role_of(leaf), Some(Role::Audit | Role::Event)) {
            self.read(stream, text, leaf, at, outer, take);
            return;
        }
        stream.held =
            Some(Held { text: text.to_owned(), last_line_at: 0, leaf, at, outer: outer.into_owned() });
    }

    /// Reads the record that a stream holds back.
    fn release(&mut self, stream: &mut Stream, take: Take<'_>) {
        if let Some(Held { text, last_line_at, leaf, at, outer }) = stream.held.take() {
            let mut text = Cow::Borrowed(text.as_str());
            // a format may tear a key apart: its first line the message, the others the stack
            if last_line_at > 0
                && memchr::memmem::find(text.as_bytes(), b"PRIVATE KEY").is_some()
                && let Cow::Owned(masked) = self.redactor.secrets(&text)
            {
                self.counts.masked += 1;
                text = Cow::Owned(masked);
            }
            self.read(stream, &text, leaf, at, outer, take);
        }
    }

    fn read(
        &mut self,
        stream: &mut Stream,
        text: &str,
        leaf: Option<usize>,
        at: At,
        outer: Outer<'_>,
        take: Take<'_>,
    ) {
        let (text, cut) = cut_to(
            text,
            if matches!(role_of(leaf), Some(Role::Audit | Role::Event)) {
                usize::MAX
            } else {
                MAX_RECORD_BYTES
            },
        );
        // a time without year or date is near the collector's
        let day = outer.ts.map_or(self.clock.day, |ts| Ts(ts).date(self.clock.zone));
        let clock = Clock { day, ..self.clock };
        let Some(format) = leaf.and_then(|index| FORMATS.get(index)) else {
            let mut record = Record::text(text);
            if let Body::Text(fields) = &mut record.body {
                fields.exception = stack::exception_of(text).map(Cow::Borrowed);
            }
            if outer.depth == 0 {
                self.unparsed(text, at, "no known format", outer, take);
            } else {
                self.settle(stream, record, None, at, cut, &outer, take);
            }
            return;
        };
        let mut read = 0;
        let outcome = format.read(text, &clock, &mut |record| {
            // a list on one line: its first item has the place of the line
            let at = if read == 0 { at } else { self.begin() };
            read += 1;
            self.settle(stream, record, Some(format.name()), at, cut, &outer, take);
        });
        if let Err(why) = outcome {
            let at = if read == 0 { at } else { self.begin() };
            self.unparsed(text, at, &why, outer, take);
        } else if read == 0 {
            *self.counts.dropped.entry("empty list").or_default() += 1;
        }
    }

    /// Gives a record its time, place and table, and hands it over.
    #[expect(clippy::too_many_arguments, reason = "the facts of one record; a struct would be used once")]
    fn settle(
        &mut self,
        stream: &mut Stream,
        mut record: Record<'_>,
        leaf: Option<&str>,
        at: At,
        cut: usize,
        outer: &Outer<'_>,
        take: Take<'_>,
    ) {
        if cut > 0 {
            record.attrs.raw("truncated_bytes", &cut.to_string());
        }
        let own = match (record.ts, outer.ts) {
            // a time of day tells less than the collector's whole time
            (Some(_), Some(_)) if record.time_of_day => None,
            (Some(ts), Some(collected)) if !record.zoned => Some(ts + zone_slip(ts, collected)),
            (ts, _) => ts,
        };
        let ts = own.or(outer.ts).or(stream.last_ts).unwrap_or_else(|| {
            record.attrs.text("ts_source", "object");
            self.fallback_ts
        });
        if own.is_none() && outer.ts.is_none() && stream.last_ts.is_some() {
            record.attrs.text("ts_source", "previous record");
        }
        if let (Some(own), Some(collected)) = (own, outer.ts)
            && (own - collected).abs() > 1_000_000
        {
            record.attrs.text("collected_ts", &Ts(collected).to_string());
        }
        stream.last_ts = Some(ts);
        self.counts.parsed += 1;
        self.count_format(outer, leaf);
        self.hand_over(record, ts, leaf, at, outer, false, take);
    }

    fn unparsed(&mut self, text: &str, at: At, why: &str, outer: Outer<'_>, take: Take<'_>) {
        let (text, cut) = cut_to(text, MAX_RECORD_BYTES);
        let mut record = Record::text(text);
        record.attrs.text("unparsed", why);
        if cut > 0 {
            record.attrs.raw("truncated_bytes", &cut.to_string());
        }
        if self.counts.faults.len() < 5 && why != "no known format" {
            self.counts.faults.push((at.line, self.redactor.secrets(why).into_owned()));
        }
        self.counts.unparsed += 1;
        self.count_format(&outer, Some("unparsed"));
        let last = self.streams.get(&stream_key(&outer)).and_then(|stream| stream.last_ts);
        let ts = outer.ts.or(last).unwrap_or(self.fallback_ts);
        self.hand_over(record, ts, None, at, &outer, true, take);
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of one record; a struct would be used once")]
    fn hand_over(
        &mut self,
        mut record: Record<'_>,
        ts: i64,
        leaf: Option<&str>,
        at: At,
        outer: &Outer<'_>,
        unparsed: bool,
        take: Take<'_>,
    ) {
        let text_table = self.origin.text_table.unwrap_or(match leaf {
            Some(_) if !outer.stdout && outer.stream.is_none() => Table::Business,
            _ => Table::Standard,
        });
        let table = record.body.table(text_table);
        if let Body::Text(fields) = &mut record.body {
            record.level = record.level.or(outer.level);
            for (column, told) in [
                (&mut fields.stream, &outer.stream),
                (&mut fields.trace_id, &outer.trace_id),
                (&mut fields.span_id, &outer.span_id),
            ] {
                if column.is_none() {
                    *column = told.as_deref().map(|text| Cow::Owned(text.to_owned()));
                }
            }
            let mut place = std::mem::take(&mut record.place).into_owned();
            place.fill_from(&outer.place.clone().into_owned());
            place.fill_from(&self.origin.place);
            record.place = place;
            if table == Table::Standard {
                keep_in_standard(&mut record);
            }
        } else if record.place.cluster.is_none() {
            record.place.cluster = outer.place.cluster.as_deref().map(|text| Cow::Owned(text.to_owned()));
        }
        record.attrs.extend(&outer.attrs);
        if self.redactor.record(&mut record) {
            self.counts.masked += 1;
        }
        *self.counts.tables.entry(table.name()).or_default() += 1;
        take(Row { record, ts, table, line: at.line, item: at.item, unparsed });
    }

    fn count_format(&mut self, outer: &Outer<'_>, leaf: Option<&str>) {
        let chain = &mut self.chain;
        chain.clear();
        for index in outer.chain.iter().take(outer.depth) {
            chain.push_str(FORMATS.get(usize::from(*index)).map_or("", |format| format.name()));
            chain.push_str(" > ");
        }
        chain.push_str(leaf.unwrap_or("text"));
        match self.counts.formats.get_mut(chain) {
            Some(count) => *count += 1,
            None => {
                self.counts.formats.insert(chain.clone(), 1);
            }
        }
    }
}

/// `standard` has no columns for what an application's format tells beside level and message:
/// the stack stays in the message, the rest in the attributes.
fn keep_in_standard(record: &mut Record<'_>) {
    let Body::Text(fields) = &mut record.body else { return };
    if let Some(stack) = fields.stack.take() {
        let message = std::mem::take(&mut record.message);
        record.message =
            Cow::Owned(if message.is_empty() { stack.into_owned() } else { format!("{message}\n{stack}") });
    }
    let rest = [
        ("logger", &fields.logger),
        ("thread", &fields.thread),
        ("trace_id", &fields.trace_id),
        ("span_id", &fields.span_id),
        ("error_code", &fields.error_code),
        ("exception", &fields.exception),
    ];
    for (key, value) in rest {
        if let Some(value) = value {
            record.attrs.text(key, value);
        }
    }
}

/// Reads the key of an object into what a [`Reader`] needs.
pub fn origin_of(key: &str) -> Origin {
    origin::of_key(key)
}

fn owned(text: Option<Text<'_>>) -> Option<Text<'static>> {
    text.map(|text| Cow::Owned(text.into_owned()))
}

fn role_of(leaf: Option<usize>) -> Option<Role> {
    Some(FORMATS.get(leaf?)?.role())
}

/// Finds the format that a record of `text` would be of, the stream's last one first.
fn leaf_of(text: &str, last: Option<usize>) -> Option<usize> {
    let fits = |index: &usize| {
        FORMATS.get(*index).is_some_and(|format| format.role() != Role::Envelope && format.begins(text))
    };
    // audit and events are told by content before any JSON log is
    last.filter(|index| role_of(Some(*index)) != Some(Role::Line) && fits(index))
        .or_else(|| (0..FORMATS.len()).find(fits))
}

/// Tells whether a line goes on with the record held back.
fn goes_on(held: &Held, text: &str, leaf: Option<usize>) -> bool {
    if held.text.len() + text.len() >= MAX_RECORD_BYTES {
        return false;
    }
    if bodies::goes_on_with_key(&held.text, text) {
        return true;
    }
    if leaf.is_some() && !text.starts_with([' ', '\t']) {
        return false;
    }
    let previous = held.text.get(held.last_line_at..).unwrap_or("");
    stack::continues(text, previous) || leaf.is_none() && role_of(held.leaf) == Some(Role::Lines)
}

/// The key of a line's stream.
fn stream_key(outer: &Outer<'_>) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    if outer.depth == 0 {
        return 0;
    }
    let mut hasher = DefaultHasher::new();
    let Place { namespace, pod, container, node, .. } = &outer.place;
    (namespace, pod, container, node, &outer.stream, &outer.log).hash(&mut hasher);
    hasher.finish()
}

/// Returns by how much a local time was read in the wrong zone: the whole half hours between it
/// and the collector's time, when what is left is under five minutes.
fn zone_slip(ts: i64, collected: i64) -> i64 {
    const HALF_HOUR: i64 = 1_800_000_000;
    let lag = collected - ts;
    let slip = (lag as f64 / HALF_HOUR as f64).round() as i64 * HALF_HOUR;
    let within_zones = slip.abs() <= 26 * 2 * HALF_HOUR;
    if within_zones && (lag - slip).abs() < 300_000_000 { slip } else { 0 }
}

/// Returns the text cut to `most` bytes on a character boundary, and the bytes cut off.
fn cut_to(text: &str, most: usize) -> (&str, usize) {
    if text.len() <= most {
        return (text, 0);
    }
    let end = text.floor_char_boundary(most);
    (text.get(..end).unwrap_or(text), text.len() - end)
}

/// Returns the text without terminal colours.
fn without_ansi(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\x1b', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\x1b') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let tail = rest.get(at + 1..).unwrap_or_default();
        rest = match tail.strip_prefix('[') {
            Some(codes) => match codes.find(|c: char| ('@'..='~').contains(&c)) {
                Some(end) => codes.get(end + 1..).unwrap_or_default(),
                None => "",
            },
            None => tail,
        };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The formats' names, docs and samples, for help and docs.
pub fn catalogue() -> impl Iterator<Item = &'static dyn Format> {
    FORMATS.iter().copied()
}
