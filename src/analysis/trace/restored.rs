//! The operation after which a symptom ended: it sets again what the cause had set, creates anew what it had
//! deleted, or deletes what it had created. Decides no cause and no verdict.

use crate::analysis::change;
use crate::analysis::change::{Change, Object};
use crate::analysis::trace::acts;
use crate::analysis::trace::chain;
use crate::analysis::trace::link::each_row;
use crate::analysis::trace::operations::{LinkedOperation, operation_of};
use crate::query::engine::Engine;
use crate::query::literal::list;
use crate::query::rows::{Row, rows};
use model::error::Result;
use model::report::{Cause, Trace, Verdict};
use model::time::Ts;
use std::collections::{BTreeMap, BTreeSet};

/// Seconds around the last error within which an operation ended it: pods take a while to be replaced, and
/// a quiet program writes an error only now and then.
const SETTLES_S: f64 = 300.0;

/// Names, for each trace that names a cause, the operation after which its symptom ended.
pub async fn name_repairs(engine: &Engine, traces: &mut [Trace]) -> Result<()> {
    let objects: BTreeSet<Object> = traces.iter().filter_map(cause_of).map(object_of).collect();
    if objects.is_empty() {
        return Ok(());
    }
    let data_end = data_end(engine).await?;
    let later = later_acts(engine, &objects).await?;
    for trace in traces {
        let is_over = data_end.is_some_and(|end| end.since_s(trace.last_ts) > SETTLES_S);
        let Some(cause) = cause_of(trace).filter(|_| is_over) else { continue };
        let Some(acts) = later.get(&object_of(cause)) else { continue };
        let broken = acts.iter().find(|act| act.evidence.row_id == cause.row_id);
        let is_end = |act: &&LinkedOperation| {
            act.evidence.ts > trace.ts && act.evidence.ts.since_s(trace.last_ts).abs() <= SETTLES_S
        };
        let repair = acts.iter().filter(is_end).find(|act| broken.is_some_and(|broken| mends(act, broken)));
        let repair = repair.map(chain::cause);
        if let Some(best) = trace.hypotheses.first_mut() {
            best.restored_by = repair;
        }
    }
    Ok(())
}

/// Returns the operation that a trace names as the cause.
fn cause_of(trace: &Trace) -> Option<&Cause> {
    trace.hypotheses.first().filter(|_| trace.verdict != Verdict::Inconclusive)?.cause.as_ref()
}

fn object_of(cause: &Cause) -> Object {
    Object { resource: cause.resource.clone(), namespace: cause.namespace.clone(), name: cause.name.clone() }
}

/// Returns when the audit log ends.
async fn data_end(engine: &Engine) -> Result<Option<Ts>> {
    let batches = engine.query("select max(ts) as ts from audit").await?;
    Ok(rows(&batches).next().and_then(|row| row.ts("ts")))
}

/// Returns the operations on some objects in the order of time, each with what it changed.
async fn later_acts(
    engine: &Engine,
    objects: &BTreeSet<Object>,
) -> Result<BTreeMap<Object, Vec<LinkedOperation>>> {
    let names = list(objects.iter().map(|object| object.name.as_str()).collect::<BTreeSet<_>>());
    let sql = format!(
        "select '' as start_id, 'names' as link, 1.0 as identity, 0 as hop, cast(null as varchar) as via,
            ts, namespace, workload, audit_id, username, verb, resource, name, operation, code, message,
            row_id, source, line, json_get_str(attrs, 'impersonatedUser', 'username') as on_behalf_of
         from ({}) where name in ({names}) order by ts, row_id",
        acts("audit")
    );
    let mut found: Vec<LinkedOperation> = Vec::new();
    let keep = &mut |row: Row<'_>| {
        let (_, operation) = operation_of(row)?;
        if objects.contains(&operation.object) {
            found.push(operation);
        }
        Ok(())
    };
    each_row(engine, &sql, keep).await?;
    let wanted = found.iter().map(|act| (act.evidence.row_id.clone(), act.object.clone())).collect();
    let mut changes: BTreeMap<String, Change> = change::load(engine, "audit", &wanted).await?;
    let mut later: BTreeMap<Object, Vec<LinkedOperation>> = BTreeMap::new();
    for mut act in found {
        act.change = changes.remove(&act.evidence.row_id).unwrap_or_default();
        later.entry(act.object.clone()).or_default().push(act);
    }
    Ok(later)
}

/// Returns true if an operation undoes what another one did, or sets the same field to yet another value.
fn mends(act: &LinkedOperation, broken: &LinkedOperation) -> bool {
    let deletes = |one: &LinkedOperation| one.verb.starts_with("delete");
    if deletes(broken) {
        return act.is_creation;
    }
    if broken.is_creation && deletes(act) {
        return true;
    }
    let sets_anew = |path: &str, new: Option<&str>| act.change.sets(path) && act.change.after(path) != new;
    broken
        .change
        .fields
        .iter()
        .any(|field| !field.is_metadata() && sets_anew(&field.path, field.new.as_deref()))
}
