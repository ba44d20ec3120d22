//! Uploads: several files as a multipart form, or one file as the body. Bytes are streamed to disk.

use crate::api::response::IngestResult;
use crate::server::body::body_error;
use crate::server::http::extract::{Params, media_type};
use crate::server::http::{Caller, State};
use crate::server::problem::{HttpResult, INVALID, Problem};
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use axum::{Extension, Json, extract};
use futures::{StreamExt, TryStreamExt};
use schemars::JsonSchema;
use serde::Deserialize;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Largest number of bytes that the form's parser may buffer.
const MAX_BUFFERED: usize = 16 << 20;

const FORM_HINT: &str = "send files as `multipart/form-data`: `curl -F file=@app.log`";

/// The name of a single file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NameRequest {
    /// Path of the file, if the body is one file. Log type, pod and day are parsed from it. Not used for
    /// a form: each of its parts has a name.
    name: Option<String>,
}

/// `POST /v1/logs`
pub async fn upload(
    extract::State(state): State,
    Extension(caller): Caller,
    Params(NameRequest { name }): Params<NameRequest>,
    request: Request,
) -> HttpResult<Json<IngestResult>> {
    let mut upload = state.api.upload(&caller).await?;
    if media_type(request.headers()) == "multipart/form-data" {
        // bytes received minus bytes passed on: what the form's parser buffers
        let buffered = Arc::new(AtomicUsize::new(0));
        let received = Arc::clone(&buffered);
        let request = request.map(|body| {
            Body::from_stream(body.into_data_stream().map(move |bytes| {
                let bytes = bytes.map_err(io::Error::other)?;
                match received.fetch_add(bytes.len(), Ordering::Relaxed) > MAX_BUFFERED {
                    true => Err(io::Error::other("no boundary found between the parts of the form")),
                    false => Ok(bytes),
                }
            }))
        });
        let mut form = Multipart::from_request(request, &())
            .await
            .map_err(|rejection| Problem::new(INVALID, rejection.body_text()))?;
        while let Some(part) = form.next_field().await.map_err(|error| body_error(&error))? {
            let Some(name) = part.file_name().map(str::to_owned) else {
                return Err(Problem::new(INVALID, "a part of the form is not a file").hint(FORM_HINT));
            };
            let part = part.inspect_ok(|bytes| {
                buffered.fetch_sub(bytes.len(), Ordering::Relaxed);
            });
            upload.file(&name, part.map_err(|error| body_error(&error))).await?;
        }
    } else {
        let headers = request.headers();
        let is_empty = headers.get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
        if is_empty && !headers.contains_key(header::TRANSFER_ENCODING) {
            return Err(
                Problem::new(INVALID, "the request has no body").hint("`curl --data-binary @app.log`")
            );
        }
        let name = name.ok_or_else(|| {
            Problem::new(INVALID, "the file has no name").hint(format!("add `?name=`, or {FORM_HINT}"))
        })?;
        let bytes = request.into_body().into_data_stream();
        upload.file(&name, bytes.map_err(|error| body_error(&error))).await?;
    }
    Ok(Json(upload.ingest().await?))
}
