//! What each path answers. Errors are problem documents (RFC 9457), with a hint where there is one.

use super::Place;
use crate::brief::{Lang, Length};
use crate::catalog::Catalog;
use crate::error::{Error, Kind};
use crate::finding::Report;
use crate::lake::{Lake, Space};
use crate::window::parse_date;
use crate::{metrics, report, runs};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// Why there is no answer.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    detail: String,
    hint: Option<String>,
}

type Answer<T> = std::result::Result<T, Refusal>;
type Asked = std::result::Result<Query<Ask>, QueryRejection>;

/// What a caller may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ask {
    date: Option<String>,
    lang: Language,
    voice: bool,
    limit: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Language {
    Zh,
    #[default]
    En,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), hint: None }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    fn with(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl From<Error> for Refusal {
    /// Paths of this machine go to the log, not to the caller.
    fn from(error: Error) -> Self {
        let status = match error.kind {
            Kind::Usage => StatusCode::BAD_REQUEST,
            Kind::Failed | Kind::Bug => {
                tracing::error!(place = error.place, why = error.why(), "{}", error.what);
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self { status, detail: error.what, hint: error.hint }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or_default();
        let mut body = json!({ "type": "about:blank", "title": title, "status": self.status.as_u16(), "detail": self.detail });
        if let (Some(fields), Some(hint)) = (body.as_object_mut(), self.hint) {
            fields.insert("hint".into(), hint.into());
        }
        let mut response =
            (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string())
                .into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = axum::http::HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}

/// Opens the lake and reads, where blocking harms nobody. No lake is no fault of the caller: 503.
async fn read<T: Send + 'static>(
    place: Arc<Place>,
    work: impl FnOnce(&Place, &Catalog) -> Answer<T> + Send + 'static,
) -> Answer<T> {
    let reading = tokio::task::spawn_blocking(move || {
        let catalog = Lake::open(&place.lake).and_then(|lake| Catalog::open(&lake.catalog_path()));
        let catalog = catalog.map_err(|error| Refusal::from(error).with(StatusCode::SERVICE_UNAVAILABLE))?;
        work(&place, &catalog)
    });
    reading
        .await
        .unwrap_or_else(|error| Err(Error::bug("a reader of the lake stopped").because(error).into()))
}

fn asked(ask: Asked) -> Answer<Ask> {
    let Query(ask) = ask.map_err(|rejection| {
        Refusal::new(StatusCode::BAD_REQUEST, rejection.body_text())
            .hint("date=YYYY-MM-DD, lang=en or zh, voice=true, limit=NUMBER")
    })?;
    ask.date.as_deref().map(parse_date).transpose()?;
    Ok(ask)
}

fn kept(catalog: &Catalog, ask: &Ask) -> Answer<Report> {
    report::kept(catalog, ask.date.as_deref())?.ok_or_else(|| {
        let of = ask.date.as_deref().map(|date| format!(" of {date}")).unwrap_or_default();
        Refusal::new(StatusCode::NOT_FOUND, format!("no report{of} is kept"))
            .hint("`headwater run` or `headwater analyze --date` makes one")
    })
}

impl Ask {
    fn lang(&self) -> Lang {
        match self.lang {
            Language::Zh => Lang::Zh,
            Language::En => Lang::En,
        }
    }
}

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: the lake opens and its catalog answers.
pub async fn ready(State(place): State<Arc<Place>>) -> Answer<&'static str> {
    read(place, |_, catalog| {
        catalog.last_date().map_err(|error| Refusal::from(error).with(StatusCode::SERVICE_UNAVAILABLE))?;
        Ok("ready\n")
    })
    .await
}

/// `GET /metrics`: OpenMetrics text.
pub async fn metrics(State(place): State<Arc<Place>>) -> Answer<([(HeaderName, &'static str); 1], String)> {
    let text =
        read(place, |place, catalog| Ok(metrics::text(catalog, Space::of(&place.lake).ok(), place.zone)?));
    Ok(([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], text.await?))
}

/// `GET /?date=&lang=`: the page of a kept report, or of the last one.
pub async fn page(State(place): State<Arc<Place>>, ask: Asked) -> Answer<Html<String>> {
    let ask = asked(ask)?;
    read(place, move |_, catalog| Ok(Html(crate::page::html(&kept(catalog, &ask)?, ask.lang())?))).await
}

/// `GET /v1/brief?date=&lang=&voice=`: the text of a kept report, or of the last one.
pub async fn brief(State(place): State<Arc<Place>>, ask: Asked) -> Answer<String> {
    let ask = asked(ask)?;
    let length = if ask.voice { Length::Voice } else { Length::Chat };
    read(place, move |_, catalog| Ok(crate::brief::brief(&kept(catalog, &ask)?, ask.lang(), length))).await
}

/// `GET /v1/runs?date=&limit=`: the runs, latest first.
pub async fn runs(State(place): State<Arc<Place>>, ask: Asked) -> Answer<Json<serde_json::Value>> {
    let ask = asked(ask)?;
    read(place, move |_, catalog| {
        let list = runs::list(catalog, ask.date.as_deref(), ask.limit.unwrap_or(runs::LIMIT).min(1000))?;
        Ok(Json(runs::document(&list)))
    })
    .await
}

/// Any other path.
pub async fn nowhere() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this path")
        .hint("try /, /v1/brief, /v1/runs, /metrics, /healthz or /readyz")
}
