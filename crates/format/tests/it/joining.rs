//! Lines that belong together, through each envelope. A file of `joining/` holds objects: `=== name`, then
//! for each record `~~~ level exception` and the lines of it. Two streams with the same lines are not mixed.

use format::framing::{self, Limits};
use format::reader::{Reader, ReaderOptions};
use format::{Clock, origin_of};
use model::record::Body;

/// A record as it must be read: `level exception`, and its lines without blank ones.
type Expected = (String, String);

/// Writes a line of the stream of a container as a runtime or collector does.
type Wrap = fn(&str, &str) -> String;

const WRAPS: [(&str, Wrap); 5] = [
    ("bare", |_, line| line.to_owned()),
    ("cri", |_, line| format!("2026-11-22T10:12:03.123456789Z stderr F {line}")),
    ("docker", |_, line| {
        let log = serde_json::Value::from(format!("{line}\n"));
        format!(r#"{{"log":{log},"stream":"stderr","time":"2026-11-22T10:12:03.123456789Z"}}"#)
    }),
    ("fluent-bit", |pod, line| {
        let log = serde_json::Value::from(line);
        format!(
            r#"{{"@timestamp":"2026-11-22T10:12:03.123Z","log":{log},"stream":"stderr","kubernetes":{{"pod_name":"{pod}","namespace_name":"shop","container_name":"pay"}}}}"#
        )
    }),
    ("kubectl", |_, line| format!("2026-11-22T10:12:03.123456789Z {line}")),
];

fn rows(text: &str) -> Vec<(String, Expected)> {
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default();
    let options = ReaderOptions::of(Clock { zone: chrono_tz::Tz::UTC, day, written: None });
    let mut reader = Reader::new(origin_of("business/a.log"), options);
    let mut rows = Vec::new();
    let mut emit = |row: format::reader::Row<'_>| {
        let Body::Text(fields) = &row.record.body else { return };
        let level = row.record.level.map_or("-", |level| level.name());
        let head = format!("{level} {}", fields.exception.as_deref().unwrap_or("-"));
        let text = format!("{}\n{}", row.record.message, fields.stack.as_deref().unwrap_or(""));
        let pod = row.record.place.pod.as_deref().unwrap_or("").to_owned();
        rows.push((pod, (head, text)));
    };
    let read = framing::entries(text.as_bytes(), &Limits::default(), &mut |mut entry| {
        entry.frames(&mut |frame| reader.frame(&frame, &mut emit)).map(|_| ())
    });
    read.expect("text");
    reader.finish(&mut emit);
    rows
}

fn line_count(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty()).count()
}

/// Returns what differs, in words.
fn difference(read: &[&Expected], expected: &[Expected]) -> Option<String> {
    let show = |records: &[&Expected]| {
        let lines = records.iter().map(|(head, text)| {
            let first = text.lines().next().unwrap_or("");
            format!("    {head} | {first:.60} ({} lines)\n", line_count(text))
        });
        lines.collect::<String>()
    };
    let is_same = read.len() == expected.len()
        && read.iter().zip(expected).all(|(read, expected)| {
            let last = expected.1.split_whitespace().last().unwrap_or("").trim_matches('}');
            read.0 == expected.0 && (line_count(&expected.1) == 1 || read.1.contains(last))
        });
    let expected: Vec<&Expected> = expected.iter().collect();
    (!is_same).then(|| format!("  expected\n{}  read\n{}", show(&expected), show(read)))
}

fn objects(file: &str) -> Vec<(String, Vec<Expected>)> {
    let mut objects: Vec<(String, Vec<Expected>)> = Vec::new();
    for line in file.lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            objects.push((name.to_owned(), Vec::new()));
            continue;
        }
        let Some((_, records)) = objects.last_mut() else { continue };
        if let Some(head) = line.strip_prefix("~~~ ") {
            let exception = if head.contains(' ') { "" } else { " -" };
            records.push((format!("{head}{exception}"), String::new()));
        } else if let Some((_, text)) = records.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    objects
}

#[test]
fn lines_of_a_record_are_joined_in_each_envelope() {
    let mut faults = String::new();
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/joining"));
    for file in folder.expect("the folder") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        for (name, expected) in objects(&text) {
            let lines: Vec<&str> = expected.iter().flat_map(|(_, text)| text.lines()).collect();
            for (wrap_name, wrap) in WRAPS {
                let pods: &[&str] = if wrap_name == "fluent-bit" { &["cart-0", "pay-0"] } else { &[""] };
                let text = lines.iter().flat_map(|line| pods.iter().map(move |pod| wrap(pod, line) + "\n"));
                let rows = rows(&text.collect::<String>());
                for pod in pods {
                    let read: Vec<&Expected> =
                        rows.iter().filter(|(from, _)| from == pod).map(|(_, row)| row).collect();
                    if let Some(difference) = difference(&read, &expected) {
                        faults.push_str(&format!("{name} ({wrap_name} {pod})\n{difference}"));
                        break;
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn a_flood_of_continuations_is_bounded_and_streams_are_apart() {
    let floods = [
        ("ERROR: x\n", "  a continuation"),
        ("==================\nWARNING: DATA RACE\n", "Read at 0x1 by goroutine 1:"),
        ("text\n{\n", "  \"a\": {"),
        ("/app/pay.js:9\n", "a line"),
    ];
    for (head, line) in floods {
        let line = format!("{line}{}\n", " x".repeat(100));
        let rows = rows(&format!("{head}{}", line.repeat((2 << 20) / line.len())));
        let longest = rows.iter().map(|(_, (_, text))| text.len()).max();
        assert!(longest.is_some_and(|len| (1 << 19..=(1 << 20) + 100).contains(&len)), "{line}: {longest:?}");
    }
    let cri = |stream: &str, line: &str| format!("2026-11-22T10:12:03.123456789Z {stream} F {line}\n");
    let text = [
        cri("stderr", "2026-11-22 10:12:03 ERROR failed"),
        cri("stdout", "2026-11-22 10:12:03 INFO calm"),
        cri("stderr", "\tat a.B.c(B.java:1)"),
        cri("stdout", "  more"),
    ];
    let read: Vec<String> = rows(&text.concat()).into_iter().map(|(_, (_, text))| text).collect();
    assert_eq!(read, ["failed\n\tat a.B.c(B.java:1)", "calm\n  more"]);
}

#[test]
fn a_blank_line_within_a_record_is_part_of_it_in_every_envelope() {
    let lines =
        ["panic: no oil left", "", "goroutine 1 [running]:", "main.main()", "\t/app/pay.go:9 +0x1d", ""];
    for (name, wrap) in WRAPS {
        let text: String = lines.iter().map(|line| wrap("pay-1", line) + "\n").collect();
        let read = rows(&text);
        let texts: Vec<&str> = read.iter().map(|(_, (_, text))| text.trim_end()).collect();
        assert_eq!(texts, [lines.join("\n").trim_end()], "{name}");
    }
}
