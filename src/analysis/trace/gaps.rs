//! Missing data: without audit rows or events around a start, a trace must not claim that nothing
//! happened. Knows only at which times there are rows.

use crate::query::engine::Engine;
use crate::query::rows::rows;
use chrono_tz::Tz;
use model::error::Result;
use model::time::Ts;
use std::collections::BTreeSet;

/// Length of a slot, µs: ten minutes.
const SLOT_US: i64 = 600_000_000;
/// Share of slots with events from which a hole between them is missing data.
const DENSE: f64 = 0.6;

/// The ten-minute slots around the starts that have rows, counted since the epoch.
#[derive(Clone, Debug, Default)]
pub struct RowSlots {
    audit: BTreeSet<i64>,
    event: BTreeSet<i64>,
}

impl RowSlots {
    /// Loads the slots of the tables `around_audit` and `around_event`.
    pub async fn load(engine: &Engine) -> Result<Self> {
        Ok(Self { audit: slots(engine, "around_audit").await?, event: slots(engine, "around_event").await? })
    }

    /// Returns the span between two points, extended by 20 minutes, if no slot of it has an
    /// event though most slots around the starts have; in a quiet cluster a hole means nothing.
    pub fn event_gap(&self, from: Ts, to: Ts, zone: Tz) -> Vec<String> {
        let to = to.plus_s(1200);
        let mut within = from.0.div_euclid(SLOT_US)..=to.0.div_euclid(SLOT_US);
        let (first, last) = (self.event.first().copied(), self.event.last().copied());
        let span = first.zip(last).map_or(1, |(first, last)| last - first + 1);
        let is_dense = self.event.len() as f64 >= DENSE * span as f64;
        if within.any(|slot| self.event.contains(&slot)) || !is_dense && !self.event.is_empty() {
            return Vec::new();
        }
        vec![format!("{}–{}", clock(from, zone), clock(to, zone))]
    }

    /// Returns true if no audit log is kept: no row around any start.
    pub fn is_without_audit(&self) -> bool {
        self.audit.is_empty()
    }

    /// Returns the local hours between two points that have no audit row.
    pub fn audit_gap(&self, from: Ts, to: Ts, zone: Tz) -> Vec<String> {
        const HOUR_US: i64 = 6 * SLOT_US;
        let hours: BTreeSet<i64> = self.audit.iter().map(|slot| slot.div_euclid(6)).collect();
        (from.0.div_euclid(HOUR_US)..=to.0.div_euclid(HOUR_US))
            .filter(|hour| !hours.contains(hour))
            .map(|hour| clock(Ts(hour * HOUR_US), zone))
            .collect()
    }
}

async fn slots(engine: &Engine, table: &str) -> Result<BTreeSet<i64>> {
    let sql =
        format!("select distinct cast(floor(date_part('epoch', ts) / 600) as bigint) as slot from {table}");
    let batches = engine.query(&sql).await?;
    Ok(rows(&batches).filter_map(|row| row.int("slot")).collect())
}

fn clock(ts: Ts, zone: Tz) -> String {
    ts.utc().with_timezone(&zone).format("%m-%d %H:%M").to_string()
}
