//! The audit log of the API: who called what, and the outcome. A file of its own beside the catalog, so
//! that writing an entry never waits for a batch that writes the catalog, nor a batch for an entry.

use crate::lake::catalog::failed;
use model::error::Result;
use model::time::Ts;
use rusqlite::{Connection, params};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// Entries older than 90 days, or beyond the latest 100 000, are deleted.
const RETENTION_US: i64 = 90 * 86_400 * 1_000_000;
const MAX_ROWS: i64 = 100_000;

/// How long a write waits for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_millis(250);

const SCHEMA: &str = "
create table if not exists audit_log (
    id integer primary key autoincrement, ts integer not null, caller text not null, role text not null,
    transport text not null, request text not null, arguments text not null, outcome text not null,
    error text, took_ms integer not null
);
create index if not exists audit_log_by_ts on audit_log (ts);
";

/// One request in the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditEntry {
    /// Start of the request.
    pub ts: Ts,
    /// Name of the caller's token, or the transport if there are no tokens.
    pub caller: String,
    /// Role of the caller: `read`, `run` or `admin`.
    pub role: String,
    /// `http`, `mcp`, `stdio` or `xiaozhi`.
    pub transport: String,
    /// Kind of request: `brief`, `findings`, `query` …
    pub request: String,
    /// Arguments as JSON, cut after 4096 bytes.
    pub arguments: String,
    /// `ok`, `dropped` (the caller disconnected), or the error kind: `invalid`, `busy` …
    pub outcome: String,
    /// The error message; null if there was no error.
    pub error: Option<String>,
    /// Duration in milliseconds.
    pub took_ms: u64,
}

/// The audit log of a lake.
#[derive(Debug)]
pub struct AuditLog {
    connection: Connection,
}

impl AuditLog {
    /// Opens the file at `path`; creates it if missing.
    pub fn open(path: &Path) -> Result<Self> {
        let open = || -> rusqlite::Result<Connection> {
            #[expect(clippy::disallowed_methods, reason = "this is the catalog")]
            let connection = Connection::open(path)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "normal")?;
            connection.execute_batch(SCHEMA)?;
            Ok(connection)
        };
        let connection = open().map_err(|error| failed(error).at(path.display().to_string()))?;
        Ok(Self { connection })
    }

    /// Appends an entry and deletes expired ones.
    pub fn append(&mut self, entry: &AuditEntry) -> Result<()> {
        let transaction = self.connection.transaction().map_err(failed)?;
        let AuditEntry { ts, caller, role, transport, request, arguments, outcome, error, took_ms } = entry;
        transaction
            .execute(
                "insert into audit_log
                 (ts, caller, role, transport, request, arguments, outcome, error, took_ms)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![ts.0, caller, role, transport, request, arguments, outcome, error, took_ms],
            )
            .map_err(failed)?;
        let oldest = transaction.last_insert_rowid() - MAX_ROWS;
        transaction
            .execute("delete from audit_log where id <= ?1 or ts < ?2", params![oldest, ts.0 - RETENTION_US])
            .map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    /// Returns the latest `limit` entries, latest first.
    pub fn latest(&self, limit: usize) -> Result<Vec<AuditEntry>> {
        let mut query = self
            .connection
            .prepare(
                "select ts, caller, role, transport, request, arguments, outcome, error, took_ms
                 from audit_log order by id desc limit ?1",
            )
            .map_err(failed)?;
        let rows = query
            .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
                Ok(AuditEntry {
                    ts: Ts(row.get(0)?),
                    caller: row.get(1)?,
                    role: row.get(2)?,
                    transport: row.get(3)?,
                    request: row.get(4)?,
                    arguments: row.get(5)?,
                    outcome: row.get(6)?,
                    error: row.get(7)?,
                    took_ms: row.get(8)?,
                })
            })
            .map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }
}
