//! A group robot of DingTalk: signed with the time in ms, Markdown to 20,000 bytes, 20 messages a
//! minute, over which it is deaf for ten (open.dingtalk.com, custom robots).

use crate::config::ChannelConfig;
use crate::delivery::channel::http::{Endpoint, Fault, signature};
use crate::delivery::channel::markup;
use crate::delivery::channel::markup::Style;
use crate::delivery::channel::{Message, Outside, Result, Sent, Way};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use futures::future::BoxFuture;
use reqwest::Url;
use serde_json::json;
use std::time::Duration;

/// Of the 20,000 bytes of a body, less what stands around the text.
const TEXT_BYTES: usize = 18_000;

/// One line break alone is none.
const STYLE: Style =
    Style { bold: ("**", "**"), item: "- ", newline: "  \n", escape: |_| None, size: markup::json_bytes };

/// Parts in a time, a little longer than told.
const PACE: &[(usize, Duration)] = &[(20, Duration::from_secs(61))];

struct Dingtalk {
    endpoint: Endpoint,
    keyword: Option<String>,
}

pub(super) fn open(config: &ChannelConfig, outside: Outside) -> Result<Box<dyn Way>> {
    let endpoint = Endpoint::open(config, outside, Duration::from_secs(600))?;
    let is_robot = endpoint.has_parameter("access_token");
    let form = "https://oapi.dingtalk.com/robot/send?access_token=…";
    let endpoint = endpoint.must_be(is_robot, config, form)?;
    Ok(Box::new(Dingtalk { endpoint, keyword: config.keyword.clone() }))
}

impl Dingtalk {
    /// Returns the address, signed: HMAC-SHA256 with the secret over `ms\nsecret`, Base64.
    fn address(&self) -> Url {
        let mut url = self.endpoint.url.clone();
        if let Some(secret) = &self.endpoint.secret {
            let ms = Utc::now().timestamp_millis().to_string();
            let sign = STANDARD.encode(signature(secret, &format!("{ms}\n{secret}")));
            url.query_pairs_mut().append_pair("timestamp", &ms).append_pair("sign", &sign);
        }
        url
    }
}

impl Way for Dingtalk {
    fn parts(&self, message: &Message) -> Vec<String> {
        markup::parts(message, &STYLE, TEXT_BYTES)
    }

    fn send<'a>(&'a self, message: &'a Message, part: &'a str) -> BoxFuture<'a, Sent> {
        let keyword = self.keyword.as_deref().unwrap_or_default();
        let text = message.marked(part, STYLE.newline);
        let text = if keyword.is_empty() { text } else { format!("{keyword}{}{text}", STYLE.newline) };
        let title = markup::line(&message.title, &STYLE);
        let body = json!({ "msgtype": "markdown", "markdown": { "title": title, "text": text } });
        Box::pin(async move {
            match self.endpoint.post(self.address(), &[], body.to_string()).await {
                Ok(answer) => self.endpoint.receipt(&answer, fault),
                Err(sent) => sent,
            }
        })
    }

    fn limits(&self) -> &'static [(usize, Duration)] {
        PACE
    }
}

fn fault(code: i64) -> Fault {
    match code {
        130101 | 410100 => Fault::Busy,
        -1 => Fault::Passing,
        310000 => {
            Fault::Lasting("the signature, the keyword or this machine's address is not what the robot wants")
        }
        300001 | 300005 | 400013 | 400101 | 400102 => {
            Fault::Lasting("the robot's token is not valid, or the robot is off")
        }
        _ => Fault::Lasting(""),
    }
}
