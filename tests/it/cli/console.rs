//! `headwater sql` as a person uses it: typed into a terminal, and fed from a file.

use crate::program::{headwater, python, run, simulate};
use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use tempfile::TempDir;

/// What the terminal shows when the next line can be typed.
const PROMPT: &str = "\n+sql> $";

/// A folder with a lake, in which consoles run.
struct Place {
    dir: TempDir,
    lake: PathBuf,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        simulate(&dir.path().join("day"), "memory_limit_lowered", 1, 1);
        let lake = dir.path().join("lake");
        let day = dir.path().join("day");
        assert!(run(&lake, &["ingest", day.to_str().expect("a readable path")]).status.success());
        Self { dir, lake }
    }

    fn history(&self) -> PathBuf {
        self.dir.path().join("state/headwater/sql_history")
    }

    /// Types into a console and returns what it showed after each step.
    #[track_caller]
    fn types(&self, environment: &[(&str, &str)], steps: &Value) -> Vec<String> {
        let output = python()
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cli/terminal.py"))
            .args(["30", "100", &steps.to_string(), env!("CARGO_BIN_EXE_headwater"), "--lake"])
            .args([&self.lake, Path::new("sql")])
            .current_dir(self.dir.path())
            .env("XDG_STATE_HOME", self.dir.path().join("state"))
            .env("TERM", "xterm")
            .env("PAGER", "")
            .env_remove("NO_COLOR")
            .envs(environment.iter().copied())
            .output()
            .expect("python starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("a list of texts")
    }

    /// Feeds a script to a console that nobody watches.
    fn reads(&self, script: &str, options: &[&str]) -> Output {
        let mut command = headwater(&self.lake, &[&["sql"], options].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.current_dir(self.dir.path()).spawn().expect("starts");
        child.stdin.take().expect("piped").write_all(script.as_bytes()).expect("sent");
        child.wait_with_output().expect("exited")
    }
}

fn step(send: &str, until: &str) -> Value {
    json!({ "send": send, "until": until })
}

/// Types a line and waits for the next prompt after what it shows.
fn line(send: &str, until: &str) -> Value {
    step(&format!("{send}\r"), &format!("(?s){until}[^\n]*{PROMPT}"))
}

#[track_caller]
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn names_are_completed_and_results_are_counted() {
    let place = Place::new();
    let shown = place.types(
        &[],
        &json!([
            step("", "sql> $"),
            line("\\d", "standard_peers"),
            line("\\d even\t", "last_ts"),
            line("select count(*) as n from event e where e.reas\t = 'Pulled';", "1 row"),
            line("select '中文' as word, 7 as n union all select 'a;b', 12 -- ;\rorder by 2;", "2 rows"),
            line("\\x", "column a line"),
            line("\\timing", "off"),
            line("select 1 as a, '二' as b;", "1 row"),
            line("\\x off", "table"),
            line("select 5 as five from event a, event b limit 1200;", "1000 of 1200 rows shown"),
            step("exit\r", "<end>"),
        ]),
    );
    assert!(shown[1].contains("2180  2026-11-22") && shown[1].contains("broken"), "{}", shown[1]);
    assert!(shown[2].contains("reason") && shown[2].contains("Kubernetes events"), "{}", shown[2]);
    assert!(shown[3].contains("e.reason = 'Pulled';") && shown[3].contains("| 82 |"), "{}", shown[3]);
    let table = "\
+------+----+
| word | n  |
+------+----+
| 中文 |  7 |
| a;b  | 12 |
+------+----+
2 rows (0.";
    assert!(shown[4].contains(table), "{}", shown[4]);
    assert!(shown[7].contains("-[ row 1 ]-\na | 1\nb | 二\n1 row\n"), "{}", shown[7]);
    assert_eq!(shown[9].matches("|    5 |").count(), 1000);
}

#[test]
fn a_running_statement_is_cancelled_and_a_half_typed_one_is_cleared() {
    let place = Place::new();
    let endless =
        "select count(*) from audit a, audit b, audit c, audit d where a.uri < b.uri or c.uri > d.uri;";
    let shown = place.types(
        &[],
        &json!([
            step("", "sql> $"),
            step(&format!("{endless}\r"), "\n"),
            { "send": "\u{3}", "until": "cancelled", "again": true },
            line("select 6 * 7 as n;", "1 row"),
            step("select 1 from \u{3}", "sql> $"),
            line("select 8 as n;", "1 row"),
            line("select nmae,\r  reason from event;", "hint: did you mean `name`\\?"),
            line("select '中文', nmae from event;", "hint"),
            line("selec 1;", "found: selec"),
            line("\\examplse", "did you mean `\\\\examples`\\? `\\\\\\?` lists"),
            line("\\d aduit", "did you mean `audit`"),
            step("select 1,\r\\foo\r", "hint[^\n]*\n+sql> select 1,$"),
            line("2 as two;", "1 row"),
            step("\u{4}", "<end>"),
        ]),
    );
    assert!(
        shown[3].contains("| 42 |") && shown[5].contains("|  8 |") | shown[5].contains("| 8 |"),
        "{shown:?}"
    );
    let caret = "error: cannot plan the statement\n  1 | select nmae,\n             ^\n  column `nmae` does not exist";
    assert!(shown[6].contains(caret), "{}", shown[6]);
    let wide = "  1 | select '中文', nmae from event\n                     ^\n";
    assert!(shown[7].contains(wide), "{}", shown[7]);
    assert!(shown[8].contains("  1 | selec 1\n      ^\n"), "{}", shown[8]);
}

#[test]
fn the_history_is_kept_across_starts_for_its_user_alone() {
    let place = Place::new();
    let first =
        [step("", "sql> $"), line("select 41 + 1\ras answer;", "1 row"), line(" select 'unsaved';", "1 row")];
    place.types(&[], &json!([first[0], first[1], first[2], step("\\q\r", "<end>")]));
    let mode = std::fs::metadata(place.history()).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!std::fs::read_to_string(place.history()).expect("a text").contains("unsaved"));
    let second = place.types(
        &[],
        &json!([
            step("", "sql> $"),
            step("\u{1b}[A\u{1b}[A", "as answer;"),
            line("", "1 row"),
            step("quit\r", "<end>")
        ]),
    );
    assert!(second[2].contains("| 42     |") || second[2].contains("|     42 |"), "{}", second[2]);
}

#[test]
fn an_editor_a_pager_and_files_are_used() {
    let place = Place::new();
    let environment = [("VISUAL", "sed -i s/11/22/"), ("PAGER", "sed s/^/paged:/")];
    let shown = place.types(
        &environment,
        &json!([
            step("", "sql> $"),
            line("select 11 as n;", "1 row"),
            line("\\e", "1 row"),
            step("select reason,\r\\e\r", "\nsql> select reason,$"),
            step("\u{3}", "sql> $"),
            line("select ts from event limit 60;", "60 rows"),
            line("select repeat('x', 200) as wide;", "1 row"),
            line("\\o out.txt", "hint: use .csv"),
            line("\\o out.csv", ""),
            line("select 1 as a, 'x,y' as b;", "1 row written to out.csv"),
            line("select 2 as a;", "1 row written to out-2.csv"),
            line("\\o out.parquet", ""),
            line("select reason from event;", "614 rows written to out.parquet"),
            line("\\o", "screen"),
            line("select 3 as a;", "1 row"),
            step("exit\r", "<end>"),
        ]),
    );
    assert!(shown[2].contains("select 22 as n;") && shown[2].contains("| 22 |"), "{}", shown[2]);
    assert!(!shown[1].contains("paged:") && shown[5].contains("paged:|"), "{}", shown[5]);
    assert!(shown[6].contains("paged:| xxx"), "{}", shown[6]);
    assert!(!shown[9].contains('|') && shown[14].contains("| 3 |"), "{shown:?}");
    let read = |name: &str| std::fs::read(place.dir.path().join(name)).expect("a file");
    assert_eq!(text(&read("out.csv")), "a,b\n1,\"x,y\"\n");
    assert_eq!(text(&read("out-2.csv")), "a\n2\n");
    assert_eq!(&read("out.parquet")[..4], b"PAR1");
}

#[test]
fn colours_are_off_where_the_user_wants_none() {
    let place = Place::new();
    let steps = json!([
        step("", "sql> $"),
        { "send": "select reason from evnt;\r", "until": "(?s)hint.*sql> ", "raw": true },
        step("\u{4}", "<end>"),
    ]);
    let coloured = place.types(&[], &steps);
    assert!(coloured[1].contains("\u{1b}[34mselect\u{1b}[0m") && coloured[1].contains("\u{1b}[31merror:"));
    let plain = place.types(&[("NO_COLOR", "1")], &steps);
    assert!(!plain[1].contains("\u{1b}[3"), "{:?}", plain[1]);
}

#[test]
fn a_script_runs_to_its_first_error() {
    let place = Place::new();
    let output = place.reads("select 1 as a; select ';' as b\n;\n\\x on\n-- done\nselect 2 as c", &[]);
    assert_eq!(text(&output.stdout), "a\n1\nb\n;\nc\n2\n");
    assert!(output.status.success());
    let output =
        place.reads("select 1 as a;\nselect nothing from event;\nselect 3 as c;", &["--format", "json"]);
    assert_eq!((text(&output.stdout), output.status.code()), ("[\n{\"a\":1}\n]\n", Some(2)));
    assert!(text(&output.stderr).contains("  1 | select nothing from event\n             ^\n"));
}

#[test]
fn every_example_runs() {
    let place = Place::new();
    let shown = place.reads("\\examples", &[]);
    let examples = text(&shown.stdout);
    assert_eq!(examples.matches(';').count(), 7, "{examples}");
    let output = place.reads(examples, &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn text_of_logs_does_nothing_to_the_terminal() {
    let place = Place::new();
    let sql = "select 'a' || chr(27) || '[31mred' || chr(8) || chr(8238) || chr(9) || 'b' || chr(10) || 'c' as message";
    let output = run(&place.lake, &["sql", sql, "--format", "table"]);
    let expected = "\
+-----------+
| message   |
+-----------+
| ared    b |
| c         |
+-----------+
";
    assert_eq!(text(&output.stdout), expected);
}
