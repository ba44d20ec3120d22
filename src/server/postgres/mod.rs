//! The lake over the Postgres protocol: for psql, drivers and dashboards. Every statement goes through the API into the
//! sandbox, as over HTTP; this folder only reads messages and writes rows. There is no encryption: like HTTP, it belongs
//! behind a proxy or a tunnel wherever the network is not trusted.

mod bind; // parameters as literals
mod command; // statements that need no engine
mod connection; // one connection
mod error; // errors with SQLSTATE
mod open_sessions; // their number, and requests to cancel a statement
mod rows; // rows as messages
mod session; // prepared statements and portals
mod value; // values as text and in binary
mod wire; // messages as bytes

use crate::server::ServerState;
use crate::server::connections::{GRACE, accept};
use crate::server::postgres::open_sessions::OpenSessions;
use std::pin::pin;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Largest number of connections, with those that have not proved who they are; more wait in the system's accept
/// queue. Sessions are fewer, so that a request to cancel one has a connection.
const MAX_CONNECTIONS: u32 = 512;

/// What all connections share.
struct Endpoint {
    state: ServerState,
    open: Arc<OpenSessions>,
}

/// Serves connections until `shutdown`, then completes running statements and returns.
pub async fn listen(listener: TcpListener, state: ServerState, shutdown: impl Future<Output = ()>) {
    let endpoint = Arc::new(Endpoint { state, open: Arc::default() });
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS as usize));
    let ending = CancellationToken::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, slot) = tokio::select! {
            () = &mut shutdown => break,
            Some(accepted) = accept(&listener, &slots) => accepted,
        };
        let (endpoint, ending) = (Arc::clone(&endpoint), ending.clone());
        tokio::spawn(async move {
            connection::run(stream, &endpoint, &ending).await;
            drop(slot);
        });
    }
    drop(listener);
    ending.cancel();
    if timeout(GRACE, slots.acquire_many(MAX_CONNECTIONS)).await.is_err() {
        tracing::warn!("statements were aborted: they did not complete within {} s", GRACE.as_secs());
    }
}
