//! Runs the real program and reads its output.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

/// Returns a command that runs the program with arguments on a lake.
pub fn headwater(lake: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headwater"));
    command.arg("--lake").arg(lake).args(args);
    command
}

/// Returns the Python interpreter that has duckdb, jsonschema and moto.
pub fn python() -> Command {
    let path = std::env::var("HEADWATER_PYTHON")
        .expect("HEADWATER_PYTHON must be a Python with duckdb, jsonschema and moto; ./test.sh sets it");
    Command::new(path)
}

/// Runs the program and returns its output.
pub fn run(lake: &Path, args: &[&str]) -> Output {
    headwater(lake, args).output().expect("the program starts")
}

/// Runs the program, requires exit code 0, and parses its stdout as JSON.
#[track_caller]
pub fn json(lake: &Path, args: &[&str]) -> Value {
    let output = run(lake, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("stdout is one JSON document")
}

/// Runs a SQL statement and returns its rows.
#[track_caller]
pub fn rows(lake: &Path, sql: &str) -> Value {
    json(lake, &["sql", sql, "--format", "json"])
}

/// Runs a SQL statement and returns the number in its column `n`.
#[track_caller]
pub fn number(lake: &Path, sql: &str) -> i64 {
    rows(lake, sql)[0]["n"].as_i64().expect("a column `n`")
}

/// Writes a simulated day and returns its incident, as truth.json has it.
#[track_caller]
pub fn simulate(out: &Path, scenario: &str, seed: u64, size: u64) -> Value {
    let (seed, size) = (seed.to_string(), size.to_string());
    let out = out.to_str().expect("a readable path");
    let truth = json(
        Path::new("unused"),
        &["simulate", "--scenario", scenario, "--seed", &seed, "--size", &size, "--out", out],
    );
    truth["incidents"][0].clone()
}
