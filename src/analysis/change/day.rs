//! The changes of a day, as rows of the table `change`. Objects are read one after the other, each with its
//! writes in the order of time, those of the day before too: an object's state must be known to see what
//! changed.

use crate::analysis::change::behalf::Syncs;
use crate::analysis::change::follow::{Change, Follower, Write};
use crate::analysis::change::kind::kind_of;
use crate::analysis::change::versions::Versions;
use crate::lake::catalog::{Catalog, ObjectEntry};
use crate::lake::change::{ChangeRow, replace_day};
use crate::lake::{Lake, commit};
use crate::query::engine::{Engine, Limits};
use crate::query::rows::{Row, rows};
use chrono_tz::Tz;
use futures::StreamExt;
use model::error::{Error, Result};
use model::time::{Window, parse_date};
use std::collections::BTreeSet;

/// Seconds before the day from which the state of objects is known.
const BACK_S: i64 = 86_400;
/// Bytes of a value.
const VALUE_BYTES: usize = 2048;
/// Fields of one write.
const FIELDS: usize = 200;

/// Resources that act by what they say, from the moment that they are created.
const ACT_BY_THEMSELVES: [&str; 9] = [
    "limitranges",
    "resourcequotas",
    "networkpolicies",
    "validatingwebhookconfigurations",
    "mutatingwebhookconfigurations",
    "priorityclasses",
    "poddisruptionbudgets",
    "persistentvolumeclaims",
    "horizontalpodautoscalers",
];

/// Derives the changes of a day from the rows of `audit`, in place of those derived before. Does nothing if the
/// rows are still the same. The caller must hold the write lock.
pub async fn derive(lake: &Lake, catalog: &mut Catalog, window: Window, limits: Limits) -> Result<()> {
    let date = window.date().to_string();
    let stem = commit::stem_of(
        catalog
            .files("audit", window.from.plus_s(-BACK_S).0, window.to.0)?
            .iter()
            .map(|file| file.path.as_str()),
    )
    .replacen("part", "change", 1);
    let known = catalog.files_of_day("change", &date)?;
    if known.iter().any(|file| file.path.contains(&stem)) {
        return Ok(());
    }
    let mut found = changes(lake, catalog, window, limits).await?;
    if found.is_empty() && known.is_empty() {
        return Ok(());
    }
    replace_day(lake, catalog, &date, &stem, &mut found)
}

/// Derives the changes of the days that have audit rows of `objects`, and those of the days after, which depend on
/// them, if they were derived before; see [`derive()`].
pub async fn refresh(
    lake: &Lake,
    catalog: &mut Catalog,
    zone: Tz,
    limits: Limits,
    objects: &[ObjectEntry],
) -> Result<()> {
    let ids: BTreeSet<String> = objects.iter().map(|object| object.id.clone()).collect();
    let files = catalog.files_with(&ids)?;
    let days: BTreeSet<&str> =
        files.iter().filter(|file| file.table == "audit").map(|file| file.date.as_str()).collect();
    for day in days {
        let date = parse_date(day)?;
        derive(lake, catalog, Window::day(date, zone), limits).await?;
        let next = date.succ_opt().unwrap_or(date);
        if !catalog.files_of_day("change", &next.to_string())?.is_empty() {
            derive(lake, catalog, Window::day(next, zone), limits).await?;
        }
    }
    Ok(())
}

/// Returns the rows of a day.
async fn changes(lake: &Lake, catalog: &Catalog, window: Window, limits: Limits) -> Result<Vec<ChangeRow>> {
    let engine = Engine::over(lake, catalog, Some(window), BACK_S, limits).await?;
    let syncs = Syncs::load(&engine).await?;
    let versions = Versions::load(&engine, "audit").await?;
    let mut stream = engine.stream(include_str!("../../../sql/change/writes.sql")).await?;
    let mut found = Vec::new();
    let (mut object, mut follower) = ([const { String::new() }; 4], Follower::default());
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(|error| Error::failed("cannot read the writes of a day").because(error))?;
        for row in rows(&[batch]) {
            let of = ["cluster", "resource", "namespace", "name"]
                .map(|column| row.text(column).unwrap_or_default());
            if object.iter().zip(of).any(|(known, other)| known != other) {
                object = of.map(str::to_owned);
                follower = Follower::default();
            }
            let is_wanted = row.bool("is_wanted").unwrap_or(false);
            let change = follower.next(&Write::of(row, &versions), is_wanted);
            if is_wanted {
                add(row, &change, &syncs, &mut found);
            }
        }
    }
    Ok(found)
}

/// Adds the rows of one write.
fn add(row: Row<'_>, change: &Change, syncs: &Syncs, found: &mut Vec<ChangeRow>) {
    let text = |column: &str| row.non_empty(column).map(str::to_owned);
    let resource = row.text("resource").unwrap_or_default();
    let is_eviction = row.text("operation") == Some("evict");
    let is_deletion = is_eviction || row.text("verb").is_some_and(|verb| verb.starts_with("delete"));
    let is_creation = row.text("verb") == Some("create") || row.int("code") == Some(201);
    let shows_fields = match (is_deletion, is_creation) {
        (true, _) => false,
        (_, true) => ACT_BY_THEMSELVES.contains(&resource),
        _ => !change.is_whole(),
    };
    let fields = if shows_fields { change.by_line() } else { Vec::new() };
    // nothing differs, or nothing can have: the object has been reconciled to this very specification before
    if fields.is_empty() && !is_deletion && !is_creation && (change.is_known || change.is_settled) {
        return;
    }
    let effect = match (is_deletion, is_creation) {
        (true, _) => "deleted",
        (_, true) => "created",
        _ if change.is_restart() => "trigger",
        _ => "changed",
    };
    let behalf = syncs.behind(row);
    let clipped = |value: String| match value.len() {
        0..=VALUE_BYTES => value,
        _ => value.get(..value.floor_char_boundary(VALUE_BYTES)).unwrap_or_default().to_owned(),
    };
    let mut push = |field: Option<String>, old: Option<String>, new: Option<String>| {
        found.push(ChangeRow {
            ts: row.ts("ts").unwrap_or_default().0,
            values: [
                text("cluster"),
                text("audit_id"),
                text("row_id"),
                text("username"),
                behalf.clone(),
                Some(kind_of(resource).to_owned()),
                text("namespace"),
                text("name"),
                text("workload"),
                field,
                old,
                new,
                text("operation"),
                text("verb"),
                Some(effect.to_owned()),
            ],
        });
    };
    if fields.is_empty() {
        push(None, None, None);
    }
    for field in fields.into_iter().take(FIELDS) {
        push(Some(field.path), field.old.map(clipped), field.new.map(clipped));
    }
}
