//! The disk operations of a commit, so that a test can let each of them fail and check what a full or
//! failing disk leaves behind. Outside tests they are those of std; no setting changes that.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Called before each operation with its name and path. An error fails the operation.
type Hook = dyn Fn(&'static str, &Path) -> io::Result<()> + Send + Sync;

/// The disk operations of a commit.
#[derive(Clone, Default)]
pub struct Disk {
    hook: Option<Arc<Hook>>,
}

impl Disk {
    /// Returns a disk that calls `hook` before each operation.
    pub fn with_hook(hook: impl Fn(&'static str, &Path) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self { hook: Some(Arc::new(hook)) }
    }

    fn check(&self, operation: &'static str, path: &Path) -> io::Result<()> {
        self.hook.as_ref().map_or(Ok(()), |hook| hook(operation, path))
    }

    /// Creates a folder and its parents.
    pub fn create_folder(&self, folder: &Path) -> io::Result<()> {
        self.check("create folder", folder)?;
        fs::create_dir_all(folder)
    }

    /// Creates a file for writing.
    pub fn create(&self, path: &Path) -> io::Result<Target> {
        self.check("create", path)?;
        let (file, path, disk) = (File::create(path)?, path.to_owned(), self.clone());
        Ok(Target { file, path, disk, hasher: blake3::Hasher::new() })
    }

    /// Renames a file.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check("rename", to)?;
        fs::rename(from, to)
    }

    /// Syncs a folder, so that the names in it are durable.
    pub fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.check("sync folder", folder)?;
        File::open(folder)?.sync_all()
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("has_hook", &self.hook.is_some()).finish()
    }
}

/// A file open for writing.
#[derive(Debug)]
pub struct Target {
    file: File,
    path: PathBuf,
    disk: Disk,
    hasher: blake3::Hasher,
}

impl Target {
    /// Syncs the content and returns its size in bytes and its hash.
    pub fn sync(self) -> io::Result<(u64, String)> {
        self.disk.check("sync", &self.path)?;
        self.file.sync_all()?;
        Ok((self.file.metadata()?.len(), self.hasher.finalize().to_hex().to_string()))
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.check("write", &self.path)?;
        let count = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
