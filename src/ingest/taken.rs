//! When a snapshot of a cluster was taken. What `kubectl` shows names no day, and its file may have been copied or
//! unpacked long after; the lines of logs beside it have a time. Must not know how rows are stored.

use crate::ingest::{Options, read_frames, reader_for};
use crate::source::{ListedObject, Source};
use format::reader::Row;
use model::record::Body;

/// Objects of a snapshot; more are not read twice.
const OBJECTS: usize = 300;
/// Bytes of all of them.
const BYTES: u64 = 16 << 20;

/// The newest times that rows have of their own, µs UTC.
#[derive(Default)]
struct Times {
    /// Of a line of a log.
    line: Option<i64>,
    /// Of an event; its age may have been counted from the file's time.
    event: Option<i64>,
    /// True if an object of the cluster has no time but that of its file.
    is_needed: bool,
}

/// Returns when the snapshot in some files was taken, µs UTC: the newest time of a line. `None` if none of them shows
/// an object of the cluster without a time, or no line has one.
pub(super) fn taken(source: &Source, objects: &[ListedObject], options: &Options) -> Option<i64> {
    let bytes = objects.iter().fold(0_u64, |sum, object| sum.saturating_add(object.size));
    if matches!(source, Source::Bucket(_)) || objects.len() > OBJECTS || bytes > BYTES {
        return None;
    }
    let mut times = Times::default();
    for object in objects {
        let Ok(opened) = source.read(object, &options.cancel) else { continue };
        let names_day = format::origin_of(&object.key).day.is_some();
        let mut reader = reader_for(object, options);
        // the ingest reads it again, and reports what is wrong with it
        let _ = read_frames(opened.input, &mut reader, &options.limits, &mut |row: Row<'_>| {
            times.add(&row, names_day);
        });
    }
    times.line.or(times.event).filter(|_| times.is_needed)
}

impl Times {
    fn add(&mut self, row: &Row<'_>, names_day: bool) {
        let is_from = |source: &str| row.record.attrs.has_text("ts_source", source);
        let is_of_object = is_from("object");
        match &row.record.body {
            Body::State(_) => self.is_needed |= is_of_object && !names_day,
            _ if is_of_object || is_from("previous") || row.unparsed || row.record.time_of_day => {}
            Body::Event(_) => self.event = self.event.max(Some(row.ts)),
            _ => self.line = self.line.max(Some(row.ts)),
        }
    }
}
