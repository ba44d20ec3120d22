//! A xiaozhi robot that reads a brief aloud: a command through its MQTT gateway
//! (xinnan-tech/xiaozhi-mqtt-gateway, `POST /api/commands/<clientId>`) to a firmware that supports
//! `self.remote_wakeup`. The firmware reads a text that begins with `[device_call]` aloud unchanged. One
//! channel is one robot.

use crate::config::XiaozhiChannelConfig;
use crate::delivery::channel::http::{Endpoint, Reply};
use crate::delivery::channel::{Environment, Message, SendOutcome, Transport};
use chrono_tz::Tz;
use futures::future::BoxFuture;
use model::error::{Error, Result};
use model::time::{Ts, parse_zone};
use reqwest::Url;
use ring::digest;
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;

/// Prefix of a text that is read aloud instead of being passed to the robot's model.
const PREFIX: &str = "[device_call]";

/// Maximum size of an MQTT message of the gateway.
const MAX_BYTES: usize = 8192;

/// The tool of the firmware that makes the robot speak.
const TOOL: &str = "self.remote_wakeup";

/// Pages of a robot's list of tools that are read.
const PAGES: usize = 20;

struct Robot {
    endpoint: Endpoint,
    /// Address of the robot's commands.
    url: Url,
    /// Time zone of the gateway: its key changes every day.
    zone: Tz,
}

pub(super) fn open(config: &XiaozhiChannelConfig, environment: Environment) -> Result<Box<dyn Transport>> {
    let endpoint =
        Endpoint::open(environment, &config.url_env, Some(&config.secret_env), Duration::from_secs(30))?;
    let endpoint = endpoint.require(true, "xiaozhi", "https://gateway.example.com")?;
    let mut url = endpoint.url.clone();
    url.set_query(None);
    match url.path_segments_mut() {
        Ok(mut path) => path.pop_if_empty().extend(["api", "commands", &config.device]),
        Err(()) => return Err(Error::usage("the variable in `url_env` is not an address of a gateway")),
    };
    let zone = parse_zone(config.timezone.as_deref().unwrap_or("Asia/Shanghai"))?;
    Ok(Box::new(Robot { endpoint, url, zone }))
}

impl Transport for Robot {
    fn send<'a>(&'a self, message: &'a Message, part: &'a str) -> BoxFuture<'a, SendOutcome> {
        Box::pin(async move {
            let body = command(&speech(message, part));
            if body.len() > MAX_BYTES {
                return SendOutcome::Rejected(format!(
                    "the command has {} bytes; the limit of the gateway is {MAX_BYTES}",
                    body.len()
                ));
            }
            match self.request(body).await {
                Ok(reply) => self.outcome(&reply),
                Err(outcome) => outcome,
            }
        })
    }

    fn probe(&self) -> BoxFuture<'_, Result<Option<String>>> {
        Box::pin(async {
            let tools =
                self.tools().await.map_err(|why| Error::failed(why).hint("is the robot switched on?"))?;
            if tools.iter().any(|tool| tool == TOOL) {
                return Ok(Some(format!("is connected and has `{TOOL}`")));
            }
            let why = format!("the robot cannot speak first: none of its {} tools is `{TOOL}`", tools.len());
            Err(Error::failed(why).hint("see “A robot” in the documentation for the firmware that it needs"))
        })
    }
}

impl Robot {
    /// Posts a command to the robot.
    async fn request(&self, command: String) -> std::result::Result<Reply, SendOutcome> {
        let key = self.endpoint.secret.as_deref().unwrap_or_default();
        let bearer = format!("Bearer {}", key_of_day(key, Ts::now(), self.zone));
        self.endpoint.request(self.url.clone(), &[("authorization", bearer)], command).await
    }

    /// Returns the names of the tools of the robot's firmware.
    async fn tools(&self) -> std::result::Result<Vec<String>, String> {
        let (mut names, mut cursor) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let reply = self.request(call("tools/list", &json!({ "cursor": cursor }))).await;
            let reply = reply.map_err(|outcome| format!("the gateway: {}", outcome.into_note()))?;
            match self.outcome(&reply) {
                SendOutcome::Delivered(_) => {}
                outcome => return Err(outcome.into_note()),
            }
            let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
            let data = body.get("data").unwrap_or(&Value::Null);
            let tools = data.get("tools").and_then(Value::as_array).into_iter().flatten();
            names.extend(tools.filter_map(|tool| tool.get("name")?.as_str()).map(str::to_owned));
            let next = data.get("nextCursor").and_then(Value::as_str).unwrap_or_default();
            if next.is_empty() || next == cursor {
                break;
            }
            next.clone_into(&mut cursor);
        }
        Ok(names)
    }

    /// Returns the outcome of a command. The gateway returns 500 with a reason if the robot did not accept
    /// it.
    fn outcome(&self, reply: &Reply) -> SendOutcome {
        let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        let reason = body.get("error").and_then(Value::as_str).unwrap_or_default();
        let text = self.endpoint.redacted(&format!("the gateway returned {}: {reason}", reply.status));
        match (reply.status, body.get("success").and_then(Value::as_bool)) {
            (_, Some(true)) if body.pointer("/data/isError") == Some(&Value::Bool(true)) => {
                SendOutcome::Failed("the robot rejected the command".into())
            }
            (200..=299, Some(true)) => SendOutcome::Delivered("the robot reads it aloud".into()),
            (401 | 403, _) => SendOutcome::Failed(format!(
                "{text} (check that `secret_env` is the gateway's MQTT_SIGNATURE_KEY and that its date is {})",
                Ts::now().date(self.zone)
            )),
            // the command was passed on, but there was no response
            (_, Some(false)) if matches!(reason, "timeout" | "Connection closed") => {
                SendOutcome::Unknown(text)
            }
            (_, Some(false)) => SendOutcome::Failed(text),
            (400..=499, _) => SendOutcome::Rejected(text),
            _ => SendOutcome::Uncertain(text),
        }
    }
}

/// Returns the brief as one line to be read aloud.
fn speech(message: &Message, part: &str) -> String {
    let plain = part.replace(['*', '\n'], "");
    if !message.is_update {
        return plain;
    }
    message.lang.pick(format!("有新的情况。{plain}"), format!("There is news. {plain}"))
}

/// Returns the JSON of a command that makes the robot read a text aloud.
fn command(text: &str) -> String {
    let arguments = json!({ "reason": format!("{PREFIX}{text}") });
    call("tools/call", &json!({ "name": TOOL, "arguments": arguments }))
}

/// Returns the JSON of a request to the robot.
fn call(method: &str, params: &Value) -> String {
    let payload = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    json!({ "type": "mcp", "payload": payload }).to_string()
}

/// Returns the key that the gateway accepts today: SHA-256 of date and key, in hex.
fn key_of_day(key: &str, now: Ts, zone: Tz) -> String {
    let mut hex = String::new();
    for byte in digest::digest(&digest::SHA256, format!("{}{key}", now.date(zone)).as_bytes()).as_ref() {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
