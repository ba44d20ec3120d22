//! Objects kept as they were, by log type: `<keep>/<type>/<key>`. A key is a label from outside: it
//! becomes a path only with every part of it made harmless.

use model::error::{Error, Result};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Longest part of a path that file systems take.
const LONGEST: usize = 200;

/// An object on its way to where it is kept.
pub(super) struct Original {
    folder: PathBuf,
    name: PathBuf,
    file: tempfile::NamedTempFile<File>,
}

impl Original {
    /// Begins to keep the object of that key.
    pub(super) fn create(folder: &Path, key: &str) -> Result<Self> {
        let begin = || {
            fs::create_dir_all(folder)?;
            tempfile::Builder::new().prefix(".").suffix(".tmp").tempfile_in(folder)
        };
        let file = begin().map_err(|error| failed(folder, error))?;
        Ok(Self { folder: folder.to_owned(), name: name_of(key), file })
    }

    /// Adds bytes.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.file.as_file().write_all(bytes)
    }

    /// Gives it its place.
    pub(super) fn keep_as(self, log_type: &str) -> Result<()> {
        let path = self.folder.join(log_type).join(&self.name);
        let place = || {
            fs::create_dir_all(path.parent().unwrap_or(&self.folder))?;
            self.file.as_file().sync_all()
        };
        place().map_err(|error| failed(&path, error))?;
        self.file.persist(&path).map(|_| ()).map_err(|error| failed(&path, error.error))
    }
}

fn failed(path: &Path, error: io::Error) -> Error {
    Error::failed("an original cannot be kept")
        .at(path.display().to_string())
        .because(error)
        .hint("`[source] keep` names the folder; without it nothing is kept")
}

/// Returns the path of a key: its parts without what leaves the folder, hides, or is too long.
fn name_of(key: &str) -> PathBuf {
    let key = key.split_once("://").map_or(key, |(_, rest)| rest);
    let harmless = |c: char| if c.is_ascii_alphanumeric() || "-_.=+,@".contains(c) { c } else { '_' };
    let mut name = PathBuf::new();
    for part in key.split(['/', '\\']).filter(|part| !part.is_empty()) {
        let mut plain: String = part.chars().map(harmless).collect();
        if plain.starts_with('.') {
            plain.replace_range(..1, "_");
        }
        if plain != part || plain.len() > LONGEST {
            // what was changed may now be another key's name
            let hash = blake3::hash(part.as_bytes()).to_hex();
            plain.truncate(LONGEST);
            plain = format!("{plain}-{}", hash.get(..8).unwrap_or_default());
        }
        name.push(plain);
    }
    if name.as_os_str().is_empty() { PathBuf::from("_") } else { name }
}
