//! A file that messages are added to, one JSON document a line.

use super::Sent;
use crate::config::BroadcastConfig;
use crate::error::{Error, Result};
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
}

impl File {
    pub(super) fn open(config: &BroadcastConfig) -> Result<Self> {
        let path = config.path.clone().ok_or_else(|| Error::usage("a `file` channel needs its `path`"))?;
        Ok(Self { path })
    }

    pub(super) fn send(&self, body: &str) -> Sent {
        let place = self.path.display();
        let opened = || {
            if let Some(folder) = self.path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::File::options().create(true).append(true).open(&self.path)
        };
        let mut file = match opened() {
            Ok(file) => file,
            Err(error) => return Sent::Refused(format!("{place}: {error}")),
        };
        let write = |file: &mut fs::File| -> io::Result<()> {
            file.write_all(format!("{body}\n").as_bytes())?;
            file.sync_all()
        };
        match write(&mut file) {
            Ok(()) => Sent::Delivered(format!("added to {place}")),
            Err(error) => Sent::Unknown(format!("{place}: {error}")),
        }
    }
}
