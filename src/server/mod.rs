//! HTTP: whatever the api answers, with probes, metrics and the page of kept reports. Nothing is
//! decided here but who calls; nothing blocks the threads that answer.

mod guard; // who may ask, and what every answer says to a browser
mod http; // one list of routes: what they take, give and refuse
pub mod mcp; // the same api for MCP clients
mod problem; // why there is no answer
mod wire; // connections: how many, how slow, how they end
pub mod xiaozhi; // the same api for a robot, on a connection that is dialled

use crate::api::Api;
use crate::config::{Config, Key};
use axum::middleware::from_fn_with_state;
use model::error::{Error, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// Requests under way at a time, probes aside; more are told to come again.
const REQUESTS: usize = 256;

/// What is answered from, and to whom.
#[derive(Clone)]
pub struct Place {
    api: Api,
    listen: SocketAddr,
    hosts: Vec<String>,
    keys: Vec<Key>,
    room: Arc<Semaphore>,
    /// Turns true when requests under way must end.
    over: watch::Sender<bool>,
}

impl Place {
    /// Returns the place that the config tells; tokens come from it and the environment.
    ///
    /// # Errors
    /// Wrong use: an address that others reach, without a token.
    pub fn of(config: &Config, api: Api) -> Result<Self> {
        Ok(Self {
            api,
            listen: config.serve.listen,
            hosts: config.serve.hosts.clone(),
            keys: config.serve.keys(|name| std::env::var(name).ok())?,
            room: Arc::new(Semaphore::new(REQUESTS)),
            over: watch::Sender::new(false),
        })
    }

    /// Begins to listen; requests wait until they are answered.
    pub async fn bind(&self) -> Result<TcpListener> {
        TcpListener::bind(self.listen).await.map_err(|error| {
            Error::failed("the address cannot be listened on")
                .at(self.listen.to_string())
                .because(error)
                .hint("set another: `[serve] listen` or `--listen`")
        })
    }
}

/// Answers until `shutdown`; then ends what is under way and returns.
pub async fn listen(listener: TcpListener, place: Place, shutdown: impl Future<Output = ()>) {
    let place = Arc::new(place);
    let ended = CancellationToken::new();
    let router = http::router()
        .route_service("/mcp", mcp::http_service(place.api.clone(), ended.clone()))
        .layer(from_fn_with_state(Arc::clone(&place), guard::guard))
        .with_state(Arc::clone(&place));
    let shutdown = async {
        shutdown.await;
        ended.cancel();
    };
    wire::answer(listener, router, &place.over, shutdown).await;
}
