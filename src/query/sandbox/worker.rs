//! The child process of the sandbox. It holds no secret and keeps nothing between statements: session,
//! list of files and spill folder are created for each. It exits when its stdin is closed, whatever it
//! is doing, and removes its folder.

use crate::lake::Lake;
use crate::lake::catalog::Catalog;
use crate::query::engine::{Engine, Limits};
use crate::query::error::{QueryError, is_out_of_memory};
use crate::query::guard;
use crate::query::sandbox::answer::AnswerWriter;
use crate::query::sandbox::frame;
use crate::query::sandbox::frame::{Done, Outcome, Request};
use crate::query::sandbox::session::{Spill, query_error};
use chrono_tz::Tz;
use futures::StreamExt;
use model::error::{Error, Result};
use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};
use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Stack of the thread that plans, in bytes: it must walk an expression of a thousand nested operators.
const PLANNER_STACK: usize = 64 << 20;
/// Stack of the threads that execute, in bytes: they must evaluate the same expression.
const EXECUTOR_STACK: usize = 16 << 20;
/// Threads for blocking file access; the stack of each counts as memory.
const BLOCKING_THREADS: usize = 8;
/// Memory beyond the statement's own, in bytes: stacks, which count in full, and allocator reserves.
const OVERHEAD_BYTES: u64 = 384 << 20;
/// Share of the memory limit that DataFusion's pool may use: joins take more than they account for.
const POOL_SHARE: f64 = 0.6;
/// Disk limit as a multiple of the memory limit.
const SPILL_FACTOR: u64 = 4;

/// Longest wait for the tasks of a statement that has ended, in milliseconds.
const REST_MS: u64 = 5;

/// Largest row limit of a request.
const MAX_ROWS: usize = 1 << 31;

/// The settings of the child process.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// The lake's folder.
    pub lake: PathBuf,
    /// Temporary folder of this process.
    pub temp: PathBuf,
    /// Threads that execute a statement.
    pub threads: usize,
    /// The zone of times in a statement that name none.
    pub zone: Tz,
}

/// Runs the statements of `input` until it is closed.
pub fn run(
    config: WorkerConfig,
    mut input: impl Read,
    mut output: impl Write + Send + 'static,
) -> Result<()> {
    limit(Resource::Core, 0)?;
    let _ = nice(5); // the server has priority
    // if the machine is out of memory, the kernel must kill this process first
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(config.threads.max(1))
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_stack_size(EXECUTOR_STACK)
        .enable_all()
        .build()?;
    let at_start = data_bytes()?;
    let base = at_start + OVERHEAD_BYTES;
    let temp = config.temp.clone();
    let (sender, requests) = channel::<Request>();
    std::thread::Builder::new().name("statement".into()).stack_size(PLANNER_STACK).spawn(move || {
        let mut cpu_s = 0;
        for request in requests {
            cpu_s += request.cpu_s; // the system's limit counts from the start of the process
            let respond = AssertUnwindSafe(|| {
                let memory_bytes = base + request.memory_bytes;
                set_limits(memory_bytes, SPILL_FACTOR * request.memory_bytes, cpu_s)
                    .map_err(QueryError::failed)?;
                runtime.block_on(respond(&config, &request, &mut output))
            });
            let outcome: Outcome = catch_unwind(respond).unwrap_or_else(|panic| {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
                Err(if is_out_of_memory(text) { QueryError::OutOfMemory } else { QueryError::crashed() })
            });
            let body = serde_json::to_vec(&outcome).unwrap_or_default();
            // the allocator returns little of what a statement used, and that counts towards the next one's limit
            let kept = data_bytes().map_or(u64::MAX, |now| now.saturating_sub(at_start));
            let is_spent = kept > OVERHEAD_BYTES / 2 + request.memory_bytes / 2 || !comes_to_rest(&runtime);
            let kind = if is_spent { frame::LAST_OUTCOME } else { frame::OUTCOME };
            if frame::write(&mut output, kind, &body).is_err() {
                break; // the server is gone
            }
        }
    })?;
    while let Some((_, body)) = frame::read(&mut input)? {
        let request = serde_json::from_slice(&body)
            .map_err(|error| Error::bug("cannot parse a request").because(error))?;
        if sender.send(request).is_err() {
            break;
        }
    }
    // a running statement may be writing to the folder
    (0..3).any(|_| std::fs::remove_dir_all(&temp).is_ok());
    Ok(())
}

/// Returns true if no task of a statement is left: one that is cancelled still completes the function it is in.
fn comes_to_rest(runtime: &Runtime) -> bool {
    let is_idle = || runtime.metrics().num_alive_tasks() == 0;
    (0..REST_MS).any(|_| {
        is_idle() || {
            std::thread::sleep(Duration::from_millis(1));
            false
        }
    }) || is_idle()
}

/// Returns the memory of this process that counts towards its limit, in bytes.
fn data_bytes() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.map(|kib| kib << 10).ok_or_else(|| Error::bug("`/proc/self/status` has no `VmData`"))
}

/// Sets the system's limits for a statement: beyond them the kernel fails allocations or kills the process.
fn set_limits(memory_bytes: u64, file_bytes: u64, cpu_s: u64) -> Result<()> {
    limit(Resource::Data, memory_bytes)?;
    limit(Resource::Fsize, file_bytes)?;
    limit(Resource::Cpu, cpu_s)
}

fn limit(resource: Resource, value: u64) -> Result<()> {
    let maximum = getrlimit(resource).maximum;
    let current = Some(maximum.map_or(value, |maximum| maximum.min(value)));
    setrlimit(resource, Rlimit { current, maximum })
        .map_err(|error| Error::failed("cannot set a resource limit of this process").because(error))
}

/// Runs a statement and sends its rows.
async fn respond(config: &WorkerConfig, request: &Request, output: &mut impl Write) -> Outcome {
    let begun = Instant::now();
    let statement = guard::check(&request.sql)?;
    let lake = Lake::open(&config.lake).map_err(QueryError::failed)?;
    let catalog = Catalog::open(&lake.catalog_path()).map_err(QueryError::failed)?;
    let memory_bytes = (request.memory_bytes as f64 * POOL_SHARE) as usize;
    let limits = Limits { memory_bytes, threads: config.threads, zone: config.zone };
    let spill = Spill { folder: &config.temp.join("spill"), bytes: SPILL_FACTOR * request.memory_bytes };
    let engine = Engine::sandboxed(&lake, &catalog, limits, spill, &request.sql);
    let engine = engine.await.map_err(QueryError::failed)?;
    // one more shows that there are more; for none, the engine only plans
    let most = request.skip.saturating_add(request.rows).min(MAX_ROWS) + 1;
    let most = if request.rows == 0 { 0 } else { most };
    let mut rows = engine.rows(statement, most).await?;
    let mut answer = AnswerWriter::begin(&rows.schema(), request, output)?;
    while let Some(batch) = rows.next().await {
        answer.send(&batch.map_err(query_error)?)?;
        if answer.is_full() {
            break;
        }
    }
    let engine = begun.elapsed().saturating_sub(answer.took());
    let done = answer.end()?;
    Ok(Done { engine_us: engine.as_micros() as u64, ..done })
}
