//! Reads one object of a bucket over an unreliable network: in chunks, each retried until it is complete
//! and of the same version as the chunks before it.

use crate::cancel::Cancel;
use crate::source::{Bucket, ListedObject, OpenedObject};
use bytes::Bytes;
use object_store::{Error, GetOptions, GetRange, ObjectMeta};
use std::fmt;
use std::io::{self, Read};
use tokio::task::JoinHandle;

/// Maximum attempts of a request, on top of the few retries of the store's client itself.
pub(super) const ATTEMPTS: u32 = 6;

/// Why an object cannot be read.
#[derive(Debug)]
pub enum ReadError {
    /// It was removed after it was listed.
    Removed,
    /// It was replaced while it was being read.
    Replaced,
    /// The store rejects the request or does not respond.
    Unreachable(Error),
    /// The response body is shorter than requested.
    Truncated {
        /// Bytes requested.
        expected: u64,
        /// Bytes received.
        received: u64,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed => f.write_str("the object was removed after it was listed"),
            Self::Replaced => f.write_str("the object was replaced while it was being read"),
            Self::Unreachable(error) => f.write_str(&error_text(error)),
            Self::Truncated { expected, received } => {
                write!(f, "the response body ends after {received} of {expected} bytes")
            }
        }
    }
}

impl std::error::Error for ReadError {}

/// Returns true if a retry cannot help.
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

/// Returns a store's error as HTTP status and error code, without its body: that may quote a token.
pub fn error_text(error: &Error) -> String {
    let text = error.to_string();
    let status = text.split_once("status code: ").and_then(|(_, rest)| rest.get(..3));
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    match (status, code) {
        (Some(status), Some((code, _))) => format!("the store returned {status} {code}"),
        (Some(status), None) => format!("the store returned {status}"),
        (None, _) => text.split('<').next().unwrap_or_default().trim_end().to_owned(),
    }
}

/// The first chunk of an object; the whole object if it is small.
pub(super) struct Head {
    object: ListedObject,
    bytes: Bytes,
}

impl Bucket {
    /// Fetches the first chunk of an object. If the etag differs from the listed one, the object counts as
    /// changed once two responses agree on the new etag.
    pub(super) async fn head_of(&self, object: &ListedObject) -> Result<Head, ReadError> {
        if object.size == 0 {
            return Ok(Head { object: object.clone(), bytes: Bytes::new() }); // such as folder markers
        }
        let mut object = object.clone();
        let mut seen_etag: Option<String> = None;
        let mut attempt = 0;
        loop {
            let error = match self.try_chunk(&object, 0, self.chunk_bytes.min(object.size)).await {
                Ok((_, meta)) if self.object_of(&meta).etag != object.etag => {
                    let found = self.object_of(&meta);
                    if seen_etag.as_ref() == Some(&found.etag) {
                        object = found;
                        continue;
                    }
                    seen_etag = Some(found.etag);
                    ReadError::Replaced
                }
                Ok((bytes, _)) => return Ok(Head { object, bytes }),
                Err(error) => error,
            };
            attempt += 1;
            if attempt == 1 && matches!(error, ReadError::Replaced) {
                continue; // the second response decides; waiting would not change it
            }
            self.wait_or_fail(error, attempt, &object.key).await?;
        }
    }

    /// Fetches a later chunk. Fails if the etag still differs after all attempts: the object was replaced.
    async fn chunk(&self, object: &ListedObject, from: u64) -> Result<Bytes, ReadError> {
        let to = object.size.min(from + self.chunk_bytes);
        let mut attempt = 0;
        loop {
            let error = match self.try_chunk(object, from, to).await {
                Ok((_, meta)) if self.object_of(&meta).etag != object.etag => ReadError::Replaced,
                Ok((bytes, _)) => return Ok(bytes),
                Err(error) => error,
            };
            attempt += 1;
            self.wait_or_fail(error, attempt, &object.key).await?;
        }
    }

    /// Waits before the next attempt. Returns the error if a retry cannot help or no attempt is left.
    async fn wait_or_fail(&self, error: ReadError, attempt: u32, key: &str) -> Result<(), ReadError> {
        let is_final = match &error {
            ReadError::Removed => true,
            ReadError::Unreachable(error) => is_final(error),
            ReadError::Replaced | ReadError::Truncated { .. } => false,
        };
        if is_final || attempt >= ATTEMPTS {
            return Err(error);
        }
        tracing::debug!(key, attempt, %error, "retrying");
        tokio::time::sleep(self.backoff.after(attempt)).await;
        Ok(())
    }

    async fn try_chunk(
        &self,
        object: &ListedObject,
        from: u64,
        to: u64,
    ) -> Result<(Bytes, ObjectMeta), ReadError> {
        let read_error = |error| match error {
            Error::NotFound { .. } => ReadError::Removed,
            error => ReadError::Unreachable(error),
        };
        let is_whole = from == 0 && to == object.size;
        let range = (!is_whole).then_some(GetRange::Bounded(from..to));
        let options = GetOptions { range, ..Default::default() };
        let response = self.store.get_opts(&self.path_of(object), options).await.map_err(read_error)?;
        let meta = response.meta.clone();
        if self.object_of(&meta).etag != object.etag {
            return Ok((Bytes::new(), meta)); // another version: its bytes are useless
        }
        let bytes = response.bytes().await.map_err(read_error)?;
        if bytes.len() as u64 != to - from {
            return Err(ReadError::Truncated { expected: to - from, received: bytes.len() as u64 });
        }
        Ok((bytes, meta))
    }

    /// Returns the object as a stream that begins with `head`.
    pub(super) fn opened(&self, head: Head, cancel: &Cancel) -> OpenedObject {
        let at = head.bytes.len() as u64;
        let stream = Chunks {
            bucket: self.clone(),
            object: head.object.clone(),
            bytes: head.bytes,
            at,
            next: None,
            cancel: cancel.clone(),
        };
        OpenedObject { object: head.object, input: Box::new(stream) }
    }
}

/// The bytes of an object, fetched one chunk ahead of the reader. Read on a thread outside the runtime.
struct Chunks {
    bucket: Bucket,
    object: ListedObject,
    bytes: Bytes,
    /// Offset of the first byte after `bytes`.
    at: u64,
    next: Option<JoinHandle<Result<Bytes, ReadError>>>,
    cancel: Cancel,
}

impl Chunks {
    /// Starts to fetch the next chunk unless that is in progress.
    fn fetch_ahead(&mut self) {
        if self.next.is_none() && self.at < self.object.size {
            let (bucket, object, at) = (self.bucket.clone(), self.object.clone(), self.at);
            self.next = Some(self.bucket.runtime.spawn(async move { bucket.chunk(&object, at).await }));
        }
    }
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.fetch_ahead();
        if self.bytes.is_empty()
            && let Some(next) = &mut self.next
        {
            let chunk = async { next.await.map_err(io::Error::other)?.map_err(io::Error::other) };
            self.bytes = self.bucket.wait(&self.cancel, chunk)?;
            self.next = None;
            self.at += self.bytes.len() as u64;
            self.fetch_ahead();
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
