//! One read for many statements: what several of them ask of one table is read from the lake once,
//! narrowed to the rows that any of them wants, and kept in temporary Parquet while they run.
//! Works on plans alone: a statement is answered the same with and without it.

use crate::query::engine::{Engine, SqlFault, engine_error, fault_of};
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::utils::{conjunction, disjunction};
use datafusion::logical_expr::{
    BinaryExpr, Expr, LogicalPlan, LogicalPlanBuilder, Operator, TableScan, TableSource,
};
use datafusion::prelude::DataFrame;
use futures::StreamExt;
use model::error::{Error, Result};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// A session in which the reads of several statements are one.
pub struct Shared {
    engine: Engine,
    narrowed: HashMap<String, Arc<dyn TableSource>>,
    _folder: TempDir,
}

/// What statements ask of one table.
struct Wanted {
    source: Arc<dyn TableSource>,
    reads: usize,
    columns: BTreeSet<usize>,
    rows: Vec<Expr>,
}

impl Engine {
    /// Reads what `statements` have in common; each is then run through [`Shared::plan`].
    /// A statement that wants most rows of a table reads it by itself: it reads few columns.
    pub async fn sharing(&self, statements: &[&str]) -> Result<Shared> {
        let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
        for sql in statements {
            // what is wrong with a statement is said where it is run
            let Ok(frame) = self.plan(sql).await else { continue };
            let Ok(plan) = frame.into_optimized_plan() else { continue };
            let walked = plan.apply_with_subqueries(|node| {
                if let LogicalPlan::TableScan(scan) = node
                    && let Some(rows) = narrow_rows(scan)
                {
                    want(scan, rows, &mut wanted);
                }
                Ok(TreeNodeRecursion::Continue)
            });
            walked.map_err(|error| engine_error("a plan cannot be read", error))?;
        }
        let folder = tempfile::tempdir().map_err(|error| {
            Error::failed("no temporary folder can be made").because(error).hint("is the disk full?")
        })?;
        let mut narrowed = HashMap::new();
        for (at, (name, wanted)) in wanted.into_iter().filter(|(_, wanted)| wanted.reads > 1).enumerate() {
            let path = folder.path().join(format!("{at}.parquet"));
            let source = self.narrowed(&name, wanted, &path).await?;
            narrowed.insert(name, source);
        }
        Ok(Shared { engine: self.clone(), narrowed, _folder: folder })
    }

    /// Reads a table once and returns its rows that are wanted, with the columns that are.
    async fn narrowed(&self, name: &str, wanted: Wanted, path: &Path) -> Result<Arc<dyn TableSource>> {
        let failed = |error: DataFusionError| engine_error(&format!("`{name}` cannot be read"), error);
        let schema: SchemaRef = wanted.source.schema();
        let columns = wanted.columns.into_iter().collect();
        let mut plan = LogicalPlanBuilder::scan(name, wanted.source, Some(columns)).map_err(failed)?;
        if let Some(rows) = disjunction(wanted.rows) {
            plan = plan.filter(rows).map_err(failed)?;
        }
        let frame = DataFrame::new(self.context.state(), plan.build().map_err(failed)?);
        let mut batches = frame.execute_stream().await.map_err(failed)?;
        let wrong = |error: Box<dyn std::error::Error + Send + Sync>| {
            Error::failed("a temporary file cannot be written").because(error).hint("is the disk full?")
        };
        let file = File::create(path).map_err(|error| wrong(error.into()))?;
        let properties =
            WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        let mut writer = ArrowWriter::try_new(file, batches.schema(), Some(properties))
            .map_err(|error| wrong(error.into()))?;
        while let Some(batch) = batches.next().await {
            writer.write(&batch.map_err(failed)?).map_err(|error| wrong(error.into()))?;
        }
        writer.close().map_err(|error| wrong(error.into()))?;
        crate::query::engine::listing(&[path.to_string_lossy().into_owned()], schema).map_err(failed)
    }
}

impl Shared {
    /// Plans one read-only statement over what was read in common.
    pub async fn plan(&self, sql: &str) -> std::result::Result<DataFrame, SqlFault> {
        let frame = self.engine.plan(sql).await?;
        if self.narrowed.is_empty() {
            return Ok(frame);
        }
        let (state, plan) = frame.into_parts();
        let plan = state.optimize(&plan).and_then(|plan| {
            plan.transform_down_with_subqueries(|node| {
                Ok(match node {
                    LogicalPlan::TableScan(mut scan) => {
                        let source =
                            narrow_rows(&scan).and_then(|_| self.narrowed.get(&scan.table_name.to_string()));
                        if let Some(source) = source {
                            scan.source = Arc::clone(source);
                        }
                        Transformed::yes(LogicalPlan::TableScan(scan))
                    }
                    other => Transformed::no(other),
                })
            })
        });
        let plan = plan.map_err(|error| fault_of(&error))?.data;
        Ok(DataFrame::new(state, plan))
    }
}

fn want(scan: &TableScan, rows: Expr, wanted: &mut BTreeMap<String, Wanted>) {
    let entry = wanted.entry(scan.table_name.to_string()).or_insert_with(|| Wanted {
        source: Arc::clone(&scan.source),
        reads: 0,
        columns: BTreeSet::new(),
        rows: Vec::new(),
    });
    entry.reads += 1;
    let schema = scan.source.schema();
    match &scan.projection {
        Some(columns) => entry.columns.extend(columns),
        None => entry.columns.extend(0..schema.fields().len()),
    }
    // a filter's columns are read as well, though the statement may not return them
    entry.columns.extend(rows.column_refs().iter().filter_map(|column| schema.index_of(&column.name).ok()));
    if !entry.rows.contains(&rows) {
        entry.rows.push(rows);
    }
}

/// Returns the condition of a scan that wants few of its table's rows.
fn narrow_rows(scan: &TableScan) -> Option<Expr> {
    let is_own = |expr: &Expr| !expr.contains_outer();
    let of_other_than_ts = |expr: &Expr| expr.column_refs().iter().any(|column| column.name != "ts");
    let narrows = scan.filters.iter().any(|filter| of_other_than_ts(filter) && is_selective(filter));
    if !narrows || !scan.filters.iter().all(is_own) {
        return None;
    }
    conjunction(scan.filters.iter().cloned())
}

/// Tells conditions that pick rows from those that leave a few out.
fn is_selective(expr: &Expr) -> bool {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            is_selective(left) || is_selective(right)
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            is_selective(left) && is_selective(right)
        }
        Expr::BinaryExpr(BinaryExpr { op, .. }) => !matches!(
            op,
            Operator::NotEq
                | Operator::IsDistinctFrom
                | Operator::RegexNotMatch
                | Operator::RegexNotIMatch
                | Operator::NotLikeMatch
                | Operator::NotILikeMatch
        ),
        Expr::InList(list) => !list.negated,
        Expr::Like(like) | Expr::SimilarTo(like) => !like.negated,
        Expr::Between(between) => !between.negated,
        Expr::Not(_) | Expr::IsNotNull(_) | Expr::IsNotTrue(_) | Expr::IsNotFalse(_) | Expr::Literal(..) => {
            false
        }
        _ => true,
    }
}
