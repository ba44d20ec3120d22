//! MCP against the protocol's conformance suite and its inspector.

use crate::server::day::Day;
use std::process::Command;

/// Runs a script with an npm package; the packages require a newer Node than most systems have.
#[track_caller]
fn npx(package: &str, script: &str) -> String {
    let output = Command::new("npx")
        .args(["-y", "-p", "node@22.22.0", "-p", package, "sh", "-c", script])
        .output()
        .expect("npx runs; ./test.sh installs npm");
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{script}: {out}\n{}", String::from_utf8_lossy(&output.stderr));
    out
}

/// The scenarios that require no tool, resource or prompt made for the suite.
const WITH_INITIALIZE: &[&str] = &[
    "server-initialize",
    "ping",
    "tools-list",
    "resources-list",
    "prompts-list",
    "server-sse-polling",
    "server-sse-multiple-streams",
    "dns-rebinding-protection",
];
const STATELESS: &[&str] = &[
    "server-stateless",
    "tools-list",
    "resources-list",
    "prompts-list",
    "server-sse-multiple-streams",
    "sep-2164-resource-not-found",
    "caching",
    "http-header-validation",
    "dns-rebinding-protection",
];

/// Four checks of `server-stateless` require such a tool.
const UNTESTABLE: &str = "server:
  - server-stateless:sep-2575-server-rejects-undeclared-capability
  - server-stateless:sep-2575-missing-capability-http-400
  - server-stateless:sep-2575-http-server-no-independent-requests-on-stream
  - server-stateless:sep-2575-server-no-log-without-loglevel
";

#[test]
fn the_conformance_suite_passes() {
    let day = Day::new();
    let server = day.serve("");
    let untestable = day.dir.path().join("untestable.yml");
    std::fs::write(&untestable, UNTESTABLE).expect("written");
    let run = |package: &str, scenarios: &[&str], options: &str| {
        let script = format!(
            "for scenario in {}; do node $(which conformance) server --url http://{}/mcp --scenario $scenario {options} || exit 1; done",
            scenarios.join(" "),
            server.address
        );
        let out = npx(package, &script);
        assert_eq!(out.matches("Test Results:").count(), scenarios.len(), "{out}");
    };
    run("@modelcontextprotocol/conformance@0.1.16", WITH_INITIALIZE, "");
    let options = format!("--spec-version 2026-07-28 --expected-failures {}", untestable.display());
    run("@modelcontextprotocol/conformance@0.2.0-alpha.12", STATELESS, &options);
}

#[test]
fn the_inspector_works() {
    let day = Day::new();
    let (lake, server) = (&day.lake, day.serve(""));
    let over_http =
        format!("mcp-inspector --cli http://{}/mcp --transport http --format json --method", server.address);
    let program = env!("CARGO_BIN_EXE_headwater");
    let over_stdio = format!("-- {program} --lake {} mcp", lake.display());
    let script = format!(
        "set -e; {over_http} tools/list; \
         {over_http} tools/call --tool-name daily_brief --tool-arg lang=zh; \
         {over_http} tools/call --tool-name query_logs --tool-arg 'sql=select 1 as one'; \
         mcp-inspector --cli --format json --method resources/list {over_stdio}; \
         mcp-inspector --cli --format json --method tools/call --tool-name run_status {over_stdio}",
    );
    let out = npx("@modelcontextprotocol/inspector@2.12.0", &script);
    for expected in ["analyze_logs", "| one |", "headwater://rule/event/oom_killed", "structuredContent"] {
        assert!(out.contains(expected), "{expected}: {out}");
    }
}
