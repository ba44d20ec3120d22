//! A restricted session for untrusted SQL: it can read the lake's files and no other file, has no table
//! functions and no recursion, and spills to one folder of limited size. It runs in a child process,
//! whose system limits cover memory that DataFusion's pool does not account for.

use crate::lake::Lake;
use crate::lake::catalog::Catalog;
use crate::query::engine::{Engine, Limits, Scope, only_reads, runtime, settings};
use crate::query::error::{QueryError, SqlError, engine_error, is_out_of_memory};
use crate::query::guard::Checked;
use arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreRegistry, ObjectStoreUrl};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::DataFrame;
use model::error::Result;
use std::path::Path;
use std::sync::Arc;

/// Where a session spills to disk.
#[derive(Clone, Copy, Debug)]
pub struct Spill<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// Largest number of bytes in the folder.
    pub bytes: u64,
}

impl Engine {
    /// Returns a session for one untrusted statement over all rows of the lake.
    pub async fn sandboxed(
        lake: &Lake,
        catalog: &Catalog,
        limits: Limits,
        spill: Spill<'_>,
        sql: &str,
    ) -> Result<Self> {
        let failed = |error: DataFusionError| engine_error("cannot start the query engine", error);
        let stores = DefaultObjectStoreRegistry::new();
        let machine = ObjectStoreUrl::local_filesystem();
        stores.deregister_store(machine.as_ref()).map_err(failed)?;
        let disk = DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Directories(vec![spill.folder.to_owned()]))
            .with_max_temp_directory_size(spill.bytes);
        let runtime = runtime(limits)
            .with_object_store_registry(Arc::new(stores))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(failed)?;
        let mut settings = settings(limits);
        settings.options_mut().execution.enable_recursive_ctes = false;
        let engine = Self::with(settings, runtime, limits.zone)?;
        let functions: Vec<String> = engine.context.state().table_functions().keys().cloned().collect();
        for name in functions {
            engine.context.deregister_udtf(&name);
        }
        engine.fill(lake, catalog, Scope { window: None, lookback_s: 0, sql: Some(sql) }).await?;
        engine.add_pg_catalog(sql).await?;
        Ok(engine)
    }

    /// Runs an untrusted statement and returns at most `rows` of its rows.
    pub async fn rows(
        &self,
        statement: Checked,
        rows: usize,
    ) -> std::result::Result<SendableRecordBatchStream, QueryError> {
        let state = self.context.state();
        let plan = state.statement_to_plan(statement.0).await.map_err(query_error)?;
        only_reads().verify_plan(&plan).map_err(query_error)?;
        // a plan that describes another one must stay the root of the tree: it cannot get a limit
        let is_description =
            matches!(plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) | LogicalPlan::DescribeTable(_));
        let frame = DataFrame::new(state, plan);
        let frame = if is_description { frame } else { frame.limit(0, Some(rows)).map_err(query_error)? };
        frame.execute_stream().await.map_err(query_error)
    }
}

/// Converts an error of the engine: whether the statement, its limits or this side is the cause.
pub fn query_error(error: DataFusionError) -> QueryError {
    use DataFusionError as E;
    let root = error.find_root();
    let text = root.strip_backtrace();
    if text.contains("regex parse error") || text.contains("Regular expression") {
        let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let what = format!("invalid regular expression: {reason}");
        return SqlError { line: None, column: None, what, hint: None }.into();
    }
    // conditions are evaluated while Parquet is read, which wraps their errors as texts
    if let Some((_, reason)) = text.split_once("Error evaluating filter predicate: ")
        && !is_out_of_memory(reason)
    {
        let what = format!("a condition cannot be evaluated: {reason}");
        return SqlError { line: None, column: None, what, hint: None }.into();
    }
    let is_io = |arrow: &ArrowError| {
        matches!(arrow, ArrowError::IoError(..) | ArrowError::ParquetError(_) | ArrowError::MemoryError(_))
    };
    match root {
        E::ResourcesExhausted(_) => QueryError::OutOfMemory,
        E::ArrowError(arrow, _) if is_io(arrow) => failed(error),
        E::ArrowError(..)
        | E::SQL(..)
        | E::NotImplemented(_)
        | E::Plan(_)
        | E::SchemaError(..)
        | E::Execution(_) => {
            let outer = SqlError::of(&error); // may know the position; the root has the reason
            let inner = SqlError { line: outer.line, column: outer.column, ..SqlError::of(root) };
            if is_out_of_memory(&inner.what) { QueryError::OutOfMemory } else { inner.into() }
        }
        _ => failed(error),
    }
}

fn failed(error: DataFusionError) -> QueryError {
    let error = engine_error("the statement failed", error);
    if error.why().is_some_and(|reason| is_out_of_memory(&reason)) {
        return QueryError::OutOfMemory;
    }
    QueryError::failed(error)
}
