//! Tests of rules: the raw lines of each case go through the real parser into the real engine, and
//! the rows of the rule are compared with the expected ones.

use crate::analysis::rules::RuleFile;
use crate::analysis::rules::header::{Case, Expect, Rule, parse_test};
use crate::analysis::rules::sample::{Lines, engine_of};
use crate::query::engine::Limits;
use crate::query::rows::json_rows;
use model::error::Result;
use model::table::Table;
use serde::Serialize;
use serde_json::{Map, Value};

/// A row as JSON.
pub type JsonRow = Map<String, Value>;

/// The result of one case.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Rule id.
    pub rule: String,
    /// Name of the case.
    pub case: String,
    /// Why it failed; `None` if it passed.
    pub failure: Option<Failure>,
}

/// Why a case failed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Failure {
    /// One line.
    pub what: String,
    /// Rows that were expected, of the columns that the case names, each with true if the rule returned it.
    pub expected: Vec<(JsonRow, bool)>,
    /// Rows that the rule returned, each with true if it was expected.
    pub got: Vec<(JsonRow, bool)>,
}

impl Failure {
    fn of(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }
}

/// Runs every case of a rule.
pub async fn run(rule: &Rule, file: &RuleFile, limits: Limits) -> Result<Vec<Outcome>> {
    let test = parse_test(&file.text, &file.place)?;
    let mut outcomes = Vec::new();
    let (mut fires, mut is_quiet) = (false, false);
    for case in &test.cases {
        let failure = match run_case(rule, case, limits).await {
            Ok(rows) => mismatch(&case.expect, rows),
            Err(error) => Some(Failure::of(error.to_string())),
        };
        match &case.expect {
            Expect::Count(0) => is_quiet = true,
            Expect::Rows(rows) if rows.is_empty() => is_quiet = true,
            _ => fires = true,
        }
        outcomes.push(Outcome { rule: rule.id.clone(), case: case.name.clone(), failure });
    }
    if !(fires && is_quiet) {
        let missing = if fires { "stays quiet" } else { "fires" };
        outcomes.push(untested(&rule.id, &format!("there is no case in which the rule {missing}")));
    }
    Ok(outcomes)
}

/// Returns the outcome of a rule whose tests do not show all that they must.
pub fn untested(rule: &str, what: &str) -> Outcome {
    Outcome { rule: rule.to_owned(), case: "(coverage)".into(), failure: Some(Failure::of(what)) }
}

async fn run_case(rule: &Rule, case: &Case, limits: Limits) -> Result<Vec<JsonRow>> {
    let mut all = Vec::new();
    for table in Table::ALL {
        for is_history in [false, true] {
            let lines = case.lines(table, is_history);
            all.extend(lines.map(|text| Lines { table, is_history, text }));
        }
    }
    let engine = engine_of(&all, case.source.as_deref(), limits).await?;
    json_rows(&engine.query(&rule.sql(&case.params)?).await?)
}

/// Returns the difference between the expected and the actual rows; `None` if they match.
fn mismatch(expect: &Expect, rows: Vec<JsonRow>) -> Option<Failure> {
    match expect {
        Expect::Count(count) if *count == rows.len() => None,
        Expect::Count(count) => Some(Failure {
            what: format!("expected {count} findings, got {}", rows.len()),
            expected: Vec::new(),
            got: rows.into_iter().map(|row| (row, *count > 0)).collect(),
        }),
        Expect::Rows(expected) => {
            let is_of = |columns: &toml::Table, row: &JsonRow| {
                columns.iter().all(|(key, value)| equal(value, row.get(key)))
            };
            let found: Vec<bool> =
                expected.iter().map(|columns| rows.iter().any(|row| is_of(columns, row))).collect();
            if expected.len() == rows.len() && !found.contains(&false) {
                return None;
            }
            let shown = |columns: &toml::Table| match serde_json::to_value(columns) {
                Ok(Value::Object(row)) => row,
                _ => JsonRow::new(),
            };
            let got: Vec<(JsonRow, bool)> = rows
                .into_iter()
                .map(|row| {
                    let is_expected = expected.iter().any(|columns| is_of(columns, &row));
                    (row, is_expected)
                })
                .collect();
            let what = match expected.len() == got.len() {
                true => format!("{} findings as expected, but not those", got.len()),
                false => format!("expected {} findings, got {}", expected.len(), got.len()),
            };
            Some(Failure { what, expected: expected.iter().map(shown).zip(found).collect(), got })
        }
    }
}

fn equal(expected: &toml::Value, got: Option<&Value>) -> bool {
    match (expected, got) {
        (toml::Value::String(a), Some(Value::String(b))) => a == b,
        (toml::Value::Integer(a), Some(b)) => b.as_f64() == Some(*a as f64),
        (toml::Value::Float(a), Some(b)) => b.as_f64().is_some_and(|b| (a - b).abs() < 1e-6),
        (toml::Value::Boolean(a), Some(b)) => b.as_bool() == Some(*a),
        (toml::Value::Array(a), Some(Value::Array(b))) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, Some(b)))
        }
        _ => false,
    }
}
