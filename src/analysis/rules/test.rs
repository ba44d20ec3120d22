//! Tests of rules: the raw lines of each case go through the real parser into the real engine, and
//! the rows of the rule are compared with the expected ones.

use crate::analysis::rules::header::{Case, Expect, Rule, parse_test};
use crate::analysis::rules::sample::{Lines, Sampling, engine_of};
use crate::analysis::rules::{RuleFile, RuleSet};
use crate::query::nearest::nearest;
use crate::query::rows::json_rows;
use model::error::{Error, Result};
use model::lang::counted;
use model::table::Table;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// A row as JSON.
pub type JsonRow = Map<String, Value>;

/// The result of one case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Outcome {
    /// Rule id.
    pub rule: String,
    /// Name of the case.
    pub case: String,
    /// Why it failed; `None` if it passed.
    pub failure: Option<Failure>,
}

/// Why a case failed.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
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

/// Runs every case of the rules whose ids begin so; of all rules without `ids`.
///
/// # Errors
/// Wrong use: no rule begins with one of `ids`.
pub async fn run_chosen(set: &RuleSet, ids: &[String], how: Sampling<'_>) -> Result<Vec<Outcome>> {
    let is_chosen = |id: &str| ids.is_empty() || ids.iter().any(|prefix| id.starts_with(prefix.as_str()));
    let mut outcomes = Vec::new();
    for rule in set.rules.iter().filter(|rule| is_chosen(&rule.id)) {
        match set.tests.get(&rule.id) {
            Some(file) => outcomes.extend(run(rule, file, how).await?),
            None => outcomes.push(untested(&rule.id, "the rule has no .test.toml file")),
        }
    }
    if let (true, Some(first)) = (outcomes.is_empty(), ids.first()) {
        let near = nearest(first, set.rules.iter().map(|rule| rule.id.as_str()));
        let hint = near.map_or_else(
            || "`headwater rules list` lists them".into(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err(Error::usage(format!("no rule begins with `{}`", ids.join("`, `"))).hint(hint));
    }
    Ok(outcomes)
}

/// Runs every case of a rule.
pub async fn run(rule: &Rule, file: &RuleFile, how: Sampling<'_>) -> Result<Vec<Outcome>> {
    let test = parse_test(&file.text, &file.place)?;
    let mut outcomes = Vec::new();
    let (mut fires, mut is_quiet) = (false, false);
    for case in &test.cases {
        let failure = match run_case(rule, case, how).await {
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

async fn run_case(rule: &Rule, case: &Case, how: Sampling<'_>) -> Result<Vec<JsonRow>> {
    let mut all = Vec::new();
    for table in Table::ALL {
        for is_history in [false, true] {
            let lines = case.lines(table, is_history);
            all.extend(lines.map(|text| Lines { table, is_history, text }));
        }
    }
    let engine = engine_of(&all, case.source.as_deref(), how).await?;
    json_rows(&engine.query(&rule.sql(&case.params)?).await?)
}

/// Returns the difference between the expected and the actual rows; `None` if they match.
fn mismatch(expect: &Expect, rows: Vec<JsonRow>) -> Option<Failure> {
    match expect {
        Expect::Count(count) if *count == rows.len() => None,
        Expect::Count(count) => Some(Failure {
            what: format!("expected {}, got {}", counted(*count as u64, "finding"), rows.len()),
            expected: Vec::new(),
            got: rows.into_iter().map(|row| (row, *count > 0)).collect(),
        }),
        Expect::Rows(expected) => {
            let is_of = |columns: &toml::Table, row: &JsonRow| {
                columns.iter().all(|(key, value)| equal(value, row.get(key)))
            };
            let fits: Vec<Vec<usize>> = expected
                .iter()
                .map(|columns| {
                    (0..rows.len())
                        .filter(|at| rows.get(*at).is_some_and(|row| is_of(columns, row)))
                        .collect()
                })
                .collect();
            let of_row = pairs(&fits, rows.len());
            let is_found = |at: usize| of_row.contains(&Some(at));
            if expected.len() == rows.len() && (0..expected.len()).all(is_found) {
                return None;
            }
            let shown = |columns: &toml::Table| match serde_json::to_value(columns) {
                Ok(Value::Object(row)) => row,
                _ => JsonRow::new(),
            };
            let what = match expected.len() == rows.len() {
                true => format!("{} as expected, but not those", counted(rows.len() as u64, "finding")),
                false => {
                    format!("expected {}, got {}", counted(expected.len() as u64, "finding"), rows.len())
                }
            };
            Some(Failure {
                what,
                expected: expected
                    .iter()
                    .enumerate()
                    .map(|(at, columns)| (shown(columns), is_found(at)))
                    .collect(),
                got: rows.into_iter().zip(of_row).map(|(row, of)| (row, of.is_some())).collect(),
            })
        }
    }
}

/// Returns which expectation each row meets, none twice and as many as can be met. `fits` has the rows that each
/// expectation accepts.
fn pairs(fits: &[Vec<usize>], rows: usize) -> Vec<Option<usize>> {
    /// Gives an expectation a row, and the one that had it another.
    fn place(one: usize, fits: &[Vec<usize>], of_row: &mut [Option<usize>], tried: &mut [bool]) -> bool {
        for &row in fits.get(one).into_iter().flatten() {
            if tried.get(row).copied().unwrap_or(true) {
                continue;
            }
            tried[row] = true;
            if of_row[row].is_none_or(|other| place(other, fits, of_row, tried)) {
                of_row[row] = Some(one);
                return true;
            }
        }
        false
    }
    let mut of_row = vec![None; rows];
    for one in 0..fits.len() {
        place(one, fits, &mut of_row, &mut vec![false; rows]);
    }
    of_row
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

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(texts: &[&str]) -> Vec<JsonRow> {
        texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
    }

    fn expected(texts: &[&str]) -> Expect {
        Expect::Rows(texts.iter().filter_map(|text| toml::from_str(text).ok()).collect())
    }

    #[test]
    fn each_expected_row_needs_a_row_of_its_own() {
        let (a, b) = (r#"{"pod":"a","n":1}"#, r#"{"pod":"b","n":1}"#);
        assert!(mismatch(&expected(&["pod = 'a'", "pod = 'b'"]), rows(&[b, a])).is_none());
        // the wide expectation must leave the only fitting row to the narrow one
        assert!(mismatch(&expected(&["n = 1", "pod = 'a'"]), rows(&[a, b])).is_none());
        let failure = mismatch(&expected(&["pod = 'a'", "pod = 'a'"]), rows(&[a, b]));
        let shown = failure.map(|of| (of.what, of.got.iter().map(|(_, met)| *met).collect::<Vec<_>>()));
        assert_eq!(shown, Some(("2 findings as expected, but not those".to_owned(), vec![true, false])));
    }
}
