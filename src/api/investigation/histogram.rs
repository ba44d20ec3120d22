//! Counts of rows by time.

use crate::api::investigation::condition::Conditions;
use crate::api::operation::Operation;
use crate::api::reports::agent_of;
use crate::api::request::HistogramRequest;
use crate::api::response::{Bucket, Histogram};
use crate::api::window::{Named, missing_rows};
use crate::api::{Api, ApiResult, Caller, Inner};
use crate::lake::catalog::Catalog;
use model::table::Table;
use model::time::{Ts, Window};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most buckets of a response.
const MAX_BUCKETS: i64 = 60;

/// Lengths of buckets that people read easily, in seconds.
const LENGTHS: [i64; 16] =
    [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200];

const DAY_S: i64 = 86_400;

/// The rows of a bucket.
#[derive(Deserialize)]
struct Counted {
    bucket: i64,
    count: u64,
    failures: u64,
}

impl Api {
    /// Returns how many rows of a table a window has, by time.
    pub async fn histogram(&self, caller: &Caller, request: HistogramRequest) -> ApiResult<Histogram> {
        let arguments = request.clone();
        let work = async move {
            let table = agent_of(&request.table)?;
            let conditions = filters(table, &request)?;
            let of = request.clone();
            let resolve = move |inner: &Inner, catalog: &Catalog| {
                let (date, window) = (request.date.as_deref(), request.window.as_deref());
                let window = inner.window(catalog, Named { date, window, ..Named::default() })?;
                Ok((window, missing_rows(catalog, &[table.name()], window)?))
            };
            let (window, note) = self.read(resolve).await?;
            let (origin, length) = buckets_of(window);
            let found = Conditions::within(window).and(conditions.sql());
            let sql = format!(
                "select (cast(ts as bigint) - {}) / {} as bucket, count(*) as count, \
                 count(*) filter (where {}) as failures from {} where {} group by 1 order by 1",
                origin.0,
                length * 1_000_000,
                failure(table),
                table.name(),
                found.sql()
            );
            let counted = self.select::<Counted>(sql).await?.into_iter().map(|of| (of.bucket, of));
            let counted: BTreeMap<i64, Counted> = counted.collect();
            let count = (window.to.0 - 1 - origin.0) / (length * 1_000_000) + 1;
            let bucket = |at: i64| {
                let of = counted.get(&at);
                Bucket {
                    from: origin.plus_s(at * length),
                    count: of.map_or(0, |of| of.count),
                    failures: of.map_or(0, |of| of.failures),
                }
            };
            let buckets: Vec<Bucket> = (0..count).map(bucket).collect();
            let total = buckets.iter().map(|bucket| bucket.count).sum();
            let places = [
                ("namespace", of.namespace.as_deref()),
                ("workload", of.workload.as_deref()),
                ("pod", of.pod.as_deref()),
                ("node", of.node.as_deref()),
            ];
            let note = self.noted(note, total, window, &places).await;
            Ok(Histogram {
                table: table.name().into(),
                window: window.into(),
                bucket_s: length,
                total,
                failures: buckets.iter().map(|bucket| bucket.failures).sum(),
                buckets,
                note,
            })
        };
        self.handle(caller, Operation::Histogram, &arguments, work).await
    }
}

/// Returns the conditions of the rows that a request counts, whatever the window.
pub(super) fn filters(table: Table, request: &HistogramRequest) -> ApiResult<Conditions> {
    Conditions::default()
        .equal("namespace", request.namespace.as_deref())?
        .named("workload", request.workload.as_deref())?
        .named("pod", request.pod.as_deref())?
        .equal("node", request.node.as_deref())?
        .user(table, request.user.as_deref())?
        .level(request.level.as_deref(), false)?
        .contains(&["message"], request.contains.as_deref())
}

/// Returns the condition of a failure.
fn failure(table: Table) -> &'static str {
    match table {
        Table::Event => "type = 'Warning'",
        Table::Audit => "code >= 400",
        _ => "level in ('error', 'fatal')",
    }
}

/// Returns the start and the length of the buckets of a window: the shortest of which it has at most
/// [`MAX_BUCKETS`]. They begin at a multiple of their length after midnight.
fn buckets_of(window: Window) -> (Ts, i64) {
    let midnight = Window::day(window.date(), window.zone).from;
    let of = |length: i64| {
        let step = length * 1_000_000;
        let origin = midnight.0 + (window.from.0 - midnight.0).div_euclid(step) * step;
        ((window.to.0 - 1 - origin) / step < MAX_BUCKETS).then_some((Ts(origin), length))
    };
    let days = (window.to.0 - midnight.0 - 1).div_euclid(DAY_S * 1_000_000 * MAX_BUCKETS) + 1;
    LENGTHS.into_iter().find_map(of).unwrap_or((midnight, days * DAY_S))
}
