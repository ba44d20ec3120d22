//! HTTP under attack: statements that never end, clients that disconnect, stall or send too much, file
//! names that leave the folder, and a shutdown during requests. The server keeps responding.

use crate::program::rows;
use crate::query::forbidden::{FORBIDDEN, TARGET, deadly};
use crate::server::day::Day;
use crate::server::serve::{Reply, Server};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Requests `/healthz` repeatedly while `work` runs; requires each response within a second.
pub fn while_healthy<T>(server: &Server, work: impl FnOnce() -> T) -> T {
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut slowest = Duration::ZERO;
            while !is_done.load(Ordering::Relaxed) {
                let begun = Instant::now();
                assert_eq!(server.get("/healthz").status, 200);
                slowest = slowest.max(begun.elapsed());
                std::thread::sleep(Duration::from_millis(50));
            }
            slowest
        });
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        is_done.store(true, Ordering::Relaxed);
        let slowest = watch.join().expect("healthy");
        let done = done.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        assert!(slowest < Duration::from_secs(1), "/healthz took {slowest:?}");
        done
    })
}

/// Time limit of a deadly statement, and the tolerance.
const DEADLINE: Duration = Duration::from_secs(2);
const MORE: Duration = Duration::from_secs(2);

#[track_caller]
fn ends_in_time(server: &Server, sql: &str) {
    let begun = Instant::now();
    let reply = server.send_json("/v1/sql", &json!({ "sql": sql }));
    let took = begun.elapsed();
    let shown: String = sql.chars().take(100).collect();
    assert!(matches!(reply.status, 200 | 400 | 504 | 507), "{shown}: {} {}", reply.status, reply.body);
    assert!(took < DEADLINE + MORE, "{shown}: {took:?}, {}", reply.status);
}

#[test]
fn no_statement_stops_the_server() {
    let day = Day::small();
    let mut server = day.serve("[serve]\nqueries = 4\nquery_seconds = 2\nquery_mib = 256\n");
    let statements = deadly();
    assert!(statements.len() >= 40);
    while_healthy(&server, || {
        for sql in &statements {
            ends_in_time(&server, sql);
        }
        let left = Mutex::new(statements.iter());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Some(sql) = { left.lock().expect("unbroken").next() } {
                        ends_in_time(&server, sql);
                    }
                });
            }
        });
        for sql in FORBIDDEN {
            let problem = server.send_json("/v1/sql", &json!({ "sql": sql })).problem(400);
            assert_eq!(problem["type"], "/problems/statement-not-allowed", "{sql}: {problem}");
        }
    });
    assert!(!Path::new(TARGET).exists(), "a statement wrote a file");
    assert!(server.is_running());
    let counted = server.send_json("/v1/sql", &json!({ "sql": "select count(*) as n from audit" })).json();
    assert!(counted["rows"][0]["n"].as_i64().is_some_and(|n| n > 100), "{counted}");
}

/// Returns the CPU ticks of a process and its children.
fn ticks(of: u32) -> u64 {
    let mut sum = 0;
    for entry in std::fs::read_dir("/proc").expect("readable").flatten() {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let Some((pid, rest)) = stat.split_once(' ') else { continue };
        let fields: Vec<&str> = rest.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        if pid == of.to_string() || number(1) == u64::from(of) {
            sum += number(11) + number(12);
        }
    }
    sum
}

fn files(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => files(&path, found),
            path => drop(found.insert(path)),
        }
    }
}

#[test]
fn clients_that_disconnect_leave_nothing_behind() {
    let day = Day::small();
    let server = day.serve("[serve]\nqueries = 4\nquery_seconds = 300\n");
    let endless = [
        // a hash join, a nested loop and a sort that spills
        "select count(*) from standard a join standard b on a.namespace = b.namespace join standard c on b.namespace = c.namespace where a.message < b.message || c.message",
        "select count(*) from standard a, standard b, standard c where a.message < b.message || c.message",
        "select a.message from standard a, standard b, event c order by a.message || b.message || c.message",
    ];
    while_healthy(&server, || {
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let (server, endless) = (&server, &endless);
                scope.spawn(move || {
                    for turn in 0..25 {
                        let body = json!({ "sql": endless[(worker + turn) % 3] }).to_string();
                        let pending = server.begin(
                            "POST",
                            "/v1/sql",
                            "Content-Type: application/json\r\n",
                            body.as_bytes(),
                        );
                        std::thread::sleep(Duration::from_millis(40 * (turn as u64 % 8)));
                        drop(pending);
                    }
                });
            }
        });
    });
    std::thread::sleep(Duration::from_secs(2));
    let before = ticks(server.pid());
    std::thread::sleep(Duration::from_secs(1));
    let worked = ticks(server.pid()) - before;
    assert!(worked < 20, "{worked} of 100 CPU ticks in one second");
    let mut left = BTreeSet::new();
    files(&day.dir.path().join("temp"), &mut left);
    assert!(left.is_empty(), "{left:?}");
    let counted = server.send_json("/v1/sql", &json!({ "sql": "select count(*) as n from audit" }));
    assert_eq!(counted.status, 200, "{}", counted.body);
}

#[test]
fn slow_clients_and_large_requests_are_rejected() {
    let day = Day::small();
    let server = day.serve("");
    while_healthy(&server, || {
        std::thread::scope(|scope| {
            for _ in 0..50 {
                scope.spawn(|| {
                    let mut stream = server.connect();
                    let begun = Instant::now();
                    stream.write_all(b"GET /healthz HTTP/1.1\r\nX: ").expect("sent");
                    while stream.write_all(b"x").is_ok() {
                        assert!(begun.elapsed() < Duration::from_secs(30), "the head has no time limit");
                        std::thread::sleep(Duration::from_secs(1));
                    }
                });
            }
            scope.spawn(|| {
                let mut stalled = server.connect();
                write!(stalled, "POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{\"sql\"")
                    .expect("sent");
                Reply::read(&mut stalled).problem(408);
            });
            let large = vec![b' '; 5 << 20];
            for path in ["/v1/sql", "/v1/trace", "/v1/analyze", "/v1/runs"] {
                server.send("POST", path, "Content-Type: application/json\r\n", &large).problem(413);
            }
            server.send("POST", "/v1/brief", "", &large).problem(405);
            let long = "x".repeat(100_000);
            for head in [
                format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: {long}\r\n"),
                format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n"),
                "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: y\r\n".to_owned() + &"X: y\r\n".repeat(500),
                "PRI * HTTP/2.0\r\n\r\nSM\r\n".to_owned(),
                "\u{0}\u{1}\u{2}\r\n".to_owned(),
            ] {
                let mut stream = server.connect();
                stream.write_all(format!("{head}\r\n").as_bytes()).expect("sent");
                let mut response = String::new();
                let _ = stream.read_to_string(&mut response); // may be closed without a response
                assert!(response.is_empty() || response.starts_with("HTTP/1.1 4"), "{response}");
            }
        });
    });
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// Two hundred file names that try to leave the folder.
fn names() -> Vec<String> {
    let parts = [
        "../",
        "..\\",
        "/etc/",
        "C:\\",
        "%2e%2e/",
        "....//",
        "~/",
        "./",
        "\u{202e}",
        "\u{0}",
        "\n",
        "\r\n",
        ";",
        "`id`",
        "$(id)",
        "'",
        "\"",
        "<b>",
        "*",
        "?",
        "|",
        "-rf ",
        "con",
        " ",
        "日志/",
        "\u{1f4a5}",
        "file://",
        "\\\\host\\",
        "a\u{301}",
        "%00",
    ];
    let long = "x".repeat(5000);
    let ends = ["passwd", "catalog.db", "headwater.toml", "", "..", &long, "a.gz"];
    let mut names: Vec<String> = parts
        .iter()
        .flat_map(|part| ends.iter().map(move |end| format!("{}{end}", part.repeat(3))))
        .collect();
    names.truncate(200);
    names
}

#[test]
fn a_file_name_is_not_used_as_a_path() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path(), "");
    let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
    files(dir.path(), &mut before);
    let names = names();
    assert_eq!(names.len(), 200);
    // as parts of a form, whose names cannot contain a line end or end with a backslash, or as single bodies
    let (raw, parts): (Vec<&String>, Vec<&String>) =
        names.iter().partition(|name| name.contains(['\n', '\r', '\0']) || name.ends_with('\\'));
    let mut form = Vec::new();
    for (n, name) in parts.iter().enumerate() {
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        write!(
            form,
            "--edge\r\nContent-Disposition: form-data; name=\"f\"; filename=\"{name}\"\r\n\r\nline {n}\n\r\n"
        )
        .expect("written");
    }
    form.extend(b"--edge--\r\n");
    let uploaded =
        server.send("POST", "/v1/logs", "Content-Type: multipart/form-data; boundary=edge\r\n", &form).json();
    assert_eq!(uploaded["total"], parts.len(), "{uploaded}");
    for name in &raw {
        let name: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let reply = server.send("POST", &format!("/v1/logs?name={name}"), "", b"a line\n");
        assert!(matches!(reply.status, 200 | 400), "{name}: {} {}", reply.status, reply.body);
    }
    files(dir.path(), &mut after);
    let lake = dir.path().join("lake");
    let outside: Vec<_> = after.difference(&before).filter(|path| !path.starts_with(&lake)).collect();
    assert!(outside.is_empty(), "{outside:?}");
    let invalid = rows(
        &lake,
        "select distinct source from standard where source not like 'upload/%' or source like '%..%' or source ~ '[[:cntrl:]]'",
    );
    assert_eq!(invalid, json!([]));
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

#[test]
fn responses_and_forms_are_limited_in_size() {
    let day = Day::small();
    let server = day.serve("");
    let nulls: Vec<String> = (0..1500).map(|n| format!("null as a_name_of_some_length_{n}")).collect();
    let sql = format!("select {} from standard", nulls.join(", "));
    let large = server.send_json("/v1/sql", &json!({ "sql": sql }));
    assert!(large.body.len() < 17 << 20, "{}", large.body.len());
    assert_eq!(large.json()["truncated"], "bytes");
    let form = "Content-Type: multipart/form-data; boundary=edge\r\n";
    let endless = server.send("POST", "/v1/logs", form, &vec![b'x'; 20 << 20]);
    assert!(
        endless.problem(400)["detail"].as_str().expect("a detail").contains("interrupted"),
        "{}",
        endless.body
    );
}

#[test]
fn at_shutdown_each_request_gets_a_response() {
    let day = Day::small();
    let mut server = day.serve("[serve]\nquery_seconds = 300\n");
    let endless = json!({ "sql": "select count(*) from standard a, standard b, standard c where a.message < b.message || c.message" });
    let json_body = "Content-Type: application/json\r\n";
    let mut long = server.begin("POST", "/v1/sql", json_body, endless.to_string().as_bytes());
    let mut short = server.connect();
    write!(short, "POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 31\r\n{json_body}\r\n")
        .expect("sent");
    std::thread::sleep(Duration::from_secs(1)); // both are running
    let begun = Instant::now();
    server.terminate();
    std::thread::sleep(Duration::from_millis(500));
    write!(short, "{{\"sql\": \"select 1 as n\"}}       ").expect("sent");
    let completed = Reply::read(&mut short);
    assert_eq!(completed.json()["rows"], json!([{ "n": 1 }]));
    let aborted = Reply::read(&mut long);
    assert_eq!(aborted.problem(503)["type"], "/problems/busy");
    assert!(aborted.head.contains("retry-after"), "{}", aborted.head);
    assert_eq!(server.exit_code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(25), "it took {:?}", begun.elapsed());
}
