//! How much there is of what, for who watches from outside.

use crate::lake::catalog::{Catalog, failed};
use model::error::Result;

/// How many objects are in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectCount {
    /// `done`, `damaged` or `rejected`.
    pub state: String,
    /// Objects.
    pub objects: u64,
    /// Records of theirs that no format understood.
    pub unparsed: u64,
}

/// How many deliveries to one channel are in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryCount {
    /// Channel.
    pub channel: String,
    /// State.
    pub state: String,
    /// Deliveries.
    pub deliveries: u64,
}

impl Catalog {
    /// Counts the consumed objects by state.
    pub fn object_counts(&self) -> Result<Vec<ObjectCount>> {
        let mut query = self
            .connection
            .prepare("select state, count(*), sum(unparsed) from objects group by state order by state")
            .map_err(failed)?;
        let rows = query
            .query_map([], |row| {
                Ok(ObjectCount { state: row.get(0)?, objects: row.get(1)?, unparsed: row.get(2)? })
            })
            .map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Counts the deliveries by channel and state.
    pub fn delivery_counts(&self) -> Result<Vec<DeliveryCount>> {
        let mut query = self
            .connection
            .prepare(
                "select channel, state, count(*) from deliveries group by channel, state order by channel, state",
            )
            .map_err(failed)?;
        let rows = query
            .query_map([], |row| {
                Ok(DeliveryCount { channel: row.get(0)?, state: row.get(1)?, deliveries: row.get(2)? })
            })
            .map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// Returns the bytes of the last local day's files; 0 without any.
    pub fn last_day_bytes(&self) -> Result<u64> {
        let sql = "select coalesce(sum(bytes), 0) from files
                   where date = (select max(date) from files where tab <> 'topology')";
        self.connection.query_row(sql, [], |row| row.get(0)).map_err(failed)
    }
}
