//! The channel of a xiaozhi robot: a brief is sent to the robot's gateway.

use crate::brief::days::incident_day;
use crate::program::{python, run};
use axum::extract::{Path as InPath, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use headwater::brief::brief;
use headwater::cancel::Cancel;
use headwater::delivery::Outbox;
use headwater::delivery::channel::{Channel, Environment};
use headwater::lake::catalog::Catalog;
use model::time::Ts;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A gateway: the requests it received, and its responses, last first.
#[derive(Clone, Default)]
struct Gateway {
    requests: Arc<Mutex<Vec<(String, String, Value)>>>,
    responses: Arc<Mutex<Vec<(u16, Value)>>>,
}

impl Gateway {
    async fn start(&self) -> String {
        let handler = |State(gateway): State<Self>,
                       InPath(id): InPath<String>,
                       headers: HeaderMap,
                       body: String| async move {
            assert!(body.len() <= 8192, "{} bytes", body.len());
            let bearer = headers["authorization"].to_str().expect("text").to_owned();
            let body = serde_json::from_str(&body).expect("JSON");
            gateway.requests.lock().expect("not poisoned").push((id, bearer, body));
            let response = gateway.responses.lock().expect("not poisoned").pop();
            let (status, response) =
                response.unwrap_or((200, json!({ "success": true, "data": { "isError": false } })));
            (StatusCode::from_u16(status).expect("a status"), Json(response))
        };
        let router = Router::new().route("/api/commands/{id}", post(handler)).with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let at = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{at}/")
    }

    fn requests(&self) -> Vec<(String, String, Value)> {
        std::mem::take(&mut *self.requests.lock().expect("not poisoned"))
    }
}

const DEVICE: &str = "bread-compact-wifi@@@a0_85_e3_00_00_00@@@a0_85_e3_00_00_00";
const KEY: &str = "Signature-of-Gateway-7";

/// Sends the brief of a day to a robot, and returns the state and the note of the delivery.
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
    let channels = [Channel::open(&config, Environment { env: &env, print: |_| Ok(()) }).expect("open")];
    let dir = tempfile::tempdir().expect("a folder");
    let mut catalog = Catalog::open(&dir.path().join("catalog.db")).expect("a catalog");
    let cancel = Cancel::default();
    let outbox =
        Outbox { channels: &channels, zone: chrono_tz::Asia::Shanghai, now: &Ts::now, cancel: &cancel };
    let text = |_: &mut Catalog, report: &_, config: &headwater::config::ChannelConfig| {
        Ok(brief(report, config.lang, config.length.into()))
    };
    outbox.write(&mut catalog, &incident_day(), &text).expect("written");
    let receipts = outbox.send(&mut catalog, &|_| true).await.expect("sent");
    let [receipt] = receipts.as_slice() else { panic!("one message: {receipts:?}") };
    assert!(!receipt.note.contains(KEY), "{}", receipt.note);
    (receipt.state.to_string(), receipt.note.clone())
}

/// Returns the key of a day, computed independently.
fn key_of(date: &str) -> String {
    let sum = "import hashlib, sys; print(hashlib.sha256(sys.argv[1].encode()).hexdigest())";
    let output = python().args(["-c", sum, &format!("{date}{KEY}")]).output().expect("python");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
async fn a_robot_gets_the_brief_through_its_gateway() {
    let gateway = Gateway::default();
    let day = || Ts::now().date(chrono_tz::Pacific::Kiritimati).to_string();
    let before = day();
    assert_eq!(push(&gateway, "zh").await, ("sent".into(), "the robot reads it aloud".into()));
    let requests = gateway.requests();
    let [(id, bearer, body)] = requests.as_slice() else { panic!("{requests:?}") };
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
async fn a_robot_that_is_offline_is_retried() {
    let gateway = Gateway::default();
    let off = json!({ "success": false, "error": "设备未连接" });
    gateway.responses.lock().expect("not poisoned").extend([(500, off.clone()), (500, off.clone())]);
    assert_eq!(push(&gateway, "en").await.0, "sent");
    assert_eq!(gateway.requests().len(), 3, "offline twice, then online");
    gateway.responses.lock().expect("not poisoned").extend(vec![(200, off.clone()); 3]);
    let (state, note) = push(&gateway, "zh").await;
    assert!(state == "failed" && note.contains("设备未连接"), "{state}: {note}");
    gateway
        .responses
        .lock()
        .expect("not poisoned")
        .extend(vec![(401, json!({ "error": "无效的授权令牌" })); 3]);
    let (state, note) = push(&gateway, "zh").await;
    assert!(state == "failed" && note.contains("MQTT_SIGNATURE_KEY"), "{state}: {note}");
    // forwarded to the robot without a response: it may have spoken
    let silent = json!({ "success": false, "error": "timeout" });
    gateway.responses.lock().expect("not poisoned").extend(vec![(500, silent); 3]);
    assert_eq!(push(&gateway, "zh").await.0, "unknown");
    let error = json!({ "success": true, "data": { "isError": true, "content": [] } });
    gateway.responses.lock().expect("not poisoned").extend(vec![(200, error); 3]);
    assert_eq!(push(&gateway, "zh").await.0, "failed");
}

/// Returns what a check of the robot's channel says.
async fn probe(gateway: &Gateway, responses: Vec<(u16, Value)>) -> model::error::Result<Option<String>> {
    let address = gateway.start().await;
    gateway.responses.lock().expect("not poisoned").extend(responses.into_iter().rev());
    let config = format!(
        "kind = \"xiaozhi\"\nname = \"robot\"\nurl_env = \"URL\"\nsecret_env = \"KEY\"\ndevice = \"{DEVICE}\"\n"
    );
    let env = move |name: &str| Some(if name == "URL" { address.clone() } else { KEY.to_owned() });
    let config = toml::from_str(&config).expect("a channel");
    let channel = Channel::open(&config, Environment { env: &env, print: |_| Ok(()) }).expect("open");
    channel.probe().await
}

#[tokio::test]
async fn a_check_reads_the_list_of_tools_and_wakes_nobody() {
    let gateway = Gateway::default();
    let page = |tools: &[&str], cursor: &str| {
        let tools: Vec<Value> = tools.iter().map(|name| json!({ "name": name })).collect();
        (200, json!({ "success": true, "data": { "tools": tools, "nextCursor": cursor } }))
    };
    let usual = ["self.get_device_status", "self.audio_speaker.set_volume"];
    let patched = vec![page(&usual, "self.remote_wakeup"), page(&["self.remote_wakeup"], "")];
    let fact = probe(&gateway, patched).await.expect("it can speak first").expect("a robot can be probed");
    assert!(fact.contains("self.remote_wakeup"), "{fact}");
    let methods: Vec<Value> =
        gateway.requests().into_iter().map(|(_, _, body)| body["payload"]["method"].clone()).collect();
    assert_eq!(methods, ["tools/list", "tools/list"]);
    let why = probe(&gateway, vec![page(&usual, "")]).await.expect_err("it cannot speak first");
    assert!(why.what.contains("none of its 2 tools is `self.remote_wakeup`"), "{}", why.what);
    let off = json!({ "success": false, "error": "设备未连接" });
    let why = probe(&gateway, vec![(500, off)]).await.expect_err("it is off");
    assert!(why.what.contains("设备未连接") && !why.what.contains(KEY), "{}", why.what);
}

#[test]
fn a_channel_of_a_robot_requires_its_fields() {
    let dir = tempfile::tempdir().expect("a folder");
    let whole = "kind = \"xiaozhi\"\nname = \"robot\"\nurl_env = \"URL\"\nsecret_env = \"KEY\"\ndevice = \"a\"\nlength = \"voice\"\n";
    for (without, with, expected) in [
        ("device = \"a\"\n", "", "device"),
        ("secret_env = \"KEY\"\n", "", "secret_env"),
        ("length = \"voice\"\n", "", "length = \"voice\""),
        ("", "timezone = \"Moon\"\n", "Moon"),
    ] {
        let config = format!("[[channel]]\n{}{with}", whole.replace(without, ""));
        std::fs::write(dir.path().join("headwater.toml"), config).expect("written");
        let config = dir.path().join("headwater.toml");
        let output = run(dir.path(), &["--config", config.to_str().expect("readable"), "channels", "list"]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        let names_place = stderr.contains("`robot`") || stderr.contains("headwater.toml:1:1");
        assert!(stderr.contains(expected) && names_place, "{stderr}");
    }
}
