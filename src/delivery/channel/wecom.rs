//! A group robot of WeCom: Markdown to 4096 bytes, plain text to 2048, 20 messages a minute
//! (developer.work.weixin.qq.com/document/path/91770).

use crate::config::{ChannelConfig, Format};
use crate::delivery::channel::http::{Endpoint, Fault};
use crate::delivery::channel::markup;
use crate::delivery::channel::markup::Style;
use crate::delivery::channel::{Message, Outside, Result, Sent, Way};
use futures::future::BoxFuture;
use serde_json::json;
use std::time::Duration;

const MARKDOWN_BYTES: usize = 4096;
const TEXT_BYTES: usize = 2048;

const MARKDOWN: Style =
    Style { bold: ("**", "**"), item: "- ", newline: "\n", escape: |_| None, size: str::len };
const TEXT: Style = Style { bold: ("", ""), ..MARKDOWN };

/// Parts in a time, a little longer than told.
const PACE: &[(usize, Duration)] = &[(20, Duration::from_secs(61))];

struct Wecom {
    endpoint: Endpoint,
    format: Format,
}

pub(super) fn open(config: &ChannelConfig, outside: Outside) -> Result<Box<dyn Way>> {
    let endpoint = Endpoint::open(config, outside, Duration::from_secs(60))?;
    let is_robot = endpoint.has_parameter("key");
    let form = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…";
    let endpoint = endpoint.must_be(is_robot, config, form)?;
    Ok(Box::new(Wecom { endpoint, format: config.format }))
}

impl Way for Wecom {
    fn parts(&self, message: &Message) -> Vec<String> {
        match self.format {
            Format::Markdown => markup::parts(message, &MARKDOWN, MARKDOWN_BYTES),
            Format::Text => markup::parts(message, &TEXT, TEXT_BYTES),
        }
    }

    fn send<'a>(&'a self, message: &'a Message, part: &'a str) -> BoxFuture<'a, Sent> {
        let content = message.marked(part, "\n");
        let body = match self.format {
            Format::Markdown => json!({ "msgtype": "markdown", "markdown": { "content": content } }),
            Format::Text => json!({ "msgtype": "text", "text": { "content": content } }),
        };
        Box::pin(async move {
            match self.endpoint.post(self.endpoint.url.clone(), &[], body.to_string()).await {
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
        45009 | 45033 => Fault::Busy,
        -1 => Fault::Passing,
        93000 | 93004 | 93008 => Fault::Lasting("the robot's key is not valid, or the robot is gone"),
        _ => Fault::Lasting(""),
    }
}
