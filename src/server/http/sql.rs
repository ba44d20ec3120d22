//! Rows of a statement: as JSON for scripts, as CSV for spreadsheets, as Arrow for what computes.

use crate::api::request::QueryRequest;
use crate::api::response::QueryRows;
use crate::server::http::extract::{JsonBody, preferred};
use crate::server::http::{Caller, State};
use crate::server::problem::{FAILED, HttpResult, INVALID, Problem};
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, extract};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::io::{self, Write};

const JSON: &str = "application/json";
pub const CSV: &str = "text/csv; charset=utf-8; header=present";
pub const ARROW: &str = "application/vnd.apache.arrow.stream";

/// Rows of a statement.
#[derive(Serialize, JsonSchema)]
pub struct Rows {
    /// Columns, in order.
    columns: Vec<Column>,
    /// Rows by column name.
    #[schemars(with = "Vec<Map<String, Value>>")]
    rows: Box<RawValue>,
    /// Why not all rows are there: `rows` or `bytes`; null where all are.
    truncated: Option<&'static str>,
    /// From question to answer.
    took_ms: u64,
}

/// A column of rows.
#[derive(Serialize, JsonSchema)]
pub struct Column {
    /// Name.
    name: String,
    /// Arrow type.
    #[serde(rename = "type")]
    kind: String,
}

/// `POST /v1/sql`
pub async fn rows(
    extract::State(place): State,
    Extension(caller): Caller,
    headers: HeaderMap,
    JsonBody(ask): JsonBody<QueryRequest>,
) -> HttpResult<Response> {
    let media = preferred(&headers, &[JSON, CSV, ARROW])?;
    let rows = place.api.query(&caller, ask).await?;
    let truncated = rows.truncated;
    let bytes = tokio::task::spawn_blocking(move || match media {
        CSV => csv(&rows),
        ARROW => stream(&rows),
        _ => json(&rows),
    })
    .await
    .map_err(|_| Problem::new(FAILED, "a bug stopped the answer"))?
    .map_err(|error| {
        Problem::new(INVALID, format!("the rows cannot be said as {media}: {error}"))
            .hint("cast the column to text, or ask for another media type")
    })?;
    let mut response = ([(header::CONTENT_TYPE, media)], bytes).into_response();
    if let Some(truncated) = truncated {
        let name = HeaderName::from_static("headwater-truncated");
        response.headers_mut().insert(name, HeaderValue::from_static(truncated));
    }
    Ok(response)
}

/// Most bytes of rows as JSON: names of columns stand in each, and nulls count there.
const MOST_JSON: usize = 32 << 20;

/// A text that does not grow without end.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_JSON {
            return Err(io::Error::other(format!("they are more than {} MiB", MOST_JSON >> 20)));
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn json(rows: &QueryRows) -> Result<Vec<u8>, ArrowError> {
    let mut text = Bounded(Vec::new());
    let mut writer = arrow::json::WriterBuilder::new()
        .with_explicit_nulls(true)
        .build::<_, arrow::json::writer::JsonArray>(&mut text);
    writer.write_batches(&rows.batches.iter().collect::<Vec<_>>())?;
    writer.finish()?;
    drop(writer);
    let broken = |error: serde_json::Error| ArrowError::JsonError(error.to_string());
    let text = String::from_utf8(text.0).map_err(|error| ArrowError::JsonError(error.to_string()))?;
    let text = if text.is_empty() { "[]".into() } else { text };
    let fields = rows.schema.fields().iter();
    let columns =
        fields.map(|field| Column { name: field.name().clone(), kind: field.data_type().to_string() });
    serde_json::to_vec(&Rows {
        columns: columns.collect(),
        rows: RawValue::from_string(text).map_err(broken)?,
        truncated: rows.truncated,
        took_ms: u64::try_from(rows.took.as_millis()).unwrap_or(u64::MAX),
    })
    .map_err(broken)
}

fn csv(rows: &QueryRows) -> Result<Vec<u8>, ArrowError> {
    let mut text = Vec::new();
    let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(&mut text);
    if rows.batches.is_empty() {
        writer.write(&arrow::array::RecordBatch::new_empty(rows.schema.clone()))?;
    }
    for batch in &rows.batches {
        writer.write(batch)?;
    }
    drop(writer);
    Ok(text)
}

fn stream(rows: &QueryRows) -> Result<Vec<u8>, ArrowError> {
    let mut writer = StreamWriter::try_new(Vec::new(), &rows.schema)?;
    for batch in &rows.batches {
        writer.write(batch)?;
    }
    writer.into_inner()
}
