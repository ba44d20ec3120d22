//! What changed: rows of the table `change`, those of a write together, newest first or closest to a time first.

use crate::api::bounds::LIST;
use crate::api::investigation::condition::Conditions;
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

/// Users whose changes follow from those of others: kubelets, the control plane and its controllers.
const SYSTEM: &str = "(coalesce(username, '') like 'system:node:%' or coalesce(username, '') like 'system:kube-%' \
    or coalesce(username, '') = 'system:apiserver' \
    or coalesce(username, '') like 'system:serviceaccount:kube-system:%') and on_behalf_of is null";

/// What a write is known by.
const KEYS: &str =
    "ts, username, on_behalf_of, verb, effect, kind, namespace, name, workload, operation, audit_id, row_id";

/// Most fields of a write that are returned.
const MAX_FIELDS: usize = 12;

/// Longest value of a field, in characters.
const MAX_VALUE: usize = 300;

/// Number of writes.
#[derive(Default, Deserialize)]
struct Count {
    shown: u64,
    system: u64,
}

impl Api {
    /// Returns what changed in a window: fields with their values, and who changed them.
    pub async fn changes(&self, caller: &Caller, request: ChangesRequest) -> ApiResult<ChangeList> {
        let arguments = request.clone();
        let work = async move {
            let paging = Paging::of(&request, PAGE, LIST)?;
            let conditions = filters(&request)?;
            let (near, system) = (request.near.clone(), request.system);
            let of = paging.clone();
            let resolve = move |inner: &Inner, catalog: &Catalog| {
                let day = request.date.as_deref().map(|date| inner.clock().day(date)).transpose()?;
                let near = near.map(|near| inner.clock().point(&near, day)).transpose()?;
                let window = inner.pinned(&of, || window_of(inner, catalog, &request, near))?;
                Ok((window, near, missing_rows(catalog, &["audit"], window)?))
            };
            let (window, near, note) = self.read(resolve).await?;
            let found = Conditions::within(window).and(conditions.sql());
            let sql = format!(
                "select count(*) filter (where not ({SYSTEM})) as shown, count(*) filter (where {SYSTEM}) as system \
                 from (select distinct {KEYS} from change where {}) as writes",
                found.sql()
            );
            let count = self.select::<Count>(sql).await?.pop().unwrap_or_default();
            let (total, hidden_system) =
                if system { (count.shown + count.system, 0) } else { (count.shown, count.system) };
            let found = if system { found } else { found.and(format!("not ({SYSTEM})")) };
            let mut changes: Vec<Change> = self.select(statement(&found, near, &paging)).await?;
            for change in &mut changes {
                change.fields.retain(|changed| changed.field.is_some());
                change.lag_s = near.map(|near| change.ts.since_s(near));
            }
            let (changes, page) = paging.cut(changes, total, &state_of(window));
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

fn statement(found: &Conditions, near: Option<Ts>, paging: &Paging) -> String {
    let order = match near {
        Some(near) => format!("abs(cast(ts as bigint) - {}), ts", near.0),
        None => "ts desc".into(),
    };
    format!(
        "select {KEYS}, array_agg(named_struct('field', field, 'old', {}, 'new', {}) order by field)[1:{MAX_FIELDS}] \
         as fields, count(field) as field_count from change where {} group by {KEYS} order by {order}, row_id \
         limit {} offset {}",
        cut("old", MAX_VALUE),
        cut("new", MAX_VALUE),
        found.sql(),
        paging.limit,
        paging.skip
    )
}
