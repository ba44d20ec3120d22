//! The lines around a row or a time, of all log tables. The nearest come first, page by page; each page is in the order
//! of time.

use crate::api::bounds::{LINE, LIST, TEXT, shorten};
use crate::api::investigation::condition::Conditions;
use crate::api::investigation::cut;
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

/// Number of lines.
#[derive(Default, Deserialize)]
struct Count {
    total: u64,
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
            let seconds = i64::from(request.seconds.unwrap_or(AROUND_S).clamp(1, MAX_AROUND_S));
            // the microsecond of the last second belongs to it
            let window =
                Window { from: at.plus_s(-seconds), to: Ts(at.plus_s(seconds).0 + 1), zone: self.inner.zone };
            paging.require_state(&state_of(window))?;
            let conditions =
                held.conditions(Conditions::within(window))?.level(request.level.as_deref(), true)?.sql();
            let counts: Vec<String> = tables
                .iter()
                .map(|table| format!("select count(*) as n from {} where {conditions}", table.name()))
                .collect();
            let count = format!("select sum(n) as total from ({}) as counts", counts.join(" union all "));
            let total = self.select::<Count>(count).await?.pop().unwrap_or_default().total;
            let mut lines: Vec<Line> =
                self.select(statement(&tables, at, &conditions, (&request, &paging))?).await?;
            let names: Vec<&'static str> = tables.iter().map(|table| table.name()).collect();
            let missing = move |_: &Inner, catalog: &Catalog| Ok(missing_rows(catalog, &names, window)?);
            let note = self.read(missing).await?;
            for line in &mut lines {
                line.is_row = request.row_id.as_ref() == Some(&line.row_id);
            }
            let (mut lines, page) = paging.cut(lines, total, &state_of(window));
            lines.sort_by(|a, b| (a.ts, &a.table, &a.row_id).cmp(&(b.ts, &b.table, &b.row_id)));
            Ok(NeighbourList { at, window: window.into(), held_to: held.words(), lines, page, note })
        };
        self.handle(caller, Operation::Neighbours, &arguments, work).await
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

/// Returns the statement of a page: the nearest lines first, the row of the request before all.
fn statement(
    tables: &[Table],
    at: Ts,
    conditions: &str,
    (request, paging): (&NeighboursRequest, &Paging),
) -> ApiResult<String> {
    let row = Conditions::default().equal("row_id", request.row_id.as_deref())?;
    let first = if request.row_id.is_some() {
        format!("case when {} then 0 else 1 end, ", row.sql())
    } else {
        String::new()
    };
    let each: Vec<String> = tables
        .iter()
        .map(|table| {
            let name = table.name();
            let reason = if *table == Table::Event { "reason" } else { "cast(null as varchar)" };
            format!(
                "select '{name}' as tab, ts, namespace, workload, pod, container, node, level, {reason} as reason, \
                 {} as message, row_id, source, line from {name} where {conditions}",
                cut("message", TEXT)
            )
        })
        .collect();
    Ok(format!(
        "select * from ({}) as lines order by {first}abs(cast(ts as bigint) - {}), row_id limit {} offset {}",
        each.join(" union all "),
        at.0,
        paging.limit,
        paging.skip
    ))
}
