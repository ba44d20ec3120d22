//! What the upkeep of a lake asks of its catalog: files by day and by object, what was taken out
//! and still lies on disk, days let go, and objects to be read again.

use crate::lake::catalog::{Catalog, FileEntry, OBJECT_SELECT, ObjectEntry, failed, object_of};
use model::error::Result;
use rusqlite::{Params, Transaction, params};
use std::collections::{BTreeMap, BTreeSet};

// when a file was taken out is a fact of the transaction, so its own clock says it
pub(super) const SCHEMA: &str = "
create table if not exists removed (
    path text primary key, ts integer not null default (cast(unixepoch('subsec') * 1000000 as integer))
);
";

/// What one table holds of one local day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayTotals {
    /// Table.
    pub table: String,
    /// Local day.
    pub date: String,
    /// Live files.
    pub files: u64,
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Takes a file out of what readers see; it stays on disk for those that read it already.
pub(super) fn take_out(transaction: &Transaction<'_>, path: &str) -> rusqlite::Result<()> {
    transaction.execute("delete from files where path = ?1", [path])?;
    transaction.execute("insert or replace into removed (path) values (?1)", [path]).map(|_| ())
}

/// Returns texts as a list that `json_each` takes.
fn list<'t>(texts: impl IntoIterator<Item = &'t String>) -> String {
    serde_json::Value::from_iter(texts.into_iter().map(String::as_str)).to_string()
}

impl ObjectEntry {
    /// Returns an object whose end was not read yet.
    pub fn open(id: &str, key: &str) -> Self {
        Self {
            key: key.to_owned(),
            id: id.to_owned(),
            etag: String::new(),
            size: 0,
            format: String::new(),
            frames: 0,
            parsed: 0,
            unparsed: 0,
            dropped: 0,
            state: "open".into(),
            reason: None,
        }
    }

    /// Returns how many rows it gave.
    pub fn rows(&self) -> u64 {
        self.parsed + self.unparsed
    }
}

impl Catalog {
    /// Returns all live files by path.
    pub fn live_files(&self) -> Result<Vec<FileEntry>> {
        self.select_files("true order by path", [])
    }

    /// Returns the live files of a table's day in the order of their times.
    pub fn files_of_day(&self, table: &str, date: &str) -> Result<Vec<FileEntry>> {
        self.select_files("tab = ?1 and date = ?2 order by min_ts, max_ts, path", [table, date])
    }

    /// Returns the live files with rows of any of those object ids, by path.
    pub fn files_with(&self, objects: &BTreeSet<String>) -> Result<Vec<FileEntry>> {
        self.select_files(
            "path in (select path from file_objects where object in (select value from json_each(?1)))
             order by path",
            [list(objects)],
        )
    }

    pub(super) fn select_files(&self, condition: &str, params: impl Params) -> Result<Vec<FileEntry>> {
        let mut query = self
            .connection
            .prepare(&format!(
                "select path, tab, date, rows, bytes, min_ts, max_ts,
                     (select group_concat(object, ',') from file_objects o where o.path = files.path)
                 from files where {condition}"
            ))
            .map_err(failed)?;
        let rows = query
            .query_map(params, |row| {
                let objects: Option<String> = row.get(7)?;
                Ok(FileEntry {
                    path: row.get(0)?,
                    table: row.get(1)?,
                    date: row.get(2)?,
                    rows: row.get(3)?,
                    bytes: row.get(4)?,
                    min_ts: row.get(5)?,
                    max_ts: row.get(6)?,
                    objects: objects.iter().flat_map(|ids| ids.split(',')).map(str::to_owned).collect(),
                })
            })
            .map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Returns the objects of those ids, by id.
    pub fn objects_by_id(&self, ids: &BTreeSet<String>) -> Result<BTreeMap<String, ObjectEntry>> {
        let mut query = self
            .connection
            .prepare(&format!("{OBJECT_SELECT} where id in (select value from json_each(?1))"))
            .map_err(failed)?;
        let rows = query.query_map([list(ids)], object_of).map_err(failed)?;
        rows.map(|row| row.map(|object| (object.id.clone(), object)))
            .collect::<rusqlite::Result<_>>()
            .map_err(failed)
    }

    /// Returns what each table holds of each day, by day.
    pub fn days(&self) -> Result<Vec<DayTotals>> {
        let mut query = self
            .connection
            .prepare(
                "select tab, date, count(*), sum(rows), sum(bytes) from files group by tab, date
                 order by date, tab",
            )
            .map_err(failed)?;
        let rows = query
            .query_map([], |row| {
                Ok(DayTotals {
                    table: row.get(0)?,
                    date: row.get(1)?,
                    files: row.get(2)?,
                    rows: row.get(3)?,
                    bytes: row.get(4)?,
                })
            })
            .map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Lets all days before `date` go, in one transaction. Their objects stay known, so that they
    /// are not read again.
    pub fn expire(&mut self, date: &str) -> Result<()> {
        let write = |transaction: &Transaction<'_>| -> rusqlite::Result<()> {
            transaction.execute(
                "update objects set state = 'expired' where state <> 'lost' and id in (
                     select o.object from file_objects o join files f on f.path = o.path
                     where f.date < ?1 and f.tab <> 'topology')",
                [date],
            )?;
            transaction.execute(
                "insert or replace into removed (path)
                 select path from files where date < ?1 and tab <> 'topology'",
                [date],
            )?;
            transaction.execute("delete from files where date < ?1 and tab <> 'topology'", [date]).map(|_| ())
        };
        let transaction = self.connection.transaction().map_err(failed)?;
        write(&transaction).map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    /// Takes files out and has objects read again: `lost` is ids with why. What rows they still
    /// have stay until then. In one transaction.
    pub fn lose(&mut self, files: &[String], lost: &BTreeMap<String, String>) -> Result<()> {
        let write = |transaction: &Transaction<'_>| -> rusqlite::Result<()> {
            for path in files {
                take_out(transaction, path)?;
            }
            for (id, why) in lost {
                // no object has an empty etag: to the next ingest its content has changed
                transaction.execute(
                    "update objects set etag = '', state = 'lost', reason = ?2 where id = ?1",
                    params![id, why],
                )?;
            }
            Ok(())
        };
        let transaction = self.connection.transaction().map_err(failed)?;
        write(&transaction).map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    /// Returns the files taken out until `ts` (µs) that lie on disk all the same.
    pub fn removed(&self, ts: i64) -> Result<Vec<String>> {
        let mut query = self
            .connection
            .prepare("select path from removed where ts <= ?1 and path not in (select path from files) order by path")
            .map_err(failed)?;
        let rows = query.query_map([ts], |row| row.get(0)).map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Forgets a file that was taken out and is gone from disk.
    pub fn forget_removed(&self, path: &str) -> Result<()> {
        self.connection.execute("delete from removed where path = ?1", [path]).map(|_| ()).map_err(failed)
    }
}
