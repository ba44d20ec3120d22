//! The xiaozhi robot over a real websocket to a broker: messages, ids, late responses, reconnection after
//! the broker closes, replaces or rejects the connection, and that the token stays secret.

use crate::api::runs::history;
use crate::program::headwater;
use futures::{SinkExt, StreamExt};
use headwater::lake::catalog::Catalog;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

/// How long the robot waits for a tool.
const PATIENCE: Duration = Duration::from_secs(30);

const TOKEN: &str = "bG9uZ19zZWNyZXQ%2BZm9yX3Rlc3Rz";

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2024-11-05","capabilities":{"roots":{"listChanged":true},"sampling":{}},"clientInfo":{"name":"XiaozhiMCPEndpointClient","version":"1.0.0"}}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
const LIST: &str = r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#;
const BRIEF: &str =
    r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"daily_brief","arguments":{}}}"#;

/// A broker that the program connects to.
struct Broker {
    listener: TcpListener,
}

/// The broker's end of a connection.
struct Robot {
    socket: WebSocketStream<TcpStream>,
}

impl Broker {
    async fn start() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.expect("bound") }
    }

    fn address(&self) -> String {
        let at = self.listener.local_addr().expect("an address");
        format!("ws://{at}/mcp_endpoint/mcp/?token={TOKEN}")
    }

    async fn connection(&self) -> TcpStream {
        let accepted = tokio::time::timeout(PATIENCE, self.listener.accept()).await;
        accepted.expect("the program connects").expect("accepted").0
    }

    /// Waits for the program, and checks the path and the token.
    async fn accept(&self) -> Robot {
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let check = |request: &Request, response: Response| {
            assert_eq!(request.uri().path(), "/mcp_endpoint/mcp/");
            assert_eq!(request.uri().query(), Some(format!("token={TOKEN}").as_str()));
            Ok(response)
        };
        Robot { socket: accept_hdr_async(self.connection().await, check).await.expect("upgraded") }
    }
}

impl Robot {
    async fn send(&mut self, frame: &str) {
        self.socket.send(Message::text(frame)).await.expect("sent");
    }

    async fn receive(&mut self) -> Message {
        let frame = tokio::time::timeout(PATIENCE, self.socket.next()).await;
        frame.expect("a frame in time").expect("still connected").expect("a frame")
    }

    /// Returns the members of the next message as raw JSON.
    async fn message(&mut self) -> BTreeMap<String, Box<RawValue>> {
        loop {
            if let Message::Text(text) = self.receive().await {
                assert!(
                    !text.contains('\n') || serde_json::from_str::<Value>(&text).is_ok(),
                    "one message: {text}"
                );
                return serde_json::from_str(&text).unwrap_or_else(|_| panic!("no message: {text}"));
            }
        }
    }

    /// Sends a request, requires the same id in the response, byte for byte, and returns the result.
    async fn request(&mut self, frame: &str) -> Value {
        let sent: BTreeMap<String, Box<RawValue>> = serde_json::from_str(frame).expect("a request");
        self.send(frame).await;
        let got = self.message().await;
        assert_eq!(got["id"].get(), sent["id"].get(), "{got:?}");
        assert_eq!(got["jsonrpc"].get(), "\"2.0\"");
        let result = got.get("result").unwrap_or_else(|| panic!("an error: {got:?}"));
        serde_json::from_str(result.get()).expect("JSON")
    }

    async fn call(&mut self, tool: &str, arguments: Value) -> String {
        let params = json!({ "name": tool, "arguments": arguments });
        let frame = json!({ "jsonrpc": "2.0", "id": "9f1c_n_7", "method": "tools/call", "params": params });
        let result = self.request(&frame.to_string()).await;
        assert_eq!(result["isError"], false, "{result}");
        result["content"][0]["text"].as_str().expect("a text").to_owned()
    }
}

/// A server that ends with the test.
struct Server {
    child: Child,
    stderr: PathBuf,
}

impl Server {
    /// Starts a server in a folder with a saved report, with the log level `trace`.
    fn start(dir: &Path, address: &str, config: &str) -> Self {
        let stderr = dir.join("stderr");
        let mut command = serve(dir, &format!("[xiaozhi]\nendpoint_env = \"MCP_ENDPOINT\"\n{config}"));
        let log = File::create(&stderr).expect("a file");
        let child = command.env("MCP_ENDPOINT", address).env("HEADWATER_LOG", "trace").stderr(log).spawn();
        Self { child: child.expect("starts"), stderr }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.stderr).expect("readable")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(dir: &Path, config: &str) -> Command {
    let lake = dir.join("lake");
    if !lake.exists() {
        history(&lake);
    }
    std::fs::write(dir.join("headwater.toml"), config).expect("written");
    let mut command = headwater(&lake, &["serve", "--listen", "127.0.0.1:0"]);
    command.current_dir(dir).env_remove("MCP_ENDPOINT");
    command
}

#[track_caller]
fn assert_secret(text: &str) {
    for part in [TOKEN, "bG9uZ19zZWNyZXQ", "token="] {
        assert!(!text.contains(part), "contains `{part}`:\n{text}");
    }
}

#[tokio::test]
async fn the_robot_lists_and_calls_tools() {
    let dir = tempfile::tempdir().expect("a folder");
    let broker = Broker::start().await;
    let server = Server::start(dir.path(), &broker.address(), "");
    let mut robot = broker.accept().await;
    let hello = robot.request(INITIALIZE).await;
    assert_eq!(hello["protocolVersion"], "2024-11-05");
    assert!(hello["capabilities"]["tools"].is_object(), "{hello}");
    robot.send(INITIALIZED).await;
    let list = robot.request(LIST).await;
    assert!(list.get("nextCursor").is_none(), "one page: {list}");
    assert!(list.to_string().len() < 32 << 10, "{} bytes of tools", list.to_string().len());
    let tools = list["tools"].as_array().expect("tools");
    let names: Vec<&str> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert!(names.contains(&"daily_brief") && names.contains(&"trace"), "{names:?}");
    assert!(
        !names.contains(&"run_day") && !names.contains(&"download_logs"),
        "only tools for the role `read`: {names:?}"
    );
    for tool in tools {
        let schema = &tool["inputSchema"];
        assert_eq!(schema["type"], "object");
        // the robot uses these three members of a schema
        let used = json!([schema["properties"], schema["required"]]).to_string();
        assert!(!used.contains("$ref"), "{used}");
        assert!(tool["description"].as_str().is_some_and(|text| !text.is_empty()), "{tool}");
    }
    let result = robot.request(BRIEF).await;
    assert!(result.to_string().len() < 8 << 10);
    assert_eq!(result["isError"], false);
    let text = result["content"][0]["text"].as_str().expect("a text");
    assert!(text.starts_with("十一月二十二日") && text.ends_with('。'), "{text}");
    assert!(text.chars().count() <= 200 && !text.contains(['[', '*', '`', '_']), "{text}");
    assert_secret(&server.log());
}

#[tokio::test]
async fn ids_are_returned_unchanged() {
    let dir = tempfile::tempdir().expect("a folder");
    let broker = Broker::start().await;
    let _server = Server::start(dir.path(), &broker.address(), "");
    let mut robot = broker.accept().await;
    // without `initialize`: the robot sent it on an earlier connection
    for id in
        ["0", "null", "-7", "1.0", "123456789012345678901234567890", r#""5f0c2d_n_1""#, r#""1""#, r#""编号""#]
    {
        for method in [r#""ping""#, r#""tools/call","params":{"name":"daily_brief","arguments":{}}"#] {
            robot.request(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":{method}}}"#)).await;
        }
    }
    // a broker may join two robots that use the same id
    let frame = BRIEF.replace("\"id\":3", "\"id\":0");
    robot.send(&frame).await;
    robot.send(&frame).await;
    for _ in 0..2 {
        let response = robot.message().await;
        assert_eq!(response["id"].get(), "0");
        assert!(response["result"].get().contains("十一月二十二日"), "{response:?}");
    }
}

#[tokio::test]
async fn invalid_frames_are_answered_or_ignored() {
    let dir = tempfile::tempdir().expect("a folder");
    let broker = Broker::start().await;
    let _server = Server::start(dir.path(), &broker.address(), "");
    let mut robot = broker.accept().await;
    for (frame, id, code) in [
        ("{", "null", -32700),
        ("[1, 2]", "null", -32600),
        (r#"{"jsonrpc":"2.0","id":"a","method":5}"#, "\"a\"", -32600),
        (r#"{"jsonrpc":"2.0","id":5,"method":"no/such"}"#, "5", -32601),
    ] {
        robot.send(frame).await;
        let response = robot.message().await;
        assert_eq!(response["id"].get(), id, "{frame}");
        let error: Value = serde_json::from_str(response["error"].get()).expect("JSON");
        assert_eq!(error["code"], code, "{frame}: {error}");
    }
    // these frames require no response
    robot.send(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#).await;
    robot.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#).await;
    robot.socket.send(Message::binary(vec![0, 255])).await.expect("sent");
    robot.socket.send(Message::Ping("still there".into())).await.expect("sent");
    assert_eq!(robot.receive().await, Message::Pong("still there".into()));
    // a robot speaks the text of a result, and hides the text of an error
    assert!(robot.call("no_such_tool", json!({})).await.contains("no_such_tool"));
    assert!(robot.call("daily_brief", json!({ "date": "2020-01-01" })).await.ends_with('。'));
    assert!(!robot.call("trace", json!({})).await.is_empty());
}

#[tokio::test]
async fn a_late_response_is_returned_when_the_call_is_repeated() {
    let dir = tempfile::tempdir().expect("a folder");
    let broker = Broker::start().await;
    let _server = Server::start(dir.path(), &broker.address(), "[serve]\nquery_seconds = 40\n");
    let mut robot = broker.accept().await;
    let many = "(select unnest(range(0, 100000)) as i)";
    let products = format!("(select b.i * c.i as k from {many} b cross join {many} c)");
    let sql = format!("select sum(a.i * d.k) from {many} a cross join {products} d");
    let arguments = json!({ "sql": sql });
    let late = robot.call("query_logs", arguments.clone()).await;
    assert!(late.contains("再问一次"), "{late}");
    let mut text = late.clone();
    for _ in 0..60 {
        text = robot.call("query_logs", arguments.clone()).await;
        if text != late {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_ne!(text, late, "the late response is kept");
}

#[tokio::test]
async fn it_reconnects_and_logs_the_reason() {
    let dir = tempfile::tempdir().expect("a folder");
    let broker = Broker::start().await;
    let server = Server::start(dir.path(), &broker.address(), "longest_wait_s = 1\n");
    drop(broker.accept().await);
    let mut robot = broker.accept().await;
    robot.request(LIST).await;
    let close = |code, reason: &str| Some(CloseFrame { code, reason: reason.to_owned().into() });
    robot.socket.close(close(CloseCode::Normal, "新连接替换")).await.expect("closed");
    let mut robot = broker.accept().await;
    assert!(server.log().contains("another program connected"), "{}", server.log());
    robot.request(LIST).await;
    robot.socket.close(close(CloseCode::Policy, &format!("bad token {TOKEN}"))).await.expect("closed");
    let mut stream = broker.connection().await;
    let log = server.log();
    assert!(log.contains("rejects the token") && log.contains("`[xiaozhi] endpoint_env`"), "{log}");
    let mut head = [0; 1024];
    let _ = stream.read(&mut head).await;
    stream.write_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n").await.expect("sent");
    let mut robot = broker.accept().await;
    assert!(server.log().contains("401"), "{}", server.log());
    // larger than the limit of a frame
    let _ = robot.socket.send(Message::text("x".repeat((1 << 20) + 1))).await;
    let mut robot = broker.accept().await;
    robot.request(LIST).await;
    assert_secret(&server.log());
}

#[tokio::test]
async fn it_closes_the_connection_on_shutdown() {
    let dir = tempfile::tempdir().expect("a folder");
    let broker = Broker::start().await;
    let mut server = Server::start(dir.path(), &broker.address(), "");
    let mut robot = broker.accept().await;
    robot.request(LIST).await;
    let pid = rustix::process::Pid::from_child(&server.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("sent");
    let Message::Close(Some(close)) = robot.receive().await else { panic!("no close frame") };
    assert_eq!(close.code, CloseCode::Away);
    drop(robot);
    assert!(server.child.wait().expect("ended").success(), "{}", server.log());
}

#[test]
fn an_invalid_endpoint_address_fails_at_start() {
    let dir = tempfile::tempdir().expect("a folder");
    for address in
        [None, Some(""), Some("https://api.example.com/mcp?token=secret-of-mine"), Some("secret-of-mine")]
    {
        let mut command = serve(dir.path(), "[xiaozhi]\nendpoint_env = \"MCP_ENDPOINT\"\n");
        command.envs(address.map(|address| ("MCP_ENDPOINT", address)));
        let output = command.output().expect("ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("MCP_ENDPOINT") && stderr.contains("[xiaozhi] endpoint_env"), "{stderr}");
        assert!(!stderr.contains("secret-of-mine"), "{stderr}");
    }
}

#[test]
fn doctor_checks_the_endpoint_without_replacing_serve() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("headwater.toml"), "[xiaozhi]\nendpoint_env = \"MCP_ENDPOINT\"\n")
        .expect("written");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let at = listener.local_addr().expect("an address");
    let doctor = || {
        let mut command = headwater(&dir.path().join("lake"), &["doctor"]);
        command.current_dir(dir.path()).env("MCP_ENDPOINT", format!("ws://{at}/mcp/?token={TOKEN}"));
        let output = command.output().expect("ends");
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_secret(&stdout);
        stdout.lines().find(|line| line.contains("xiaozhi")).expect("a check").to_owned()
    };
    assert!(doctor().starts_with("ok") && doctor().contains(&at.to_string()), "{}", doctor());
    for stream in [listener.accept(), listener.accept()] {
        let mut head = Vec::new();
        std::io::Read::read_to_end(&mut stream.expect("a connection").0, &mut head).expect("read");
        assert!(head.is_empty(), "nothing is sent: {}", String::from_utf8_lossy(&head));
    }
    drop(listener);
    assert!(doctor().starts_with("FAIL"), "{}", doctor());
}

/// Requests the context as a xiaozhi server does when a robot wakes.
fn request_context(dir: &Path, query: &str) -> Value {
    let stderr = dir.join("stderr");
    let child = serve(dir, "").stderr(File::create(&stderr).expect("a file")).spawn().expect("starts");
    let server = Server { child, stderr };
    let address = loop {
        if let Some(at) = server.log().lines().find_map(|line| line.strip_prefix("listening on http://")) {
            break at.to_owned();
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let mut stream = std::net::TcpStream::connect(&address).expect("connected");
    let head = format!("GET /v1/xiaozhi/context{query} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    std::io::Write::write_all(&mut stream, format!("{head}device-id: a0:85:e3:00:00:00\r\n\r\n").as_bytes())
        .expect("sent");
    let mut response = String::new();
    std::io::Read::read_to_string(&mut stream, &mut response).expect("a response");
    let (head, body) = response.split_once("\r\n\r\n").expect("a head and a body");
    assert!(
        head.starts_with("HTTP/1.1 200") && head.to_lowercase().contains("application/json"),
        "{response}"
    );
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{response}"))
}

#[test]
fn the_context_of_a_robot_is_the_brief() {
    let dir = tempfile::tempdir().expect("a folder");
    for (query, begins) in [("", "十一月二十二日"), ("?lang=en", "November 22")] {
        let context = request_context(dir.path(), query);
        assert_eq!(context["code"], 0, "{context}");
        let texts: Vec<&str> =
            context["data"].as_object().expect("texts").values().filter_map(Value::as_str).collect();
        assert_eq!(texts.len(), 1, "{context}");
        assert!(texts[0].starts_with(begins) && texts[0].chars().count() <= 200, "{context}");
    }
    let empty = tempfile::tempdir().expect("a folder");
    drop(Catalog::open(&{
        std::fs::create_dir(empty.path().join("lake")).expect("a folder");
        empty.path().join("lake/catalog.db")
    }));
    let context = request_context(empty.path(), "");
    assert_eq!(context["code"], 0, "{context}");
    assert!(context["data"].to_string().contains("还没有"), "{context}");
}
