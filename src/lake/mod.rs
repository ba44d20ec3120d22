//! The lake: Parquet files by table and day, and which of them count (the catalog).
//! A file is visible once, and only once, the catalog says so; see `commit` for the order.

pub mod commit;
pub mod parquet;
pub mod rows;
pub mod topology;

use crate::error::{Error, Result};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The version of what is persisted: Parquet footers and catalog alike.
pub const FORMAT_VERSION: u32 = 1;

/// A lake on disk.
#[derive(Clone, Debug)]
pub struct Lake {
    /// Its folder.
    pub root: PathBuf,
}

/// Held while a lake is written to; a second writer waits outside.
#[derive(Debug)]
pub struct WriteLock {
    _file: File,
}

impl Lake {
    /// Opens the lake at `root`, creating the folder.
    pub fn create(root: &Path) -> Result<Self> {
        fs::create_dir_all(root).map_err(|error| {
            Error::failed("the lake's folder cannot be created").at(root.display().to_string()).because(error)
        })?;
        Ok(Self { root: root.to_owned() })
    }

    /// Opens an existing lake.
    pub fn open(root: &Path) -> Result<Self> {
        let lake = Self { root: root.to_owned() };
        if lake.catalog_path().exists() {
            return Ok(lake);
        }
        Err(Error::usage("there is no lake here")
            .at(root.display().to_string())
            .hint("name one with `--lake DIR`, or make one: `headwater ingest PATH`, or `headwater demo`"))
    }

    /// Returns the catalog's file.
    pub fn catalog_path(&self) -> PathBuf {
        self.root.join("catalog.db")
    }

    /// Takes the write lock; fails at once when another process holds it.
    pub fn lock(&self) -> Result<WriteLock> {
        let path = self.root.join("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(|error| {
            Error::failed("the lake's lock cannot be opened").at(path.display().to_string()).because(error)
        })?;
        match file.try_lock() {
            Ok(()) => Ok(WriteLock { _file: file }),
            Err(_) => Err(Error::failed("another run is writing to this lake")
                .at(self.root.display().to_string())
                .hint("wait for it to end; `headwater lake status` shows what it did so far")),
        }
    }
}
