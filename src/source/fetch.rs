//! The bytes of one object of a bucket, whatever the network does: asked for in chunks, each tried
//! again until it is whole and of the one version that is being read.

use crate::source::{Bucket, Listed, Opened};
use bytes::Bytes;
use object_store::{Error, GetOptions, GetRange, ObjectMeta};
use std::fmt;
use std::io::{self, Read};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How often a request is tried; the store's client tries each a few times itself.
pub(super) const ATTEMPTS: u32 = 6;

/// Why an object cannot be read now.
#[derive(Debug)]
pub enum Gone {
    /// It is not there any more.
    Removed,
    /// It was replaced while it was read.
    Replaced,
    /// The store refuses or does not answer.
    Unreachable(Error),
    /// The store sends less than it promises.
    Short {
        /// Bytes asked for.
        wanted: u64,
        /// Bytes that came.
        got: u64,
    },
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed => f.write_str("the object was removed after it was listed"),
            Self::Replaced => f.write_str("the object was replaced while it was read"),
            Self::Unreachable(error) => f.write_str(&plain(error)),
            Self::Short { wanted, got } => write!(f, "the body ends after {got} of {wanted} bytes"),
        }
    }
}

impl std::error::Error for Gone {}

/// Tells whether trying again is in vain.
pub(super) fn is_final(error: &Error) -> bool {
    matches!(
        error,
        Error::NotFound { .. }
            | Error::PermissionDenied { .. }
            | Error::Unauthenticated { .. }
            | Error::InvalidPath { .. }
            | Error::NotSupported { .. }
    )
}

/// Returns what a store's error says, as status and code: its body may quote a token.
pub fn plain(error: &Error) -> String {
    let text = error.to_string();
    let status = text.split_once("status code: ").and_then(|(_, rest)| rest.get(..3));
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    match (status, code) {
        (Some(status), Some((code, _))) => format!("it answers {status} {code}"),
        (Some(status), None) => format!("it answers {status}"),
        (None, _) => text.split('<').next().unwrap_or_default().trim_end().to_owned(),
    }
}

/// Returns how long to wait before the next attempt: twice as long each time, up to 10 s, less a part
/// that differs from key to key so that they do not all come back at once.
pub(super) fn pause(first: Duration, attempt: u32, key: &str) -> Duration {
    let longest = first.saturating_mul(1 << attempt.min(10)).min(Duration::from_secs(10));
    let hash = blake3::hash(format!("{key}\n{attempt}").as_bytes());
    let part = f64::from(hash.as_bytes().first().copied().unwrap_or(0)) / 255.0;
    longest.mul_f64(0.5 + part / 2.0)
}

/// The beginning of an object: all of it where it is small.
pub(super) struct Head {
    object: Listed,
    bytes: Bytes,
}

impl Bucket {
    /// Fetches the first chunk of an object. A new etag is believed once two answers agree on it.
    pub(super) async fn head_of(&self, object: &Listed) -> Result<Head, Gone> {
        if object.size == 0 {
            return Ok(Head { object: object.clone(), bytes: Bytes::new() }); // folder markers too
        }
        let mut object = object.clone();
        let mut doubted: Option<String> = None;
        let mut attempt = 0;
        loop {
            let fault = match self.try_chunk(&object, 0, self.chunk_bytes.min(object.size)).await {
                Ok((_, meta)) if self.listed(&meta).etag != object.etag => {
                    let found = self.listed(&meta);
                    if doubted.as_ref() == Some(&found.etag) {
                        object = found;
                        continue;
                    }
                    doubted = Some(found.etag);
                    Gone::Replaced
                }
                Ok((bytes, _)) => return Ok(Head { object, bytes }),
                Err(fault) => fault,
            };
            attempt += 1;
            if attempt == 1 && matches!(fault, Gone::Replaced) {
                continue; // the second answer decides, no wait changes it
            }
            self.wait_or_fail(fault, attempt, &object.key).await?;
        }
    }

    /// Fetches a later chunk; an etag that differs for good means that the object was replaced.
    async fn chunk(&self, object: &Listed, from: u64) -> Result<Bytes, Gone> {
        let to = object.size.min(from + self.chunk_bytes);
        let mut attempt = 0;
        loop {
            let fault = match self.try_chunk(object, from, to).await {
                Ok((_, meta)) if self.listed(&meta).etag != object.etag => Gone::Replaced,
                Ok((bytes, _)) => return Ok(bytes),
                Err(fault) => fault,
            };
            attempt += 1;
            self.wait_or_fail(fault, attempt, &object.key).await?;
        }
    }

    async fn wait_or_fail(&self, fault: Gone, attempt: u32, key: &str) -> Result<(), Gone> {
        let is_final = match &fault {
            Gone::Removed => true,
            Gone::Unreachable(error) => is_final(error),
            Gone::Replaced | Gone::Short { .. } => false,
        };
        if is_final || attempt >= ATTEMPTS {
            return Err(fault);
        }
        tracing::debug!(key, attempt, %fault, "tried again");
        tokio::time::sleep(pause(self.pause, attempt, key)).await;
        Ok(())
    }

    async fn try_chunk(&self, object: &Listed, from: u64, to: u64) -> Result<(Bytes, ObjectMeta), Gone> {
        let fault = |error| match error {
            Error::NotFound { .. } => Gone::Removed,
            error => Gone::Unreachable(error),
        };
        let is_whole = from == 0 && to == object.size;
        let range = (!is_whole).then_some(GetRange::Bounded(from..to));
        let options = GetOptions { range, ..Default::default() };
        let answer = self.store.get_opts(&self.path_of(object), options).await.map_err(fault)?;
        let meta = answer.meta.clone();
        if self.listed(&meta).etag != object.etag {
            return Ok((Bytes::new(), meta)); // of another version: its bytes are of no use
        }
        let bytes = answer.bytes().await.map_err(fault)?;
        if bytes.len() as u64 != to - from {
            return Err(Gone::Short { wanted: to - from, got: bytes.len() as u64 });
        }
        Ok((bytes, meta))
    }

    /// Returns the stream that begins with `head`.
    pub(super) fn opened(&self, head: Head) -> Opened {
        let at = head.bytes.len() as u64;
        let stream =
            Chunks { bucket: self.clone(), object: head.object.clone(), bytes: head.bytes, at, next: None };
        Opened { object: head.object, input: Box::new(stream) }
    }
}

/// An object's bytes, one chunk ahead of whoever reads them, on a thread outside the runtime.
struct Chunks {
    bucket: Bucket,
    object: Listed,
    bytes: Bytes,
    /// Where the bytes after `bytes` begin.
    at: u64,
    next: Option<JoinHandle<Result<Bytes, Gone>>>,
}

impl Chunks {
    fn ask(&mut self) {
        if self.next.is_none() && self.at < self.object.size {
            let (bucket, object, at) = (self.bucket.clone(), self.object.clone(), self.at);
            self.next = Some(self.bucket.runtime.spawn(async move { bucket.chunk(&object, at).await }));
        }
    }
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.ask();
        if self.bytes.is_empty()
            && let Some(next) = self.next.take()
        {
            self.bytes =
                self.bucket.runtime.block_on(next).map_err(io::Error::other)?.map_err(io::Error::other)?;
            self.at += self.bytes.len() as u64;
            self.ask();
        }
        let count = buffer.len().min(self.bytes.len());
        let part = self.bytes.split_to(count);
        if let Some(target) = buffer.get_mut(..count) {
            target.copy_from_slice(&part);
        }
        Ok(count)
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        if let Some(next) = &self.next {
            next.abort();
        }
    }
}
