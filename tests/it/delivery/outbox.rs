//! The outbox: each finding is delivered once to each channel and retried until it arrives; routes and quiet
//! hours; and a real run that is killed between sending a message and saving that.

use crate::brief::days::{calm_day, incident_day};
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
use model::report::{Report, Severity};
use model::time::Ts;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::Duration;

struct Setup {
    _dir: tempfile::TempDir,
    catalog: Catalog,
    channels: Vec<Channel>,
    now: Ts,
}

impl Setup {
    fn new(kind: &str, lines: &str, server: &Receiver) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let catalog = Catalog::open(&dir.path().join("catalog.db")).expect("a catalog");
        let channels = vec![open(kind, lines, &address(server, kind)).expect("a channel")];
        Self { _dir: dir, catalog, channels, now: at("2026-11-23 07:00") }
    }

    /// Writes the new findings of a report to the outbox, and sends all pending messages.
    fn deliver(&mut self, report: &Report) -> Vec<Receipt> {
        self.send(Some(report))
    }

    /// Sends all pending messages at a point in time.
    fn retry(&mut self, now: &str) -> Vec<Receipt> {
        self.now = at(now);
        self.send(None)
    }

    fn send(&mut self, report: Option<&Report>) -> Vec<Receipt> {
        let (now, cancel) = (self.now, Cancel::default());
        let clock = || now;
        let outbox = Outbox { channels: &self.channels, zone: Shanghai, now: &clock, cancel: &cancel };
        self.catalog.recover_outbox().expect("settled");
        let mut receipts = outbox.expire(&mut self.catalog).expect("expired");
        let text = |_: &mut Catalog, report: &Report, config: &ChannelConfig| {
            Ok(brief(report, config.lang, config.length.into()))
        };
        if let Some(report) = report {
            outbox.write(&mut self.catalog, report, &text).expect("written");
        }
        receipts.extend(runtime().block_on(outbox.send(&mut self.catalog, &|_| true)).expect("sent"));
        receipts
    }
}

fn at(text: &str) -> Ts {
    Ts::parse(text, Shanghai).expect("a time")
}

fn states(receipts: &[Receipt]) -> Vec<&str> {
    receipts.iter().map(|receipt| receipt.state.name()).collect()
}

fn bodies(server: &Receiver) -> Vec<Value> {
    server.seen().iter().map(|seen| seen.json()).collect()
}

fn ids(bodies: &[Value]) -> Vec<&str> {
    bodies.iter().map(|body| body["id"].as_str().expect("an id")).collect()
}

fn finding_ids(bodies: &[Value]) -> Vec<&str> {
    let findings = bodies.iter().flat_map(|body| body["findings"].as_array().expect("findings"));
    findings.map(|finding| finding["id"].as_str().expect("an id")).collect()
}

fn failures(status: u16, count: usize) -> Vec<Reply> {
    vec![Reply::Answer(status, "", "no".into()); count]
}

#[test]
fn a_message_keeps_its_id_until_it_arrives_even_if_more_is_found() {
    let server = Receiver::start(receiver::webhook);
    let mut setup = Setup::new("webhook", "", &server);
    let whole = incident_day();
    let mut report = whole.clone();
    let late = report.findings.pop().expect("a finding");
    server.script(failures(503, 3));
    assert_eq!(states(&setup.deliver(&report)), ["failed"]);
    assert_eq!(server.seen().len(), 3, "three attempts per run");
    server.script(failures(500, 3));
    setup.now = at("2026-11-23 07:10");
    let receipts = setup.deliver(&whole);
    assert_eq!(
        states(&receipts),
        ["failed", "sent"],
        "the update with the new finding is a message of its own"
    );
    let receipts = setup.retry("2026-11-24 07:00");
    assert_eq!(states(&receipts), ["sent"]);
    assert!(setup.retry("2026-11-24 07:10").is_empty());
    let bodies = bodies(&server);
    let ids = ids(&bodies);
    let (first, update) = (ids[0], ids[6]);
    assert_eq!(ids, [first, first, first, first, first, first, update, first]);
    assert_ne!(first, update);
    assert_eq!(finding_ids(&bodies[6..7]), [late.id.as_str()]);
    let mut arrived = finding_ids(&bodies[6..]);
    arrived.sort_unstable();
    let mut all: Vec<&str> = whole.findings.iter().map(|finding| finding.id.as_str()).collect();
    all.sort_unstable();
    assert_eq!(arrived, all, "each once");
    let is_repeat: Vec<bool> = bodies.iter().map(|body| body["is_repeat"] == true).collect();
    let after_500 = [false, false, false, false, true, true, false, true];
    assert_eq!(is_repeat, after_500, "a message that a gateway may have passed on is marked");
    let last = bodies.last().expect("a body");
    assert!(
        last["is_late"] == true && last["made"] == "2026-11-23 07:00:00" && bodies[0]["is_late"] == false
    );
    let text = bodies[6]["text"].as_str().expect("text");
    assert!(!text.contains(&whole.findings[0].id[..8]), "an update has only the new findings: {text}");
}

#[test]
fn an_unconfirmed_message_is_sent_once_more_and_not_forever() {
    let server = Receiver::start(receiver::wecom);
    let mut setup = Setup::new("wecom", "", &server);
    server.script(vec![Reply::Reset; 9]);
    let receipts = setup.deliver(&incident_day());
    assert_eq!(states(&receipts), ["unknown"]);
    assert_eq!(server.seen().len(), 2, "once more");
    let text = |at: usize| server.seen()[at].json()["markdown"]["content"].as_str().expect("text").to_owned();
    assert!(!text(0).contains("可能重复") && text(1).contains("可能重复"));
    assert!(text(1).contains(&receipts[0].id), "its id shows a reader that it is the same message");
    assert!(receipts[0].problem().expect("a problem").to_string().contains("check in the channel"));
    assert!(setup.retry("2026-11-24 07:00").is_empty());
    assert_eq!(server.seen().len(), 2);
    // a webhook recognises a repeat by its id
    let server = Receiver::start(receiver::webhook);
    let mut setup = Setup::new("webhook", "", &server);
    server.script(vec![Reply::Reset; 4]);
    assert_eq!(states(&setup.deliver(&incident_day())), ["unknown"]);
    assert_eq!(states(&setup.retry("2026-11-24 07:00")), ["sent"]);
    let bodies = bodies(&server);
    assert_eq!(ids(&bodies).into_iter().collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(bodies.len(), 5);
}

#[test]
fn only_the_parts_that_are_missing_are_sent_again() {
    let server = Receiver::start(receiver::wecom);
    let mut setup = Setup::new("wecom", "format = \"text\"\nlength = \"full\"", &server);
    let ok = || Reply::Answer(200, "", r#"{"errcode":0}"#.into());
    let wrong = || Reply::Answer(200, "", r#"{"errcode":93000,"errmsg":"x"}"#.into());
    server.script([ok(), wrong()]);
    let receipts = setup.deliver(&incident_day());
    assert_eq!(states(&receipts), ["rejected"]);
    let count = receipts[0].parts;
    assert!(count > 1, "a long brief");
    assert_eq!((receipts[0].parts_sent, server.seen().len()), (1, 2), "a wrong key is tried once");
    assert!(receipts[0].problem().expect("a problem").to_string().contains("fix the channel's config"));
    let receipts = setup.retry("2026-11-24 07:00");
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
fn a_busy_channel_is_sent_to_after_the_wait_that_it_asks_for() {
    let server = Receiver::start(receiver::webhook);
    let mut setup = Setup::new("webhook", "", &server);
    server.script([Reply::Answer(429, "retry-after: 2\r\n", String::new())]);
    assert_eq!(states(&setup.deliver(&incident_day())), ["sent"]);
    let seen = server.seen();
    assert!(seen[1].at - seen[0].at >= Duration::from_secs(2), "as long as the channel asked for");
    // longer than a run waits: not sent before it is due
    let server = Receiver::start(receiver::webhook);
    let mut setup = Setup::new("webhook", "", &server);
    server.script([Reply::Answer(429, "retry-after: 7200\r\n", String::new())]);
    assert_eq!(states(&setup.deliver(&incident_day())), ["failed"]);
    assert!(setup.retry("2026-11-23 08:30").is_empty());
    assert_eq!(states(&setup.retry("2026-11-23 09:30")), ["sent"]);
}

#[test]
fn a_message_three_days_old_expires_with_a_problem() {
    let server = Receiver::start(receiver::webhook);
    let mut setup = Setup::new("webhook", "", &server);
    server.script(failures(403, 3));
    assert_eq!(states(&setup.deliver(&incident_day())), ["rejected"]);
    assert_eq!(states(&setup.retry("2026-11-24 07:00")), ["rejected"]);
    assert_eq!(states(&setup.retry("2026-11-26 06:00")), ["rejected"]);
    let receipts = setup.retry("2026-11-26 07:30");
    assert_eq!(states(&receipts), ["expired"]);
    assert!(receipts[0].problem().expect("a problem").to_string().contains("given up"));
    assert!(setup.deliver(&incident_day()).is_empty(), "and it is not written again");
}

#[test]
fn quiet_hours_hold_back_all_but_urgent_messages() {
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
        let mut setup = Setup::new("webhook", lines, &server);
        let receipts = setup.deliver(report);
        assert_eq!(states(&receipts), [if is_held { "held" } else { "sent" }], "{lines}");
        if is_held {
            assert_eq!(receipts[0].note, "until 2026-11-23 07:30:00");
            assert!(receipts[0].problem().is_none() && server.seen().is_empty());
            assert_eq!(states(&setup.retry("2026-11-23 07:29")), ["held"]);
            assert_eq!(states(&setup.retry("2026-11-23 07:30")), ["sent"]);
        }
        assert_eq!(server.seen().len(), 1, "{lines}");
    }
    let server = Receiver::start(receiver::webhook);
    let mut setup = Setup::new("webhook", "quiet = \"22:00-07:30\"", &server);
    setup.now = at("2026-11-22 23:00");
    assert_eq!(setup.deliver(&mild)[0].note, "until 2026-11-23 07:30:00");
}

/// Delivers a report to a webhook with that route and returns the message; `None` if there is none.
fn routed(lines: &str, report: &Report) -> Option<Value> {
    let server = Receiver::start(receiver::webhook);
    Setup::new("webhook", lines, &server).deliver(report);
    let mut bodies = bodies(&server);
    assert!(bodies.len() <= 1);
    bodies.pop()
}

#[test]
fn a_channel_gets_only_the_findings_of_its_route() {
    let mut report = incident_day();
    let count = report.findings.len();
    assert!(count >= 4);
    report.findings.iter_mut().for_each(|finding| finding.severity = Severity::Low);
    report.findings[0].severity = Severity::High;
    report.findings[1].entity.namespace = Some("payments".into());
    report.findings[2].agent = "audit".into();
    report.findings[3].entity.namespace = None;
    let ids: Vec<String> = report.findings.iter().map(|finding| finding.id.clone()).collect();
    let routed_by = |lines: &str| {
        let body = routed(lines, &report).expect("a message");
        let ids: Vec<String> =
            finding_ids(std::slice::from_ref(&body)).into_iter().map(str::to_owned).collect();
        (ids, body["text"].as_str().expect("text").to_owned())
    };
    assert_eq!(routed_by("").0, ids);
    let (sent_ids, text) = routed_by("min_severity = \"medium\"\nlang = \"en\"");
    assert_eq!(sent_ids, ids[..1]);
    assert!(
        text.contains(&format!("0 more not listed, {} outside this channel's route", count - 1)),
        "{text}"
    );
    assert_eq!(routed_by("namespaces = [\"pay*\"]").0, ids[1..2]);
    assert_eq!(routed_by("namespaces = [\"*\"]").0, ids);
    assert!(!routed_by("namespaces = [\"[a-z]*\"]").0.contains(&ids[3]), "of no namespace");
    assert!(routed_by("agents = [\"audit\"]").0.contains(&ids[2]));
    let (sent_ids, text) = routed_by("max_findings = 2");
    assert_eq!(sent_ids, ids[..2]);
    assert!(text.contains(&format!("另有 {} 个未列出，0 个不在", count - 2)), "{text}");
    // nothing for this channel is not a calm day
    for (lang, says) in [("zh", "本频道范围内没有异常"), ("en", "nothing within this channel's route")]
    {
        let (sent_ids, text) = routed_by(&format!("min_severity = \"critical\"\nlang = \"{lang}\""));
        assert!(sent_ids.is_empty() && text.contains(says), "{text}");
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
            "[source]\nurl = \"bucket\"\n[[channel]]\nkind = \"{kind}\"\nname = \"ops\"\nurl_env = \"OPS_URL\"\n"
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

    /// Runs to the end and returns the deliveries. Checks that neither output nor catalog contains the
    /// address.
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
fn a_run_killed_while_sending_sends_once_more_under_the_same_id() {
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
            assert!(!finding_ids(&[again]).is_empty(), "the incident is in the message");
        } else {
            assert!(again.contains("可能重复") && again.contains(id) && !first.contains("可能重复"));
        }
        let deliveries = place.whole();
        assert!(deliveries.is_empty(), "{kind}: a third run sends nothing: {deliveries:?}");
        assert_eq!(server.seen().len(), parts + 1);
    }
}

#[test]
fn a_run_killed_before_sending_loses_nothing_and_a_dead_channel_fails_no_run() {
    let server = Receiver::start(receiver::webhook);
    let place = Place::new("webhook", &server);
    server.script(failures(503, 3));
    let deliveries = place.whole();
    assert_eq!(deliveries[0]["state"], "failed");
    // killed while waiting between two attempts: the message certainly did not arrive
    server.script(failures(503, 1));
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
