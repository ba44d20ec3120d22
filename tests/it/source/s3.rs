//! An in-process S3 server, as strict about addresses as Tencent COS. It lists in pages, supports ranges and
//! conditions, records requests, and fails as its faults say.

use crate::source::s3_faults::{Faults, error_response, sent};
use crate::source::s3_list;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, Method, Response, StatusCode, header};
use axum::routing::any;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, TcpListener};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Behaviour of the server.
pub struct Behaviour {
    /// Name of the bucket.
    pub bucket: &'static str,
    /// Position of the bucket's name in an address.
    pub style: Style,
    /// Entries per page of a listing, at most 1000.
    pub page_size: usize,
    /// Faults of reads.
    pub faults: Faults,
}

/// Position of the bucket's name in an address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `http://host/bucket/key`.
    Path,
    /// Only `http://bucket.host/key`, as COS requires for buckets created since 2024.
    VirtualHosted,
    /// Both.
    Any,
}

/// A received request.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Seen {
    pub method: String,
    /// `Host` header.
    pub host: String,
    /// Encoded, as received.
    pub path: String,
    /// Encoded, as received.
    pub query: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
}

/// A running server; it is stopped when dropped.
pub struct S3 {
    address: SocketAddr,
    server: Arc<Server>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Server {
    behaviour: Behaviour,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    objects: BTreeMap<String, Object>,
    puts: i64,
    seen: Vec<Seen>,
    attempts: BTreeMap<String, u64>,
    listed: BTreeSet<String>,
}

/// The current version of an object.
pub struct Object {
    pub bytes: Bytes,
    pub etag: String,
    pub changed: DateTime<Utc>,
}

impl S3 {
    /// Starts a server with objects on a free port.
    pub fn start(objects: BTreeMap<String, Vec<u8>>, behaviour: Behaviour) -> Self {
        let server = Arc::new(Server { behaviour, kept: Mutex::default() });
        for (key, bytes) in objects {
            server.kept().put(&key, bytes.into());
        }
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket that does not block");
        let address = listener.local_addr().expect("a port");
        let (stop, stopped) = oneshot::channel();
        let routes = Router::new().route("/", any(answer)).route("/{*path}", any(answer));
        let routes = routes.with_state(server.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    served = axum::serve(listener, routes).into_future() => served.expect("it serves"),
                    _ = stopped => {}
                }
            });
        });
        Self { address, server, stop: Some(stop), thread: Some(thread) }
    }

    /// Returns `http://127.0.0.1:port`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Puts or replaces an object.
    pub fn put(&self, key: &str, bytes: impl Into<Bytes>) {
        self.server.kept().put(key, bytes.into());
    }

    /// Removes an object.
    pub fn remove(&self, key: &str) {
        self.server.kept().objects.remove(key);
    }

    /// Returns the requests so far.
    pub fn requests(&self) -> Vec<Seen> {
        self.server.kept().seen.clone()
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Kept {
    /// Puts an object and returns its ETag. The first time of change is 2026-11-22; each further one is a
    /// second later.
    fn put(&mut self, key: &str, bytes: Bytes) -> String {
        self.puts += 1;
        let etag = etag_of(&bytes);
        let changed = DateTime::UNIX_EPOCH + TimeDelta::seconds(1_795_276_800 + self.puts);
        self.objects.insert(key.to_owned(), Object { bytes, etag: etag.clone(), changed });
        etag
    }

    /// Records a request and returns the number of requests to its address, from 1.
    fn note(&mut self, address: &str, seen: Seen) -> u64 {
        self.seen.push(seen);
        let attempt = self.attempts.entry(address.to_owned()).or_default();
        *attempt += 1;
        *attempt
    }
}

/// Returns the ETag of some content.
pub fn etag_of(bytes: &[u8]) -> String {
    format!("\"{}\"", &blake3::hash(bytes).to_hex()[..32])
}

async fn answer(
    State(server): State<Arc<Server>>,
    path: Option<Path<String>>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let text = |name: &HeaderName| text_of(&parts.headers, name).unwrap_or_default().to_owned();
    let seen = Seen {
        method: parts.method.to_string(),
        host: text(&header::HOST),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.keys().map(|name| (name.to_string(), text(name))).collect(),
    };
    let address = format!("{} {}?{}", seen.method, seen.path, seen.query);
    let attempt = server.kept().note(&address, seen);
    let path = path.map(|path| path.0).unwrap_or_default();
    let query = Query::try_from_uri(&parts.uri).map(|query| query.0).unwrap_or_default();
    let answer = match (server.key_of(&path), &parts.method) {
        (Err((status, code)), _) => error_response(status, code),
        (Ok(""), &Method::GET) => server.list(&query),
        (Ok(key), &Method::GET | &Method::HEAD) if !key.is_empty() => server.get(key, &parts.headers),
        (Ok(key), &Method::PUT) if !key.is_empty() => {
            let etag = server.kept().put(key, body);
            return sent(with(StatusCode::OK, &[(header::ETAG, &etag)], Bytes::new()), None);
        }
        _ => error_response(StatusCode::NOT_IMPLEMENTED, "NotImplemented"),
    };
    sent(answer, server.behaviour.faults.of_request(&address, attempt))
}

impl Server {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no request panicked")
    }

    /// Returns the key in a path without its first slash.
    fn key_of<'p>(&self, path: &'p str) -> Result<&'p str, (StatusCode, &'static str)> {
        let below = path.strip_prefix(self.behaviour.bucket);
        let below = below.filter(|rest| rest.is_empty() || rest.starts_with('/'));
        match (self.behaviour.style, below) {
            (Style::Path | Style::Any, Some(below)) => Ok(below.strip_prefix('/').unwrap_or_default()),
            (Style::VirtualHosted, Some(_)) => Err((StatusCode::FORBIDDEN, "PathStyleDomainForbidden")),
            (Style::Path, None) => Err((StatusCode::NOT_FOUND, "NoSuchBucket")),
            (Style::VirtualHosted | Style::Any, None) => Ok(path),
        }
    }

    fn get(&self, key: &str, headers: &HeaderMap) -> Response<Bytes> {
        let kept = self.kept();
        let Some(object) = kept.objects.get(key) else {
            return error_response(StatusCode::NOT_FOUND, "NoSuchKey");
        };
        let is_other = |wanted| wanted != "*" && wanted != object.etag;
        if text_of(headers, &header::IF_MATCH).is_some_and(is_other) {
            return error_response(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
        }
        let size = object.bytes.len();
        let changed = object.changed.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let returned = [
            (header::ETAG, object.etag.as_str()),
            (header::LAST_MODIFIED, &changed),
            (header::ACCEPT_RANGES, "bytes"),
        ];
        match text_of(headers, &header::RANGE).and_then(|range| range_of(range, size)) {
            None => with(StatusCode::OK, &returned, object.bytes.clone()),
            Some(range) if range.is_empty() => {
                error_response(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange")
            }
            Some(range) => {
                let span = format!("bytes {}-{}/{size}", range.start, range.end - 1);
                let returned = [&returned[..], &[(header::CONTENT_RANGE, &span)]].concat();
                with(StatusCode::PARTIAL_CONTENT, &returned, object.bytes.slice(range))
            }
        }
    }

    fn list(&self, query: &BTreeMap<String, String>) -> Response<Bytes> {
        if query.get("list-type").is_none_or(|version| version != "2") {
            return error_response(StatusCode::NOT_IMPLEMENTED, "NotImplemented");
        }
        let Behaviour { page_size, faults, .. } = &self.behaviour;
        let Kept { objects, listed, .. } = &mut *self.kept();
        let text = s3_list::page(objects, query, *page_size, faults, listed);
        with(StatusCode::OK, &[(header::CONTENT_TYPE, "application/xml")], text.into())
    }
}

fn text_of<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn with(status: StatusCode, headers: &[(HeaderName, &str)], body: Bytes) -> Response<Bytes> {
    let mut answer = Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(name, *value);
    }
    answer.body(body).expect("headers of ASCII")
}

/// Returns the range of `bytes=1-5`, `bytes=1-` or `bytes=-5`: empty if it begins after the end, `None` if it
/// is not a valid range.
fn range_of(text: &str, size: usize) -> Option<Range<usize>> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    if from.is_empty() {
        return Some(size.saturating_sub(to.parse().ok()?)..size);
    }
    let from: usize = from.parse().ok()?;
    let to = if to.is_empty() { size } else { size.min(to.parse::<usize>().ok()?.checked_add(1)?) };
    Some(from.min(to)..to)
}
