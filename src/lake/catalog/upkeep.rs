//! Queries and changes for the upkeep of a lake: files by day and by object, files that are taken out
//! but still on disk, expired days, and objects to be read again.

use crate::lake::catalog::{Catalog, FileEntry, failed, list};
use model::error::Result;
use rusqlite::{Params, Transaction, params};
use std::collections::{BTreeMap, BTreeSet};

// the time of removal is that of the transaction, so SQLite sets it
pub(super) const SCHEMA: &str = "
create table if not exists removed (
    path text primary key, ts integer not null default (cast(unixepoch('subsec') * 1000000 as integer))
);
create table if not exists marks (name text primary key, value text not null);
";

/// The size of one local day of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayTotals {
    /// Table.
    pub table: String,
    /// Local day.
    pub date: String,
    /// Number of live files.
    pub files: u64,
    /// Number of rows.
    pub rows: u64,
    /// Size in bytes.
    pub bytes: u64,
}

/// Takes a file out of the live files; it stays on disk for running queries.
pub(super) fn take_out(transaction: &Transaction<'_>, path: &str) -> rusqlite::Result<()> {
    transaction.execute("delete from files where path = ?1", [path])?;
    transaction.execute("insert or replace into removed (path) values (?1)", [path]).map(|_| ())
}

impl Catalog {
    /// Returns all live files by table and day, those of a day sorted by time.
    pub fn files_by_day(&self) -> Result<Vec<FileEntry>> {
        self.select_files("true order by date, tab, min_ts, max_ts, path", [])
    }

    /// Returns all live files, sorted by path.
    pub fn live_files(&self) -> Result<Vec<FileEntry>> {
        self.select_files("true order by path", [])
    }

    /// Returns the live files of a table, sorted by path.
    pub fn files_of_table(&self, table: &str) -> Result<Vec<FileEntry>> {
        self.select_files("tab = ?1 order by path", [table])
    }

    /// Returns the live files of a table's day, sorted by time.
    pub fn files_of_day(&self, table: &str, date: &str) -> Result<Vec<FileEntry>> {
        self.select_files("tab = ?1 and date = ?2 order by min_ts, max_ts, path", [table, date])
    }

    /// Returns the live files with rows of any of those object ids, sorted by path.
    pub fn files_with(&self, objects: &BTreeSet<String>) -> Result<Vec<FileEntry>> {
        self.select_files(
            "path in (select path from file_objects where object in (select value from json_each(?1)))
             order by path",
            [list(objects)],
        )
    }

    /// Returns the times between which the object of a row has its rows (µs, inclusive); `None` if the text is not
    /// the id of a row, or its object has none.
    pub fn row_span(&self, row_id: &str) -> Result<Option<(i64, i64)>> {
        let is_id = row_id.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
        let Some((object, _)) = row_id.split_once(':').filter(|_| is_id) else { return Ok(None) };
        let files = self.files_with(&BTreeSet::from([object.to_owned()]))?;
        let from = files.iter().map(|file| file.min_ts).min();
        Ok(from.zip(files.iter().map(|file| file.max_ts).max()))
    }

    /// Returns true if an object has rows of a local day.
    pub fn has_rows(&self, object: &str, date: &str) -> Result<bool> {
        let sql = "select exists(select 1 from file_objects o join files f on f.path = o.path
                   where o.object = ?1 and f.date = ?2)";
        self.connection.query_row(sql, [object, date], |row| row.get(0)).map_err(failed)
    }

    pub(super) fn select_files(&self, condition: &str, params: impl Params) -> Result<Vec<FileEntry>> {
        let sql =
            format!("select path, tab, date, rows, bytes, min_ts, max_ts, hash from files where {condition}");
        self.select(&sql, params, |row| {
            Ok(FileEntry {
                path: row.get(0)?,
                table: row.get(1)?,
                date: row.get(2)?,
                rows: row.get(3)?,
                bytes: row.get(4)?,
                min_ts: row.get(5)?,
                max_ts: row.get(6)?,
                hash: row.get(7)?,
                objects: Vec::new(),
            })
        })
    }

    /// Returns the size of each day of each table, sorted by day.
    pub fn days(&self) -> Result<Vec<DayTotals>> {
        let sql = "select tab, date, count(*), sum(rows), sum(bytes) from files group by tab, date
                   order by date, tab";
        self.select(sql, [], |row| {
            Ok(DayTotals {
                table: row.get(0)?,
                date: row.get(1)?,
                files: row.get(2)?,
                rows: row.get(3)?,
                bytes: row.get(4)?,
            })
        })
    }

    /// Takes out all days before `date` in one transaction. Their objects stay in the catalog, so that
    /// they are not read again. The topology is kept.
    pub fn expire(&mut self, date: &str) -> Result<()> {
        self.write(|transaction| {
            transaction.execute(
                "insert into marks (name, value) values ('expired_before', ?1)
                 on conflict (name) do update set value = max(value, excluded.value)",
                [date],
            )?;
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
        })
    }

    /// Returns true if rows of a day were taken out because of their age: what arrives of it later is not the
    /// whole day.
    pub fn is_expired(&self, date: &str) -> Result<bool> {
        let sql = "select exists(select 1 from marks where name = 'expired_before' and value > ?1)";
        self.connection.query_row(sql, [date], |row| row.get(0)).map_err(failed)
    }

    /// Deletes the runs of days before `date` that were made before `ts`, and the messages and deliveries of days
    /// that have no run any more.
    pub fn prune_history(&mut self, date: &str, ts: i64) -> Result<()> {
        self.write(|transaction| {
            transaction.execute("delete from runs where date < ?1 and started_ts < ?2", params![date, ts])?;
            for table in ["outbox", "deliveries"] {
                let sql = format!(
                    "delete from {table} where date < ?1 and date not in (select date from runs where date < ?1)"
                );
                transaction.execute(&sql, [date])?;
            }
            Ok(())
        })
    }

    /// Takes files out and marks objects (id → reason) for reading again, in one transaction. The rows
    /// that an object still has stay until then.
    pub fn lose(&mut self, files: &[String], lost: &BTreeMap<String, String>) -> Result<()> {
        self.write(|transaction| {
            for path in files {
                take_out(transaction, path)?;
            }
            for (id, reason) in lost {
                // no source has an empty etag, so the next ingest treats the object as changed
                transaction.execute(
                    "update objects set etag = '', state = 'lost', reason = ?2 where id = ?1",
                    params![id, reason],
                )?;
            }
            Ok(())
        })
    }

    /// Returns the files that were taken out at `ts` (µs) or earlier and may still be on disk.
    pub fn removed(&self, ts: i64) -> Result<Vec<String>> {
        let sql = "select path from removed where ts <= ?1 and path not in (select path from files)
                   order by path";
        self.select(sql, [ts], |row| row.get(0))
    }

    /// Deletes the record of a file that was taken out and removed from disk.
    pub fn forget_removed(&self, path: &str) -> Result<()> {
        self.connection.execute("delete from removed where path = ?1", [path]).map(|_| ()).map_err(failed)
    }
}
