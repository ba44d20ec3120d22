//! A file to which messages are appended, one JSON document per line. If a message may already be in the
//! file, it is searched first, so that the file contains each message once.

use crate::config::FileConfig;
use crate::delivery::channel::{Message, SendOutcome, Transport};
use futures::future::BoxFuture;
use serde_json::Value;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

struct File {
    path: PathBuf,
}

pub(super) fn open(config: &FileConfig) -> Box<dyn Transport> {
    Box::new(File { path: config.path.clone() })
}

impl Transport for File {
    fn send<'a>(&'a self, message: &'a Message, _: &'a str) -> BoxFuture<'a, SendOutcome> {
        let place = self.path.display();
        let outcome = match self.append(message) {
            Ok(true) => SendOutcome::Delivered(format!("appended to {place}")),
            Ok(false) => SendOutcome::Delivered(format!("already in {place}")),
            Err(error) => SendOutcome::Failed(format!("{place}: {error}")),
        };
        Box::pin(async { outcome })
    }

    fn deduplicates(&self) -> bool {
        true
    }
}

impl File {
    /// Appends a message; returns false if the file already contained it.
    fn append(&self, message: &Message) -> io::Result<bool> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = fs::File::options().create(true).append(true).read(true).open(&self.path)?;
        if message.is_repeat && contains(&file, &message.id)? {
            return Ok(false);
        }
        let before = file.metadata()?.len();
        let mut line = serde_json::to_string(message)? + "\n";
        if before > 0 {
            let mut last = [0];
            file.seek(SeekFrom::Start(before - 1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                line.insert(0, '\n'); // a process died while writing the last line
            }
        }
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all());
        if written.is_err() {
            file.set_len(before)?;
        }
        written.map(|()| true)
    }
}

/// Returns true if a file contains the message with that id.
fn contains(file: &fs::File, id: &str) -> io::Result<bool> {
    let mut lines = BufReader::new(file);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let is_message = serde_json::from_slice::<Value>(&line)
            .is_ok_and(|message| message.get("id").and_then(Value::as_str) == Some(id));
        if is_message {
            return Ok(true);
        }
        line.clear();
    }
    Ok(false)
}
