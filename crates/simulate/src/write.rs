//! Objects as a log shipper leaves them in a bucket: gzip files under the hour in which they were
//! shipped, cut by time and by size. Bytes depend on the lines alone: no clock, no gzip mtime.

use crate::text::{HOUR, ZONE, local};
use flate2::{Compression, GzBuilder, write::GzEncoder};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// An object holds at most about this many uncompressed bytes.
const OBJECT_BYTES: u64 = 64 << 20;
const BUFFER_BYTES: usize = 32 << 10;

/// How the objects of a stream are named under their hour.
pub enum Naming {
    /// `<yyyyMMddHHmm>_000_<offset>.gz`, as Tencent CLS ships a topic.
    Topic,
    /// `<ns>_<pod>_<uid>/<container>/<n>.log.gz`, as a node keeps a container's output.
    Container(String),
}

/// A sequence of objects of one log.
pub struct Stream {
    root: PathBuf,
    naming: Naming,
    span: i64,
    phase: i64,
    buffer: Vec<u8>,
    open: Option<Open>,
    /// Bytes of all closed objects.
    offset: u64,
    last_key: PathBuf,
}

struct Open {
    gz: GzEncoder<File>,
    temporary: PathBuf,
    slot: i64,
    restarts: usize,
    raw: u64,
    last: i64,
}

impl Stream {
    /// Starts a stream under `root` whose objects cover `hours` each, shifted by `phase` hours.
    pub fn new(root: &Path, naming: Naming, (hours, phase): (i64, i64)) -> Self {
        Self {
            root: root.to_owned(),
            naming,
            span: hours * HOUR,
            phase: phase * HOUR,
            buffer: Vec::with_capacity(BUFFER_BYTES + 4096),
            open: None,
            offset: 0,
            last_key: PathBuf::new(),
        }
    }

    /// Appends a line; points must not go back.
    pub fn put(&mut self, at: i64, restarts: usize, line: &[u8]) -> io::Result<()> {
        let slot = (at + ZONE + self.phase).div_euclid(self.span);
        if let Some(open) = &self.open
            && (open.slot != slot || open.restarts != restarts || open.raw >= OBJECT_BYTES)
        {
            self.close()?;
        }
        let open = match &mut self.open {
            Some(open) => open,
            None => {
                fs::create_dir_all(&self.root)?;
                let temporary = self.root.join(match &self.naming {
                    Naming::Topic => ".shipping".to_owned(),
                    Naming::Container(path) => format!(".{}", path.replace('/', "_")),
                });
                let gz = GzBuilder::new().mtime(0).write(File::create(&temporary)?, Compression::fast());
                self.open.insert(Open { gz, temporary, slot, restarts, raw: 0, last: at })
            }
        };
        open.last = at;
        open.raw += line.len() as u64 + 1;
        self.buffer.extend_from_slice(line);
        self.buffer.push(b'\n');
        if self.buffer.len() >= BUFFER_BYTES {
            open.gz.write_all(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Finishes the present object and names it.
    pub fn close(&mut self) -> io::Result<()> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        open.gz.write_all(&self.buffer)?;
        self.buffer.clear();
        open.gz.finish()?;
        let hour = self.root.join(local(open.last, "%Y/%m/%d/%H"));
        let mut key = match &self.naming {
            Naming::Topic => {
                let minute = local(open.last, "%Y%m%d%H%M");
                hour.join(format!("{minute}_000_{}.gz", 132_612_782 + self.offset))
            }
            Naming::Container(path) => hour.join(path).join(format!("{}.log.gz", open.restarts)),
        };
        if key == self.last_key {
            // The kubelet names a rotated file by its time.
            let rotated = format!("{}.log.{}.gz", open.restarts, local(open.last, "%Y%m%d-%H%M%S%6f"));
            key.set_file_name(rotated);
        } else {
            self.last_key.clone_from(&key);
        }
        if let Some(folder) = key.parent() {
            fs::create_dir_all(folder)?;
        }
        self.offset += open.raw;
        fs::rename(&open.temporary, &key)
    }
}
