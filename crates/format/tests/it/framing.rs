//! Bytes → frames: how an object is split, whatever its bytes come as. Objects are read the way ingest
//! reads them, once in large reads and once in small ones.

use crate::envelope::render;
use chrono::NaiveDate;
use format::framing::{Limits, entries};
use format::reader::{Counts, Reader, ReaderOptions};
use format::{Clock, origin_of};
use redact::{RedactConfig, Redactor};
use std::io::{self, Read};

/// What was read of an object.
#[derive(Debug)]
pub struct Object {
    /// Its rows in order.
    pub rows: Vec<String>,
    pub counts: Counts,
    /// The reason why it could not be read, or not all of it.
    pub error: Option<String>,
}

/// A stream that returns a few bytes at a time.
struct Trickle<'b>(&'b [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = out.len().min(7);
        self.0.read(&mut out[..count])
    }
}

/// Reads an object within limits.
pub fn read_within(input: impl Read, limits: &Limits) -> Object {
    let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default();
    let clock = Clock { zone: chrono_tz::Asia::Shanghai, day, written: None };
    let redactor = Redactor::of(&RedactConfig::default()).expect("the default masks");
    let mut reader = Reader::new(
        origin_of("logs/a"),
        ReaderOptions { fallback_ts: 1_795_276_800_000_000, redactor, ..ReaderOptions::of(clock) },
    );
    let mut rows: Vec<((u64, u32), String)> = Vec::new();
    let mut take = |row: format::reader::Row<'_>| rows.push(((row.line, row.item), render(&row)));
    let outcome = entries(input, limits, &mut |mut entry| {
        if let Some(path) = entry.path {
            reader.enter(path, &mut take);
        }
        entry.frames(&mut |frame| reader.frame(&frame, &mut take)).map(|_| ())
    });
    reader.finish(&mut take);
    rows.sort();
    assert!(rows.windows(2).all(|pair| pair[0].0 != pair[1].0), "a row id repeats: {rows:?}");
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    Object { rows, counts: reader.counts, error: outcome.err().map(|error| error.to_string()) }
}

/// Reads an object in large and in small reads, which must make no difference.
#[track_caller]
pub fn read_object(bytes: &[u8]) -> Object {
    let whole = read_within(bytes, &Limits::default());
    let trickled = read_within(Trickle(bytes), &Limits::default());
    assert_eq!(whole.rows, trickled.rows);
    assert_eq!((&whole.counts, &whole.error), (&trickled.counts, &trickled.error));
    whole
}

/// Reads an object that has no fault; returns its rows without what precedes the message, and checks
/// that every record is counted.
#[track_caller]
pub fn messages(bytes: &[u8]) -> Vec<String> {
    let object = read_object(bytes);
    assert_eq!((&object.error, object.counts.unparsed), (&None, 0), "{:?}", object.counts.faults);
    assert_eq!(object.counts.parsed, object.rows.len() as u64);
    object.rows.iter().map(|row| message(row)).collect()
}

/// Returns the position and message of a rendered row.
fn message(row: &str) -> String {
    let position = row.split(' ').next().unwrap_or("");
    let message = row.split_once(" | ").map_or("", |(_, message)| message);
    format!("{position} {message}")
}

/// Compresses as gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::read::GzEncoder::new(bytes, flate2::Compression::default())
        .read_to_end(&mut packed)
        .expect("packed");
    packed
}

fn document(n: usize, padding: usize) -> String {
    let padding = "x".repeat(padding);
    format!(
        r#"{{"messageType":"DATA_MESSAGE","logGroup":"/aws/eks/prod/cluster","logStream":"kube-scheduler-1","logEvents":[{{"id":"1","timestamp":1795313521000,"message":"level=info msg=\"bound }}{{ {n}\" padding={padding}"}}]}}"#
    )
}

#[test]
fn glued_documents_are_all_read() {
    // from small objects to those whose first value, or first line, is longer than any buffer
    for (count, padding) in [(3, 0), (300, 1000), (3, 300 << 10), (20, 20 << 10)] {
        let documents: Vec<String> = (0..count).map(|n| document(n, padding)).collect();
        let expected = |line: fn(usize) -> usize, item: fn(usize) -> usize| -> Vec<String> {
            (0..count).map(|n| format!("{}.{} bound }}{{ {n}", line(n), item(n))).collect()
        };
        let one_line = expected(|_| 1, |n| n);
        for glue in ["", " ", "  ", "\u{feff}", "\0\0"] {
            let mut rows = messages(documents.join(glue).as_bytes());
            rows.sort_by_key(|row| row.split(' ').next().map(|at| at[2..].parse::<u32>().unwrap_or(0)));
            assert_eq!(rows, one_line, "{count} of {padding}, {glue:?}");
        }
        let members: Vec<u8> = documents.iter().flat_map(|document| gzip(document.as_bytes())).collect();
        assert_eq!(messages(&members).len(), count);
        // glued on some lines of many
        let lines: Vec<&str> = documents.iter().map(String::as_str).collect();
        let mixed = lines.chunks(3).map(<[&str]>::concat).collect::<Vec<_>>().join("\n");
        let mut rows = messages(mixed.as_bytes());
        rows.sort_by_key(|row| row.rsplit(' ').next().map(|n| n.parse::<u32>().unwrap_or(0)));
        assert_eq!(rows, expected(|n| n / 3 + 1, |n| n % 3), "{count} of {padding}, three a line");
    }
}

#[test]
fn documents_are_glued_on_any_line() {
    // far behind the bytes from which the framing is detected, and longer than the longest line
    let app = |n: usize| format!(r#"{{"level":"info","msg":"paid }}{{ {n}"}}"#);
    let ordinary: String = (0..20_000).map(|n| app(n) + "\n").collect();
    let glued = [app(1), app(2), app(3)];
    let rows = messages(format!("{ordinary}{}\n{}", glued.concat(), app(4)).as_bytes());
    assert_eq!(rows.len(), 20_000 + 3 + 1);
    assert!(rows.contains(&"20001.2 paid }{ 3".to_owned()));
    // with blanks between, if some of the first lines have them
    let spaced = glued.join(" ");
    let rows = messages(format!("{}\n{spaced}\n{ordinary}{spaced}", app(0)).as_bytes());
    assert_eq!(rows.len(), 1 + 3 + 20_000 + 3);
    // in parts of a line that are longer than the longest line
    let limits = Limits { line_bytes: 64 << 10, ..Limits::default() };
    let long: String = (0..8000).map(app).collect();
    let object = read_within(format!("{}\n{long}\n{}", app(0), app(1)).as_bytes(), &limits);
    assert_eq!((object.counts.parsed, object.counts.unparsed), (8002, 0), "{:?}", object.counts.faults);
}

#[test]
fn braces_in_texts_are_not_glue() {
    let lines = [
        r#"{"level":"info","msg":"a }{\"b\":1} c"}"#,
        r#"{"level":"info","msg":"a } {\"b\"}{ c"}"#,
        "{main}{worker} started }{ x",
        "2026-11-22 10:12:01 INFO [main] a.B - {\"a\":1}{\"b\":2}",
    ];
    for line in lines {
        let object = read_object(format!("{line}\n{line}\n").as_bytes());
        assert_eq!(object.counts.frames, 2, "{line}: {:?}", object.rows);
    }
    // text after a value is not glue either, and stays with it
    assert_eq!(read_object(b"{\"level\":\"info\",\"msg\":\"a\"} and more\n").counts.frames, 1);
}

#[test]
fn a_broken_line_of_json_costs_itself_alone() {
    let (good, line) = (r#"{"level":"info","msg":"good"}"#, r#"{"level":"info","msg":"cu"#);
    for broken in [line, r#"{"level":"info","msg":"cut","n":"#, r#"{"level":"info","msg":"cut"}}"#] {
        for object in [format!("{broken}\n{good}\n{good}\n"), format!("{good}\n{broken}\n{good}\n")] {
            let counts = read_object(object.as_bytes()).counts;
            assert_eq!((counts.frames, counts.parsed, counts.unparsed), (3, 2, 1), "{object}");
        }
    }
    // a document that is cut off is kept line by line, and glued ones before it are whole
    let counts = read_object(format!("{good}{good}{line}").as_bytes()).counts;
    assert_eq!((counts.parsed, counts.unparsed), (2, 1));
    let counts = read_object(b"{\n  \"level\": \"info\",\n  \"msg\": \"cut\n").counts;
    assert_eq!((counts.frames, counts.unparsed), (3, 3));
}

#[test]
fn json_documents_come_in_any_layout() {
    let values = [r#"{"level":"info","msg":"a"}"#, r#"{"level":"info","msg":"b"}"#];
    let pretty = |value: &str| value.replace(',', ",\n  ").replace('{', "{\n  ").replace('}', "\n}");
    for object in [
        values.join("\n"),
        values.join("\r\n"),
        values.join(",\n"),
        format!("[{}]", values.join(",")),
        format!("[\n{}\n]\n", values.join(",\n")),
        values.map(pretty).concat(),
        values.map(pretty).join("\n"),
        format!("\u{feff}{}", values.join("\n\u{feff}")),
        format!("\n\n# made by hand\n{}", values.join("\n")),
    ] {
        let rows = read_object(object.as_bytes()).rows;
        assert_eq!(rows.iter().filter(|row| row.contains(" info ")).count(), 2, "{object}: {rows:?}");
    }
}

#[test]
fn a_list_without_items_is_counted() {
    for object in [
        r#"{"kind":"List","items":null}"#,
        r#"{"kind":"EventList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":[]}"#,
        "{\n  \"apiVersion\": \"v1\",\n  \"items\": [],\n  \"kind\": \"List\"\n}\n",
        "{\n  \"apiVersion\": \"v1\",\n  \"items\": null,\n  \"kind\": \"List\"\n}\n",
        "{\"items\":[ ]}",
        "[]\n",
        "[\n]\n",
        "apiVersion: v1\nitems: []\nkind: List\nmetadata:\n  resourceVersion: \"\"\n",
        "apiVersion: v1\nitems: null\nkind: List\n",
        "apiVersion: v1\nitems:\nkind: EventList\n",
    ] {
        let Object { rows, counts, error } = read_object(object.as_bytes());
        assert_eq!((rows.len(), error, counts.dropped.get("empty list")), (0, None, Some(&1)), "{object}");
        assert_eq!(counts.records(), 1, "{object}");
    }
    // what only looks like one is kept
    for object in [
        r#"{"kind":"Order","items":[]}"#,
        r#"{"items":[],"total":0}"#,
        r#"{"items":[1,2]}"#,
        "{\n  \"order\": 7,\n  \"items\": [\n    1,\n    \"b\"\n  ]\n}",
    ] {
        let Object { rows, counts, .. } = read_object(object.as_bytes());
        assert_eq!((rows.len(), counts.dropped.len()), (1, 0), "{object}: {rows:?}");
    }
}

#[test]
fn nul_bytes_belong_to_no_line() {
    let line = |text: &str| format!("level=info msg={text}\n");
    let nuls = |count: usize| "\0".repeat(count);
    let object = [
        nuls(700_000),
        line("first"),
        nuls(3),
        line("second"),
        "level=warn msg=third".into(), // a node that stopped while it wrote
        nuls(5000),
        line("fourth"),
        line("last"),
        nuls(4096),
    ];
    let expected = ["1.0 first", "2.0 second", "3.0 third", "3.1 fourth", "4.0 last"];
    assert_eq!(messages(object.concat().as_bytes()), expected);
    assert_eq!(messages(&gzip(object.concat().as_bytes())), expected);
    // longer than the longest line
    let (hole, limits) = (nuls(3 << 20), Limits { line_bytes: 1 << 20, ..Limits::default() });
    let object = read_within(format!("level=info msg=a{hole}level=info msg=b\n").as_bytes(), &limits);
    assert_eq!(object.counts.parsed, 2, "{:?}", object.counts.faults);
    assert_eq!(read_object(nuls(9000).as_bytes()).counts.frames, 0);
    for json in ["{\"level\":\"info\",\"msg\":\"a\"}\n", "{\n\"level\":\"info\",\0\0\n\"msg\":\"a\"}\n"] {
        assert_eq!(messages(format!("{}{json}{}{json}", nuls(500), nuls(500)).as_bytes()).len(), 2, "{json}");
    }
}

#[test]
fn binary_content_is_refused() {
    let binary: Vec<u8> =
        (0..40_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 & 0x9f).collect();
    let hidden = [vec![0; 100_000], binary.clone()].concat();
    for bytes in [&binary, &hidden, &gzip(&binary)] {
        let object = read_object(bytes);
        assert_eq!((object.rows.len(), object.error.as_deref()), (0, Some("binary content is not a log")));
    }
}

#[test]
fn utf16_is_decoded() {
    let text = "level=info msg=\"paid 7 元\"\r\nlevel=warn msg=\"slow 😀\"\r\n";
    let expected = ["1.0 paid 7 元", "2.0 slow 😀"];
    let encode =
        |text: &str, order: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(order).collect() };
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        assert_eq!(messages(&encode(text, order)), expected, "without a mark");
        assert_eq!(messages(&encode(&format!("\u{feff}{text}"), order)), expected);
        assert_eq!(messages(&gzip(&encode(&format!("\u{feff}{text}"), order))), expected);
        let long = text.repeat(3000);
        assert_eq!(messages(&encode(&long, order)).len(), 6000);
        // half a character at the end
        let cut = encode(text, order);
        assert_eq!(read_object(&cut[..cut.len() - 1]).counts.parsed, 2);
    }
    let csv = "time,pod,message\r\n2026-11-22T02:12:01Z,pay-api-0,good\r\n";
    assert_eq!(messages(&encode(csv, u16::to_le_bytes)), ["2.0 good"]);
}

#[test]
fn marks_and_line_ends_belong_to_no_text() {
    let marked = "\u{feff}level=info msg=a\r\n";
    assert_eq!(messages(marked.repeat(3).as_bytes()), ["1.0 a", "2.0 a", "3.0 a"]);
    let members = [gzip(marked.as_bytes()), gzip(marked.as_bytes())].concat();
    assert_eq!(messages(&members), ["1.0 a", "2.0 a"]);
    // a progress bar: one line
    assert_eq!(messages(b"level=info msg=\"10%\r20%\r30%\"\nlevel=info msg=b\n").len(), 2);
}
