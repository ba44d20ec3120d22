//! Times in every form that logs write, with the zone and the year that they omit.

use chrono::NaiveDate;
use chrono_tz::Tz;
use format::Clock;
use format::text::time;
use model::time::Ts;

fn clock(zone: Tz) -> Clock {
    Clock { zone, day: NaiveDate::from_ymd_opt(2026, 11, 24).unwrap_or_default(), written: None }
}

/// Returns the time of a text in UTC, without the zeros at its end; `~` marks one that named no zone.
fn read(text: &str, zone: Tz) -> String {
    let Some(stamp) = time::any(text, &clock(zone)) else { return "none".into() };
    let time = Ts(stamp.ts).to_string();
    let time = time.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.');
    format!("{time}{}", if stamp.zoned { "" } else { "~" })
}

#[test]
fn a_number_after_the_time_is_not_its_zone() {
    let stamp = |text: &str| time::at_front(text, &clock(Tz::UTC)).map(|stamp| (stamp.len, stamp.zoned));
    for text in [
        "2026-11-24 10:12:03 -10 degrees",
        "2026-11-24 10:12:03 +3 items",
        "2026-11-24 10:12:03 a/b is split",
    ] {
        assert_eq!(stamp(text), Some((19, false)), "{text}");
    }
}

#[test]
fn short_dates_and_chinese_clocks_are_read() {
    let cases = [
        ("2026/1/4 9:05:03", "2026-01-04T09:05:03~"),
        ("2026年1月4日 9时05分03秒", "2026-01-04T09:05:03~"),
        ("2026年1月4日 下午12:05:03", "2026-01-04T12:05:03~"),
        ("2026-1-4 上午12:05:03", "2026-01-04T00:05:03~"),
        ("十一月 24, 2026 10:05:03 上午", "2026-11-24T10:05:03~"),
        ("二月 4, 2026 12:05:03 下午", "2026-02-04T12:05:03~"),
        ("11月 24, 2026 3:05:03 下午", "2026-11-24T15:05:03~"),
        ("2026-1-4 下午 3:05:03", "2026-01-04T15:05:03~"),
        // the order that is nearest to the object's day
        ("04/11/2026 10:12:03", "2026-11-04T10:12:03~"),
        ("11/04/2026 10:12:03", "2026-11-04T10:12:03~"),
        ("25/11/26 10:12:03", "2026-11-25T10:12:03~"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text, Tz::UTC), expected, "{text}");
    }
}

#[test]
fn every_form_is_read() {
    let same = [
        "2026-11-24 10:12:03.123",
        "2026-11-24T10:12:03,123",
        "2026/11/24 10:12:03.123",
        "2026.11.24 10:12:03.123",
        "2026-11-24_10:12:03.123",
        "2026-11-24][10:12:03.123",
        "2026-11-24] [10:12:03,123",
        "2026-11-24 10:12:03:123",
        "2026-11-24-10.12.03.123",
        "2026-11-24 10.12.03.123",
        "2026-328T10:12:03.123",
        "20261124 10:12:03.123",
        "20261124T101203.123",
        "20261124101203.123",
        "20261124-10:12:03:123",
        "261124 10:12:03.123",
        "261124 101203.123",
        "2026-11-24, 10:12:03.123",
        "2026年11月24日 10:12:03.123",
        "2026年11月24日 星期二 上午10:12:03.123",
        "11月24日 10:12:03.123",
        "2026/11/24 上午10:12:03.123",
        "26/11/24 10:12:03.123",
        "24/11/26 10:12:03.123",
        "24.11.26 10:12:03.123",
        "24/11/2026 10:12:03.123",
        "11-24-2026 10:12:03.123",
        "24 Nov 10:12:03.123",
        "2026 Nov 24 10:12:03.123",
        "11/24/2026, 10:12:03.123\u{202f}AM",
        "11/24/26 10:12:03.123",
        "11/24/2026 10:12:03.123",
        "24.11.2026 10:12:03.123",
        "24-11-2026 10:12:03.123",
        "11-24 10:12:03.123",
        "11.24 10:12:03.123",
        "1124 10:12:03.123",
        "24/Nov/2026:10:12:03.123",
        "24-Nov-2026 10:12:03.123",
        "24 Nov 2026 10:12:03.123",
        "Nov 24 10:12:03.123",
        "Nov 24 2026 10:12:03.123",
        "Nov 24, 2026 10:12:03.123 AM",
        "November 24, 2026 10:12:03.123",
        "Tue Nov 24 10:12:03.123 2026",
        "Tue, 24 Nov 2026 10:12:03.123",
        "Tuesday, November 24, 2026 10:12:03.123",
    ];
    for text in same {
        assert_eq!(read(text, Tz::UTC), "2026-11-24T10:12:03.123~", "{text}");
    }
    let zoned = [
        "2026-11-24T10:12:03.123Z",
        "2026-11-24T18:12:03.123+08:00",
        "2026-11-24T18:12:03.123+0800",
        "2026-11-24 18:12:03.123 +0800",
        "2026-11-24T18:12:03.123+08",
        "2026-11-24 18:12:03.123 +08",
        "2026-11-24 10:12:03.123 -00",
        "2026-11-24 18:12:03.123 GMT+8",
        "2026-11-24 18:12:03.123 UTC+08:00",
        "Tue Nov 24 2026 18:12:03.123 GMT+0800 (China Standard Time)",
        "24-Nov-2026 18:12:03.123 Asia/Shanghai",
        "2026-11-24 05:12:03.123 America/New_York",
        "2026-11-24T18:12:03.123+08:00[Asia/Shanghai]",
        "2026-11-24 10:12:03.123 UTC",
        "2026-11-24 02:12:03.123 PST",
        "24/Nov/2026:18:12:03.123 +0800",
        "Tue Nov 24 10:12:03.123 UTC 2026",
        "Tue, 24 Nov 2026 10:12:03.123 GMT",
        "1795515123.123",
        "1795515123123",
        "1795515123123000",
        "1795515123123000000",
    ];
    for text in zoned {
        assert_eq!(read(text, Tz::Asia__Shanghai), "2026-11-24T10:12:03.123", "{text}");
    }
    for text in [
        "",
        "hello",
        "10",
        "2026",
        "2026-13-01 10:12:03",
        "2026-11-24",
        "Nov 24",
        "March of progress",
        "99/99/99 10:12:03",
        "1.2.3 10:12:03",
    ] {
        assert_eq!(read(text, Tz::UTC), "none", "{text}");
    }
}

#[test]
fn a_name_of_a_zone_is_first_the_configured_zones() {
    assert_eq!(read("2026-11-24 18:12:03 CST", Tz::Asia__Shanghai), "2026-11-24T10:12:03");
    assert_eq!(read("2026-11-24 04:12:03 CST", Tz::UTC), "2026-11-24T10:12:03");
    assert_eq!(read("2026-11-24 10:12:03 INFO", Tz::UTC), "2026-11-24T10:12:03~");
}

#[test]
fn a_time_without_a_year_is_never_after_its_day() {
    let on = |year, month, day| Clock {
        zone: Tz::UTC,
        day: NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default(),
        written: None,
    };
    let year = |text: &str, clock: Clock| {
        time::any(text, &clock).map(|stamp| Ts(stamp.ts).to_string()[..10].to_owned()).unwrap_or_default()
    };
    assert_eq!(year("Dec 31 23:59:59", on(2027, 1, 1)), "2026-12-31");
    assert_eq!(year("Jan  1 00:00:01", on(2026, 12, 31)), "2027-01-01", "written just after midnight");
    assert_eq!(year("Jul  4 12:00:00", on(2026, 3, 1)), "2025-07-04");
    assert_eq!(year("Feb 29 12:00:00", on(2026, 3, 1)), "2024-02-29");
}

/// The form that most lines have is read by a shortcut; with slashes it is not.
#[test]
fn the_shortcut_reads_what_the_others_read() {
    let rests = [
        "",
        "Z",
        "z",
        "Zulu",
        ".",
        ".123",
        ",123 INFO x",
        ".123456789Z",
        " INFO x",
        " INFOS",
        " ERROR",
        " [main] x",
        " (a)",
        "Z [a]",
        " PM",
        " pm x",
        " Z",
        " UTC x",
        " CST",
        "CST",
        "+08:00",
        " -0500",
        "-05",
        " +08:00[Asia/Shanghai]",
        " Asia/Tokyo",
        ":123",
        ":12",
        "\u{202f}PM",
        "，x",
        "]",
        "|x",
        "T",
    ];
    for zone in [Tz::UTC, Tz::Asia__Shanghai, Tz::America__New_York] {
        for rest in rests {
            for date in [
                "2026-11-24 10:12:03",
                "2024-02-29 00:00:00",
                "2025-02-29 23:59:59",
                "2026-03-08 02:30:00",
                "2026-11-24 24:00:00",
                "2026-11-24 10:12:60",
            ] {
                let (usual, slashes) = (format!("{date}{rest}"), format!("{}{rest}", date.replace('-', "/")));
                assert_eq!(
                    time::at_front(&usual, &clock(zone)),
                    time::at_front(&slashes, &clock(zone)),
                    "{usual}"
                );
            }
        }
    }
}
