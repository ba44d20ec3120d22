//! Raw log lines as the rows of a table, through the real parser: what tests and drafts of rules run on. Knows no
//! rule and no lake.

use crate::config::{Config, FormatsConfig};
use crate::ingest::formats::formats;
use crate::ingest::{Options, object_id, read_frames, reader_for};
use crate::lake::rows::{Rows, SourceObject, Texts, queried, schema};
use crate::query::engine::{Engine, Limits};
use crate::source::ListedObject;
use model::error::{Error, Result};
use model::table::Table;
use redact::RedactConfig;
use redact::Redactor;

/// How sample lines are read and queried.
#[derive(Clone, Copy)]
pub struct Sampling<'c> {
    /// Limits of the engine.
    pub limits: Limits,
    /// Custom layouts, names of fields and level words.
    pub formats: &'c FormatsConfig,
}

impl<'c> Sampling<'c> {
    /// Returns how lines are read with a config.
    pub fn new(limits: Limits, config: &'c Config) -> Self {
        Self { limits, formats: &config.formats }
    }
}

/// Lines of a table, and whether they are of earlier days.
pub struct Lines<'l> {
    /// Table that they are parsed as.
    pub table: Table,
    /// True for `history.<table>`.
    pub is_history: bool,
    /// The lines.
    pub text: &'l str,
}

/// Returns a session whose tables hold the rows of raw lines and nothing else. `source` is the object key that they
/// seem to come from.
pub async fn engine_of(lines: &[Lines<'_>], source: Option<&str>, how: Sampling<'_>) -> Result<Engine> {
    let engine = Engine::empty(how.limits).await?;
    for Lines { table, is_history, text } in lines {
        let name = if *is_history { "history" } else { "public" };
        let batch = parsed(*table, text, source, how.formats)?;
        engine.replace(name, table.name(), schema(*table, Texts::Queried), vec![batch])?;
    }
    engine.add_views(true).await?;
    Ok(engine)
}

/// Parses the lines of a case as the rows of a table.
fn parsed(
    table: Table,
    lines: &str,
    source: Option<&str>,
    config: &FormatsConfig,
) -> Result<arrow::array::RecordBatch> {
    let object = object_of(table, lines, source);
    let text_table = matches!(table, Table::Business | Table::Standard).then_some(table);
    let options = options(text_table, config)?;
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

fn object_of(table: Table, lines: &str, source: Option<&str>) -> ListedObject {
    let key = source.map_or_else(|| format!("{}/2026/11/22/10/case.log", table.name()), str::to_owned);
    ListedObject { etag: String::new(), size: lines.len() as u64, modified: None, key }
}

fn options(text_table: Option<Table>, config: &FormatsConfig) -> Result<Options> {
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default();
    Ok(Options {
        text_table,
        path_types: Vec::new(),
        path_places: Vec::new(),
        cluster: "test".into(),
        zone: chrono_tz::Asia::Shanghai,
        today,
        taken: None,
        threads: 1,
        keep: None,
        formats: formats(config)?,
        limits: format::framing::Limits::default(),
        time_zone: chrono_tz::Asia::Shanghai,
        path_zones: Vec::new(),
        max_skew: 86_400_000_000,
        redactor: Redactor::of(&RedactConfig::default())?,
        cancel: crate::cancel::Cancel::default(),
    })
}

/// What lines are: the table of most records, and the line at which each record begins, from 1.
#[derive(Clone, Debug)]
pub struct Recognized {
    /// Table of most records; `None` without a record.
    pub table: Option<Table>,
    /// Number of records of other tables.
    pub others: u64,
    /// Lines at which the records begin.
    pub begins: Vec<u64>,
}

/// Recognizes raw lines. `text_table` is the table of text without a type of its own.
pub fn recognize(
    lines: &str,
    text_table: Option<Table>,
    source: Option<&str>,
    config: &FormatsConfig,
) -> Result<Recognized> {
    let options = options(text_table, config)?;
    let object = object_of(text_table.unwrap_or(Table::Standard), lines, source);
    let mut reader = reader_for(&object, &options);
    let mut begins = Vec::new();
    let text = lines.trim_start().as_bytes().to_vec();
    read_frames(std::io::Cursor::new(text), &mut reader, &options.limits, &mut |row| {
        begins.push(row.line);
    })?;
    begins.sort_unstable();
    let tables = &reader.counts.tables;
    let most = tables.iter().max_by_key(|(_, count)| **count);
    let others = tables.values().sum::<u64>() - most.map_or(0, |(_, count)| *count);
    Ok(Recognized { table: most.and_then(|(name, _)| Table::of(name)), others, begins })
}
