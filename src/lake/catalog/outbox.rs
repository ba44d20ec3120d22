//! Messages on their way: each with what it covers, and which of its parts arrived. A message is
//! here before any of it is sent, and says of a part that it is being sent before it is.

use crate::lake::catalog::{Catalog, failed};
use model::error::{Error, Result};
use rusqlite::{Row, params};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

pub(super) const SCHEMA: &str = "
create table if not exists deliveries (
    finding text not null, channel text not null, date text not null, state text not null,
    ts integer not null, note text, primary key (finding, channel)
);
create table if not exists outbox (
    channel text not null, id text not null, date text not null, state text not null,
    made_ts integer not null, due_ts integer not null, doubts integer not null, ts integer not null,
    note text, message text not null, covers text not null, parts text not null, primary key (channel, id)
);
";

/// One finding on its way to one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Finding id, or `day:` and a date for the brief of a day itself.
    pub finding: String,
    /// Channel.
    pub channel: String,
    /// Local day it was found in.
    pub date: String,
    /// State of the message that it went with.
    pub state: String,
    /// Last change, µs.
    pub ts: i64,
    /// What the channel answered.
    pub note: Option<String>,
}

/// One message on its way to one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Channel.
    pub channel: String,
    /// Id of the message.
    pub id: String,
    /// Local day it is about.
    pub date: String,
    /// `owed`, `sending`, `failed` (it surely did not arrive), `rejected` (nor will it until the config
    /// changes), `unknown`, `sent`, or `expired` (never delivered, and let go).
    pub state: String,
    /// When it was made, µs.
    pub made_ts: i64,
    /// Not before, µs: a channel that was written to too much said how long to wait.
    pub due_ts: i64,
    /// How often nobody could tell whether it arrived.
    pub doubts: u32,
    /// Last change, µs.
    pub ts: i64,
    /// What the channel answered.
    pub note: Option<String>,
    /// The message, as JSON text.
    pub message: String,
    /// The findings it covers.
    pub covers: Vec<String>,
    /// `sending`, `unknown` or `sent` by hash of a part; a part not named surely did not arrive.
    pub parts: BTreeMap<String, String>,
}

impl OutboxEntry {
    /// Tells whether it is neither delivered nor given up.
    pub fn is_open(&self) -> bool {
        !matches!(self.state.as_str(), "sent" | "expired")
    }
}

const SELECT: &str =
    "select channel, id, date, state, made_ts, due_ts, doubts, ts, note, message, covers, parts from outbox";

impl Catalog {
    /// Notes how a message stands, and with it all that it covers.
    pub fn put_outbox(&mut self, letter: &OutboxEntry) -> Result<()> {
        let broken = |error| Error::bug("a message does not serialise").because(error);
        let covers = serde_json::to_string(&letter.covers).map_err(broken)?;
        let parts = serde_json::to_string(&letter.parts).map_err(broken)?;
        let transaction = self.connection.transaction().map_err(failed)?;
        transaction
            .execute(
                "insert or replace into outbox
                 (channel, id, date, state, made_ts, due_ts, doubts, ts, note, message, covers, parts)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                params![
                    letter.channel,
                    letter.id,
                    letter.date,
                    letter.state,
                    letter.made_ts,
                    letter.due_ts,
                    letter.doubts,
                    letter.ts,
                    letter.note,
                    letter.message,
                    covers,
                    parts
                ],
            )
            .map_err(failed)?;
        for finding in &letter.covers {
            transaction
                .execute(
                    "insert or replace into deliveries (finding, channel, date, state, ts, note) values (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![finding, letter.channel, letter.date, letter.state, letter.ts, letter.note],
                )
                .map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }

    /// Returns the messages of a channel that are neither delivered nor given up, oldest first.
    pub fn pending_outbox(&self, channel: &str) -> Result<Vec<OutboxEntry>> {
        let sql = format!(
            "{SELECT} where channel = ?1 and state not in ('sent', 'expired') order by made_ts, date, id"
        );
        let mut query = self.connection.prepare(&sql).map_err(failed)?;
        let rows = query.query_map([channel], letter_of).map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Marks what a dead run left half sent as unknown; only the holder of the lock may. Returns how
    /// many messages those are.
    pub fn settle_outbox(&mut self) -> Result<usize> {
        let transaction = self.connection.transaction().map_err(failed)?;
        let settled = transaction
            .execute(
                "update outbox set state = 'unknown', doubts = doubts + 1, note = 'the run died while sending',
                 parts = replace(parts, '\"sending\"', '\"unknown\"') where state = 'sending'",
                [],
            )
            .map_err(failed)?;
        transaction
            .execute(
                "update deliveries set state = 'unknown', note = 'the run died while sending' where state = 'sending'",
                [],
            )
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
        Ok(settled)
    }

    /// Returns the deliveries to a channel, by finding.
    pub fn deliveries(&self, channel: &str) -> Result<Vec<Delivery>> {
        let mut query = self
            .connection
            .prepare(
                "select finding, channel, date, state, ts, note from deliveries where channel = ?1 order by finding",
            )
            .map_err(failed)?;
        let rows = query
            .query_map([channel], |row| {
                Ok(Delivery {
                    finding: row.get(0)?,
                    channel: row.get(1)?,
                    date: row.get(2)?,
                    state: row.get(3)?,
                    ts: row.get(4)?,
                    note: row.get(5)?,
                })
            })
            .map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }
}

fn letter_of(row: &Row) -> rusqlite::Result<OutboxEntry> {
    Ok(OutboxEntry {
        channel: row.get(0)?,
        id: row.get(1)?,
        date: row.get(2)?,
        state: row.get(3)?,
        made_ts: row.get(4)?,
        due_ts: row.get(5)?,
        doubts: row.get(6)?,
        ts: row.get(7)?,
        note: row.get(8)?,
        message: row.get(9)?,
        covers: json(row, 10)?,
        parts: json(row, 11)?,
    })
}

fn json<T: DeserializeOwned>(row: &Row, at: usize) -> rusqlite::Result<T> {
    let text: String = row.get(at)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, Box::new(error))
    })
}
