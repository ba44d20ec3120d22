//! The only builder of a DataFusion session: tables over the exact files the catalog names,
//! narrowed to a window, within a memory budget. Everyone who runs SQL runs it here.

use crate::config::Plain;
use crate::lake::Lake;
use crate::lake::catalog::Catalog;
use crate::lake::rows::{Texts, schema};
use crate::lake::topology;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider};
use datafusion::common::{DataFusionError, TableReference};
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, TableSource, col, lit};
use datafusion::object_store::local::LocalFileSystem;
use datafusion::prelude::{DataFrame, SQLOptions, SessionConfig, SessionContext};
use datafusion::scalar::ScalarValue;
use model::error::{Error, Result};
use model::table::Table;
use model::time::Window;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// The lake's folder as the engine names it: plans and errors tell no path of this machine.
const LAKE: &str = "lake:///";

/// What a session may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Memory of queries in bytes; what does not fit goes to disk.
    pub memory_bytes: usize,
    /// Threads.
    pub threads: usize,
}

/// A session over a lake.
#[derive(Clone)]
pub struct Engine {
    pub(crate) context: SessionContext,
}

/// Where an SQL text is wrong, and what the planner says of it.
#[derive(Clone, Debug)]
pub struct SqlFault {
    /// Line from 1, where known.
    pub line: Option<u64>,
    /// Column from 1, where known.
    pub column: Option<u64>,
    /// What is wrong, one line.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Engine {
    /// Returns a session without rows: every table is there and empty, for planning.
    pub fn empty(limits: Limits) -> Result<Self> {
        let engine = Self::new(limits)?;
        for table in Table::ALL {
            for name in ["public", "history"] {
                engine.replace(name, table.name(), schema(table, Texts::Queried), Vec::new())?;
            }
        }
        engine.replace("public", "topology", topology::schema(&DataType::Utf8View), Vec::new())?;
        Ok(engine)
    }

    /// Returns a session whose tables hold the rows of `window`, with `lookback_s` seconds before
    /// it in `history.*`; without a window, all rows of the lake.
    pub async fn over(
        lake: &Lake,
        catalog: &Catalog,
        window: Option<Window>,
        lookback_s: i64,
        limits: Limits,
    ) -> Result<Self> {
        let engine = Self::new(limits)?;
        engine.fill(lake, catalog, window, lookback_s)?;
        Ok(engine)
    }

    /// Puts the rows of the lake into its tables.
    pub(crate) fn fill(
        &self,
        lake: &Lake,
        catalog: &Catalog,
        window: Option<Window>,
        lookback_s: i64,
    ) -> Result<()> {
        let files = LocalFileSystem::new_with_prefix(&lake.root).map_err(|error| {
            Error::failed("the lake's folder cannot be opened")
                .at(lake.root.display().to_string())
                .because(error)
        })?;
        let root = ObjectStoreUrl::parse(LAKE)
            .map_err(|error| engine_error("the lake's files cannot be named", error))?;
        self.context.register_object_store(root.as_ref(), Arc::new(files));
        for table in Table::ALL {
            let columns = schema(table, Texts::Queried);
            let name = TableReference::partial("public", table.name());
            self.scan(catalog, name, Arc::clone(&columns), window)?;
            if let Some(window) = window {
                let name = TableReference::partial("history", table.name());
                self.scan(catalog, name, columns, Some(window.before(lookback_s)))?;
            }
        }
        // what hangs together today was mostly created on an earlier day
        let name = TableReference::partial("public", "topology");
        self.scan(catalog, name, topology::schema(&DataType::Utf8View), None)
    }

    fn new(limits: Limits) -> Result<Self> {
        let runtime = runtime(limits)
            .with_disk_manager_builder(DiskManagerBuilder::default())
            .build_arc()
            .map_err(|error| engine_error("the query engine cannot start", error))?;
        Self::with(settings(limits), runtime)
    }

    pub(crate) fn with(settings: SessionConfig, runtime: Arc<RuntimeEnv>) -> Result<Self> {
        let state = SessionStateBuilder::new()
            .with_config(settings)
            .with_runtime_env(runtime)
            .with_default_features()
            .build();
        let mut context = SessionContext::new_with_state(state);
        datafusion_functions_json::register_all(&mut context)
            .map_err(|error| engine_error("the query engine cannot start", error))?;
        if let Some(catalog) = context.catalog("headwater") {
            let history: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
            catalog
                .register_schema("history", history)
                .map_err(|error| engine_error("the query engine cannot start", error))?;
        }
        Ok(Self { context })
    }

    /// Registers the live rows of a table in a window: a listing over exactly the catalog's files,
    /// filtered by time.
    fn scan(
        &self,
        catalog: &Catalog,
        name: TableReference,
        schema: SchemaRef,
        window: Option<Window>,
    ) -> Result<()> {
        let (from, to) = window.map_or((i64::MIN, i64::MAX), |window| (window.from.0, window.to.0));
        let files = catalog.files(name.table(), from, to)?;
        if files.is_empty() {
            return self.replace(name.schema().unwrap_or("public"), name.table(), schema, Vec::new());
        }
        let failed = |error| engine_error(&format!("the files of `{name}` cannot be opened"), error);
        let urls: Vec<String> = files.iter().map(|file| format!("{LAKE}{}", file.path)).collect();
        let source = listing(&urls, schema).map_err(failed)?;
        let mut plan = LogicalPlanBuilder::scan(name.clone(), source, None).map_err(failed)?;
        if window.is_some() {
            let at = |ts: i64| lit(ScalarValue::TimestampMicrosecond(Some(ts), Some("UTC".into())));
            plan = plan.filter(col("ts").gt_eq(at(from)).and(col("ts").lt(at(to)))).map_err(failed)?;
        }
        self.register(name.clone(), plan.build().map_err(failed)?)
    }

    fn register(&self, name: TableReference, plan: LogicalPlan) -> Result<()> {
        let view = DataFrame::new(self.context.state(), plan).into_view();
        let failed = |error| engine_error(&format!("`{name}` cannot be registered"), error);
        self.context.deregister_table(name.clone()).map_err(failed)?;
        self.context.register_table(name.clone(), view).map(|_| ()).map_err(failed)
    }

    /// Puts rows in memory in place of `schema.name`.
    pub fn replace(
        &self,
        schema: &str,
        name: &str,
        rows: SchemaRef,
        batches: Vec<RecordBatch>,
    ) -> Result<()> {
        let reference = TableReference::partial(schema, name);
        let failed = |error| engine_error("rows in memory do not fit their schema", error);
        let table = MemTable::try_new(rows, vec![batches]).map_err(failed)?;
        let plan = LogicalPlanBuilder::scan(reference.clone(), provider_as_source(Arc::new(table)), None)
            .and_then(LogicalPlanBuilder::build)
            .map_err(failed)?;
        self.register(reference, plan)
    }

    /// Puts a view in place of `name`.
    pub async fn view(&self, name: &str, sql: &str) -> Result<()> {
        let frame =
            self.plan(sql).await.map_err(|fault| fault.into_error("a view cannot be planned", name))?;
        self.register(TableReference::partial("public", name), frame.logical_plan().clone())
    }

    /// Keeps the result of `sql` under `name`, so that later statements of one step read it once.
    pub async fn keep(&self, name: &str, sql: &str) -> Result<()> {
        let frame = self
            .plan(sql)
            .await
            .map_err(|fault| fault.into_error("a statement of the trace cannot be planned", name))?;
        let planned: SchemaRef = Arc::new(frame.schema().as_arrow().clone());
        let batches =
            frame.collect().await.map_err(|error| engine_error(&format!("`{name}` failed"), error))?;
        // what was computed may be stricter about nulls than what was planned
        let rows = batches.first().map_or(planned, RecordBatch::schema);
        self.replace("public", name, rows, batches)
    }

    /// Plans one read-only statement.
    pub async fn plan(&self, sql: &str) -> std::result::Result<DataFrame, SqlFault> {
        self.context.sql_with_options(sql, only_reads()).await.map_err(|error| fault_of(&error))
    }

    /// Runs one read-only statement.
    pub async fn query(&self, sql: &str) -> Result<Vec<RecordBatch>> {
        let frame = self
            .plan(sql)
            .await
            .map_err(|fault| fault.into_error("the statement cannot be planned", "sql"))?;
        frame.collect().await.map_err(|error| engine_error("the statement failed", error))
    }

    /// Runs one read-only statement; its rows come as they are made.
    pub async fn stream(&self, sql: &str) -> Result<SendableRecordBatchStream> {
        let frame = self
            .plan(sql)
            .await
            .map_err(|fault| fault.into_error("the statement cannot be planned", "sql"))?;
        frame.execute_stream().await.map_err(|error| engine_error("the statement failed", error))
    }

    /// Plans and optimises one read-only statement without running it.
    pub async fn check(&self, sql: &str) -> std::result::Result<SchemaRef, SqlFault> {
        let frame = self.plan(sql).await?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        frame.create_physical_plan().await.map_err(|error| fault_of(&error))?;
        Ok(schema)
    }
}

pub(crate) fn settings(limits: Limits) -> SessionConfig {
    let mut settings = SessionConfig::new()
        .with_target_partitions(limits.threads.max(1))
        .with_information_schema(true)
        .with_default_catalog_and_schema("headwater", "public");
    let options = settings.options_mut();
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.reorder_filters = true;
    options.execution.collect_statistics = true;
    options.execution.time_zone = Some("+00:00".into());
    options.sql_parser.collect_spans = true;
    settings
}

pub(crate) fn runtime(limits: Limits) -> RuntimeEnvBuilder {
    let top = NonZeroUsize::new(3).unwrap_or(NonZeroUsize::MIN);
    let pool = TrackConsumersPool::new(FairSpillPool::new(limits.memory_bytes), top);
    RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool))
}

pub(crate) fn only_reads() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

/// Returns Parquet files as one table.
pub(crate) fn listing(
    urls: &[String],
    schema: SchemaRef,
) -> std::result::Result<Arc<dyn TableSource>, DataFusionError> {
    let urls = urls.iter().map(ListingTableUrl::parse).collect::<std::result::Result<Vec<_>, _>>()?;
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
    let config =
        ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(schema);
    Ok(provider_as_source(Arc::new(ListingTable::try_new(config)?)))
}

impl SqlFault {
    /// Returns the fault as an error; `place` is the file or the name of the text.
    pub fn into_error(self, what: &str, place: &str) -> Error {
        let at = match (self.line, self.column) {
            (Some(line), Some(column)) => format!("{place}:{line}:{column}"),
            _ => place.to_owned(),
        };
        let mut error = Error::usage(what).at(at).because(Plain(self.what));
        if let Some(hint) = self.hint {
            error = error.hint(hint);
        }
        error
    }
}

/// Returns an error of the engine, its chain cut to what a person can use.
pub fn engine_error(what: &str, error: DataFusionError) -> Error {
    let text = error.strip_backtrace();
    let hint =
        text.contains("Resources exhausted").then_some("raise `[engine] memory_mib`, or narrow the query");
    let error = Error::failed(what).because(Plain(text));
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Reads place, text and hint out of a planner's error.
pub(crate) fn fault_of(error: &DataFusionError) -> SqlFault {
    let text = error.strip_backtrace();
    let text = text.lines().next().unwrap_or_default().to_owned();
    let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
    let (line, column) = match span {
        Some(span) => (Some(span.start.line), Some(span.start.column)),
        None => parser_place(&text),
    };
    let (what, hint) = split_hint(&text);
    SqlFault { line, column, what, hint }
}

/// Reads sqlparser's ` at Line: 3, Column: 8`.
fn parser_place(text: &str) -> (Option<u64>, Option<u64>) {
    let number = |key: &str| {
        let digits: String = text.split_once(key)?.1.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    (number("Line: "), number("Column: "))
}

/// Splits the planner's own advice off, and drops its class names.
fn split_hint(text: &str) -> (String, Option<String>) {
    let mut what = text;
    for prefix in [
        "Error during planning: ",
        "Schema error: ",
        "SQL error: ",
        "ParserError(\"",
        "type_coercion",
        "This feature is not implemented: ",
    ] {
        what = what.strip_prefix(prefix).unwrap_or(what);
    }
    let (what, hint) = match what.split_once(". Valid fields are ") {
        Some((what, fields)) => {
            let names: Vec<&str> =
                fields.trim_end_matches('.').split(", ").map(|f| f.rsplit('.').next().unwrap_or(f)).collect();
            (what, Some(format!("there are: {}", names.join(", "))))
        }
        None => match what.split_once(" Did you mean ") {
            Some((what, name)) => (what, Some(format!("did you mean {name}"))),
            None => (what, None),
        },
    };
    let what = what.split(" at Line: ").next().unwrap_or(what).trim_end_matches(['.', '"', ')']);
    let acronym = what.get(..2).is_some_and(|lead| lead.bytes().all(|b| b.is_ascii_uppercase()));
    let mut first = what.chars();
    let what = match first.next() {
        Some(c) if !acronym => c.to_lowercase().chain(first).collect(),
        _ => what.to_owned(),
    };
    let hint = hint.or_else(|| {
        let refused = what.contains("not supported")
            && ["DDL", "DML", "Statement"].iter().any(|kind| what.starts_with(kind));
        refused.then(|| "only reads are allowed: select, with, explain, describe, show".to_owned())
    });
    (what, hint)
}
