//! A file that messages are added to, one JSON document a line. A message that may be there already
//! is looked for first, so that each is there once.

use crate::config::ChannelConfig;
use crate::delivery::channel::{Message, Result, Sent, Way};
use futures::future::BoxFuture;
use model::error::Error;
use serde_json::Value;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

struct File {
    path: PathBuf,
}

pub(super) fn open(config: &ChannelConfig) -> Result<Box<dyn Way>> {
    let path = config.path.clone().ok_or_else(|| Error::usage("a `file` channel needs its `path`"))?;
    Ok(Box::new(File { path }))
}

impl Way for File {
    fn send<'a>(&'a self, message: &'a Message, _: &'a str) -> BoxFuture<'a, Sent> {
        let place = self.path.display();
        let sent = match self.add(message) {
            Ok(true) => Sent::Delivered(format!("added to {place}")),
            Ok(false) => Sent::Delivered(format!("it was in {place} already")),
            Err(error) => Sent::Refused(format!("{place}: {error}")),
        };
        Box::pin(async { sent })
    }

    fn knows_repeats(&self) -> bool {
        true
    }
}

impl File {
    /// Adds a message, or nothing; tells whether it was not there yet.
    fn add(&self, message: &Message) -> io::Result<bool> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = fs::File::options().create(true).append(true).read(true).open(&self.path)?;
        if message.is_repeat && holds(&file, &message.id)? {
            return Ok(false);
        }
        let before = file.metadata()?.len();
        let mut line = serde_json::to_string(message)? + "\n";
        if before > 0 {
            let mut last = [0];
            file.seek(SeekFrom::Start(before - 1))?;
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                line.insert(0, '\n'); // a run that died left half a line
            }
        }
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all());
        if written.is_err() {
            file.set_len(before)?;
        }
        written.map(|()| true)
    }
}

/// Tells whether a file holds a message of that id.
fn holds(file: &fs::File, id: &str) -> io::Result<bool> {
    let mut lines = BufReader::new(file);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let is_it = serde_json::from_slice::<Value>(&line)
            .is_ok_and(|message| message.get("id").and_then(Value::as_str) == Some(id));
        if is_it {
            return Ok(true);
        }
        line.clear();
    }
    Ok(false)
}
