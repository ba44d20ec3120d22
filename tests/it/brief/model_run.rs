//! The program with a model: `brief` and its author, the daily run, `doctor`, and questions that query rows
//! through the sandbox.

use crate::brief::days::confirmed_day;
use crate::brief::model_stub::{KEY, answer, config_text, honest, requests, script, sentence};
use crate::program::headwater;
use headwater::brief::{Length, brief};
use headwater::lake::Lake;
use headwater::lake::catalog::Catalog;
use model::lang::Lang;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Output;

/// Runs the program in a folder with a lake and a config.
fn run(dir: &Path, args: &[&str]) -> Output {
    let config = dir.join("headwater.toml").display().to_string();
    let mut command = headwater(&dir.join("lake"), &[&["--config", config.as_str()], args].concat());
    command.env("MODEL_KEY", KEY).output().expect("the program starts")
}

#[track_caller]
fn check(output: &Output, code: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}\n{err}");
    assert!(!out.contains(KEY) && !err.contains(KEY), "the key is shown: {out}\n{err}");
    (out, err)
}

/// Returns a folder with a config and a lake with the report of a day.
fn saved(name: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join("headwater.toml"), config_text(name, "")).expect("written");
    let lake = Lake::create(&dir.path().join("lake")).expect("a lake");
    let report = confirmed_day();
    let text = serde_json::to_string(&report).expect("JSON");
    let mut catalog = Catalog::open(&lake.catalog_path()).expect("a catalog");
    let run = &report.run;
    catalog.save_report(&run.date, run.from.0, run.to.0, &run.id, &text).expect("saved");
    dir
}

const DAY: [&str; 3] = ["brief", "--date", "2026-11-22"];

#[test]
fn the_program_names_the_author_and_sends_one_request() {
    let dir = saved("program");
    script("program", &json!([answer(&honest(Lang::En))]));
    let (out, err) = check(&run(dir.path(), &DAY), 0);
    assert!(out.contains("led to 1,412 connection errors of pay-api"), "{out}");
    assert!(err.contains("written by: model; 1 requests, 700 + 60 tokens"), "{err}");
    let (again, _) = check(&run(dir.path(), &DAY), 0);
    assert_eq!(again, out);
    let (template, _) = check(&run(dir.path(), &[&DAY[..], &["--template"]].concat()), 0);
    assert_eq!(template.trim_end(), brief(&confirmed_day(), Lang::En, Length::Chat));
    let (json, _) = check(&run(dir.path(), &[&DAY[..], &["--json"]].concat()), 0);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json["schema"], &json["brief"]["path"]), (&json!("headwater.brief/1"), &json!("model")));
    assert_eq!(requests("program").len(), 1);
}

#[test]
fn a_model_that_fails_changes_the_exit_code_and_not_the_brief() {
    let dir = saved("program-503");
    script("program-503", &json!([{ "status": 503, "headers": { "retry-after": "0" } }]));
    let (out, err) = check(&run(dir.path(), &[&DAY[..], &["--lang", "zh"]].concat()), 1);
    assert!(out.starts_with(&brief(&confirmed_day(), Lang::Zh, Length::Chat)), "{out}");
    assert!(
        out.contains("以上由模板生成")
            && err.contains("written by: template (the model's server responded 503")
    );
    let (voice, _) = check(&run(dir.path(), &[&DAY[..], &["--voice"]].concat()), 1);
    assert!(voice.trim_end().ends_with("From a template.") && voice.chars().count() <= 201, "{voice}");
    let (out, _) = check(&run(dir.path(), &["doctor", "--json"]), 1);
    let doctor: Value = serde_json::from_str(&out).expect("JSON");
    let checks = doctor["checks"].as_array().expect("checks");
    let model = checks.iter().find(|check| check["name"] == "model").expect("a check of the model");
    assert_eq!(model["state"], "fail", "{model}");
}

/// Returns a folder with a bucket of one event and a channel to a file.
fn bucket(name: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let at = |part: &str| dir.path().join(part).display().to_string();
    let event = r#"{"kind":"Event","apiVersion":"v1","metadata":{"name":"a.1","namespace":"shop","uid":"u-1"},"involvedObject":{"kind":"Pod","namespace":"shop","name":"pay-api-6d4b75cb6d-hwv2x"},"reason":"OOMKilling","message":"Memory cgroup out of memory: killed process 7","type":"Warning","firstTimestamp":"2026-03-02T04:00:00Z","lastTimestamp":"2026-03-02T04:00:00Z","count":9}"#;
    fs::create_dir_all(dir.path().join("bucket/event/2026/03/02")).expect("a folder");
    fs::write(dir.path().join("bucket/event/2026/03/02/a.log"), format!("{event}\n")).expect("written");
    let text = format!(
        "{}[source]\nurl = {:?}\n[[channel]]\nkind = \"file\"\nname = \"archive\"\nlang = \"en\"\npath = {:?}\n",
        config_text(name, ""),
        at("bucket"),
        at("sent.jsonl")
    );
    fs::write(dir.path().join("headwater.toml"), text).expect("written");
    dir
}

#[test]
fn the_daily_run_sends_the_brief_of_the_model_and_requests_it_once() {
    let dir = bucket("daily");
    let text = "The day has 1 finding, and it is new.";
    script("daily", &json!([answer(&[sentence(text, &["D"])])]));
    let args = ["run", "--date", "2026-03-02"];
    let (out, _) = check(&run(dir.path(), &args), 0);
    let sent = fs::read_to_string(dir.path().join("sent.jsonl")).expect("sent");
    let message: Value = serde_json::from_str(&sent).expect("one message");
    for brief in [&out, message["text"].as_str().expect("text")] {
        assert!(brief.contains(text) && brief.contains("OOM"), "{brief}");
    }
    check(&run(dir.path(), &args), 0);
    assert_eq!(requests("daily").len(), 1);
}

#[test]
fn the_daily_run_sends_the_template_if_the_model_fails() {
    let dir = bucket("daily-down");
    script("daily-down", &json!([{ "status": 500, "headers": { "retry-after": "0" } }]));
    let (_, err) = check(&run(dir.path(), &["run", "--date", "2026-03-02"]), 1);
    assert!(err.contains("the brief comes from the template"), "{err}");
    let sent = fs::read_to_string(dir.path().join("sent.jsonl")).expect("sent");
    assert!(sent.contains("this one comes from the template"), "{sent}");
    assert_eq!(requests("daily-down").len(), 4, "channels and stdout share one brief");
}

#[test]
fn a_question_queries_rows_through_the_sandbox() {
    let dir = bucket("ask");
    script("ask", &json!([{ "status": 500, "headers": { "retry-after": "0" } }]));
    check(&run(dir.path(), &["run", "--date", "2026-03-02"]), 1);
    let ask = |question: &str| run(dir.path(), &["brief", "--date", "2026-03-02", "--ask", question]);
    let query = |sql: &str| json!({ "content": json!({ "sql": sql, "answer": null }).to_string() });
    let reply = |text: &str, cites: &[&str]| json!({ "content": json!({ "sql": null, "answer": [sentence(text, cites)] }).to_string() });
    let sent = requests("ask").len();
    let mut steps = vec![json!({ "status": 500 }); sent];
    steps.push(query("select namespace, sum(count) as kills from event group by 1"));
    steps.push(query("drop table event"));
    steps.push(reply("The namespace shop has 9 kills in 1 row, and nothing more.", &["Q:1"]));
    script("ask", &json!(steps));
    let (out, err) = check(&ask("how often was it killed?"), 0);
    assert_eq!(out.trim_end(), "The namespace shop has 9 kills in 1 row, and nothing more. [Q:1]", "{err}");
    let log = requests("ask");
    let last = |at: usize| {
        let messages = log[sent + at]["body"]["messages"].as_array().expect("messages");
        messages.last().expect("one")["content"].as_str().expect("text").to_owned()
    };
    assert_eq!(last(0), "how often was it killed?");
    assert!(last(1).contains(r#""kills":9"#), "{}", last(1));
    assert!(last(2).contains("not allowed"), "{}", last(2));

    script("ask-more", &json!([query("select 1 as n")]));
    fs::write(dir.path().join("headwater.toml"), config_text("ask-more", "")).expect("written");
    let (out, err) = check(&ask("why do you think so?"), 1);
    assert!(err.contains("the model requested more than 3 statements"), "{err}");
    assert!(out.contains("this one comes from the template"), "{out}");
    assert_eq!(requests("ask-more").len(), 4);
}
