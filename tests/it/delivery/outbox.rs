//! The outbox: each finding once to each channel, until it arrived; what goes where and when; and a
//! real run killed between sending and noting it.

use crate::brief::template::{calm_day, incident_day};
use crate::delivery::channels::{address, open, runtime};
use crate::delivery::receiver::{self, KEY, Receiver, Reply};
use crate::program::{headwater, simulate};
use chrono_tz::Asia::Shanghai;
use headwater::brief::brief;
use headwater::cancel::Cancel;
use headwater::config::ChannelConfig;
use headwater::delivery::channel::Channel;
use headwater::delivery::{Outbox, Receipt};
use headwater::lake::catalog::Catalog;
use model::lang::Lang;
use model::report::{Report, Severity};
use model::time::Ts;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::Duration;

struct Office {
    _dir: tempfile::TempDir,
    catalog: Catalog,
    channels: Vec<Channel>,
    now: Ts,
}

impl Office {
    fn new(kind: &str, lines: &str, server: &Receiver) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let catalog = Catalog::open(&dir.path().join("catalog.db")).expect("a catalog");
        let channels = vec![open(kind, lines, &address(server, kind)).expect("a channel")];
        Self { _dir: dir, catalog, channels, now: at("2026-11-23 07:00") }
    }

    /// Writes what is new of a report, and sends all that is owed.
    fn tell(&mut self, report: &Report) -> Vec<Receipt> {
        self.post(Some(report))
    }

    /// Sends all that is owed at a time.
    fn again(&mut self, now: &str) -> Vec<Receipt> {
        self.now = at(now);
        self.post(None)
    }

    fn post(&mut self, report: Option<&Report>) -> Vec<Receipt> {
        let (now, stop) = (self.now, Cancel::default());
        let clock = || now;
        let post = Outbox { channels: &self.channels, zone: Shanghai, now: &clock, stop: &stop };
        self.catalog.settle_outbox().expect("settled");
        let mut receipts = post.let_go(&mut self.catalog).expect("let go");
        let text = |_: &mut Catalog, report: &Report, config: &ChannelConfig| {
            Ok(brief(report, Lang::of(&config.lang), config.length.into()))
        };
        if let Some(report) = report {
            post.write(&mut self.catalog, report, &text).expect("written");
        }
        receipts.extend(runtime().block_on(post.send(&mut self.catalog, &|_| true)).expect("sent"));
        receipts
    }
}

fn at(text: &str) -> Ts {
    Ts::parse(text, Shanghai).expect("a time")
}

fn states(receipts: &[Receipt]) -> Vec<&str> {
    receipts.iter().map(|receipt| receipt.state.as_str()).collect()
}

fn bodies(server: &Receiver) -> Vec<Value> {
    server.seen().iter().map(|seen| seen.json()).collect()
}

fn ids(bodies: &[Value]) -> Vec<&str> {
    bodies.iter().map(|body| body["id"].as_str().expect("an id")).collect()
}

fn told(bodies: &[Value]) -> Vec<&str> {
    let findings = bodies.iter().flat_map(|body| body["findings"].as_array().expect("findings"));
    findings.map(|finding| finding["id"].as_str().expect("an id")).collect()
}

fn refusals(status: u16, count: usize) -> Vec<Reply> {
    vec![Reply::Answer(status, "", "no".into()); count]
}

#[test]
fn a_message_keeps_its_id_until_it_arrived_though_more_is_found() {
    let server = Receiver::start(receiver::webhook);
    let mut office = Office::new("webhook", "", &server);
    let whole = incident_day();
    let mut report = whole.clone();
    let late = report.findings.pop().expect("a finding");
    server.script(refusals(503, 3));
    assert_eq!(states(&office.tell(&report)), ["failed"]);
    assert_eq!(server.seen().len(), 3, "three times in one go");
    server.script(refusals(500, 3));
    office.now = at("2026-11-23 07:10");
    let receipts = office.tell(&whole);
    assert_eq!(states(&receipts), ["failed", "sent"], "an update of what is new goes its own way");
    let receipts = office.again("2026-11-24 07:00");
    assert_eq!(states(&receipts), ["sent"]);
    assert!(office.again("2026-11-24 07:10").is_empty());
    let bodies = bodies(&server);
    let ids = ids(&bodies);
    let (first, update) = (ids[0], ids[6]);
    assert_eq!(ids, [first, first, first, first, first, first, update, first]);
    assert_ne!(first, update);
    assert_eq!(told(&bodies[6..7]), [late.id.as_str()]);
    let mut arrived = told(&bodies[6..]);
    arrived.sort_unstable();
    let mut all: Vec<&str> = whole.findings.iter().map(|finding| finding.id.as_str()).collect();
    all.sort_unstable();
    assert_eq!(arrived, all, "each once");
    let is_repeat: Vec<bool> = bodies.iter().map(|body| body["is_repeat"] == true).collect();
    let after_500 = [false, false, false, false, true, true, false, true];
    assert_eq!(is_repeat, after_500, "what a gateway may have handed on is marked");
    let last = bodies.last().expect("a body");
    assert!(
        last["is_late"] == true && last["made"] == "2026-11-23 07:00:00" && bodies[0]["is_late"] == false
    );
    let text = bodies[6]["text"].as_str().expect("text");
    assert!(!text.contains(&whole.findings[0].id[..8]), "an update tells the new ones alone: {text}");
}

#[test]
fn what_nobody_can_tell_goes_out_once_more_and_not_for_ever() {
    let server = Receiver::start(receiver::wecom);
    let mut office = Office::new("wecom", "", &server);
    server.script(vec![Reply::Reset; 9]);
    let receipts = office.tell(&incident_day());
    assert_eq!(states(&receipts), ["unknown"]);
    assert_eq!(server.seen().len(), 2, "once more");
    let text = |at: usize| server.seen()[at].json()["markdown"]["content"].as_str().expect("text").to_owned();
    assert!(!text(0).contains("可能重复") && text(1).contains("可能重复"));
    assert!(text(1).contains(&receipts[0].id), "by its id a reader sees that it is the same");
    assert!(receipts[0].problem().expect("a problem").to_string().contains("look there"));
    assert!(office.again("2026-11-24 07:00").is_empty());
    assert_eq!(server.seen().len(), 2);
    // a webhook can tell a repeat by its id
    let server = Receiver::start(receiver::webhook);
    let mut office = Office::new("webhook", "", &server);
    server.script(vec![Reply::Reset; 4]);
    assert_eq!(states(&office.tell(&incident_day())), ["unknown"]);
    assert_eq!(states(&office.again("2026-11-24 07:00")), ["sent"]);
    let bodies = bodies(&server);
    assert_eq!(ids(&bodies).into_iter().collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(bodies.len(), 5);
}

#[test]
fn only_the_parts_that_are_missing_are_sent_again() {
    let server = Receiver::start(receiver::wecom);
    let mut office = Office::new("wecom", "format = \"text\"\nlength = \"full\"", &server);
    let ok = || Reply::Answer(200, "", r#"{"errcode":0}"#.into());
    let wrong = || Reply::Answer(200, "", r#"{"errcode":93000,"errmsg":"x"}"#.into());
    server.script([ok(), wrong()]);
    let receipts = office.tell(&incident_day());
    assert_eq!(states(&receipts), ["rejected"]);
    let count = receipts[0].parts;
    assert!(count > 1, "a long brief");
    assert_eq!((receipts[0].parts_sent, server.seen().len()), (1, 2), "a wrong key is tried once");
    assert!(receipts[0].problem().expect("a problem").to_string().contains("mend the channel's config"));
    let receipts = office.again("2026-11-24 07:00");
    assert_eq!((states(&receipts), receipts[0].parts_sent), (vec!["sent"], count));
    let firsts: Vec<String> = bodies(&server)
        .iter()
        .map(|body| body["text"]["content"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(firsts.len(), count + 1);
    let with = |mark: &str| firsts.iter().filter(|text| text.contains(mark)).count();
    assert_eq!((with(&format!("(1/{count})")), with(&format!("(2/{count})"))), (1, 2));
}

#[test]
fn a_channel_that_is_busy_is_waited_for_and_holds_up_no_other() {
    let server = Receiver::start(receiver::webhook);
    let mut office = Office::new("webhook", "", &server);
    server.script([Reply::Answer(429, "retry-after: 2\r\n", String::new())]);
    assert_eq!(states(&office.tell(&incident_day())), ["sent"]);
    let seen = server.seen();
    assert!(seen[1].at - seen[0].at >= Duration::from_secs(2), "as long as it was told");
    // longer than a run waits: not before it is due
    let server = Receiver::start(receiver::webhook);
    let mut office = Office::new("webhook", "", &server);
    server.script([Reply::Answer(429, "retry-after: 7200\r\n", String::new())]);
    assert_eq!(states(&office.tell(&incident_day())), ["failed"]);
    assert!(office.again("2026-11-23 08:30").is_empty());
    assert_eq!(states(&office.again("2026-11-23 09:30")), ["sent"]);
}

#[test]
fn what_is_three_days_old_is_let_go_and_said_so() {
    let server = Receiver::start(receiver::webhook);
    let mut office = Office::new("webhook", "", &server);
    server.script(refusals(403, 3));
    assert_eq!(states(&office.tell(&incident_day())), ["rejected"]);
    assert_eq!(states(&office.again("2026-11-24 07:00")), ["rejected"]);
    assert_eq!(states(&office.again("2026-11-26 06:00")), ["rejected"]);
    let receipts = office.again("2026-11-26 07:30");
    assert_eq!(states(&receipts), ["expired"]);
    assert!(receipts[0].problem().expect("a problem").to_string().contains("let go"));
    assert!(office.tell(&incident_day()).is_empty(), "nor does it come back");
}

#[test]
fn quiet_hours_hold_back_all_but_what_is_urgent() {
    let mut grave = incident_day();
    grave.findings[0].severity = Severity::Critical;
    let mut mild = incident_day();
    mild.findings.iter_mut().for_each(|finding| finding.severity = Severity::High);
    for (report, lines, is_held) in [
        (&mild, "quiet = \"22:00-07:30\"", true),
        (&grave, "quiet = \"22:00-07:30\"", true),
        (&mild, "quiet = \"22:00-07:30\"\nurgent = true", true),
        (&grave, "quiet = \"22:00-07:30\"\nurgent = true", false),
        (&mild, "quiet = \"12:00-13:00\"", false),
        (&mild, "quiet = \"06:00-07:30\"", true),
    ] {
        let server = Receiver::start(receiver::webhook);
        let mut office = Office::new("webhook", lines, &server);
        let receipts = office.tell(report);
        assert_eq!(states(&receipts), [if is_held { "held" } else { "sent" }], "{lines}");
        if is_held {
            assert_eq!(receipts[0].note, "until 2026-11-23 07:30:00");
            assert!(receipts[0].problem().is_none() && server.seen().is_empty());
            assert_eq!(states(&office.again("2026-11-23 07:29")), ["held"]);
            assert_eq!(states(&office.again("2026-11-23 07:30")), ["sent"]);
        }
        assert_eq!(server.seen().len(), 1, "{lines}");
    }
    let server = Receiver::start(receiver::webhook);
    let mut office = Office::new("webhook", "quiet = \"22:00-07:30\"", &server);
    office.now = at("2026-11-22 23:00");
    assert_eq!(office.tell(&mild)[0].note, "until 2026-11-23 07:30:00");
}

/// Tells a report to a webhook with that route and returns the one message, or none.
fn routed(lines: &str, report: &Report) -> Option<Value> {
    let server = Receiver::start(receiver::webhook);
    Office::new("webhook", lines, &server).tell(report);
    let mut bodies = bodies(&server);
    assert!(bodies.len() <= 1);
    bodies.pop()
}

#[test]
fn a_route_narrows_what_a_channel_gets() {
    let mut report = incident_day();
    let count = report.findings.len();
    assert!(count >= 4);
    report.findings.iter_mut().for_each(|finding| finding.severity = Severity::Low);
    report.findings[0].severity = Severity::High;
    report.findings[1].entity.namespace = Some("payments".into());
    report.findings[2].agent = "audit".into();
    report.findings[3].entity.namespace = None;
    let ids: Vec<String> = report.findings.iter().map(|finding| finding.id.clone()).collect();
    let told_by = |lines: &str| {
        let body = routed(lines, &report).expect("a message");
        let told: Vec<String> = told(std::slice::from_ref(&body)).into_iter().map(str::to_owned).collect();
        (told, body["text"].as_str().expect("text").to_owned())
    };
    assert_eq!(told_by("").0, ids);
    let (told, text) = told_by("min_severity = \"medium\"\nlang = \"en\"");
    assert_eq!(told, ids[..1]);
    assert!(
        text.contains(&format!("0 more not listed, {} outside this channel's route", count - 1)),
        "{text}"
    );
    assert_eq!(told_by("namespaces = [\"pay*\"]").0, ids[1..2]);
    assert_eq!(told_by("namespaces = [\"*\"]").0, ids);
    assert!(!told_by("namespaces = [\"[a-z]*\"]").0.contains(&ids[3]), "of no namespace");
    assert!(told_by("agents = [\"audit\"]").0.contains(&ids[2]));
    let (told, text) = told_by("max_findings = 2");
    assert_eq!(told, ids[..2]);
    assert!(text.contains(&format!("另有 {} 个未列出，0 个不在", count - 2)), "{text}");
    // nothing for this channel is not a calm day
    for (lang, says) in [("zh", "本频道范围内没有异常"), ("en", "nothing within this channel's route")]
    {
        let (told, text) = told_by(&format!("min_severity = \"critical\"\nlang = \"{lang}\""));
        assert!(told.is_empty() && text.contains(says), "{text}");
        assert!(!text.contains("calm") && !text.contains("平稳"), "{text}");
    }
    assert!(routed("min_severity = \"critical\"\nwhen = \"findings\"", &report).is_none());
}

#[test]
fn a_calm_day_is_a_sentence_or_nothing_in_either_language() {
    let text =
        |lines: &str| routed(lines, &calm_day()).map(|body| body["text"].as_str().expect("text").to_owned());
    let (zh, en) = (text("").expect("zh"), text("lang = \"en\"").expect("en"));
    assert!(zh.contains("平稳") && zh.lines().count() == 1, "{zh}");
    assert!(en.contains("calm") && en.lines().count() == 1, "{en}");
    assert_eq!(text("when = \"findings\""), None);
    let voice = routed("length = \"voice\"", &incident_day()).expect("a message");
    let voice = voice["text"].as_str().expect("text");
    assert!(voice.chars().count() <= 200 && !voice.contains("**"), "{voice}");
    let chat = routed("", &incident_day()).expect("a message")["text"].to_string();
    let full = routed("length = \"full\"", &incident_day()).expect("a message")["text"].to_string();
    assert!(full.len() >= chat.len());
}

/// A bucket, a config with one channel, and the lake of real runs.
struct Place {
    dir: tempfile::TempDir,
    url: String,
}

impl Place {
    fn new(kind: &str, server: &Receiver) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        simulate(&dir.path().join("bucket"), "memory_limit_lowered", 5, 100_000);
        let config = format!(
            "[source]\nurl = \"bucket\"\n[[broadcast]]\nkind = \"{kind}\"\nname = \"ops\"\nurl_env = \"OPS_URL\"\n"
        );
        std::fs::write(dir.path().join("headwater.toml"), config).expect("written");
        Self { dir, url: address(server, kind) }
    }

    fn run(&self) -> Child {
        let mut command =
            headwater(&self.dir.path().join("lake"), &["run", "--date", "2026-11-22", "--json"]);
        command.current_dir(self.dir.path()).env("OPS_URL", &self.url);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
    }

    /// Runs it to its end, and returns what it says of deliveries and that it keeps the address for itself.
    fn whole(&self) -> Vec<Value> {
        let output = self.run().wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let catalog = std::fs::read(self.dir.path().join("lake/catalog.db")).expect("a catalog");
        let holds = catalog.windows(KEY.len()).any(|window| window == KEY.as_bytes());
        assert!(!said.contains(KEY) && !text.contains(KEY) && !holds);
        let document: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{said}"));
        let days = document["days"].as_array().expect("days");
        days.iter().flat_map(|day| day["deliveries"].as_array().cloned().unwrap_or_default()).collect()
    }
}

#[test]
fn killed_between_sending_and_noting_it_repeats_once_under_the_same_id() {
    for kind in ["webhook", "wecom"] {
        let judge = if kind == "wecom" { receiver::wecom } else { receiver::webhook };
        let server = Receiver::start(judge);
        let place = Place::new(kind, &server);
        server.script([Reply::Hang]);
        let mut child = place.run();
        server.wait_for(1);
        child.kill().expect("killed");
        child.wait().expect("gone");
        let deliveries = place.whole();
        assert!(deliveries.iter().all(|delivery| delivery["state"] == "sent"), "{deliveries:?}");
        let seen = server.seen();
        let parts = deliveries[0]["parts"].as_u64().expect("parts") as usize;
        assert_eq!(seen.len(), parts + 1, "{kind}: one part once more, nothing else");
        let (first, again) = (&seen[0].body, &seen[1].body);
        let id = deliveries[0]["id"].as_str().expect("an id");
        if kind == "webhook" {
            let [first, again] = [&seen[0], &seen[1]].map(|seen| seen.json());
            assert!(first["id"] == id && again["id"] == id && first["text"] == again["text"]);
            assert_eq!(seen[0].headers["idempotency-key"], seen[1].headers["idempotency-key"]);
            assert!(first["is_repeat"] == false && again["is_repeat"] == true);
            assert!(!told(&[again]).is_empty(), "an incident is told");
        } else {
            assert!(again.contains("可能重复") && again.contains(id) && !first.contains("可能重复"));
        }
        let deliveries = place.whole();
        assert!(deliveries.is_empty(), "{kind}: a third run sends nothing: {deliveries:?}");
        assert_eq!(server.seen().len(), parts + 1);
    }
}

#[test]
fn killed_before_sending_nothing_is_lost_and_a_dead_channel_ends_no_run() {
    let server = Receiver::start(receiver::webhook);
    let place = Place::new("webhook", &server);
    server.script(refusals(503, 3));
    let deliveries = place.whole();
    assert_eq!(deliveries[0]["state"], "failed");
    // it waits between two tries: killed there, it surely did not arrive
    server.script(refusals(503, 1));
    let mut child = place.run();
    server.wait_for(4);
    std::thread::sleep(Duration::from_millis(300));
    child.kill().expect("killed");
    child.wait().expect("gone");
    let deliveries = place.whole();
    assert_eq!(deliveries[0]["state"], "sent");
    let bodies = bodies(&server);
    assert_eq!(bodies.len(), 5);
    assert!(bodies.iter().all(|body| body["is_repeat"] == false && body["id"] == bodies[0]["id"]));
}
