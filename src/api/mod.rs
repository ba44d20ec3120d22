//! What may be asked, whichever way the question comes in: HTTP, MCP, a robot. Faces turn a request
//! into an [`ask`] and an [`answer`] into bytes; what is allowed, found and run is decided here.
//! Every question but a probe's is noted with what came of it.

pub mod doctor;
pub mod metrics;
pub mod runs;

mod analyze; // analyses of days, uploads, objects
mod audit_log; // who asked what
mod bounds; // how much is said at once
mod caller; // who asks, and what they may
mod error; // why there is no answer
mod lists; // tables, rules, runs, questions
mod query; // SQL of callers
mod reports; // kept reports
pub mod request; // what may be said
pub mod response; // what comes back
mod run_day; // the daily job, and downloads
mod spool; // where uploads lie until they are read
mod trace; // traces
mod upload; // files handed over
mod work; // long work, off the threads that answer

pub use crate::api::caller::{Caller, Role};
pub use crate::api::error::{ApiError, ErrorKind};
pub use crate::api::upload::Upload;

use crate::api::audit_log::AuditRecorder;
use crate::api::bounds::{LINE, cut};
use crate::api::spool::Spool;
use crate::brief::Writer;
use crate::config::Config;
use crate::lake::catalog::Catalog;
use crate::lake::{Lake, Space};
use crate::pipeline::{Site, Workplace};
use crate::query::sandbox::{Pool, Setup};
use chrono_tz::Tz;
use model::error::{Error, Result};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinError;

/// What came of a question.
pub type ApiResult<T> = std::result::Result<T, ApiError>;

/// Hears how far a long question is: done, of how many where known, and what is being done.
pub type OnProgress<'t> = dyn Fn(f64, Option<f64>, &str) + Send + Sync + 't;

/// Where questions are answered; clones are the same api.
#[derive(Clone)]
pub struct Api {
    inner: Arc<Inner>,
}

struct Inner {
    site: Site,
    zone: Tz,
    audit: AuditRecorder,
    spool: Arc<Spool>,
    pool: Pool,
    speaker: Writer,
    /// How many analyses and traces may begin.
    free: Arc<Semaphore>,
}

impl Api {
    /// Opens a api over a lake; `rules` is a folder beside the shipped ones. What an upload of a
    /// killed process left behind is cleared away.
    pub fn open(config: &Config, lake: PathBuf, rules: Option<PathBuf>) -> Result<Self> {
        let pool = Pool::new(Setup::of(config, lake.clone()));
        Self::with_pool(Site { lake, rules, config: config.clone() }, pool)
    }

    /// Opens a api whose statements run in a given pool.
    pub fn with_pool(site: Site, pool: Pool) -> Result<Self> {
        let serve = &site.config.serve;
        let bytes = |mib: u64| mib.saturating_mul(1 << 20);
        let spool = Spool::open(&site.lake, bytes(serve.upload_mib), bytes(serve.uploads_mib))?;
        let inner = Inner {
            zone: site.config.zone()?,
            audit: AuditRecorder::of(&site.lake),
            spool: Arc::new(spool),
            pool,
            speaker: Writer::of(&site.config.llm, |name| std::env::var(name).ok()),
            free: Arc::new(Semaphore::new(serve.analyses.max(1))),
            site,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Tells whether the lake opens and its catalog answers.
    pub async fn ready(&self) -> ApiResult<()> {
        self.read(|_, catalog| Ok(catalog.last_date().map(drop)?)).await
    }

    /// Returns OpenMetrics text.
    pub async fn metrics(&self) -> ApiResult<String> {
        self.read(|inner, catalog| {
            let space = Space::of(&inner.site.lake).ok();
            Ok(metrics::text(catalog, space, inner.zone)?)
        })
        .await
    }

    /// Answers a question that `role` may ask, and notes it.
    async fn answer<T>(
        &self,
        caller: &Caller,
        role: Role,
        question: &'static str,
        said: &impl Serialize,
        work: impl Future<Output = ApiResult<T>>,
    ) -> ApiResult<T> {
        let note = self.inner.audit.begin(caller, question, said);
        let answer = match caller.allows(role) {
            Ok(()) => work.await,
            Err(error) => Err(error),
        };
        // what was asked for stands in it, however long it is
        let answer = answer.map_err(|error| ApiError { what: cut(&error.what, LINE), ..error });
        note.end(answer.as_ref().err()).await;
        answer
    }

    /// Reads the catalog, where blocking harms nobody.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner, &Catalog) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let inner = Arc::clone(&self.inner);
        let reading = tokio::task::spawn_blocking(move || {
            let lake = inner.lake()?;
            work(&inner, &Catalog::open(&lake.catalog_path())?)
        });
        ended(reading.await)
    }
}

impl Inner {
    /// Opens the lake. That there is none yet is no fault of the caller.
    fn lake(&self) -> ApiResult<Lake> {
        Lake::open(&self.site.lake).map_err(|error| ApiError { class: ErrorKind::Busy, ..error.into() })
    }

    /// Opens the lake for analysis.
    fn place(&self) -> ApiResult<Workplace> {
        Ok(self.site.open(self.lake()?)?)
    }
}

/// Returns what came of work on another thread.
fn ended<T>(outcome: std::result::Result<ApiResult<T>, JoinError>) -> ApiResult<T> {
    outcome.unwrap_or_else(|error| Err(Error::bug("the work on a question stopped").because(error).into()))
}
