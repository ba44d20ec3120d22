//! A Feishu or Lark group robot: signed in the body with the time in seconds, a card of up to 20 KB, 100
//! messages per minute and 5 per second (open.feishu.cn/document/client-docs/bot-v3/add-custom-bot).

use crate::config::FeishuConfig;
use crate::delivery::channel::http::{Endpoint, Failure, hmac_sha256};
use crate::delivery::channel::markup;
use crate::delivery::channel::markup::Style;
use crate::delivery::channel::{Environment, Message, Result, SendOutcome, Transport};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Timelike, Utc};
use futures::future::BoxFuture;
use model::report::Severity;
use serde_json::json;
use std::time::Duration;

/// Maximum size of the text: the 20 KB of a body less the JSON around the text.
const TEXT_BYTES: usize = 18_000;

const STYLE: Style =
    Style { bold: ("**", "**"), item: "- ", newline: "\n", escape: |_| None, size: markup::json_bytes };

/// Rate limits; each time is a little longer than documented.
const RATE_LIMITS: &[(usize, Duration)] = &[(5, Duration::from_millis(1100)), (100, Duration::from_secs(61))];

struct Feishu {
    endpoint: Endpoint,
}

pub(super) fn open(config: &FeishuConfig, environment: Environment) -> Result<Box<dyn Transport>> {
    let secret_env = config.secret_env.as_deref();
    let endpoint = Endpoint::open(environment, &config.url_env, secret_env, Duration::from_secs(20))?;
    let is_robot = endpoint.url.path().contains("/open-apis/bot/");
    let example = "https://open.feishu.cn/open-apis/bot/v2/hook/…";
    let endpoint = endpoint.require(is_robot, "feishu", example)?;
    Ok(Box::new(Feishu { endpoint }))
}

impl Transport for Feishu {
    fn parts(&self, message: &Message) -> Vec<String> {
        markup::parts(message, &STYLE, TEXT_BYTES)
    }

    fn send<'a>(&'a self, message: &'a Message, part: &'a str) -> BoxFuture<'a, SendOutcome> {
        let colour = match message.findings.iter().map(|finding| finding.severity).max() {
            Some(Severity::Critical) => "red",
            Some(Severity::High) => "orange",
            _ => "blue",
        };
        let title = markup::line(&message.title, &STYLE);
        let mut body = json!({
            "msg_type": "interactive",
            "card": {
                "config": { "wide_screen_mode": true },
                "header": { "title": { "tag": "plain_text", "content": title }, "template": colour },
                "elements": [{ "tag": "markdown", "content": message.with_notes(part, STYLE.newline) }],
            },
        });
        Box::pin(async move {
            if let Some(secret) = &self.endpoint.secret {
                let seconds = Utc::now().timestamp();
                // Feishu uses the text to sign as the key, and signs an empty text
                let sign = STANDARD.encode(hmac_sha256(&format!("{seconds}\n{secret}"), ""));
                body["timestamp"] = json!(seconds.to_string());
                body["sign"] = json!(sign);
            }
            self.endpoint.send_to_robot(self.endpoint.url.clone(), &body, failure).await
        })
    }

    fn delay(&self, message: &Message) -> Duration {
        off_peak(Utc::now(), &message.id)
    }

    fn rate_limits(&self) -> &'static [(usize, Duration)] {
        RATE_LIMITS
    }
}

/// Returns how long to wait to avoid the busy times at the full and the half hour: until 20 to 40 s after it,
/// spread by the id of the message.
fn off_peak(now: DateTime<Utc>, id: &str) -> Duration {
    if !now.minute().is_multiple_of(30) || now.second() >= 20 {
        return Duration::ZERO;
    }
    let spread = u64::from(blake3::hash(id.as_bytes()).as_bytes()[0]) % 20;
    Duration::from_secs(20 - u64::from(now.second()) + spread)
}

/// Returns the meaning of an error code of the API.
fn failure(code: i64) -> Failure {
    match code {
        11232 | 11233 | 99991400 => Failure::Busy,
        19021 => {
            Failure::Permanent("the robot rejects the signature: check the secret and this machine's clock")
        }
        19022 => Failure::Permanent("this machine's IP address is not on the robot's allowlist"),
        19024 => Failure::Permanent("the robot requires a keyword that the text does not contain"),
        19001 | 19036 => Failure::Permanent("the robot's address is not valid"),
        9499 => Failure::Permanent("the robot rejects the format of the body"),
        _ => Failure::Permanent(""),
    }
}
