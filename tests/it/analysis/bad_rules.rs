//! A bad rule is left out alone: the other rules of its agent and the day go on, and the report says so.

use crate::program::{headwater, json};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use tempfile::TempDir;

const DAY: &str = "2026-11-22";

/// Lines of the day's log. Joined with itself three or four times, it has millions of rows.
const LINES: usize = 150;

/// A rule that finds the pod.
const GOOD: &str = "select namespace, pod, count(*) as count, min(ts) as first_ts, max(ts) as last_ts,
    min(row_id) as row_id
from standard group by namespace, pod";

/// A rule that fails on a value.
const FAILS: &str = "select namespace, pod, ts, row_id, cast(message as bigint) as amount from standard";

/// A division by zero in a result.
const DIVIDES: &str = "select namespace, pod, min(ts) as ts, min(row_id) as row_id,
    count(*) / (count(*) - count(line)) as share
from standard group by namespace, pod";

/// The same in a condition. Rules of one table share the scan that evaluates their conditions.
const DIVIDES_IN_A_CONDITION: &str = "select namespace, pod, ts, row_id
from standard where level = 'error' and 10 / (line - 1) = 1";

const MILLIONS: &str = "select a.namespace, a.pod, a.ts, a.row_id from standard a, standard b, standard c";

const WITHOUT_TIME: &str =
    "select namespace, pod, count(*) as count, min(row_id) as row_id from standard group by namespace, pod";

const ENDLESS: &str = "select min(a.namespace) as namespace, min(a.ts) as ts, min(a.row_id) as row_id
from standard a, standard b, standard c, standard d
where a.message <> b.message || c.message || d.message";

/// Each bad rule, its SQL, and why it is left out.
const BAD: [(&str, &str, &str); 6] = [
    ("fails", FAILS, "Cast error"),
    ("divides", DIVIDES, "Divide by zero"),
    ("divides_in_a_condition", DIVIDES_IN_A_CONDITION, "Divide by zero"),
    ("millions", MILLIONS, "more than 20000 rows"),
    ("without_time", WITHOUT_TIME, "neither `ts` nor `first_ts`"),
    ("endless", ENDLESS, "time limit (1 s)"),
];

/// A lake with a day of one pod, and a folder of rules with a good one.
struct Fixture {
    dir: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let mut log = String::new();
        for n in 0..LINES {
            let (minute, second) = (n / 60, n % 60);
            let level = if n == 0 { "ERROR" } else { "INFO" };
            let _ =
                writeln!(log, "{DAY}T10:{minute:02}:{second:02}Z {level} [main] shop.Till - sold number {n}");
        }
        let fixture = Self { dir };
        fixture.write(&format!("bucket/standard/{DAY}/shop/till-6c8f7b9d5d-q8w4b/app.log"), &log);
        fixture.rule("good", GOOD);
        let config = format!(
            "[source]\nurl = {:?}\n[rules]\npath = {:?}\nrule_seconds = 1\n",
            fixture.path("bucket"),
            fixture.path("rules")
        );
        fixture.write("headwater.toml", &config);
        fixture
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, text).expect("written");
    }

    fn rule(&self, name: &str, sql: &str) {
        let header = "/*\ntitle = \"Made up\"\nseverity = \"low\"\nfinding = \"{pod} is there\"\nwhy = \"w\"\nadvice = \"a\"\n*/\n";
        let header = if sql.contains(" pod,") || sql.contains("a.pod") {
            header.to_owned()
        } else {
            header.replace("{pod}", "something")
        };
        self.write(&format!("rules/standard/{name}.sql"), &format!("{header}{sql}\n"));
    }

    /// Runs the daily job and returns its exit code and the saved report.
    #[track_caller]
    fn run_day(&self) -> (Option<i32>, Value) {
        let lake = Path::new(&self.path("lake")).to_owned();
        let config = self.path("headwater.toml");
        let run = headwater(&lake, &["--config", &config, "run", "--date", DAY]).output().expect("starts");
        let agents = ["--config", &config, "agents", "run", "standard", "--date", DAY, "--json"];
        let agent = headwater(&lake, &agents).output().expect("starts");
        let agent: Value = serde_json::from_slice(&agent.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&run.stderr)));
        let catalog = rusqlite::Connection::open(lake.join("catalog.db")).expect("a catalog");
        let report: String = catalog
            .query_row("select report from reports where date = ?1", [DAY], |row| row.get(0))
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&run.stderr)));
        let mut report: Value = serde_json::from_str(&report).expect("JSON");
        report["agent_alone"] = agent;
        (run.status.code(), report)
    }
}

/// Returns the problems about a rule.
fn about<'r>(problems: &'r Value, rule: &str) -> Vec<&'r Value> {
    let id = format!("`standard/{rule}`");
    let problems = problems.as_array().expect("problems");
    problems
        .iter()
        .filter(|problem| problem["what"].as_str().is_some_and(|what| what.contains(&id)))
        .collect()
}

#[track_caller]
fn check(report: &Value, rules: &[(&str, &str, &str)]) {
    let of = |findings: &Value, rule: &str| {
        findings
            .as_array()
            .expect("findings")
            .iter()
            .filter(|f| f["rule"] == format!("standard/{rule}"))
            .count()
    };
    assert_eq!(of(&report["findings"], "good"), 1, "the other rules go on");
    assert_eq!(of(&report["agent_alone"]["findings"], "good"), 1, "also of the agent alone");
    for (rule, _, why) in rules {
        assert_eq!(of(&report["findings"], rule), 0, "{rule} is left out");
        for problems in [&report["coverage"]["problems"], &report["agent_alone"]["problems"]] {
            let found = about(problems, rule);
            assert_eq!(found.len(), 1, "{rule}: {problems}");
            assert!(found[0].to_string().contains(why), "{rule}: {found:?}");
        }
    }
    let failed = report["coverage"]["problems"].as_array().expect("problems").iter();
    let failed = failed
        .filter(|problem| problem["what"].as_str().is_some_and(|what| what.starts_with("rule `")))
        .count();
    assert_eq!(failed, rules.len(), "no other rule fails: {}", report["coverage"]["problems"]);
}

#[test]
fn each_bad_rule_is_left_out_alone() {
    for bad in &BAD {
        let fixture = Fixture::new();
        fixture.rule(bad.0, bad.1);
        let (code, report) = fixture.run_day();
        assert_eq!(code, Some(1), "{}: the run ends in part", bad.0);
        check(&report, &[*bad]);
    }
}

#[test]
fn all_bad_rules_together_are_left_out() {
    let fixture = Fixture::new();
    for (name, sql, _) in &BAD {
        fixture.rule(name, sql);
    }
    let (_, report) = fixture.run_day();
    check(&report, &BAD);
}

#[test]
fn without_a_bad_rule_nothing_is_left_out() {
    let fixture = Fixture::new();
    let (_, report) = fixture.run_day();
    check(&report, &[]);
    let config = fixture.path("headwater.toml");
    let lake = Path::new(&fixture.path("lake")).to_owned();
    let alone = json(&lake, &["--config", &config, "agents", "run", "standard", "--date", DAY, "--json"]);
    assert_eq!((&alone["outcome"], &alone["problems"]), (&"anomalies".into(), &Value::Array(Vec::new())));
}
