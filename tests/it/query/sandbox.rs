//! The sandbox for untrusted SQL: results, errors, and what a statement cannot reach.

use crate::program::{json, simulate};
use crate::query::forbidden::{FORBIDDEN, TARGET, deadly};
use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Int64Type, SchemaRef};
use arrow::ipc::reader::StreamReader;
use arrow::util::pretty::pretty_format_batches;
use headwater::query::error::QueryError;
use headwater::query::sandbox::{
    Answer, Format, Output, Pool, PoolConfig, Statement, StatementLimits, Truncated,
};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Memory limit of a process, in bytes.
pub const MEMORY: u64 = 256 << 20;

/// A lake and a pool over it, in a temporary folder.
pub struct Sandbox {
    pub dir: tempfile::TempDir,
    pub runtime: Runtime,
    pool: Option<Pool>,
}

impl Sandbox {
    pub fn new(size: u64, max_concurrent: usize) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let bucket = dir.path().join("bucket");
        simulate(&bucket, "memory_limit_lowered", 5, size);
        let sandbox = Self::over(dir, max_concurrent);
        sandbox.ingest(&bucket);
        sandbox
    }

    pub fn over(dir: tempfile::TempDir, max_concurrent: usize) -> Self {
        std::fs::create_dir(dir.path().join("temp")).expect("a folder");
        let config = PoolConfig {
            program: env!("CARGO_BIN_EXE_headwater").into(),
            lake: dir.path().join("lake"),
            temp: dir.path().join("temp"),
            max_concurrent,
            threads: 2,
            zone: chrono_tz::Asia::Shanghai,
        };
        let runtime = Runtime::new().expect("a runtime");
        Self { dir, runtime, pool: Some(Pool::new(config)) }
    }

    pub fn ingest(&self, path: &Path) {
        json(&self.dir.path().join("lake"), &["ingest", path.to_str().expect("a path"), "--json"]);
    }

    pub fn temp(&self) -> PathBuf {
        self.dir.path().join("temp")
    }

    pub fn run(&self, sql: &str, limits: StatementLimits) -> Result<Rows, QueryError> {
        self.run_as(sql, Output::of(Format::Arrow), limits).map(|answer| Rows::of(&answer))
    }

    pub fn run_as(&self, sql: &str, output: Output, limits: StatementLimits) -> Result<Answer, QueryError> {
        self.runtime.block_on(self.pool().run(Statement { sql: sql.into(), output, limits }))
    }

    pub fn pool(&self) -> &Pool {
        self.pool.as_ref().expect("not closed")
    }

    /// Runs a statement with the limits of [`roomy`].
    pub fn rows(&self, sql: &str) -> Result<Rows, QueryError> {
        self.run(sql, roomy())
    }

    #[track_caller]
    pub fn number(&self, sql: &str) -> i64 {
        let rows = self.rows(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        rows.batches[0].column(0).as_primitive::<Int64Type>().value(0)
    }

    /// Requires that the sandbox still returns correct rows.
    #[track_caller]
    pub fn assert_works(&self, audits: i64) {
        assert_eq!(self.number("select count(*) from audit"), audits);
    }

    /// Returns the processes of this pool with the CPU ticks of each.
    pub fn processes(&self) -> BTreeMap<u32, u64> {
        let mark = self.temp().display().to_string();
        let mut found = BTreeMap::new();
        for entry in std::fs::read_dir("/proc").expect("readable").flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let command = std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
            let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            if command.contains("sandbox-worker") && command.contains(&mark) {
                let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
                let ticks = |at: usize| fields.get(at).and_then(|t| t.parse::<u64>().ok()).unwrap_or(0);
                found.insert(pid, ticks(12) + ticks(13));
            }
        }
        found
    }

    /// Drops the pool; requires that no process and no file is left.
    #[track_caller]
    pub fn close(mut self) {
        self.pool = None;
        let begun = Instant::now();
        while !self.processes().is_empty() || files(&self.temp()) != (0, 0) {
            assert!(begun.elapsed() < Duration::from_secs(5), "left: {:?}", self.processes());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Returns limits that are wide enough for every valid statement.
pub fn roomy() -> StatementLimits {
    StatementLimits { deadline: Duration::from_secs(30), skip: 0, rows: 1_000, memory_bytes: MEMORY }
}

/// Returns a statement whose rows come as Arrow.
pub fn statement(sql: &str, limits: StatementLimits) -> Statement {
    Statement { sql: sql.into(), output: Output::of(Format::Arrow), limits }
}

/// Rows that came as Arrow.
#[derive(Debug)]
pub struct Rows {
    pub schema: SchemaRef,
    pub batches: Vec<RecordBatch>,
    pub truncated: Option<Truncated>,
}

impl Rows {
    fn of(answer: &Answer) -> Self {
        let reader = StreamReader::try_new(answer.body.as_slice(), None).expect("an Arrow stream");
        let schema = reader.schema();
        let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>().expect("batches");
        assert_eq!(answer.rows, batches.iter().map(RecordBatch::num_rows).sum::<usize>());
        let batches = match batches.as_slice() {
            [] => batches,
            all => vec![concat_batches(&schema, all).expect("one batch")],
        };
        Self { schema, batches, truncated: answer.truncated }
    }
}

/// Counts files and folders below a folder.
pub fn files(folder: &Path) -> (usize, usize) {
    let mut count = (0, 0);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            let within = files(&entry.path());
            count = (count.0 + within.0, count.1 + within.1 + 1);
        } else {
            count.0 += 1;
        }
    }
    count
}

#[test]
fn forbidden_statements_are_not_allowed_and_write_nothing() {
    let sandbox = Sandbox::new(500_000, 2);
    let audits = sandbox.number("select count(*) from audit");
    assert!(audits > 50);
    let before = files(&sandbox.dir.path().join("lake"));
    for sql in FORBIDDEN {
        match sandbox.rows(sql) {
            Err(QueryError::NotAllowed { what, hint }) => assert!(!what.is_empty() && !hint.is_empty()),
            other => panic!("{sql}: {other:?}"),
        }
    }
    sandbox.assert_works(audits);
    assert_eq!(files(&sandbox.dir.path().join("lake")), before);
    assert!(!Path::new(TARGET).exists());
    sandbox.close();
}

#[test]
fn statements_beyond_the_limit_wait_and_fail() {
    let sandbox = Sandbox::new(4_000_000, 1);
    let limits = StatementLimits { deadline: Duration::from_secs(6), ..roomy() };
    let heavy = statement(&deadly()[0], limits);
    let (first, second) = sandbox.runtime.block_on(async {
        futures::join!(sandbox.pool().run(heavy.clone()), sandbox.pool().run(heavy.clone()))
    });
    assert_eq!(first.map(|_| ()), Err(QueryError::TimedOut));
    assert_eq!(second.map(|_| ()), Err(QueryError::Busy));
    assert!(sandbox.number("select count(*) from audit") > 0);
    sandbox.close();
}

#[test]
fn results_are_of_the_current_rows_of_the_lake() {
    let sandbox = Sandbox::new(500_000, 2);
    let sql = "select namespace, count(*) as n from event group by 1 order by 1";
    let rows = sandbox.rows(sql).expect("rows");
    let table = pretty_format_batches(&rows.batches).expect("a table").to_string();
    let lake = sandbox.dir.path().join("lake");
    let same = crate::program::run(&lake, &["sql", sql, "--format", "table"]);
    // the command aligns numbers to the right
    let cells = |table: &str| table.trim().replace(' ', "");
    assert_eq!(cells(&table), cells(&String::from_utf8_lossy(&same.stdout)));
    // an idle process sees rows that were committed since it started
    let before = sandbox.number("select count(*) from standard");
    let log = sandbox.dir.path().join("more.log");
    std::fs::write(&log, "2026-11-22T03:00:00Z INFO one more line\n").expect("written");
    sandbox.ingest(&log);
    let after: i64 = ["standard", "business"]
        .map(|table| {
            sandbox.number(&format!("select count(*) from {table} where message like '%one more line%'"))
        })
        .iter()
        .sum();
    assert_eq!(after, 1, "{before}");
    sandbox.close();
}

#[test]
fn truncated_results_name_the_limit() {
    let sandbox = Sandbox::new(500_000, 2);
    let count = |rows: &Rows| rows.batches.iter().map(|batch| batch.num_rows()).sum::<usize>();
    let all = sandbox.number("select count(*) from standard") as usize;
    let few = sandbox.run("select * from standard", StatementLimits { rows: 7, ..roomy() }).expect("rows");
    assert_eq!((count(&few), few.truncated), (7, Some(Truncated::Rows)));
    let exact =
        sandbox.run("select * from standard limit 7", StatementLimits { rows: 7, ..roomy() }).expect("rows");
    assert_eq!((count(&exact), exact.truncated), (7, None));
    let output = Output { bytes: 50_000, ..Output::of(Format::Arrow) };
    let limits = StatementLimits { rows: 100_000, ..roomy() };
    let small = sandbox.run_as("select * from standard", output, limits).expect("rows");
    assert!(small.body.len() <= 50_000, "{}", small.body.len());
    let small = Rows::of(&small);
    assert_eq!(small.truncated, Some(Truncated::Bytes));
    assert!(count(&small) > 0 && count(&small) < all);
    let columns = small.batches.iter().flat_map(|batch| batch.columns());
    let bytes: usize = columns.map(|column| column.to_data().get_slice_memory_size().expect("a size")).sum();
    assert!(bytes < 50_000, "{bytes}");
    let none = sandbox.rows("select * from standard where false").expect("rows");
    assert_eq!((count(&none), none.truncated), (0, None));
    assert!(none.schema.index_of("message").is_ok());
    let sorted =
        sandbox.run("select line from standard order by line desc", StatementLimits { rows: 1, ..roomy() });
    let most = sandbox.number("select max(line) from standard");
    assert_eq!(sorted.expect("rows").batches[0].column(0).as_primitive::<Int64Type>().value(0), most);
    sandbox.close();
}

#[test]
fn errors_have_distinct_kinds() {
    let sandbox = Sandbox::new(500_000, 2);
    let error_of = |sql: &str| sandbox.rows(sql).map(|_| ()).expect_err(sql);
    let QueryError::Invalid(error) = error_of("select verb,\n  nope from audit") else {
        panic!("not invalid")
    };
    assert_eq!((error.what.contains("nope"), error.line, error.column), (true, Some(2), Some(3)));
    for sql in [
        "select 1 +",
        "select line / 0 from audit",
        "select 1 from audit where line / 0 > 1",
        "select cast('x' as int)",
        "select nope(1)",
        "select 1 from audit where message ~ '(abc'",
        "select * from history.audit",
    ] {
        assert!(matches!(error_of(sql), QueryError::Invalid(_)), "{sql}: {:?}", error_of(sql));
    }
    for sql in ["select repeat('x', 1000000000)", "select unnest(range(0, 100000000000))"] {
        assert_eq!(error_of(sql), QueryError::OutOfMemory, "{sql}");
    }
    let limits = StatementLimits { deadline: Duration::from_millis(500), ..roomy() };
    let endless = "select levenshtein(repeat('a', 3000000), repeat('b', 3000000))";
    assert_eq!(sandbox.run(endless, limits).map(|_| ()), Err(QueryError::TimedOut));
    // a process that is killed while it runs a statement, and while it is idle
    for (signal, expected) in [("-KILL", QueryError::OutOfMemory), ("-XCPU", QueryError::TimedOut)] {
        let outcome = std::thread::scope(|scope| {
            let pending = scope.spawn(|| sandbox.rows(endless).map(|_| ()));
            std::thread::sleep(Duration::from_millis(700));
            for pid in sandbox.processes().into_keys() {
                let _ = Command::new("kill").args([signal, &pid.to_string()]).status();
            }
            pending.join().expect("an outcome")
        });
        assert_eq!(outcome, Err(expected));
        std::thread::sleep(Duration::from_millis(200));
        assert!(sandbox.number("select count(*) from audit") > 0);
    }
    sandbox.close();
}

#[test]
fn a_process_has_no_secret_no_path_and_no_file() {
    let sandbox = Sandbox::new(500_000, 1);
    assert!(sandbox.number("select count(*) from audit") > 0);
    for pid in sandbox.processes().into_keys() {
        let environment = std::fs::read_to_string(format!("/proc/{pid}/environ")).expect("readable");
        let names: Vec<&str> = environment.split('\0').filter_map(|pair| pair.split('=').next()).collect();
        let known = ["", "NO_COLOR", "TMPDIR", "MIMALLOC_ARENA_RESERVE"];
        assert!(names.iter().all(|name| known.contains(name)), "{names:?}");
    }
    let plan = sandbox.rows("explain verbose select verb from audit where pod = 'x'").expect("a plan");
    let plan = pretty_format_batches(&plan.batches).expect("a table").to_string();
    let place = sandbox.dir.path().display().to_string();
    assert!(plan.contains(".parquet") && !plan.contains(place.trim_start_matches('/')), "{plan}");
    let limits = StatementLimits { rows: 100_000, ..roomy() };
    let functions = sandbox.run("select distinct routine_name from information_schema.routines", limits);
    let functions = functions.expect("functions");
    let names: Vec<&str> = functions
        .batches
        .iter()
        .flat_map(|batch| batch.column(0).as_string::<i32>().iter().flatten())
        .collect();
    assert!(names.contains(&"date_trunc"), "{names:?}");
    for name in names {
        let reaches = ["read_", "sleep", "http", "env", "load", "glob", "system", "exec", "copy"];
        assert!(!reaches.iter().any(|word| name.contains(word)), "{name}");
    }
    let file = sandbox.rows("select input_file_name() from audit limit 1").expect("a name");
    let file = pretty_format_batches(&file.batches).expect("a table").to_string();
    assert!(file.contains("audit/date=") && !file.contains(place.trim_start_matches('/')), "{file}");
    sandbox.close();
}

#[test]
fn a_process_exits_when_its_stdin_is_closed() {
    let sandbox = Sandbox::new(500_000, 1);
    let temp = sandbox.temp().join("own");
    std::fs::create_dir(&temp).expect("a folder");
    let mut process = Command::new(env!("CARGO_BIN_EXE_headwater"))
        .arg("--lake")
        .arg(sandbox.dir.path().join("lake"))
        .args(["sandbox-worker", "--threads", "2", "--temp"])
        .arg(&temp)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("starts");
    let request = serde_json::json!({
        "sql": "select levenshtein(repeat('a', 3000000), repeat('b', 3000000))",
        "rows": 1, "output": { "format": "arrow", "bytes": 1000, "cell_bytes": 1000 }, "memory_bytes": MEMORY, "cpu_s": 60,
    });
    let request = request.to_string();
    let mut stdin = process.stdin.take().expect("piped");
    stdin.write_all(b"Q").expect("written");
    stdin.write_all(&(request.len() as u32).to_le_bytes()).expect("written");
    stdin.write_all(request.as_bytes()).expect("written");
    std::thread::sleep(Duration::from_millis(500));
    assert!(process.try_wait().expect("known").is_none(), "it runs");
    drop(stdin);
    let begun = Instant::now();
    while process.try_wait().expect("known").is_none() {
        assert!(begun.elapsed() < Duration::from_secs(5), "it still runs");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!temp.exists());
    sandbox.close();
}
