//! Values that clients of Postgres bind, and what a description says of them.

use crate::server::day::Day;
use crate::server::postgres_raw::{Raw, Value, message, rows, state};

const CONFIG: &str = "timezone = \"Asia/Shanghai\"\n[serve]\npostgres = \"127.0.0.1:0\"\n";
/// Microseconds from 1970 to 2000.
const EPOCH_US: i64 = 946_684_800_000_000;

#[test]
fn a_value_stays_a_value() {
    let day = Day::small();
    let server = day.serve(CONFIG);
    let mut raw = Raw::session(&server);
    // as text of the statement, in one that names the catalog and in one that does not
    for sql in [
        "select 'it''s', current_user",
        "select E'it\\'s', current_user",
        "select 'it''s' as region, 'headwater'",
        "select \"a\"\"b\", current_user from (select 'it''s' as \"a\"\"b\") as t -- it's",
    ] {
        assert_eq!(raw.rows(sql), ["it's|headwater"], "{sql}");
    }
    assert_eq!(raw.rows("select E'a\\\\b', current_schema"), ["a\\b|public"]);
    // bound
    let attack = "x' union select message from event where '1'='1";
    for value in [attack, "it's", "a\\", "\"", "'; --", "\u{1b}[31m", "👩\u{200d}💻\u{202e}'"] {
        for sql in [
            "select $1 as value, current_user",
            "select $1 as region, 'headwater'",
            "select min($1), min('headwater') from pg_catalog.pg_class where $1 = $1",
        ] {
            let found = rows(&raw.run(sql, &[], &[Value::Text(value)]), sql);
            assert_eq!(found, [format!("{value}|headwater")], "{sql}");
        }
        let sql = "select column_name from information_schema.columns where table_name = $1";
        assert!(rows(&raw.run(sql, &[], &[Value::Text(value)]), sql).is_empty(), "{value}");
    }
}

#[test]
fn values_that_a_statement_repeats_are_limited() {
    let day = Day::small();
    let server = day.serve(CONFIG);
    let mut raw = Raw::session(&server);
    let sql = format!("select length(concat({}))", vec!["$1"; 90].join(", "));
    let found = raw.run(&sql, &[], &[Value::Text(&"a".repeat(700))]);
    assert_eq!(rows(&found, &sql), ["63000"]);
    for length in [800, 70_000, 190_000] {
        let found = raw.run(&sql, &[], &[Value::Text(&"a".repeat(length))]);
        assert_eq!(state(&found).as_deref(), Some("54000"), "{length}");
        assert!(!found.iter().any(|(kind, _)| *kind == b'2'), "bound");
    }
    // names and types
    raw.send(&message(b'P', &[&[b'n'; 64][..], b"\0select 1\0\0\0"].concat()));
    raw.send(&message(b'S', b""));
    assert_eq!(state(&raw.until_ready()).as_deref(), Some("42622"));
    assert_eq!(state(&raw.run("select 1", &[20; 1_001], &[])).as_deref(), Some("54023"));
}

#[test]
fn a_time_is_the_same_in_both_formats() {
    let day = Day::small();
    let server = day.serve(CONFIG);
    let mut raw = Raw::session(&server);
    let at = chrono::DateTime::parse_from_rfc3339("2026-11-22T18:00:00Z").expect("a time").timestamp_micros()
        - EPOCH_US;
    let sql = "select ts = '2026-11-22 18:00', ts = '2026-11-22T18:00:00Z' from (select arrow_cast('2026-11-22T10:00:00Z', 'Timestamp(Microsecond, Some(\"UTC\"))') as ts) as t where ts = $1";
    let utc = sql.replace("10:00:00Z', 'T", "18:00:00Z', 'T");
    for value in [Value::Text("2026-11-22 18:00:00"), Value::Binary(&at.to_be_bytes())] {
        assert_eq!(rows(&raw.run(sql, &[1114], std::slice::from_ref(&value)), sql), ["t|f"]);
        assert!(rows(&raw.run(&utc, &[1114], &[value]), sql).is_empty());
    }
    for value in [Value::Text("2026-11-22 18:00:00+00"), Value::Binary(&at.to_be_bytes())] {
        assert_eq!(rows(&raw.run(&utc, &[1184], &[value]), sql), ["f|t"]);
    }
    // the ends of time
    let all =
        "select count(*) = (select count(*) from audit), count(*) > 0 from audit where ts <= $1 and ts > $2";
    for values in [
        [Value::Text("infinity"), Value::Text("-infinity")],
        [Value::Binary(&i64::MAX.to_be_bytes()), Value::Binary(&i64::MIN.to_be_bytes())],
    ] {
        assert_eq!(rows(&raw.run(all, &[1184, 1184], &values), all), ["t|t"]);
    }
    let far = (i64::MAX - 1).to_be_bytes();
    let found = raw.run(all, &[1184, 1184], &[Value::Binary(&far), Value::Text("-infinity")]);
    assert_eq!(state(&found).as_deref(), Some("22P02"));
    let sql = "select arrow_cast(9223372036854775807, 'Timestamp(Microsecond, None)'), arrow_cast(-9223372036854775807, 'Timestamp(Microsecond, None)')";
    assert_eq!(raw.rows(sql), ["infinity|-infinity"]);
}

#[test]
fn a_description_is_that_of_the_result() {
    let day = Day::small();
    let server = day.serve(CONFIG);
    let mut raw = Raw::session(&server);
    // the type of the parameter that the client names, what it binds, and the type of the column
    for (oid, value, column) in [
        (20, "7", 20_u32),
        (23, "7", 20),
        (701, "1.5", 701),
        (16, "t", 16),
        (1082, "2026-11-22", 1082),
        (1184, "2026-11-22 10:00:00+00", 1114),
        (25, "a", 25),
        (0, "a", 25),
    ] {
        let messages = raw.run("select $1 as x", &[oid], &[Value::Text(value)]);
        let (_, described) = messages.iter().find(|(kind, _)| *kind == b'T').expect("a description");
        assert_eq!(described[10..14], column.to_be_bytes(), "{oid}");
        assert_eq!(rows(&messages, value).len(), 1);
        let with_null = raw.run("select $1 is null as x, $1 as y", &[oid], &[Value::Null]);
        assert_eq!(rows(&with_null, value), ["t|"], "{oid}");
    }
    // statements that drivers prepare before they know a value
    let sql = "select attrs->>$1 from event where reason = $2 or true limit $3 offset $4";
    let two = 2_i64.to_be_bytes();
    let values = [Value::Text("x"), Value::Text("y"), Value::Binary(&two), Value::Text("0")];
    let messages = raw.run(sql, &[], &values);
    assert_eq!(rows(&messages, sql).len(), 2);
    let (_, types) = messages.iter().find(|(kind, _)| *kind == b't').expect("types");
    let expected: Vec<u8> = [25_u32, 25, 20, 20].iter().flat_map(|oid| oid.to_be_bytes()).collect();
    assert_eq!(types[2..], expected);
    let all = "select count(*) > 0 from (select 1 from event limit $1) as t";
    assert_eq!(rows(&raw.run(all, &[], &[Value::Null]), all), ["t"]);
}

#[test]
fn comments_may_precede_a_command() {
    let day = Day::small();
    let server = day.serve(CONFIG);
    let mut raw = Raw::session(&server);
    assert_eq!(raw.rows("/* app */ show timezone"), ["UTC"]);
    assert_eq!(raw.query("-- app\n /* a */begin"), None);
    assert_eq!(raw.query("/* app */ drop table audit").as_deref(), Some("42501"));
    // a portal whose last row was sent has no further one
    raw.send(&message(b'P', b"\0select 1\0\0\0"));
    raw.send(&message(b'B', b"\0\0\0\0\0\0\0\0"));
    for _ in 0..2 {
        raw.send(&message(b'E', b"\0\0\0\0\0"));
    }
    raw.send(&message(b'S', b""));
    let messages = raw.until_ready();
    let tags: Vec<_> =
        messages.iter().filter(|(kind, _)| *kind == b'C').map(|(_, tag)| tag.as_slice()).collect();
    assert_eq!(tags, [&b"SELECT 1\0"[..], b"SELECT 0\0"]);
}
