//! The catalog of a lake: consumed objects, live files, runs, reports, deliveries; and, in a second
//! file, the audit log of the API. The only module that uses SQLite. Files become live in the transaction that adds the
//! objects they came from. Must not know Parquet, SQL of the lake, or what its texts mean.

mod audit_log; // requests to the API; a file of its own
mod briefs; // what a model wrote
mod counts; // numbers for the metrics
mod objects; // objects that were read
mod outbox; // messages to channels
mod runs; // runs, their steps, reports by day
mod state; // states of objects, runs, steps and messages
mod upkeep; // files by day and object, expiry

pub use crate::lake::catalog::audit_log::{AuditEntry, AuditLog};
pub use crate::lake::catalog::counts::DeliveryCount;
pub use crate::lake::catalog::objects::{ObjectCount, ObjectEntry};
pub use crate::lake::catalog::outbox::OutboxEntry;
pub use crate::lake::catalog::runs::{Run, StepEntry};
pub use crate::lake::catalog::state::{DeliveryState, ObjectState, PartState, RunState, StepState};
pub use crate::lake::catalog::upkeep::DayTotals;

use model::error::{Error, Result};
use rusqlite::{Connection, Params, Transaction, TransactionBehavior, params};
use std::path::Path;

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
    /// Hash of its content; empty if an earlier version wrote it.
    pub hash: String,
    /// Ids of the objects that its rows come from, of a file that is added. Empty in what the catalog returns, see
    /// [`Catalog::objects_in`].
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

/// The time of the transaction, µs.
const NOW: &str = "select cast(unixepoch('subsec') * 1000000 as integer)";

const SCHEMA: &str = "
create table if not exists files (
    path text primary key, tab text not null, date text not null, rows integer not null,
    bytes integer not null, min_ts integer not null, max_ts integer not null, hash text not null default ''
);
create index if not exists files_by_time on files (tab, min_ts, max_ts);
create index if not exists files_by_day on files (date, tab);
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

/// Returns texts as a JSON list for `json_each`.
fn list<'t>(texts: impl IntoIterator<Item = &'t String>) -> String {
    serde_json::Value::from_iter(texts.into_iter().map(String::as_str)).to_string()
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
        let mut catalog = Self { connection };
        catalog.migrate().map_err(|error| error.at(path.display().to_string()))?;
        Ok(catalog)
    }

    /// Brings the tables to the current version, in one transaction. Writes nothing if they are, so that
    /// readers do not wait for a writer.
    fn migrate(&mut self) -> Result<()> {
        let version_of = |connection: &Connection| -> Result<u32> {
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)
        };
        let version = version_of(&self.connection)?;
        if version > crate::lake::FORMAT_VERSION {
            return Err(Error::failed(format!("the lake was written by a later version (format {version})"))
                .hint("use that version of headwater, or ingest into a new lake"));
        }
        if version == crate::lake::FORMAT_VERSION {
            return Ok(());
        }
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let version = version_of(&transaction)?; // another process may have been first
        let change = |sql: &str| transaction.execute_batch(sql).map_err(failed);
        if version == 1 {
            // format 1 created these tables with other columns and never wrote to them
            change("drop table if exists steps; drop table if exists runs; drop table if exists deliveries")?;
        }
        if matches!(version, 1 | 2) {
            let now: i64 = transaction.query_row(NOW, [], |row| row.get(0)).map_err(failed)?;
            change(&format!(
                "alter table objects add column read_ts integer not null default {now};
                 alter table files add column hash text not null default '';"
            ))?;
        }
        for schema in [SCHEMA, objects::SCHEMA, runs::SCHEMA, outbox::SCHEMA, upkeep::SCHEMA, briefs::SCHEMA]
        {
            change(schema)?;
        }
        if matches!(version, 1 | 2) {
            change(
                "insert into object_counts
                 select state, count(*), sum(unparsed) from objects where true group by state",
            )?;
        }
        transaction.pragma_update(None, "user_version", crate::lake::FORMAT_VERSION).map_err(failed)?;
        transaction.commit().map_err(failed)
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

    /// Returns the live files of `table` with rows in `[from, to)` (µs), sorted by path.
    pub fn files(&self, table: &str, from: i64, to: i64) -> Result<Vec<FileEntry>> {
        self.select_files("tab = ?1 and max_ts >= ?2 and min_ts < ?3 order by path", params![table, from, to])
    }

    /// Returns the current time as the catalog sees it, µs.
    pub fn now(&self) -> Result<i64> {
        self.connection.query_row(NOW, [], |row| row.get(0)).map_err(failed)
    }

    /// Returns the sorted paths of all live files.
    pub fn file_paths(&self) -> Result<Vec<String>> {
        self.select("select path from files order by path", [], |row| row.get(0))
    }

    /// Adds files and the objects they came from, and takes `replaced` files out, in one transaction.
    ///
    /// # Errors
    /// Two keys with the same object id; nothing is changed then.
    pub fn commit(
        &mut self,
        objects: &[ObjectEntry],
        files: &[FileEntry],
        replaced: &[String],
    ) -> Result<()> {
        self.check_ids(objects)?;
        self.write(|transaction| {
            for path in replaced {
                upkeep::take_out(transaction, path)?;
            }
            for file in files {
                // a lost file that is written again has its old name
                transaction.execute("delete from removed where path = ?1", [&file.path])?;
                transaction.execute(
                    "insert into files (path, tab, date, rows, bytes, min_ts, max_ts, hash)
                     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![
                        file.path,
                        file.table,
                        file.date,
                        file.rows,
                        file.bytes,
                        file.min_ts,
                        file.max_ts,
                        file.hash
                    ],
                )?;
                let mut insert = transaction
                    .prepare_cached("insert or ignore into file_objects (path, object) values (?1, ?2)")?;
                for object in &file.objects {
                    insert.execute(params![file.path, object])?;
                }
            }
            objects::save(transaction, objects)
        })
    }

    /// Returns a number that changes when another process has changed the catalog.
    pub fn data_version(&self) -> Result<i64> {
        self.connection.pragma_query_value(None, "data_version", |row| row.get(0)).map_err(failed)
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

    /// Returns the last local day with rows. A day whose rows all have one time comes from files whose lines have
    /// none, and counts only if there is no other.
    pub fn last_date(&self) -> Result<Option<String>> {
        self.connection
            .query_row(
                "select coalesce(max(date) filter (where max_ts > min_ts), max(date)) from files
                 where tab <> 'topology'",
                [],
                |row| row.get(0),
            )
            .map_err(failed)
    }
}
