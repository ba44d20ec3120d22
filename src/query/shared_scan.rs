//! Shared scans: rows of a table that several statements read are read from the lake once, filtered to
//! the rows that any of them needs, and stored as temporary Parquet while the statements run.
//! Works on plans only: the result of a statement is the same with and without it.

mod sample; // how many rows a filter selects

use crate::query::engine::{Engine, listing};
use crate::query::error::{SqlError, engine_error};
use crate::query::shared_scan::sample::Sample;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::tree_node::{Transformed, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::utils::{conjunction, disjunction};
use datafusion::logical_expr::{
    BinaryExpr, Expr, LogicalPlan, LogicalPlanBuilder, Operator, TableScan, TableSource,
};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::DataFrame;
use futures::{StreamExt, stream};
use model::error::{Error, Result};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A session in which several statements share their scans.
pub struct SharedScan {
    engine: Engine,
    /// Optimised plans by statement.
    plans: HashMap<String, LogicalPlan>,
    /// Filtered copies by table name.
    copies: HashMap<String, Copied>,
    _folder: TempDir,
}

/// The rows of a plan, or the limit that it exceeded.
pub enum Limited {
    /// All rows.
    Rows(Vec<RecordBatch>),
    /// There are more rows than allowed.
    TooManyRows,
    /// It took longer than allowed.
    TooLong,
}

/// The scans of one table by several statements.
struct TableReads {
    source: Arc<dyn TableSource>,
    reads: Vec<Read>,
}

/// A scan: its filter, and the columns that it needs.
struct Read {
    filter: Expr,
    columns: BTreeSet<usize>,
}

/// A filtered copy of a table, for the scans with these filters.
struct Copied {
    source: Arc<dyn TableSource>,
    filters: HashSet<Expr>,
}

impl Engine {
    /// Reads the tables that several `statements` read; run each through [`SharedScan::plan`].
    /// A statement that needs many rows of a table scans it itself: such statements read few columns.
    pub async fn share_scans(&self, statements: &[&str]) -> Result<SharedScan> {
        let mut tables: BTreeMap<String, TableReads> = BTreeMap::new();
        let mut plans = HashMap::new();
        let threads = self.context.state().config().target_partitions();
        let optimised = statements.iter().map(|sql| self.optimised((*sql).to_owned()));
        let mut optimised = stream::iter(optimised).buffered(threads).zip(stream::iter(statements));
        while let Some((plan, sql)) = optimised.next().await {
            // an invalid statement is reported where it is run
            let Some(plan) = plan else { continue };
            let walked = plan.apply_with_subqueries(|node| {
                if let LogicalPlan::TableScan(scan) = node
                    && let Some(filter) = selective_filter(scan)
                {
                    add_read(scan, filter, &mut tables);
                }
                Ok(TreeNodeRecursion::Continue)
            });
            if walked.is_err() {
                continue; // it is planned again, and reported, where it is run
            }
            plans.insert((*sql).to_owned(), plan);
        }
        let folder = tempfile::tempdir().map_err(|error| {
            Error::failed("cannot create a temporary folder").because(error).hint("is the disk full?")
        })?;
        let mut copies = HashMap::new();
        for (at, (name, table)) in tables.into_iter().filter(|(_, table)| table.reads.len() > 1).enumerate() {
            let path = folder.path().join(format!("{at}.parquet"));
            match self.filtered_copy(&name, table, &path).await {
                Ok(copied) => copies.extend(copied.map(|copied| (name, copied))),
                // a filter that fails, such as a division by zero, must fail its own statement only: each
                // statement scans the table itself
                Err(error) => tracing::warn!(table = name, %error, "scans are not shared"),
            }
        }
        Ok(SharedScan { engine: self.clone(), plans, copies, _folder: folder })
    }

    /// Plans and optimises a statement; a hundred on one thread take seconds.
    async fn optimised(&self, sql: String) -> Option<LogicalPlan> {
        let engine = self.clone();
        on_own_thread(async move { engine.plan(&sql).await.ok()?.into_optimized_plan().ok() }).await.ok()?
    }

    /// Reads a table once and writes the needed rows and columns to `path`; `None` if no two scans need few rows.
    async fn filtered_copy(&self, name: &str, table: TableReads, path: &Path) -> Result<Option<Copied>> {
        let failed = |error: DataFusionError| engine_error(&format!("cannot read table `{name}`"), error);
        let sample = Sample::of(self, name, &table.source).await.map_err(failed)?;
        let schema: SchemaRef = table.source.schema();
        let (mut columns, mut needed, mut filters) = (BTreeSet::new(), Vec::new(), HashSet::new());
        let mut count = 0;
        for Read { filter, columns: read } in table.reads {
            let Some(rows) = sample.cheapest(&filter, &schema) else { continue };
            columns.extend(read);
            if !needed.contains(&rows) {
                needed.push(rows);
            }
            filters.insert(filter);
            count += 1;
        }
        if count < 2 {
            return Ok(None);
        }
        let columns = columns.into_iter().collect();
        let mut plan = LogicalPlanBuilder::scan(name, table.source, Some(columns)).map_err(failed)?;
        if let Some(filter) = disjunction(needed) {
            plan = plan.filter(filter).map_err(failed)?;
        }
        let frame = DataFrame::new(self.context.state(), plan.build().map_err(failed)?);
        let mut batches = frame.execute_stream().await.map_err(failed)?;
        let unwritten = |error: Box<dyn std::error::Error + Send + Sync>| {
            Error::failed("cannot write a temporary file").because(error).hint("is the disk full?")
        };
        let file = File::create(path).map_err(|error| unwritten(error.into()))?;
        let properties =
            WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        let mut writer = ArrowWriter::try_new(file, batches.schema(), Some(properties))
            .map_err(|error| unwritten(error.into()))?;
        while let Some(batch) = batches.next().await {
            writer.write(&batch.map_err(failed)?).map_err(|error| unwritten(error.into()))?;
        }
        writer.close().map_err(|error| unwritten(error.into()))?;
        let source = listing(&[path.to_string_lossy().into_owned()], schema).map_err(failed)?;
        Ok(Some(Copied { source, filters }))
    }
}

impl SharedScan {
    /// Plans one read-only statement over the shared copies. What `share_scans` has optimised is not optimised again.
    pub async fn plan(&self, sql: &str) -> std::result::Result<Arc<dyn ExecutionPlan>, SqlError> {
        let failed = |error: DataFusionError| SqlError::of(&error);
        let Some(plan) = self.plans.get(sql) else {
            return self.engine.plan(sql).await?.create_physical_plan().await.map_err(failed);
        };
        let plan = plan.clone().transform_down_with_subqueries(|node| {
            Ok(match node {
                LogicalPlan::TableScan(mut scan) => {
                    if let Some(filter) = selective_filter(&scan)
                        && let Some(copied) = self.copies.get(&scan.table_name.to_string())
                        && copied.filters.contains(&filter)
                    {
                        scan.source = Arc::clone(&copied.source);
                    }
                    Transformed::yes(LogicalPlan::TableScan(scan))
                }
                other => Transformed::no(other),
            })
        });
        let plan = plan.map_err(failed)?.data;
        let state = self.engine.context.state();
        let planned = async move { state.query_planner().create_physical_plan(&plan, &state).await };
        on_own_thread(planned).await.map_err(failed)?.map_err(failed)
    }

    /// Runs a plan up to a number of rows and for a time. It runs as a task of its own, so that the time of other
    /// work does not count; dropping the future ends the task.
    pub async fn rows(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        most: usize,
        time: Duration,
    ) -> std::result::Result<Limited, DataFusionError> {
        let context = self.engine.context.task_ctx();
        let rows = async move {
            let mut stream = execute_stream(plan, context)?;
            let (mut batches, mut count) = (Vec::new(), 0);
            while let Some(batch) = stream.next().await {
                let batch = batch?;
                count += batch.num_rows();
                if count > most {
                    return Ok(Limited::TooManyRows);
                }
                batches.push(batch);
            }
            Ok(Limited::Rows(batches))
        };
        let task = SpawnedTask::spawn(tokio::time::timeout(time, rows));
        let ended = task.join().await.map_err(|error| DataFusionError::External(Box::new(error)))?;
        ended.unwrap_or(Ok(Limited::TooLong))
    }
}

/// Runs work that never waits long on a thread of its own: those of the runtime may be held by a statement that is
/// beyond its time.
async fn on_own_thread<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> std::result::Result<T, DataFusionError> {
    let runtime = tokio::runtime::Handle::current();
    let task = SpawnedTask::spawn_blocking(move || runtime.block_on(work));
    task.join().await.map_err(|error| DataFusionError::External(Box::new(error)))
}

fn add_read(scan: &TableScan, filter: Expr, tables: &mut BTreeMap<String, TableReads>) {
    let schema = scan.source.schema();
    let mut columns: BTreeSet<usize> = match &scan.projection {
        Some(columns) => columns.iter().copied().collect(),
        None => (0..schema.fields().len()).collect(),
    };
    // the filter is evaluated again on the copy, so its columns are needed too
    columns.extend(filter.column_refs().iter().filter_map(|column| schema.index_of(&column.name).ok()));
    let table = tables
        .entry(scan.table_name.to_string())
        .or_insert_with(|| TableReads { source: Arc::clone(&scan.source), reads: Vec::new() });
    table.reads.push(Read { filter, columns });
}

/// Returns the filter of a scan that needs few of its table's rows; `None` for any other scan.
fn selective_filter(scan: &TableScan) -> Option<Expr> {
    let is_local = |expr: &Expr| !expr.contains_outer();
    let filters_beyond_ts = |expr: &Expr| expr.column_refs().iter().any(|column| column.name != "ts");
    let is_narrow = scan.filters.iter().any(|filter| filters_beyond_ts(filter) && is_selective(filter));
    if !is_narrow || !scan.filters.iter().all(is_local) {
        return None;
    }
    conjunction(scan.filters.iter().cloned())
}

/// Returns true for conditions that select few rows, false for those that only exclude some.
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
