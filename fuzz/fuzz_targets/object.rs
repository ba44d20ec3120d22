//! Any bytes as an object: unpacked, framed and read as ingest does. Nothing panics, and every record is counted.

#![no_main]

use chrono::NaiveDate;
use format::framing::{self, Limits};
use format::reader::{Reader, ReaderOptions};
use format::{Clock, origin_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let clock = Clock { zone: chrono_tz::Tz::UTC, day: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default(), written: None };
    let mut reader = Reader::new(origin_of("logs/a.log"), ReaderOptions::of(clock));
    let limits = Limits { bytes: 64 << 20, ..Limits::default() };
    let mut rows = 0;
    let mut emit = |_: format::reader::Row<'_>| rows += 1;
    let _ = framing::entries(bytes, &limits, &mut |mut entry| {
        if let Some(path) = entry.path {
            reader.enter(path, &mut emit);
        }
        entry.frames(&mut |frame| reader.frame(&frame, &mut emit)).map(|_| ())
    });
    reader.finish(&mut emit);
    assert_eq!(rows, reader.counts.parsed + reader.counts.unparsed);
});
