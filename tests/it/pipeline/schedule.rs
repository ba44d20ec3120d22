//! The schedule against a simulation of the local clock minute by minute, in time zones with clock changes.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Timelike};
use chrono_tz::Tz;
use headwater::config::Config;
use headwater::config::schedule::Schedule;
use model::time::{Ts, parse_date, parse_zone};

const ZONES: [&str; 4] = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];

/// A cron and the local minutes that it matches.
type Meant = (&'static str, fn(NaiveDateTime) -> bool);

/// At seven; inside the skipped hour in spring; inside the repeated hour in autumn; several times inside
/// both; late in the evening; on weekdays; on a day of each month.
const CRONS: [Meant; 8] = [
    ("0 7 * * *", |t| (t.hour(), t.minute()) == (7, 0)),
    ("30 2 * * *", |t| (t.hour(), t.minute()) == (2, 30)),
    ("15 2 * * *", |t| (t.hour(), t.minute()) == (2, 15)),
    ("45 1 * * *", |t| (t.hour(), t.minute()) == (1, 45)),
    ("*/20 1,2 * * *", |t| matches!(t.hour(), 1 | 2) && t.minute().is_multiple_of(20)),
    ("59 23 * * *", |t| (t.hour(), t.minute()) == (23, 59)),
    ("0 7 * * 1-5", |t| (t.hour(), t.minute()) == (7, 0) && t.weekday().num_days_from_monday() < 5),
    ("30 2 29 * *", |t| (t.day(), t.hour(), t.minute()) == (29, 2, 30)),
];

fn zone(name: &str) -> Tz {
    parse_zone(name).expect("a zone")
}

fn schedule(cron: &str, zone_name: &str) -> Schedule {
    Schedule::parse(cron, zone(zone_name)).expect("a cron")
}

fn ts(text: &str) -> Ts {
    Ts(DateTime::parse_from_rfc3339(text).expect("a time").timestamp_micros())
}

fn date(text: &str) -> NaiveDate {
    parse_date(text).expect("a date")
}

fn local(at: Ts, zone: Tz) -> NaiveDateTime {
    at.utc().with_timezone(&zone).naive_local()
}

/// Returns the expected firings from `from` to `to`: for each matching local time the first minute at which
/// the clock shows it or a later time, with its date.
fn simulated(matches: fn(NaiveDateTime) -> bool, zone: Tz, from: Ts, to: Ts) -> Vec<(Ts, NaiveDate)> {
    let mut firings: Vec<(Ts, NaiveDate)> = Vec::new();
    let mut shown = local(from, zone);
    let mut at = from;
    while at < to {
        at = at.plus_s(60);
        let now = local(at, zone);
        while shown < now {
            shown += TimeDelta::minutes(1);
            if matches(shown) {
                firings.push((at, shown.date()));
            }
        }
    }
    firings
}

#[test]
fn a_year_of_firings_equals_the_simulation() {
    let (from, to) = (ts("2026-01-01T00:00:00Z"), ts("2027-01-01T00:00:00Z"));
    for name in ZONES {
        for (cron, matches) in CRONS {
            let schedule = schedule(cron, name);
            let mut expected: Vec<Ts> =
                simulated(matches, zone(name), from, to).into_iter().map(|(at, _)| at).collect();
            expected.dedup(); // several times inside one gap fire once
            let next = |now: &Ts| schedule.next_after(*now);
            let fired: Vec<Ts> =
                std::iter::successors(next(&from), next).take_while(|firing| *firing <= to).collect();
            assert_eq!(fired, expected, "{cron} in {name}");
        }
    }
}

/// The next firing is the same from every minute between two firings, also if the clock is set back.
#[test]
fn the_next_firing_is_the_same_from_every_minute() {
    for (name, day) in [
        ("Europe/Berlin", "2026-10-25T"),
        ("America/New_York", "2026-11-01T"),
        ("Australia/Lord_Howe", "2026-04-04T"),
        ("Europe/Berlin", "2026-03-29T"),
    ] {
        let from = ts(&format!("{day}00:00:00Z")).plus_s(-86_400);
        for (cron, matches) in CRONS {
            let schedule = schedule(cron, name);
            let firings =
                simulated(matches, zone(name), from.plus_s(-100 * 86_400), from.plus_s(100 * 86_400));
            for minute in 0..3 * 1440 {
                let now = from.plus_s(minute * 60 + 30);
                let next = firings.iter().map(|(at, _)| *at).find(|at| *at > now);
                assert_eq!(schedule.next_after(now), next, "{cron} in {name} at {now}");
                let last = firings.iter().rev().find(|(at, _)| *at <= now).map(|(_, day)| *day);
                let due = last.and_then(|day| day.pred_opt());
                assert_eq!(schedule.due(None, now, 14).first().copied(), due, "{cron} in {name} at {now}");
            }
        }
    }
}

#[test]
fn each_day_is_due_once_and_in_order() {
    let (from, to) = (ts("2026-01-01T12:00:00Z"), ts("2027-01-03T12:00:00Z"));
    for name in ZONES {
        for (cron, matches) in CRONS {
            let schedule = schedule(cron, name);
            let firings = simulated(matches, zone(name), from.plus_s(-86_400), to);
            let first = date("2026-01-10");
            let mut done = first;
            let mut now = from;
            while now < to {
                let before = now;
                now = now.plus_s(1800);
                for day in schedule.due(Some(done), now, 400) {
                    assert_eq!(day, done + Days::new(1), "{cron} in {name} at {now}");
                    let (since, _) = firings.iter().find(|(_, fired)| *fired > day).expect("a firing");
                    assert!(
                        before < *since && *since <= now,
                        "{cron} in {name}: {day} at {now}, not {since}"
                    );
                    done = day;
                }
            }
            let last = firings.last().and_then(|(_, fired)| fired.pred_opt());
            assert_eq!(Some(done), last, "{cron} in {name}");
        }
    }
}

#[track_caller]
fn check_next((cron, name): (&str, &str), now: &str, expected: [&str; 2]) {
    let schedule = schedule(cron, name);
    let first = schedule.next_after(ts(now)).expect("a firing");
    let second = schedule.next_after(first).expect("a firing");
    assert_eq!([first, second], expected.map(ts), "{cron} in {name}");
}

#[test]
fn skipped_and_repeated_hours_fire_once() {
    let berlin = ("30 2 * * *", "Europe/Berlin");
    check_next(
        berlin,
        "2026-03-29T00:00:00+01:00",
        ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"],
    );
    check_next(
        berlin,
        "2026-10-25T00:00:00+02:00",
        ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"],
    );
    let lord_howe = ("15 2 * * *", "Australia/Lord_Howe");
    check_next(
        lord_howe,
        "2026-10-04T00:00:00+10:30",
        ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"],
    );
    let often = ("*/20 * * * *", "America/New_York");
    check_next(
        often,
        "2026-03-08T01:40:00-05:00",
        ["2026-03-08T03:00:00-04:00", "2026-03-08T03:20:00-04:00"],
    );
    check_next(
        often,
        "2026-11-01T01:20:00-04:00",
        ["2026-11-01T01:40:00-04:00", "2026-11-01T02:00:00-05:00"],
    );
    let samoa = ("0 7 * * *", "Pacific/Apia"); // 30 December 2011 never was
    check_next(
        samoa,
        "2011-12-29T08:00:00-10:00",
        ["2011-12-31T00:00:00+14:00", "2011-12-31T07:00:00+14:00"],
    );
}

#[track_caller]
fn check_due(cron: &str, done: Option<&str>, now: &str, limit: u32, expected: &[&str]) {
    let now = Ts::parse(now, zone("Asia/Shanghai")).expect("a time");
    let days = schedule(cron, "Asia/Shanghai").due(done.map(date), now, limit);
    let days: Vec<String> = days.iter().map(ToString::to_string).collect();
    assert_eq!(days, expected, "{cron}, {done:?} done, {now}");
}

#[test]
fn days_are_due_after_a_firing_on_a_later_day() {
    let daily = "0 7 * * *";
    check_due(daily, Some("2026-11-20"), "2026-11-22 06:59", 14, &[]);
    check_due(daily, Some("2026-11-20"), "2026-11-22 07:00", 14, &["2026-11-21"]);
    check_due(daily, Some("2026-11-21"), "2026-11-22 23:59", 14, &[]);
    check_due(daily, None, "2026-11-22 09:00", 14, &["2026-11-21"]);
    check_due(daily, None, "2026-11-22 06:00", 14, &["2026-11-20"]);

    let week =
        ["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22"];
    check_due(daily, Some("2026-11-15"), "2026-11-23 09:00", 14, &week);
    check_due(daily, Some("2026-11-15"), "2026-11-23 09:00", 3, &week[4..]);
    check_due(daily, Some("2025-11-15"), "2026-11-23 09:00", 7, &week);

    check_due(daily, Some("2026-11-21"), "2026-11-19 09:00", 14, &[]); // the clock was set back
    check_due(daily, Some("2026-11-21"), "1970-01-02 09:00", 14, &[]);

    let weekdays = "0 7 * * MON-FRI"; // the 20th is a Friday
    check_due(weekdays, Some("2026-11-18"), "2026-11-20 07:00", 14, &["2026-11-19"]);
    check_due(weekdays, Some("2026-11-19"), "2026-11-22 23:00", 14, &[]);
    check_due(weekdays, Some("2026-11-19"), "2026-11-23 07:00", 14, &week[4..]);

    let often = "0 */6 * * *";
    check_due(often, Some("2026-11-20"), "2026-11-22 00:00", 14, &["2026-11-21"]);
    check_due(often, Some("2026-11-21"), "2026-11-22 06:00", 14, &[]);
}

#[track_caller]
fn check_invalid(cron: &str) {
    let error = Schedule::parse(cron, Tz::UTC).err().unwrap_or_else(|| panic!("`{cron}` is read"));
    let text = error.to_string();
    assert_eq!(error.exit_code(), 2);
    assert!(text.contains(&format!("`{cron}`")) && text.contains("hint: "), "{text}");
}

#[test]
fn invalid_crons_are_errors() {
    for cron in
        ["", "7", "0 7 * *", "0 0 7 * * *", "0 7 * * * 2026", "60 7 * * *", "0 24 * * *", "0 7 31 2 *"]
    {
        check_invalid(cron);
    }
    for cron in ["@noon", "at seven", "0 7 * * MOO", "0 7 ** * *", "*/0 * * * *", "5-1 * * * *", "，"] {
        check_invalid(cron);
    }
    for cron in ["@daily", "0 7 * * sun", "0 7 L * *", "0 7 29 2 *", " 0  7 * * ? "] {
        assert!(schedule(cron, "UTC").next_after(Ts::default()).is_some(), "{cron}");
    }
    assert_eq!(schedule("0 7 * * *", "UTC").next_after(ts("9999-01-01T00:00:00Z")), None); // croner ends at 5000
}

#[test]
fn invalid_schedules_in_the_config_are_errors() {
    let of = |text: &str| Config::parse(text, "headwater.toml");
    let error = |text: &str| of(text).err().map(|error| error.to_string()).unwrap_or_default();
    let cron = error("[schedule]\ncron = \"0 0 7 * * *\"\n");
    assert!(cron.contains("headwater.toml: [schedule] cron") && cron.contains("hint: "), "{cron}");
    let days = error("[schedule]\ncatch_up_days = 0\n");
    assert!(days.contains("[schedule] catch_up_days") && days.contains("hint: "), "{days}");
    let config = of("timezone = \"UTC\"\n[schedule]\ncron = \"0 7 * * *\"\n").expect("a config");
    let next = config.schedule().expect("a cron").and_then(|schedule| schedule.next_after(Ts::default()));
    assert_eq!(next, Some(ts("1970-01-01T07:00:00Z")));
    assert!(of("").expect("a config").schedule().expect("no cron").is_none());
}
