//! What may be asked, whichever way the question comes in: HTTP, MCP, a robot. Faces turn a request
//! into an [`ask`] and an [`answer`] into bytes; what is allowed, found and run is decided here.
//! Every question but a probe's is noted with what came of it.

pub mod doctor;
pub mod metrics;
pub mod runs;

mod analysing; // analyses of days, uploads, objects
mod audit_log; // who asked what
mod bounds; // how much is said at once
mod caller; // who asks, and what they may
mod daily; // the daily job, and downloads
mod error; // why there is no answer
mod follow; // traces
mod listing; // tables, rules, runs, questions
mod querying; // SQL of callers
mod reading; // kept reports
pub mod request; // what may be said
pub mod response; // what comes back
mod spool; // where uploads lie until they are read
mod upload; // files handed over
mod work; // long work, off the threads that answer

pub use crate::api::caller::{Caller, Role};
pub use crate::api::error::{Class, Refusal};
pub use crate::api::upload::Upload;

use crate::api::audit_log::Trail;
use crate::api::bounds::{LINE, cut};
use crate::api::spool::Spool;
use crate::brief::Speaker;
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
pub type Answer<T> = std::result::Result<T, Refusal>;

/// Hears how far a long question is: done, of how many where known, and what is being done.
pub type Told<'t> = dyn Fn(f64, Option<f64>, &str) + Send + Sync + 't;

/// Where questions are answered; clones are the same desk.
#[derive(Clone)]
pub struct Desk {
    inner: Arc<Inner>,
}

struct Inner {
    site: Site,
    zone: Tz,
    trail: Trail,
    spool: Arc<Spool>,
    pool: Pool,
    speaker: Speaker,
    /// How many analyses and traces may begin.
    free: Arc<Semaphore>,
}

impl Desk {
    /// Opens a desk over a lake; `rules` is a folder beside the shipped ones. What an upload of a
    /// killed process left behind is cleared away.
    pub fn open(config: &Config, lake: PathBuf, rules: Option<PathBuf>) -> Result<Self> {
        let pool = Pool::new(Setup::of(config, lake.clone()));
        Self::with_pool(Site { lake, rules, config: config.clone() }, pool)
    }

    /// Opens a desk whose statements run in a given pool.
    pub fn with_pool(site: Site, pool: Pool) -> Result<Self> {
        let serve = &site.config.serve;
        let bytes = |mib: u64| mib.saturating_mul(1 << 20);
        let spool = Spool::open(&site.lake, bytes(serve.upload_mib), bytes(serve.uploads_mib))?;
        let inner = Inner {
            zone: site.config.zone()?,
            trail: Trail::of(&site.lake),
            spool: Arc::new(spool),
            pool,
            speaker: Speaker::of(&site.config.llm, |name| std::env::var(name).ok()),
            free: Arc::new(Semaphore::new(serve.analyses.max(1))),
            site,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Tells whether the lake opens and its catalog answers.
    pub async fn ready(&self) -> Answer<()> {
        self.read(|_, catalog| Ok(catalog.last_date().map(drop)?)).await
    }

    /// Returns OpenMetrics text.
    pub async fn metrics(&self) -> Answer<String> {
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
        work: impl Future<Output = Answer<T>>,
    ) -> Answer<T> {
        let note = self.inner.trail.begin(caller, question, said);
        let answer = match caller.allows(role) {
            Ok(()) => work.await,
            Err(refusal) => Err(refusal),
        };
        // what was asked for stands in it, however long it is
        let answer = answer.map_err(|refusal| Refusal { what: cut(&refusal.what, LINE), ..refusal });
        note.end(answer.as_ref().err()).await;
        answer
    }

    /// Reads the catalog, where blocking harms nobody.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner, &Catalog) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
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
    fn lake(&self) -> Answer<Lake> {
        Lake::open(&self.site.lake).map_err(|error| Refusal { class: Class::Busy, ..error.into() })
    }

    /// Opens the lake for analysis.
    fn place(&self) -> Answer<Workplace> {
        Ok(self.site.open(self.lake()?)?)
    }
}

/// Returns what came of work on another thread.
fn ended<T>(outcome: std::result::Result<Answer<T>, JoinError>) -> Answer<T> {
    outcome.unwrap_or_else(|error| Err(Error::bug("the work on a question stopped").because(error).into()))
}
