//! A complete run that is killed with SIGKILL at 500 moments, cancelled by a signal, or meets a second run:
//! no row is lost or duplicated, there is one report, and no finding is delivered twice.

use crate::program::{headwater, json, simulate};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const TABLES: [&str; 4] = ["business", "standard", "event", "audit"];
/// The default day of `simulate`.
const DAY: &str = "2026-11-22";

/// A bucket and its config.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new(size: u64) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        simulate(&dir.path().join("bucket"), "memory_limit_lowered", 5, size);
        Self { dir }
    }

    /// Keeps one in five of the many small container objects, because they determine the duration of a run.
    fn thinned(self) -> Self {
        let mut files = Vec::new();
        let mut folders = vec![self.dir.path().join("bucket/standard")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("readable") {
                let path = entry.expect("readable").path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort();
        for (_, file) in files.iter().enumerate().filter(|(at, _)| at % 5 > 0) {
            std::fs::remove_file(file).expect("removed");
        }
        self
    }

    fn lake(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Returns the command of a complete run into a lake, with a channel.
    fn run(&self, lake: &Path) -> Command {
        let config = lake.with_extension("toml");
        let text = format!(
            "[source]\nurl = {:?}\n[[channel]]\nkind = \"file\"\nname = \"archive\"\npath = {:?}\n",
            self.dir.path().join("bucket").display().to_string(),
            lake.with_extension("jsonl").display().to_string(),
        );
        std::fs::write(&config, text).expect("written");
        let mut command = headwater(lake, &["run", "--date", DAY, "--json", "--config"]);
        command.arg(config).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

fn counts(lake: &Path) -> Vec<(i64, i64)> {
    let count = |table: &&str| {
        format!("select '{table}' as of, count(*) as n, count(distinct row_id) as ids from {table}")
    };
    let sql = TABLES.iter().map(count).collect::<Vec<_>>().join(" union all ") + " order by of";
    let rows = json(lake, &["sql", &sql, "--format", "json"]);
    let number = |row: &Value, name: &str| row[name].as_i64().expect("a number");
    rows.as_array().expect("rows").iter().map(|row| (number(row, "n"), number(row, "ids"))).collect()
}

/// Returns the ids of the delivered findings, in order.
fn sent(lake: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(lake.with_extension("jsonl")).unwrap_or_default();
    let messages = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let ids = |message: Value| message["findings"].as_array().cloned().unwrap_or_default();
    messages.flat_map(ids).map(|finding| finding["id"].as_str().expect("an id").to_owned()).collect()
}

fn runs(lake: &Path) -> Vec<(String, String)> {
    let catalog = headwater::lake::catalog::Catalog::open(&lake.join("catalog.db")).expect("a catalog");
    catalog
        .runs(None, usize::MAX)
        .expect("runs")
        .into_iter()
        .map(|run| (run.date, run.state.to_string()))
        .collect()
}

fn kill(mut child: Child) -> bool {
    let was_running = child.try_wait().expect("its state").is_none();
    child.kill().expect("killed");
    child.wait().expect("gone");
    was_running
}

#[test]
fn killed_at_five_hundred_moments() {
    let place = Place::new(300_000).thinned();
    let whole = place.lake("whole");
    let begun = Instant::now();
    place.run(&whole).status().expect("it runs");
    let mut time = begun.elapsed();
    let expected = counts(&whole);
    assert!(expected.iter().all(|(rows, ids)| rows > &0 && rows == ids), "{expected:?}");
    let received: BTreeSet<String> = sent(&whole).into_iter().collect();
    assert!(!received.is_empty() && sent(&whole).len() == received.len());
    let (mut killed, mut lakes) = (0_u32, 0_u32);
    while killed < 500 {
        let lake = place.lake(&format!("lake-{lakes}"));
        let mut tries = 0;
        // moments spread evenly over the run and a little beyond its end; in every other lake over its beginning, in
        // which rows are written
        let is_whole = lakes % 2 == 0;
        loop {
            let part = (f64::from(killed + tries) * 0.618_034).fract() * if is_whole { 1.1 } else { 0.2 };
            let child = place.run(&lake).spawn().expect("it runs");
            std::thread::sleep(time.mul_f64(part));
            let was_running = kill(child);
            killed += u32::from(was_running);
            // the duration of a run depends on the load of the machine
            if is_whole {
                time = time.mul_f64(if was_running { 1.02 } else { 0.9 });
            }
            tries += 1;
            if !was_running || tries == 12 {
                break;
            }
        }
        place.run(&lake).status().expect("it runs");
        assert_eq!(counts(&lake), expected, "lake {lakes}, {killed} kills");
        let ended = runs(&lake);
        // a run killed after its end cannot be resumed: the next run is a new one
        assert!(ended.iter().all(|(date, state)| date == DAY && state == "done"), "lake {lakes}: {ended:?}");
        let went_out = sent(&lake);
        let distinct: BTreeSet<String> = went_out.iter().cloned().collect();
        assert_eq!(went_out.len(), distinct.len(), "lake {lakes}: a finding went out twice");
        assert_eq!(distinct, received, "lake {lakes}: a finding was lost");
        std::fs::remove_dir_all(&lake).expect("removed");
        std::fs::remove_file(lake.with_extension("jsonl")).ok();
        lakes += 1;
    }
    eprintln!("{killed} kills over {lakes} lakes");
}

#[test]
fn a_run_cancelled_by_a_signal_can_be_resumed() {
    let place = Place::new(20_000_000);
    let lake = place.lake("lake");
    let mut child = place.run(&lake).spawn().expect("it runs");
    while !lake.join("audit").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("a signal");
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(1));
    assert_eq!(runs(&lake), [(DAY.to_owned(), "cancelled".to_owned())]);
    assert!(place.run(&lake).status().expect("it runs").success());
    assert_eq!(runs(&lake), [(DAY.to_owned(), "done".to_owned())]);
    let rows = counts(&lake);
    assert!(rows.iter().all(|(rows, ids)| rows > &0 && rows == ids), "{rows:?}");
}

#[test]
fn a_second_run_fails_and_names_the_process_that_holds_the_lock() {
    let place = Place::new(300_000);
    let lake = place.lake("lake");
    let held = headwater::lake::Lake::create(&lake).expect("a lake").lock("the first").expect("the lock");
    let output = place.run(&lake).stderr(Stdio::piped()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let process = format!("`the first`, process {}", std::process::id());
    assert!(text.contains("another run is writing to this lake") && text.contains(&process), "{text}");
    drop(held);
    assert!(place.run(&lake).status().expect("it runs").success());
}
