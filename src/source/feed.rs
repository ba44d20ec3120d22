//! Objects in order, for several readers at once. Those of a bucket are fetched ahead of the
//! readers, so that ten thousand small ones take no longer than their bytes do.

use crate::cancel::Cancel;
use crate::source::fetch::{Gone, Head, is_final};
use crate::source::{Bucket, Listed, Opened, Source};
use futures::StreamExt;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc::{Receiver, channel};

/// Objects whose beginnings are fetched at once: 64 MiB at most.
const AHEAD: usize = 16;
/// After so many objects in a row that the store would not give, the rest is not asked for.
const PATIENCE: u32 = 24;

/// Objects on their way to their readers.
pub struct Feed(Way);

enum Way {
    /// Opened when they are taken.
    Files { source: Source, objects: Vec<Listed>, next: AtomicUsize },
    /// Fetched ahead.
    Bucket { bucket: Bucket, fetched: Mutex<Receiver<Fetched>> },
}

/// Place in the list, and the beginning of the object.
type Fetched = (usize, Result<Head, Gone>);

impl Feed {
    pub(super) fn of_files(source: Source, objects: Vec<Listed>) -> Self {
        Self(Way::Files { source, objects, next: AtomicUsize::new(0) })
    }

    pub(super) fn of_bucket(bucket: Bucket, objects: Vec<Listed>, stop: Cancel) -> Self {
        let (send, fetched) = channel(2);
        let of = bucket.clone();
        bucket.runtime.spawn(async move {
            let fetch = |(at, object): (usize, Listed)| {
                let of = of.clone();
                async move { (at, of.head_of(&object).await) }
            };
            let mut heads = futures::stream::iter(objects.into_iter().enumerate()).map(fetch).buffered(AHEAD);
            let mut failed = 0;
            loop {
                let next = tokio::select! {
                    next = heads.next() => next,
                    _ = stop.wait() => None,
                };
                let Some((at, head)) = next else { return };
                // a store that forbids an object answers
                let is_unreachable = matches!(&head, Err(Gone::Unreachable(error)) if !is_final(error));
                failed = if is_unreachable { failed + 1 } else { 0 };
                if send.send((at, head)).await.is_err() || failed >= PATIENCE {
                    return;
                }
            }
        });
        Self(Way::Bucket { bucket, fetched: Mutex::new(fetched) })
    }

    /// Takes the next object with its place in the list; after the end, or when the source does not
    /// answer any more, there is none.
    pub fn next(&self) -> Option<(usize, io::Result<Opened>)> {
        match &self.0 {
            Way::Files { source, objects, next } => {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let object = objects.get(at)?;
                Some((at, source.read(object)))
            }
            Way::Bucket { bucket, fetched } => {
                let (at, head) = fetched.lock().ok()?.blocking_recv()?;
                Some((at, head.map(|head| bucket.opened(head)).map_err(io::Error::other)))
            }
        }
    }
}
