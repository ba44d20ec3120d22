//! MCP over HTTP: reads the message, limits the sessions of the older protocol revisions for each caller, and
//! cancels the calls of a client that disconnects. Must not know tools.

use crate::api::{Api, Caller};
use crate::server::body::read;
use crate::server::mcp::{FLUSH, MAX_CALLS, Server};
use crate::server::problem::{BUSY, HttpResult, NOT_FOUND, Problem};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Deserialize;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Idle time after which a session of the older protocol revisions is closed.
const SESSION_IDLE: Duration = Duration::from_secs(1800);

/// Largest number of open sessions of the older protocol revisions: of one caller, and of all.
const MAX_SESSIONS_OF_CALLER: usize = 64;
const MAX_SESSIONS: usize = 512;

/// Longest message in bytes.
const MAX_MESSAGE_BYTES: usize = 4 << 20;

/// The header with the id of a session.
const SESSION: &str = "mcp-session-id";

/// The part of a message that decides whether it begins a session.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    method: String,
}

/// Is cancelled when the client of a request has disconnected, or has received its response.
#[derive(Clone)]
pub struct ClientGone(pub CancellationToken);

/// The service at `/mcp`.
pub struct Endpoint {
    service: StreamableHttpService<Server, LocalSessionManager>,
    sessions: Arc<LocalSessionManager>,
    /// The caller of each open session.
    owners: Mutex<HashMap<String, String>>,
}

impl Endpoint {
    /// Returns the service for all protocol revisions: with sessions for clients that send `initialize`,
    /// without sessions for the others. Requires that `Host`, `Origin` and token were checked and the
    /// [`Caller`] is in the request's extensions. After `shutdown`, running calls complete; then all
    /// streams are closed.
    pub fn new(api: Api, shutdown: CancellationToken) -> Self {
        let mut sessions = LocalSessionManager::default();
        sessions.session_config.keep_alive = Some(SESSION_IDLE);
        let sessions = Arc::new(sessions);
        let call_slots = Arc::new(Semaphore::new(MAX_CALLS as usize));
        let server = Server { api, caller: None, call_slots: Arc::clone(&call_slots) };
        let close = CancellationToken::new();
        let close_later = close.clone();
        tokio::spawn(async move {
            shutdown.cancelled().await;
            let _ = call_slots.acquire_many(MAX_CALLS).await;
            tokio::time::sleep(FLUSH).await;
            close_later.cancel();
        });
        let config = StreamableHttpServerConfig::default()
            .disable_allowed_hosts() // checked by the server's authentication, which also knows the addresses
            .with_json_response(true)
            .with_cancellation_token(close);
        let service = StreamableHttpService::new(move || Ok(server.clone()), Arc::clone(&sessions), config);
        Self { service, sessions, owners: Mutex::default() }
    }

    /// Returns the response to a request.
    pub async fn respond(&self, request: Request) -> Response {
        self.try_respond(request).await.unwrap_or_else(Problem::into_response)
    }

    async fn try_respond(&self, request: Request) -> HttpResult<Response> {
        let (mut parts, body) = request.into_parts();
        let gone = CancellationToken::new();
        parts.extensions.insert(ClientGone(gone.clone()));
        let gone = gone.drop_guard();
        let caller = parts.extensions.get::<Caller>().map(|caller| caller.name.clone()).unwrap_or_default();
        self.check_owner(&parts.headers, &caller).await?;
        let mut begins_session = false;
        let mut bytes = Vec::new();
        if parts.method == Method::POST {
            bytes = read(body, MAX_MESSAGE_BYTES).await?;
            begins_session = !parts.headers.contains_key(SESSION)
                && serde_json::from_slice(&bytes)
                    .is_ok_and(|message: Message| message.method == "initialize");
        }
        let request = Request::from_parts(parts, Body::from(bytes));
        let response = match begins_session {
            true => self.begin_session(&caller, request).await?,
            false => self.handle(request).await,
        };
        let (parts, body) = response.into_parts();
        Ok(Response::from_parts(parts, Body::new(Watched { body, _gone: gone })))
    }

    /// Fails if a request names the session of another caller.
    async fn check_owner(&self, headers: &HeaderMap, caller: &str) -> HttpResult<()> {
        let Some(id) = session_of(headers) else { return Ok(()) };
        match self.owners.lock().await.get(&id) {
            Some(owner) if owner != caller => Err(ended()),
            _ => Ok(()),
        }
    }

    /// Begins a session, unless the caller, or all callers together, have too many.
    async fn begin_session(&self, caller: &str, request: Request) -> HttpResult<Response> {
        let mut owners = self.owners.lock().await;
        {
            let open = self.sessions.sessions.read().await;
            owners.retain(|id, _| open.contains_key(id.as_str()));
        }
        let own = owners.values().filter(|owner| *owner == caller).count();
        let limits = [
            (own, MAX_SESSIONS_OF_CALLER, format!("caller `{caller}`")),
            (owners.len(), MAX_SESSIONS, "all callers".to_owned()),
        ];
        for (open, limit, of) in limits {
            if open >= limit {
                let what = format!("session limit reached ({limit} open sessions of {of})");
                return Err(Problem::new(BUSY, what).hint(
                    "end sessions with DELETE, or use protocol revision 2026-07-28, which has no sessions",
                ));
            }
        }
        let response = self.handle(request).await;
        if let Some(id) = session_of(response.headers()) {
            owners.insert(id, caller.to_owned());
        }
        Ok(response)
    }

    async fn handle(&self, request: Request) -> Response {
        let is_in_session = request.headers().contains_key(SESSION);
        let response = self.service.handle(request).await;
        // the library returns 500 for a session that has just ended
        if is_in_session && response.status() == StatusCode::INTERNAL_SERVER_ERROR {
            return ended().into_response();
        }
        response.map(Body::new)
    }
}

fn ended() -> Problem {
    Problem::new(NOT_FOUND, "the session has ended").hint("begin a new one with `initialize`")
}

fn session_of(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(SESSION)?.to_str().ok()?.to_owned())
}

/// The body of a response; dropping it cancels the call, if that still runs.
struct Watched {
    body: Body,
    _gone: DropGuard,
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
