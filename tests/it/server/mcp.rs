//! MCP with the official client, over HTTP and stdio.

use crate::program::simulate;
use crate::server::day::Day;
use crate::server::mcp_helpers::{initialize, names, session, stdio, text};
use crate::server::serve::Server;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Calls every tool, reads every kind of resource and prompt, and checks every response.
#[track_caller]
fn whole_session(target: &str, era: &str, protocol: &str, truth: &Value) {
    let first = session(target, era, &json!({ "calls": [["list_findings", { "limit": 3 }]] }));
    let page = &first["calls"][0]["structuredContent"];
    let string = |value: &Value| value.as_str().expect("a text").to_owned();
    let (id, date) = (string(&page["findings"][0]["id"]), string(&page["date"]));
    let responses = session(target, era, &requests(&id, &date, truth));
    assert_eq!(responses["protocol"], protocol);
    check_capabilities(&responses);
    check_calls(&responses, &id, truth);
    check_resources(&responses, &date, protocol);
    check_prompts(&responses);
}

/// Returns the requests of a whole session.
fn requests(id: &str, date: &str, symptom: &Value) -> Value {
    let string = |name: &str| symptom[name].as_str().expect("a text");
    let pod = format!("{}/{}", string("namespace"), string("pod"));
    json!({
        "calls": [
            ["daily_brief", {}],
            ["daily_brief", { "voice": true, "lang": "zh", "date": "" }],
            ["daily_brief", { "date": "2001-01-01", "lang": "zh" }],
            ["get_finding", { "id": id }],
            ["get_finding", { "id": "no-such-finding" }],
            ["trace", { "pod": pod, "at": symptom["symptom_ts"] }],
            ["trace", { "nonsense": 1 }],
            ["query_logs", { "sql": "select count(*) as n, '<b>|' as bar from event" }],
            ["query_logs", { "sql": "select * from audit order by ts" }],
            ["query_logs", { "sql": "copy event to '/tmp/x'" }],
            ["describe_tables", {}],
            ["list_rules", { "id": "event/oom_killed" }],
            ["run_status", {}],
            ["analyze_logs", { "date": date, "lang": "en" }],
            ["list_agents", { "agent": "event" }],
            ["run_agent", { "agent": "event", "date": date, "instruction": "crash_loop", "limit": 3 }],
            ["run_agent", { "agent": "nobody" }],
            ["run_day", {}],
            ["no_such_tool", {}],
        ],
        "reads": [
            format!("headwater://report/{date}"), "headwater://table/audit",
            "headwater://rule/event/oom_killed", "headwater://rule/event/none", "file:///etc/passwd",
        ],
        "prompts": [
            ["explain_yesterday", { "lang": "zh" }],
            ["investigate_pod", { "namespace": "shop", "pod": "pay-api", "at": "10:12" }],
            ["investigate_pod", { "namespace": "shop" }],
        ],
    })
}

#[track_caller]
fn check_capabilities(responses: &Value) {
    assert_eq!(responses["server"]["name"], "headwater");
    assert!(responses["instructions"].as_str().is_some_and(|text| text.contains("daily_brief")));
    let capabilities = responses["capabilities"].as_object().expect("capabilities");
    assert_eq!(capabilities.keys().collect::<Vec<_>>(), ["prompts", "resources", "tools"]);
    let tools = names(&responses["tools"], "name");
    assert!(tools.contains(&"daily_brief".into()) && !tools.contains(&"run_day".into()), "{tools:?}");
    for tool in responses["tools"].as_array().expect("tools") {
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        assert_eq!(tool["annotations"]["openWorldHint"], false, "{tool}");
        assert_eq!((&tool["inputSchema"]["type"], &tool["outputSchema"]), (&"object".into(), &Value::Null));
        let schema = tool["inputSchema"].to_string();
        assert!(!schema.contains("$ref") && !schema.contains("null"), "readable by every client: {schema}");
        let description = tool["description"].as_str().expect("a description");
        assert!(
            description.lines().count() >= 2 && !description.is_ascii(),
            "in both languages: {description}"
        );
    }
}

#[track_caller]
fn check_calls(responses: &Value, id: &str, truth: &Value) {
    let calls = responses["calls"].as_array().expect("calls");
    let [
        brief,
        voice,
        none,
        finding,
        no_finding,
        trace,
        bad_arguments,
        count,
        rows,
        copy,
        tables,
        rule,
        runs,
        analysed,
        agents,
        agent,
        no_agent,
        run,
        no_tool,
    ] = calls.as_slice()
    else {
        panic!("{calls:?}")
    };
    assert_eq!(brief["structuredContent"]["text"], *text(brief));
    assert!(text(voice).chars().count() <= 200 && !text(voice).is_ascii(), "{voice}");
    assert!(!none["isError"].as_bool().unwrap_or(false) && text(none).contains("没有"), "{none}");
    assert_eq!(finding["structuredContent"]["finding"]["id"], id);
    assert!(text(finding).contains("never an instruction"), "log text is marked as data");
    assert_eq!(
        (&no_finding["isError"], &no_finding["_meta"]["headwater/error"]),
        (&true.into(), &"not-found".into())
    );
    assert!(text(no_finding).contains('·'), "error and hint: {no_finding}");
    let traced = &trace["structuredContent"]["traces"][0];
    assert_eq!(traced["hypotheses"][0]["cause"]["audit_id"], truth["cause"]["audit_id"]);
    assert_eq!(bad_arguments["_meta"]["headwater/error"], "invalid", "{bad_arguments}");
    assert_eq!(count["structuredContent"]["columns"][0]["name"], "n");
    assert!(count["structuredContent"]["rows"][0]["n"].as_i64().is_some_and(|n| n > 0), "{count}");
    assert!(text(count).contains("| n | bar |") && text(count).contains("<b>\\|"), "{count}");
    let truncated = rows["structuredContent"]["truncated"].as_str();
    assert!(matches!(truncated, Some("bytes" | "tokens")), "larger than the limit: {truncated:?}");
    assert!(rows.to_string().len() < 160 << 10, "{} bytes", rows.to_string().len());
    assert_eq!(copy["_meta"]["headwater/error"], "statement-not-allowed", "{copy}");
    assert!(names(&tables["structuredContent"]["tables"], "name").contains(&"audit".into()));
    assert!(rule["structuredContent"]["rules"][0]["sql"].as_str().is_some_and(|sql| sql.contains("OOMKill")));
    assert!(runs["structuredContent"]["runs"].is_array(), "{runs}");
    assert!(
        !text(analysed).is_empty()
            && analysed["structuredContent"]["report"]["schema"] == "headwater.report/2"
    );
    let progress = analysed["progress"].as_array().expect("progress");
    let done: Vec<f64> = progress.iter().map(|item| item[0].as_f64().expect("a number")).collect();
    assert!(!done.is_empty() && done.is_sorted_by(|a, b| a < b), "progress grows: {done:?}");
    assert!(agents["structuredContent"]["agents"][0]["decision_rules"].is_array(), "{agents}");
    assert!(text(agents).contains("event/oom_killed"), "{agents}");
    let alone = &agent["structuredContent"];
    assert_eq!(
        (&alone["outcome"], &alone["selection"]["all"]),
        (&"anomalies".into(), &false.into()),
        "{agent}"
    );
    assert!(text(agent).contains("event/crash_loop") && text(agent).contains("shop/pay-api"), "{agent}");
    assert_eq!(no_agent["_meta"]["headwater/error"], "not-found", "{no_agent}");
    assert_eq!(run["_meta"]["headwater/error"], "forbidden", "the config does not allow it: {run}");
    assert_eq!(no_tool["error"]["code"], -32602);
}

#[track_caller]
fn check_resources(responses: &Value, date: &str, protocol: &str) {
    let listed = names(&responses["resources"], "uri");
    let reads = responses["reads"].as_array().expect("reads");
    for (uri, read) in [
        format!("headwater://report/{date}"),
        "headwater://table/audit".into(),
        "headwater://rule/event/oom_killed".into(),
    ]
    .iter()
    .zip(reads)
    {
        assert!(listed.contains(uri), "{uri} of {listed:?}");
        let content = read["contents"][0]["text"].as_str().unwrap_or_else(|| panic!("{read}"));
        serde_json::from_str::<Value>(content).expect("JSON");
    }
    let missing = if protocol == "2026-07-28" { -32602 } else { -32002 };
    assert_eq!((&reads[3]["error"]["code"], &reads[4]["error"]["code"]), (&missing.into(), &missing.into()));
    assert_eq!(responses["templates"].as_array().map(Vec::len), Some(3));
}

#[track_caller]
fn check_prompts(responses: &Value) {
    assert_eq!(names(&responses["prompts"], "name"), ["explain_yesterday", "investigate_pod"]);
    let prompt = |at: usize| responses["prompted"][at]["messages"][0]["content"]["text"].as_str();
    assert!(prompt(0).is_some_and(|text| text.contains("昨天")));
    assert!(prompt(1).is_some_and(|text| text.contains("shop/pay-api") && text.contains("10:12")));
    assert_eq!(responses["prompted"][2]["error"]["code"], -32602);
}

#[test]
fn the_official_client_works_over_http_and_stdio() {
    let day = Day::new();
    let (lake, truth) = (&day.lake, &day.truth);
    let server = day.serve("");
    let url = format!("http://{}/mcp", server.address);
    whole_session(&url, "legacy", "2025-11-25", truth);
    whole_session(&url, "auto", "2026-07-28", truth);
    whole_session(&stdio(lake), "legacy", "2025-11-25", truth);
    whole_session(&stdio(lake), "auto", "2026-07-28", truth);
}

#[test]
fn without_a_lake_the_brief_says_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let requests = json!({ "calls": [["daily_brief", { "voice": true, "lang": "zh" }], ["run_status", {}]] });
    let responses = session(&stdio(&dir.path().join("lake")), "legacy", &requests);
    let brief = &responses["calls"][0];
    assert_eq!((text(brief), &brief["isError"]), ("现在读不到日报，可能还没有日志。", &false.into()));
    assert_eq!(responses["calls"][1]["_meta"]["headwater/error"], "busy");
}

#[test]
fn tools_are_listed_by_role_and_config() {
    let day = Day::new();
    let (dir, lake) = (&day.dir, &day.lake);
    let config = "[serve]\nallow = [\"run_day\"]\n[[serve.tokens]]\nname = \"robot\"\nrole = \"read\"\nenv = \"TOKEN_OF_TEST\"\n";
    let server = day.serve(config);
    let without_token = server.post("", &initialize("2025-11-25"));
    assert_eq!(without_token.status, 401, "{}", without_token.body);
    let responses =
        session(&format!("http://{}/mcp", server.address), "legacy", &json!({ "calls": [["run_day", {}]] }));
    assert!(!names(&responses["tools"], "name").contains(&"run_day".into()), "not for the role `read`");
    assert_eq!(responses["calls"][0]["_meta"]["headwater/error"], "forbidden");
    std::fs::write(dir.path().join("headwater.toml"), "[serve]\nallow = [\"run_day\"]\n").expect("written");
    let config = dir.path().join("headwater.toml");
    let command = json!([env!("CARGO_BIN_EXE_headwater"), "--lake", lake, "--config", config, "mcp"]);
    let responses = session(&command.to_string(), "legacy", &json!({}));
    let tools = responses["tools"].as_array().expect("tools");
    let run = tools.iter().find(|tool| tool["name"] == "run_day").expect("listed");
    assert_eq!(
        (&run["annotations"]["readOnlyHint"], &run["annotations"]["destructiveHint"]),
        (&false.into(), &false.into())
    );
    assert!(tools.iter().all(|tool| tool["name"] != "download_logs"), "not in `[serve] allow`");
}

#[test]
fn an_upload_can_be_analyzed() {
    let dir = tempfile::tempdir().expect("a folder");
    let bucket = dir.path().join("bucket");
    simulate(&bucket, "memory_limit_lowered", 3, 4_000_000);
    let server = Server::start(dir.path(), "");
    let mut events = Vec::new();
    files(&bucket.join("event"), &mut events);
    let largest = events.iter().max_by_key(|path| path.metadata().expect("there").len()).expect("events");
    let bytes = std::fs::read(largest).expect("readable");
    let name = largest.strip_prefix(&bucket).expect("below").display();
    let uploaded = server.send("POST", &format!("/v1/logs?name={name}"), "", &bytes).json();
    let url = format!("http://{}/mcp", server.address);
    let requests = json!({ "calls": [
        ["analyze_logs", { "upload": uploaded["upload"], "lang": "zh" }],
        ["analyze_logs", { "upload": "never-uploaded" }],
    ] });
    let responses = session(&url, "legacy", &requests);
    let [analysed, unknown] = responses["calls"].as_array().expect("calls").as_slice() else {
        panic!("{responses}")
    };
    assert_eq!(analysed["structuredContent"]["report"]["coverage"]["objects"], 1, "{analysed}");
    assert!(!text(analysed).is_ascii(), "in Chinese: {analysed}");
    assert_eq!(unknown["_meta"]["headwater/error"], "not-found", "{unknown}");
}

fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() { files(&path, all) } else { all.push(path) }
    }
}
