//! The daily batch over weeks of a clock that only the test moves.

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use headwater::cancel::Cancel;
use headwater::config::Config;
use headwater::delivery::channel::{Channel, Environment};
use headwater::ingest::Progress;
use headwater::lake::Lake;
use headwater::lake::catalog::Catalog;
use headwater::pipeline::{Daily, Outcome, ReportReason, Workspace};
use headwater::source::Source;
use model::time::{Ts, local_ts};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};
use tokio::runtime::Runtime;

const ZONE: Tz = chrono_tz::America::New_York;

/// A bucket, a lake and a clock.
pub struct World {
    dir: tempfile::TempDir,
    runtime: Runtime,
    /// Lines of `[source]`, and sections after it.
    pub source: String,
}

impl World {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_stack_size(16 << 20)
            .enable_all()
            .build();
        let dir = tempfile::tempdir().expect("a folder");
        Self { dir, runtime: runtime.expect("a runtime"), source: String::new() }
    }

    fn sent_path(&self) -> PathBuf {
        self.dir.path().join("sent.jsonl")
    }

    /// Puts an object into the bucket with a time of change.
    pub fn put(&self, key: &str, text: &str, at: Ts) {
        let path = self.dir.path().join("bucket").join(key);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("written");
        let at = UNIX_EPOCH + Duration::from_micros(at.0.unsigned_abs());
        File::options().append(true).open(&path).and_then(|file| file.set_modified(at)).expect("dated");
    }

    /// Runs the daily job at a point in time.
    pub fn run(&self, now: Ts) -> Vec<Outcome> {
        self.run_on(None, now)
    }

    pub fn run_on(&self, date: Option<NaiveDate>, now: Ts) -> Vec<Outcome> {
        let text = format!(
            "timezone = \"{ZONE}\"\n[source]\n{}\n[schedule]\ncron = \"0 7 * * *\"\n[engine]\nthreads = 1\n\
             [[channel]]\nkind = \"file\"\nname = \"archive\"\nlang = \"en\"\npath = {:?}\n",
            self.source,
            self.sent_path().display().to_string()
        );
        let config = Config::parse(&text, "test").expect("a config");
        let lake = Lake::create(&self.dir.path().join("lake")).expect("a lake");
        let _lock = lake.lock("test").expect("the lock");
        let catalog = Catalog::open(&lake.catalog_path()).expect("a catalog");
        let rules = headwater::analysis::rules::load(None).expect("rules");
        let environment = Environment { env: &|_| None, print: |_| Ok(()) };
        let open = |channel| Channel::open(channel, environment).expect("a channel");
        let channels: Vec<Channel> = config.channels.iter().map(open).collect();
        let mut workspace = Workspace { lake, catalog, config, rules };
        let mut outcomes = Vec::new();
        let mut daily = Daily {
            workspace: &mut workspace,
            source: &Source::folder(&self.dir.path().join("bucket")),
            channels: &channels,
            runtime: self.runtime.handle(),
            cancel: &Cancel::default(),
            now: &|| now,
            on_step: &|_| {},
            progress: &Progress::default(),
        };
        daily.run(date, &mut |outcome| outcomes.push(outcome)).expect("a run");
        outcomes
    }

    pub fn catalog(&self) -> Catalog {
        Catalog::open(&self.dir.path().join("lake/catalog.db")).expect("a catalog")
    }

    fn sent(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.sent_path()).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

pub fn at(day: NaiveDate, hour: u32, minute: u32) -> Ts {
    local_ts(day.and_hms_opt(hour, minute, 0).expect("a time"), ZONE)
}

/// Returns an event of a pod that was OOM-killed at local noon.
pub fn killed(day: NaiveDate, pod: &str) -> String {
    let ts = at(day, 12, 0).utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    format!(
        r#"{{"kind":"Event","apiVersion":"v1","metadata":{{"name":"{pod}.{day}","namespace":"shop","uid":"{pod}-{day}"}},"involvedObject":{{"kind":"Pod","namespace":"shop","name":"{pod}"}},"reason":"OOMKilling","message":"Memory cgroup out of memory: killed process 7","type":"Warning","firstTimestamp":"{ts}","lastTimestamp":"{ts}","count":9}}"#
    ) + "\n"
}

pub fn key_of(day: NaiveDate, name: &str) -> String {
    format!("event/{}/{name}.log", day.format("%Y/%m/%d"))
}

/// Runs the daily job each morning for `days` days from `first`, except after the days in `missed`.
pub fn weeks(world: &World, first: NaiveDate, days: u64, missed: &BTreeSet<u64>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for day in 0..days {
        let date = first + Days::new(day);
        world.put(&key_of(date, "a"), &killed(date, "pay-api-6d4b75cb6d-hwv2x"), at(date, 23, 50));
        let morning = date + Days::new(1);
        if !missed.contains(&day) {
            outcomes.extend(world.run(at(morning, 7, 0)));
        }
    }
    outcomes
}

pub fn days_and_reasons(outcomes: &[Outcome]) -> Vec<(String, ReportReason)> {
    outcomes.iter().map(|outcome| (outcome.date.to_string(), outcome.reason)).collect()
}

#[test]
fn every_day_once_across_both_clock_changes() {
    for (first, change) in [("2026-02-20", "2026-03-08"), ("2026-10-15", "2026-11-01")] {
        let first: NaiveDate = first.parse().expect("a day");
        let change: NaiveDate = change.parse().expect("a day");
        let world = World::new();
        let outcomes = weeks(&world, first, 30, &BTreeSet::new());
        let expected: Vec<_> =
            (0..30).map(|day| ((first + Days::new(day)).to_string(), ReportReason::Due)).collect();
        assert_eq!(days_and_reasons(&outcomes), expected);
        for outcome in &outcomes {
            let hours = (outcome.report.run.to.0 - outcome.report.run.from.0) / 3_600_000_000;
            let right = if outcome.date == change { [23, 25] } else { [24, 24] };
            assert!(right.contains(&hours), "{}: {hours} h", outcome.date);
            assert_eq!(outcome.report.findings.len(), 1, "{}", outcome.date);
        }
        let days: Vec<String> =
            world.sent().iter().map(|message| message["date"].as_str().expect("a date").to_owned()).collect();
        assert_eq!(days, expected.iter().map(|(day, _)| day.clone()).collect::<Vec<_>>());
    }
}

#[test]
fn a_missed_week_is_caught_up_in_order_and_its_briefs_say_so() {
    let world = World::new();
    let first: NaiveDate = "2026-03-02".parse().expect("a day");
    let outcomes = weeks(&world, first, 14, &(4..11).collect());
    let why = |day: u64| if (4..11).contains(&day) { ReportReason::CaughtUp } else { ReportReason::Due };
    let expected: Vec<_> = (0..14).map(|day| ((first + Days::new(day)).to_string(), why(day))).collect();
    assert_eq!(days_and_reasons(&outcomes), expected);
    let texts: BTreeMap<String, String> = world
        .sent()
        .iter()
        .map(|m| (m["date"].as_str().expect("date").into(), m["text"].as_str().expect("text").into()))
        .collect();
    assert_eq!(texts.len(), 14);
    assert!(texts["2026-03-07"].starts_with("Caught up: the report of 2026-03-07 was missed"), "{texts:?}");
    assert!(!texts["2026-03-04"].starts_with("Caught up"), "{texts:?}");
}

#[test]
fn late_and_replaced_objects_reopen_their_days() {
    let world = World::new();
    let first: NaiveDate = "2026-03-02".parse().expect("a day");
    let mut outcomes = weeks(&world, first, 5, &BTreeSet::new());
    let (late, replaced) = (first + Days::new(2), first + Days::new(3));
    let now = first + Days::new(5);
    world.put(&key_of(late, "late"), &killed(late, "cart-api-7f9c6d5b4-x2x4z"), at(now, 6, 0));
    let more = killed(replaced, "pay-api-6d4b75cb6d-hwv2x") + &killed(replaced, "order-api-5b8c9d7f6-abcde");
    world.put(&key_of(replaced, "a"), &more, at(now, 6, 10));
    outcomes.extend(weeks(&world, now, 3, &BTreeSet::new()));
    let mut expected: Vec<_> =
        (0..5).map(|day| ((first + Days::new(day)).to_string(), ReportReason::Due)).collect();
    expected.push((late.to_string(), ReportReason::Reopened));
    expected.push((replaced.to_string(), ReportReason::Reopened));
    expected.extend((5..8).map(|day| ((first + Days::new(day)).to_string(), ReportReason::Due)));
    assert_eq!(days_and_reasons(&outcomes), expected);
    let reopened: Vec<&Outcome> = outcomes.iter().filter(|o| o.reason == ReportReason::Reopened).collect();
    assert_eq!(reopened[0].report.findings.len(), 2);
    assert_eq!(reopened[1].report.findings.len(), 2);
    let sent = world.sent();
    let mut ids = BTreeSet::new();
    for finding in sent.iter().flat_map(|message| message["findings"].as_array().expect("a list")) {
        assert!(ids.insert(finding["id"].as_str().expect("an id").to_owned()), "{finding} was sent twice");
    }
    assert_eq!(ids.len(), 10, "eight days, and one more finding on each of two");
    let updates: Vec<&Value> = sent.iter().filter(|message| message["is_update"] == true).collect();
    assert_eq!(updates.len(), 2);
    for update in updates {
        assert_eq!(update["findings"].as_array().expect("a list").len(), 1, "{update}");
        assert!(update["text"].as_str().expect("text").starts_with("Update: logs of"), "{update}");
    }
    // a second run on the same morning changes nothing
    let again = world.run(at(first + Days::new(8), 7, 5));
    assert_eq!(days_and_reasons(&again), [((first + Days::new(7)).to_string(), ReportReason::Unchanged)]);
    assert_eq!(world.sent().len(), sent.len());
}

#[test]
fn days_too_old_to_be_caught_up_are_reported_as_a_problem() {
    let world = World::new();
    let first: NaiveDate = "2026-03-02".parse().expect("a day");
    let outcomes = weeks(&world, first, 40, &(3..39).collect());
    assert_eq!(outcomes.len(), 3 + 14);
    let problems = &outcomes[3].report.coverage.problems;
    let named = problems.iter().find(|problem| problem.what.contains("have no report")).expect("named");
    assert!(named.what.contains("23 days from 2026-03-05 to 2026-03-27"), "{named}");
}

#[test]
fn an_empty_bucket_is_a_problem_and_not_a_calm_day() {
    let world = World::new();
    let day: NaiveDate = "2026-03-02".parse().expect("a day");
    fs::create_dir_all(world.dir.path().join("bucket")).expect("a folder");
    let outcomes = world.run(at(day, 7, 0));
    assert_eq!(outcomes.len(), 1);
    assert!(outcomes[0].problems[0].what.contains("has no object"), "{:?}", outcomes[0].problems);
}

#[test]
fn copies_of_objects_are_kept_by_log_type() {
    let mut world = World::new();
    let kept = world.dir.path().join("originals");
    world.source = format!("keep = {:?}", kept.display().to_string());
    let day: NaiveDate = "2026-03-02".parse().expect("a day");
    let text = killed(day, "pay-api-6d4b75cb6d-hwv2x");
    world.put(&key_of(day, "a"), &text, at(day, 23, 0));
    world.put("business/2026/03/02/pay api.log", "2026-03-02T12:00:00Z ERROR it failed\n", at(day, 23, 0));
    world.run(at(day + Days::new(1), 7, 0));
    assert_eq!(fs::read_to_string(kept.join("event").join(key_of(day, "a"))).expect("kept"), text);
    let business: Vec<String> = fs::read_dir(kept.join("business/business/2026/03/02"))
        .expect("kept")
        .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(business.len(), 1);
    assert!(business[0].starts_with("pay_api.log-"), "{business:?}");
    let left: Vec<_> = fs::read_dir(&kept).expect("kept").flatten().filter(|f| f.path().is_file()).collect();
    assert!(left.is_empty(), "no temporary file is left: {left:?}");
}

#[test]
fn a_day_run_by_hand_does_not_hide_the_missed_days_before_it() {
    let world = World::new();
    let first: NaiveDate = "2026-03-02".parse().expect("a day");
    weeks(&world, first, 2, &BTreeSet::new());
    for day in 2..6 {
        let date = first + Days::new(day);
        world.put(&key_of(date, "a"), &killed(date, "pay-api-6d4b75cb6d-hwv2x"), at(date, 23, 50));
    }
    let now = at(first + Days::new(6), 7, 0);
    let by_hand = world.run_on(Some(first + Days::new(4)), now);
    assert_eq!(days_and_reasons(&by_hand), [((first + Days::new(4)).to_string(), ReportReason::Due)]);
    let rest = world.run(now);
    let expected = [(2, ReportReason::CaughtUp), (3, ReportReason::CaughtUp), (5, ReportReason::Due)]
        .map(|(day, why)| ((first + Days::new(day)).to_string(), why));
    assert_eq!(days_and_reasons(&rest), expected);
}
