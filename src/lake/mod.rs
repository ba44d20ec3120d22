//! The lake: Parquet files by table and day, and which of them count (the catalog).
//! A file is visible once, and only once, the catalog says so; see `commit` for the order.

pub mod catalog;

pub mod commit;
pub mod compact;
pub mod disk;
pub mod docs;
pub mod merge;
pub mod parquet;
pub mod part;
pub mod repair;
pub mod rows;
pub mod topology;
pub mod verify;

use crate::config::Plain;
use crate::lake::disk::Disk;
use arrow::datatypes::{DataType, SchemaRef};
use model::error::{Error, Result};
use model::table::Table;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The version of what is persisted: Parquet footers and catalog alike.
pub const FORMAT_VERSION: u32 = 2;

/// The tables of a lake by name.
pub fn tables() -> impl Iterator<Item = &'static str> {
    Table::ALL.map(Table::name).into_iter().chain(["topology"])
}

/// Returns the columns of a table as its files hold them.
pub fn schema_of(table: &str) -> Result<SchemaRef> {
    match Table::of(table) {
        Some(table) => Ok(rows::schema(table, rows::Texts::Stored)),
        None if table == "topology" => Ok(topology::schema(&DataType::Utf8)),
        None => Err(Error::bug(format!("a lake has no table `{table}`"))),
    }
}

/// A lake on disk.
#[derive(Clone, Debug)]
pub struct Lake {
    /// Its folder.
    pub root: PathBuf,
    /// What its commits go through.
    pub disk: Disk,
}

/// Held while a lake is written to; a second writer waits outside.
#[derive(Debug)]
pub struct WriteLock {
    file: File,
}

impl Drop for WriteLock {
    /// Gives the lock back by name: closing the file is not enough while a child that was just
    /// forked, and has not yet become another program, holds it open too.
    fn drop(&mut self) {
        let _ = self.file.unlock(); // closing it is what is left
    }
}

/// The file system that a folder is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What this user may still write.
    pub free_bytes: u64,
    /// All of it.
    pub size_bytes: u64,
}

impl Space {
    /// Asks the file system of `folder`.
    pub fn of(folder: &Path) -> Result<Self> {
        let stat = rustix::fs::statvfs(folder).map_err(|error| {
            Error::failed("the disk's space cannot be told").at(folder.display().to_string()).because(error)
        })?;
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        Ok(Self { free_bytes: bytes(stat.f_bavail), size_bytes: bytes(stat.f_blocks) })
    }
}

impl Lake {
    /// Names the lake at `root`, whether or not there is one.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned(), disk: Disk::default() }
    }

    /// Opens the lake at `root`, creating the folder.
    pub fn create(root: &Path) -> Result<Self> {
        fs::create_dir_all(root).map_err(|error| {
            Error::failed("the lake's folder cannot be created").at(root.display().to_string()).because(error)
        })?;
        let lake = Self::at(root);
        lake.refuse_without_catalog()?;
        Ok(lake)
    }

    /// Opens an existing lake.
    pub fn open(root: &Path) -> Result<Self> {
        let lake = Self::at(root);
        lake.refuse_without_catalog()?;
        if lake.catalog_path().exists() {
            return Ok(lake);
        }
        Err(Error::usage("there is no lake here")
            .at(root.display().to_string())
            .hint("name one with `--lake DIR`, or make one: `headwater ingest PATH`, or `headwater demo`"))
    }

    /// Refuses a lake whose catalog is gone: to a new one, all its files would be leftovers.
    fn refuse_without_catalog(&self) -> Result<()> {
        if !self.lacks_catalog() {
            return Ok(());
        }
        Err(Error::failed("the lake has files but no catalog")
            .at(self.catalog_path().display().to_string())
            .hint("put catalog.db back, or rebuild it from the files: `headwater lake verify --repair`"))
    }

    /// Tells whether there are files and no catalog.
    pub fn lacks_catalog(&self) -> bool {
        !self.catalog_path().exists() && self.files_on_disk().iter().any(|path| path.ends_with(".parquet"))
    }

    /// Returns the catalog's file.
    pub fn catalog_path(&self) -> PathBuf {
        self.root.join("catalog.db")
    }

    /// Returns who holds the write lock, as `/proc/locks` tells, without touching it: a process id,
    /// 0 for a process of another container.
    pub fn writer(&self) -> Option<u32> {
        let inode = fs::metadata(self.lock_path()).ok()?.ino().to_string();
        let locks = fs::read_to_string("/proc/locks").ok()?;
        locks.lines().find_map(|line| {
            // 1: FLOCK  ADVISORY  WRITE 6603 fe:00:10117130 0 EOF
            let mut fields = line.split_whitespace().skip(1);
            let is_lock = fields.next() == Some("FLOCK");
            let pid = fields.nth(2)?.parse().unwrap_or(0);
            (is_lock && fields.next()?.rsplit(':').next() == Some(&inode)).then_some(pid)
        })
    }

    /// Returns the key of the hashes that masks carry, made with the first rows. It makes equal secrets
    /// of all days equal; nothing but this file holds it, and no face shows it.
    pub fn redact_key(&self) -> Result<[u8; 32]> {
        let path = self.root.join("redact.key");
        let failed = |error: std::io::Error| {
            Error::failed("the key of the masks cannot be kept").at(path.display().to_string()).because(error)
        };
        if let Ok(kept) = fs::read(&path).unwrap_or_default().try_into() {
            return Ok(kept);
        }
        let key = redact::new_key();
        let options = || File::options().create(true).truncate(true).write(true).mode(0o600).open(&path);
        options().and_then(|mut file| file.write_all(&key)).map_err(failed)?;
        Ok(key)
    }

    fn lock_path(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// Returns the paths of all files in the tables' folders, temporary ones included, in order.
    pub fn files_on_disk(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for table in tables() {
            let Ok(days) = fs::read_dir(self.root.join(table)) else { continue };
            for day in days.flatten() {
                let Ok(files) = fs::read_dir(day.path()) else { continue };
                for file in files.flatten() {
                    let (day, file) = (day.file_name(), file.file_name());
                    let (day, file) = (day.to_string_lossy(), file.to_string_lossy());
                    if file.ends_with(".parquet") || file.ends_with(".tmp") {
                        paths.push(format!("{table}/{day}/{file}"));
                    }
                }
            }
        }
        paths.sort();
        paths
    }

    /// Takes the write lock for `what`; fails at once when another process holds it, and says which.
    pub fn lock(&self, what: &str) -> Result<WriteLock> {
        let path = self.lock_path();
        let failed = |error: std::io::Error| {
            Error::failed("the lake's lock cannot be opened").at(path.display().to_string()).because(error)
        };
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        if file.try_lock().is_err() {
            let holder = fs::read_to_string(&path).unwrap_or_default();
            return Err(Error::busy("another run is writing to this lake")
                .at(self.root.display().to_string())
                .because(Plain(holder.trim().to_owned()))
                .hint("wait for it to end; `headwater runs list` shows how far it is"));
        }
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let holder = format!("`{what}`, process {} on {}\n", std::process::id(), host.trim());
        file.set_len(0).and_then(|()| file.write_all(holder.as_bytes())).map_err(failed)?;
        Ok(WriteLock { file })
    }
}
