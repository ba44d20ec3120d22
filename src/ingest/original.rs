//! Unchanged copies of objects, by log type: `<keep>/<type>/<key>`. A key is untrusted: it becomes a path
//! only after each of its parts is sanitized.

use model::error::{Error, Result};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Maximum length of one part of a path, bytes; with the hash it stays below the 255 that file systems allow.
const MAX_PART: usize = 200;

/// A copy that is being written, under a temporary name.
pub(super) struct Original {
    folder: PathBuf,
    name: PathBuf,
    file: tempfile::NamedTempFile<File>,
}

impl Original {
    /// Starts the copy of the object with that key.
    pub(super) fn create(folder: &Path, key: &str) -> Result<Self> {
        let create = || {
            fs::create_dir_all(folder)?;
            tempfile::Builder::new().prefix(".").suffix(".tmp").tempfile_in(folder)
        };
        let file = create().map_err(|error| failed(folder, error))?;
        Ok(Self { folder: folder.to_owned(), name: path_of(key), file })
    }

    /// Appends bytes.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.file.as_file().write_all(bytes)
    }

    /// Syncs the copy and moves it to its final path.
    pub(super) fn finish(self, log_type: &str) -> Result<()> {
        let path = self.folder.join(log_type).join(&self.name);
        let sync = || {
            fs::create_dir_all(path.parent().unwrap_or(&self.folder))?;
            self.file.as_file().sync_all()
        };
        sync().map_err(|error| failed(&path, error))?;
        self.file.persist(&path).map(|_| ()).map_err(|error| failed(&path, error.error))
    }
}

fn failed(path: &Path, error: io::Error) -> Error {
    Error::failed("cannot keep a copy of an object")
        .at(path.display().to_string())
        .because(error)
        .hint("`[source] keep` is the folder of the copies; remove the key to keep none")
}

/// Returns the path of a key. No part of it leaves the folder, is hidden, or is too long.
fn path_of(key: &str) -> PathBuf {
    let key = key.split_once("://").map_or(key, |(_, rest)| rest);
    let sanitize = |c: char| if c.is_ascii_alphanumeric() || "-_.=+,@".contains(c) { c } else { '_' };
    let mut name = PathBuf::new();
    for part in key.split(['/', '\\']).filter(|part| !part.is_empty()) {
        let mut safe: String = part.chars().map(sanitize).collect();
        if safe.starts_with('.') {
            safe.replace_range(..1, "_");
        }
        if safe != part || safe.len() > MAX_PART {
            // after the change it could equal the name of another key
            let hash = blake3::hash(part.as_bytes()).to_hex();
            safe.truncate(MAX_PART);
            safe = format!("{safe}-{}", hash.get(..8).unwrap_or_default());
        }
        name.push(safe);
    }
    if name.as_os_str().is_empty() { PathBuf::from("_") } else { name }
}
