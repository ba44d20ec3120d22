//! Which process answers: one stands ready while another works, a sound one is asked again, and no
//! more work at once than were asked for.

use crate::config::Config;
use crate::query::guard;
use crate::query::sandbox::child::Child;
use crate::query::sandbox::frame::Cut;
use crate::query::sandbox::{QueryError, Rows, Statement};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// How long a question waits while as many are under way as may be.
const PATIENCE: Duration = Duration::from_secs(2);
/// Processes that stand ready.
const READY: usize = 2;
/// Questions that a process answers in its life.
const QUESTIONS: usize = 64;
/// A process whose answer took longer is not asked again: the next one is there already, and clean.
const QUICK: Duration = Duration::from_secs(1);

/// Threads of a process at most: each has memory of its own before it does anything.
const THREADS: usize = 4;

/// Where the processes of questions are started, and how many.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The program whose `query-worker` answers: this one.
    pub program: PathBuf,
    /// The lake's folder.
    pub lake: PathBuf,
    /// Folder in which each process has one of its own.
    pub temp: PathBuf,
    /// Questions answered at once.
    pub at_once: usize,
    /// Threads of each.
    pub threads: usize,
}

impl Setup {
    /// Returns what the config tells; `lake` is the lake's folder.
    pub fn of(config: &Config, lake: PathBuf) -> Self {
        Self {
            program: "/proc/self/exe".into(), // also when an upgrade has replaced the file
            lake,
            temp: std::env::temp_dir(),
            at_once: config.serve.queries,
            threads: config.threads().min(THREADS),
        }
    }
}

/// The processes that answer questions; clones are the same pool. Used within a tokio runtime.
#[derive(Clone, Debug)]
pub struct Pool {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    setup: Setup,
    free: Semaphore,
    ready: Mutex<Vec<Child>>,
}

impl Pool {
    /// Returns a pool; its first process starts with the first question.
    pub fn new(setup: Setup) -> Self {
        let free = Semaphore::new(setup.at_once.max(1));
        Self { inner: Arc::new(Inner { setup, free, ready: Mutex::default() }) }
    }

    /// Asks one question. Dropping the future ends the process that works on it.
    ///
    /// # Errors
    /// Why there are no rows.
    pub async fn ask(&self, question: Statement) -> Result<Rows, QueryError> {
        let begun = Instant::now();
        if question.sql.len() > guard::BYTES {
            guard::check(&question.sql)?; // says so: its bytes need not travel
        }
        let free = tokio::time::timeout(PATIENCE, self.inner.free.acquire()).await;
        let Ok(Ok(_working)) = free else { return Err(QueryError::Busy) };
        let mut child = self.take()?;
        let pool = self.clone();
        tokio::spawn(async move { pool.prepare() });
        let limits = question.limits;
        let cpu_s = (limits.deadline.as_secs() + 1) * self.inner.setup.threads.max(1) as u64;
        let asked = Instant::now();
        let given = tokio::time::timeout(limits.deadline, child.ask(&question, cpu_s)).await;
        let given = given.unwrap_or(Err(QueryError::TimedOut));
        let is_sound = matches!(given, Ok(_) | Err(QueryError::Refused { .. } | QueryError::Invalid { .. }));
        if is_sound && asked.elapsed() < QUICK && child.answered() < QUESTIONS {
            self.put_back(child);
        }
        let (schema, batches, cut) = given?;
        let truncated = cut.map(|cut| match cut {
            Cut::Rows => "rows",
            Cut::Bytes => "bytes",
        });
        Ok(Rows { schema, batches, truncated, took: begun.elapsed() })
    }

    fn ready(&self) -> MutexGuard<'_, Vec<Child>> {
        self.inner.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self) -> Result<Child, QueryError> {
        Child::start(&self.inner.setup).map_err(|error| {
            tracing::error!(%error, "a process of statements cannot start");
            QueryError::Failed { what: "the process of the statement cannot start".into() }
        })
    }

    /// Returns a process that stands ready, or starts one.
    fn take(&self) -> Result<Child, QueryError> {
        while let Some(mut child) = { self.ready().pop() } {
            if child.is_alive() {
                return Ok(child);
            }
        }
        self.start()
    }

    fn put_back(&self, child: Child) {
        let mut ready = self.ready();
        if ready.len() < READY {
            ready.push(child);
        }
    }

    /// Sees to it that one stands ready, where another question could be asked at all.
    fn prepare(&self) {
        if self.inner.free.available_permits() > 0
            && self.ready().is_empty()
            && let Ok(child) = self.start()
        {
            self.put_back(child);
        }
    }
}
