//! Compaction: many small files into few sorted ones, one table's day at a time. One transaction makes
//! the new files live and takes the old ones out, so a kill leaves the day either as before or merged.

use crate::cancel::Cancel;
use crate::lake::catalog::{Catalog, FileEntry};
use crate::lake::merge::Inputs;
use crate::lake::part::publish;
use crate::lake::{Lake, commit, merge, relations};
use model::error::{Error, Result};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// Files that are open at once at most. Each holds a page of every column, 8 MiB with long texts, so a
/// merge stays well below 512 MiB. A day with more is merged in several steps.
const OPEN_FILES: usize = 16;
/// The same of files whose rows have more than [`LARGE_ROW_BYTES`] each, compressed.
const OPEN_LARGE_FILES: usize = 4;
const LARGE_ROW_BYTES: u64 = 2 << 10;

/// Passes over a day at most: each leaves a sixteenth of the files, a quarter if they are large.
const MAX_PASSES: u32 = 24;

/// The result of compacting one table's day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Table.
    pub table: String,
    /// Local day.
    pub date: String,
    /// Number of files before and after.
    pub files: (usize, usize),
    /// Bytes before and after.
    pub bytes: (u64, u64),
    /// Number of rows, unchanged.
    pub rows: u64,
}

/// Returns the tables and days, of one date or all, that need compaction, oldest first.
pub fn due(catalog: &Catalog, date: Option<&str>) -> Result<Vec<(String, String)>> {
    let files = catalog.files_by_day()?;
    let days = files.chunk_by(|a, b| (&a.table, &a.date) == (&b.table, &b.date));
    let due = days.filter(|files| !is_compact(files)).filter_map(|files| files.first());
    let due = due.filter(|file| date.is_none_or(|date| date == file.date));
    Ok(due.map(|file| (file.table.clone(), file.date.clone())).collect())
}

/// Merges the files of a table's day; those of the topology become one with each relation once. The caller must
/// hold the write lock.
///
/// # Errors
/// Cancellation; what was merged before stays merged.
pub fn compact(
    lake: &Lake,
    catalog: &mut Catalog,
    table: &str,
    date: &str,
    cancel: &Cancel,
) -> Result<Compacted> {
    let before = catalog.files_of_day(table, date)?;
    let mut files = before.clone();
    for _ in 0..MAX_PASSES {
        if is_compact(&files) {
            break;
        }
        if table == "topology" {
            relations::combine(lake, catalog, &files, &mut Some)?;
        } else {
            for group in groups(&files) {
                merge_files(lake, catalog, &group, cancel)?;
            }
        }
        files = catalog.files_of_day(table, date)?;
    }
    let bytes = |files: &[FileEntry]| files.iter().map(|file| file.bytes).sum();
    Ok(Compacted {
        table: table.to_owned(),
        date: date.to_owned(),
        files: (before.len(), files.len()),
        bytes: (bytes(&before), bytes(&files)),
        rows: files.iter().map(|file| file.rows).sum(),
    })
}

/// Returns true if the files of a table's day, sorted by time, need no merge.
fn is_compact(files: &[FileEntry]) -> bool {
    match files.first() {
        Some(file) if file.table == "topology" => files.len() == 1,
        _ => chains(files).all(|chain| chain.len() == 1),
    }
}

/// Splits files, sorted by time, where the files before end and the next would not fit into one with the last.
fn chains(files: &[FileEntry]) -> impl Iterator<Item = &[FileEntry]> {
    let mut end = i64::MIN;
    files.chunk_by(move |last, next| {
        end = end.max(last.max_ts);
        let is_apart = end <= next.min_ts && !fits(last, next);
        if is_apart {
            end = i64::MIN;
        }
        !is_apart
    })
}

/// Returns true if two files become one.
fn fits(a: &FileEntry, b: &FileEntry) -> bool {
    a.rows + b.rows <= merge::FILE_ROWS && a.bytes + b.bytes <= merge::FILE_BYTES
}

/// Returns the files, sorted by time, that are merged together in one pass. A chain whose merge would have too many
/// files open is merged in groups of neighbours, and these in the next pass.
pub fn groups(files: &[FileEntry]) -> Vec<Vec<FileEntry>> {
    let mut groups = Vec::new();
    for chain in chains(files).filter(|chain| chain.len() > 1) {
        let is_large = |file: &FileEntry| file.bytes / file.rows.max(1) > LARGE_ROW_BYTES;
        let limit = if chain.iter().any(is_large) { OPEN_LARGE_FILES } else { OPEN_FILES };
        if open_at_once(chain) <= limit {
            groups.push(chain.to_vec());
        } else {
            groups.extend(chain.chunks(limit).filter(|group| group.len() > 1).map(<[FileEntry]>::to_vec));
        }
    }
    groups
}

/// Returns how many of the files, sorted by time, a merge has open at most. Files that only touch are not open at
/// the same time.
fn open_at_once(files: &[FileEntry]) -> usize {
    let mut ends: BinaryHeap<Reverse<i64>> = BinaryHeap::new();
    let mut most = 0;
    for file in files {
        while ends.peek().is_some_and(|Reverse(end)| *end <= file.min_ts) {
            ends.pop();
        }
        ends.push(Reverse(file.max_ts));
        most = most.max(ends.len());
    }
    most
}

fn merge_files(lake: &Lake, catalog: &mut Catalog, inputs: &[FileEntry], cancel: &Cancel) -> Result<()> {
    let stem = commit::stem_of(inputs.iter().map(|file| file.path.as_str()));
    let without = BTreeSet::new();
    let parts = merge::rewrite(lake, catalog, Inputs { files: inputs, without: &without, cancel }, &stem)?;
    let expected: u64 = inputs.iter().map(|file| file.rows).sum();
    let merged: u64 = parts.iter().map(|(_, entry)| entry.rows).sum();
    if merged != expected {
        let first = inputs.first().map_or("", |file| file.path.as_str());
        return Err(Error::failed(format!(
            "{} files have {merged} rows, but {expected} in the catalog",
            inputs.len()
        ))
        .at(first)
        .hint("nothing was changed; `headwater lake verify` names the damaged file"));
    }
    publish(lake, &parts)?;
    let files: Vec<FileEntry> = parts.into_iter().map(|(_, entry)| entry).collect();
    let replaced: Vec<String> = inputs.iter().map(|file| file.path.clone()).collect();
    catalog.commit(&[], &files, &replaced)
}
