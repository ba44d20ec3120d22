//! The API behind HTTP, MCP and the robot: what a caller may request, and the responses. Every request
//! except probes and metrics is checked against the caller's role and recorded in the audit log.
//! Must not know how a request arrives or how a response is encoded.

pub mod agents; // agents as units
pub mod doctor; // checks of an installation
pub mod document; // references in Markdown
pub mod metrics; // OpenMetrics text
pub mod request; // arguments of requests
pub mod response; // responses
pub mod runs; // runs of the daily job

mod analyze; // analyses of days, uploads and objects
mod audit_log; // who called what
mod bounds; // limits on the length of responses
mod calendar; // days at a glance
mod caller; // who calls, and with which role
mod error; // errors of requests
mod incidents; // incidents of saved reports
mod investigation; // what changed, which lines are near, which patterns, how many
mod lists; // tables, rules, runs, the audit log
mod operation; // all operations with their names and roles
mod paging; // parts of lists, and their cursors
mod query; // SQL
mod reports; // saved reports
mod rules; // tests, backtests and explanations of rules
mod run_day; // the daily job, and downloads
mod spool; // temporary files of uploads
mod trace; // traces
mod upload; // uploads of log files
mod window; // the time that a request names
mod work; // long work on blocking threads

pub use crate::api::bounds::within;
pub use crate::api::caller::{Caller, Role, Transport};
pub use crate::api::error::{ApiError, ErrorKind};
pub use crate::api::upload::Upload;

use crate::api::audit_log::AuditRecorder;
use crate::api::bounds::{LINE, shorten};
use crate::api::operation::Operation;
use crate::api::spool::Spool;
use crate::brief::Writer;
use crate::config::Config;
use crate::lake::catalog::Catalog;
use crate::lake::{Lake, Space};
use crate::pipeline::{Installation, Workspace};
use crate::query::sandbox::{Pool, PoolConfig};
use chrono_tz::Tz;
use model::error::{Error, Result};
use model::time::EXAMPLE_DAY;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinError;

/// The result of a request.
pub type ApiResult<T> = std::result::Result<T, ApiError>;

/// Receives the progress of a long request: steps done, steps in all if known, the current step.
pub type OnProgress<'t> = dyn Fn(f64, Option<f64>, &str) + Send + Sync + 't;

/// The API over one lake. Clones share it.
#[derive(Clone)]
pub struct Api {
    inner: Arc<Inner>,
}

struct Inner {
    installation: Installation,
    zone: Tz,
    audit: AuditRecorder,
    spool: Arc<Spool>,
    pool: Pool,
    writer: Writer,
    /// One permit for each analysis or trace that may run.
    analysis_slots: Arc<Semaphore>,
}

impl Api {
    /// Opens the API over a lake; `rules` is a folder of rules besides the built-in ones. Deletes uploads
    /// left behind by a killed process.
    pub fn open(config: &Config, lake: PathBuf, rules: Option<PathBuf>) -> Result<Self> {
        Self::of(Installation::new(lake, rules, config.clone()))
    }

    /// Opens the API over an installation.
    pub fn of(installation: Installation) -> Result<Self> {
        let pool = Pool::new(PoolConfig::of(&installation.config, installation.lake.clone()));
        Self::with_pool(installation, pool)
    }

    /// Opens the API with the given pool for SQL statements.
    pub fn with_pool(installation: Installation, pool: Pool) -> Result<Self> {
        let serve = &installation.config.serve;
        let bytes = |mib: u64| mib.saturating_mul(1 << 20);
        let spool = Spool::open(&installation.lake, bytes(serve.upload_mib), bytes(serve.uploads_mib))?;
        let inner = Inner {
            zone: installation.config.zone()?,
            audit: AuditRecorder::of(&installation.lake),
            spool: Arc::new(spool),
            pool,
            writer: Writer::of(&installation.config.llm, |name| std::env::var(name).ok()),
            analysis_slots: Arc::new(Semaphore::new(serve.analyses.max(1))),
            installation,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Returns the zone of local times.
    pub fn zone(&self) -> Tz {
        self.inner.zone
    }

    /// Returns the last local day with rows, for examples; `None` if there is none.
    pub async fn last_day(&self) -> Option<String> {
        self.read(|_, catalog| Ok(catalog.last_date()?)).await.ok().flatten()
    }

    /// Fails unless the lake and its catalog open.
    pub async fn ready(&self) -> ApiResult<()> {
        self.read(|_, catalog| Ok(catalog.last_date().map(drop)?)).await
    }

    /// Returns OpenMetrics text.
    pub async fn metrics(&self) -> ApiResult<String> {
        self.read(|inner, catalog| {
            let space = Space::of(&inner.installation.lake).ok();
            Ok(metrics::text(catalog, space, inner.zone)?)
        })
        .await
    }

    /// Runs a request if the caller's role allows it, and records it in the audit log.
    async fn handle<T>(
        &self,
        caller: &Caller,
        operation: Operation,
        arguments: &impl Serialize,
        work: impl Future<Output = ApiResult<T>>,
    ) -> ApiResult<T> {
        let entry = self.inner.audit.begin(caller, operation, arguments);
        let result = match caller.require(operation.role()) {
            Ok(()) => work.await,
            Err(error) => Err(error),
        };
        // the text may quote an argument of any length
        let mut result = result.map_err(|error| ApiError { what: shorten(&error.what, LINE), ..error });
        if let Err(ApiError { hint: Some(hint), .. }) = &mut result
            && hint.contains("write ")
            && hint.contains(EXAMPLE_DAY)
            && let Some(day) = self.last_day().await
        {
            *hint = hint.replace(EXAMPLE_DAY, &day);
        }
        entry.end(result.as_ref().err()).await;
        result
    }

    /// Reads the catalog on a blocking thread.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner, &Catalog) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            let lake = inner.lake()?;
            work(&inner, &Catalog::open(&lake.catalog_path())?)
        })
        .await
    }
}

impl Inner {
    /// Opens the lake. A missing lake is [`ErrorKind::Busy`]: the caller can only wait for the first run.
    fn lake(&self) -> ApiResult<Lake> {
        Lake::open(&self.installation.lake)
            .map_err(|error| ApiError { kind: ErrorKind::Busy, ..error.into() })
    }

    /// Opens the lake for analysis.
    fn workspace(&self) -> ApiResult<Workspace> {
        Ok(self.installation.open(self.lake()?)?)
    }
}

/// Runs `work` on a blocking thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> ApiResult<T> + Send + 'static) -> ApiResult<T> {
    joined(tokio::task::spawn_blocking(work).await)
}

/// Returns the result of a blocking task; a panic in it becomes an error.
fn joined<T>(outcome: std::result::Result<ApiResult<T>, JoinError>) -> ApiResult<T> {
    outcome.unwrap_or_else(|error| Err(Error::bug("a request panicked").because(error).into()))
}
