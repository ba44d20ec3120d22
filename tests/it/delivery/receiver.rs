//! A local HTTP server that receives messages like the services of the channels: it enforces their documented
//! limits, records requests, and fails as scripted.

use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// One request.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: Instant,
    /// Path and query.
    pub target: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Seen {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a body of JSON")
    }
}

/// A scripted reply.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Status, header lines and body.
    Answer(u16, &'static str, String),
    /// The reply of the judge, after a delay.
    Late(Duration),
    /// No reply; the connection stays open longer than any timeout.
    Hang,
    /// The connection is closed without a reply.
    Reset,
    /// The connection is closed within the body of the reply.
    BreakOff,
}

/// Returns the reply of the service to a request, given the requests before it.
pub type Judge = fn(&Seen, &[Seen]) -> (u16, String);

/// A server that runs until the test ends.
#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    script: Arc<Mutex<VecDeque<Reply>>>,
}

impl Receiver {
    pub fn start(judge: Judge) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
        let address = listener.local_addr().expect("an address");
        let server = Self { address, seen: Arc::default(), script: Arc::default() };
        let own = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = own.clone();
                std::thread::spawn(move || server.serve(stream, judge));
            }
        });
        server
    }

    /// Replies to the next requests as scripted; after that the judge replies again.
    pub fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        self.script.lock().expect("a script").extend(replies);
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("requests").clone()
    }

    /// Waits for that many requests.
    #[track_caller]
    pub fn wait_for(&self, count: usize) {
        let begun = Instant::now();
        while self.seen().len() < count {
            assert!(
                begun.elapsed() < Duration::from_secs(120),
                "{} requests were received",
                self.seen().len()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn serve(&self, mut stream: TcpStream, judge: Judge) {
        let Some(request) = read(&stream) else { return };
        let earlier = {
            let mut seen = self.seen.lock().expect("requests");
            let earlier = seen.clone();
            seen.push(request.clone());
            earlier
        };
        let reply = self.script.lock().expect("a script").pop_front();
        let (status, headers, body) = match reply {
            None => {
                let (status, body) = judge(&request, &earlier);
                (status, "", body)
            }
            Some(Reply::Answer(status, headers, body)) => (status, headers, body),
            Some(Reply::Late(time)) => {
                std::thread::sleep(time);
                let (status, body) = judge(&request, &earlier);
                (status, "", body)
            }
            Some(Reply::Hang) => return std::thread::sleep(Duration::from_secs(600)),
            Some(Reply::Reset) => return,
            Some(Reply::BreakOff) => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"errcode\"");
                return;
            }
        };
        let size = body.len();
        let _ = write!(
            stream,
            "HTTP/1.1 {status} Said\r\n{headers}connection: close\r\ncontent-length: {size}\r\n\r\n{body}"
        );
    }
}

fn read(stream: &TcpStream) -> Option<Seen> {
    let mut lines = BufReader::new(stream);
    let mut first = String::new();
    lines.read_line(&mut first).ok()?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let size: usize = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; size];
    lines.read_exact(&mut body).ok()?;
    let target = first.split(' ').nth(1)?.to_owned();
    Some(Seen { at: Instant::now(), target, headers, body: String::from_utf8(body).ok()? })
}

/// The key, token and path of the channels here; no output may contain it.
pub const KEY: &str = "d0n7-7e11-4ny0ne-k3y";
pub const SECRET: &str = "SECd0n7-7e11-7h15-31th3r";

fn within(earlier: &[Seen], seconds: u64) -> usize {
    earlier.iter().filter(|seen| seen.at.elapsed() < Duration::from_secs(seconds)).count()
}

/// WeCom: 4096 bytes of Markdown, 2048 of text, 20 per minute.
pub fn wecom(seen: &Seen, earlier: &[Seen]) -> (u16, String) {
    let body = seen.json();
    let size = |kind: &str| body[kind]["content"].as_str().map_or(usize::MAX, str::len);
    let is_right = match body["msgtype"].as_str() {
        Some("markdown") => size("markdown") <= 4096,
        Some("text") => size("text") <= 2048,
        _ => false,
    };
    let code = match () {
        () if !seen.target.contains(KEY) => 93000,
        () if within(earlier, 60) >= 20 => 45009,
        () if !is_right => 40058,
        () => 0,
    };
    (200, format!(r#"{{"errcode":{code},"errmsg":"said {}"}}"#, seen.target))
}

/// DingTalk: 20,000 bytes, 20 per minute; above that it rejects for ten minutes.
pub fn dingtalk(seen: &Seen, earlier: &[Seen]) -> (u16, String) {
    let body = seen.json();
    let is_right = body["markdown"]["text"].is_string() && body["markdown"]["title"].is_string();
    let code = match () {
        () if !seen.target.contains(KEY) => 300001,
        () if within(earlier, 60) >= 20 => 130101,
        () if seen.body.len() > 20_000 || !is_right => 400_014,
        () => 0,
    };
    (200, format!(r#"{{"errcode":{code},"errmsg":"said {}"}}"#, seen.target))
}

/// Feishu: 20 KB, 5 per second, 100 per minute.
pub fn feishu(seen: &Seen, earlier: &[Seen]) -> (u16, String) {
    let body = seen.json();
    let is_right = body["msg_type"] == "interactive" && body["card"]["elements"][0]["content"].is_string();
    let code = match () {
        () if !seen.target.contains(KEY) => 19001,
        () if within(earlier, 1) >= 5 || within(earlier, 60) >= 100 => 11232,
        () if seen.body.len() > 20_000 || !is_right => 9499,
        () => 0,
    };
    (200, format!(r#"{{"code":{code},"msg":"said {}","data":{{}}}}"#, seen.target))
}

/// Slack: 50 blocks, 3000 characters each, one message per second.
pub fn slack(seen: &Seen, earlier: &[Seen]) -> (u16, String) {
    let body = seen.json();
    let blocks = body["blocks"].as_array().cloned().unwrap_or_default();
    let fits = |block: &Value| {
        let size = block["text"]["text"].as_str().map_or(0, |text| text.chars().count());
        block["type"] == "section" && block["text"]["type"] == "mrkdwn" && (1..=3000).contains(&size)
    };
    match () {
        () if !seen.target.contains(KEY) => (404, "no_service".into()),
        () if within(earlier, 1) >= 1 => (429, "rate_limited".into()),
        () if blocks.is_empty() || blocks.len() > 50 || !blocks.iter().all(fits) => {
            (400, "invalid_blocks".into())
        }
        () if !body["text"].is_string() => (400, "no_text".into()),
        () => (200, "ok".into()),
    }
}

/// A generic webhook: accepts everything.
pub fn webhook(_: &Seen, _: &[Seen]) -> (u16, String) {
    (204, String::new())
}
