//! The query engine, and the only builder of a DataFusion session: tables over exactly the files that
//! the catalog lists, filtered to a time window, within a memory limit.

use crate::lake::Lake;
use crate::lake::catalog::Catalog;
use crate::lake::rows::{Texts, schema};
use crate::lake::{change, topology};
use crate::query::broken;
use crate::query::dialect;
use crate::query::error::{SqlError, engine_error};
use crate::query::local_time::LocalTimes;
use crate::query::moved_times::MovedTimes;
use crate::query::one_pass::OnePassJoins;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use chrono_tz::Tz;
use datafusion::catalog::{MemorySchemaProvider, SchemaProvider};
use datafusion::common::{DFSchema, DataFusionError, TableReference};
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::DiskManagerBuilder;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::logical_expr::{EmptyRelation, LogicalPlan, LogicalPlanBuilder, TableSource, col, lit};
use datafusion::object_store::local::LocalFileSystem;
use datafusion::optimizer::Analyzer;
use datafusion::prelude::{DataFrame, SQLOptions, SessionConfig, SessionContext};
use datafusion::scalar::ScalarValue;
use model::error::{Error, Result};
use model::table::Table;
use model::time::Window;
use std::num::NonZeroUsize;
use std::sync::Arc;

/// The lake's folder as plans and errors show it: they must not contain a path of this machine.
const LAKE: &str = "lake:///";

/// The resource limits of a session, and how it reads times.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Memory of queries in bytes; beyond it, operators spill to disk.
    pub memory_bytes: usize,
    /// Threads that run a query.
    pub threads: usize,
    /// The zone of times in a statement that name none.
    pub zone: Tz,
}

/// Which rows of a lake a session has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'s> {
    /// Time of the rows; `None` is all time.
    pub window: Option<Window>,
    /// Seconds before the window in the tables of `history`.
    pub lookback_s: i64,
    /// The one statement that the session runs: tables that it cannot name stay empty, since a year has ten thousand
    /// files. `None` fills all.
    pub sql: Option<&'s str>,
}

impl Scope<'_> {
    /// Returns false if the statement names neither the table nor a view over it. Names of other views contain that
    /// of their table.
    fn names(&self, table: &str) -> bool {
        let over: &[&str] = match table {
            "audit" => &["state", "broken"],
            "business" | "event" | "standard" | "state" => &["broken"],
            _ => &[],
        };
        self.sql.is_none_or(|sql| {
            let sql = sql.to_ascii_lowercase();
            sql.contains(table) || over.iter().any(|view| sql.contains(view))
        })
    }
}

/// A session over a lake.
#[derive(Clone)]
pub struct Engine {
    pub(crate) context: SessionContext,
}

impl Engine {
    /// Returns a session in which every table exists and is empty, for planning.
    pub async fn empty(limits: Limits) -> Result<Self> {
        let engine = Self::new(limits)?;
        for table in Table::ALL {
            for name in ["public", "history"] {
                engine.replace(name, table.name(), schema(table, Texts::Queried), Vec::new())?;
            }
        }
        engine.replace("public", "topology", topology::schema(&DataType::Utf8View), Vec::new())?;
        for name in ["public", "history"] {
            engine.replace(name, "change", change::schema(&DataType::Utf8View), Vec::new())?;
        }
        engine.add_views(true).await?;
        Ok(engine)
    }

    /// Returns a session whose tables contain the rows of `window`, and whose `history.*` tables contain
    /// the `lookback_s` seconds before it. Without a window the tables contain all rows of the lake.
    pub async fn over(
        lake: &Lake,
        catalog: &Catalog,
        window: Option<Window>,
        lookback_s: i64,
        limits: Limits,
    ) -> Result<Self> {
        let engine = Self::new(limits)?;
        engine.fill(lake, catalog, Scope { window, lookback_s, sql: None }).await?;
        Ok(engine)
    }

    /// Registers the lake's rows as tables.
    pub(crate) async fn fill(&self, lake: &Lake, catalog: &Catalog, scope: Scope<'_>) -> Result<()> {
        let Scope { window, lookback_s, .. } = scope;
        let files = LocalFileSystem::new_with_prefix(&lake.root).map_err(|error| {
            Error::failed("cannot open the lake's folder").at(lake.root.display().to_string()).because(error)
        })?;
        let root = ObjectStoreUrl::parse(LAKE)
            .map_err(|error| engine_error("cannot address the lake's files", error))?;
        self.context.register_object_store(root.as_ref(), Arc::new(files));
        let mut tables = vec![("change", change::schema(&DataType::Utf8View))];
        for table in Table::ALL {
            tables.push((table.name(), schema(table, Texts::Queried)));
        }
        for (table, columns) in tables {
            if !scope.names(table) {
                self.without_rows(TableReference::partial("public", table), &columns)?;
                continue;
            }
            self.scan(catalog, TableReference::partial("public", table), Arc::clone(&columns), window)?;
            if let Some(window) = window {
                let name = TableReference::partial("history", table);
                self.scan(catalog, name, columns, Some(window.before(lookback_s)))?;
            }
        }
        // `broken` reads the stored states alone: no status in `audit` shows a whole object
        self.add_views(window.is_some()).await?;
        let (from, to) = window.map_or((i64::MIN, i64::MAX), |window| (window.from.0, window.to.0));
        if catalog.files(Table::State.name(), from, to)?.is_empty() {
            self.add_broken(false).await?;
        }
        self.add_states("public").await?;
        if window.is_some() {
            self.add_states("history").await?;
        }
        if window.is_none() && (scope.names("report") || scope.names("pg_catalog")) {
            self.add_reports(catalog).await?;
        }
        // most of the objects that exist today were created on an earlier day
        let (name, columns) = ("topology", topology::schema(&DataType::Utf8View));
        match scope.names(name) {
            true => self.scan(catalog, TableReference::partial("public", name), columns, None),
            false => self.without_rows(TableReference::partial("public", name), &columns),
        }
    }

    /// Registers a table that is known to have no rows: a statement over it costs hardly any planning.
    fn without_rows(&self, name: TableReference, schema: &SchemaRef) -> Result<()> {
        let failed = |error| engine_error(&format!("cannot register table `{name}`"), error);
        let schema = DFSchema::try_from_qualified_schema(name.clone(), schema).map_err(failed)?;
        let empty = EmptyRelation { produce_one_row: false, schema: Arc::new(schema) };
        self.register(name.clone(), LogicalPlan::EmptyRelation(empty))
    }

    /// Adds the states that statuses in `audit` show to the table `state`.
    async fn add_states(&self, schema: &str) -> Result<()> {
        let name = TableReference::partial(schema, "state");
        let failed = |error| engine_error("cannot register table `state`", error);
        let stored = self.context.table(name.clone()).await.map_err(failed)?;
        let sql = include_str!("../../sql/state/of_audit.sql").replace("{audit}", &format!("{schema}.audit"));
        let seen = self.context.sql(&sql).await.map_err(failed)?;
        self.register(name, stored.union(seen).map_err(failed)?.logical_plan().clone())
    }

    fn new(limits: Limits) -> Result<Self> {
        let runtime = runtime(limits)
            .with_disk_manager_builder(DiskManagerBuilder::default())
            .build_arc()
            .map_err(|error| engine_error("cannot start the query engine", error))?;
        Self::with(settings(limits), runtime, limits.zone)
    }

    pub(crate) fn with(settings: SessionConfig, runtime: Arc<RuntimeEnv>, zone: Tz) -> Result<Self> {
        let mut analyzer = Analyzer::new();
        analyzer.rules.insert(0, Arc::new(LocalTimes { zone }));
        let state = SessionStateBuilder::new()
            .with_config(settings)
            .with_runtime_env(runtime)
            .with_default_features()
            .with_analyzer_rules(analyzer.rules)
            .with_optimizer_rule(Arc::new(MovedTimes))
            .with_physical_optimizer_rule(Arc::new(OnePassJoins))
            .build();
        #[expect(clippy::disallowed_methods, reason = "the one place that builds a session")]
        let mut context = SessionContext::new_with_state(state);
        datafusion_functions_json::register_all(&mut context)
            .map_err(|error| engine_error("cannot start the query engine", error))?;
        context.register_udf(broken::function());
        let engine = Self { context };
        engine.add_schema("history")?;
        Ok(engine)
    }

    /// Registers the live rows of a table: a listing of exactly the catalog's files, filtered by time.
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
            return self.without_rows(name, &schema);
        }
        let failed = |error| engine_error(&format!("cannot open the files of `{name}`"), error);
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
        let failed = |error| engine_error(&format!("cannot register table `{name}`"), error);
        self.context.deregister_table(name.clone()).map_err(failed)?;
        self.context.register_table(name.clone(), view).map(|_| ()).map_err(failed)
    }

    /// Replaces the table `schema.name` by rows in memory.
    pub fn replace(
        &self,
        schema: &str,
        name: &str,
        rows: SchemaRef,
        batches: Vec<RecordBatch>,
    ) -> Result<()> {
        let reference = TableReference::partial(schema, name);
        let failed = |error| engine_error("rows in memory do not match their schema", error);
        let table = MemTable::try_new(rows, vec![batches]).map_err(failed)?;
        let plan = LogicalPlanBuilder::scan(reference.clone(), provider_as_source(Arc::new(table)), None)
            .and_then(LogicalPlanBuilder::build)
            .map_err(failed)?;
        self.register(reference, plan)
    }

    /// Replaces the table `name` by a view.
    pub async fn view(&self, name: &str, sql: &str) -> Result<()> {
        self.view_in("public", name, sql).await
    }

    /// Adds an empty schema.
    pub(crate) fn add_schema(&self, name: &str) -> Result<()> {
        let schema: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
        let failed = |error| engine_error("cannot start the query engine", error);
        match self.context.catalog("headwater") {
            Some(catalog) => catalog.register_schema(name, schema).map(|_| ()).map_err(failed),
            None => Ok(()),
        }
    }

    /// Replaces the table `schema.name` by a view.
    pub(crate) async fn view_in(&self, schema: &str, name: &str, sql: &str) -> Result<()> {
        let frame = self.plan(sql).await.map_err(|error| error.into_error("cannot plan a view", name))?;
        self.register(TableReference::partial(schema, name), frame.logical_plan().clone())
    }

    /// Stores the result of `sql` as table `name`, so that later statements do not compute it again.
    pub async fn materialize(&self, name: &str, sql: &str) -> Result<()> {
        let frame = self
            .plan(sql)
            .await
            .map_err(|error| error.into_error("cannot plan a statement of the trace", name))?;
        let planned: SchemaRef = Arc::new(frame.schema().as_arrow().clone());
        let batches = frame
            .collect()
            .await
            .map_err(|error| engine_error(&format!("statement `{name}` failed"), error))?;
        // the computed schema may be stricter about nulls than the planned one
        let rows = batches.first().map_or(planned, RecordBatch::schema);
        self.replace("public", name, rows, batches)
    }

    /// Plans one read-only statement.
    pub async fn plan(&self, sql: &str) -> std::result::Result<DataFrame, SqlError> {
        let failed = |error: DataFusionError| SqlError::of(&error);
        let state = self.context.state();
        let statement = dialect::statement(sql).map_err(failed)?;
        let plan = state.statement_to_plan(statement).await.map_err(failed)?;
        only_reads().verify_plan(&plan).map_err(failed)?;
        Ok(DataFrame::new(state, plan))
    }

    /// Runs one read-only statement.
    pub async fn query(&self, sql: &str) -> Result<Vec<RecordBatch>> {
        let frame =
            self.plan(sql).await.map_err(|error| error.into_error("cannot plan the statement", "sql"))?;
        frame.collect().await.map_err(|error| engine_error("the statement failed", error))
    }

    /// Runs one read-only statement and streams its rows.
    pub async fn stream(&self, sql: &str) -> Result<SendableRecordBatchStream> {
        let frame =
            self.plan(sql).await.map_err(|error| error.into_error("cannot plan the statement", "sql"))?;
        frame.execute_stream().await.map_err(|error| engine_error("the statement failed", error))
    }

    /// Plans and optimises one read-only statement without running it, and returns its schema.
    pub async fn check(&self, sql: &str) -> std::result::Result<SchemaRef, SqlError> {
        let frame = self.plan(sql).await?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        frame.create_physical_plan().await.map_err(|error| SqlError::of(&error))?;
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
    // over a view of a union, such as `state`, that rule fails: a column is there with and without its table
    options.optimizer.enable_leaf_expression_pushdown = false;
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
