//! Counts of deliveries, and the size of the last day, for the metrics.

use crate::lake::catalog::{Catalog, DeliveryState, failed};
use model::error::Result;

/// The number of deliveries to one channel in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryCount {
    /// Name of the channel.
    pub channel: String,
    /// State of the deliveries.
    pub state: DeliveryState,
    /// Number of deliveries.
    pub deliveries: u64,
}

impl Catalog {
    /// Returns the number of deliveries by channel and state.
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

    /// Returns the size of the last local day's files in bytes; 0 if there are none.
    pub fn last_day_bytes(&self) -> Result<u64> {
        let sql = "select coalesce(sum(bytes), 0) from files
                   where date = (select max(date) from files where tab <> 'topology')";
        self.connection.query_row(sql, [], |row| row.get(0)).map_err(failed)
    }
}
