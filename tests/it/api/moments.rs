//! Days, times and windows as people write them.

use chrono::NaiveDate;
use chrono_tz::Tz;
use model::moment::Clock;
use model::time::Ts;

/// Saturday noon in Shanghai.
fn clock() -> Clock {
    let zone: Tz = "Asia/Shanghai".parse().expect("a zone");
    Clock { now: Ts::parse("2026-11-28 12:00", zone).expect("a time"), zone }
}

/// Requires that a window reads as two local times; an empty text is an error.
#[track_caller]
fn window(text: &str, date: Option<&str>, expected: &str) {
    let day = date.map(|date| clock().day(date).expect("a day"));
    let read = clock().window(text, day);
    let read =
        read.map(|window| format!("{} – {}", window.from.local(window.zone), window.to.local(window.zone)));
    match (&read, expected) {
        (Err(error), "") => assert!(error.hint.is_some(), "{text}: {error}"),
        (read, expected) => assert_eq!(read.as_deref().ok(), Some(expected), "{text}"),
    }
}

#[test]
fn windows_are_read_as_people_write_them() {
    let day = "2026-11-22 00:00:00 – 2026-11-23 00:00:00";
    let hour = "2026-11-22 10:00:00 – 2026-11-22 11:00:00";
    let yesterday = "2026-11-27 00:00:00 – 2026-11-28 00:00:00";
    let hour_of_yesterday = "2026-11-27 10:00:00 – 2026-11-27 11:00:00";
    for (text, expected) in [
        ("2026-11-22", day),
        ("6 days ago", day),
        ("2026-11-22 10:00-11:00", hour),
        ("2026-11-22 10:00 - 11:00", hour),
        ("2026-11-22 10:00:00-11:00:00", hour),
        ("2026-11-22T10:00 to 2026-11-22T11:00", hour),
        ("2026-11-22T10:00:00+08:00 to 2026-11-22T03:00:00Z", hour),
        ("2026-11-22T02:00:00Z/2026-11-22T03:00:00Z", hour),
        ("2026-11-22 10:00..11:00", hour),
        ("yesterday", yesterday),
        (" Yesterday ", yesterday),
        ("昨天", yesterday),
        ("yesterday 10:00-11:00", hour_of_yesterday),
        ("yesterday 10:00 to 11:00", hour_of_yesterday),
        ("yesterday 10:00 to yesterday 11:00", hour_of_yesterday),
        ("昨天10:00-11:00", hour_of_yesterday),
        ("昨天 10:00 到 11:00", hour_of_yesterday),
        ("today 23:00-24:00", "2026-11-28 23:00:00 – 2026-11-29 00:00:00"),
        ("yesterday 23:00-01:00", "2026-11-27 23:00:00 – 2026-11-28 01:00:00"),
        ("last 2h", "2026-11-28 10:00:00 – 2026-11-28 12:00:00"),
        ("last 90 minutes", "2026-11-28 10:30:00 – 2026-11-28 12:00:00"),
        ("past 1h30m", "2026-11-28 10:30:00 – 2026-11-28 12:00:00"),
        ("last day", "2026-11-27 12:00:00 – 2026-11-28 12:00:00"),
        ("最近2小时", "2026-11-28 10:00:00 – 2026-11-28 12:00:00"),
        ("2h ago to now", "2026-11-28 10:00:00 – 2026-11-28 12:00:00"),
        ("", ""),
        ("10:00-11:00", ""),
        ("2026-11-22 10:00", ""),
        ("2026-11-22 11:00 to 2026-11-22 10:00", ""),
        ("last 0h", ""),
        ("last 99999999999999999999d", ""),
        ("last 9999999999d", ""),
        ("2026-02-30", ""),
        ("9999-12-31", ""),
        ("sometime", ""),
        ("a to b", ""),
        ("-", ""),
        (" to ", ""),
    ] {
        window(text, None, expected);
    }
    window("10:00-11:00", Some("2026-11-22"), hour);
    window("10:00 to 11:00", Some("yesterday"), hour_of_yesterday);
    window("yesterday 10:00-11:00", Some("2026-11-22"), hour_of_yesterday);
}

#[test]
fn points_are_read_as_people_write_them() {
    let day = NaiveDate::from_ymd_opt(2026, 11, 22);
    for (text, expected) in [
        ("2026-11-22 10:12", "2026-11-22 10:12:00"),
        ("2026-11-22T02:12:00Z", "2026-11-22 10:12:00"),
        ("10:12", "2026-11-22 10:12:00"),
        ("yesterday 10:12:30", "2026-11-27 10:12:30"),
        ("yesterday", "2026-11-27 00:00:00"),
        ("now", "2026-11-28 12:00:00"),
        ("2h ago", "2026-11-28 10:00:00"),
        ("30分钟前", "2026-11-28 11:30:00"),
    ] {
        let read = clock().point(text, day).map(|ts| ts.local(clock().zone));
        assert_eq!(read.ok().as_deref(), Some(expected), "{text}");
    }
    let error = clock().point("10:12", None).expect_err("no day");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("requires a day")), "{error}");
    for text in ["", "25:00", "yesterday 25:00", "soon", "ago", "h ago ago"] {
        assert!(clock().point(text, day).is_err(), "{text}");
    }
}
