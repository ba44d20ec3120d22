//! The catalog of a lake: consumed objects, live files, runs, reports, deliveries; and, in a second
//! file, the audit log of the API. The only module that uses SQLite. Files become live in the transaction that adds the
//! objects they came from. Must not know Parquet, SQL of the lake, or what its texts mean.

mod audit_log; // requests to the API; a file of its own
mod briefs; // what a model wrote
mod counts; // numbers for the metrics
mod outbox; // messages to channels
mod runs; // runs, their steps, reports by day
mod state; // states of objects, runs, steps and messages
mod upkeep; // files by day and object, expiry

pub use crate::lake::catalog::audit_log::{AuditEntry, AuditLog};
pub use crate::lake::catalog::counts::{DeliveryCount, ObjectCount};
pub use crate::lake::catalog::outbox::{Delivery, OutboxEntry};
pub use crate::lake::catalog::runs::{Run, StepEntry};
pub use crate::lake::catalog::state::{DeliveryState, ObjectState, PartState, RunState, StepState};
pub use crate::lake::catalog::upkeep::DayTotals;

use model::error::{Error, Result};
use rusqlite::{Connection, OptionalExtension, Params, Transaction, params};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// An object that was read into the lake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectEntry {
    /// Key in its source.
    pub key: String,
    /// Id: the first half of its row ids.
    pub id: String,
    /// Version of its content, from its source. Empty if it must be read again.
    pub etag: String,
    /// Size in bytes as stored in its source, possibly compressed.
    pub size: u64,
    /// Chain of formats of most of its records.
    pub format: String,
    /// Number of frames read.
    pub frames: u64,
    /// Number of parsed records.
    pub parsed: u64,
    /// Number of records that no format could parse; they are rows too.
    pub unparsed: u64,
    /// Number of records dropped by a rule of the format.
    pub dropped: u64,
    /// State of its rows.
    pub state: ObjectState,
    /// Why it is damaged, rejected or lost; else `None`.
    pub reason: Option<String>,
}

/// One live Parquet file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Path below the folder of the lake.
    pub path: String,
    /// Table.
    pub table: String,
    /// Local day of its rows.
    pub date: String,
    /// Number of rows.
    pub rows: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// First `ts`, µs.
    pub min_ts: i64,
    /// Last `ts`, µs.
    pub max_ts: i64,
    /// Ids of the objects that its rows come from.
    pub objects: Vec<String>,
}

/// The size of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableTotals {
    /// Table.
    pub table: String,
    /// Number of live files.
    pub files: u64,
    /// Number of rows.
    pub rows: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// First and last local day with rows.
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
    Error::failed("the catalog of the lake failed").because(error)
}

impl Catalog {
    /// Opens the catalog at `path` and creates it if it is missing.
    pub fn open(path: &Path) -> Result<Self> {
        let open = || -> rusqlite::Result<Connection> {
            #[expect(clippy::disallowed_methods, reason = "this is the catalog")]
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
            // format 1 created these tables with other columns and never wrote to them
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
        // without a change nothing is written, so that readers do not wait for a writer
        if version != crate::lake::FORMAT_VERSION {
            connection.pragma_update(None, "user_version", crate::lake::FORMAT_VERSION).map_err(at)?;
        }
        Ok(Self { connection })
    }

    /// Closes the catalog and moves the write-ahead log into its file.
    pub fn close(self) -> Result<()> {
        let mode: String = self
            .connection
            .pragma_update_and_check(None, "journal_mode", "delete", |row| row.get(0))
            .map_err(failed)?;
        if mode != "delete" {
            return Err(Error::failed("cannot close the catalog").hint("is the disk full?"));
        }
        self.connection.close().map_err(|(_, error)| failed(error))
    }

    /// Returns the rows of a statement, each read by `read`.
    fn select<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut query = self.connection.prepare(sql).map_err(failed)?;
        let rows = query.query_map(params, read).map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Runs changes in one transaction, which is rolled back on an error.
    fn write(&mut self, changes: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>) -> Result<()> {
        let transaction = self.connection.transaction().map_err(failed)?;
        changes(&transaction).map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    /// Returns the object with that key.
    pub fn object(&self, key: &str) -> Result<Option<ObjectEntry>> {
        self.connection
            .query_row(&format!("{OBJECT_SELECT} where key = ?1"), [key], object_of)
            .optional()
            .map_err(failed)
    }

    /// Returns the objects in a state, or all, sorted by key.
    pub fn objects(&self, state: Option<ObjectState>) -> Result<Vec<ObjectEntry>> {
        self.select(
            &format!("{OBJECT_SELECT} where ?1 is null or state = ?1 order by key"),
            [state],
            object_of,
        )
    }

    /// Returns the objects whose key begins with `prefix`, sorted by key.
    pub fn objects_below(&self, prefix: &str) -> Result<Vec<ObjectEntry>> {
        self.select(
            &format!("{OBJECT_SELECT} where key >= ?1 and key < ?1 || char(1114111) order by key"),
            [prefix],
            object_of,
        )
    }

    /// Returns the live files of `table` with rows in `[from, to)` (µs), sorted by path.
    pub fn files(&self, table: &str, from: i64, to: i64) -> Result<Vec<FileEntry>> {
        self.select_files("tab = ?1 and max_ts >= ?2 and min_ts < ?3 order by path", params![table, from, to])
    }

    /// Returns the sorted paths of all live files.
    pub fn file_paths(&self) -> Result<Vec<String>> {
        self.select("select path from files order by path", [], |row| row.get(0))
    }

    /// Adds files and the objects they came from, and takes `replaced` files out, in one transaction.
    pub fn commit(
        &mut self,
        objects: &[ObjectEntry],
        files: &[FileEntry],
        replaced: &[String],
    ) -> Result<()> {
        self.write(|transaction| {
            for path in replaced {
                upkeep::take_out(transaction, path)?;
            }
            for file in files {
                // a lost file that is written again has its old name
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
        })
    }

    /// Returns the size of each table, sorted by name.
    pub fn totals(&self) -> Result<Vec<TableTotals>> {
        self.select(
            "select tab, count(*), sum(rows), sum(bytes), min(date), max(date) from files
             group by tab order by tab",
            [],
            |row| {
                Ok(TableTotals {
                    table: row.get(0)?,
                    files: row.get(1)?,
                    rows: row.get(2)?,
                    bytes: row.get(3)?,
                    days: Some((row.get(4)?, row.get(5)?)),
                })
            },
        )
    }

    /// Returns the last local day with rows.
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
