//! Temporary files of uploads until they are ingested: `<lake>/spool/<random>/<n>`. File names never come
//! from the caller. Size is limited; files left by a killed process are deleted by the next one.

use crate::api::{ApiError, ApiResult, ErrorKind};
use crate::lake::Space;
use model::error::{Error, Result};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::TempDir;

/// Free disk space that uploads must leave.
const SPARE_BYTES: u64 = 256 << 20;

/// The spool of a lake.
pub(super) struct Spool {
    folder: PathBuf,
    /// Limit of one upload.
    upload_bytes: u64,
    /// Limit of all uploads together.
    total_bytes: u64,
    /// Bytes of all current uploads.
    used_bytes: AtomicU64,
    /// A lock file shared by the processes that use the folder; a process that gets it exclusively may
    /// delete leftovers.
    lock: Mutex<Option<File>>,
}

/// The folder of one upload; deleted with its files on drop.
pub(super) struct UploadFolder {
    spool: Arc<Spool>,
    folder: TempDir,
    bytes: u64,
}

impl Spool {
    /// Opens the spool of a lake and deletes files that no process uses any more.
    pub(super) fn open(lake: &Path, upload_bytes: u64, total_bytes: u64) -> Result<Self> {
        let spool = Self {
            folder: lake.join("spool"),
            upload_bytes: upload_bytes.min(total_bytes),
            total_bytes,
            used_bytes: AtomicU64::new(0),
            lock: Mutex::default(),
        };
        if spool.folder.is_dir() {
            spool.acquire().map_err(|error| spool.failed(error))?;
        }
        Ok(spool)
    }

    /// Creates the folder of an upload. The lake's folder must exist.
    pub(super) fn create_folder(self: &Arc<Self>) -> Result<UploadFolder> {
        let make = || {
            fs::create_dir_all(&self.folder)?;
            self.acquire()?;
            tempfile::Builder::new().prefix("up-").rand_bytes(12).tempdir_in(&self.folder)
        };
        let folder = make().map_err(|error| self.failed(error))?;
        Ok(UploadFolder { spool: Arc::clone(self), folder, bytes: 0 })
    }

    /// Takes the shared lock; if no other process has it, deletes leftovers first.
    fn acquire(&self) -> io::Result<()> {
        let mut held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some() {
            return Ok(());
        }
        let path = self.folder.join("lock");
        let lock = File::options().create(true).truncate(false).write(true).open(path)?;
        if lock.try_lock().is_ok() {
            for entry in fs::read_dir(&self.folder)?.flatten() {
                if entry.file_type()?.is_dir() {
                    fs::remove_dir_all(entry.path())?;
                }
            }
            lock.unlock()?;
        }
        lock.lock_shared()?;
        *held = Some(lock);
        Ok(())
    }

    fn failed(&self, error: io::Error) -> Error {
        Error::failed("cannot create the folder of uploads")
            .at(self.folder.display().to_string())
            .because(error)
    }
}

impl UploadFolder {
    /// Returns the path of the n-th file.
    pub(super) fn path(&self, n: usize) -> PathBuf {
        self.folder.path().join(n.to_string())
    }

    /// Accounts for bytes that are about to be written; fails if a limit is exceeded.
    pub(super) fn reserve(&mut self, bytes: u64) -> ApiResult<()> {
        let spool = &self.spool;
        let used = spool.used_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.bytes += bytes;
        if self.bytes > spool.upload_bytes {
            return Err(ApiError::new(
                ErrorKind::TooLarge,
                format!(
                    "upload too large; the limit is {} MiB (`[serve] upload_mib`)",
                    spool.upload_bytes >> 20
                ),
            )
            .hint("compress the files, or send them in several uploads"));
        }
        if used > spool.total_bytes {
            return Err(ApiError::new(
                ErrorKind::Busy,
                format!(
                    "concurrent uploads reached their limit of {} MiB (`[serve] uploads_mib`)",
                    spool.total_bytes >> 20
                ),
            )
            .hint("retry later"));
        }
        Ok(())
    }

    /// Fails if the disk is nearly full.
    pub(super) fn check_space(&self) -> ApiResult<()> {
        let free_bytes = Space::of(self.folder.path())?.free_bytes;
        if free_bytes >= SPARE_BYTES {
            return Ok(());
        }
        let (free, spare) = (free_bytes >> 20, SPARE_BYTES >> 20);
        Err(ApiError::new(
            ErrorKind::TooLarge,
            format!("the disk is nearly full: {free} MiB free, uploads must leave {spare} MiB"),
        ))
    }
}

impl Drop for UploadFolder {
    fn drop(&mut self) {
        self.spool.used_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
