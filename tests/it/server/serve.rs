//! `headwater serve`: paths, authentication, and shutdown. Also the server that other tests start.

use crate::api::runs::history;
use crate::program::{headwater, run};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A server that is killed at the end of the test.
pub struct Server {
    child: Child,
    pub address: String,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Starts a server on a free port in `dir`, with `dir/temp` as its folder for temporary files.
    pub fn start(dir: &Path, config: &str) -> Self {
        std::fs::write(dir.join("headwater.toml"), config).expect("written");
        std::fs::create_dir_all(dir.join("temp")).expect("a folder");
        let mut child = headwater(&dir.join("lake"), &["serve", "--listen", "127.0.0.1:0"])
            .current_dir(dir)
            .env("TOKEN_OF_TEST", "let-me-in")
            .env("TMPDIR", dir.join("temp"))
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut line = String::new();
        let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
        stderr.read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("{line}"));
        let log = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let mut written = written.lock().expect("not poisoned");
                written.push_str(&line);
                written.push('\n');
            }
        });
        Self { address: address.to_owned(), child, log }
    }

    /// Returns its stderr so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("not poisoned").clone()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_none()
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let killed = Command::new("kill").arg(self.pid().to_string()).status().expect("kill starts");
        assert!(killed.success());
    }

    /// Waits for its exit and returns its exit code.
    pub fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().expect("exited").code()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("set");
        stream
    }

    /// Sends a GET with the server's own `Host`.
    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &format!("Host: {}\r\n", self.address))
    }

    /// Sends a request without a body.
    pub fn request(&self, method: &str, path: &str, headers: &str) -> Reply {
        let mut stream = self.connect();
        write!(stream, "{method} {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n").expect("sent");
        Reply::read(&mut stream)
    }

    /// Sends a request with a body and the server's own `Host`; the caller reads the response.
    pub fn begin(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> TcpStream {
        let mut stream = self.connect();
        let (address, length) = (&self.address, body.len());
        write!(stream, "{method} {path} HTTP/1.1\r\nConnection: close\r\nHost: {address}\r\nContent-Length: {length}\r\n{headers}\r\n")
            .expect("sent");
        stream.write_all(body).expect("sent");
        stream
    }

    pub fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Reply {
        Reply::read(&mut self.begin(method, path, headers, body))
    }

    /// Posts JSON.
    pub fn send_json(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, "Content-Type: application/json\r\n", body.to_string().as_bytes())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("a response");
        let at = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head and a body");
        let body = bytes.split_off(at + 4);
        let head = String::from_utf8(bytes).expect("text");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let text = String::from_utf8_lossy(&body).into_owned();
        Self { status, head: head.to_ascii_lowercase(), body: text, bytes: body }
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        assert!(self.head.contains("content-type: application/json"), "{}", self.head);
        serde_json::from_str(&self.body).expect("JSON")
    }

    #[track_caller]
    pub fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(self.head.contains("content-type: application/problem+json"), "{}", self.head);
        let problem: Value = serde_json::from_str(&self.body).expect("JSON");
        assert_eq!(problem["status"], status);
        assert!(problem["type"].as_str().is_some_and(|kind| kind.starts_with("/problems/")), "{problem}");
        problem
    }
}

#[test]
fn every_path_responds() {
    let dir = tempfile::tempdir().expect("a folder");
    history(&dir.path().join("lake"));
    let server = Server::start(dir.path(), "");
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.get("/readyz").body, "ready\n");
    let metrics = server.get("/metrics");
    assert!(metrics.head.contains("content-type: application/openmetrics-text"), "{}", metrics.head);
    assert!(metrics.body.contains("headwater_last_run_state{state=\"partial\"} 1.0"));
    let today = server.get("/");
    assert!(today.body.contains("lang=\"en\"") && today.head.contains("etag: "), "{}", today.head);
    let page = server.get("/report");
    assert!(page.head.contains("content-type: text/html"), "{}", page.head);
    assert!(page.head.contains("frame-ancestors 'none'") && page.head.contains("nosniff"), "{}", page.head);
    assert!(page.body.contains("<svg") && page.body.contains("lang=\"en\""));
    let policy = page.body.split("Content-Security-Policy\" content=\"").nth(1).expect("a policy");
    let policy = policy.split('"').next().expect("its end");
    assert!(page.head.contains(policy), "the header allows what the page's own policy allows: {policy}");
    for path in ["/?lang=zh", "/report?lang=zh"] {
        assert!(server.get(path).body.contains("lang=\"zh-CN\""), "{path}");
    }
    let brief = server.get("/v1/brief?date=2026-11-22&lang=zh");
    assert!(brief.head.contains("content-type: text/plain; charset=utf-8"), "{}", brief.head);
    assert!(brief.body.contains("2026"), "{}", brief.body);
    let voice = server.get("/v1/brief?voice=true").body;
    assert!(voice.chars().count() <= 200, "{voice}");
    let runs: Value = serde_json::from_str(&server.get("/v1/runs?limit=1").body).expect("JSON");
    assert_eq!(runs["runs"][0]["id"], "r20261123070000000");
    assert_eq!(runs["runs"].as_array().map(Vec::len), Some(1));
    assert!(server.get("/v1/brief?date=2020-01-01").problem(404)["detail"].as_str().is_some());
    server.get("/v1/brief?date=someday").problem(400);
    server.get("/v1/brief?lang=fr").problem(400);
    server.get("/v1/brief?dat=2026-11-22").problem(400);
    server.get("/../../etc/passwd").problem(404);
    let response = server.request("POST", "/v1/brief", "Host: localhost\r\n");
    response.problem(405);
    assert!(response.head.contains("allow: get,head"), "{}", response.head);
}

#[test]
fn a_valid_token_and_host_are_required() {
    let dir = tempfile::tempdir().expect("a folder");
    history(&dir.path().join("lake"));
    let config = "[serve]\ntoken_env = \"TOKEN_OF_TEST\"\nhosts = [\"headwater.ops.svc\"]\n";
    let server = Server::start(dir.path(), config);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.get(path).status, 200);
    }
    for path in ["/", "/metrics", "/v1/brief", "/v1/runs", "/nowhere"] {
        let response = server.get(path);
        response.problem(401);
        assert!(response.head.contains("www-authenticate: bearer"), "{}", response.head);
    }
    let with = |host: &str, value: &str| {
        server.request("GET", "/v1/runs", &format!("Host: {host}\r\nAuthorization: {value}\r\n")).status
    };
    assert_eq!(with("localhost", "Bearer let-me-in"), 200);
    assert_eq!(with("localhost", "Bearer let-me-i"), 401);
    assert_eq!(with("localhost", "Basic let-me-in"), 401);
    for (host, status) in [
        ("127.0.0.1:8633", 200),
        ("[::1]:8633", 200),
        ("Headwater.ops.svc:80", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("10.0.0.1", 421),
        ("localhost:evil", 421),
        ("", 421),
    ] {
        assert_eq!(with(host, "Bearer let-me-in"), status, "Host: {host}");
    }
}

#[test]
fn listening_beyond_loopback_requires_a_token() {
    let dir = tempfile::tempdir().expect("a folder");
    let output = run(dir.path(), &["serve", "--listen", "0.0.0.0:0"]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("token_env"), "{stderr}");
}

#[test]
fn without_a_lake_it_is_healthy_and_not_ready() {
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::start(dir.path(), "");
    assert_eq!(server.get("/healthz").status, 200);
    let problem = server.get("/readyz").problem(503);
    assert_eq!(problem["detail"], "there is no lake here");
    assert!(!problem.to_string().contains(&dir.path().display().to_string()), "no path of this machine");
}

#[test]
fn a_running_request_completes_before_the_shutdown() {
    let dir = tempfile::tempdir().expect("a folder");
    history(&dir.path().join("lake"));
    let mut server = Server::start(dir.path(), "");
    let mut slow = server.connect();
    write!(slow, "GET /v1/runs HTTP/1.1\r\nHost: localhost\r\n").expect("sent");
    std::thread::sleep(Duration::from_millis(500)); // until the server has read it
    server.terminate();
    std::thread::sleep(Duration::from_millis(500));
    assert!(server.is_running(), "it waits for the request");
    write!(slow, "\r\n").expect("sent");
    assert_eq!(Reply::read(&mut slow).status, 200);
    assert_eq!(server.exit_code(), Some(0));
}
