//! The lines around a row or a time, of all log tables. The nearest come first, page by page; each page is in the order
//! of time.

use crate::api::bounds::{LINE, LIST, shorten, within};
use crate::api::investigation::condition::{Conditions, SYSTEM_USER};
use crate::api::investigation::lines_of;
use crate::api::operation::Operation;
use crate::api::paging::Paging;
use crate::api::reports::agent_of;
use crate::api::request::{NeighboursRequest, Place};
use crate::api::response::{Line, NeighbourList};
use crate::api::window::{missing_rows, state_of};
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Inner};
use crate::lake::catalog::Catalog;
use model::table::Table;
use model::time::{Ts, Window};
use serde::Deserialize;

/// Default number of lines of a page.
const PAGE: usize = 50;

/// Default and longest time before and after, in seconds.
const AROUND_S: u32 = 60;
const MAX_AROUND_S: u32 = 3600;

/// Requests of the cluster's own components that say nothing about a problem: reads, and writes of what they write all
/// the time. Those that fail are kept, except for objects that are gone or were changed meanwhile.
const ROUTINE: &str = "(verb in ('get', 'list', 'watch') or subresource = 'status' \
    or resource in ('leases', 'events', 'tokenreviews', 'subjectaccessreviews')) \
    and (coalesce(code, 200) < 400 or code in (404, 409))";

/// Number of lines that are left out.
#[derive(Default, Deserialize)]
struct Hidden {
    lines: u64,
}

/// A line with the number of lines of the whole list.
#[derive(Deserialize)]
struct Found {
    total: u64,
    #[serde(flatten)]
    line: Line,
}

/// What the lines have in common.
#[derive(Clone, Debug, Default)]
struct Held {
    namespace: Option<String>,
    workload: Option<String>,
    pod: Option<String>,
    node: Option<String>,
}

impl Api {
    /// Returns the lines around a row or a time.
    pub async fn neighbours(&self, caller: &Caller, request: NeighboursRequest) -> ApiResult<NeighbourList> {
        let arguments = request.clone();
        let work = async move {
            let paging = Paging::of(&request, PAGE, LIST)?;
            let tables = tables_of(&request.tables)?;
            let (at, held) = self.middle(&request).await?;
            let seconds = within("seconds", request.seconds.unwrap_or(AROUND_S), 1..=MAX_AROUND_S)?;
            let seconds = i64::from(seconds);
            // the microsecond of the last second belongs to it
            let window =
                Window { from: at.plus_s(-seconds), to: Ts(at.plus_s(seconds).0 + 1), zone: self.inner.zone };
            paging.require_state(&state_of(window))?;
            let conditions =
                held.conditions(Conditions::within(window))?.level(request.level.as_deref(), true)?.sql();
            let hidden_system = self.hidden(&tables, &conditions, &request).await?;
            let found: Vec<Found> =
                self.select(statement(&tables, at, &conditions, (&request, &paging))?).await?;
            let total = found.first().map_or(paging.skip as u64, |first| first.total);
            let mut lines: Vec<Line> = found.into_iter().map(|found| found.line).collect();
            let names: Vec<&'static str> = tables.iter().map(|table| table.name()).collect();
            let missing = move |_: &Inner, catalog: &Catalog| Ok(missing_rows(catalog, &names, window)?);
            let note = self.read(missing).await?;
            let note = self.noted(note, total, window, &held.parts()).await;
            for line in &mut lines {
                line.is_row = request.row_id.as_ref() == Some(&line.row_id);
                line.last_ts = line.last_ts.filter(|_| line.times > 1);
            }
            let (mut lines, page) = paging.cut(lines, total, &state_of(window));
            lines.sort_by(Line::by_time);
            let (held_to, window) = (held.words(), window.into());
            Ok(NeighbourList { at, window, held_to, lines, page, hidden_system, note })
        };
        self.handle(caller, Operation::Neighbours, &arguments, work).await
    }

    /// Returns how many requests of the cluster's own components are left out.
    async fn hidden(
        &self,
        tables: &[Table],
        conditions: &str,
        request: &NeighboursRequest,
    ) -> ApiResult<u64> {
        if request.system || !tables.contains(&Table::Audit) {
            return Ok(0);
        }
        let row = kept_row(request)?;
        let sql = format!(
            "select count(*) as lines from audit where {conditions} and ({SYSTEM_USER}) and ({ROUTINE}) and not ({row})"
        );
        Ok(self.select::<Hidden>(sql).await?.pop().unwrap_or_default().lines)
    }

    /// Returns the time in the middle, and what the lines have in common.
    async fn middle(&self, request: &NeighboursRequest) -> ApiResult<(Ts, Held)> {
        let mut held = Held::of(request);
        let at = match (&request.row_id, &request.at) {
            (Some(row_id), None) => {
                let row = self.row(row_id).await?;
                held.take(request.same, &row)?;
                row.ts
            }
            (None, Some(at)) => {
                if request.same.is_some() {
                    return Err(ApiError::new(ErrorKind::Invalid, "`same` requires `row_id`")
                        .hint("with `at`, set `namespace`, `workload`, `pod` or `node`"));
                }
                let clock = self.inner.clock();
                let day = request.date.as_deref().map(|date| clock.day(date)).transpose()?;
                clock.point(at, day)?
            }
            _ => {
                return Err(ApiError::new(ErrorKind::Invalid, "neighbours require exactly one middle")
                    .hint("set `row_id`, or `at` and a place"));
            }
        };
        Ok((at, held))
    }

    /// Returns a row of a log table.
    async fn row(&self, row_id: &str) -> ApiResult<Line> {
        let missing = || {
            let what = format!("no log table has the row `{}`", shorten(row_id, LINE));
            ApiError::new(ErrorKind::NotFound, what)
                .hint("row ids are in evidence, in changes, and in the column `row_id` of every table")
        };
        let (id, zone) = (row_id.to_owned(), self.inner.zone);
        let span = move |_: &Inner, catalog: &Catalog| Ok(catalog.row_span(&id)?);
        let Some((from, to)) = self.read(span).await? else { return Err(missing()) };
        let window = Window { from: Ts(from), to: Ts(to.saturating_add(1)), zone };
        let conditions = Conditions::within(window).equal("row_id", Some(row_id))?.sql();
        let each = Table::LOGS.map(|table| {
            let name = table.name();
            format!(
                "select '{name}' as tab, ts, namespace, workload, pod, node, row_id from {name} where {conditions}"
            )
        });
        self.select(format!("{} limit 1", each.join(" union all "))).await?.pop().ok_or_else(missing)
    }
}

impl Held {
    /// Returns the place that a request names; a namespace before `/` counts where no other is named.
    fn of(request: &NeighboursRequest) -> Self {
        let mut held = Self {
            namespace: request.namespace.clone(),
            workload: request.workload.clone(),
            pod: request.pod.clone(),
            node: request.node.clone(),
        };
        for name in [&mut held.workload, &mut held.pod] {
            if let Some((namespace, object)) = name.as_deref().and_then(|name| name.split_once('/')) {
                held.namespace.get_or_insert_with(|| namespace.to_owned());
                *name = Some(object.to_owned());
            }
        }
        held
    }

    /// Takes a part of the place of a row.
    fn take(&mut self, same: Option<Place>, row: &Line) -> ApiResult<()> {
        let Some(same) = same else { return Ok(()) };
        let (mine, theirs) = match same {
            Place::Namespace => (&mut self.namespace, &row.namespace),
            Place::Workload => (&mut self.workload, &row.workload),
            Place::Pod => (&mut self.pod, &row.pod),
            Place::Node => (&mut self.node, &row.node),
        };
        if theirs.is_none() {
            let what = format!("the row has no {}", format!("{same:?}").to_lowercase());
            return Err(ApiError::new(ErrorKind::Invalid, what)
                .hint("hold the lines to something else, or to nothing"));
        }
        mine.clone_from(theirs);
        if matches!(same, Place::Workload | Place::Pod) {
            self.namespace.clone_from(&row.namespace);
        }
        Ok(())
    }

    fn parts(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("namespace", self.namespace.as_deref()),
            ("workload", self.workload.as_deref()),
            ("pod", self.pod.as_deref()),
            ("node", self.node.as_deref()),
        ]
    }

    fn conditions(&self, conditions: Conditions) -> ApiResult<Conditions> {
        self.parts().into_iter().try_fold(conditions, |all, (column, value)| all.equal(column, value))
    }

    fn words(&self) -> Vec<String> {
        let named = self.parts().into_iter().filter_map(|(column, value)| Some((column, value?)));
        named.map(|(column, value)| format!("{column} = {}", shorten(value, LINE))).collect()
    }
}

fn tables_of(names: &[String]) -> ApiResult<Vec<Table>> {
    if names.is_empty() {
        return Ok(Table::LOGS.into());
    }
    if names.len() > Table::LOGS.len() {
        return Err(ApiError::new(ErrorKind::TooLarge, "`tables` names a table more than once"));
    }
    let mut tables = names.iter().map(|name| agent_of(name)).collect::<ApiResult<Vec<Table>>>()?;
    tables.sort_unstable();
    tables.dedup();
    Ok(tables)
}

/// Returns the condition of the row of the request; `false` if it names a time.
fn kept_row(request: &NeighboursRequest) -> ApiResult<String> {
    match &request.row_id {
        Some(row_id) => Ok(Conditions::default().equal("row_id", Some(row_id))?.sql()),
        None => Ok("false".into()),
    }
}

/// Returns the statement of a page: the nearest lines first, the row of the request before all. Equal lines of one
/// object are one, as are a line of `business` and the same one of `standard`.
fn statement(
    tables: &[Table],
    at: Ts,
    conditions: &str,
    (request, paging): (&NeighboursRequest, &Paging),
) -> ApiResult<String> {
    let row = kept_row(request)?;
    let of_table = |table: &Table| match table {
        Table::Audit if !request.system => {
            let routine = format!("({SYSTEM_USER}) and ({ROUTINE})");
            lines_of(*table, &format!("{conditions} and (not ({routine}) or {row})"))
        }
        _ => lines_of(*table, conditions),
    };
    let each: Vec<String> = tables.iter().map(of_table).collect();
    let nearest = format!("order by case when {row} then 0 else 1 end, distance, tab, row_id");
    let counts = tables.iter().map(|table| format!("count(*) filter (where tab = '{}')", table.name()));
    Ok(format!(
        "with lines as (select *, abs(cast(ts as bigint) - {}) as distance from ({}) as lines), \
         folded as (select first_value(tab {nearest}) as tab, min(ts) as ts, max(ts) as last_ts, greatest({}) as times, \
         namespace, workload, pod, max(container) as container, max(node) as node, level, reason, message, \
         first_value(row_id {nearest}) as row_id, first_value(source {nearest}) as source, \
         first_value(line {nearest}) as line, bool_or({row}) as is_first, min(distance) as distance \
         from lines group by namespace, workload, pod, level, reason, message, \
         case when pod is null then node end, case when tab = 'standard' then 'business' else tab end) \
         select *, count(*) over () as total from folded order by is_first desc, distance, row_id \
         limit {} offset {}",
        at.0,
        each.join(" union all "),
        counts.collect::<Vec<_>>().join(", "),
        paging.limit,
        paging.skip
    ))
}
