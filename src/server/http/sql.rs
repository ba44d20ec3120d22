//! Rows of an SQL statement as JSON, CSV or an Arrow stream, by `Accept`.

use crate::api::request::QueryRequest;
use crate::api::response::QueryAnswer;
use crate::query::sandbox::{Column, Format, Output, Truncated};
use crate::server::http::extract::{JsonBody, preferred};
use crate::server::http::{Caller, State};
use crate::server::problem::{FAILED, HttpResult, Problem};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, extract};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

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
    /// The limit that cut the rows off: `rows`, `bytes`, or `cell` if only values were cut; null if the result is
    /// complete.
    truncated: Option<Truncated>,
    /// Duration in milliseconds.
    took_ms: u64,
}

/// `POST /v1/sql`
pub async fn rows(
    extract::State(state): State,
    Extension(caller): Caller,
    headers: HeaderMap,
    JsonBody(request): JsonBody<QueryRequest>,
) -> HttpResult<Response> {
    let media = preferred(&headers, &[JSON, CSV, ARROW])?;
    let format = match media {
        CSV => Format::Csv,
        ARROW => Format::Arrow,
        _ => Format::Json,
    };
    let answer = state.api.query(&caller, request, Output::of(format)).await?;
    let truncated = answer.truncated;
    let bytes = if format == Format::Json { document(answer).await? } else { answer.body };
    let mut response = ([(header::CONTENT_TYPE, media)], bytes).into_response();
    if let Some(truncated) = truncated {
        let name = HeaderName::from_static("headwater-truncated");
        response.headers_mut().insert(name, HeaderValue::from_static(truncated.name()));
    }
    Ok(response)
}

/// Returns the document around rows that are a JSON array.
async fn document(answer: QueryAnswer) -> HttpResult<Vec<u8>> {
    let document = move || {
        let rows = String::from_utf8(answer.body).ok()?;
        let rows = Rows {
            columns: answer.columns,
            rows: RawValue::from_string(rows).ok()?,
            truncated: answer.truncated,
            took_ms: u64::try_from(answer.took.as_millis()).unwrap_or(u64::MAX),
        };
        serde_json::to_vec(&rows).ok()
    };
    let document = tokio::task::spawn_blocking(document).await.ok().flatten();
    document.ok_or_else(|| Problem::new(FAILED, "the rows are not valid JSON"))
}
