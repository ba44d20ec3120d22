//! One process of statements, from within. It holds no secret and keeps nothing from one question to
//! the next: session, list of files and spill folder are made anew for each. It ends when its stdin
//! does, whatever it is at, and takes its folder with it.

use crate::lake::Lake;
use crate::lake::catalog::Catalog;
use crate::query::engine::{Engine, Limits, SqlFault};
use crate::query::guard;
use crate::query::guard::Denied;
use crate::query::sandbox::frame;
use crate::query::sandbox::frame::{Cut, Done, End, Request};
use crate::query::sandbox::session::{Broken, Spill, broken};
use crate::query::sandbox::{QueryError, is_memory};
use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use futures::StreamExt;
use model::error::{Error, Result};
use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};
use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// Stack of the thread that plans: an expression of a thousand operators is walked to its end.
const STACK: usize = 64 << 20;
/// Stack of the threads that run: the same expression, evaluated.
const THREAD_STACK: usize = 16 << 20;
/// Threads that wait for files; each has a stack, which counts as memory.
const BLOCKING: usize = 8;
/// Memory beside the statement's own: stacks, which count whole, what the allocator sets aside.
const OVERHEAD: u64 = 384 << 20;
/// Share of its memory that a statement's operators may account for: joins take more than they say.
const SHARE: f64 = 0.6;
/// Disk that a statement may use, by its memory.
const SPILL: u64 = 4;

/// Characters of what is said of a statement.
const WHAT: usize = 500;
/// Rows that an answer can be asked for at all.
const MOST_ROWS: usize = 1 << 31;

/// Where a process works.
#[derive(Clone, Debug)]
pub struct Place {
    /// The lake's folder.
    pub lake: PathBuf,
    /// A folder of its own.
    pub temp: PathBuf,
    /// Threads.
    pub threads: usize,
}

/// Answers questions from `input` until it ends.
pub fn work(place: Place, mut input: impl Read, mut output: impl Write + Send + 'static) -> Result<()> {
    limit(Resource::Core, 0)?;
    let _ = nice(5); // the server goes first
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000"); // and stays longest
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(place.threads.max(1))
        .max_blocking_threads(BLOCKING)
        .thread_stack_size(THREAD_STACK)
        .enable_all()
        .build()?;
    let held = held()? + OVERHEAD;
    let temp = place.temp.clone();
    let (asked, questions) = channel::<Request>();
    std::thread::Builder::new().name("statement".into()).stack_size(STACK).spawn(move || {
        let mut cpu_s = 0;
        for asked in questions {
            cpu_s += asked.cpu_s;
            let answered = AssertUnwindSafe(|| {
                bound(held + asked.memory_bytes, SPILL * asked.memory_bytes, cpu_s).map_err(failed)?;
                runtime.block_on(answer(&place, &asked, &mut output))
            });
            let end: End = catch_unwind(answered).unwrap_or_else(|panic| {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
                Err(if is_memory(text) { QueryError::OutOfMemory } else { QueryError::broke() })
            });
            let body = serde_json::to_vec(&end).unwrap_or_default();
            if frame::write(&mut output, frame::END, &body).is_err() {
                break; // who asked is gone
            }
        }
    })?;
    while let Some((_, body)) = frame::read(&mut input)? {
        let question = serde_json::from_slice(&body)
            .map_err(|error| Error::bug("a question cannot be read").because(error))?;
        if asked.send(question).is_err() {
            break;
        }
    }
    // a statement under way may just be writing there
    (0..3).any(|_| std::fs::remove_dir_all(&temp).is_ok());
    Ok(())
}

/// Returns the memory that counts towards its limit by now, in bytes.
fn held() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.map(|kib| kib << 10).ok_or_else(|| Error::bug("the memory of this process is not told"))
}

/// Sets the limits that the system holds for a question: beyond them it ends the process.
fn bound(memory_bytes: u64, file_bytes: u64, cpu_s: u64) -> Result<()> {
    limit(Resource::Data, memory_bytes)?;
    limit(Resource::Fsize, file_bytes)?;
    limit(Resource::Cpu, cpu_s)
}

fn limit(resource: Resource, most: u64) -> Result<()> {
    let maximum = getrlimit(resource).maximum;
    let current = Some(maximum.map_or(most, |maximum| maximum.min(most)));
    setrlimit(resource, Rlimit { current, maximum })
        .map_err(|error| Error::failed("a limit of this process cannot be set").because(error))
}

/// Runs a statement and sends its rows.
async fn answer(place: &Place, asked: &Request, output: &mut impl Write) -> End {
    let begun = Instant::now();
    let statement = guard::check(&asked.sql)?;
    let lake = Lake::open(&place.lake).map_err(failed)?;
    let catalog = Catalog::open(&lake.catalog_path()).map_err(failed)?;
    let limits =
        Limits { memory_bytes: (asked.memory_bytes as f64 * SHARE) as usize, threads: place.threads };
    let spill = Spill { folder: &place.temp.join("spill"), bytes: SPILL * asked.memory_bytes };
    let engine = Engine::served(&lake, &catalog, limits, spill).await.map_err(failed)?;
    let mut rows = engine.rows(statement, asked.rows.min(MOST_ROWS) + 1).await?;
    let mut sent = Sent::begin(&rows.schema(), asked, output)?;
    let mut cut = None;
    while let Some(batch) = rows.next().await {
        cut = sent.send(&batch.map_err(broken)?)?;
        if cut.is_some() {
            break;
        }
    }
    let engine = begun.elapsed().saturating_sub(sent.took);
    sent.end()?;
    Ok(Done { cut, engine_us: engine.as_micros() as u64 })
}

/// Rows on their way out.
struct Sent<'a, W> {
    output: &'a mut W,
    writer: StreamWriter<Vec<u8>>,
    schema: SchemaRef,
    rows: usize,
    bytes: usize,
    took: Duration,
}

impl<'a, W: Write> Sent<'a, W> {
    fn begin(schema: &Schema, asked: &Request, output: &'a mut W) -> std::result::Result<Self, QueryError> {
        let fields: Vec<FieldRef> = schema.fields().iter().map(plain_field).collect();
        let schema = Arc::new(Schema::new(fields));
        let writer = StreamWriter::try_new(Vec::new(), &schema).map_err(unsent)?;
        let mut sent =
            Self { output, writer, schema, rows: asked.rows, bytes: asked.bytes, took: Duration::ZERO };
        sent.pass_on()?;
        Ok(sent)
    }

    /// Sends what may still go of a batch.
    fn send(&mut self, batch: &RecordBatch) -> std::result::Result<Option<Cut>, QueryError> {
        let begun = Instant::now();
        let mut rows = batch.num_rows().min(self.rows);
        while rows > 0 {
            let columns = batch.columns().iter().zip(self.schema.fields());
            let columns = columns.map(|(column, field)| cast(&column.slice(0, rows), field.data_type()));
            let columns = columns.collect::<std::result::Result<Vec<_>, ArrowError>>().map_err(unsent)?;
            let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(unsent)?;
            self.writer.write(&batch).map_err(unsent)?;
            if self.writer.get_ref().len() <= self.bytes {
                break;
            }
            self.writer.get_mut().clear();
            rows /= 2;
        }
        let cut = match batch.num_rows() {
            all if rows == all => None,
            _ if rows == self.rows => Some(Cut::Rows),
            _ => Some(Cut::Bytes),
        };
        self.rows -= rows;
        self.bytes -= self.writer.get_ref().len();
        self.pass_on()?;
        self.took += begun.elapsed();
        Ok(cut)
    }

    fn end(&mut self) -> std::result::Result<(), QueryError> {
        self.writer.finish().map_err(unsent)?;
        self.pass_on()
    }

    /// Passes on what was written.
    fn pass_on(&mut self) -> std::result::Result<(), QueryError> {
        let bytes = std::mem::take(self.writer.get_mut());
        frame::write(self.output, frame::ARROW, &bytes).map_err(unsent)
    }
}

/// Returns a field that holds its rows and no more: views and dictionaries carry what was filtered out.
fn plain_field(field: &FieldRef) -> FieldRef {
    Arc::new(field.as_ref().clone().with_data_type(plain(field.data_type())))
}

fn plain(kind: &DataType) -> DataType {
    match kind {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::Dictionary(_, values) => plain(values),
        DataType::List(item) => DataType::List(plain_field(item)),
        DataType::LargeList(item) => DataType::LargeList(plain_field(item)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(plain_field).collect()),
        other => other.clone(),
    }
}

fn unsent(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> QueryError {
    failed(Error::failed("the rows cannot be sent").because(error))
}

/// Keeps what only concerns this machine for its log.
fn failed(error: Error) -> QueryError {
    tracing::error!(place = error.place, why = error.why(), "{}", error.what);
    QueryError::Failed { what: error.what }
}

impl From<SqlFault> for QueryError {
    fn from(fault: SqlFault) -> Self {
        let what = fault.what.chars().take(WHAT).collect(); // it may quote the statement
        Self::Invalid { what, hint: fault.hint, line: fault.line, column: fault.column }
    }
}

impl From<Denied> for QueryError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Refused { what, hint } => Self::Refused { what, hint },
            Denied::Wrong(fault) => fault.into(),
        }
    }
}

impl From<Broken> for QueryError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::OutOfMemory => Self::OutOfMemory,
            Broken::Wrong(fault) if is_memory(&fault.what) => Self::OutOfMemory,
            Broken::Wrong(fault) => fault.into(),
            Broken::Failed(error) if error.why().is_some_and(|why| is_memory(&why)) => Self::OutOfMemory,
            Broken::Failed(error) => failed(error),
        }
    }
}
