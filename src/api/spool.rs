//! Where uploads lie until they are read: `<lake>/spool/<random>/<n>`. Names from outside name no
//! file here. So much fits and no more; what a killed process left is cleared by the next one.

use crate::api::{ApiError, ApiResult, ErrorKind};
use crate::lake::Space;
use model::error::{Error, Result};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::TempDir;

/// What stays free on the disk, whatever is uploaded.
const SPARE_BYTES: u64 = 256 << 20;

/// The spool of a lake.
pub(super) struct Spool {
    folder: PathBuf,
    /// Most bytes of one upload, and of all.
    upload_bytes: u64,
    total_bytes: u64,
    held_bytes: AtomicU64,
    /// Shared by the processes that use the folder: who has it alone may clear it.
    used: Mutex<Option<File>>,
}

/// The place of one upload; what lies there goes with it.
pub(super) struct Shelf {
    spool: Arc<Spool>,
    folder: TempDir,
    bytes: u64,
}

impl Spool {
    /// Returns the spool of a lake, cleared of what nobody uses any more.
    pub(super) fn open(lake: &Path, upload_bytes: u64, total_bytes: u64) -> Result<Self> {
        let spool = Self {
            folder: lake.join("spool"),
            upload_bytes: upload_bytes.min(total_bytes),
            total_bytes,
            held_bytes: AtomicU64::new(0),
            used: Mutex::default(),
        };
        if spool.folder.is_dir() {
            spool.hold().map_err(|error| spool.failed(error))?;
        }
        Ok(spool)
    }

    /// Makes a place for an upload. The lake's folder is there.
    pub(super) fn shelf(self: &Arc<Self>) -> Result<Shelf> {
        let make = || {
            fs::create_dir_all(&self.folder)?;
            self.hold()?;
            tempfile::Builder::new().prefix("up-").rand_bytes(12).tempdir_in(&self.folder)
        };
        let folder = make().map_err(|error| self.failed(error))?;
        Ok(Shelf { spool: Arc::clone(self), folder, bytes: 0 })
    }

    /// Takes the folder into use; where no other process has it, what lies there is cleared first.
    fn hold(&self) -> io::Result<()> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.is_some() {
            return Ok(());
        }
        let path = self.folder.join("lock");
        let lock = File::options().create(true).truncate(false).write(true).open(path)?;
        if lock.try_lock().is_ok() {
            for left in fs::read_dir(&self.folder)?.flatten() {
                if left.file_type()?.is_dir() {
                    fs::remove_dir_all(left.path())?;
                }
            }
            lock.unlock()?;
        }
        lock.lock_shared()?;
        *used = Some(lock);
        Ok(())
    }

    fn failed(&self, error: io::Error) -> Error {
        Error::failed("the place for uploads cannot be made")
            .at(self.folder.display().to_string())
            .because(error)
    }
}

impl Shelf {
    /// Returns the path of the n-th file.
    pub(super) fn path(&self, n: usize) -> PathBuf {
        self.folder.path().join(n.to_string())
    }

    /// Takes bytes into account that are about to be written.
    pub(super) fn take(&mut self, bytes: u64) -> ApiResult<()> {
        let spool = &self.spool;
        let held = spool.held_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.bytes += bytes;
        if self.bytes > spool.upload_bytes {
            return Err(ApiError::new(
                ErrorKind::TooLarge,
                format!("an upload has at most {} MiB", spool.upload_bytes >> 20),
            )
            .hint("send less at once, or compressed; `[serve] upload_mib` is the limit"));
        }
        if held > spool.total_bytes {
            return Err(ApiError::new(ErrorKind::Busy, "the uploads under way fill the place for them")
                .hint("send it again later; `[serve] uploads_mib` is the limit"));
        }
        Ok(())
    }

    /// Refuses to fill the disk.
    pub(super) fn check_space(&self) -> ApiResult<()> {
        if Space::of(self.folder.path())?.free_bytes >= SPARE_BYTES {
            return Ok(());
        }
        Err(ApiError::new(ErrorKind::TooLarge, "the disk has no room for it"))
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        self.spool.held_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
