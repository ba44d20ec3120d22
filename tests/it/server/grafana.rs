//! The dashboard of `deploy/grafana`: each statement of it, with the macros of Grafana's PostgreSQL data source expanded
//! as Grafana does.

use crate::server::day::Day;
use crate::server::postgres_raw::Raw;
use regex::{Captures, Regex};
use serde_json::Value;
use std::path::Path;

const FROM: &str = "2026-11-21T00:00:00Z";
const TO: &str = "2026-11-24T00:00:00Z";

/// Expands macros and variables as Grafana does.
fn expanded(sql: &str) -> String {
    let group = |column: &str, interval: &str| {
        let seconds = match interval.trim().trim_matches('\'') {
            "1d" => 86_400,
            "5m" | "$__interval" => 300,
            other => panic!("unknown interval {other}"),
        };
        format!("floor(extract(epoch from {column})/{seconds})*{seconds}")
    };
    let replace = |sql: &str, pattern: &str, with: &dyn Fn(&Captures<'_>) -> String| {
        Regex::new(pattern)
            .expect("a pattern")
            .replace_all(sql, |found: &Captures<'_>| with(found))
            .into_owned()
    };
    let sql = replace(sql, r"\$__timeGroupAlias\(([^,]+),([^)]+)\)", &|found| {
        format!("{} AS \"time\"", group(&found[1], &found[2]))
    });
    let sql = replace(&sql, r"\$__timeGroup\(([^,]+),([^)]+)\)", &|found| group(&found[1], &found[2]));
    let sql = replace(&sql, r"\$__timeFilter\(([^)]+)\)", &|found| {
        format!("{} BETWEEN '{FROM}' AND '{TO}'", &found[1])
    });
    let sql = replace(&sql, r"\$__unixEpochFrom\(\)", &|_| "1795219200".into());
    let sql = sql.replace("$__timeFrom()", &format!("'{FROM}'")).replace("$__timeTo()", &format!("'{TO}'"));
    let sql = sql.replace("$namespace", "'shop','payment','kube-system'");
    assert!(!sql.contains('$'), "{sql}");
    sql
}

fn statements(value: &Value, found: &mut Vec<(String, String)>) {
    for panel in value["panels"].as_array().expect("panels") {
        for target in panel["targets"].as_array().expect("targets") {
            let title = panel["title"].as_str().expect("a title").to_owned();
            found.push((title, target["rawSql"].as_str().expect("a statement").to_owned()));
        }
    }
    for variable in value["templating"]["list"].as_array().expect("variables") {
        let name = variable["name"].as_str().expect("a name").to_owned();
        found.push((name, variable["query"].as_str().expect("a statement").to_owned()));
    }
}

#[test]
fn each_panel_has_rows() {
    let day = Day::new();
    let server = day.serve("[serve]\npostgres = \"127.0.0.1:0\"\n");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/grafana/headwater.json");
    let dashboard: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("a file")).expect("JSON");
    let mut found = Vec::new();
    statements(&dashboard, &mut found);
    assert!(found.len() >= 9, "{found:?}");
    let mut raw = Raw::session(&server);
    for (title, sql) in found {
        let rows = raw.rows(&expanded(&sql));
        // an analysis by hand is no run of the daily job
        assert!(!rows.is_empty() || title == "Runs", "{title}: {sql}");
    }
}
