//! Patterns of messages: how often each occurs in a window, and whether the time before had it.

use crate::api::bounds::{LINE, LIST};
use crate::api::investigation::condition::{Conditions, LEVELS};
use crate::api::investigation::cut;
use crate::api::operation::Operation;
use crate::api::paging::Paging;
use crate::api::request::PatternsRequest;
use crate::api::response::{Pattern, PatternList};
use crate::api::window::{Named, missing_rows, state_of};
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Inner};
use crate::lake::catalog::Catalog;
use crate::query::literal::list;
use model::error::Error;
use model::table::Table;
use model::time::Window;
use serde_json::{Map, Value};

/// Default number of patterns of a page.
const PAGE: usize = 50;

/// Tables whose rows have a pattern, with the column that holds it.
const TABLES: [(Table, &str); 3] =
    [(Table::Business, "template"), (Table::Standard, "template"), (Table::Event, "reason")];

/// What a statement searches.
struct Search {
    tables: Vec<(Table, &'static str)>,
    /// Tables with rows before the window.
    with_history: Vec<&'static str>,
    window: Window,
    history: Window,
}

impl Api {
    /// Returns the patterns of messages in a window, new ones first.
    pub async fn patterns(&self, caller: &Caller, request: PatternsRequest) -> ApiResult<PatternList> {
        let arguments = request.clone();
        self.handle(caller, Operation::Patterns, &arguments, self.patterns_of(request)).await
    }

    /// Returns the patterns of a request that is a part of another.
    pub(in crate::api) async fn patterns_of(&self, request: PatternsRequest) -> ApiResult<PatternList> {
        let paging = Paging::of(&request, PAGE, LIST)?;
        let tables = tables_of(request.table.as_deref())?;
        let place = Conditions::default()
            .equal("namespace", request.namespace.as_deref())?
            .named("workload", request.workload.as_deref())?;
        let lines = place
            .clone()
            .level(request.level.as_deref(), false)?
            .contains(&["message"], request.contains.as_deref())?;
        let (of, only_new) = (paging.clone(), request.only_new);
        let names = (request.namespace.clone(), request.workload.clone());
        let resolve = move |inner: &Inner, catalog: &Catalog| {
            let (date, window) = (request.date.as_deref(), request.window.as_deref());
            let window =
                inner.pinned(&of, || inner.window(catalog, Named { date, window, ..Named::default() }))?;
            search(inner, catalog, tables, window)
        };
        let (search, note) = self.read(resolve).await?;
        let (inside, before) = (
            Conditions::within(search.window).and(lines.sql()),
            Conditions::within(search.history).and(place.sql()),
        );
        let sql = search.statement(&inside, &before, only_new, &paging);
        let rows: Vec<Map<String, Value>> = self.select(sql).await?;
        let number = |name| rows.first().and_then(|row| row.get(name)?.as_u64());
        let (total, new) = (number("total").unwrap_or(paging.skip as u64), number("new").unwrap_or(0));
        let patterns = rows.into_iter().map(|row| serde_json::from_value::<Pattern>(Value::Object(row)));
        let patterns = patterns.collect::<serde_json::Result<Vec<Pattern>>>();
        let patterns =
            patterns.map_err(|error| Error::bug("cannot read the rows of a statement").because(error))?;
        let (patterns, page) = paging.cut(patterns, total, &state_of(search.window));
        let places = [("namespace", names.0.as_deref()), ("workload", names.1.as_deref())];
        let note = self.noted(note, total, search.window, &places).await;
        let (window, history) = (search.window.into(), search.history.into());
        Ok(PatternList { window, history, patterns, new, page, note })
    }
}

fn tables_of(name: Option<&str>) -> ApiResult<Vec<(Table, &'static str)>> {
    let tables = TABLES.into_iter().filter(|(table, _)| name.is_none_or(|name| table.name() == name));
    let tables: Vec<(Table, &str)> = tables.collect();
    if tables.is_empty() {
        return Err(ApiError::new(ErrorKind::Invalid, "rows of this table have no patterns")
            .hint("tables with patterns are business, standard and event"));
    }
    Ok(tables)
}

/// Returns what to search, and what the lake lacks of it.
fn search(
    inner: &Inner,
    catalog: &Catalog,
    tables: Vec<(Table, &'static str)>,
    window: Window,
) -> ApiResult<(Search, Option<String>)> {
    let days = inner.installation.config.rules.lookback_days();
    let history = window.before(i64::from(days) * 86_400);
    let names: Vec<&'static str> = tables.iter().map(|(table, _)| table.name()).collect();
    let mut with_history = names.clone();
    let mut without = Vec::new();
    for name in &names {
        if catalog.files(name, history.from.0, history.to.0)?.is_empty() {
            with_history.retain(|of| of != name);
            without.push(*name);
        }
    }
    let no_history = (!without.is_empty()).then(|| {
        format!(
            "no data of {} before the window: whether its patterns are new is not known",
            without.join(", ")
        )
    });
    let notes: Vec<String> =
        [missing_rows(catalog, &names, window)?, no_history].into_iter().flatten().collect();
    let note = (!notes.is_empty()).then(|| notes.join("; "));
    Ok((Search { tables, with_history, window, history }, note))
}

impl Search {
    fn statement(&self, inside: &Conditions, before: &Conditions, only_new: bool, paging: &Paging) -> String {
        let rank = LEVELS.iter().enumerate().map(|(rank, level)| format!("when '{level}' then {rank}"));
        let rank = format!("case level {} end", rank.collect::<Vec<_>>().join(" "));
        let level = LEVELS.iter().enumerate().map(|(rank, level)| format!("when {rank} then '{level}'"));
        let level = format!("case max(rank) {} end", level.collect::<Vec<_>>().join(" "));
        let keys = "tab, namespace, workload, template";
        let of_lines = |columns: &str, conditions: &Conditions| {
            let each = self.tables.iter().map(|(table, template)| {
                let name = table.name();
                format!(
                    "select '{name}' as tab, namespace, workload, {template} as template{columns} from {name} \
                     where {template} is not null and {}",
                    conditions.sql()
                )
            });
            each.collect::<Vec<_>>().join(" union all ")
        };
        let of_window = of_lines(&format!(", ts, row_id, message, {rank} as rank"), inside);
        let is_new = match self.with_history.is_empty() {
            true => "cast(null as boolean)".into(),
            false => format!(
                "case when tab in ({}) then sum(before) = 0 end",
                list(self.with_history.iter().copied())
            ),
        };
        format!(
            "with inside as (select {keys}, count(*) as n, min(ts) as first_ts, max(ts) as last_ts, max(rank) as rank, \
             first_value({} order by ts, row_id) as sample, first_value(row_id order by ts, row_id) as row_id \
             from ({of_window}) as lines group by {keys}), \
             seen as (select {keys}, count(*) as times from ({}) as lines group by {keys}), \
             both_times as (select {keys}, n, 0 as before, first_ts, last_ts, rank, sample, row_id from inside \
             union all select {keys}, 0 as n, times as before, null, null, null, null, null from seen), \
             patterns as (select {keys}, {level} as level, sum(n) as count, min(first_ts) as first_ts, \
             max(last_ts) as last_ts, sum(before) as count_before, {is_new} as is_new, max(sample) as sample, \
             max(row_id) as row_id, max(rank) as rank from both_times group by {keys} having sum(n) > 0) \
             select *, count(*) over () as total, sum(case when is_new then 1 else 0 end) over () as new from patterns \
             where {} order by coalesce(is_new, false) desc, coalesce(rank, -1) desc, count desc, {keys} \
             limit {} offset {}",
            cut("message", LINE),
            of_lines("", before),
            if only_new { "is_new" } else { "true" },
            paging.limit,
            paging.skip
        )
    }
}
