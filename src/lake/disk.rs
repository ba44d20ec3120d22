//! Every operation by which a commit touches the disk. The program does what std does and nothing
//! can change that from outside; a test puts a gate before the operations, to see what a full or a
//! failing disk leaves behind.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Hears of each operation before it is done: its name and its path. An error fails the operation.
type Gate = dyn Fn(&'static str, &Path) -> io::Result<()> + Send + Sync;

/// The disk as a commit sees it.
#[derive(Clone, Default)]
pub struct Disk {
    gate: Option<Arc<Gate>>,
}

impl Disk {
    /// Returns a disk that asks `gate` before each operation.
    pub fn gated(gate: impl Fn(&'static str, &Path) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self { gate: Some(Arc::new(gate)) }
    }

    fn ask(&self, operation: &'static str, path: &Path) -> io::Result<()> {
        self.gate.as_ref().map_or(Ok(()), |gate| gate(operation, path))
    }

    /// Creates a folder and those above it.
    pub fn create_folder(&self, folder: &Path) -> io::Result<()> {
        self.ask("create folder", folder)?;
        fs::create_dir_all(folder)
    }

    /// Creates a file to write to.
    pub fn create(&self, path: &Path) -> io::Result<Target> {
        self.ask("create", path)?;
        Ok(Target { file: File::create(path)?, path: path.to_owned(), disk: self.clone() })
    }

    /// Gives a file another name.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.ask("rename", to)?;
        fs::rename(from, to)
    }

    /// Makes the names in a folder last.
    pub fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.ask("sync folder", folder)?;
        File::open(folder)?.sync_all()
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("gated", &self.gate.is_some()).finish()
    }
}

/// A file that is being written.
#[derive(Debug)]
pub struct Target {
    file: File,
    path: PathBuf,
    disk: Disk,
}

impl Target {
    /// Makes its content last and returns its bytes.
    pub fn sync(self) -> io::Result<u64> {
        self.disk.ask("sync", &self.path)?;
        self.file.sync_all()?;
        Ok(self.file.metadata()?.len())
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.ask("write", &self.path)?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
