//! Files and folders as a source: lists and opens them. Does not read their content.

use crate::source::{ListedObject, OpenedObject, Wanted};
use model::error::{Error, Problem, Result};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Lists the files at and below `paths`.
pub(super) fn list(
    root: Option<&Path>,
    paths: &[PathBuf],
    wanted: &Wanted<'_>,
    problems: &mut Vec<Problem>,
) -> Result<Vec<ListedObject>> {
    let mut listed = Vec::new();
    for path in paths {
        if !path.exists() {
            return Err(Error::usage("no such file or folder").at(path.display().to_string()));
        }
        let mut add = |object: ListedObject| {
            if wanted.includes(&object) {
                listed.push(object);
            }
            wanted.cancel.check()
        };
        walk(root, path, &mut add, problems)?;
    }
    Ok(listed)
}

/// Opens a file.
pub(super) fn open(root: Option<&Path>, object: &ListedObject) -> io::Result<OpenedObject> {
    let path = root.map_or_else(|| PathBuf::from(&object.key), |root| root.join(&object.key));
    Ok(OpenedObject { object: object.clone(), input: Box::new(File::open(path)?) })
}

/// Adds a file, or all files below a folder. Links to folders are not followed: they can form a loop.
fn walk(
    root: Option<&Path>,
    path: &Path,
    add: &mut dyn FnMut(ListedObject) -> Result<()>,
    problems: &mut Vec<Problem>,
) -> Result<()> {
    let problem = |what: &str, error: &io::Error| Problem {
        step: "collect".into(),
        what: format!("{what}: {error}"),
        place: Some(path.display().to_string()),
        hint: Some("check its permissions".into()),
    };
    if path.is_dir() {
        match fs::read_dir(path) {
            Err(error) => problems.push(problem("cannot read the folder", &error)),
            Ok(entries) => {
                for entry in entries.flatten() {
                    let link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
                    if !(link && entry.path().is_dir()) {
                        walk(root, &entry.path(), add, problems)?;
                    }
                }
            }
        }
        return Ok(());
    }
    let meta = match fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) => {
            problems.push(problem("cannot read the file", &error));
            return Ok(());
        }
    };
    if !meta.is_file() {
        return Ok(()); // sockets, devices, pipes
    }
    let modified = meta
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
        .and_then(|since| i64::try_from(since.as_micros()).ok());
    let key = match root
        .and_then(|root| path.strip_prefix(root).ok())
        .filter(|rest| !rest.as_os_str().is_empty())
    {
        Some(rest) => rest.to_path_buf(),
        None => fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
    };
    add(ListedObject {
        key: key.to_string_lossy().into_owned(),
        etag: format!("{}-{}", meta.len(), modified.unwrap_or(0)),
        size: meta.len(),
        modified,
    })
}
