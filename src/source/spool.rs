//! Uploaded files as a source: stored under generated names, and keyed by the names that the senders gave
//! them. Keys are never used as paths.

use crate::source::{ListedObject, OpenedObject};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;

/// Uploaded files by key.
#[derive(Clone, Debug, Default)]
pub struct SpooledFiles {
    files: BTreeMap<String, (ListedObject, PathBuf)>,
}

impl SpooledFiles {
    /// Adds a file that is stored at `path`.
    pub fn add(&mut self, object: ListedObject, path: PathBuf) {
        self.files.insert(object.key.clone(), (object, path));
    }

    pub(super) fn list(&self) -> Vec<ListedObject> {
        self.files.values().map(|(object, _)| object.clone()).collect()
    }

    pub(super) fn open(&self, object: &ListedObject) -> io::Result<OpenedObject> {
        let (_, path) = self.files.get(&object.key).ok_or(io::ErrorKind::NotFound)?;
        Ok(OpenedObject { object: object.clone(), input: Box::new(File::open(path)?) })
    }
}
