//! The space of the disk that a lake is on. Must not know what it is used for.

use model::error::{Error, Result};
use std::path::Path;

/// Space of the file system that a folder is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes that this user can still write.
    pub free_bytes: u64,
    /// Bytes of the file system.
    pub size_bytes: u64,
}

impl Space {
    /// Returns the space of the file system of `folder`.
    pub fn of(folder: &Path) -> Result<Self> {
        let stat = rustix::fs::statvfs(folder).map_err(|error| {
            Error::failed("cannot read the free space of the disk")
                .at(folder.display().to_string())
                .because(error)
        })?;
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        Ok(Self { free_bytes: bytes(stat.f_bavail), size_bytes: bytes(stat.f_blocks) })
    }
}
