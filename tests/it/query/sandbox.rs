//! Statements of strangers in processes of their own: what they give, what is said when they do not,
//! and what they cannot reach.

use crate::program::{json, simulate};
use crate::query::forbidden::{FORBIDDEN, TARGET, deadly};
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use arrow::util::pretty::pretty_format_batches;
use headwater::query::sandbox::{Limits, Pool, QueryError, Rows, Setup, Statement};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// What a process may use.
pub const MEMORY: u64 = 256 << 20;

/// A lake, and a pool over it in a temporary folder of its own.
pub struct Served {
    pub dir: tempfile::TempDir,
    pub runtime: Runtime,
    pool: Option<Pool>,
}

impl Served {
    pub fn new(size: u64, at_once: usize) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let bucket = dir.path().join("bucket");
        simulate(&bucket, "memory_limit_lowered", 5, size);
        let served = Self::over(dir, at_once);
        served.ingest(&bucket);
        served
    }

    fn over(dir: tempfile::TempDir, at_once: usize) -> Self {
        std::fs::create_dir(dir.path().join("temp")).expect("a folder");
        let setup = Setup {
            program: env!("CARGO_BIN_EXE_headwater").into(),
            lake: dir.path().join("lake"),
            temp: dir.path().join("temp"),
            at_once,
            threads: 2,
        };
        let runtime = Runtime::new().expect("a runtime");
        Self { dir, runtime, pool: Some(Pool::new(setup)) }
    }

    fn ingest(&self, path: &Path) {
        json(&self.dir.path().join("lake"), &["ingest", path.to_str().expect("a path"), "--json"]);
    }

    pub fn temp(&self) -> PathBuf {
        self.dir.path().join("temp")
    }

    pub fn ask(&self, sql: &str, limits: Limits) -> Result<Rows, QueryError> {
        self.runtime.block_on(self.pool().ask(Statement { sql: sql.into(), limits }))
    }

    pub fn pool(&self) -> &Pool {
        self.pool.as_ref().expect("not closed")
    }

    /// Asks with room for all that is good.
    fn rows(&self, sql: &str) -> Result<Rows, QueryError> {
        self.ask(sql, roomy())
    }

    #[track_caller]
    pub fn number(&self, sql: &str) -> i64 {
        let rows = self.rows(sql).unwrap_or_else(|fault| panic!("{sql}: {fault:?}"));
        rows.batches[0].column(0).as_primitive::<Int64Type>().value(0)
    }

    /// Answers as it should.
    #[track_caller]
    pub fn is_well(&self, audits: i64) {
        assert_eq!(self.number("select count(*) from audit"), audits);
    }

    /// Returns the processes of this pool with the ticks that each has worked.
    pub fn processes(&self) -> BTreeMap<u32, u64> {
        let mark = self.temp().display().to_string();
        let mut found = BTreeMap::new();
        for entry in std::fs::read_dir("/proc").expect("readable").flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let command = std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
            let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            if command.contains("query-worker") && command.contains(&mark) {
                let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
                let ticks = |at: usize| fields.get(at).and_then(|t| t.parse::<u64>().ok()).unwrap_or(0);
                found.insert(pid, ticks(12) + ticks(13));
            }
        }
        found
    }

    /// Ends the pool; nothing may be left of it.
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

/// Returns limits that are wide enough for all that is good.
pub fn roomy() -> Limits {
    Limits { deadline: Duration::from_secs(30), rows: 1_000, bytes: 1 << 20, memory_bytes: MEMORY }
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
fn what_is_forbidden_is_refused_and_writes_nothing() {
    let served = Served::new(500_000, 2);
    let audits = served.number("select count(*) from audit");
    assert!(audits > 50);
    let before = files(&served.dir.path().join("lake"));
    for sql in FORBIDDEN {
        match served.rows(sql) {
            Err(QueryError::Refused { what, hint }) => assert!(!what.is_empty() && !hint.is_empty()),
            other => panic!("{sql}: {other:?}"),
        }
    }
    served.is_well(audits);
    assert_eq!(files(&served.dir.path().join("lake")), before);
    assert!(!Path::new(TARGET).exists());
    served.close();
}

#[test]
fn more_than_may_be_at_once_wait_and_are_turned_away() {
    let served = Served::new(4_000_000, 1);
    let limits = Limits { deadline: Duration::from_secs(6), ..roomy() };
    let heavy = Statement { sql: deadly()[0].clone(), limits };
    let (first, second) = served.runtime.block_on(async {
        futures::join!(served.pool().ask(heavy.clone()), served.pool().ask(heavy.clone()))
    });
    assert_eq!(first.map(|_| ()), Err(QueryError::TimedOut));
    assert_eq!(second.map(|_| ()), Err(QueryError::Busy));
    assert!(served.number("select count(*) from audit") > 0);
    served.close();
}

#[test]
fn an_answer_is_what_the_lake_holds_now() {
    let served = Served::new(500_000, 2);
    let sql = "select namespace, count(*) as n from event group by 1 order by 1";
    let rows = served.rows(sql).expect("rows");
    let table = pretty_format_batches(&rows.batches).expect("a table").to_string();
    let lake = served.dir.path().join("lake");
    let same = crate::program::run(&lake, &["sql", sql, "--format", "table"]);
    assert_eq!(table.trim(), String::from_utf8_lossy(&same.stdout).trim());
    // what is committed meanwhile is seen by the process that stands ready
    let before = served.number("select count(*) from standard");
    let log = served.dir.path().join("more.log");
    std::fs::write(&log, "2026-11-22T03:00:00Z INFO one more line\n").expect("written");
    served.ingest(&log);
    let after: i64 = ["standard", "business"]
        .map(|table| {
            served.number(&format!("select count(*) from {table} where message like '%one more line%'"))
        })
        .iter()
        .sum();
    assert_eq!(after, 1, "{before}");
    served.close();
}

#[test]
fn what_is_cut_off_is_said() {
    let served = Served::new(500_000, 2);
    let count = |rows: &Rows| rows.batches.iter().map(|batch| batch.num_rows()).sum::<usize>();
    let all = served.number("select count(*) from standard") as usize;
    let few = served.ask("select * from standard", Limits { rows: 7, ..roomy() }).expect("rows");
    assert_eq!((count(&few), few.truncated), (7, Some("rows")));
    let exact = served.ask("select * from standard limit 7", Limits { rows: 7, ..roomy() }).expect("rows");
    assert_eq!((count(&exact), exact.truncated), (7, None));
    let small = served
        .ask("select * from standard", Limits { rows: 100_000, bytes: 50_000, ..roomy() })
        .expect("rows");
    assert_eq!(small.truncated, Some("bytes"));
    assert!(count(&small) > 0 && count(&small) < all);
    let columns = small.batches.iter().flat_map(|batch| batch.columns());
    let bytes: usize = columns.map(|column| column.to_data().get_slice_memory_size().expect("told")).sum();
    assert!(bytes < 50_000, "{bytes}");
    let none = served.rows("select * from standard where false").expect("rows");
    assert_eq!((count(&none), none.truncated), (0, None));
    assert!(none.schema.index_of("message").is_ok());
    let sorted = served.ask("select line from standard order by line desc", Limits { rows: 1, ..roomy() });
    let most = served.number("select max(line) from standard");
    assert_eq!(sorted.expect("rows").batches[0].column(0).as_primitive::<Int64Type>().value(0), most);
    served.close();
}

#[test]
fn what_went_wrong_is_told_apart() {
    let served = Served::new(500_000, 2);
    let fault = |sql: &str| served.rows(sql).map(|_| ()).expect_err(sql);
    let QueryError::Invalid { what, line, column, .. } = fault("select verb,\n  nope from audit") else {
        panic!("not invalid")
    };
    assert_eq!((what.contains("nope"), line, column), (true, Some(2), Some(3)));
    for sql in [
        "select 1 +",
        "select line / 0 from audit",
        "select cast('x' as int)",
        "select nope(1)",
        "select 1 from audit where message ~ '(abc'",
        "select * from history.audit",
    ] {
        assert!(matches!(fault(sql), QueryError::Invalid { .. }), "{sql}: {:?}", fault(sql));
    }
    for sql in ["select repeat('x', 1000000000)", "select unnest(range(0, 100000000000))"] {
        assert_eq!(fault(sql), QueryError::OutOfMemory, "{sql}");
    }
    let limits = Limits { deadline: Duration::from_millis(500), ..roomy() };
    let endless = "select levenshtein(repeat('a', 3000000), repeat('b', 3000000))";
    assert_eq!(served.ask(endless, limits).map(|_| ()), Err(QueryError::TimedOut));
    // a process that is ended from outside: while it works, and while it stands ready
    for (signal, expected) in [("-KILL", QueryError::OutOfMemory), ("-XCPU", QueryError::TimedOut)] {
        let working = std::thread::scope(|scope| {
            let asked = scope.spawn(|| served.rows(endless).map(|_| ()));
            std::thread::sleep(Duration::from_millis(700));
            for pid in served.processes().into_keys() {
                let _ = Command::new("kill").args([signal, &pid.to_string()]).status();
            }
            asked.join().expect("an answer")
        });
        assert_eq!(working, Err(expected));
        std::thread::sleep(Duration::from_millis(200));
        assert!(served.number("select count(*) from audit") > 0);
    }
    served.close();
}

#[test]
fn a_process_knows_no_secret_no_path_and_no_file() {
    let served = Served::new(500_000, 1);
    assert!(served.number("select count(*) from audit") > 0);
    for pid in served.processes().into_keys() {
        let environment = std::fs::read_to_string(format!("/proc/{pid}/environ")).expect("readable");
        let names: Vec<&str> = environment.split('\0').filter_map(|pair| pair.split('=').next()).collect();
        let known = ["", "NO_COLOR", "TMPDIR", "MIMALLOC_ARENA_RESERVE"];
        assert!(names.iter().all(|name| known.contains(name)), "{names:?}");
    }
    let plan = served.rows("explain verbose select verb from audit where pod = 'x'").expect("a plan");
    let plan = pretty_format_batches(&plan.batches).expect("a table").to_string();
    let place = served.dir.path().display().to_string();
    assert!(plan.contains(".parquet") && !plan.contains(place.trim_start_matches('/')), "{plan}");
    let limits = Limits { rows: 100_000, ..roomy() };
    let functions = served.ask("select distinct routine_name from information_schema.routines", limits);
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
    let file = served.rows("select input_file_name() from audit limit 1").expect("a name");
    let file = pretty_format_batches(&file.batches).expect("a table").to_string();
    assert!(file.contains("audit/date=") && !file.contains(place.trim_start_matches('/')), "{file}");
    served.close();
}

#[test]
fn a_process_ends_with_whoever_started_it() {
    let served = Served::new(500_000, 1);
    let temp = served.temp().join("own");
    std::fs::create_dir(&temp).expect("a folder");
    let mut process = Command::new(env!("CARGO_BIN_EXE_headwater"))
        .arg("--lake")
        .arg(served.dir.path().join("lake"))
        .args(["query-worker", "--threads", "2", "--temp"])
        .arg(&temp)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("starts");
    let question = serde_json::json!({
        "sql": "select levenshtein(repeat('a', 3000000), repeat('b', 3000000))",
        "rows": 1, "bytes": 1000, "memory_bytes": MEMORY, "cpu_s": 60,
    });
    let question = question.to_string();
    let mut stdin = process.stdin.take().expect("piped");
    stdin.write_all(b"Q").expect("written");
    stdin.write_all(&(question.len() as u32).to_le_bytes()).expect("written");
    stdin.write_all(question.as_bytes()).expect("written");
    std::thread::sleep(Duration::from_millis(500));
    assert!(process.try_wait().expect("known").is_none(), "it works");
    drop(stdin);
    let begun = Instant::now();
    while process.try_wait().expect("known").is_none() {
        assert!(begun.elapsed() < Duration::from_secs(5), "it works for nobody");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!temp.exists());
    served.close();
}
