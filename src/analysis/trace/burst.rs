//! Bursts of errors: one workload may fail several times a day, each time for another reason, so each burst is
//! a start of its own. Knows no events and no operations.

use crate::analysis::evidence::evidence;
use crate::analysis::trace::start::{Burst, Start};
use crate::analysis::trace::tables::register_bursts;
use crate::query::engine::Engine;
use crate::query::rows::rows;
use chrono_tz::Tz;
use model::entity::Entity;
use model::error::Result;
use model::report::{Episode, Evidence, Finding};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Seconds without an error that end a burst.
const PAUSE_S: f64 = 25.0;
/// Errors of a burst that counts.
const LEAST_ERRORS: i64 = 5;
/// Bursts of one workload that are traced, the largest.
const MOST: usize = 8;
/// Share of its largest burst that another one must have.
const LEAST_SHARE: f64 = 0.05;

/// Joins slots of errors, in the order of time, to bursts.
fn bursts_of(slots: &[Burst]) -> Vec<Burst> {
    let mut bursts: Vec<Burst> = Vec::new();
    for slot in slots {
        match bursts.last_mut() {
            Some(last) if slot.from.since_s(last.to) <= PAUSE_S => {
                last.to = last.to.max(slot.to);
                last.errors += slot.errors;
            }
            _ => bursts.push(slot.clone()),
        }
    }
    let largest = bursts.iter().map(|burst| burst.errors).max().unwrap_or(0);
    let least = LEAST_ERRORS.max((largest as f64 * LEAST_SHARE) as i64);
    bursts.retain(|burst| burst.errors >= least);
    bursts.sort_by_key(|burst| (Reverse(burst.errors), burst.from));
    bursts.truncate(MOST);
    bursts.sort_by_key(|burst| burst.from);
    bursts
}

/// The bursts of each workload of a window, by namespace and workload.
pub struct Bursts(BTreeMap<(String, String), Vec<Burst>>);

/// Moves each start about errors to the onset of its burst, and adds a start for each further burst of its
/// workload. Starts without a burst stay as they are.
pub async fn by_burst(engine: &Engine, bursts: &Bursts, starts: Vec<Start>, zone: Tz) -> Result<Vec<Start>> {
    let mut all = Vec::new();
    for start in starts {
        let of = bursts.of(&start.entity).filter(|of| !start.is_event && !of.is_empty());
        let Some(of) = of else {
            all.push((start, None));
            continue;
        };
        let own = of.iter().position(|burst| burst.to >= start.ts).unwrap_or(of.len().saturating_sub(1));
        for (at, burst) in of.iter().enumerate() {
            let started = if at == own {
                Start { ts: burst.from, last_ts: burst.to, ..start.clone() }
            } else {
                further(&start, burst, zone)
            };
            all.push((started, Some(burst.clone())));
        }
    }
    let known: Vec<(&Start, &Burst)> =
        all.iter().filter_map(|(start, burst)| Some((start, burst.as_ref()?))).collect();
    let mut lines = lines(engine, &known).await?;
    let with_lines = |(mut start, _): (Start, Option<Burst>)| {
        if let Some(lines) = lines.remove(&start.id) {
            start.evidence = lines;
        }
        start
    };
    Ok(all.into_iter().map(with_lines).collect())
}

/// Returns the start of another burst of the workload of a start.
fn further(start: &Start, burst: &Burst, zone: Tz) -> Start {
    let Entity { cluster, namespace, workload, .. } = start.entity.clone();
    let entity = Entity { cluster, namespace, workload, ..Entity::default() };
    let id = blake3::hash(format!("{}\n{}", start.id, burst.from.0).as_bytes()).to_hex();
    let (label, n) = (entity.label(), burst.errors);
    let (from, to) = (burst.from.clock(zone), burst.to.clock(zone));
    Start {
        id: format!("t{}", id.get(..12).unwrap_or_default()),
        finding: start.finding.clone(),
        ts: burst.from,
        last_ts: burst.to,
        what: format!("{label} logged {n} errors from {from} to {to}"),
        zh: format!("{label} 在 {from} 至 {to} 记录了 {n} 条错误"),
        is_event: false,
        is_calm: false,
        evidence: Vec::new(),
        entity,
    }
}

impl Bursts {
    /// Returns the bursts of all workloads of the window.
    pub async fn load(engine: &Engine) -> Result<Self> {
        let mut slots: BTreeMap<(String, String), Vec<Burst>> = BTreeMap::new();
        for row in rows(&engine.query(include_str!("../../../sql/trace/bursts.sql")).await?) {
            let (Some(namespace), Some(workload)) = (row.text("namespace"), row.text("workload")) else {
                continue;
            };
            let (Some(from), Some(to)) = (row.ts("first_ts"), row.ts("last_ts")) else { continue };
            let errors = row.int("errors").unwrap_or(0);
            slots.entry((namespace.into(), workload.into())).or_default().push(Burst { from, to, errors });
        }
        Ok(Self(slots.into_iter().map(|(place, slots)| (place, bursts_of(&slots))).collect()))
    }

    fn of(&self, entity: &Entity) -> Option<&Vec<Burst>> {
        self.0.get(&(entity.namespace.clone()?, entity.workload.clone()?))
    }

    /// Returns the episodes of a finding: the bursts of its workload in its time, else its whole time.
    pub fn episodes(&self, finding: &Finding) -> Vec<Episode> {
        let of =
            self.of(&finding.entity).filter(|_| matches!(finding.agent.as_str(), "business" | "standard"));
        let (first_ts, last_ts) = (finding.first_ts, finding.last_ts);
        let episodes: Vec<Episode> = of
            .into_iter()
            .flatten()
            .filter(|burst| burst.from <= last_ts && burst.to >= first_ts)
            .map(|burst| Episode {
                first_ts: burst.from.max(first_ts),
                last_ts: burst.to.min(last_ts),
                count: burst.errors,
            })
            .collect();
        if episodes.is_empty() { vec![Episode { first_ts, last_ts, count: finding.count }] } else { episodes }
    }
}

/// Returns the first lines of bursts, by the ids of their starts.
async fn lines(engine: &Engine, bursts: &[(&Start, &Burst)]) -> Result<BTreeMap<String, Vec<Evidence>>> {
    let mut lines: BTreeMap<String, Vec<Evidence>> = BTreeMap::new();
    if bursts.is_empty() {
        return Ok(lines);
    }
    register_bursts(engine, bursts)?;
    for row in rows(&engine.query(include_str!("../../../sql/trace/burst_lines.sql")).await?) {
        lines.entry(row.text("start_id").unwrap_or_default().to_owned()).or_default().push(evidence(row));
    }
    Ok(lines)
}
