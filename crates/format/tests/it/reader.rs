//! Whole objects: where lines belong by their path, which time is believed, and which lines are joined.

use chrono::NaiveDate;
use format::framing::{self, Limits};
use format::reader::{Reader, ReaderOptions};
use format::{Clock, Registry, origin_of};
use model::time::Ts;

/// Reads an object of 22 November 2026 in UTC, written by the end of that day; returns `time level
/// namespace/pod | message attrs` of each row.
fn read(key: &str, text: &str) -> Vec<String> {
    read_at(key, text, 0)
}

/// The same, of an object that was written so many seconds after midnight.
fn read_at(key: &str, text: &str, seconds: i64) -> Vec<String> {
    let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default();
    let mut usual = ReaderOptions::of(Clock { zone: chrono_tz::Tz::UTC, day, written: None });
    let latest_ts = usual.fallback_ts + 2 * usual.max_skew;
    usual.fallback_ts += seconds * 1_000_000;
    let mut reader = Reader::new(origin_of(key), ReaderOptions { latest_ts, ..usual });
    let mut rows = Vec::new();
    let mut emit = |row: format::reader::Row<'_>| {
        let place = &row.record.place;
        let names =
            [&place.namespace, &place.pod].map(|name| name.as_deref().unwrap_or("-").to_owned()).join("/");
        let level = row.record.level.map_or("-", |level| level.name());
        let attrs = row.record.attrs.into_json().unwrap_or_default();
        let time = Ts(row.ts).to_string();
        let time = time.trim_end_matches("Z").trim_end_matches("000").trim_end_matches(".");
        rows.push(
            format!("{time} {level} {names} | {} {attrs}", row.record.message.replace('\n', "⏎"))
                .trim_end()
                .to_owned(),
        );
    };
    let read = framing::entries(text.as_bytes(), &Limits::default(), &mut |mut entry| {
        entry.frames(&mut |frame| reader.frame(&frame, &mut emit)).map(|_| ())
    });
    read.expect("text");
    reader.finish(&mut emit);
    rows
}

#[test]
fn a_path_names_the_place() {
    let line = "2026-11-22 10:12:03 INFO a\n";
    let cases = [
        ("business/shop/cart-6c8f7b9d5d-q8w4z/app.log", "shop/cart-6c8f7b9d5d-q8w4z"),
        ("business/2026-11-22/shop/cart-db-0/app.log", "shop/cart-db-0"),
        ("logs/shop/agent-x2x7k/out.log.gz", "shop/agent-x2x7k"),
        ("logs/shop_cart-6c8f7b9d5d-q8w4z.log", "shop/cart-6c8f7b9d5d-q8w4z"),
        ("apps/shop/cart-6c8f7b9d5d-q8w4z.log", "shop/cart-6c8f7b9d5d-q8w4z"),
        ("business/cart-6c8f7b9d5d-q8w4z/app.log", "-/cart-6c8f7b9d5d-q8w4z"),
        (
            "fluent/kube.var.log.containers.cart-0_shop_app-3b7f0c5e9a1d4c62b8e0f7a6d5c4b3a291807f6e5d4c3b2a190817263544a5b6.log/2026/11/22/x",
            "shop/cart-0",
        ),
        (
            "support-bundle-2026-11-22/all-logs/cart-6c8f7b9d5d-q8w4z/cart-previous.log",
            "-/cart-6c8f7b9d5d-q8w4z",
        ),
        // no pods
        ("business/shop/cart/app.log", "-/-"),
        ("logs/shop/node-3/out.log", "-/-"),
        ("eks/2026/11/22/10/shop-audit-1-2026-11-22-10-05-00-bbbb", "-/-"),
        ("business/2026/11/22/part-00000.log", "-/-"),
    ];
    for (key, expected) in cases {
        assert_eq!(read(key, line), [format!("2026-11-22T10:12:03 info {expected} | a")], "{key}");
    }
}

#[test]
fn a_time_is_believed_within_bounds() {
    let cri = |time: &str, text: &str| format!("{time} stdout F {text}\n");
    let cases = [
        // the line's own time beats its collector's, unless they differ by more than a day
        (
            cri("2026-11-22T10:12:03.5Z", "2026-11-22 10:12:03.100 INFO a"),
            r#"2026-11-22T10:12:03.100 info -/- | a"#,
        ),
        (
            cri("2026-11-22T10:12:03.5Z", "2026-11-19 10:12:03.100 INFO a"),
            r#"2026-11-22T10:12:03.500 info -/- | a {"claimed_ts":"2026-11-19T10:12:03.100000Z","ts_source":"collector"}"#,
        ),
        (
            cri("2026-11-22T10:12:03.5Z", "plain"),
            r#"2026-11-22T10:12:03.500 - -/- | plain {"ts_source":"collector"}"#,
        ),
        // another zone
        (
            cri("2026-11-22T10:12:03.5Z", "2026-11-22 18:12:03.100 INFO a"),
            r#"2026-11-22T10:12:03.100 info -/- | a"#,
        ),
        // neither the far future nor the far past
        (
            "9999-11-22 10:12:03 INFO a\n".to_owned(),
            r#"2026-11-22T00:00:00 info -/- | a {"claimed_ts":"9999-11-22T10:12:03.000000Z","ts_source":"object"}"#,
        ),
        (
            "1970-01-01 00:00:03 INFO a\n".to_owned(),
            r#"2026-11-22T00:00:00 info -/- | a {"claimed_ts":"1970-01-01T00:00:03.000000Z","ts_source":"object"}"#,
        ),
        ("2019-11-22 10:12:03 INFO a\n".to_owned(), "2019-11-22T10:12:03 info -/- | a"),
    ];
    for (text, expected) in cases {
        assert_eq!(read("standard/a.log", &text), [expected], "{text}");
    }
    let rows = read("business/a.log", "2026-11-22 10:12:03 INFO a\nERROR: no time\n");
    assert_eq!(rows[1], r#"2026-11-22T10:12:03 error -/- | no time {"ts_source":"previous"}"#);
}

#[test]
fn only_what_looks_like_a_continuation_is_joined() {
    let error = "2026-11-22 10:12:03 ERROR failed";
    let joined = [
        "\tat com.shop.Cart.load(Cart.java:77)",
        "com.shop.CartException: no basket",
        "Caused by: java.io.IOException: reset",
        "Traceback (most recent call last):",
        "}",
        "#0 /app/cart.php(12): load()",
        "  details: none",
    ];
    for line in joined {
        assert_eq!(read("business/a.log", &format!("{error}\n{line}\n")).len(), 1, "{line}");
    }
    for line in ["worker 3 took job 99", "Killed", "Listening on port 8080", "select 1"] {
        assert_eq!(read("business/a.log", &format!("{error}\n{line}\n")).len(), 2, "{line}");
    }
    // what comes minutes later is another matter
    let later = "2026-11-22T10:12:03Z stdout F 2026-11-22 10:12:03 ERROR failed\n2026-11-22T10:14:00Z stdout F \tat a.B.c(B.java:1)\n";
    assert_eq!(read("standard/a.log", later).len(), 2);
    // a runtime's own report of an error that nobody caught
    let rows = read(
        "business/a.log",
        "/app/pay.js:9\n    throw new TypeError('x')\n    ^\n\nTypeError: x\n    at pay (/app/pay.js:9:3)\n\nNode.js v20.11.0\n",
    );
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(rows[0].contains(" error "), "{rows:?}");
}

#[test]
fn a_draft_reads_the_line_that_it_was_made_from() {
    let clock = Clock {
        zone: chrono_tz::Tz::UTC,
        day: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default(),
        written: None,
    };
    for (line, groups) in [
        ("22.11.2026 10:12:03 <SCHWER> till=4 drawer is stuck", "time thread"),
        ("[2026-11-22 10:12:03] [main] [ERROR] [till] drawer is stuck", "time thread level field"),
        ("drawer 4 @ 10:12:03 | stuck", "time"),
        ("#17 2026-11-22 10:12:03,123 till=4 ERROR shop.Till: drawer is stuck", "time level logger"),
        ("~ (exec-3) {shop.Till} [WARN] drawer [7] is stuck", "thread logger level"),
        ("@1795342323.123 ERROR drawer is stuck", "level"),
        ("pay.9 * [1795342323] drawer is stuck", "time"),
    ] {
        let text = format::layout::draft(line, &clock).unwrap_or_default();
        let layout = format::layout::Layout::parse("till", "till.toml", &text);
        let layout = layout.map_err(|errors| format!("{errors:?}\n{line}")).expect("a layout");
        let found: Vec<&str> = text.split("(?<").skip(1).filter_map(|part| part.split('>').next()).collect();
        assert_eq!(found.join(" "), format!("{groups} message"), "{text}");
        let (registry, _) = Registry::with(vec![layout]);
        let registry: &'static Registry = Box::leak(Box::new(registry));
        let faults = format::layout::check(registry.layouts()[0], registry);
        assert!(faults.is_empty(), "{faults:?}\n{text}");
    }
    for line in ["a 'quoted' [line]", "the drawer of till 4 is stuck", ""] {
        assert_eq!(format::layout::draft(line, &clock), None);
    }
}

#[test]
fn a_line_that_no_format_reads_has_the_time_of_the_line_before_it() {
    let rows = read("business/app.log", "2026-11-22 10:12:03 INFO a\ncart is full\n");
    assert_eq!(
        rows,
        [
            "2026-11-22T10:12:03 info -/- | a",
            r#"2026-11-22T10:12:03 - -/- | cart is full {"unparsed":"no known format","ts_source":"previous"}"#,
        ]
    );
    // a container may print anything
    let rows = read("supportbundle/run-cart/run-cart.log", "cart is full\n");
    assert_eq!(rows, [r#"2026-11-22T00:00:00 - -/- | cart is full {"ts_source":"object"}"#]);
}

#[test]
fn a_time_of_day_has_the_day_of_the_line_before_it() {
    let text = "2026-11-22 23:59:58 INFO a\n23:59:59.000 [main] INFO  shop.Till - b\n00:00:01.000 [main] INFO  shop.Till -- c\n";
    assert_eq!(
        read("business/app.log", text),
        [
            "2026-11-22T23:59:58 info -/- | a",
            "2026-11-22T23:59:59 info -/- | b",
            "2026-11-23T00:00:01 info -/- | c",
        ]
    );
}

#[test]
fn a_trace_below_json_is_a_record_of_its_own() {
    let text = r#"{"time":"2026-11-22T10:12:03Z","level":"error","msg":"a"}
java.lang.RuntimeException: b
	at shop.Till.load(Till.java:7)
#17 c
"#;
    let rows = read("business/app.log", text);
    assert_eq!(rows.first().map(String::as_str), Some("2026-11-22T10:12:03 error -/- | a"));
    assert!(
        rows.get(1).is_some_and(|row| row.contains("error -/- | java.lang.RuntimeException: b⏎\tat")),
        "{rows:#?}"
    );
    assert!(rows.get(2).is_some_and(|row| row.contains("| #17 c")), "{rows:#?}");
}

#[test]
fn parts_of_a_line_are_joined_within_their_envelope() {
    let docker = |log: &str, stream: &str| {
        format!("{{\"log\":\"{log}\",\"stream\":\"{stream}\",\"time\":\"2026-11-22T10:12:03Z\"}}\n")
    };
    let cri = "2026-11-22T10:12:03Z stdout F b\n";
    let text = [docker("a", "stdout"), cri.to_owned(), docker("c\\n", "stdout")].concat();
    let messages = |text: &str| -> Vec<String> {
        let rows = read("standard/c.log", text);
        rows.iter().filter_map(|row| Some(row.split_once("| ")?.1.split(" {").next()?.to_owned())).collect()
    };
    assert_eq!(messages(&text), ["ac", "b"]);
    // a line without an envelope comes after all that was begun before it
    let text = [docker("a", "stdout"), "cart is full\n".to_owned(), docker("c\\n", "stdout")].concat();
    assert_eq!(messages(&text), ["a", "cart is full", "c"]);
}

#[test]
fn ages_count_from_when_the_object_was_written() {
    let table = "LAST SEEN   TYPE      REASON    OBJECT      MESSAGE
5m10s       Warning   BackOff   pod/pay-0   Back-off restarting failed container
1d          Normal    Pulled    pod/pay-0   Container image already present
";
    assert_eq!(
        read_at("events.txt", table, 36_000),
        [
            r#"2026-11-22T09:54:50 warn -/pay-0 | Back-off restarting failed container {"age":"5m10s"}"#,
            r#"2026-11-21T10:00:00 info -/pay-0 | Container image already present {"age":"1d"}"#,
        ]
    );
    // only the day is known
    assert_eq!(
        read_at("events.txt", table, 0).first().map(String::as_str),
        Some(
            r#"2026-11-22T00:00:00 warn -/pay-0 | Back-off restarting failed container {"age":"5m10s","ts_source":"object"}"#
        )
    );
}

#[test]
fn headings_of_tables_are_not_records() {
    let events = "  Type     Reason   Age   From     Message
  ----     ------   ----  ----     -------
  Warning  BackOff  2m    kubelet  Back-off restarting failed container
";
    let row = r#"2026-11-22T00:00:00 warn -/- | Back-off restarting failed container {"type":"Warning","reason":"BackOff","age":"2m","source":"kubelet","ts_source":"object"}"#;
    assert_eq!(read("describe.txt", events), [row]);
}

/// Returns the messages of lines that are not all UTF-8, each with what is noted about its encoding.
fn messages(bytes: &[u8]) -> Vec<String> {
    let mut reader = Reader::new(origin_of("business/a.log"), ReaderOptions::of(Clock::UTC));
    let mut rows = Vec::new();
    let mut emit = |row: format::reader::Row<'_>| {
        let attrs = row.record.attrs.into_json().unwrap_or_default();
        rows.push(format!("{} {attrs}", row.record.message).trim_end().to_owned());
    };
    let read = framing::entries(bytes, &Limits::default(), &mut |mut entry| {
        entry.frames(&mut |frame| reader.frame(&frame, &mut emit)).map(|_| ())
    });
    read.expect("text");
    reader.finish(&mut emit);
    rows
}

#[test]
fn lines_in_gb18030_are_read_and_utf8_stays() {
    let (gb, noted) =
        (|text: &str| encoding_rs::GB18030.encode(text).0.into_owned(), r#" {"encoding":"GB18030"}"#);
    let head = "2026-11-22 10:12:03 ERROR ";
    let line = |text: &[u8]| [head.as_bytes(), text, b"\n"].concat();
    let read = |text: &[u8]| messages(&line(text)).join("⏎");
    assert_eq!(read(&gb("扣款失败，订单 7")), format!("扣款失败，订单 7{noted}"));
    assert_eq!(read(&gb("联通超时")), format!("联通超时{noted}"));
    let mixed = [line("库存不足".as_bytes()), line(&gb("库存不足"))].concat();
    assert_eq!(messages(&mixed), ["库存不足".to_owned(), format!("库存不足{noted}")]);
    // UTF-8 that was cut at either end, Latin-1
    let utf8 = "库存不足".as_bytes();
    assert!(read(utf8.get(..10).unwrap_or_default()).starts_with("库存不\u{fffd}"));
    assert!(read(utf8.get(1..).unwrap_or_default()).ends_with("存不足 {\"invalid_utf8\":true}"));
    assert!(read(b"caf\xe9 t\xe9l\xe9 ferm\xe9e").contains("invalid_utf8"));
}

#[test]
fn a_dump_of_the_cluster_has_the_logs_of_containers() {
    let log = |container: &str, text: &str| {
        let mark =
            |word: &str| format!("==== {word} logs for container {container} of pod store/till-0 ====");
        format!("{}\n{text}\n{}\n", mark("START"), mark("END"))
    };
    let app = log(
        "app",
        "2026-11-22 10:12:03 ERROR drawer is stuck\njava.lang.IllegalStateException: no oil\n\tat shop.Till.open(Till.java:42)\n[main] {",
    );
    let list = "{\n  \"kind\": \"PodList\",\n  \"apiVersion\": \"v1\",\n  \"items\": []\n}\n";
    let expected = [
        "2026-11-22T10:12:03 error store/till-0 | drawer is stuck",
        r#"2026-11-22T10:12:03 - store/till-0 | [main] { {"ts_source":"previous"}"#,
        "2026-11-22T10:12:04 info store/till-0 | ready",
    ];
    let text = [&app, &log("proxy", "2026-11-22T10:12:04Z INFO ready")].map(String::as_str).concat();
    assert_eq!(read("dump/store/till/logs.txt", &text), expected);
    assert_eq!(read("dump.txt", &format!("{list}{text}{list}")), expected);
}

#[test]
fn the_journal_may_be_printed_with_all_fields() {
    let text = "Sun 2026-11-22 10:12:03.123456 UTC [s=0639;i=bf;b=4d;m=1;t=660dab56b8500;x=9d]
    PRIORITY=4
    _HOSTNAME=node-3
    SYSLOG_IDENTIFIER=till
    MESSAGE=drawer is
            stuck
Sun 2026-11-22 10:12:04.500000 UTC [s=0639;i=c0;b=4d;m=2;t=1;x=9e]
    PRIORITY=6
    MESSAGE=drawer is open
";
    let rows: Vec<String> = read("node/journal.txt", text)
        .iter()
        .map(|row| row.split_once(" {").map_or(row.as_str(), |(row, _)| row).to_owned())
        .collect();
    assert_eq!(
        rows,
        [
            "2026-11-22T10:12:03.123456 warn -/- | drawer is⏎stuck",
            "2026-11-22T10:12:04.500 info -/- | drawer is open",
        ]
    );
}

#[test]
fn a_table_has_the_namespace_of_the_command_that_its_file_or_an_agent_names() {
    let table = "NAME                    READY   STATUS    RESTARTS   AGE\n\
                 cart-6c8f7b9d5d-q8w4z   1/1     Running   0          9d\n";
    let call = format!(
        "Action:\n```\nrun_shell(\"kubectl get pods -n shop\")\n```\nObservation:\n{table}\nThought: on\n"
    );
    let result = format!(
        "{{\"tool_name\": \"kubectl_get\"}}\n\
         {{\"status\": \"success\", \"invocation\": \"kubectl get pods -n shop\", \"params\": {{}}}}\n{table}"
    );
    for (key, text) in [
        ("in/kubectl_get_pods_-n_shop_-o_wide.txt", table),
        ("in/run.log", &call),
        ("in/result.txt", &result),
    ] {
        let rows = read(key, text);
        assert!(rows.iter().any(|row| row.contains(" shop/cart-6c8f7b9d5d-q8w4z |")), "{key}: {rows:#?}");
    }
}
