//! Puts the relations of several files together: each once, with the first and the last time at which it was seen.
//! A day has those of its pods. Days that no analysis of today looks back to are folded into one file: there the
//! relations are those of workloads, so that it grows with the cluster and not with the pods it has had.

use crate::lake::catalog::{Catalog, FileEntry};
use crate::lake::parquet::Merged;
use crate::lake::part::{Ending, Part, publish};
use crate::lake::topology::{Edge, Edges, Relation, Seen, add, batch};
use crate::lake::{Lake, commit};
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use model::error::{Error, Result};
use model::time::Ts;
use std::fs::File;

/// How long a node counts as one of a workload after a pod of it was last seen there.
const NODE_S: i64 = 30 * 86_400;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Folds the files of the days before `date` into one. Relations that were last seen before `expired` are left out,
/// and so are the nodes of a workload that had no pod on them for long before `now`. The caller must hold the write
/// lock.
pub fn fold(lake: &Lake, catalog: &mut Catalog, date: &str, now: Ts, expired: Option<Ts>) -> Result<()> {
    let files: Vec<FileEntry> =
        catalog.files_of_table("topology")?.into_iter().filter(|file| &*file.date < date).collect();
    if files.len() < 2 {
        return Ok(()); // folded before
    }
    let oldest_node = now.plus_s(-NODE_S);
    let mut of_workload = |(edge, seen): (Edge, Seen)| {
        let oldest = match edge.relation {
            // the ReplicaSet or Job of one pod
            Relation::Owns => return None,
            Relation::RunsOn => Some(oldest_node).max(expired),
            _ => expired,
        };
        let is_kept = oldest.is_none_or(|oldest| seen.last >= oldest.0);
        is_kept.then(|| (Edge { pod: String::new(), ..edge }, seen))
    };
    combine(lake, catalog, &files, &mut of_workload)
}

/// Replaces files by one with the relations that `keep` returns, in the folder of the last of their days.
pub(super) fn combine(
    lake: &Lake,
    catalog: &mut Catalog,
    files: &[FileEntry],
    keep: &mut dyn FnMut((Edge, Seen)) -> Option<(Edge, Seen)>,
) -> Result<()> {
    let mut edges = Edges::new();
    for file in files {
        read(lake, &file.path, &mut |found| {
            if let Some((edge, seen)) = keep(found) {
                add(&mut edges, edge, seen);
            }
        })
        .map_err(|error| {
            Error::failed("cannot read a file of the lake").at(file.path.clone()).because(error).hint(
                "`headwater lake verify` lists all damage; with `--repair` the objects are read from the source again",
            )
        })?;
    }
    let replaced: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    let mut parts = Vec::new();
    if let Some(date) = files.iter().map(|file| file.date.as_str()).max()
        && !edges.is_empty()
    {
        let batch = batch(&edges)
            .map_err(|error| Error::bug("edges do not fit the schema of the topology").because(error))?;
        let stem = commit::stem_of(replaced.iter().map(String::as_str));
        let mut part = Part::create(lake, "topology", date, &stem, batch.schema())?;
        part.write(&batch)?;
        let merged = Some(Merged { files: replaced.clone(), rows: None });
        parts.push(part.finish(&Ending { merged, ..Ending::default() })?);
    }
    publish(lake, &parts)?;
    let files: Vec<FileEntry> = parts.into_iter().map(|(_, entry)| entry).collect();
    catalog.commit(&[], &files, &replaced)
}

fn read(lake: &Lake, path: &str, take: &mut dyn FnMut((Edge, Seen))) -> std::result::Result<(), Cause> {
    let file = File::open(lake.root.join(path))?;
    for batch in ParquetRecordBatchReaderBuilder::try_new(file)?.build()? {
        let batch = batch?;
        let (first, last) = (times(&batch, "ts"), times(&batch, "last_ts"));
        for row in 0..batch.num_rows() {
            let text = |column: &str| {
                let texts = batch.column_by_name(column).and_then(|texts| texts.as_string_opt::<i32>());
                texts.filter(|texts| texts.is_valid(row)).map(|texts| texts.value(row)).unwrap_or_default()
            };
            let Some(first) = first.and_then(|times| times.get(row).copied()) else { continue };
            let name = text("relation");
            let Some(relation) = Relation::ALL.into_iter().find(|relation| relation.name() == name) else {
                continue;
            };
            let edge = Edge {
                cluster: text("cluster").to_owned(),
                namespace: text("namespace").to_owned(),
                workload: text("workload").to_owned(),
                pod: text("pod").to_owned(),
                relation,
                kind: text("kind").to_owned().into(),
                name: text("name").to_owned(),
            };
            // a file of an earlier version has no `last_ts`
            let last = last.and_then(|times| times.get(row).copied()).unwrap_or(first);
            take((edge, Seen { first, last: last.max(first), row_id: text("row_id").to_owned() }));
        }
    }
    Ok(())
}

fn times<'b>(batch: &'b RecordBatch, column: &str) -> Option<&'b [i64]> {
    let times = batch.column_by_name(column)?.as_primitive_opt::<TimestampMicrosecondType>()?;
    Some(times.values())
}
