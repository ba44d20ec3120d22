//! The outbox: messages to channels, the findings in each, and which of its parts arrived. A message is
//! saved before any part of it is sent, and a part is marked as `sending` before it is sent.

use crate::lake::catalog::{Catalog, DeliveryState, PartState, failed, list};
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
    made_ts integer not null, due_ts integer not null, unconfirmed integer not null, ts integer not null,
    note text, message text not null, findings text not null, parts text not null, primary key (channel, id)
);
create index if not exists deliveries_by_state on deliveries (channel, state);
create index if not exists deliveries_by_day on deliveries (date);
create index if not exists deliveries_sending on deliveries (state) where state = 'sending';
create index if not exists outbox_pending on outbox (channel) where state not in ('sent', 'expired');
";

/// One message to one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Name of the channel.
    pub channel: String,
    /// Id of the message.
    pub id: String,
    /// Local day of the brief.
    pub date: String,
    /// State of the message.
    pub state: DeliveryState,
    /// Creation time, µs UTC.
    pub made_ts: i64,
    /// Earliest time of the next attempt, µs UTC: a channel whose rate limit was hit said how long to wait.
    pub due_ts: i64,
    /// Number of attempts in a row after which it was unknown whether the current part arrived.
    pub unconfirmed: u32,
    /// Last change, µs UTC.
    pub ts: i64,
    /// Last response of the channel.
    pub note: Option<String>,
    /// The message as JSON text.
    pub message: String,
    /// Ids of the findings in the message; `day:` and the date for the brief of the day itself.
    pub findings: Vec<String>,
    /// State by hash of a part. A part that is absent certainly did not arrive.
    pub parts: BTreeMap<String, PartState>,
}

const SELECT: &str = "select channel, id, date, state, made_ts, due_ts, unconfirmed, ts, note, message, findings, parts from outbox";

impl Catalog {
    /// Saves a message and the deliveries of its findings.
    pub fn save_outbox_entry(&mut self, entry: &OutboxEntry) -> Result<()> {
        let not_json = |error| Error::bug("a message cannot be serialised").because(error);
        let findings = serde_json::to_string(&entry.findings).map_err(not_json)?;
        let parts = serde_json::to_string(&entry.parts).map_err(not_json)?;
        let transaction = self.connection.transaction().map_err(failed)?;
        transaction
            .execute(
                "insert or replace into outbox
                 (channel, id, date, state, made_ts, due_ts, unconfirmed, ts, note, message, findings, parts)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                params![
                    entry.channel,
                    entry.id,
                    entry.date,
                    entry.state,
                    entry.made_ts,
                    entry.due_ts,
                    entry.unconfirmed,
                    entry.ts,
                    entry.note,
                    entry.message,
                    findings,
                    parts
                ],
            )
            .map_err(failed)?;
        for finding in &entry.findings {
            transaction
                .execute(
                    "insert or replace into deliveries (finding, channel, date, state, ts, note) values (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![finding, entry.channel, entry.date, entry.state, entry.ts, entry.note],
                )
                .map_err(failed)?;
        }
        transaction.commit().map_err(failed)
    }

    /// Returns the messages of a channel that are neither sent nor expired, oldest first.
    pub fn pending_outbox(&self, channel: &str) -> Result<Vec<OutboxEntry>> {
        let sql = format!(
            "{SELECT} where channel = ?1 and state not in ('sent', 'expired') order by made_ts, date, id"
        );
        let mut query = self.connection.prepare(&sql).map_err(failed)?;
        let rows = query.query_map([channel], entry_of).map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Marks messages that a dead run was sending as unknown, and returns their number. Requires the
    /// lock of the lake.
    pub fn recover_outbox(&mut self) -> Result<usize> {
        let transaction = self.connection.transaction().map_err(failed)?;
        let recovered = transaction
            .execute(
                "update outbox set state = 'unknown', unconfirmed = unconfirmed + 1, note = 'the process died while sending',
                 parts = replace(parts, '\"sending\"', '\"unknown\"') where state not in ('sent', 'expired') and state = 'sending'",
                [],
            )
            .map_err(failed)?;
        transaction
            .execute(
                "update deliveries set state = 'unknown', note = 'the process died while sending' where state = 'sending'",
                [],
            )
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
        Ok(recovered)
    }

    /// Returns the states of the deliveries of those findings to a channel, by finding.
    pub fn deliveries(&self, channel: &str, findings: &[String]) -> Result<BTreeMap<String, DeliveryState>> {
        let sql = "select finding, state from deliveries
                   where channel = ?1 and finding in (select value from json_each(?2))";
        let states =
            self.select(sql, params![channel, list(findings)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(states.into_iter().collect())
    }
}

fn entry_of(row: &Row) -> rusqlite::Result<OutboxEntry> {
    Ok(OutboxEntry {
        channel: row.get(0)?,
        id: row.get(1)?,
        date: row.get(2)?,
        state: row.get(3)?,
        made_ts: row.get(4)?,
        due_ts: row.get(5)?,
        unconfirmed: row.get(6)?,
        ts: row.get(7)?,
        note: row.get(8)?,
        message: row.get(9)?,
        findings: json(row, 10)?,
        parts: json(row, 11)?,
    })
}

fn json<T: DeserializeOwned>(row: &Row, at: usize) -> rusqlite::Result<T> {
    let text: String = row.get(at)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, Box::new(error))
    })
}
