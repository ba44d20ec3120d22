//! The changes of some operations: their objects are followed through the writes around the starts of a trace.

use crate::analysis::change::follow::{Change, Follower, Object, Write};
use crate::analysis::change::versions::Versions;
use crate::analysis::evidence::is_row_id;
use crate::query::engine::Engine;
use crate::query::literal::list;
use crate::query::rows::rows;
use model::error::Result;
use std::collections::{BTreeMap, BTreeSet};

/// Returns the changes of operations by row id. `objects` holds the changed object of each row id; `table` has
/// their writes and those before.
pub async fn load(
    engine: &Engine,
    table: &str,
    objects: &BTreeMap<String, Object>,
) -> Result<BTreeMap<String, Change>> {
    let wanted: BTreeSet<&str> = objects.keys().map(String::as_str).filter(|id| is_row_id(id)).collect();
    let mut changes = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(changes);
    }
    for writes in writes(engine, table, objects).await?.into_values() {
        let mut follower = Follower::default();
        for write in &writes {
            let is_wanted = wanted.contains(write.row_id.as_str());
            let change = follower.next(write, is_wanted);
            if is_wanted {
                changes.insert(write.row_id.clone(), change);
            }
        }
    }
    Ok(changes)
}

/// Returns the writes of objects, those of each object in the order of time. Responses to the writes of
/// controllers show an object as well.
async fn writes(
    engine: &Engine,
    table: &str,
    objects: &BTreeMap<String, Object>,
) -> Result<BTreeMap<Object, Vec<Write>>> {
    let names: BTreeSet<&str> = objects.values().map(|object| object.name.as_str()).collect();
    let sql = format!(
        "select ts, \"cluster\", row_id, verb, resource, subresource, namespace, name, request, response from {table}
         where (operation is not null or subresource = 'status') and coalesce(code, 200) < 400
            and coalesce(stage, 'ResponseComplete') in ('ResponseComplete', 'Panic')
            and coalesce(uri, '') not like '%dryRun=All%'
            and (response is not null or request is not null) and name in ({})
         order by ts, row_id",
        list(names)
    );
    let versions = Versions::load(engine, table).await?;
    let known: BTreeSet<&Object> = objects.values().collect();
    let mut writes: BTreeMap<Object, Vec<Write>> = BTreeMap::new();
    for row in rows(&engine.query(&sql).await?) {
        let text = |column: &str| row.text(column).unwrap_or_default().to_owned();
        let object = Object { resource: text("resource"), namespace: text("namespace"), name: text("name") };
        let subresource = row.text("subresource").unwrap_or_default();
        let is_own = matches!(subresource, "" | "status" | "scale");
        if known.contains(&object) && is_own {
            writes.entry(object).or_default().push(Write::of(row, &versions));
        }
    }
    Ok(writes)
}
