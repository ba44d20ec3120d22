//! Uploads of log files: each file is streamed to the spool, then all are ingested like objects of a
//! bucket. The same files again have the same keys, so uploading them twice changes nothing.

use crate::analysis::change;
use crate::api::audit_log::PendingEntry;
use crate::api::operation::Operation;
use crate::api::response::IngestResult;
use crate::api::run_day::ingest_result;
use crate::api::spool::UploadFolder;
use crate::api::work::Work;
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Inner, blocking};
use crate::ingest::{Batch, Options, ingest};
use crate::lake::catalog::Catalog;
use crate::lake::{Lake, WriteLock, commit};
use crate::source::{ListedObject, Source, SpooledFiles};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use model::error::{self, Error};
use model::time::Ts;
use serde::Serialize;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

/// Largest number of files of one upload.
const MAX_FILES: usize = 1000;
/// Time limit for the next bytes to arrive.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);
/// How long an upload waits for another run that writes the lake.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);
/// Free disk space is checked each time this many bytes have arrived.
const SPACE_CHECK_BYTES: u64 = 8 << 20;
/// Longest path segment of a label, in characters, and largest number of segments.
const SEGMENT_CHARS: usize = 100;
const MAX_SEGMENTS: usize = 8;

/// A running upload. Dropping it deletes the files received so far.
pub struct Upload {
    api: Api,
    folder: UploadFolder,
    files: Vec<File>,
    /// `None` once the upload has failed.
    entry: Option<PendingEntry>,
}

/// A file in the upload's folder.
#[derive(Serialize)]
struct File {
    name: String,
    bytes: u64,
    #[serde(skip)]
    hash: blake3::Hash,
}

impl Api {
    /// Begins an upload: add each file with [`Upload::file`], then call [`Upload::ingest`]. Requires the
    /// role `run`.
    pub async fn upload(&self, caller: &Caller) -> ApiResult<Upload> {
        let entry = self.inner.audit.begin(caller, Operation::Upload, &());
        let begin = async {
            caller.require(Operation::Upload.role())?;
            let inner = Arc::clone(&self.inner);
            blocking(move || {
                Lake::create(&inner.installation.lake)?;
                Ok(inner.spool.create_folder()?)
            })
            .await
        };
        match begin.await {
            Ok(folder) => Ok(Upload { api: self.clone(), folder, files: Vec::new(), entry: Some(entry) }),
            Err(error) => {
                entry.end(Some(&error)).await;
                Err(error)
            }
        }
    }
}

impl Upload {
    /// Streams one file to disk. Its name is a label, and like the path of an object it determines log
    /// type, pod and day.
    pub async fn file(&mut self, name: &str, bytes: impl Stream<Item = ApiResult<Bytes>>) -> ApiResult<()> {
        self.check_open()?;
        let received = self.receive(name, bytes).await;
        self.recorded(received).await
    }

    /// Ingests the files, and returns when their rows are committed to the lake.
    pub async fn ingest(mut self) -> ApiResult<IngestResult> {
        self.check_open()?;
        if self.files.is_empty() {
            let none = ApiError::new(ErrorKind::Invalid, "the upload has no files");
            return self.recorded(Err(none)).await;
        }
        let Self { api, folder, files, entry } = self;
        let read = move |inner: &Inner, work: &Work| read(inner, work, &folder, files);
        let outcome = api.work(api.step_limits(1), &|_, _, _| {}, read).await;
        if let Some(entry) = entry {
            entry.end(outcome.as_ref().err()).await;
        }
        outcome
    }

    /// Fails after an earlier error: an upload is ingested completely or not at all.
    fn check_open(&self) -> ApiResult<()> {
        match self.entry {
            Some(_) => Ok(()),
            None => Err(ApiError::new(ErrorKind::Invalid, "the upload has failed").hint("send it again")),
        }
    }

    /// Records an error, which ends the upload.
    async fn recorded<T>(&mut self, outcome: ApiResult<T>) -> ApiResult<T> {
        if let Err(error) = &outcome
            && let Some(entry) = self.entry.take()
        {
            entry.end(Some(error)).await;
        }
        outcome
    }

    async fn receive(&mut self, name: &str, bytes: impl Stream<Item = ApiResult<Bytes>>) -> ApiResult<()> {
        if self.files.len() >= MAX_FILES {
            return Err(ApiError::new(
                ErrorKind::TooLarge,
                format!("too many files; the limit is {MAX_FILES}"),
            )
            .hint("send the rest in another upload"));
        }
        let failed = |error| Error::failed("cannot write an uploaded file").because(error);
        let path = self.folder.path(self.files.len());
        let mut file = tokio::fs::File::create(path).await.map_err(failed)?;
        let (mut size, mut checked_at) = (0u64, 0u64);
        let mut hash = blake3::Hasher::new();
        self.folder.check_space()?;
        let mut bytes = pin!(bytes);
        loop {
            let stalled = |_| {
                let seconds = STALL_TIMEOUT.as_secs();
                let what = format!("the upload stalled: no data for {seconds} s");
                ApiError::new(ErrorKind::RequestTimeout, what)
            };
            let Some(chunk) = timeout(STALL_TIMEOUT, bytes.next()).await.map_err(stalled)? else { break };
            let chunk = chunk?;
            size += chunk.len() as u64;
            self.folder.reserve(chunk.len() as u64)?;
            if size - checked_at >= SPACE_CHECK_BYTES {
                checked_at = size;
                self.folder.check_space()?;
            }
            hash.update(&chunk);
            file.write_all(&chunk).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)?;
        self.files.push(File { name: label(name), bytes: size, hash: hash.finalize() });
        if let Some(entry) = &mut self.entry {
            entry.set_arguments(&self.files);
        }
        Ok(())
    }
}

/// Ingests the files of an upload.
fn read(inner: &Inner, work: &Work, folder: &UploadFolder, files: Vec<File>) -> ApiResult<IngestResult> {
    let (upload, now) = (id_of(&files), Ts::now());
    let mut spooled = SpooledFiles::default();
    let mut listed = Vec::new();
    for (n, file) in files.into_iter().enumerate() {
        let object = ListedObject {
            key: format!("upload/{upload}/{n}/{}", file.name),
            etag: file.hash.to_hex().to_string(),
            size: file.bytes,
            modified: Some(now.0),
        };
        spooled.add(object.clone(), folder.path(n));
        listed.push(object);
    }
    let lake = Lake::create(&inner.installation.lake)?;
    let _lock = lock(&lake, work)?;
    let mut catalog = Catalog::open(&lake.catalog_path())?;
    commit::sweep(&lake, &catalog, now)?;
    let options = Options::of(&inner.installation.config, now, &work.cancel)?;
    let done = ingest(
        &lake,
        &mut catalog,
        Batch { source: &Source::Spool(spooled), objects: &listed },
        &options,
        &work.progress,
    )
    .map_err(|error| work.error(error))?;
    let limits = crate::pipeline::limits(&inner.installation.config);
    work.wait(change::refresh(&lake, &mut catalog, inner.zone, limits, &done.objects))?;
    Ok(ingest_result(&catalog, Some(upload), &listed, &done)?)
}

/// Takes the lake's lock; waits up to [`LOCK_TIMEOUT`] for another run to release it.
fn lock(lake: &Lake, work: &Work) -> ApiResult<WriteLock> {
    let begun = Instant::now();
    loop {
        work.cancel.check().map_err(|error| work.error(error))?;
        match lake.lock("upload") {
            Err(error) if error.kind == error::ErrorKind::Busy && begun.elapsed() < LOCK_TIMEOUT => {
                std::thread::sleep(Duration::from_millis(200));
            }
            outcome => return Ok(outcome?),
        }
    }
}

/// Returns the id of an upload, a hash of names and contents: the same files have the same id. It has no
/// digits, so that no part of the key is parsed as a date.
fn id_of(files: &[File]) -> String {
    let mut hash = blake3::Hasher::new();
    for file in files {
        hash.update(file.name.as_bytes()).update(b"\n").update(file.hash.as_bytes());
    }
    let letters = hash.finalize().to_hex();
    let letter = |digit: char| char::from(b'a' + u8::try_from(digit.to_digit(16).unwrap_or(0)).unwrap_or(0));
    letters.chars().take(16).map(letter).collect()
}

/// Returns the caller's file name as the last segments of a key: without `.` and `..`, without control
/// characters, of limited length. The end is kept, since the file extension determines the format.
fn label(name: &str) -> String {
    let segments = name.split(['/', '\\']).filter(|segment| !matches!(segment.trim(), "" | "." | ".."));
    let segments: Vec<String> = segments.map(plain).collect();
    let first = segments.len().saturating_sub(MAX_SEGMENTS);
    match segments.get(first..) {
        Some(segments) if !segments.is_empty() => segments.join("/"),
        _ => "file".into(),
    }
}

fn plain(segment: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() || "-_.=+,@ ()".contains(c) { c } else { '_' };
    let segment: Vec<char> = segment.trim().chars().map(safe).collect();
    segment[segment.len().saturating_sub(SEGMENT_CHARS)..].iter().collect::<String>().replace("..", "__")
}
