//! Files handed over: each is streamed to the spool, then all go into the lake through the same
//! ingest as everything. The same files again are the same objects, and change nothing.

use crate::api::audit_log::Note;
use crate::api::response::Ingested;
use crate::api::run_day::ingested;
use crate::api::spool::Shelf;
use crate::api::work::Work;
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Inner, Role, ended};
use crate::ingest::{Options, ingest};
use crate::lake::catalog::Catalog;
use crate::lake::{Lake, WriteLock, commit};
use crate::source::{Listed, Source, Spooled};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use model::error::{Error, Kind};
use model::time::Ts;
use serde::Serialize;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

/// Files of one upload.
const FILES: usize = 1000;
/// How long the next bytes may take to come.
const SILENCE: Duration = Duration::from_secs(60);
/// How long another run that writes the lake is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// After so many bytes the disk is looked at.
const LOOK_BYTES: u64 = 8 << 20;
/// Longest part of a label, in characters, and most parts.
const PART: usize = 100;
const PARTS: usize = 8;

/// An upload under way. What was handed over is gone when it is dropped.
pub struct Upload {
    api: Api,
    shelf: Shelf,
    files: Vec<File>,
    note: Option<Note>,
}

/// A file on the shelf.
#[derive(Serialize)]
struct File {
    name: String,
    bytes: u64,
    #[serde(skip)]
    hash: blake3::Hash,
}

impl Api {
    /// Begins an upload: hand over each file with [`Upload::file`], then [`Upload::ingest`]. Role `run`.
    pub async fn upload(&self, caller: &Caller) -> ApiResult<Upload> {
        let note = self.inner.audit.begin(caller, "upload", &());
        let begin = async {
            caller.allows(Role::Run)?;
            let inner = Arc::clone(&self.inner);
            let making = tokio::task::spawn_blocking(move || {
                Lake::create(&inner.site.lake)?;
                Ok(inner.spool.shelf()?)
            });
            ended(making.await)
        };
        match begin.await {
            Ok(shelf) => Ok(Upload { api: self.clone(), shelf, files: Vec::new(), note: Some(note) }),
            Err(error) => {
                note.end(Some(&error)).await;
                Err(error)
            }
        }
    }
}

impl Upload {
    /// Takes one file, as fast as it comes and without holding it. Its name, as the sender has it, is
    /// a label and tells what the path of an object tells: log type, pod, day.
    pub async fn file<E: std::fmt::Display>(
        &mut self,
        name: &str,
        bytes: impl Stream<Item = Result<Bytes, E>>,
    ) -> ApiResult<()> {
        self.check_open()?;
        let taken = self.take(name, bytes).await;
        self.noted(taken).await
    }

    /// Reads what was handed over into the lake, and returns once it is there for good.
    pub async fn ingest(mut self) -> ApiResult<Ingested> {
        self.check_open()?;
        if self.files.is_empty() {
            let none = ApiError::new(ErrorKind::Invalid, "no file was handed over");
            return self.noted(Err(none)).await;
        }
        let Self { api, shelf, files, note } = self;
        let read = move |inner: &Inner, work: &Work| read(inner, work, &shelf, files);
        let outcome = api.work(None, api.step_limit(), None, &|_, _, _| {}, read).await;
        if let Some(note) = note {
            note.end(outcome.as_ref().err()).await;
        }
        outcome
    }

    /// Refuses what comes after a fault: half an upload is none.
    fn check_open(&self) -> ApiResult<()> {
        match self.note {
            Some(_) => Ok(()),
            None => {
                Err(ApiError::new(ErrorKind::Invalid, "the upload ended with a fault").hint("send it again"))
            }
        }
    }

    /// Notes a error, with which the upload ends.
    async fn noted<T>(&mut self, outcome: ApiResult<T>) -> ApiResult<T> {
        if let Err(error) = &outcome
            && let Some(note) = self.note.take()
        {
            note.end(Some(error)).await;
        }
        outcome
    }

    async fn take<E: std::fmt::Display>(
        &mut self,
        name: &str,
        bytes: impl Stream<Item = Result<Bytes, E>>,
    ) -> ApiResult<()> {
        if self.files.len() >= FILES {
            return Err(ApiError::new(ErrorKind::TooLarge, format!("an upload has at most {FILES} files"))
                .hint("send the rest in another"));
        }
        let failed = |error| Error::failed("a file cannot be put by").because(error);
        let path = self.shelf.path(self.files.len());
        let mut file = tokio::fs::File::create(path).await.map_err(failed)?;
        let (mut size, mut looked_at) = (0u64, 0u64);
        let mut hash = blake3::Hasher::new();
        self.shelf.check_space()?;
        let mut bytes = pin!(bytes);
        loop {
            let silent =
                |_| ApiError::new(ErrorKind::TimedOut, format!("nothing came for {} s", SILENCE.as_secs()));
            let Some(chunk) = timeout(SILENCE, bytes.next()).await.map_err(silent)? else { break };
            let chunk = chunk.map_err(|error| {
                tracing::info!(%error, "an upload broke off");
                ApiError::new(ErrorKind::Invalid, "the upload broke off before its end").hint("send it again")
            })?;
            size += chunk.len() as u64;
            self.shelf.take(chunk.len() as u64)?;
            if size - looked_at >= LOOK_BYTES {
                looked_at = size;
                self.shelf.check_space()?;
            }
            hash.update(&chunk);
            file.write_all(&chunk).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)?;
        self.files.push(File { name: label(name), bytes: size, hash: hash.finalize() });
        if let Some(note) = &mut self.note {
            note.says(&self.files);
        }
        Ok(())
    }
}

/// Reads the files of a shelf into the lake.
fn read(inner: &Inner, work: &Work, shelf: &Shelf, files: Vec<File>) -> ApiResult<Ingested> {
    let (upload, now) = (id_of(&files), Ts::now());
    let mut spooled = Spooled::default();
    let mut listed = Vec::new();
    for (n, file) in files.into_iter().enumerate() {
        let object = Listed {
            key: format!("upload/{upload}/{n}/{}", file.name),
            etag: file.hash.to_hex().to_string(),
            size: file.bytes,
            modified: Some(now.0),
        };
        spooled.add(object.clone(), shelf.path(n));
        listed.push(object);
    }
    let lake = Lake::create(&inner.site.lake)?;
    let _lock = locked(&lake, work)?;
    let mut catalog = Catalog::open(&lake.catalog_path())?;
    commit::sweep(&lake, &catalog, now)?;
    let options = Options::of(&inner.site.config, now, &work.stop)?;
    let done = ingest(&lake, &mut catalog, &Source::Spool(spooled), &listed, &options, &work.progress)
        .map_err(|error| work.error(error))?;
    Ok(ingested(&catalog, Some(upload), &listed, &done)?)
}

/// Takes the lake's lock, and waits a little for another run to give it back.
fn locked(lake: &Lake, work: &Work) -> ApiResult<WriteLock> {
    let begun = Instant::now();
    loop {
        work.stop.check().map_err(|error| work.error(error))?;
        match lake.lock("upload") {
            Err(error) if error.kind == Kind::Busy && begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(200));
            }
            outcome => return Ok(outcome?),
        }
    }
}

/// Returns the id of an upload, made of names and contents: the same files have the same. No digits
/// stand in it, so that no part of it is taken for a day.
fn id_of(files: &[File]) -> String {
    let mut hash = blake3::Hasher::new();
    for file in files {
        hash.update(file.name.as_bytes()).update(b"\n").update(file.hash.as_bytes());
    }
    let letters = hash.finalize().to_hex();
    let letter = |digit: char| char::from(b'a' + u8::try_from(digit.to_digit(16).unwrap_or(0)).unwrap_or(0));
    letters.chars().take(16).map(letter).collect()
}

/// Returns a sender's name as the end of a key: parts that lead nowhere, no control characters, no
/// more than so long. Endings stay: they help to tell what it is.
fn label(name: &str) -> String {
    let parts = name.split(['/', '\\']).filter(|part| !matches!(part.trim(), "" | "." | ".."));
    let parts: Vec<String> = parts.map(plain).collect();
    let last = parts.len().saturating_sub(PARTS);
    match parts.get(last..) {
        Some(parts) if !parts.is_empty() => parts.join("/"),
        _ => "file".into(),
    }
}

fn plain(part: &str) -> String {
    let harmless = |c: char| if c.is_alphanumeric() || "-_.=+,@ ()".contains(c) { c } else { '_' };
    let part: Vec<char> = part.trim().chars().map(harmless).collect();
    part[part.len().saturating_sub(PART)..].iter().collect::<String>().replace("..", "__")
}
