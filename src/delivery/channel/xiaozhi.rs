//! A xiaozhi robot that speaks unasked: a command through its MQTT gateway (xinnan-tech/xiaozhi-mqtt-gateway,
//! `POST /api/commands/<clientId>`), to a firmware that knows `self.remote_wakeup`. What begins with
//! `[device_call]` is spoken as it stands. One channel is one robot.

use crate::config::ChannelConfig;
use crate::delivery::channel::http::{Answer, Endpoint};
use crate::delivery::channel::{Message, Outside, Sent, Way};
use chrono_tz::Tz;
use futures::future::BoxFuture;
use model::error::{Error, Result};
use model::time::{Ts, parse_zone};
use reqwest::Url;
use ring::digest;
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;

/// Written as it stands, instead of being said to the robot's model.
const MARK: &str = "[device_call]";

/// What a message of MQTT may hold there.
const MOST_BYTES: usize = 8192;

struct Robot {
    endpoint: Endpoint,
    /// Where its commands are posted to.
    url: Url,
    /// The gateway's: its key is of its own day.
    zone: Tz,
}

pub(super) fn open(config: &ChannelConfig, outside: Outside) -> Result<Box<dyn Way>> {
    let endpoint = Endpoint::open(config, outside, Duration::from_secs(30))?;
    let device = config.device.as_deref().unwrap_or_default();
    let mut url = endpoint.url.clone();
    url.set_query(None);
    match url.path_segments_mut() {
        Ok(mut path) => path.pop_if_empty().extend(["api", "commands", device]),
        Err(()) => return Err(Error::usage("`url_env` of the channel holds no address of a gateway")),
    };
    let zone = parse_zone(config.timezone.as_deref().unwrap_or("Asia/Shanghai"))?;
    Ok(Box::new(Robot { endpoint, url, zone }))
}

impl Way for Robot {
    fn send<'a>(&'a self, message: &'a Message, part: &'a str) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            let body = command(&spoken(message, part));
            if body.len() > MOST_BYTES {
                return Sent::Rejected(format!("{} bytes do not go through MQTT", body.len()));
            }
            let key = self.endpoint.secret.as_deref().unwrap_or_default();
            let bearer = format!("Bearer {}", key_of_day(key, Ts::now(), self.zone));
            match self.endpoint.exchange(self.url.clone(), &[("authorization", bearer)], body).await {
                Ok(answer) => self.outcome(&answer),
                Err(sent) => sent,
            }
        })
    }
}

impl Robot {
    /// The gateway answers 500 with a reason where the robot did not take the command.
    fn outcome(&self, answer: &Answer) -> Sent {
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let why = body.get("error").and_then(Value::as_str).unwrap_or_default();
        let said = self.endpoint.told(&format!("it answered {}: {why}", answer.status));
        match (answer.status, body.get("success").and_then(Value::as_bool)) {
            (_, Some(true)) if body.pointer("/data/isError") == Some(&Value::Bool(true)) => {
                Sent::Refused("the robot refused to speak".into())
            }
            (200..=299, Some(true)) => Sent::Delivered("the robot speaks".into()),
            (401 | 403, _) => Sent::Refused(format!(
                "{said} (is `secret_env` the gateway's MQTT_SIGNATURE_KEY, and is it {} there?)",
                Ts::now().date(self.zone)
            )),
            // handed on, and then nothing was heard
            (_, Some(false)) if matches!(why, "timeout" | "Connection closed") => Sent::Unknown(said),
            (_, Some(false)) => Sent::Refused(said),
            (400..=499, _) => Sent::Rejected(said),
            _ => Sent::Doubtful(said),
        }
    }
}

/// Returns what is said: the brief, in one breath.
fn spoken(message: &Message, part: &str) -> String {
    let plain = part.replace(['*', '\n'], "");
    match (message.is_update, message.lang.as_str()) {
        (false, _) => plain,
        (true, "zh") => format!("有新的情况。{plain}"),
        (true, _) => format!("There is news. {plain}"),
    }
}

fn command(text: &str) -> String {
    let arguments = json!({ "reason": format!("{MARK}{text}") });
    let call = json!({ "name": "self.remote_wakeup", "arguments": arguments });
    let payload = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call });
    json!({ "type": "mcp", "payload": payload }).to_string()
}

/// Returns the key that the gateway takes on its day: SHA-256 of date and key, in hex.
fn key_of_day(key: &str, now: Ts, zone: Tz) -> String {
    let mut hex = String::new();
    for byte in digest::digest(&digest::SHA256, format!("{}{key}", now.date(zone)).as_bytes()).as_ref() {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
