//! Hands out objects in order to several reader threads. Objects of a bucket are fetched ahead of the
//! readers, so that ten thousand small objects do not each cost a round trip.

use crate::cancel::Cancel;
use crate::source::fetch::{Head, ReadError, is_final};
use crate::source::{Bucket, ListedObject, OpenedObject, Source};
use futures::StreamExt;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::{Receiver, channel};

/// Number of first chunks fetched at once: at most 16 × 4 MiB.
const AHEAD: usize = 16;
/// After this many unreachable objects in a row the feed ends.
const MAX_UNREACHABLE: u32 = 24;

/// A list of objects shared by reader threads.
pub struct Feed(Kind);

enum Kind {
    /// Opened when a reader takes them.
    Files { source: Source, objects: Arc<[ListedObject]>, next: AtomicUsize, cancel: Cancel },
    /// Fetched ahead of the readers.
    Bucket { bucket: Bucket, fetched: Mutex<Receiver<Fetched>>, cancel: Cancel },
}

/// Position in the list, and the first chunk of the object.
type Fetched = (usize, Result<Head, ReadError>);

impl Feed {
    pub(super) fn of_files(source: Source, objects: Arc<[ListedObject]>, cancel: Cancel) -> Self {
        Self(Kind::Files { source, objects, next: AtomicUsize::new(0), cancel })
    }

    pub(super) fn of_bucket(bucket: Bucket, objects: Arc<[ListedObject]>, cancel: Cancel) -> Self {
        let (send, fetched) = channel(2);
        let (of, until) = (bucket.clone(), cancel.clone());
        bucket.runtime.spawn(async move {
            let fetch = |at: usize| {
                let (of, objects) = (of.clone(), objects.clone());
                async move {
                    match objects.get(at) {
                        Some(object) => (at, of.head_of(object).await),
                        None => (at, Err(ReadError::Removed)),
                    }
                }
            };
            let mut heads = futures::stream::iter(0..objects.len()).map(fetch).buffered(AHEAD);
            let mut failed = 0;
            loop {
                let next = tokio::select! {
                    next = heads.next() => next,
                    _ = until.wait() => None,
                };
                let Some((at, head)) = next else { return };
                // a store that denies access to an object is reachable
                let is_unreachable = matches!(&head, Err(ReadError::Unreachable(error)) if !is_final(error));
                failed = if is_unreachable { failed + 1 } else { 0 };
                if send.send((at, head)).await.is_err() || failed >= MAX_UNREACHABLE {
                    return;
                }
            }
        });
        Self(Kind::Bucket { bucket, fetched: Mutex::new(fetched), cancel })
    }

    /// Returns the next object with its position in the list; `None` after the last one, or once the source
    /// has stopped responding.
    pub fn next(&self) -> Option<(usize, io::Result<OpenedObject>)> {
        match &self.0 {
            Kind::Files { source, objects, next, cancel } => {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let object = objects.get(at)?;
                Some((at, source.read(object, cancel)))
            }
            Kind::Bucket { bucket, fetched, cancel } => {
                let (at, head) = fetched.lock().ok()?.blocking_recv()?;
                Some((at, head.map(|head| bucket.opened(head, cancel)).map_err(io::Error::other)))
            }
        }
    }
}
