//! The temporary folders of child processes. Each is locked by the program that made it, so that another
//! one can remove those of a program that was killed with its children.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// How the name of each folder begins.
const PREFIX: &str = "headwater-query-";
/// A folder that is younger may not be locked yet.
const MIN_AGE: Duration = Duration::from_secs(60);

/// Makes a folder below `temp`, and locks it.
pub fn new_folder(temp: &Path) -> io::Result<(TempDir, File)> {
    let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(temp)?;
    let lock = File::open(folder.path())?;
    lock.lock()?;
    Ok((folder, lock))
}

/// Removes the folders below `temp` that no running program has locked.
pub fn sweep(temp: &Path) {
    for entry in fs::read_dir(temp).into_iter().flatten().flatten() {
        let is_own = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !is_own || !is_folder || !is_left(&entry.path()).unwrap_or(false) {
            continue;
        }
        match fs::remove_dir_all(entry.path()) {
            Ok(()) => tracing::info!(folder = %entry.path().display(), "removed what a killed program left"),
            // another user's, or another program is removing it
            Err(error) => tracing::debug!(%error, folder = %entry.path().display(), "cannot remove"),
        }
    }
}

/// Returns true if nobody uses the folder.
fn is_left(folder: &Path) -> io::Result<bool> {
    let handle = File::open(folder)?;
    let age = handle.metadata()?.modified()?.elapsed().unwrap_or_default();
    Ok(age >= MIN_AGE && handle.try_lock().is_ok())
}
