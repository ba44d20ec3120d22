//! Sources of logs: a folder, or a bucket of an S3-compatible store such as Tencent COS. Lists objects and
//! streams their bytes; must not know log formats. Keys are labels and never used as paths to write to.

mod addressable; // keys that cannot be read
mod bucket; // addresses, credentials, listing
mod feed; // objects for several readers, fetched ahead
mod fetch; // bytes of one object, with retries
mod folder; // files and folders
mod spool; // uploaded files

pub use crate::source::addressable::LeftOut;
pub use crate::source::bucket::{Bucket, BucketOptions, cos_endpoint};
pub use crate::source::feed::Feed;
pub use crate::source::fetch::{ReadError, error_text};
pub use crate::source::spool::SpooledFiles;

use crate::cancel::Cancel;
use chrono::NaiveDate;
use model::error::{Error, Problem, Result};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::runtime::Handle;

/// An object as its source lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    /// Key, unique in the lake.
    pub key: String,
    /// Version of the content.
    pub etag: String,
    /// Size in bytes.
    pub size: u64,
    /// Last change, µs UTC; `None` if unknown.
    pub modified: Option<i64>,
}

/// Selects the objects that can contain records of some days: by the date in the key, and by the time of
/// the last change. Log shippers name objects by the time of the upload, which can be late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// First date in a key, inclusive.
    pub from: NaiveDate,
    /// Last date in a key, inclusive.
    pub to: NaiveDate,
    /// Objects changed at or after this time are selected whatever date is in the key; µs UTC.
    pub modified_from: i64,
}

impl Scope {
    /// Returns true if an object can contain records of the days. `day` is the date in its key; an unknown
    /// time of change counts as recent.
    pub fn includes(&self, day: Option<NaiveDate>, modified: Option<i64>) -> bool {
        let is_recent = modified.is_none_or(|modified| modified >= self.modified_from);
        is_recent || day.is_some_and(|day| (self.from..=self.to).contains(&day))
    }
}

/// Which objects a listing returns.
#[derive(Clone, Default)]
pub struct Wanted<'w> {
    /// Beginnings of keys that narrow the listing of a bucket; all keys if there are none.
    pub prefixes: Vec<String>,
    /// Selects objects; `None` selects all.
    pub keep: Option<&'w dyn Fn(&ListedObject) -> bool>,
    /// Cancels the listing.
    pub cancel: Cancel,
}

impl Wanted<'_> {
    /// Returns true if an object is wanted.
    pub(crate) fn includes(&self, object: &ListedObject) -> bool {
        self.keep.is_none_or(|keep| keep(object))
    }
}

/// A place to read objects from.
#[derive(Clone)]
pub enum Source {
    /// Files and folders. Keys are absolute paths, or relative to `root` if it is set.
    Files {
        /// Folder that keys are relative to.
        root: Option<PathBuf>,
        /// Files and folders to list.
        paths: Vec<PathBuf>,
    },
    /// Uploaded files. Keys are names given by the senders.
    Spool(SpooledFiles),
    /// A bucket. Keys are `<scheme>://<bucket>/<key>`.
    Bucket(Bucket),
}

/// An object opened for reading.
pub struct OpenedObject {
    /// The object as opened; its etag differs from the listed one if it changed in between.
    pub object: ListedObject,
    /// Its bytes. A read error is a failure of the source, not damage of the object.
    pub input: Box<dyn Read + Send>,
}

impl Source {
    /// Opens `cos://bucket-appid/prefix`, `s3://bucket/prefix`, `file:///path` or a plain path.
    /// Credentials are read from the environment.
    ///
    /// # Errors
    /// Usage: an unknown scheme, or a bucket without its region.
    pub fn open(address: &str, options: &BucketOptions, runtime: &Handle) -> Result<Self> {
        // the same keys as `headwater ingest PATH`: the same file must be the same object
        let files = |path: &str| Self::Files { root: None, paths: vec![PathBuf::from(path)] };
        let Some((scheme, rest)) = address.split_once("://") else {
            return Ok(files(address));
        };
        match scheme {
            "file" => Ok(files(rest)),
            "s3" | "cos" => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                Ok(Self::Bucket(Bucket::open(scheme, bucket, prefix, options, runtime)?))
            }
            other => Err(Error::usage(format!("`{other}://` is not supported"))
                .at(address.to_owned())
                .hint("a source is cos://bucket-appid/prefix, s3://bucket/prefix, or a folder")),
        }
    }

    /// Returns the folder `root` as a source with keys relative to it.
    pub fn folder(root: &Path) -> Self {
        Self::Files { root: Some(root.to_owned()), paths: vec![root.to_owned()] }
    }

    /// Lists the wanted objects, sorted by key. Also returns files, folders and keys that cannot be read. Others
    /// than the wanted ones are not held in memory.
    ///
    /// # Errors
    /// Cancellation, or a bucket that does not respond.
    pub fn list(&self, wanted: &Wanted<'_>) -> Result<(Vec<ListedObject>, Vec<Problem>)> {
        let mut problems = Vec::new();
        let mut listed = match self {
            Self::Files { root, paths } => folder::list(root.as_deref(), paths, wanted, &mut problems)?,
            Self::Spool(spooled) => spooled.list(),
            Self::Bucket(bucket) => {
                let listed = bucket.list(wanted)?;
                problems.extend(bucket.left_out.problem(&bucket.address));
                listed
            }
        };
        listed.sort_by(|a, b| a.key.cmp(&b.key));
        listed.dedup_by(|a, b| a.key == b.key);
        Ok((listed, problems))
    }

    /// Opens one object. Waiting for its bytes ends when `cancel` does.
    pub fn read(&self, object: &ListedObject, cancel: &Cancel) -> std::io::Result<OpenedObject> {
        match self {
            Self::Files { root, .. } => folder::open(root.as_deref(), object),
            Self::Spool(spooled) => spooled.open(object),
            Self::Bucket(bucket) => {
                let head = async { bucket.head_of(object).await.map_err(std::io::Error::other) };
                let head = bucket.wait(cancel, head)?;
                Ok(bucket.opened(head, cancel))
            }
        }
    }

    /// Returns a feed of `objects` for several readers.
    pub fn feed(&self, objects: Arc<[ListedObject]>, cancel: &Cancel) -> Feed {
        match self {
            Self::Files { .. } | Self::Spool(_) => Feed::of_files(self.clone(), objects, cancel.clone()),
            Self::Bucket(bucket) => Feed::of_bucket(bucket.clone(), objects, cancel.clone()),
        }
    }
}
