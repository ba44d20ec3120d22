//! Tests of rules: the raw lines of each case go through the real parser into the real engine, and
//! the rows of the rule are compared with the expected ones.

use crate::analysis::rules::RuleFile;
use crate::analysis::rules::header::{Case, Expect, Rule, parse_test};
use crate::config::FormatsConfig;
use crate::ingest::formats::formats;
use crate::ingest::{Options, object_id, read_frames, reader_for};
use crate::lake::rows::{Rows, SourceObject, Texts, queried, schema};
use crate::query::engine::{Engine, Limits};
use crate::query::rows::json_rows;
use crate::source::ListedObject;
use model::error::{Error, Result};
use model::table::Table;
use redact::RedactConfig;
use redact::Redactor;
use serde_json::{Map, Value};

/// The result of one case.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Rule id.
    pub rule: String,
    /// Name of the case.
    pub case: String,
    /// Why it failed; `None` if it passed.
    pub failure: Option<String>,
}

/// Runs every case of a rule.
pub async fn run(rule: &Rule, file: &RuleFile, limits: Limits) -> Result<Vec<Outcome>> {
    let test = parse_test(&file.text, &file.place)?;
    let mut outcomes = Vec::new();
    let (mut fires, mut is_quiet) = (false, false);
    for case in &test.cases {
        let failure = match run_case(rule, case, limits).await {
            Ok(rows) => mismatch(&case.expect, &rows),
            Err(error) => Some(error.to_string()),
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
        outcomes.push(Outcome {
            rule: rule.id.clone(),
            case: "(coverage)".into(),
            failure: Some(format!("there is no case in which the rule {missing}")),
        });
    }
    Ok(outcomes)
}

async fn run_case(rule: &Rule, case: &Case, limits: Limits) -> Result<Vec<Map<String, Value>>> {
    let engine = Engine::empty(limits).await?;
    for table in Table::ALL {
        for (name, history) in [("public", false), ("history", true)] {
            if let Some(lines) = case.lines(table, history) {
                let batch = parsed(table, lines, case.source.as_deref())?;
                engine.replace(name, table.name(), schema(table, Texts::Queried), vec![batch])?;
            }
        }
    }
    engine.add_views().await?;
    let sql = rule.sql(&case.params)?;
    json_rows(&engine.query(&sql).await?)
}

/// Parses the lines of a case as the rows of a table.
fn parsed(table: Table, lines: &str, source: Option<&str>) -> Result<arrow::array::RecordBatch> {
    let key = source.map_or_else(|| format!("{}/2026/11/22/10/case.log", table.name()), str::to_owned);
    let object = ListedObject { etag: String::new(), size: lines.len() as u64, modified: None, key };
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default();
    let text_table = matches!(table, Table::Business | Table::Standard).then_some(table);
    let options = Options {
        text_table,
        path_types: Vec::new(),
        path_places: Vec::new(),
        cluster: "test".into(),
        zone: chrono_tz::Asia::Shanghai,
        today,
        threads: 1,
        keep: None,
        formats: formats(&FormatsConfig::default())?,
        limits: format::framing::Limits::default(),
        time_zone: chrono_tz::Asia::Shanghai,
        path_zones: Vec::new(),
        max_skew: 86_400_000_000,
        redactor: Redactor::of(&RedactConfig::default())?,
        cancel: crate::cancel::Cancel::default(),
    };
    let described =
        SourceObject { id: object_id(&object.key), key: object.key.clone(), cluster: "test".into() };
    let mut rows = Rows::new(table);
    let mut others = 0;
    let mut reader = reader_for(&object, &options);
    let text = lines.trim_start().as_bytes().to_vec();
    read_frames(std::io::Cursor::new(text), &mut reader, &options.limits, &mut |row| {
        if row.table == table { rows.push(row, &described) } else { others += 1 }
    })?;
    if others > 0 {
        let why = reader
            .counts
            .faults
            .first()
            .map_or_else(String::new, |(line, why)| format!(": line {line}: {why}"));
        return Err(Error::usage(format!(
            "{others} records of the case are not `{}` records{why}",
            table.name()
        )));
    }
    let failed = |error: arrow::error::ArrowError| {
        Error::bug("the rows of a case do not fit their table").because(error)
    };
    let batch = rows.take().map_err(failed)?;
    queried(table, &batch).map_err(failed)
}

/// Returns the difference between the expected and the actual rows; `None` if they match.
fn mismatch(expect: &Expect, rows: &[Map<String, Value>]) -> Option<String> {
    let got =
        || rows.iter().map(|row| Value::Object(row.clone()).to_string()).collect::<Vec<_>>().join("\n    ");
    match expect {
        Expect::Count(count) if *count == rows.len() => None,
        Expect::Count(count) => Some(format!("expected {count} findings, got {}\n    {}", rows.len(), got())),
        Expect::Rows(expected) => {
            let has_all = expected.len() == rows.len()
                && expected.iter().all(|columns| {
                    rows.iter().any(|row| columns.iter().all(|(key, value)| equal(value, row.get(key))))
                });
            (!has_all).then(|| format!("expected {expected:?}, got\n    {}", got()))
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
