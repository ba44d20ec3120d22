//! Who asked what, and what came of it. A file of its own beside the catalog, so that noting a
//! question never waits for a batch that writes, nor a batch for a question.

use crate::lake::catalog::failed;
use model::error::Result;
use rusqlite::{Connection, params};
use std::path::Path;
use std::time::Duration;

/// How long and how many questions are kept.
const KEPT_US: i64 = 90 * 86_400 * 1_000_000;
const KEPT_ROWS: i64 = 100_000;

/// How long a note waits for another process that writes one.
const PATIENCE: Duration = Duration::from_millis(250);

const SCHEMA: &str = "
create table if not exists asked (
    id integer primary key autoincrement, ts integer not null, caller text not null, role text not null,
    way text not null, question text not null, said text not null, outcome text not null, why text,
    took_ms integer not null
);
create index if not exists asked_by_ts on asked (ts);
";

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, µs.
    pub ts: i64,
    /// Name of the caller.
    pub caller: String,
    /// Role of the caller.
    pub role: String,
    /// Way in.
    pub way: String,
    /// Kind of question.
    pub question: String,
    /// What was said, JSON text.
    pub said: String,
    /// `answered`, `dropped` (nobody waited for the answer), or the class of the refusal.
    pub outcome: String,
    /// Why it was refused.
    pub why: Option<String>,
    /// How long it took.
    pub took_ms: u64,
}

/// The questions asked of a lake.
#[derive(Debug)]
pub struct AuditLog {
    connection: Connection,
}

impl AuditLog {
    /// Opens the file at `path`, creating it.
    pub fn open(path: &Path) -> Result<Self> {
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(path)?;
            connection.busy_timeout(PATIENCE)?;
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.pragma_update(None, "synchronous", "normal")?;
            connection.execute_batch(SCHEMA)?;
            Ok(connection)
        };
        let connection = open().map_err(|error| failed(error).at(path.display().to_string()))?;
        Ok(Self { connection })
    }

    /// Notes a question, and lets go of the oldest.
    pub fn note(&mut self, asked: &AuditEntry) -> Result<()> {
        let transaction = self.connection.transaction().map_err(failed)?;
        let AuditEntry { ts, caller, role, way, question, said, outcome, why, took_ms } = asked;
        transaction
            .execute(
                "insert into asked (ts, caller, role, way, question, said, outcome, why, took_ms)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![ts, caller, role, way, question, said, outcome, why, took_ms],
            )
            .map_err(failed)?;
        let oldest = transaction.last_insert_rowid() - KEPT_ROWS;
        transaction
            .execute("delete from asked where id <= ?1 or ts < ?2", params![oldest, ts - KEPT_US])
            .map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    /// Returns the latest questions, latest first.
    pub fn latest(&self, limit: usize) -> Result<Vec<AuditEntry>> {
        let mut query = self
            .connection
            .prepare(
                "select ts, caller, role, way, question, said, outcome, why, took_ms from asked
                 order by id desc limit ?1",
            )
            .map_err(failed)?;
        let rows = query
            .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
                Ok(AuditEntry {
                    ts: row.get(0)?,
                    caller: row.get(1)?,
                    role: row.get(2)?,
                    way: row.get(3)?,
                    question: row.get(4)?,
                    said: row.get(5)?,
                    outcome: row.get(6)?,
                    why: row.get(7)?,
                    took_ms: row.get(8)?,
                })
            })
            .map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }
}
