//! Uploads: many files as a form, or one as the whole body. What comes is streamed on, never held.

use crate::api::response::Ingested;
use crate::server::http::extract::{Params, media_type};
use crate::server::http::{Caller, State};
use crate::server::problem::{HttpResult, INVALID, Problem};
use crate::server::wire;
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

/// Bytes of a form that may come before a part of it does.
const LOOSE: usize = 16 << 20;

const AS_FILE: &str = "send files as `multipart/form-data`: `curl -F file=@app.log`";

/// How one file is called.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NameRequest {
    /// Name of the file that the body is: its path tells log type, pod and day as an object's key does.
    /// A form's parts have names of their own.
    name: Option<String>,
}

/// `POST /v1/logs`
pub async fn upload(
    extract::State(place): State,
    Extension(caller): Caller,
    Params(ask): Params<NameRequest>,
    request: Request,
) -> HttpResult<Json<Ingested>> {
    let mut upload = place.api.upload(&caller).await?;
    if media_type(request.headers()) == "multipart/form-data" {
        // what the form's reader holds: bytes come, less those handed on
        let held = Arc::new(AtomicUsize::new(0));
        let coming = Arc::clone(&held);
        let request = request.map(|body| {
            Body::from_stream(body.into_data_stream().map(move |bytes| {
                let bytes = bytes.map_err(io::Error::other)?;
                match coming.fetch_add(bytes.len(), Ordering::Relaxed) > LOOSE {
                    true => Err(io::Error::other("its parts have no end that is marked")),
                    false => Ok(bytes),
                }
            }))
        });
        let mut form = Multipart::from_request(request, &())
            .await
            .map_err(|rejection| Problem::new(INVALID, rejection.body_text()))?;
        while let Some(part) = form.next_field().await.map_err(|error| wire::broken(&error))? {
            let Some(name) = part.file_name().map(str::to_owned) else {
                return Err(Problem::new(INVALID, "a part of the form is no file").hint(AS_FILE));
            };
            let part = part.inspect_ok(|bytes| {
                held.fetch_sub(bytes.len(), Ordering::Relaxed);
            });
            upload.file(&name, part).await?;
        }
    } else {
        let headers = request.headers();
        let is_empty = headers.get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
        if is_empty && !headers.contains_key(header::TRANSFER_ENCODING) {
            return Err(Problem::new(INVALID, "there is no body").hint("`curl --data-binary @app.log`"));
        }
        let name = ask.name.ok_or_else(|| {
            Problem::new(INVALID, "the file has no name").hint(format!("add `?name=`, or: {AS_FILE}"))
        })?;
        upload.file(&name, request.into_body().into_data_stream()).await?;
    }
    Ok(Json(upload.ingest().await?))
}
