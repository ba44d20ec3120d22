//! One agent as a unit: which rules and objects an instruction selects, and what the result says.

use crate::program::{headwater, json, python, simulate};
use serde_json::Value;
use std::path::PathBuf;
use tempfile::TempDir;

const DAY: &str = "2026-11-22";

struct Fixture {
    dir: TempDir,
    truth: Value,
}

impl Fixture {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let bucket = dir.path().join("bucket");
        let truth = simulate(&bucket, "memory_limit_lowered", 3, 1_000_000);
        std::fs::remove_file(bucket.join("truth.json")).expect("truth.json is beside the logs");
        json(&dir.path().join("lake"), &["ingest", bucket.to_str().expect("a path"), "--json"]);
        Self { dir, truth }
    }

    fn lake(&self) -> PathBuf {
        self.dir.path().join("lake")
    }

    #[track_caller]
    fn run(&self, agent: &str, args: &[&str]) -> Value {
        let mut all = vec!["agents", "run", agent, "--json"];
        if !args.contains(&"--from") && !args.contains(&"--date") {
            all.extend(["--date", DAY]);
        }
        all.extend(args);
        json(&self.lake(), &all)
    }

    #[track_caller]
    fn selected(&self, agent: &str, instruction: &str) -> (Vec<String>, Value) {
        let report = self.run(agent, &["--instruction", instruction]);
        (rules(&report), report)
    }

    fn symptom(&self, key: &str) -> &str {
        self.truth[key].as_str().expect("a text")
    }
}

fn rules(report: &Value) -> Vec<String> {
    let rules = report["selection"]["rules"].as_array().expect("rules");
    rules.iter().map(|rule| rule["rule"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn an_instruction_selects_rules_by_their_words() {
    let fixture = Fixture::new();
    for instruction in
        ["Was anything killed for lack of memory?", "有没有容器因内存不足被杀死？", "oom_killed"]
    {
        let (selected, report) = fixture.selected("event", instruction);
        assert!(selected.contains(&"event/oom_killed".to_owned()), "{instruction}: {selected:?}");
        assert!(selected.len() < 8, "{instruction}: {selected:?}");
        assert_eq!(report["selection"]["all"], false, "{instruction}");
        let sql: Vec<&str> =
            report["sql"].as_array().expect("SQL").iter().filter_map(|of| of["rule"].as_str()).collect();
        assert_eq!(sql, selected, "the SQL that was run");
        let words = &report["selection"]["rules"][0]["words"];
        assert!(words.as_array().is_some_and(|words| !words.is_empty()), "{instruction}: why: {words}");
        assert!(
            report["selection"]["why"].as_str().is_some_and(|why| why.contains("of the instruction select"))
        );
    }
    let (one, _) = fixture.selected("event", "run event/oom_killed please");
    assert_eq!(one, ["event/oom_killed"]);
    let (two, _) =
        fixture.selected("audit", "Were resources changed, or Secrets listed in the whole cluster?");
    for rule in ["audit/resources_changed_by_human", "audit/secrets_listed_cluster_wide"] {
        assert!(two.contains(&rule.to_owned()) && two.len() < 8, "each subject has its rules: {two:?}");
    }
}

#[test]
fn rules_that_find_nothing_do_not_hide_what_the_others_find() {
    let fixture = Fixture::new();
    let whole = fixture.run("event", &[]);
    let (rules, report) = fixture.selected("event", "is a quota exceeded, or an image missing?");
    assert!(whole["total"].as_u64() > Some(0), "{}", whole["summary"]);
    assert_eq!(report["findings"], whole["findings"]);
    assert_eq!(
        (rules.len() as u64, &report["selection"]["all"]),
        (whole["sql"].as_array().map_or(0, Vec::len) as u64, &true.into())
    );
    let why = report["selection"]["why"].as_str().expect("a text");
    assert!(why.contains("found nothing (") && why.contains("event/quota_exceeded"), "{why}");
    assert!(report["selection"]["why_zh"].as_str().is_some_and(|why| why.contains("没有发现异常")));
}

#[test]
fn an_instruction_without_a_known_word_runs_all_rules_and_says_so() {
    let fixture = Fixture::new();
    let every = rules(&fixture.run("audit", &[]));
    for instruction in ["xyzzy", "怎么样？", "what is there?"] {
        let (selected, report) = fixture.selected("audit", instruction);
        assert_eq!(selected, every, "{instruction}");
        assert_eq!(report["selection"]["all"], true);
        assert!(report["selection"]["why"].as_str().is_some_and(|why| why.contains("no word of a rule")));
    }
}

#[test]
fn names_in_an_instruction_limit_the_findings() {
    let fixture = Fixture::new();
    let (namespace, workload, pod) =
        (fixture.symptom("namespace"), fixture.symptom("workload"), fixture.symptom("pod"));
    let whole = fixture.run("business", &[]);
    for (instruction, key, name) in
        [(format!("how is {workload}?"), "workloads", workload), (format!("{pod} 怎么了"), "pods", pod)]
    {
        let (_, report) = fixture.selected("business", &instruction);
        assert_eq!(report["scope"][key][0], name, "{instruction}: {}", report["scope"]);
        let findings = report["findings"].as_array().expect("findings");
        assert!(!findings.is_empty(), "{instruction}: {}", report["summary"]);
        assert!(findings.iter().all(|finding| finding["entity"]["workload"] == workload), "{findings:?}");
        assert!(report["rows"].as_u64() < whole["rows"].as_u64(), "rows of the scope");
        assert!(whole["findings"].as_array().is_some_and(|all| findings.iter().all(|of| all.contains(of))));
    }
    let (_, report) = fixture.selected("business", &format!("problems in {namespace}"));
    assert_eq!(report["scope"]["namespaces"], serde_json::json!([namespace]));
    let given = fixture.run("business", &["--namespace", namespace]);
    assert_eq!(given["findings"], report["findings"]);
}

#[test]
fn no_data_is_not_no_anomaly() {
    let fixture = Fixture::new();
    let empty = fixture.run("event", &["--from", "2025-01-01", "--to", "2025-01-02"]);
    assert_eq!((&empty["outcome"], &empty["rows"]), (&"no_data".into(), &0.into()));
    assert!(
        empty["summary"]
            .as_str()
            .is_some_and(|text| text.contains("does not mean that there were no problems"))
    );
    let elsewhere = fixture.run("event", &["--namespace", "no-such-namespace"]);
    assert_eq!(elsewhere["outcome"], "no_data");
    let quiet = fixture.run("event", &["--instruction", "gpu_faulty"]);
    assert_eq!(
        (&quiet["outcome"], &quiet["total"]),
        (&"no_anomaly".into(), &0.into()),
        "{}",
        quiet["summary"]
    );
    assert!(quiet["rows"].as_u64() > Some(0));
    let found = fixture.run("event", &["--instruction", "crash_loop"]);
    assert_eq!(found["outcome"], "anomalies", "{}", found["summary"]);
    let zh = found["summary_zh"].as_str().expect("a text");
    assert!(zh.contains("发现") && zh.contains("个异常"), "{zh}");
}

#[test]
fn a_report_matches_its_schema_and_holds_the_rows_behind_its_findings() {
    let fixture = Fixture::new();
    let schema = fixture.dir.path().join("schema.json");
    std::fs::write(&schema, json(&fixture.lake(), &["schema", "agent"]).to_string()).expect("written");
    for agent in ["business", "standard", "event", "audit"] {
        let report = fixture.run(agent, &[]);
        let path = fixture.dir.path().join(format!("{agent}.json"));
        std::fs::write(&path, report.to_string()).expect("written");
        let script = format!(
            "import json, jsonschema; jsonschema.Draft202012Validator(json.load(open({schema:?}))).validate(json.load(open({path:?})))"
        );
        let output = python().arg("-c").arg(script).output().expect("python starts");
        assert!(output.status.success(), "{agent}: {}", String::from_utf8_lossy(&output.stderr));
        let findings = report["findings"].as_array().expect("findings");
        assert!(!findings.is_empty(), "{agent} finds something");
        for (finding, table) in findings.iter().zip(report["tables"].as_array().expect("tables")) {
            assert_eq!(table["finding"], finding["id"]);
            let columns = table["columns"].as_array().expect("columns");
            let row_id = columns.iter().position(|column| column == "row_id").expect("a row id");
            let rows = table["rows"].as_array().expect("rows");
            assert!(
                rows.len() <= 5 && rows.iter().all(|row| row.as_array().map(Vec::len) == Some(columns.len()))
            );
            let ids: Vec<&Value> = rows.iter().map(|row| &row[row_id]).collect();
            let evidence: Vec<&Value> = finding["evidence"]
                .as_array()
                .expect("evidence")
                .iter()
                .map(|line| &line["row_id"])
                .collect();
            assert_eq!(ids, evidence);
        }
        let fields = report["key_fields"].as_array().expect("fields");
        assert!(
            fields.iter().any(|field| field["has_data"] == true && field["values"][0]["findings"].is_u64())
        );
    }
}

#[test]
fn an_unknown_agent_is_a_usage_error() {
    let fixture = Fixture::new();
    for args in [["agents", "run", "nobody"], ["agents", "show", "state"]] {
        let output = headwater(&fixture.lake(), &args).output().expect("starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(2) && stderr.contains("business, standard, event and audit"),
            "{stderr}"
        );
    }
    let all = json(&fixture.lake(), &["agents", "list", "--json"]);
    assert_eq!(all.as_array().map(Vec::len), Some(4), "{all}");
    let event = json(&fixture.lake(), &["agents", "show", "event", "--json"]);
    let rules = event[0]["decision_rules"].as_array().expect("rules");
    assert_eq!(event[0]["rules"].as_u64(), Some(rules.len() as u64));
}
