//! One child process, as the server sees it: started with an empty environment in a temporary folder,
//! killed when dropped; its folder is removed when it has ended, and its exit is turned into an error.

use crate::query::error::{QueryError, is_out_of_memory};
use crate::query::sandbox::Statement;
use crate::query::sandbox::frame;
use crate::query::sandbox::frame::{Done, Outcome, Request};
use crate::query::sandbox::sweep;
use chrono_tz::Tz;
use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;

/// Bytes of stderr that are kept, from the end.
const STDERR_BYTES: usize = 4 << 10;
/// Bytes allowed beyond the rows: the outcome with the columns.
const OVERHEAD_BYTES: usize = 4 << 20;
/// Time limit for a process that closed its pipes to exit.
const EXIT_TIMEOUT: Duration = Duration::from_secs(2);

/// A child process that runs one statement at a time; dropping it kills it.
#[derive(Debug)]
pub struct Child {
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    exit: oneshot::Receiver<Exit>,
    completed: usize,
    is_spent: bool,
    is_killed: bool,
    _alive: oneshot::Sender<()>,
}

/// How a process exited.
#[derive(Debug)]
struct Exit {
    status: ExitStatus,
    stderr: String,
}

/// The result of one statement.
pub type StatementResult = (Vec<u8>, Done);

/// The settings of a child process.
#[derive(Clone, Debug)]
pub struct ChildConfig {
    /// The program that has the `sandbox-worker` command: this program.
    pub program: PathBuf,
    /// The lake's folder.
    pub lake: PathBuf,
    /// Folder in which each child process gets a temporary folder.
    pub temp: PathBuf,
    /// Threads of a child process.
    pub threads: usize,
    /// The zone of times in a statement that name none.
    pub zone: Tz,
}

impl Child {
    /// Starts a process.
    pub fn start(config: &ChildConfig) -> io::Result<Self> {
        let (temp, lock) = sweep::new_folder(&std::path::absolute(&config.temp)?)?;
        let mut command = Command::new(&config.program);
        command
            .arg0("headwater")
            .arg("--lake")
            .arg(std::path::absolute(&config.lake)?)
            .arg("sandbox-worker")
            .arg("--temp")
            .arg(temp.path())
            .args(["--threads", &config.threads.to_string()])
            .args(["--zone", config.zone.name()])
            .env_clear() // the process that runs untrusted SQL must hold no secret
            .env("NO_COLOR", "1")
            .env("TMPDIR", temp.path())
            // reserved memory counts towards the limit, so reserve in small steps
            .env("MIMALLOC_ARENA_RESERVE", "32MiB")
            .current_dir(temp.path())
            .process_group(0) // Ctrl-C must reach only the server, which completes running requests
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command.spawn()?;
        let pipes = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(io::Error::other("the child process has no pipes"));
        };
        let (alive, dropped) = oneshot::channel();
        let (exit_sender, exit) = oneshot::channel();
        let watched = Watched { process, stderr, temp, lock };
        tokio::spawn(watch(watched, dropped, exit_sender));
        Ok(Self {
            stdin,
            stdout: BufReader::new(stdout),
            exit,
            completed: 0,
            is_spent: false,
            is_killed: false,
            _alive: alive,
        })
    }

    /// Returns true while the process runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.exit.try_recv(), Err(oneshot::error::TryRecvError::Empty))
    }

    /// Returns the number of statements completed so far.
    pub fn completed(&self) -> usize {
        self.completed
    }

    /// Returns true if the process keeps so much memory that the next statement may lack it.
    pub fn is_spent(&self) -> bool {
        self.is_spent
    }

    /// Returns true if the kernel or a person has killed the process, as on a machine that lacks memory.
    pub fn is_killed(&self) -> bool {
        self.is_killed
    }

    /// Runs one statement.
    pub async fn run(&mut self, statement: &Statement, cpu_s: u64) -> Result<StatementResult, QueryError> {
        let limits = statement.limits;
        let request = Request {
            sql: statement.sql.clone(),
            skip: limits.skip,
            rows: limits.rows,
            output: statement.output,
            memory_bytes: limits.memory_bytes,
            cpu_s,
        };
        match self.exchange(&request).await {
            Ok(result) => {
                self.completed += 1;
                result
            }
            Err(error) => Err(self.exit_error(&error).await),
        }
    }

    async fn exchange(&mut self, request: &Request) -> io::Result<Result<StatementResult, QueryError>> {
        let body = serde_json::to_vec(request)?;
        self.stdin.write_all(&frame::head(frame::REQUEST, body.len())?).await?;
        self.stdin.write_all(&body).await?;
        self.stdin.flush().await?;
        let mut answer = Vec::new();
        let mut left = request.output.bytes;
        loop {
            let (kind, body) = frame::receive(&mut self.stdout, left.saturating_add(OVERHEAD_BYTES)).await?;
            if matches!(kind, frame::OUTCOME | frame::LAST_OUTCOME) {
                self.is_spent = kind == frame::LAST_OUTCOME;
                let outcome: Outcome = serde_json::from_slice(&body)?;
                return Ok(outcome.map(|done| {
                    tracing::debug!(engine_us = done.engine_us, "statement completed");
                    (answer, done)
                }));
            }
            left = left.checked_sub(body.len()).ok_or_else(|| {
                io::Error::other(format!("the rows are larger than {} bytes", request.output.bytes))
            })?;
            answer.extend_from_slice(&body);
        }
    }

    /// Returns why a process exited during a statement.
    async fn exit_error(&mut self, error: &io::Error) -> QueryError {
        let exit = match tokio::time::timeout(EXIT_TIMEOUT, &mut self.exit).await {
            Ok(Ok(exit)) => exit,
            _ => {
                tracing::error!(%error, "a sandbox worker sent an invalid response");
                return QueryError::crashed();
            }
        };
        const SIGKILL: i32 = 9; // from the kernel, out of memory: after our own kill nobody waits here
        const SIGXCPU: i32 = 24;
        const SIGXFSZ: i32 = 25;
        self.is_killed = exit.status.signal() == Some(SIGKILL);
        match exit.status.signal() {
            _ if is_out_of_memory(&exit.stderr) => QueryError::OutOfMemory,
            Some(SIGKILL | SIGXFSZ) => QueryError::OutOfMemory,
            Some(SIGXCPU) => QueryError::TimedOut,
            _ if exit.stderr.contains("has overflowed its stack") => QueryError::NotAllowed {
                what: "the statement is nested too deeply".into(),
                hint: "split the statement, or simplify it".into(),
            },
            _ => QueryError::crashed(),
        }
    }
}

/// A running process with its stderr, and its temporary folder with the lock on it.
struct Watched {
    process: tokio::process::Child,
    stderr: ChildStderr,
    temp: TempDir,
    lock: File,
}

/// Waits until the process exits, or kills it when its [`Child`] is dropped; then removes its folder and
/// sends its exit.
async fn watch(watched: Watched, dropped: oneshot::Receiver<()>, exit: oneshot::Sender<Exit>) {
    let Watched { mut process, stderr, temp, lock } = watched;
    let stderr = tokio::spawn(tail(stderr));
    let ended = tokio::select! {
        status = process.wait() => status,
        _ = dropped => {
            let _ = process.start_kill(); // fails if it has just exited
            process.wait().await
        }
    };
    let stderr = stderr.await.unwrap_or_default();
    let _ = tokio::task::spawn_blocking(move || temp.close()).await;
    drop(lock);
    match ended {
        Ok(status) => {
            if !stderr.is_empty() {
                tracing::warn!(%status, stderr, "a sandbox worker exited");
            }
            let _ = exit.send(Exit { status, stderr }); // the receiver may be dropped
        }
        Err(error) => tracing::error!(%error, "cannot wait for a sandbox worker"),
    }
}

/// Returns the last bytes of a process's stderr.
async fn tail(mut stderr: ChildStderr) -> String {
    let mut kept = Vec::new();
    let mut chunk = [0; STDERR_BYTES];
    while let Ok(length @ 1..) = stderr.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..length]);
        kept.drain(..kept.len().saturating_sub(STDERR_BYTES));
    }
    String::from_utf8_lossy(&kept).into_owned()
}
