//! The versions of a cluster's objects: each write gets a higher one than all before it. An object that is
//! answered with a version from before the request was not changed by it. Knows neither objects nor changes.

use crate::query::engine::Engine;
use crate::query::rows::{Row, rows};
use futures::StreamExt;
use model::error::{Error, Result};
use std::collections::HashMap;

/// Microseconds by which a version must be older than a request, for requests overlap.
const APART_US: i64 = 2_000_000;

/// The highest version so far at some points in time (µs), by cluster.
#[derive(Debug, Default)]
pub struct Versions(HashMap<String, Vec<(i64, i64)>>);

impl Versions {
    /// Reads those of new pods, which are many and come all day, from a table like `audit`.
    pub async fn load(engine: &Engine, table: &str) -> Result<Self> {
        let sql = include_str!("../../../sql/change/versions.sql").replace("{table}", table);
        let mut versions = Self::default();
        let mut batches = engine.stream(&sql).await?;
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(|error| Error::failed("cannot read versions").because(error))?;
            rows(&[batch]).for_each(|row| versions.add(row));
        }
        Ok(versions)
    }

    fn add(&mut self, row: Row<'_>) {
        let (Some(ts), Some(version)) = (row.ts("ts"), row.int("version")) else { return };
        let known = self.0.entry(row.text("cluster").unwrap_or_default().to_owned()).or_default();
        let highest = known.last().map_or(version, |(_, highest)| version.max(*highest));
        known.push((ts.0, highest));
    }

    /// Returns the highest version that a cluster is known to have had before a point (µs).
    pub fn before(&self, cluster: &str, ts: i64) -> Option<i64> {
        let known = self.0.get(cluster)?;
        let earlier = known.partition_point(|(at, _)| *at < ts - APART_US);
        known.get(earlier.checked_sub(1)?).map(|(_, highest)| *highest)
    }
}

#[cfg(test)]
mod tests {
    use super::{APART_US, Versions};

    #[test]
    fn the_highest_version_before_a_request_counts() {
        let known = vec![(0, 7), (10, 9), (20, 9)];
        let versions = Versions([("a".to_owned(), known)].into());
        assert_eq!(versions.before("a", APART_US), None);
        assert_eq!(versions.before("a", APART_US + 1), Some(7));
        assert_eq!(versions.before("a", APART_US + 15), Some(9));
        assert_eq!(versions.before("b", i64::MAX), None);
    }
}
