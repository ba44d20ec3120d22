//! Compaction: many small files into few sorted ones, one table's day at a time. One transaction makes
//! the new files live and takes the old ones out, so a kill leaves the day either as before or merged.

use crate::lake::catalog::{Catalog, FileEntry};
use crate::lake::part::publish;
use crate::lake::{Lake, commit, merge};
use model::error::{Error, Result};
use std::collections::BTreeSet;

/// Files that are open at once at most. Each holds a page of every column, 8 MiB with long texts, so a
/// merge stays well below 512 MiB. A day with more is merged in several steps.
const OPEN_FILES: usize = 16;

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

/// Returns the tables and days, of one date or all, that need compaction.
pub fn due(catalog: &Catalog, date: Option<&str>) -> Result<Vec<(String, String)>> {
    let mut due = Vec::new();
    for day in catalog.days()? {
        if date.is_none_or(|date| date == day.date)
            && !is_compact(&catalog.files_of_day(&day.table, &day.date)?)
        {
            due.push((day.table, day.date));
        }
    }
    Ok(due)
}

/// Merges the files of a table's day. The caller must hold the write lock.
pub fn compact(lake: &Lake, catalog: &mut Catalog, table: &str, date: &str) -> Result<Compacted> {
    let before = catalog.files_of_day(table, date)?;
    let mut files = before.clone();
    while !is_compact(&files) {
        let inputs = most_overlapping(&files).unwrap_or_else(|| files.clone());
        merge_files(lake, catalog, &inputs)?;
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

/// Returns true if files, sorted by time, do not overlap and are not more than their rows need.
fn is_compact(files: &[FileEntry]) -> bool {
    let rows: u64 = files.iter().map(|file| file.rows).sum();
    let is_disjoint = files.windows(2).all(|pair| pair[0].max_ts <= pair[1].min_ts);
    is_disjoint && files.len() as u64 <= rows.div_ceil(merge::FILE_ROWS)
}

/// Returns [`OPEN_FILES`] of the files at the time where most overlap; `None` if a merge of all files
/// never has more open. Merging them leaves one file there, and nowhere more than before.
fn most_overlapping(files: &[FileEntry]) -> Option<Vec<FileEntry>> {
    // files that only touch are not open at the same time
    let at = |ts: i64| files.iter().filter(move |file| file.min_ts <= ts && ts < file.max_ts);
    let busiest = files.iter().map(|file| file.min_ts).max_by_key(|ts| at(*ts).count())?;
    (at(busiest).count() > OPEN_FILES).then(|| at(busiest).take(OPEN_FILES).cloned().collect())
}

fn merge_files(lake: &Lake, catalog: &mut Catalog, inputs: &[FileEntry]) -> Result<()> {
    let stem = commit::stem_of(inputs.iter().map(|file| file.path.as_str()));
    let parts = merge::rewrite(lake, catalog, inputs, &BTreeSet::new(), &stem)?;
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
