//! Rows of an SQL statement as JSON, CSV or an Arrow stream, by `Accept`.

use crate::api::request::QueryRequest;
use crate::api::response::QueryRows;
use crate::query::sandbox::Truncated;
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
/// CSV with a header line (RFC 4180).
pub const CSV: &str = "text/csv; charset=utf-8; header=present";
/// An Arrow IPC stream.
pub const ARROW: &str = "application/vnd.apache.arrow.stream";

/// Rows of an SQL statement.
#[derive(Serialize, JsonSchema)]
pub struct Rows {
    /// Columns of the result, in order.
    columns: Vec<Column>,
    /// Rows as objects by column name.
    #[schemars(with = "Vec<Map<String, Value>>")]
    rows: Box<RawValue>,
    /// The limit that cut the rows off: `rows` or `bytes`; null if the result is complete.
    truncated: Option<Truncated>,
    /// Duration in milliseconds.
    took_ms: u64,
}

/// A column of the result.
#[derive(Serialize, JsonSchema)]
pub struct Column {
    /// Name of the column.
    name: String,
    /// Arrow type.
    #[serde(rename = "type")]
    kind: String,
}

/// `POST /v1/sql`
pub async fn rows(
    extract::State(state): State,
    Extension(caller): Caller,
    headers: HeaderMap,
    JsonBody(request): JsonBody<QueryRequest>,
) -> HttpResult<Response> {
    let media = preferred(&headers, &[JSON, CSV, ARROW])?;
    let rows = state.api.query(&caller, request).await?;
    let truncated = rows.truncated;
    let bytes = tokio::task::spawn_blocking(move || match media {
        CSV => csv(&rows),
        ARROW => stream(&rows),
        _ => json(&rows),
    })
    .await
    .map_err(|_| Problem::new(FAILED, "the request panicked"))?
    .map_err(|error| {
        Problem::new(INVALID, format!("cannot encode the rows as {media}: {error}"))
            .hint("cast the column to text, or request another media type")
    })?;
    let mut response = ([(header::CONTENT_TYPE, media)], bytes).into_response();
    if let Some(truncated) = truncated {
        let name = HeaderName::from_static("headwater-truncated");
        response.headers_mut().insert(name, HeaderValue::from_static(truncated.name()));
    }
    Ok(response)
}

/// Longest rows as JSON in bytes: each row repeats the column names, also of nulls.
const MAX_JSON_BYTES: usize = 32 << 20;

/// A buffer of limited size.
struct BoundedBuffer(Vec<u8>);

impl Write for BoundedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_JSON_BYTES {
            return Err(io::Error::other(format!(
                "they are larger than the limit of {} MiB",
                MAX_JSON_BYTES >> 20
            )));
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn json(rows: &QueryRows) -> Result<Vec<u8>, ArrowError> {
    let mut text = BoundedBuffer(Vec::new());
    let mut writer = arrow::json::WriterBuilder::new()
        .with_explicit_nulls(true)
        .build::<_, arrow::json::writer::JsonArray>(&mut text);
    writer.write_batches(&rows.batches.iter().collect::<Vec<_>>())?;
    writer.finish()?;
    drop(writer);
    let failed = |error: serde_json::Error| ArrowError::JsonError(error.to_string());
    let text = String::from_utf8(text.0).map_err(|error| ArrowError::JsonError(error.to_string()))?;
    let text = if text.is_empty() { "[]".into() } else { text };
    let fields = rows.schema.fields().iter();
    let columns =
        fields.map(|field| Column { name: field.name().clone(), kind: field.data_type().to_string() });
    serde_json::to_vec(&Rows {
        columns: columns.collect(),
        rows: RawValue::from_string(text).map_err(failed)?,
        truncated: rows.truncated,
        took_ms: u64::try_from(rows.took.as_millis()).unwrap_or(u64::MAX),
    })
    .map_err(failed)
}

fn csv(rows: &QueryRows) -> Result<Vec<u8>, ArrowError> {
    crate::query::export::csv(&rows.schema, &rows.batches)
}

fn stream(rows: &QueryRows) -> Result<Vec<u8>, ArrowError> {
    let mut writer = StreamWriter::try_new(Vec::new(), &rows.schema)?;
    for batch in &rows.batches {
        writer.write(batch)?;
    }
    writer.into_inner()
}
