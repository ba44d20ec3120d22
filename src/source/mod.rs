//! Where objects come from: a folder, or a bucket of any S3-compatible store (Tencent COS
//! included). Lists and streams; knows nothing of formats. Keys are labels, never paths to write.

mod bucket; // addresses, credentials, listing
mod feed; // objects in order, fetched ahead
mod fetch; // bytes of one object, whatever the network does
mod folder; // files
mod spool; // files under names that are not theirs

pub use crate::source::bucket::{Access, Bucket, cos_endpoint};
pub use crate::source::feed::Feed;
pub use crate::source::fetch::{Gone, plain};
pub use crate::source::spool::Spooled;

use crate::cancel::Cancel;
use chrono::NaiveDate;
use model::error::{Error, Problem, Result};
use std::io::Read;
use std::path::{Path, PathBuf};
use tokio::runtime::Handle;

/// One object of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Key; unique in the lake.
    pub key: String,
    /// Version of its content.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// Last change, µs UTC, where the source knows.
    pub modified: Option<i64>,
}

/// Which objects can hold records of some days: those whose key tells one of the days, and those
/// that changed since. Shippers name objects by the time of shipping, and some are late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// First day that a key may tell.
    pub from: NaiveDate,
    /// Last day that a key may tell.
    pub to: NaiveDate,
    /// Change from which an object counts whatever its key tells, µs UTC.
    pub modified_from: i64,
}

impl Scope {
    /// Tells whether an object can hold records of the days; `day` is what its key tells.
    pub fn holds(&self, day: Option<NaiveDate>, modified: Option<i64>) -> bool {
        let is_recent = modified.is_none_or(|modified| modified >= self.modified_from);
        is_recent || day.is_some_and(|day| (self.from..=self.to).contains(&day))
    }
}

/// A place to read objects from.
#[derive(Clone)]
pub enum Source {
    /// Files and folders; keys are absolute paths, or paths below `root` where it is set.
    Files {
        /// What keys are relative to.
        root: Option<PathBuf>,
        /// Where to look.
        paths: Vec<PathBuf>,
    },
    /// Files that came under names of their senders; keys are labels and no paths.
    Spool(Spooled),
    /// A bucket; keys are `<scheme>://<bucket>/<key>`.
    Bucket(Bucket),
}

/// An object being read.
pub struct Opened {
    /// The object as it was found: an etag newer than the listed one where it changed in between.
    pub object: Listed,
    /// Its bytes. An error of theirs is the source's fault, never the object's.
    pub input: Box<dyn Read + Send>,
}

impl Source {
    /// Opens `cos://bucket-appid/prefix`, `s3://bucket/prefix`, `file:///path` or a plain path.
    /// Credentials come from the environment alone.
    pub fn open(address: &str, access: &Access, runtime: &Handle) -> Result<Self> {
        // keys as `headwater ingest PATH` has them: the same file is the same object
        let files = |path: &str| Self::Files { root: None, paths: vec![PathBuf::from(path)] };
        let Some((scheme, rest)) = address.split_once("://") else {
            return Ok(files(address));
        };
        match scheme {
            "file" => Ok(files(rest)),
            "s3" | "cos" => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                Ok(Self::Bucket(Bucket::open(scheme, bucket, prefix, access, runtime)?))
            }
            other => Err(Error::usage(format!("`{other}://` is not read"))
                .at(address.to_owned())
                .hint("a source is cos://bucket-appid/prefix, s3://bucket/prefix, or a folder")),
        }
    }

    /// Returns the folder `root` as a source with keys relative to it.
    pub fn folder(root: &Path) -> Self {
        Self::Files { root: Some(root.to_owned()), paths: vec![root.to_owned()] }
    }

    /// Lists every object, sorted by key, with what could not be listed.
    pub fn list(&self, prefixes: &[String]) -> Result<(Vec<Listed>, Vec<Problem>)> {
        let mut problems = Vec::new();
        let mut listed = match self {
            Self::Files { root, paths } => folder::list(root.as_deref(), paths, &mut problems)?,
            Self::Spool(spooled) => spooled.list(),
            Self::Bucket(bucket) => bucket.list(prefixes)?,
        };
        listed.sort_by(|a, b| a.key.cmp(&b.key));
        listed.dedup_by(|a, b| a.key == b.key);
        Ok((listed, problems))
    }

    /// Opens one object.
    pub fn read(&self, object: &Listed) -> std::io::Result<Opened> {
        match self {
            Self::Files { root, .. } => folder::open(root.as_deref(), object),
            Self::Spool(spooled) => spooled.open(object),
            Self::Bucket(bucket) => {
                let head = bucket.runtime.block_on(bucket.head_of(object));
                head.map(|head| bucket.opened(head)).map_err(std::io::Error::other)
            }
        }
    }

    /// Returns `objects` in order for several readers, fetched ahead where that takes time.
    pub fn feed(&self, objects: Vec<Listed>, stop: &Cancel) -> Feed {
        match self {
            Self::Files { .. } | Self::Spool(_) => Feed::of_files(self.clone(), objects),
            Self::Bucket(bucket) => Feed::of_bucket(bucket.clone(), objects, stop.clone()),
        }
    }
}
