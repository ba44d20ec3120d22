//! Saved reports and runs as tables of the schema `report`, for dashboards. Their rows are those of the catalog; what
//! they mean is in `model`.

use crate::lake::catalog::Catalog;
use crate::query::engine::Engine;
use crate::query::views::of_file;
use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use model::error::{Error, Result};
use std::sync::Arc;

/// The schema.
pub const SCHEMA: &str = "report";
/// Its tables that statements may read, and what each has.
pub const TABLES: [(&str, &str); 4] = [
    ("coverage", "rows that the report of a day is based on, one row per table"),
    ("finding", "findings of saved reports"),
    ("incident", "incidents of saved reports"),
    ("run", "runs of the daily job"),
];

/// The latest days whose reports are read, and the latest runs.
const MAX_DAYS: usize = 92;
const MAX_RUNS: usize = 1_000;

const VIEWS: &str = include_str!("../../sql/reports.sql");
const TIME: &str = "'Timestamp(Microsecond, Some(\"UTC\"))'";

/// Returns what a table has; `None` if it does not exist.
pub fn about(table: &str) -> Option<&'static str> {
    TABLES.into_iter().find(|(name, _)| *name == table).map(|(_, about)| about)
}

impl Engine {
    /// Registers the tables.
    pub(crate) async fn add_reports(&self, catalog: &Catalog) -> Result<()> {
        self.add_schema(SCHEMA)?;
        let reports = catalog.latest_reports(MAX_DAYS)?;
        let texts = |of: fn(&(String, String)) -> &str| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(reports.iter().map(of)))
        };
        self.rows_in_memory(
            "saved",
            [("date", texts(|(date, _)| date)), ("report", texts(|(_, report)| report))],
        )?;
        let runs = catalog.runs(None, MAX_RUNS)?;
        let times = |times: Vec<Option<i64>>| -> ArrayRef {
            Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC"))
        };
        let texts = |texts: Vec<Option<&str>>| -> ArrayRef { Arc::new(StringArray::from(texts)) };
        self.rows_in_memory(
            "run",
            [
                ("id", texts(runs.iter().map(|run| Some(run.id.as_str())).collect())),
                ("date", texts(runs.iter().map(|run| Some(run.date.as_str())).collect())),
                ("state", texts(runs.iter().map(|run| Some(run.state.name())).collect())),
                ("started_ts", times(runs.iter().map(|run| Some(run.started_ts)).collect())),
                ("ended_ts", times(runs.iter().map(|run| run.ended_ts).collect())),
                ("note", texts(runs.iter().map(|run| run.note.as_deref()).collect())),
            ],
        )?;
        for (name, statement) in of_file(VIEWS) {
            self.view_in(SCHEMA, name, &statement.replace("{time}", TIME)).await?;
        }
        Ok(())
    }

    fn rows_in_memory<const N: usize>(&self, table: &str, columns: [(&str, ArrayRef); N]) -> Result<()> {
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.map(|(name, values)| (name, values, true)));
        let batch = batch.map_err(|error| Error::bug("cannot show saved reports").because(error))?;
        self.replace(SCHEMA, table, batch.schema(), vec![batch])
    }
}
