//! Files that lie under names of ours and are called by names of their senders: what was uploaded.

use crate::source::{Listed, Opened};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;

/// Files by key, each with what is known of it.
#[derive(Clone, Debug, Default)]
pub struct Spooled {
    files: BTreeMap<String, (Listed, PathBuf)>,
}

impl Spooled {
    /// Adds a file.
    pub fn add(&mut self, object: Listed, path: PathBuf) {
        self.files.insert(object.key.clone(), (object, path));
    }

    pub(super) fn list(&self) -> Vec<Listed> {
        self.files.values().map(|(object, _)| object.clone()).collect()
    }

    pub(super) fn open(&self, object: &Listed) -> io::Result<Opened> {
        let (_, path) = self.files.get(&object.key).ok_or(io::ErrorKind::NotFound)?;
        Ok(Opened { object: object.clone(), input: Box::new(File::open(path)?) })
    }
}
