//! TCP connections: their number, time limits for slow clients, and the shutdown.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::io::{ErrorKind, IoSlice, Result};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Sleep, sleep, timeout};

/// Largest number of connections; more wait in the system's accept queue.
const MAX_CONNECTIONS: usize = 512;

/// Time limit for the head of a request, and for an idle connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest head of a request in bytes.
const HEAD_BYTES: usize = 64 << 10;

/// How long a client may receive no byte of a response.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// How long running requests may continue after a shutdown begins; Kubernetes kills after 30 s.
pub const GRACE: Duration = Duration::from_secs(18);

/// How long the remaining responses may take to be sent after that.
const FLUSH: Duration = Duration::from_secs(2);

/// How long, and for how many bytes, a connection is read after its last response. If it were closed
/// while the client still sends, it would be reset and the response lost.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 16 << 20;

/// Serves connections until `shutdown`. Running requests then have [`GRACE`] to complete; after that
/// `abort` becomes true, which must end them with an error response.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    abort: &watch::Sender<bool>,
    shutdown: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_header_size(HEAD_BYTES);
    let connections = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, slot) = tokio::select! {
            () = &mut shutdown => break,
            Some(accepted) = accept(&listener, &slots) => accepted,
        };
        let service = TowerToHyperService::new(router.clone());
        let served = connections.watch(http.serve_connection(TokioIo::new(Connection::new(stream)), service));
        tokio::spawn(async move {
            if let Err(error) = served.await {
                tracing::debug!(%error, "connection failed");
            }
            drop(slot);
        });
    }
    drop(listener);
    let mut ended = pin!(connections.shutdown());
    if timeout(GRACE, &mut ended).await.is_err() {
        abort.send_replace(true);
        if timeout(FLUSH, ended).await.is_err() {
            tracing::warn!(
                "requests were aborted: they did not complete within {} s after shutdown",
                GRACE.as_secs()
            );
        }
    }
}

/// Waits for a free slot and the next connection.
pub async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let _ = stream.set_nodelay(true); // only affects latency
                return Some((stream, slot));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(200)).await; // may be out of file descriptors for a while
            }
        }
    }
}

/// A connection that fails if the client receives nothing for too long, and lingers before it is closed.
pub struct Connection {
    stream: TcpStream,
    /// Runs while the client receives nothing, and while the connection lingers.
    timer: Option<Pin<Box<Sleep>>>,
    /// Bytes read while lingering.
    lingered_bytes: usize,
}

impl Connection {
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, timer: None, lingered_bytes: 0 }
    }

    fn is_elapsed(&mut self, after: Duration, context: &mut Context<'_>) -> bool {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(after)));
        timer.as_mut().poll(context).is_ready()
    }

    fn check_stall(
        &mut self,
        written: Poll<Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<Result<usize>> {
        if written.is_ready() {
            self.timer = None;
        } else if self.is_elapsed(STALL_TIMEOUT, context) {
            return Poll::Ready(Err(ErrorKind::TimedOut.into()));
        }
        written
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.check_stall(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.check_stall(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        let mut scratch = [0; 16 << 10];
        while self.lingered_bytes < LINGER_BYTES && !self.is_elapsed(LINGER, context) {
            let mut buffer = ReadBuf::new(&mut scratch);
            if ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)).is_err()
                || buffer.filled().is_empty()
            {
                break;
            }
            self.lingered_bytes += buffer.filled().len();
        }
        Poll::Ready(Ok(()))
    }
}
