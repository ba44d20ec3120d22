//! A group robot of Feishu or Lark: signed in the body with the time in seconds, a card to 20 KB,
//! 100 messages a minute and 5 a second (open.feishu.cn/document/client-docs/bot-v3/add-custom-bot).

use crate::config::ChannelConfig;
use crate::delivery::channel::http::{Endpoint, Fault, signature};
use crate::delivery::channel::markup;
use crate::delivery::channel::markup::Style;
use crate::delivery::channel::{Message, Outside, Result, Sent, Way};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Timelike, Utc};
use futures::future::BoxFuture;
use serde_json::json;
use std::time::Duration;

/// Of the 20 KB of a body, less what stands around the text.
const TEXT_BYTES: usize = 18_000;

const STYLE: Style =
    Style { bold: ("**", "**"), item: "- ", newline: "\n", escape: |_| None, size: markup::json_bytes };

/// Parts in a time, a little longer than told.
const PACE: &[(usize, Duration)] = &[(5, Duration::from_millis(1100)), (100, Duration::from_secs(61))];

struct Feishu {
    endpoint: Endpoint,
}

pub(super) fn open(config: &ChannelConfig, outside: Outside) -> Result<Box<dyn Way>> {
    let endpoint = Endpoint::open(config, outside, Duration::from_secs(20))?;
    let is_robot = endpoint.url.path().contains("/open-apis/bot/");
    let form = "https://open.feishu.cn/open-apis/bot/v2/hook/…";
    let endpoint = endpoint.must_be(is_robot, config, form)?;
    Ok(Box::new(Feishu { endpoint }))
}

impl Way for Feishu {
    fn parts(&self, message: &Message) -> Vec<String> {
        markup::parts(message, &STYLE, TEXT_BYTES)
    }

    fn send<'a>(&'a self, message: &'a Message, part: &'a str) -> BoxFuture<'a, Sent> {
        let worst = message.findings.iter().map(|told| told.severity.as_str());
        let colour =
            match worst.max_by_key(|severity| ["high", "critical"].iter().position(|s| s == severity)) {
                Some("critical") => "red",
                Some("high") => "orange",
                _ => "blue",
            };
        let title = markup::line(&message.title, &STYLE);
        let mut body = json!({
            "msg_type": "interactive",
            "card": {
                "config": { "wide_screen_mode": true },
                "header": { "title": { "tag": "plain_text", "content": title }, "template": colour },
                "elements": [{ "tag": "markdown", "content": message.marked(part, STYLE.newline) }],
            },
        });
        Box::pin(async move {
            if let Some(secret) = &self.endpoint.secret {
                let seconds = Utc::now().timestamp();
                // the text is the key here, and nothing is what is signed
                let sign = STANDARD.encode(signature(&format!("{seconds}\n{secret}"), ""));
                body["timestamp"] = json!(seconds.to_string());
                body["sign"] = json!(sign);
            }
            match self.endpoint.post(self.endpoint.url.clone(), &[], body.to_string()).await {
                Ok(answer) => self.endpoint.receipt(&answer, fault),
                Err(sent) => sent,
            }
        })
    }

    fn wait(&self, message: &Message) -> Duration {
        off_peak(Utc::now(), &message.id)
    }

    fn limits(&self) -> &'static [(usize, Duration)] {
        PACE
    }
}

/// Returns how long to wait so as not to come with everyone at the full and the half hour: up to
/// 40 s past it, another point for each message.
fn off_peak(now: DateTime<Utc>, id: &str) -> Duration {
    if !now.minute().is_multiple_of(30) || now.second() >= 20 {
        return Duration::ZERO;
    }
    let spread = u64::from(blake3::hash(id.as_bytes()).as_bytes()[0]) % 20;
    Duration::from_secs(20 - u64::from(now.second()) + spread)
}

fn fault(code: i64) -> Fault {
    match code {
        11232 | 11233 | 99991400 => Fault::Busy,
        19021 => {
            Fault::Lasting("the signature is not what the robot wants: is the secret right, and the clock?")
        }
        19022 => Fault::Lasting("this machine's address is not on the robot's list"),
        19024 => Fault::Lasting("the robot wants a keyword that the text has not"),
        19001 | 19036 => Fault::Lasting("the robot's address is not valid"),
        9499 => Fault::Lasting("the robot does not take the body"),
        _ => Fault::Lasting(""),
    }
}
