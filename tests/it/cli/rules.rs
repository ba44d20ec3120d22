//! `headwater rules`: from a line of a log to a rule in force.

use crate::program::{headwater, json, rows, run};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};

fn path(of: &Path) -> &str {
    of.to_str().expect("a readable path")
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// Runs the program, requires exit code 0 and returns stdout.
#[track_caller]
fn ok(lake: &Path, args: &[&str]) -> String {
    let output = run(lake, args);
    let (stdout, stderr) = texts(&output);
    assert!(output.status.success(), "{args:?}: {stdout}{stderr}");
    stdout
}

fn event(n: usize, day: u32, pod: &str, reason: &str) -> String {
    format!(
        r#"{{"kind":"Event","apiVersion":"v1","metadata":{{"name":"{pod}.{n}","namespace":"shop","uid":"5d3e7a10-1c2b-4d3e-8f90-a1b2c3d4e{n:03}"}},"involvedObject":{{"kind":"Pod","namespace":"shop","name":"{pod}","uid":"9e1f0000-0000-4000-8000-000000000001","apiVersion":"v1"}},"reason":"{reason}","message":"{reason} of container app","source":{{"component":"kubelet","host":"node-1"}},"firstTimestamp":"2026-11-{day}T02:10:{n:02}Z","lastTimestamp":"2026-11-{day}T02:10:{n:02}Z","count":1,"type":"Warning"}}"#
    )
}

/// A rule with a condition on rows and one on groups.
const KNOCKS: &str = "/*\ntitle = \"Knocks\"\nseverity = \"low\"\nparams = { knocks = 2 }\nfinding = \"{pod} knocked {count} times\"\nwhy = \"w\"\nadvice = \"a\"\nquiet_when = \"a drill\"\n*/\nselect namespace, pod, min(ts) as first_ts, max(ts) as last_ts, count(*) as count,\n    (array_agg(row_id order by ts, row_id))[1:5] as row_ids\nfrom event\nwhere (reason = 'Knock' or reason = 'Bang')\n    and not (pod = 'web-9' or node = 'node-9')\ngroup by namespace, pod\nhaving count(*) >= $knocks\n";

const KNOCKS_TEST: &str = "[[case]]\nname = \"two\"\nexpect = [{ pod = \"web-7\", count = 3 }]\nevent = '''\n@\n'''\n[[case]]\nname = \"none\"\nexpect = 0\nevent = ''\n";

/// Writes a lake of two days and a rules folder with one rule.
fn day(dir: &Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let (lake, rules, log) = (dir.join("lake"), dir.join("rules"), dir.join("events.jsonl"));
    std::fs::create_dir_all(rules.join("event")).expect("a folder");
    std::fs::write(rules.join("event/knocks.sql"), KNOCKS).expect("written");
    let mut lines = String::new();
    for (n, day, pod, reason) in [
        (1, 22, "web-1", "Knock"),
        (2, 22, "web-1", "Bang"),
        (3, 22, "web-2", "Knock"),
        (4, 22, "web-9", "Knock"),
        (5, 22, "web-3", "Quiet"),
        (6, 23, "web-1", "Quiet"),
    ] {
        writeln!(lines, "{}", event(n, day, pod, reason)).expect("written");
    }
    std::fs::write(&log, lines).expect("written");
    json(&lake, &["ingest", path(&log), "--json"]);
    (lake, rules)
}

fn row_id(lake: &Path, pod: &str, reason: &str) -> String {
    let found = rows(lake, &format!("select row_id from event where pod = '{pod}' and reason = '{reason}'"));
    found[0]["row_id"].as_str().expect("a row").to_owned()
}

#[test]
fn explain_names_the_condition_that_stops_a_row() {
    let dir = tempfile::tempdir().expect("a folder");
    let (lake, rules) = day(dir.path());
    let explain = |pod: &str, reason: &str| {
        let id = row_id(&lake, pod, reason);
        let args = ["--rules", path(&rules), "rules", "explain", "event/knocks", &id, "--json"];
        json(&lake, &args)["explanation"].clone()
    };
    let values = |of: &Value| -> Vec<String> {
        let conditions = of["steps"][0]["conditions"].as_array().expect("conditions");
        conditions.iter().map(|of| of["value"].as_str().expect("a value").to_owned()).collect()
    };

    let reported = explain("web-1", "Knock");
    assert_eq!(values(&reported), ["true", "true"], "{reported:#}");
    assert_eq!(reported["conclusion"], "the rule reports it", "{reported:#}");
    assert_eq!(reported["findings"][0], "web-1 knocked 2 times", "{reported:#}");
    let or = &reported["steps"][0]["conditions"][0]["parts"];
    assert_eq!((&or[0]["value"], &or[1]["value"]), (&"true".into(), &"false".into()), "{reported:#}");

    let alone = explain("web-2", "Knock");
    let having = &alone["steps"][0]["group"]["conditions"][0];
    assert_eq!((&having["value"], &having["seen"]["count(*)"]), (&"false".into(), &"1".into()), "{alone:#}");
    assert!(alone["conclusion"].as_str().is_some_and(|of| of.contains("group is stopped")), "{alone:#}");

    let excluded = explain("web-9", "Knock");
    assert_eq!(values(&excluded), ["true", "false"], "{excluded:#}");
    assert_eq!(excluded["steps"][0]["conditions"][1]["seen"]["pod"], "web-9", "{excluded:#}");

    let other = explain("web-3", "Quiet");
    assert_eq!(values(&other)[0], "false", "{other:#}");
    let id = row_id(&lake, "web-3", "Quiet");
    let shown = ok(&lake, &["--rules", path(&rules), "rules", "explain", "event/knocks", &id]);
    assert!(shown.contains("stops here") && shown.contains("reason: Quiet"), "{shown}");

    let audit = ok(&lake, &["rules", "explain", "audit/exec_into_pod", &id]);
    assert!(audit.contains("does not read the table of this row"), "{audit}");
    let missing = run(&lake, &["rules", "explain", "event/oom_killed", "ffffffffffffffffffffffffffffffff:1"]);
    assert_eq!(missing.status.code(), Some(2), "{}", texts(&missing).1);
}

#[test]
fn explain_follows_a_row_through_the_results_of_a_shipped_rule() {
    let dir = tempfile::tempdir().expect("a folder");
    let (lake, log) = (dir.path().join("lake"), dir.path().join("oom.jsonl"));
    std::fs::write(
        &log,
        event(1, 22, "web-1", "OOMKilling") + "\n" + &event(2, 22, "web-1", "Pulled") + "\n",
    )
    .expect("written");
    json(&lake, &["ingest", path(&log), "--json"]);
    let explain = |reason: &str| {
        json(&lake, &["rules", "explain", "event/oom_killed", &row_id(&lake, "web-1", reason), "--json"])
    };
    let killed = explain("OOMKilling");
    let steps = killed["explanation"]["steps"].as_array().expect("steps");
    assert!(steps.len() > 1, "{killed:#}");
    assert!(steps[0]["passes"].as_bool().is_some_and(|passes| passes), "{killed:#}");
    let pulled = explain("Pulled");
    assert_eq!(pulled["explanation"]["steps"].as_array().map(Vec::len), Some(1), "{pulled:#}");
    assert_eq!(pulled["explanation"]["steps"][0]["passes"], false, "{pulled:#}");
}

#[test]
fn backtest_has_a_line_for_each_day_and_applies_exceptions() {
    let dir = tempfile::tempdir().expect("a folder");
    let (lake, rules) = day(dir.path());
    let file = rules.join("event/knocks.sql");
    let of = json(&lake, &["rules", "backtest", path(&file), "--json"]);
    let days = of["days"].as_array().expect("days");
    assert_eq!(
        days.iter().map(|day| day["date"].as_str()).collect::<Vec<_>>(),
        [Some("2026-11-22"), Some("2026-11-23")]
    );
    assert_eq!((&days[0]["findings"], &days[0]["rows"]), (&1.into(), &5.into()), "{of:#}");
    assert_eq!(days[0]["samples"][0], "low web-1 knocked 2 times", "{of:#}");
    assert_eq!(days[1]["findings"], 0, "{of:#}");

    let config = dir.path().join("headwater.toml");
    let settings = "[rules.params.\"event/knocks\"]\nknocks = 1\n[[rules.exceptions]]\nname = \"drill\"\nrule = \"event/knocks\"\nentity = { pod = \"web-1\" }\nreason = \"a drill\"\nuntil = \"2026-12-31\"\n";
    std::fs::write(&config, settings).expect("written");
    let args = [
        "--config",
        path(&config),
        "--rules",
        path(&rules),
        "rules",
        "backtest",
        "event/knocks",
        "--from",
        "2026-11-22",
        "--to",
        "2026-11-22",
    ];
    let hidden = json(&lake, &[&args[..], &["--json"]].concat());
    assert_eq!(hidden["days"].as_array().map(Vec::len), Some(1), "{hidden:#}");
    assert_eq!(
        (&hidden["days"][0]["findings"], &hidden["days"][0]["hidden"]),
        (&1.into(), &1.into()),
        "{hidden:#}"
    );
    let (stdout, stderr) = texts(&run(&lake, &args));
    assert!(stdout.contains("2026-11-22") && stdout.contains("web-2 knocked 1 times"), "{stdout}");
    assert!(stderr.contains("expected when: a drill") && stderr.contains("exceptions hid 1"), "{stderr}");
    let none = run(&lake, &["rules", "backtest", path(&file), "--from", "2027-01-01"]);
    assert_eq!(none.status.code(), Some(2), "{}", texts(&none).1);
}

#[test]
fn list_shows_tests_and_what_rules_found() {
    let dir = tempfile::tempdir().expect("a folder");
    let (lake, rules) = day(dir.path());
    let without = json(&lake, &["rules", "list", "--json"]);
    let all = without.as_array().expect("a list");
    assert!(
        all.iter().all(|rule| rule["tests"].as_u64() >= Some(2) && rule.get("hits").is_none()),
        "{without:#}"
    );
    ok(&lake, &["--rules", path(&rules), "analyze", "--date", "2026-11-22"]);
    let with = json(&lake, &["--rules", path(&rules), "rules", "list", "--json"]);
    let of = |id: &str| {
        with.as_array().and_then(|all| all.iter().find(|rule| rule["id"] == id)).expect("the rule").clone()
    };
    let knocks = of("event/knocks");
    assert_eq!(
        (&knocks["hits"]["findings"], &knocks["hits"]["activity"]),
        (&1.into(), &"active".into()),
        "{knocks:#}"
    );
    assert_eq!(knocks["tests"], 0, "{knocks:#}");
    assert_eq!(of("event/oom_killed")["hits"]["activity"], "silent");
    assert_eq!(of("audit/exec_into_pod")["hits"]["activity"], "no_data");
    let shown = ok(&lake, &["--rules", path(&rules), "rules", "list", "--hits"]);
    let line = shown.lines().find(|line| line.starts_with("event/knocks")).expect("a line");
    assert!(line.contains("1.0") && line.ends_with("Knocks"), "{line}");
    let no_lake = run(&dir.path().join("none"), &["rules", "list", "--hits"]);
    assert_eq!(no_lake.status.code(), Some(2), "{}", texts(&no_lake).1);
}

#[test]
fn a_draft_is_valid_and_is_never_written_over() {
    let dir = tempfile::tempdir().expect("a folder");
    let (lake, rules) = (dir.path().join("lake"), dir.path().join("rules"));
    let rules = path(&rules);
    for table in ["business", "standard", "event", "audit"] {
        ok(&lake, &["--rules", rules, "rules", "new", "drafted", "--table", table]);
    }
    let logs = [
        (
            "klog",
            "standard",
            "E1122 10:12:01.000001       1 proxier.go:97] \"Failed to sync rules\" err=\"exit status 4: it's busy\"\nI1122 10:12:02.000001       1 proxier.go:12] \"Synced\"\n",
        ),
        (
            "stack",
            "business",
            "2026-11-22 10:11:00,345 ERROR [http-1] c.s.pay.PayService - 100% of ledger_a is used\njava.lang.IllegalStateException: full\n\tat c.s.pay.Ledger.open(Ledger.java:12)\n2026-11-22 10:11:01,000 INFO  [http-1] c.s.pay.PayService - '''done'''\n",
        ),
        (
            "secret",
            "business",
            "2026-11-22 10:11:00,345 ERROR [http-1] c.s.pay.Db - login failed for password=hunter2hunter2 on ledger\n",
        ),
    ];
    for (name, agent, text) in logs {
        let sample = dir.path().join(format!("{name}.log"));
        std::fs::write(&sample, text).expect("written");
        let output = run(
            &lake,
            &["--rules", rules, "rules", "new", &format!("{agent}/{name}"), "--sample", path(&sample)],
        );
        let (_, stderr) = texts(&output);
        assert!(output.status.success() && stderr.contains("message"), "{name}: {stderr}");
    }
    let secret = std::fs::read_to_string(dir.path().join("rules/business/secret.test.toml")).expect("a test");
    assert!(!secret.contains("hunter2hunter2"), "{secret}");
    let checked = ok(&lake, &["--rules", rules, "rules", "check"]);
    assert!(checked.contains(" 0 errors"), "{checked}");
    for agent in ["business", "standard", "event", "audit"] {
        for name in ["drafted", "klog", "stack", "secret"] {
            let file = dir.path().join(format!("rules/{agent}/{name}.sql"));
            if file.exists() {
                let tested = ok(&lake, &["--rules", rules, "rules", "test", &format!("{agent}/{name}")]);
                assert!(tested.contains("2 cases passed, 0 failed"), "{agent}/{name}: {tested}");
            }
        }
    }
    let before = std::fs::read_to_string(dir.path().join("rules/event/drafted.sql")).expect("a rule");
    let again = run(&lake, &["--rules", rules, "rules", "new", "event/drafted", "--table", "event"]);
    assert_eq!(again.status.code(), Some(2), "{}", texts(&again).1);
    assert_eq!(std::fs::read_to_string(dir.path().join("rules/event/drafted.sql")).expect("a rule"), before);
    let printed = ok(&lake, &["rules", "new", "event/drafted", "--table", "event", "--print"]);
    assert!(printed.contains(&before) && printed.contains("[[case]]"), "{printed}");
}

#[test]
fn a_draft_names_what_is_wrong_with_the_request() {
    let dir = tempfile::tempdir().expect("a folder");
    let sample = dir.path().join("a.log");
    std::fs::write(&sample, event(1, 22, "web-1", "Knock")).expect("written");
    let fails = |args: &[&str], why: &str| {
        let output = run(dir.path(), &[&["rules", "new"], args, &["--print"]].concat());
        let stderr = texts(&output).1;
        assert!(output.status.code() == Some(2) && stderr.contains(why), "{args:?}: {stderr}");
    };
    fails(&["event/Wrong-Name", "--table", "event"], "is not the id of a rule");
    fails(&["my_rule"], "table of the rule is not clear");
    fails(&["weather/rain"], "is not an agent");
    fails(&["audit/knock", "--sample", path(&sample)], "the lines are `event` records");
    let unset = run(dir.path(), &["rules", "new", "event/x"]);
    assert!(texts(&unset).1.contains("no rules folder"), "{}", texts(&unset).1);
}

#[test]
fn a_failed_test_shows_both_tables() {
    let dir = tempfile::tempdir().expect("a folder");
    let (lake, rules) = day(dir.path());
    let lines = event(1, 22, "web-1", "Knock") + "\n" + &event(2, 22, "web-1", "Knock");
    std::fs::write(rules.join("event/knocks.test.toml"), KNOCKS_TEST.replace('@', &lines)).expect("written");
    let output = run(&lake, &["--rules", path(&rules), "rules", "test", "event/knocks"]);
    let (stdout, stderr) = texts(&output);
    assert_eq!(output.status.code(), Some(1), "{stdout}{stderr}");
    let expected = "  expected\n       count  pod\n    !  3      web-7\n  got\n       count  pod    ";
    assert!(stdout.contains(expected) && stdout.contains("    !  2      web-1"), "{stdout}");
    assert!(stdout.contains("1 cases passed, 1 failed"), "{stdout}");
}

#[test]
fn watch_checks_again_after_a_change() {
    let dir = tempfile::tempdir().expect("a folder");
    let (lake, rules) = day(dir.path());
    let mut child = headwater(&lake, &["--rules", path(&rules), "rules", "check", "--watch"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    let mut next = || lines.next().expect("a line").expect("text");
    assert!(next().contains(" 0 errors"));
    std::fs::write(rules.join("event/knocks.sql"), KNOCKS.replace("'Knock'", "knock_knock"))
        .expect("written");
    assert!(next().contains(" 1 error"));
    std::fs::write(rules.join("event/knocks.sql"), KNOCKS).expect("written");
    assert!(next().contains(" 0 errors"));
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn the_committed_reference_is_that_of_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (file, lang) in [("docs/en/rules.md", "en"), ("docs/zh/rules.md", "zh")] {
        let made = ok(Path::new("unused"), &["rules", "doc", "--lang", lang]);
        let kept = std::fs::read_to_string(root.join(file)).expect("the reference");
        assert!(made == kept, "{file} is out of date: headwater rules doc --lang {lang} > {file}");
    }
}

#[test]
fn the_header_has_a_schema() {
    let schema = json(Path::new("unused"), &["schema", "rule"]);
    let required: Vec<&str> =
        schema["required"].as_array().expect("required keys").iter().filter_map(Value::as_str).collect();
    assert_eq!(required, ["title", "severity", "finding", "why", "advice"], "{schema:#}");
}
