//! The server: the API over HTTP, MCP, the Postgres protocol and the websocket of a robot, with probes, metrics and
//! the page for browsers. Authenticates callers and encodes responses. Must not decide what a caller may do.

mod auth; // authentication, and headers of every response
mod body; // time limits of request bodies
mod connections; // limits and shutdown of TCP connections
mod http; // the list of routes
pub mod mcp; // the API for MCP clients
mod oauth; // where clients get tokens
pub(crate) mod postgres; // SQL for clients of Postgres
mod problem; // errors as problem documents
mod session; // sessions of browsers
pub mod xiaozhi; // the API for a xiaozhi robot, over an outgoing websocket

use crate::api::Api;
use crate::config::{AccessToken, Config};
use crate::server::oauth::OAuth;
use crate::server::session::Sessions;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use model::error::{Error, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// Largest number of concurrent requests, except probes.
const MAX_REQUESTS: usize = 256;

/// The state shared by all requests.
#[derive(Clone)]
pub struct ServerState {
    api: Api,
    listen: SocketAddr,
    postgres: Option<SocketAddr>,
    hosts: Vec<String>,
    tokens: Vec<AccessToken>,
    oauth: OAuth,
    sessions: Sessions,
    /// One permit for each request that may run.
    request_slots: Arc<Semaphore>,
    /// Becomes true when requests that are still running must end.
    abort: watch::Sender<bool>,
}

impl ServerState {
    /// Returns the state for a config; tokens come from the config and the environment.
    ///
    /// # Errors
    /// Wrong use: an address beyond loopback without a token.
    pub fn of(config: &Config, api: Api) -> Result<Self> {
        Ok(Self {
            api,
            listen: config.serve.listen,
            postgres: config.serve.postgres,
            hosts: config.serve.hosts.clone(),
            tokens: config.serve.access_tokens(|name| std::env::var(name).ok())?,
            oauth: OAuth::of(&config.serve),
            sessions: Sessions::of(&config.serve)?,
            request_slots: Arc::new(Semaphore::new(MAX_REQUESTS)),
            abort: watch::Sender::new(false),
        })
    }

    /// Opens the listening socket; connections wait there until [`listen`] accepts them.
    pub async fn bind(&self) -> Result<TcpListener> {
        bind(self.listen, "set another address: `[serve] listen` or `--listen`").await
    }

    /// Opens the socket for clients of Postgres, if the config has one.
    pub async fn bind_postgres(&self) -> Result<Option<TcpListener>> {
        let Some(address) = self.postgres else { return Ok(None) };
        bind(address, "set another address: `[serve] postgres` or `--postgres`").await.map(Some)
    }
}

async fn bind(address: SocketAddr, hint: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        Error::failed("cannot listen on the address").at(address.to_string()).because(error).hint(hint)
    })
}

/// Serves requests until `shutdown`, then completes running requests and returns.
pub async fn listen(listener: TcpListener, state: ServerState, shutdown: impl Future<Output = ()>) {
    let state = Arc::new(state);
    let mcp_shutdown = CancellationToken::new();
    let endpoint = Arc::new(mcp::Endpoint::new(state.api.clone(), mcp_shutdown.clone()));
    let respond = move |request: Request| async move { endpoint.respond(request).await };
    let router = http::router()
        .route("/mcp", any(respond))
        .layer(from_fn_with_state(Arc::clone(&state), auth::authenticate))
        .with_state(Arc::clone(&state));
    let shutdown = async {
        shutdown.await;
        mcp_shutdown.cancel();
    };
    connections::serve(listener, router, &state.abort, shutdown).await;
}
