//! The lines of a window, of all log tables in one list, in the order of time.

use crate::api::bounds::LIST;
use crate::api::investigation::condition::Conditions;
use crate::api::investigation::histogram::filters;
use crate::api::investigation::lines_of;
use crate::api::operation::Operation;
use crate::api::paging::Paging;
use crate::api::reports::agent_of;
use crate::api::request::LinesRequest;
use crate::api::response::{Line, LineList};
use crate::api::window::{Named, missing_rows, state_of};
use crate::api::{Api, ApiResult, Caller, Inner};
use crate::lake::catalog::Catalog;
use model::table::Table;
use serde::Deserialize;

/// Default number of lines of a page.
const PAGE: usize = 50;

/// Number of lines.
#[derive(Default, Deserialize)]
struct Count {
    total: u64,
}

impl Api {
    /// Returns the lines of a window.
    pub async fn lines(&self, caller: &Caller, request: LinesRequest) -> ApiResult<LineList> {
        let arguments = request.clone();
        let work = async move {
            let paging = Paging::of(&request, PAGE, LIST)?;
            let tables = tables_of(&request)?;
            let (of, names) = (paging.clone(), tables.iter().map(|table| table.name()).collect::<Vec<_>>());
            let (date, window) = (request.date.clone(), request.window.clone());
            let resolve = move |inner: &Inner, catalog: &Catalog| {
                let (date, window) = (date.as_deref(), window.as_deref());
                let named = Named { date, window, ..Named::default() };
                let window = inner.pinned(&of, || inner.window(catalog, named))?;
                Ok((window, missing_rows(catalog, &names, window)?))
            };
            let (window, note) = self.read(resolve).await?;
            let mut selects = Vec::new();
            for table in &tables {
                let rows = filters(*table, &request.counts_of(table.name()))?.sql();
                selects.push((*table, Conditions::within(window).and(rows).sql()));
            }
            let counts = selects.iter().map(|(table, conditions)| {
                format!("select count(*) as n from {} where {conditions}", table.name())
            });
            let counts = counts.collect::<Vec<_>>().join(" union all ");
            let count = self.select::<Count>(format!("select sum(n) as total from ({counts}) as counts"));
            let total = count.await?.pop().unwrap_or_default().total;
            let each: Vec<String> =
                selects.iter().map(|(table, conditions)| lines_of(*table, conditions)).collect();
            let sql = format!(
                "select * from ({}) as lines order by ts, tab, row_id limit {} offset {}",
                each.join(" union all "),
                paging.limit,
                paging.skip
            );
            let lines: Vec<Line> = self.select(sql).await?;
            let (lines, page) = paging.cut(lines, total, &state_of(window));
            let places = [
                ("namespace", request.namespace.as_deref()),
                ("workload", request.workload.as_deref()),
                ("pod", request.pod.as_deref()),
                ("node", request.node.as_deref()),
            ];
            let note = self.noted(note, total, window, &places).await;
            Ok(LineList { window: window.into(), lines, page, note })
        };
        self.handle(caller, Operation::Lines, &arguments, work).await
    }
}

fn tables_of(request: &LinesRequest) -> ApiResult<Vec<Table>> {
    match (&request.table, &request.user) {
        (Some(name), _) => Ok(vec![agent_of(name)?]),
        (None, Some(_)) => Ok(vec![Table::Audit]),
        (None, None) => Ok(Table::LOGS.into()),
    }
}
