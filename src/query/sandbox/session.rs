//! A session for statements of strangers: the lake's files and nothing else of this machine, no table
//! functions, no recursion; what does not fit into memory goes to a folder of its own, so far and no
//! further. It is lived in by a process of its own (`query`), whose limits hold what the pool misses.

use crate::lake::Lake;
use crate::lake::catalog::Catalog;
use crate::query::engine::{Engine, Limits, SqlFault, engine_error, fault_of, only_reads, runtime, settings};
use crate::query::guard::Checked;
use arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreRegistry, ObjectStoreUrl};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::DataFrame;
use model::error::{Error, Result};
use std::path::Path;
use std::sync::Arc;

/// Where a served session puts what does not fit into memory.
#[derive(Clone, Copy, Debug)]
pub struct Spill<'a> {
    /// Folder.
    pub folder: &'a Path,
    /// Most bytes in it.
    pub bytes: u64,
}

impl Engine {
    /// Returns a session for statements of strangers over all rows of the lake.
    pub async fn served(lake: &Lake, catalog: &Catalog, limits: Limits, spill: Spill<'_>) -> Result<Self> {
        let failed = |error: DataFusionError| engine_error("the query engine cannot start", error);
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
        let engine = Self::with(settings, runtime)?;
        let functions: Vec<String> = engine.context.state().table_functions().keys().cloned().collect();
        for name in functions {
            engine.context.deregister_udtf(&name);
        }
        engine.fill(lake, catalog, None, 0)?;
        Ok(engine)
    }

    /// Runs a statement of a stranger; of its rows at most `rows` are made.
    ///
    /// # Errors
    /// Why it cannot be planned, or not begun.
    pub async fn rows(
        &self,
        statement: Checked,
        rows: usize,
    ) -> std::result::Result<SendableRecordBatchStream, Broken> {
        let state = self.context.state();
        let plan = state.statement_to_plan(statement.0).await.map_err(broken)?;
        only_reads().verify_plan(&plan).map_err(broken)?;
        // a plan that tells of another one stands at the top
        let tells =
            matches!(plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) | LogicalPlan::DescribeTable(_));
        let frame = DataFrame::new(state, plan);
        let frame = if tells { frame } else { frame.limit(0, Some(rows)).map_err(broken)? };
        frame.execute_stream().await.map_err(broken)
    }
}

/// Why a statement that may run gives no rows, or no more of them.
#[derive(Debug)]
pub enum Broken {
    /// It needs more memory, or more disk in its place, than it may use.
    OutOfMemory,
    /// It cannot be planned, or a value is not what it takes it for.
    Wrong(SqlFault),
    /// Something here failed.
    Failed(Error),
}

/// Tells whose fault an error of the engine is.
pub fn broken(error: DataFusionError) -> Broken {
    use DataFusionError as E;
    let root = error.find_root();
    let text = root.strip_backtrace();
    if text.contains("regex parse error") || text.contains("Regular expression") {
        let why = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let what = format!("a regular expression cannot be read: {why}");
        return Broken::Wrong(SqlFault { line: None, column: None, what, hint: None });
    }
    let is_files = |arrow: &ArrowError| {
        matches!(arrow, ArrowError::IoError(..) | ArrowError::ParquetError(_) | ArrowError::MemoryError(_))
    };
    match root {
        E::ResourcesExhausted(_) => Broken::OutOfMemory,
        E::ArrowError(arrow, _) if is_files(arrow) => {
            Broken::Failed(engine_error("the statement failed", error))
        }
        E::ArrowError(..)
        | E::SQL(..)
        | E::NotImplemented(_)
        | E::Plan(_)
        | E::SchemaError(..)
        | E::Execution(_) => {
            let place = fault_of(&error); // which the wrapping may know, as the root knows why
            Broken::Wrong(SqlFault { line: place.line, column: place.column, ..fault_of(root) })
        }
        _ => Broken::Failed(engine_error("the statement failed", error)),
    }
}
