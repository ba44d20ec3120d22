//! Connections: how many there may be, how slow a caller may be, and how all of them end.

use crate::server::problem::{Problem, TOO_SLOW};
use axum::Router;
use axum::body::{Body, Bytes};
use futures::{StreamExt, TryStreamExt};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Sleep, sleep, timeout};

/// Connections at a time; more wait in the system's queue.
const CONNECTIONS: usize = 512;

/// How long a caller may take to say a request's head, and how long one may say nothing in between.
const HEAD: Duration = Duration::from_secs(10);

/// Bytes of a request's head.
const HEAD_BYTES: usize = 64 << 10;

/// How long a caller may neither send what it promised nor take what it asked for.
const STALL: Duration = Duration::from_secs(30);

/// How long requests under way may take to end; Kubernetes kills after 30 s.
const GRACE: Duration = Duration::from_secs(18);

/// How long the last answers may take to go out after that.
const LAST: Duration = Duration::from_secs(2);

/// How long, and for how many bytes, one who still sends is listened to after the answer: closed at
/// once, the connection would be reset, and the answer lost.
const LINGER: (Duration, usize) = (Duration::from_secs(1), 16 << 20);

/// Answers until `shutdown`. Requests under way then have [`GRACE`] to end; those that have not are
/// answered by whoever watches `over`.
pub async fn answer(
    listener: TcpListener,
    router: Router,
    over: &watch::Sender<bool>,
    shutdown: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_header_size(HEAD_BYTES);
    let connections = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, held) = tokio::select! {
            () = &mut shutdown => break,
            Some(accepted) = accept(&listener, &room) => accepted,
        };
        let service = TowerToHyperService::new(router.clone());
        let served = connections.watch(http.serve_connection(TokioIo::new(Line::new(stream)), service));
        tokio::spawn(async move {
            if let Err(error) = served.await {
                tracing::debug!(%error, "a connection broke off");
            }
            drop(held);
        });
    }
    drop(listener);
    let mut ended = pin!(connections.shutdown());
    if timeout(GRACE, &mut ended).await.is_err() {
        over.send_replace(true);
        if timeout(LAST, ended).await.is_err() {
            tracing::warn!("requests were cut off: they took longer than {} s to end", GRACE.as_secs());
        }
    }
}

/// Returns the next connection with its place among those that may be.
async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let held = Arc::clone(room).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let _ = stream.set_nodelay(true); // slower without, no more
                return Some((stream, held));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                sleep(Duration::from_millis(200)).await; // descriptors may be out for a while
            }
        }
    }
}

/// Returns the body, which fails when the caller stalls.
pub fn paced(body: Body) -> Body {
    let chunks = futures::stream::try_unfold(body.into_data_stream(), |mut data| async {
        match timeout(STALL, data.next()).await {
            Ok(Some(chunk)) => chunk.map(|chunk| Some((chunk, data))),
            Ok(None) => Ok(None),
            Err(_) => Err(axum::Error::new(Error::from(ErrorKind::TimedOut))),
        }
    });
    Body::from_stream(chunks.map_ok(Bytes::from))
}

/// Returns why a body was not read to its end.
pub fn broken(error: &(dyn std::error::Error + 'static)) -> Problem {
    let mut source = Some(error);
    while let Some(error) = source {
        if error.downcast_ref::<Error>().is_some_and(|error| error.kind() == ErrorKind::TimedOut) {
            return Problem::new(TOO_SLOW, format!("no byte of the body came for {} s", STALL.as_secs()));
        }
        source = error.source();
    }
    Problem::new(crate::server::problem::INVALID, format!("the body broke off: {error}"))
}

/// A caller's connection. It fails when the caller takes nothing for too long, and lingers at its end.
struct Line {
    stream: TcpStream,
    /// Runs while the caller takes nothing, and while it is listened to at the end.
    alarm: Option<Pin<Box<Sleep>>>,
    /// Bytes heard after the end.
    heard: usize,
}

impl Line {
    fn new(stream: TcpStream) -> Self {
        Self { stream, alarm: None, heard: 0 }
    }

    fn is_over(&mut self, after: Duration, context: &mut Context<'_>) -> bool {
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(after)));
        alarm.as_mut().poll(context).is_ready()
    }

    fn watched(&mut self, written: Poll<Result<usize>>, context: &mut Context<'_>) -> Poll<Result<usize>> {
        if written.is_ready() {
            self.alarm = None;
        } else if self.is_over(STALL, context) {
            return Poll::Ready(Err(ErrorKind::TimedOut.into()));
        }
        written
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watched(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.watched(written, context)
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
        while self.heard < LINGER.1 && !self.is_over(LINGER.0, context) {
            let mut buffer = ReadBuf::new(&mut scratch);
            if ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)).is_err()
                || buffer.filled().is_empty()
            {
                break;
            }
            self.heard += buffer.filled().len();
        }
        Poll::Ready(Ok(()))
    }
}
