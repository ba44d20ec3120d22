//! The pool of child processes: one waits ready while others run, a healthy one is reused, and the number
//! of concurrent statements is limited.

use crate::config::Config;
use crate::query::error::QueryError;
use crate::query::guard;
use crate::query::sandbox::child::{Child, ChildConfig, StatementResult};
use crate::query::sandbox::frame::Done;
use crate::query::sandbox::sweep;
use crate::query::sandbox::{Answer, Statement};
use chrono_tz::Tz;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// How long a statement waits while the limit of concurrent statements is reached.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(2);
/// Largest number of idle processes.
const MAX_IDLE: usize = 2;
/// Statements that a process runs before it is replaced.
const MAX_STATEMENTS: usize = 64;
/// A process whose statement took longer is not reused: a fresh one is ready by then.
const REUSE_LIMIT: Duration = Duration::from_secs(1);

/// Largest number of threads of a process: each takes memory before it does any work.
const MAX_THREADS: usize = 4;

/// The settings of a pool.
#[derive(Clone, Debug)]
pub struct PoolConfig {
    /// The program that has the `sandbox-worker` command: this program.
    pub program: PathBuf,
    /// The lake's folder.
    pub lake: PathBuf,
    /// Folder in which each child process gets a temporary folder.
    pub temp: PathBuf,
    /// Largest number of concurrent statements.
    pub max_concurrent: usize,
    /// Threads of each child process.
    pub threads: usize,
    /// The zone of times in a statement that name none.
    pub zone: Tz,
}

impl PoolConfig {
    /// Returns the settings of the config; `lake` is the lake's folder.
    pub fn of(config: &Config, lake: PathBuf) -> Self {
        Self {
            program: "/proc/self/exe".into(), // stays valid when an upgrade replaces the file
            lake,
            temp: std::env::temp_dir(),
            max_concurrent: config.serve.queries,
            threads: config.threads().min(MAX_THREADS),
            zone: config.zone().unwrap_or(Tz::UTC), // a config is checked when it is read
        }
    }
}

/// A pool of child processes that run statements. Clones share it. Requires a tokio runtime.
#[derive(Clone, Debug)]
pub struct Pool {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: ChildConfig,
    slots: Semaphore,
    idle: Mutex<Vec<Child>>,
}

impl Pool {
    /// Returns a pool; its first process starts with the first statement. Removes the folders that a
    /// killed program left.
    pub fn new(config: PoolConfig) -> Self {
        let PoolConfig { program, lake, temp, max_concurrent, threads, zone } = config;
        sweep::sweep(&temp);
        let config = ChildConfig { program, lake, temp, threads, zone };
        let slots = Semaphore::new(max_concurrent.max(1));
        Self { inner: Arc::new(Inner { config, slots, idle: Mutex::default() }) }
    }

    /// Runs one statement. Dropping the future ends its process.
    pub async fn run(&self, statement: Statement) -> Result<Answer, QueryError> {
        let begun = Instant::now();
        if statement.sql.len() > guard::MAX_BYTES {
            guard::check(&statement.sql)?; // fails here, so that the text is not sent to a process
        }
        let slot = tokio::time::timeout(QUEUE_TIMEOUT, self.inner.slots.acquire()).await;
        let Ok(Ok(_slot)) = slot else { return Err(QueryError::Busy) };
        let mut child = self.take()?;
        let pool = self.clone();
        tokio::spawn(async move { pool.prepare() });
        let limits = statement.limits;
        let cpu_s = (limits.deadline.as_secs() + 1) * self.inner.config.threads.max(1) as u64;
        let sent = Instant::now();
        let was_used = child.completed() > 0;
        let mut result = timed(&mut child, &statement, cpu_s, sent + limits.deadline).await;
        // the limit counts what earlier statements of a process have left
        if was_used && matches!(result, Err(QueryError::OutOfMemory)) && !child.is_killed() {
            child = self.start()?;
            result = timed(&mut child, &statement, cpu_s, sent + limits.deadline).await;
        }
        let is_healthy =
            matches!(result, Ok(_) | Err(QueryError::NotAllowed { .. } | QueryError::Invalid(_)));
        let is_reusable = is_healthy && !child.is_spent() && child.completed() < MAX_STATEMENTS;
        if is_reusable && sent.elapsed() < REUSE_LIMIT {
            self.put_back(child);
        }
        let (body, Done { columns, rows, truncated, .. }) = result?;
        Ok(Answer { columns, body, rows, truncated, took: begun.elapsed() })
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Child>> {
        self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self) -> Result<Child, QueryError> {
        Child::start(&self.inner.config).map_err(|error| {
            tracing::error!(%error, "cannot start a sandbox worker");
            QueryError::Failed { what: "cannot start a sandbox worker".into() }
        })
    }

    /// Returns an idle process, or starts one.
    fn take(&self) -> Result<Child, QueryError> {
        while let Some(mut child) = { self.idle().pop() } {
            if child.is_alive() {
                return Ok(child);
            }
        }
        self.start()
    }

    fn put_back(&self, child: Child) {
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE {
            idle.push(child);
        }
    }

    /// Starts an idle process if there is none and another statement may run.
    fn prepare(&self) {
        if self.inner.slots.available_permits() > 0
            && self.idle().is_empty()
            && let Ok(child) = self.start()
        {
            self.put_back(child);
        }
    }
}

/// Runs a statement in a process until its deadline.
async fn timed(
    child: &mut Child,
    statement: &Statement,
    cpu_s: u64,
    deadline: Instant,
) -> Result<StatementResult, QueryError> {
    let result = tokio::time::timeout_at(deadline.into(), child.run(statement, cpu_s)).await;
    result.unwrap_or(Err(QueryError::TimedOut))
}
