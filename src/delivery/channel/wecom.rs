//! A WeCom group robot: Markdown up to 4096 bytes, plain text up to 2048 bytes, 20 messages per minute
//! (developer.work.weixin.qq.com/document/path/91770).

use crate::config::{WecomConfig, WecomFormat};
use crate::delivery::channel::http::{Endpoint, Failure};
use crate::delivery::channel::markup;
use crate::delivery::channel::markup::Style;
use crate::delivery::channel::{Environment, Message, Result, SendOutcome, Transport};
use futures::future::BoxFuture;
use serde_json::json;
use std::time::Duration;

const MARKDOWN_BYTES: usize = 4096;
const TEXT_BYTES: usize = 2048;

const MARKDOWN: Style =
    Style { bold: ("**", "**"), item: "- ", newline: "\n", escape: |_| None, size: str::len };
const TEXT: Style = Style { bold: ("", ""), ..MARKDOWN };

/// Rate limits; each time is a little longer than documented.
const RATE_LIMITS: &[(usize, Duration)] = &[(20, Duration::from_secs(61))];

struct Wecom {
    endpoint: Endpoint,
    format: WecomFormat,
}

pub(super) fn open(config: &WecomConfig, environment: Environment) -> Result<Box<dyn Transport>> {
    let endpoint = Endpoint::open(environment, &config.url_env, None, Duration::from_secs(60))?;
    let is_robot = endpoint.has_parameter("key");
    let example = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…";
    let endpoint = endpoint.require(is_robot, "wecom", example)?;
    Ok(Box::new(Wecom { endpoint, format: config.format }))
}

impl Transport for Wecom {
    fn parts(&self, message: &Message) -> Vec<String> {
        match self.format {
            WecomFormat::Markdown => markup::parts(message, &MARKDOWN, MARKDOWN_BYTES),
            WecomFormat::Text => markup::parts(message, &TEXT, TEXT_BYTES),
        }
    }

    fn send<'a>(&'a self, message: &'a Message, part: &'a str) -> BoxFuture<'a, SendOutcome> {
        let content = message.with_notes(part, "\n");
        let body = match self.format {
            WecomFormat::Markdown => json!({ "msgtype": "markdown", "markdown": { "content": content } }),
            WecomFormat::Text => json!({ "msgtype": "text", "text": { "content": content } }),
        };
        Box::pin(async move { self.endpoint.send_to_robot(self.endpoint.url.clone(), &body, failure).await })
    }

    fn rate_limits(&self) -> &'static [(usize, Duration)] {
        RATE_LIMITS
    }
}

/// Returns the meaning of an error code of the API.
fn failure(code: i64) -> Failure {
    match code {
        45009 | 45033 => Failure::Busy,
        -1 => Failure::Temporary,
        93000 | 93004 | 93008 => Failure::Permanent("the robot's key is not valid, or the robot was deleted"),
        _ => Failure::Permanent(""),
    }
}
