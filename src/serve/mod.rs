//! HTTP: probes, metrics, the page and the brief of kept reports, the runs. It reads what the job
//! left and changes nothing; all reading of the lake happens off the threads that answer.

mod answer; // one function a path
mod guard; // who may ask, and what every answer says to a browser

use crate::config::Config;
use crate::error::{Error, Result};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use chrono_tz::Tz;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// How long requests under way may take to end; Kubernetes kills after 30 s.
const GRACE: Duration = Duration::from_secs(20);

/// What is answered from, and to whom.
#[derive(Clone, Debug)]
pub struct Place {
    lake: PathBuf,
    zone: Tz,
    listen: SocketAddr,
    hosts: Vec<String>,
    /// The token's hash: hashes compare in constant time.
    token: Option<blake3::Hash>,
}

impl Place {
    /// Returns the place that the config tells; the token comes from the environment.
    ///
    /// # Errors
    /// Wrong use: an address that others reach, without a token.
    pub fn of(config: &Config, lake: PathBuf) -> Result<Self> {
        let token = config.serve.token(|name| std::env::var(name).ok())?;
        Ok(Self {
            lake,
            zone: config.zone()?,
            listen: config.serve.listen,
            hosts: config.serve.hosts.clone(),
            token: token.map(|token| blake3::hash(token.as_bytes())),
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
pub async fn listen(
    listener: TcpListener,
    place: Place,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let place = Arc::new(place);
    let router = Router::new()
        .route("/", get(answer::page))
        .route("/healthz", get(answer::alive))
        .route("/readyz", get(answer::ready))
        .route("/metrics", get(answer::metrics))
        .route("/v1/brief", get(answer::brief))
        .route("/v1/runs", get(answer::runs))
        .fallback(answer::nowhere)
        .layer(from_fn_with_state(Arc::clone(&place), guard::guard))
        .with_state(place);
    let ending = Arc::new(Notify::new());
    let told = Arc::clone(&ending);
    let served = axum::serve(listener, router).with_graceful_shutdown(async move {
        shutdown.await;
        told.notify_one();
    });
    tokio::select! {
        outcome = served => Ok(outcome?),
        () = async { ending.notified().await; tokio::time::sleep(GRACE).await } => {
            tracing::warn!("requests were cut off: they took longer than {} s to end", GRACE.as_secs());
            Ok(())
        }
    }
}
