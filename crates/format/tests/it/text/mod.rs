//! Application text → records: one table of cases for each format, read the way the reader does.

mod json_app;
mod klog;
mod kubectl_time;
mod logback;
mod logfmt;
mod nginx_access;
mod nginx_error;
mod stack;

use chrono::NaiveDate;
use format::leaf::json_app::JsonApp;
use format::{Clock, Format, Registry, Role};
use model::record::{Body, Record};
use model::time::Ts;

/// The clock of an object of 22 November 2026; its times without a zone are in Shanghai.
fn clock() -> Clock {
    on(2026, 11, 22)
}

fn on(year: i32, month: u32, day: u32) -> Clock {
    let day = NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
    Clock { zone: chrono_tz::Asia::Shanghai, day, written: None }
}

/// Writes a record as `ts|level|logger|thread|message`, then its other fields; `~` marks a time that
/// named no zone.
fn render(record: Record<'_>) -> String {
    let Body::Text(fields) = record.body else { return "not a text record".into() };
    let time = record.ts.map_or("-".into(), |ts| Ts(ts).to_string());
    let time = time.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.').to_owned();
    let zone = if record.ts.is_some() && !record.zoned { "~" } else { "" };
    let or_dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let mut out = [
        format!("{time}{zone}"),
        or_dash(record.level.map(|level| level.name())),
        or_dash(fields.logger.as_deref()),
        or_dash(fields.thread.as_deref()),
        record.message.into_owned(),
    ]
    .join("|");
    let stack_lines = fields.stack.as_ref().map(|stack| stack.lines().count().to_string());
    let place = [
        record.place.namespace,
        record.place.workload,
        record.place.pod,
        record.place.container,
        record.place.node,
    ];
    let place: Vec<String> = place.into_iter().flatten().map(|name| name.into_owned()).collect();
    let more = [
        ("trace", fields.trace_id.map(|text| text.into_owned())),
        ("span", fields.span_id.map(|text| text.into_owned())),
        ("code", fields.error_code.map(|text| text.into_owned())),
        ("exception", fields.exception.map(|text| text.into_owned())),
        ("stack", stack_lines),
        ("place", (!place.is_empty()).then(|| place.join("/"))),
        ("attrs", record.attrs.into_json()),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            out.push_str(&format!(" {name}={value}"));
        }
    }
    out
}

fn read_at(format: &dyn Format, text: &str, clock: &Clock) -> String {
    let mut records = Vec::new();
    match format.read(text, clock, &mut |record| records.push(render(record))) {
        Ok(()) => records.join("\n"),
        Err(why) => format!("error: {why}"),
    }
}

#[track_caller]
fn check(format: &dyn Format, text: &str, expected: &str) {
    let begins = format.begins(text.lines().next().unwrap_or(""));
    let read = read_at(format, text, &clock());
    assert_eq!(read, expected, "{} read {text:?}", format.name());
    assert!(begins || read.starts_with("error"), "{} must begin at {text:?}", format.name());
}

/// Returns the format that reads a line: an envelope first.
fn first(line: &str) -> Option<&'static dyn Format> {
    Registry::shipped().format_of(line)
}

/// Checks which format reads a line.
#[track_caller]
fn check_first(line: &str, expected: &str) {
    let first = first(line).map_or("none", |format| format.name());
    assert_eq!(first, expected, "{line:?}");
}

#[test]
fn every_sample_is_read_by_its_own_format() {
    for format in Registry::shipped().formats() {
        let is_json = format.sample().starts_with('{');
        let first_line = if is_json { format.sample() } else { format.sample().lines().next().unwrap_or("") };
        let is_whole = matches!(format.name(), "csv" | "kubectl-output");
        check_first(if is_whole { format.sample() } else { first_line }, format.name());
        if format.role() != Role::Envelope {
            let read = read_at(*format, format.sample(), &clock());
            assert!(!read.starts_with("error"), "{read}");
        }
    }
}

#[test]
fn one_format_begins_at_a_line() {
    let cases = [
        ("{\"msg\":\"x\"}", "json"),
        ("2026/11/22 10:11:12 [warn] 7#7: x", "nginx-error"),
        ("2026/11/22 10:11:12 hello", "logback"),
        ("level=info msg=x", "logfmt"),
        ("WARNING: x", "logback"),
        ("panic: x", "logback"),
        ("Warning: prose", "none"),
        ("Information for you", "none"),
        ("Hello at 2026-11-22 10:11:12", "none"),
        ("\tat com.shop.Pay.charge(Pay.java:42)", "none"),
        ("Traceback (most recent call last):", "none"),
        ("  \"a\": {", "none"),
        ("+ exec /usr/bin/pay --level=debug", "none"),
        ("image-registry.svc:5000", "none"),
        ("10:11 is not a time", "none"),
        ("I am 1122 years old", "none"),
        ("", "none"),
        ("[", "none"),
        ("{", "none"),
        ("}", "none"),
    ];
    for (line, expected) in cases {
        check_first(line, expected);
    }
}

#[test]
fn hostile_texts_end_in_a_record_or_an_error() {
    let million = "x".repeat(1 << 20);
    let long = [
        format!("2026-11-22 10:11:12 ERROR {million}"),
        format!("2026-11-22 10:11:12 ERROR [{million}"),
        format!("2026-11-22 10:11:12 ERROR {}", "trace ".repeat(150_000)),
        format!("E1122 10:11:12.345678       1 {million}"),
        format!("{{\"msg\":\"{million}\"}}"),
        format!("{{{}\"msg\":\"x\"}}", (0..50_000).map(|n| format!("\"k{n}\":{n},")).collect::<String>()),
        format!("level=info {}", (0..100_000).map(|n| format!("k{n}={n} ")).collect::<String>()),
        format!(
            "10.0.0.9 - - [22/Nov/2026:10:11:12 +0800] \"GET /{million} HTTP/1.1\" 200 1 {}",
            "1 ".repeat(100_000)
        ),
        format!("2026/11/22 10:11:12 [error] 1#1: {}", ", client: ".repeat(100_000)),
    ];
    for text in &long {
        let format = first(text);
        let name = format.map_or("none", |format| format.name());
        let read = format.map_or(String::new(), |format| read_at(format, text, &clock()));
        assert!(!read.is_empty() && !read.starts_with("error"), "{name} {:.80}", text);
    }
    let deep = |depth: usize| format!("{{\"msg\":\"x\",\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(read_at(&JsonApp, &deep(63), &clock()).starts_with("-|-|-|-|x attrs"));
    assert_eq!(
        read_at(&JsonApp, &deep(64), &clock()),
        "error: broken JSON at byte 78: expected no deeper nesting"
    );
    assert_eq!(
        read_at(&JsonApp, &deep(500_000), &clock()),
        "error: broken JSON at byte 78: expected no deeper nesting"
    );
    let nested = format!("{}1{}", "{\"log\":".repeat(64), "}".repeat(64));
    assert!(read_at(&JsonApp, &nested, &clock()).starts_with("-|-|-|-|{"));
}

#[test]
fn every_cut_of_every_sample_is_survived() {
    let registry = Registry::shipped();
    let (code, layouts) = registry.formats().split_at(registry.formats().len() - registry.layouts().len());
    for own in code.iter().chain(layouts).copied() {
        let sample = own.sample();
        for at in (0..sample.len()).filter(|at| sample.is_char_boundary(*at)) {
            let (cut, rest) = sample.split_at(at);
            for format in code.iter().copied().chain([own]) {
                let _ = format.begins(cut);
                let _ = format.unwrap_line(cut.as_bytes(), &clock());
                let _ = read_at(format, cut, &clock());
                let _ = read_at(format, rest, &clock());
            }
        }
    }
}
