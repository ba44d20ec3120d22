//! Secrets stay out of the lake, of reports and briefs, of messages and of the program's own log.

use crate::program::{headwater, rows};
use crate::redact::dice::Dice;
use crate::redact::planted::{KINDS, Planted, plant};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The day that the planted secrets are logged on.
pub const DAY: &str = "2026-11-22";

pub fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() { files_below(&path, files) } else { files.push(path) }
    }
}

/// Returns the needles that a text contains, plain or escaped as in JSON.
pub fn seen<'n>(text: &str, needles: &[&'n str]) -> Vec<&'n str> {
    let holds = |needle: &str| memchr::memmem::find(text.as_bytes(), needle.as_bytes()).is_some();
    let escaped = |needle: &str| serde_json::to_string(needle).expect("JSON").trim_matches('"').to_owned();
    needles.iter().filter(|needle| holds(needle) || holds(&escaped(needle))).copied().collect()
}

/// Returns all rows of all tables of a lake, as JSON text.
pub fn all_rows(lake: &Path) -> String {
    ["business", "standard", "event", "audit", "topology"]
        .map(|table| rows(lake, &format!("select * from {table}")).to_string())
        .concat()
}

/// Returns lines of a log with the secret in one of the places where logs have secrets.
fn lines_with(planted: &Planted, at: usize) -> (&'static str, String) {
    let clock = format!("10:{:02}:{:02}", at / 60 % 60, at % 60);
    let Planted { text, .. } = planted;
    let one_line = text.replace('\n', "\\n");
    let json_line = |members: Value| format!("{members}\n");
    match at % 6 {
        0 => ("business", format!("{DAY} {clock},000 ERROR [main] c.s.pay.Client - failed: {text}\n")),
        1 => {
            let members =
                json!({ "@timestamp": format!("{DAY}T{clock}+08:00"), "level": "ERROR", "message": text });
            ("business", json_line(members))
        }
        2 => {
            let members = json!({
                "@timestamp": format!("{DAY}T{clock}+08:00"), "level": "ERROR", "message": "call failed",
                "request": { "dump": text, "again": json!({ "inner": text }).to_string() },
            });
            ("business", json_line(members))
        }
        3 => {
            let members = json!({
                "@timestamp": format!("{DAY}T{clock}+08:00"), "level": "ERROR", "message": "call failed",
                "stack_trace": format!("a.b.CallException: {text}\n\tat a.b.C.d(C.java:1)"),
            });
            ("business", json_line(members))
        }
        4 => (
            "standard",
            format!("E1122 {clock}.000000       1 client.go:42] \"call failed\" err={one_line}\n"),
        ),
        _ => ("standard", format!("{text}\n")),
    }
}

/// Writes rules whose findings repeat the whole log line.
fn repeating_rules(folder: &Path) {
    for table in ["business", "standard"] {
        let extra = if table == "business" { "coalesce(stack, '')" } else { "''" };
        fs::create_dir_all(folder.join(table)).expect("a folder");
        let sql = format!(
            "/*\ntitle = \"line\"\nseverity = \"high\"\nfinding = \"{{pod}} logged {{text}}\"\nwhy = \"w\"\nadvice = \"a\"\n*/\n\
             select row_id as pod, ts, row_id,\n    \
             message || ' ' || {extra} || ' ' || coalesce(attrs, '') as text,\n    template\nfrom {table}\n"
        );
        fs::write(folder.join(table).join("line.sql"), sql).expect("written");
    }
}

#[test]
fn five_hundred_secrets_reach_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let bucket = dir.path().join("bucket");
    let mut dice = Dice(20_261_122);
    let mut planted: Vec<Planted> = Vec::new();
    let mut logs: BTreeMap<&str, String> = BTreeMap::new();
    for at in 0..540 {
        let secret = plant(KINDS[at % KINDS.len()], &mut dice);
        let (table, lines) = lines_with(&secret, at / KINDS.len() + at % KINDS.len());
        logs.entry(table).or_default().push_str(&lines);
        planted.push(secret);
    }
    for (table, text) in &logs {
        let folder = bucket.join(table).join("2026/11/22/10");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("app.log"), text).expect("written");
    }
    repeating_rules(&dir.path().join("rules"));
    let (lake, sent) = (dir.path().join("lake"), dir.path().join("sent.jsonl"));
    let config = dir.path().join("headwater.toml");
    let text = format!(
        "[source]\nurl = {:?}\n[[channel]]\nkind = \"file\"\nname = \"archive\"\nlang = \"en\"\npath = {:?}\n",
        bucket.display().to_string(),
        sent.display().to_string()
    );
    fs::write(&config, text).expect("written");
    let path = |path: &Path| path.to_str().expect("a readable path").to_owned();
    let common = ["--config", &path(&config), "--rules", &path(&dir.path().join("rules"))].map(str::to_owned);
    let program = |args: &[&str]| {
        let output = headwater(&lake, args)
            .args(&common)
            .env("HEADWATER_LOG", "info,headwater=trace")
            .output()
            .expect("it starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr))
    };
    let mut outputs = vec![("run".to_owned(), program(&["run", "--date", DAY, "--json"]))];
    let page = dir.path().join("page.html");
    for args in [
        vec!["analyze", "--date", DAY, "--json", "--html", &path(&page)],
        vec!["brief", "--date", DAY],
        vec!["brief", "--date", DAY, "--lang", "zh"],
        vec!["brief", "--date", DAY, "--voice"],
        vec!["brief", "--date", DAY, "--voice", "--lang", "zh"],
        vec!["redact", "--report", DAY, "--explain"],
        vec!["--log-format", "json", "analyze", "--date", DAY],
        vec!["inspect", &path(&bucket), "--json"],
    ] {
        outputs.push((args.join(" "), program(&args)));
    }
    let needles: Vec<&str> = planted.iter().map(|secret| secret.needle.as_str()).collect();
    let mut shown = String::new();
    for (what, (stdout, stderr)) in &outputs {
        assert_eq!(seen(stdout, &needles), Vec::<&str>::new(), "stdout of {what}");
        assert_eq!(seen(stderr, &needles), Vec::<&str>::new(), "stderr of {what}");
        shown.push_str(stdout);
    }
    let sent = fs::read_to_string(&sent).expect("a brief was sent");
    for (what, text) in [("message", &sent), ("page", &fs::read_to_string(&page).expect("a page"))] {
        assert_eq!(seen(text, &needles), Vec::<&str>::new(), "{what}");
        assert!(text.contains("redacted:"), "{what} repeats no line: the test checks nothing");
    }
    let lake_rows = all_rows(&lake);
    assert_eq!(seen(&lake_rows, &needles), Vec::<&str>::new(), "the lake");
    for kind in KINDS {
        assert!(lake_rows.contains(&format!("<redacted:{kind}")), "no {kind} was masked as such");
        assert!(shown.contains(&format!("<redacted:{kind}")), "no {kind} was shown: the test checks nothing");
    }
    let mut files = Vec::new();
    files_below(&lake, &mut files);
    for file in files {
        let bytes = String::from_utf8_lossy(&fs::read(&file).expect("readable")).into_owned();
        assert_eq!(seen(&bytes, &needles), Vec::<&str>::new(), "{}", file.display());
    }
    assert_attrs_are_json(&lake);
}

/// Checks that masked JSON is still JSON.
fn assert_attrs_are_json(lake: &Path) {
    let attrs = rows(lake, "select attrs from business where attrs is not null");
    for row in attrs.as_array().expect("rows") {
        let text = row["attrs"].as_str().expect("a text");
        serde_json::from_str::<Value>(text).unwrap_or_else(|error| panic!("{error} in {text}"));
    }
}
