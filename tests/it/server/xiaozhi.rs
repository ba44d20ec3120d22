//! The robot: what its broker sends word for word, over a real connection that the program dials;
//! how the program takes it when the broker drops, replaces or refuses it; that the token stays secret.

use crate::api::runs::history;
use crate::brief::template::incident_day;
use crate::program::{headwater, python, run};
use axum::extract::{Path as InPath, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use futures::{SinkExt, StreamExt};
use headwater::brief::brief;
use headwater::cancel::Cancel;
use headwater::delivery::Outbox;
use headwater::delivery::channel::{Channel, Outside};
use headwater::lake::catalog::Catalog;
use model::lang::Lang;
use model::time::Ts;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

/// What the robot waits for a tool.
const PATIENCE: Duration = Duration::from_secs(30);

const TOKEN: &str = "bG9uZ19zZWNyZXQ%2BZm9yX3Rlc3Rz";

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2024-11-05","capabilities":{"roots":{"listChanged":true},"sampling":{}},"clientInfo":{"name":"XiaozhiMCPEndpointClient","version":"1.0.0"}}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
const LIST: &str = r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#;
const BRIEF: &str =
    r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"daily_brief","arguments":{}}}"#;

/// A broker that the program dials.
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

    async fn dialled(&self) -> TcpStream {
        let dialled = tokio::time::timeout(PATIENCE, self.listener.accept()).await;
        dialled.expect("the program dials").expect("accepted").0
    }

    /// Waits for the program, and looks at what it asks for.
    async fn accept(&self) -> Robot {
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let look = |request: &Request, response: Response| {
            assert_eq!(request.uri().path(), "/mcp_endpoint/mcp/");
            assert_eq!(request.uri().query(), Some(format!("token={TOKEN}").as_str()));
            Ok(response)
        };
        Robot { socket: accept_hdr_async(self.dialled().await, look).await.expect("upgraded") }
    }
}

impl Robot {
    async fn send(&mut self, frame: &str) {
        self.socket.send(Message::text(frame)).await.expect("sent");
    }

    async fn hear(&mut self) -> Message {
        let frame = tokio::time::timeout(PATIENCE, self.socket.next()).await;
        frame.expect("an answer in time").expect("still connected").expect("a frame")
    }

    /// Returns the members of the next message, each as it was written.
    async fn message(&mut self) -> BTreeMap<String, Box<RawValue>> {
        loop {
            if let Message::Text(text) = self.hear().await {
                assert!(
                    !text.contains('\n') || serde_json::from_str::<Value>(&text).is_ok(),
                    "one message: {text}"
                );
                return serde_json::from_str(&text).unwrap_or_else(|_| panic!("no message: {text}"));
            }
        }
    }

    /// Sends a request, wants its id back to the byte, and returns the result.
    async fn ask(&mut self, frame: &str) -> Value {
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
        let result = self.ask(&frame.to_string()).await;
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
    /// Starts it in a folder with a kept report, and logs all there is to log.
    fn start(dir: &Path, address: &str, config: &str) -> Self {
        let stderr = dir.join("stderr");
        let mut command = serve(dir, &format!("[xiaozhi]\nendpoint_env = \"MCP_ENDPOINT\"\n{config}"));
        let log = File::create(&stderr).expect("a file");
        let child = command.env("MCP_ENDPOINT", address).env("HEADWATER_LOG", "trace").stderr(log).spawn();
        Self { child: child.expect("starts"), stderr }
    }

    fn said(&self) -> String {
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
        assert!(!text.contains(part), "`{part}` is told:\n{text}");
    }
}

#[tokio::test]
async fn the_robot_is_answered_word_for_word() {
    let dir = tempfile::tempdir().expect("a folder");
    let broker = Broker::start().await;
    let server = Server::start(dir.path(), &broker.address(), "");
    let mut robot = broker.accept().await;
    let hello = robot.ask(INITIALIZE).await;
    assert_eq!(hello["protocolVersion"], "2024-11-05");
    assert!(hello["capabilities"]["tools"].is_object(), "{hello}");
    robot.send(INITIALIZED).await;
    let list = robot.ask(LIST).await;
    assert!(list.get("nextCursor").is_none(), "one page: {list}");
    assert!(list.to_string().len() < 32 << 10, "{} bytes of tools", list.to_string().len());
    let tools = list["tools"].as_array().expect("tools");
    let names: Vec<&str> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert!(names.contains(&"daily_brief") && names.contains(&"trace"), "{names:?}");
    assert!(!names.contains(&"run_day") && !names.contains(&"download_logs"), "a robot reads: {names:?}");
    for tool in tools {
        let schema = &tool["inputSchema"];
        assert_eq!(schema["type"], "object");
        // of a schema the robot keeps these three
        let kept = json!([schema["properties"], schema["required"]]).to_string();
        assert!(!kept.contains("$ref"), "{kept}");
        assert!(tool["description"].as_str().is_some_and(|text| !text.is_empty()), "{tool}");
    }
    let said = robot.ask(BRIEF).await;
    assert!(said.to_string().len() < 8 << 10);
    assert_eq!(said["isError"], false);
    let text = said["content"][0]["text"].as_str().expect("a text");
    assert!(text.starts_with("十一月二十二日") && text.ends_with('。'), "{text}");
    assert!(text.chars().count() <= 200 && !text.contains(['[', '*', '`', '_']), "{text}");
    assert_secret(&server.said());
}

#[tokio::test]
async fn ids_come_back_as_they_were() {
    let dir = tempfile::tempdir().expect("a folder");
    let broker = Broker::start().await;
    let _server = Server::start(dir.path(), &broker.address(), "");
    let mut robot = broker.accept().await;
    // no `initialize`: the robot said it on an earlier connection
    for id in
        ["0", "null", "-7", "1.0", "123456789012345678901234567890", r#""5f0c2d_n_1""#, r#""1""#, r#""编号""#]
    {
        for method in [r#""ping""#, r#""tools/call","params":{"name":"daily_brief","arguments":{}}"#] {
            robot.ask(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":{method}}}"#)).await;
        }
    }
    // a broker that joins two robots does not tell their zeros apart
    let frame = BRIEF.replace("\"id\":3", "\"id\":0");
    robot.send(&frame).await;
    robot.send(&frame).await;
    for _ in 0..2 {
        let answer = robot.message().await;
        assert_eq!(answer["id"].get(), "0");
        assert!(answer["result"].get().contains("十一月二十二日"), "{answer:?}");
    }
}

#[tokio::test]
async fn what_is_no_request_harms_nothing() {
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
        let answer = robot.message().await;
        assert_eq!(answer["id"].get(), id, "{frame}");
        let error: Value = serde_json::from_str(answer["error"].get()).expect("JSON");
        assert_eq!(error["code"], code, "{frame}: {error}");
    }
    // nobody waits for an answer to these
    robot.send(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#).await;
    robot.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#).await;
    robot.socket.send(Message::binary(vec![0, 255])).await.expect("sent");
    robot.socket.send(Message::Ping("still there".into())).await.expect("sent");
    assert_eq!(robot.hear().await, Message::Pong("still there".into()));
    // a robot says the text of a result, and hides that of an error
    assert!(robot.call("no_such_tool", json!({})).await.contains("no_such_tool"));
    assert!(robot.call("daily_brief", json!({ "date": "2020-01-01" })).await.ends_with('。'));
    assert!(!robot.call("trace", json!({})).await.is_empty());
}

#[tokio::test]
async fn a_question_that_takes_long_is_answered_when_it_is_asked_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let broker = Broker::start().await;
    let _server = Server::start(dir.path(), &broker.address(), "[serve]\nquery_seconds = 40\n");
    let mut robot = broker.accept().await;
    let many = "(select unnest(range(0, 100000)) as i)";
    let products = format!("(select b.i * c.i as k from {many} b cross join {many} c)");
    let sql = format!("select sum(a.i * d.k) from {many} a cross join {products} d");
    let ask = json!({ "sql": sql });
    let late = robot.call("query_logs", ask.clone()).await;
    assert!(late.contains("再问一次"), "{late}");
    let mut said = late.clone();
    for _ in 0..60 {
        said = robot.call("query_logs", ask.clone()).await;
        if said != late {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_ne!(said, late, "what came of it is kept for the robot");
}

#[tokio::test]
async fn it_dials_again_and_says_why() {
    let dir = tempfile::tempdir().expect("a folder");
    let broker = Broker::start().await;
    let server = Server::start(dir.path(), &broker.address(), "longest_wait_s = 1\n");
    drop(broker.accept().await);
    let mut robot = broker.accept().await;
    robot.ask(LIST).await;
    let close = |code, reason: &str| Some(CloseFrame { code, reason: reason.to_owned().into() });
    robot.socket.close(close(CloseCode::Normal, "新连接替换")).await.expect("closed");
    let mut robot = broker.accept().await;
    assert!(server.said().contains("another program connected"), "{}", server.said());
    robot.ask(LIST).await;
    robot.socket.close(close(CloseCode::Policy, &format!("bad token {TOKEN}"))).await.expect("closed");
    let mut stranger = broker.dialled().await;
    let told = server.said();
    assert!(told.contains("refuses the token") && told.contains("`[xiaozhi] endpoint_env`"), "{told}");
    let mut head = [0; 1024];
    let _ = stranger.read(&mut head).await;
    stranger.write_all(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n").await.expect("answered");
    let mut robot = broker.accept().await;
    assert!(server.said().contains("401"), "{}", server.said());
    // more than a frame may hold
    let _ = robot.socket.send(Message::text("x".repeat((1 << 20) + 1))).await;
    let mut robot = broker.accept().await;
    robot.ask(LIST).await;
    assert_secret(&server.said());
}

#[tokio::test]
async fn it_says_goodbye() {
    let dir = tempfile::tempdir().expect("a folder");
    let broker = Broker::start().await;
    let mut server = Server::start(dir.path(), &broker.address(), "");
    let mut robot = broker.accept().await;
    robot.ask(LIST).await;
    let pid = rustix::process::Pid::from_child(&server.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("told");
    let Message::Close(Some(goodbye)) = robot.hear().await else { panic!("no goodbye") };
    assert_eq!(goodbye.code, CloseCode::Away);
    drop(robot);
    assert!(server.child.wait().expect("ended").success(), "{}", server.said());
}

#[test]
fn an_endpoint_without_an_address_is_wrong_use() {
    let dir = tempfile::tempdir().expect("a folder");
    for address in
        [None, Some(""), Some("https://api.example.com/mcp?token=secret-of-mine"), Some("secret-of-mine")]
    {
        let mut command = serve(dir.path(), "[xiaozhi]\nendpoint_env = \"MCP_ENDPOINT\"\n");
        command.envs(address.map(|address| ("MCP_ENDPOINT", address)));
        let output = command.output().expect("ends");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("MCP_ENDPOINT") && told.contains("[xiaozhi] endpoint_env"), "{told}");
        assert!(!told.contains("secret-of-mine"), "{told}");
    }
}

#[test]
fn doctor_knocks_and_does_not_take_the_place_of_serve() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("headwater.toml"), "[xiaozhi]\nendpoint_env = \"MCP_ENDPOINT\"\n")
        .expect("written");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let at = listener.local_addr().expect("an address");
    let doctor = || {
        let mut command = headwater(&dir.path().join("lake"), &["doctor"]);
        command.current_dir(dir.path()).env("MCP_ENDPOINT", format!("ws://{at}/mcp/?token={TOKEN}"));
        let output = command.output().expect("ends");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_secret(&told);
        told.lines().find(|line| line.contains("xiaozhi")).expect("a check").to_owned()
    };
    assert!(doctor().starts_with("ok") && doctor().contains(&at.to_string()), "{}", doctor());
    for stream in [listener.accept(), listener.accept()] {
        let mut head = Vec::new();
        std::io::Read::read_to_end(&mut stream.expect("a caller").0, &mut head).expect("read");
        assert!(head.is_empty(), "nothing is asked for: {}", String::from_utf8_lossy(&head));
    }
    drop(listener);
    assert!(doctor().starts_with("FAIL"), "{}", doctor());
}

/// Reads the context that the program gives, as a xiaozhi server does at a robot's wake.
fn context(dir: &Path, query: &str) -> Value {
    let stderr = dir.join("stderr");
    let child = serve(dir, "").stderr(File::create(&stderr).expect("a file")).spawn().expect("starts");
    let server = Server { child, stderr };
    let address = loop {
        if let Some(at) = server.said().lines().find_map(|line| line.strip_prefix("listening on http://")) {
            break at.to_owned();
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let mut stream = std::net::TcpStream::connect(&address).expect("connected");
    let head = format!("GET /v1/xiaozhi/context{query} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    std::io::Write::write_all(&mut stream, format!("{head}device-id: a0:85:e3:00:00:00\r\n\r\n").as_bytes())
        .expect("asked");
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.starts_with("HTTP/1.1 200") && head.to_lowercase().contains("application/json"), "{answer}");
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}

#[test]
fn a_robot_that_wakes_knows_the_brief() {
    let dir = tempfile::tempdir().expect("a folder");
    for (query, begins) in [("", "十一月二十二日"), ("?lang=en", "November 22")] {
        let known = context(dir.path(), query);
        assert_eq!(known["code"], 0, "{known}");
        let texts: Vec<&str> =
            known["data"].as_object().expect("texts").values().filter_map(Value::as_str).collect();
        assert_eq!(texts.len(), 1, "{known}");
        assert!(texts[0].starts_with(begins) && texts[0].chars().count() <= 200, "{known}");
    }
    let empty = tempfile::tempdir().expect("a folder");
    drop(Catalog::open(&{
        std::fs::create_dir(empty.path().join("lake")).expect("a folder");
        empty.path().join("lake/catalog.db")
    }));
    let known = context(empty.path(), "");
    assert_eq!(known["code"], 0, "{known}");
    assert!(known["data"].to_string().contains("还没有"), "{known}");
}

/// A gateway: what it was asked, and what it says, last first.
#[derive(Clone, Default)]
struct Gateway {
    asked: Arc<Mutex<Vec<(String, String, Value)>>>,
    says: Arc<Mutex<Vec<(u16, Value)>>>,
}

impl Gateway {
    async fn start(&self) -> String {
        let answer = |State(gateway): State<Self>,
                      InPath(id): InPath<String>,
                      headers: HeaderMap,
                      body: String| async move {
            assert!(body.len() <= 8192, "{} bytes", body.len());
            let bearer = headers["authorization"].to_str().expect("text").to_owned();
            let body = serde_json::from_str(&body).expect("JSON");
            gateway.asked.lock().expect("whole").push((id, bearer, body));
            let said = gateway.says.lock().expect("whole").pop();
            let (status, said) =
                said.unwrap_or((200, json!({ "success": true, "data": { "isError": false } })));
            (StatusCode::from_u16(status).expect("a status"), Json(said))
        };
        let router = Router::new().route("/api/commands/{id}", post(answer)).with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let at = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{at}/")
    }

    fn asked(&self) -> Vec<(String, String, Value)> {
        std::mem::take(&mut *self.asked.lock().expect("whole"))
    }
}

const DEVICE: &str = "bread-compact-wifi@@@a0_85_e3_00_00_00@@@a0_85_e3_00_00_00";
const KEY: &str = "Signature-of-Gateway-7";

/// Sends the brief of a day to a robot, and returns the state and the note of what came of it.
async fn push(gateway: &Gateway, lang: &str) -> (String, String) {
    let address = gateway.start().await;
    let config = format!(
        "kind = \"xiaozhi\"\nname = \"robot\"\nurl_env = \"URL\"\nsecret_env = \"KEY\"\ndevice = \"{DEVICE}\"\n\
         timezone = \"Pacific/Kiritimati\"\nlength = \"voice\"\nlang = \"{lang}\"\n"
    );
    let config = toml::from_str(&config).expect("a channel");
    let env = move |name: &str| match name {
        "URL" => Some(address.clone()),
        _ => Some(KEY.to_owned()),
    };
    let channels = [Channel::open(&config, Outside { env: &env, print: |_| Ok(()) }).expect("open")];
    let dir = tempfile::tempdir().expect("a folder");
    let mut catalog = Catalog::open(&dir.path().join("catalog.db")).expect("a catalog");
    let stop = Cancel::default();
    let post = Outbox { channels: &channels, zone: chrono_tz::Asia::Shanghai, now: &Ts::now, stop: &stop };
    let text = |_: &mut Catalog, report: &_, config: &headwater::config::ChannelConfig| {
        Ok(brief(report, Lang::of(&config.lang), config.length.into()))
    };
    post.write(&mut catalog, &incident_day(), &text).expect("written");
    let receipts = post.send(&mut catalog, &|_| true).await.expect("sent");
    let [receipt] = receipts.as_slice() else { panic!("one message: {receipts:?}") };
    assert!(!receipt.note.contains(KEY), "{}", receipt.note);
    (receipt.state.clone(), receipt.note.clone())
}

/// Returns the key of a day as somebody else computes it.
fn key_of(date: &str) -> String {
    let sum = "import hashlib, sys; print(hashlib.sha256(sys.argv[1].encode()).hexdigest())";
    let output = python().args(["-c", sum, &format!("{date}{KEY}")]).output().expect("python");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
async fn a_robot_is_told_through_its_gateway() {
    let gateway = Gateway::default();
    let day = || Ts::now().date(chrono_tz::Pacific::Kiritimati).to_string();
    let before = day();
    assert_eq!(push(&gateway, "zh").await, ("sent".into(), "the robot speaks".into()));
    let asked = gateway.asked();
    let [(id, bearer, body)] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(id, DEVICE);
    assert!([before, day()].iter().any(|date| *bearer == format!("Bearer {}", key_of(date))), "{bearer}");
    let reason = body["payload"]["params"]["arguments"]["reason"].as_str().expect("a text").to_owned();
    let payload = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "self.remote_wakeup", "arguments": { "reason": reason } },
    });
    assert_eq!(*body, json!({ "type": "mcp", "payload": payload }));
    let spoken = reason.strip_prefix("[device_call]").expect("spoken as it stands");
    assert!(spoken.starts_with("十一月二十二日") && spoken.ends_with('。'), "{spoken}");
    assert!(spoken.chars().count() <= 200 && !spoken.contains(['[', '*', '\n']), "{spoken}");
}

#[tokio::test]
async fn a_robot_that_is_off_is_tried_again() {
    let gateway = Gateway::default();
    let off = json!({ "success": false, "error": "设备未连接" });
    gateway.says.lock().expect("whole").extend([(500, off.clone()), (500, off.clone())]);
    assert_eq!(push(&gateway, "en").await.0, "sent");
    assert_eq!(gateway.asked().len(), 3, "off twice, then on");
    gateway.says.lock().expect("whole").extend(vec![(200, off.clone()); 3]);
    let (state, note) = push(&gateway, "zh").await;
    assert!(state == "failed" && note.contains("设备未连接"), "{state}: {note}");
    gateway.says.lock().expect("whole").extend(vec![(401, json!({ "error": "无效的授权令牌" })); 3]);
    let (state, note) = push(&gateway, "zh").await;
    assert!(state == "failed" && note.contains("MQTT_SIGNATURE_KEY"), "{state}: {note}");
    // handed on to the robot, and nothing was heard: it may have spoken
    let silent = json!({ "success": false, "error": "timeout" });
    gateway.says.lock().expect("whole").extend(vec![(500, silent); 3]);
    assert_eq!(push(&gateway, "zh").await.0, "unknown");
    let refused = json!({ "success": true, "data": { "isError": true, "content": [] } });
    gateway.says.lock().expect("whole").extend(vec![(200, refused); 3]);
    assert_eq!(push(&gateway, "zh").await.0, "failed");
}

#[test]
fn a_channel_of_a_robot_wants_what_it_needs() {
    let dir = tempfile::tempdir().expect("a folder");
    let whole = "kind = \"xiaozhi\"\nname = \"robot\"\nurl_env = \"URL\"\nsecret_env = \"KEY\"\ndevice = \"a\"\nlength = \"voice\"\n";
    for (without, with, says) in [
        ("device = \"a\"\n", "", "device"),
        ("secret_env = \"KEY\"\n", "", "secret_env"),
        ("length = \"voice\"\n", "", "length = \"voice\""),
        ("", "timezone = \"Moon\"\n", "Moon"),
    ] {
        let config = format!("[[broadcast]]\n{}{with}", whole.replace(without, ""));
        std::fs::write(dir.path().join("headwater.toml"), config).expect("written");
        let config = dir.path().join("headwater.toml");
        let output = run(dir.path(), &["--config", config.to_str().expect("readable"), "channels", "list"]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(says) && told.contains("`robot`"), "{told}");
    }
}
