//! The catalog: which objects were consumed, which files are live, what ran and what it found.
//! The only place that speaks SQLite. Readers see a file only after the transaction that also
//! says which objects it came from.

mod audit_log;
mod briefs;
mod counts;
mod outbox;
mod runs;
mod upkeep;

pub use crate::lake::catalog::audit_log::{AuditEntry, AuditLog};
pub use crate::lake::catalog::counts::{DeliveryCount, ObjectCount};
pub use crate::lake::catalog::outbox::{Delivery, OutboxEntry};
pub use crate::lake::catalog::runs::{Run, StepEntry};
pub use crate::lake::catalog::upkeep::DayTotals;

use model::error::{Error, Result};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// One consumed object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectEntry {
    /// Key in its source.
    pub key: String,
    /// First half of its row ids.
    pub id: String,
    /// Version of its content, as its source tells it.
    pub etag: String,
    /// Bytes as stored.
    pub size: u64,
    /// Format chain that most of its records were of.
    pub format: String,
    /// Frames read.
    pub frames: u64,
    /// Records parsed.
    pub parsed: u64,
    /// Records unparsed; rows all the same.
    pub unparsed: u64,
    /// Records dropped by a named rule.
    pub dropped: u64,
    /// `done`, `damaged` (read in part), `rejected` (not read at all), `expired` (rows of it were
    /// let go) or `lost` (rows of it are gone; read again by the next ingest).
    pub state: String,
    /// Why it is damaged, rejected or lost.
    pub reason: Option<String>,
}

/// One live Parquet file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Path below the lake's folder.
    pub path: String,
    /// Table.
    pub table: String,
    /// Local day of its rows.
    pub date: String,
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// Least `ts`, µs.
    pub min_ts: i64,
    /// Greatest `ts`, µs.
    pub max_ts: i64,
    /// Ids of the objects its rows come from.
    pub objects: Vec<String>,
}

/// What one table holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableTotals {
    /// Table.
    pub table: String,
    /// Live files.
    pub files: u64,
    /// Rows.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
    /// First and last local day.
    pub days: Option<(String, String)>,
}

const SCHEMA: &str = "
create table if not exists objects (
    key text primary key, id text not null, etag text not null, size integer not null,
    format text not null, frames integer not null, parsed integer not null, unparsed integer not null,
    dropped integer not null, state text not null, reason text
);
create index if not exists objects_by_id on objects (id);
create table if not exists files (
    path text primary key, tab text not null, date text not null, rows integer not null,
    bytes integer not null, min_ts integer not null, max_ts integer not null
);
create index if not exists files_by_time on files (tab, min_ts, max_ts);
create table if not exists file_objects (
    path text not null references files (path) on delete cascade, object text not null,
    primary key (path, object)
) without rowid;
create index if not exists file_objects_by_object on file_objects (object);
";

/// An open catalog.
#[derive(Debug)]
pub struct Catalog {
    connection: Connection,
}

fn failed(error: rusqlite::Error) -> Error {
    Error::failed("the lake's catalog failed").because(error)
}

impl Catalog {
    /// Opens the catalog at `path`, creating it.
    pub fn open(path: &Path) -> Result<Self> {
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(path)?;
            connection.busy_timeout(std::time::Duration::from_secs(30))?;
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "full")?;
            connection.pragma_update(None, "foreign_keys", "on")?;
            Ok(connection)
        };
        let at = |error| failed(error).at(path.display().to_string());
        let connection = open().map_err(at)?;
        let version: u32 =
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(at)?;
        if version > crate::lake::FORMAT_VERSION {
            return Err(Error::failed(format!("the lake was written by a later version (format {version})"))
                .at(path.display().to_string())
                .hint("use that version of headwater, or ingest into a new lake"));
        }
        if version == 1 {
            // format 1 made these tables and never wrote to them
            connection
                .execute_batch(
                    "drop table if exists steps; drop table if exists runs; drop table if exists deliveries",
                )
                .map_err(at)?;
        }
        connection.execute_batch(SCHEMA).map_err(at)?;
        connection.execute_batch(runs::SCHEMA).map_err(at)?;
        connection.execute_batch(outbox::SCHEMA).map_err(at)?;
        connection.execute_batch(upkeep::SCHEMA).map_err(at)?;
        connection.execute_batch(briefs::SCHEMA).map_err(at)?;
        // a reader must not wait for a writer: nothing is written where nothing changes
        if version != crate::lake::FORMAT_VERSION {
            connection.pragma_update(None, "user_version", crate::lake::FORMAT_VERSION).map_err(at)?;
        }
        Ok(Self { connection })
    }

    /// Closes it so that all of it lies in its one file.
    pub fn close(self) -> Result<()> {
        let mode: String = self
            .connection
            .pragma_update_and_check(None, "journal_mode", "delete", |row| row.get(0))
            .map_err(failed)?;
        if mode != "delete" {
            return Err(Error::failed("the catalog cannot be closed").hint("is the disk full?"));
        }
        self.connection.close().map_err(|(_, error)| failed(error))
    }

    /// Returns the consumed object of that key.
    pub fn object(&self, key: &str) -> Result<Option<ObjectEntry>> {
        self.connection
            .query_row(&format!("{OBJECT_SELECT} where key = ?1"), [key], object_of)
            .optional()
            .map_err(failed)
    }

    /// Returns all consumed objects by key; `state` narrows them.
    pub fn objects(&self, state: Option<&str>) -> Result<Vec<ObjectEntry>> {
        let mut query = self
            .connection
            .prepare(&format!("{OBJECT_SELECT} where ?1 is null or state = ?1 order by key"))
            .map_err(failed)?;
        let rows = query.query_map([state], object_of).map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Returns the consumed objects whose key begins with `prefix`, by key.
    pub fn objects_below(&self, prefix: &str) -> Result<Vec<ObjectEntry>> {
        let mut query = self
            .connection
            .prepare(&format!("{OBJECT_SELECT} where key >= ?1 and key < ?1 || char(1114111) order by key"))
            .map_err(failed)?;
        let rows = query.query_map([prefix], object_of).map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Returns the live files of `table` with rows in `[from, to)` (µs), by path.
    pub fn files(&self, table: &str, from: i64, to: i64) -> Result<Vec<FileEntry>> {
        self.select_files("tab = ?1 and max_ts >= ?2 and min_ts < ?3 order by path", params![table, from, to])
    }

    /// Returns the paths of all live files.
    pub fn file_paths(&self) -> Result<Vec<String>> {
        let mut query = self.connection.prepare("select path from files order by path").map_err(failed)?;
        let rows = query.query_map([], |row| row.get(0)).map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Registers files together with the objects they came from, and takes `replaced` files out, in
    /// one transaction.
    pub fn commit(
        &mut self,
        objects: &[ObjectEntry],
        files: &[FileEntry],
        replaced: &[String],
    ) -> Result<()> {
        let write = |transaction: &Transaction<'_>| -> rusqlite::Result<()> {
            for path in replaced {
                upkeep::take_out(transaction, path)?;
            }
            for file in files {
                // a file that was lost and made anew has its old name
                transaction.execute("delete from removed where path = ?1", [&file.path])?;
                transaction.execute(
                    "insert into files (path, tab, date, rows, bytes, min_ts, max_ts) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![file.path, file.table, file.date, file.rows, file.bytes, file.min_ts, file.max_ts],
                )?;
                for object in &file.objects {
                    transaction.execute(
                        "insert or ignore into file_objects (path, object) values (?1, ?2)",
                        params![file.path, object],
                    )?;
                }
            }
            for o in objects {
                transaction.execute(
                    "insert or replace into objects
                     (key, id, etag, size, format, frames, parsed, unparsed, dropped, state, reason)
                     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                    params![
                        o.key, o.id, o.etag, o.size, o.format, o.frames, o.parsed, o.unparsed, o.dropped,
                        o.state, o.reason
                    ],
                )?;
            }
            Ok(())
        };
        let transaction = self.connection.transaction().map_err(failed)?;
        write(&transaction).map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    /// Returns what each table holds, by name.
    pub fn totals(&self) -> Result<Vec<TableTotals>> {
        let mut query = self.connection
            .prepare("select tab, count(*), sum(rows), sum(bytes), min(date), max(date) from files group by tab order by tab")
            .map_err(failed)?;
        let rows = query
            .query_map([], |row| {
                Ok(TableTotals {
                    table: row.get(0)?,
                    files: row.get(1)?,
                    rows: row.get(2)?,
                    bytes: row.get(3)?,
                    days: Some((row.get(4)?, row.get(5)?)),
                })
            })
            .map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Returns the last local day that holds rows.
    pub fn last_date(&self) -> Result<Option<String>> {
        self.connection
            .query_row("select max(date) from files where tab <> 'topology'", [], |row| row.get(0))
            .map_err(failed)
    }
}

const OBJECT_SELECT: &str =
    "select key, id, etag, size, format, frames, parsed, unparsed, dropped, state, reason from objects";

fn object_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<ObjectEntry> {
    Ok(ObjectEntry {
        key: row.get(0)?,
        id: row.get(1)?,
        etag: row.get(2)?,
        size: row.get(3)?,
        format: row.get(4)?,
        frames: row.get(5)?,
        parsed: row.get(6)?,
        unparsed: row.get(7)?,
        dropped: row.get(8)?,
        state: row.get(9)?,
        reason: row.get(10)?,
    })
}
