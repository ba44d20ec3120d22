//! One process of statements, as the server sees it: started with an empty environment in a folder of
//! its own, killed when it is let go, its folder removed when it has ended, and its death explained.

use crate::query::sandbox::frame;
use crate::query::sandbox::frame::{Cut, End, Request};
use crate::query::sandbox::{QueryError, Setup, Statement, is_memory};
use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::StreamDecoder;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;

/// How much of its stderr is kept, from the end.
const TAIL: usize = 4 << 10;
/// What may come beside rows: the schema, how it ended.
const BESIDE: usize = 1 << 20;
/// How long a process that closed its pipes may take to end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A process that answers one question at a time; dropping it ends it.
#[derive(Debug)]
pub struct Child {
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    ended: oneshot::Receiver<Ended>,
    answered: usize,
    _alive: oneshot::Sender<()>,
}

/// How a process ended.
#[derive(Debug)]
struct Ended {
    status: ExitStatus,
    stderr: String,
}

/// What one question gave.
pub type Given = (SchemaRef, Vec<RecordBatch>, Option<Cut>);

impl Child {
    /// Starts a process.
    pub fn start(setup: &Setup) -> io::Result<Self> {
        let temp = tempfile::Builder::new()
            .prefix("headwater-query-")
            .tempdir_in(std::path::absolute(&setup.temp)?)?;
        let mut command = Command::new(&setup.program);
        command
            .arg0("headwater")
            .arg("--lake")
            .arg(std::path::absolute(&setup.lake)?)
            .arg("query-worker")
            .arg("--temp")
            .arg(temp.path())
            .args(["--threads", &setup.threads.to_string()])
            .env_clear() // what a statement runs beside holds no secret
            .env("NO_COLOR", "1")
            .env("TMPDIR", temp.path())
            // memory that is set aside counts: a little at a time
            .env("MIMALLOC_ARENA_RESERVE", "32MiB")
            .current_dir(temp.path())
            .process_group(0) // Ctrl-C is for the server, which lets answers end
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command.spawn()?;
        let pipes = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(io::Error::other("a pipe is missing"));
        };
        let (alive, gone) = oneshot::channel();
        let (tell, ended) = oneshot::channel();
        tokio::spawn(watch(process, stderr, temp, gone, tell));
        Ok(Self { stdin, stdout: BufReader::new(stdout), ended, answered: 0, _alive: alive })
    }

    /// Tells whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.ended.try_recv(), Err(oneshot::error::TryRecvError::Empty))
    }

    /// Returns how many questions it answered.
    pub fn answered(&self) -> usize {
        self.answered
    }

    /// Asks one question and takes in the answer.
    pub async fn ask(&mut self, question: &Statement, cpu_s: u64) -> Result<Given, QueryError> {
        let limits = question.limits;
        let asked = Request {
            sql: question.sql.clone(),
            rows: limits.rows,
            bytes: limits.bytes,
            memory_bytes: limits.memory_bytes,
            cpu_s,
        };
        match self.exchange(&asked).await {
            Ok(given) => {
                self.answered += 1;
                given
            }
            Err(error) => Err(self.verdict(&error).await),
        }
    }

    async fn exchange(&mut self, asked: &Request) -> io::Result<Result<Given, QueryError>> {
        let body = serde_json::to_vec(asked)?;
        self.stdin.write_all(&frame::head(frame::REQUEST, body.len())?).await?;
        self.stdin.write_all(&body).await?;
        self.stdin.flush().await?;
        let mut decoder = StreamDecoder::new();
        let mut batches = Vec::new();
        let mut left = asked.bytes.saturating_add(BESIDE);
        loop {
            let (kind, body) = frame::receive(&mut self.stdout, left).await?;
            if kind == frame::END {
                let end: End = serde_json::from_slice(&body)?;
                let done = match end {
                    Ok(done) => done,
                    Err(fault) => return Ok(Err(fault)),
                };
                tracing::debug!(engine_us = done.engine_us, "a statement was answered");
                let schema = decoder.schema().ok_or_else(|| io::Error::other("rows without columns"))?;
                return Ok(Ok((schema, batches, done.cut)));
            }
            left -= body.len();
            let mut bytes = Buffer::from_vec(body);
            while !bytes.is_empty() {
                batches.extend(decoder.decode(&mut bytes).map_err(io::Error::other)?);
            }
        }
    }

    /// Says why a process broke off.
    async fn verdict(&mut self, error: &io::Error) -> QueryError {
        let ended = match tokio::time::timeout(LAST_WORDS, &mut self.ended).await {
            Ok(Ok(ended)) => ended,
            _ => {
                tracing::error!(%error, "a process of statements does not say what was asked for");
                return QueryError::broke();
            }
        };
        const SIGKILL: i32 = 9; // of the kernel, short of memory: ours is not waited for
        const SIGXCPU: i32 = 24;
        const SIGXFSZ: i32 = 25;
        match ended.status.signal() {
            _ if is_memory(&ended.stderr) => QueryError::OutOfMemory,
            Some(SIGKILL | SIGXFSZ) => QueryError::OutOfMemory,
            Some(SIGXCPU) => QueryError::TimedOut,
            _ if ended.stderr.contains("has overflowed its stack") => QueryError::Refused {
                what: "the statement is nested too deeply".into(),
                hint: "ask for less at once".into(),
            },
            _ => QueryError::broke(),
        }
    }
}

/// Waits for a process to end or to be let go, removes its folder, and tells.
async fn watch(
    mut process: tokio::process::Child,
    stderr: ChildStderr,
    temp: TempDir,
    gone: oneshot::Receiver<()>,
    tell: oneshot::Sender<Ended>,
) {
    let heard = tokio::spawn(tail(stderr));
    let ended = tokio::select! {
        status = process.wait() => status,
        _ = gone => {
            let _ = process.start_kill(); // it may just have ended
            process.wait().await
        }
    };
    let stderr = heard.await.unwrap_or_default();
    let _ = tokio::task::spawn_blocking(move || temp.close()).await;
    match ended {
        Ok(status) => {
            if !stderr.is_empty() {
                tracing::warn!(%status, stderr, "a process of statements ended");
            }
            let _ = tell.send(Ended { status, stderr }); // nobody may be listening any more
        }
        Err(error) => tracing::error!(%error, "a process of statements is lost"),
    }
}

/// Returns the end of what a process says.
async fn tail(mut stderr: ChildStderr) -> String {
    let mut kept = Vec::new();
    let mut chunk = [0; TAIL];
    while let Ok(length @ 1..) = stderr.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..length]);
        kept.drain(..kept.len().saturating_sub(TAIL));
    }
    String::from_utf8_lossy(&kept).into_owned()
}
