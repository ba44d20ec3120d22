//! The lock of a lake: one process writes at a time, and others can see which one.
//! Must not know what is written.

use crate::config::ErrorText;
use crate::lake::Lake;
use model::error::{Error, Result};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::MetadataExt;

/// The lock of the one writer of a lake; released on drop.
#[derive(Debug)]
pub struct WriteLock {
    file: File,
}

impl Drop for WriteLock {
    /// Unlocks explicitly: closing the file is not enough while a child process between fork and exec
    /// has it open too.
    fn drop(&mut self) {
        let _ = self.file.unlock(); // if it fails, closing the file unlocks
    }
}

impl Lake {
    /// Returns the process id of the holder of the write lock from `/proc/locks`, without locking; 0 for
    /// a process of another container, `None` if nobody holds it.
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

    /// Takes the write lock for the command `what`. If another process holds it, fails at once and names
    /// the process.
    pub fn lock(&self, what: &str) -> Result<WriteLock> {
        let path = self.lock_path();
        let failed = |error: std::io::Error| {
            Error::failed("cannot open the lock of the lake").at(path.display().to_string()).because(error)
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
                .because(ErrorText(holder.trim().to_owned()))
                .hint("wait until it has ended; `headwater runs list` shows its progress"));
        }
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let holder = format!("`{what}`, process {} on {}\n", std::process::id(), host.trim());
        file.set_len(0).and_then(|()| file.write_all(holder.as_bytes())).map_err(failed)?;
        Ok(WriteLock { file })
    }
}
