//! What changed: rows of the table `change`, those of a write together, newest first or closest to a time first.

use crate::api::bounds::LIST;
use crate::api::investigation::condition::{Conditions, SYSTEM_USER};
use crate::api::investigation::cut;
use crate::api::operation::Operation;
use crate::api::paging::Paging;
use crate::api::request::ChangesRequest;
use crate::api::response::{Change, ChangeList};
use crate::api::window::{Named, missing_rows, state_of};
use crate::api::{Api, ApiResult, Caller, Inner};
use crate::lake::catalog::Catalog;
use model::time::{Ts, Window};
use serde::Deserialize;

/// Default number of changes of a page.
const PAGE: usize = 50;

/// How far before and after `near` changes are searched, in seconds: as far as a trace searches.
const BEFORE_S: i64 = 8 * 3600;
const AFTER_S: i64 = 3600;

/// What a write is known by.
const KEYS: &str =
    "ts, username, on_behalf_of, verb, effect, kind, namespace, name, workload, operation, audit_id, row_id";

/// Most fields of a write that are returned.
const MAX_FIELDS: usize = 12;

/// Longest value of a field, in characters.
const MAX_VALUE: usize = 300;

/// Longest time between the writes of a series, in seconds.
const SERIES_S: i64 = 60;

/// Number of writes that are left out.
#[derive(Default, Deserialize)]
struct Hidden {
    writes: u64,
}

/// A write with the number of those of the whole list.
#[derive(Deserialize)]
struct Found {
    total: u64,
    #[serde(flatten)]
    change: Change,
}

impl Api {
    /// Returns what changed in a window: fields with their values, and who changed them.
    pub async fn changes(&self, caller: &Caller, request: ChangesRequest) -> ApiResult<ChangeList> {
        let arguments = request.clone();
        let work = async move {
            let paging = Paging::of(&request, PAGE, LIST)?;
            let conditions = filters(&request)?;
            let (near, system) = (request.near.clone(), request.system);
            let (of, of_place) = (paging.clone(), (request.namespace.clone(), request.workload.clone()));
            let resolve = move |inner: &Inner, catalog: &Catalog| {
                let day = request.date.as_deref().map(|date| inner.clock().day(date)).transpose()?;
                let near = near.map(|near| inner.clock().point(&near, day)).transpose()?;
                let window = inner.pinned(&of, || window_of(inner, catalog, &request, near))?;
                Ok((window, near, missing_rows(catalog, &["audit"], window)?))
            };
            let (window, near, note) = self.read(resolve).await?;
            let mut found = Conditions::within(window).and(conditions.sql());
            let mut hidden_system = 0;
            if !system {
                let of_system = format!("({SYSTEM_USER}) and on_behalf_of is null");
                let hidden = found.clone().and(of_system.clone());
                let sql =
                    format!("select count(distinct row_id) as writes from change where {}", hidden.sql());
                hidden_system = self.select::<Hidden>(sql).await?.pop().unwrap_or_default().writes;
                found = found.and(format!("not ({of_system})"));
            }
            let rows: Vec<Found> = self.select(statement(&found, near, &paging)).await?;
            let total = rows.first().map_or(paging.skip as u64, |first| first.total);
            let mut changes: Vec<Change> = rows.into_iter().map(|found| found.change).collect();
            for change in &mut changes {
                change.fields.retain(|changed| changed.field.is_some());
                change.lag_s = near.map(|near| change.ts.since_s(near));
                change.last_ts = change.last_ts.filter(|_| change.times > 1);
                change.last_name = change.last_name.take().filter(|_| change.times > 1);
            }
            let (changes, page) = paging.cut(changes, total, &state_of(window));
            let places = [("namespace", of_place.0.as_deref()), ("workload", of_place.1.as_deref())];
            let note = self.noted(note, total, window, &places).await;
            Ok(ChangeList { window: window.into(), changes, page, hidden_system, note })
        };
        self.handle(caller, Operation::Changes, &arguments, work).await
    }
}

/// Returns the window of a request; around `near` if it names none.
fn window_of(
    inner: &Inner,
    catalog: &Catalog,
    request: &ChangesRequest,
    near: Option<Ts>,
) -> ApiResult<Window> {
    match (near, &request.window) {
        (Some(near), None) => {
            Ok(Window { from: near.plus_s(-BEFORE_S), to: near.plus_s(AFTER_S), zone: inner.zone })
        }
        _ => {
            let (date, window) = (request.date.as_deref(), request.window.as_deref());
            inner.window(catalog, Named { date, window, ..Named::default() })
        }
    }
}

fn filters(request: &ChangesRequest) -> ApiResult<Conditions> {
    let conditions = Conditions::default()
        .equal("namespace", request.namespace.as_deref())?
        .named("workload", request.workload.as_deref())?
        .contains(&["username", "on_behalf_of"], request.who.as_deref())?
        .contains(&["field"], request.field.as_deref())?;
    let Some(object) = &request.object else { return Ok(conditions) };
    match object.split_once('/') {
        Some((kind, name)) => {
            let kind = Conditions::default().equal("lower(kind)", Some(&kind.to_lowercase()))?;
            conditions.and(kind.sql()).equal("name", Some(name))
        }
        None => {
            let name = Conditions::default().equal("name", Some(object))?;
            let kind = Conditions::default().equal("lower(kind)", Some(&object.to_lowercase()))?;
            Ok(conditions.and(format!("({} or {})", name.sql(), kind.sql())))
        }
    }
}

/// Returns the statement of a page. Writes that follow each other and differ in numbers of their names are one.
fn statement(found: &Conditions, near: Option<Ts>, paging: &Paging) -> String {
    let order = match near {
        Some(near) => format!("abs(cast(ts as bigint) - {}), ts", near.0),
        None => "ts desc".into(),
    };
    let series = "username, on_behalf_of, verb, effect, kind, namespace, stem, what";
    let first = |column: &str| format!("first_value({column} order by ts, row_id) as {column}");
    let firsts = ["name", "workload", "operation", "audit_id", "row_id", "fields", "field_count"].map(first);
    format!(
        "with writes as (select {KEYS}, array_agg(named_struct('field', field, 'old', {old}, 'new', {new}) order by field)\
         [1:{MAX_FIELDS}] as fields, count(field) as field_count, regexp_replace(name, '[0-9]+', '#', 'g') as stem, \
         string_agg(concat(coalesce(field, ''), '=', coalesce(old, ''), '>', coalesce(new, '')), ';' order by field) as what \
         from change where {} group by {KEYS}), \
         steps as (select *, case when cast(ts as bigint) - cast(lag(ts) over \
         (partition by {series} order by ts, row_id) as bigint) <= {} then 0 else 1 end as starts from writes), \
         runs as (select *, sum(starts) over (partition by {series} order by ts, row_id) as run from steps), \
         changes as (select {series}, {}, min(ts) as ts, max(ts) as last_ts, count(*) as times, \
         last_value(name order by ts, row_id) as last_name from runs group by {series}, run) \
         select *, count(*) over () as total from changes order by {order}, row_id limit {} offset {}",
        found.sql(),
        SERIES_S * 1_000_000,
        firsts.join(", "),
        paging.limit,
        paging.skip,
        old = cut("old", MAX_VALUE),
        new = cut("new", MAX_VALUE),
    )
}
