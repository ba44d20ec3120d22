//! A DingTalk group robot: signed with the time in ms, Markdown up to 20,000 bytes, 20 messages per minute;
//! above that it rejects messages for ten minutes (open.dingtalk.com, custom robots).

use crate::config::DingtalkConfig;
use crate::delivery::channel::http::{Endpoint, Failure, hmac_sha256};
use crate::delivery::channel::markup;
use crate::delivery::channel::markup::Style;
use crate::delivery::channel::{Environment, Message, Result, SendOutcome, Transport};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use futures::future::BoxFuture;
use reqwest::Url;
use serde_json::json;
use std::time::Duration;

/// Maximum size of the text: the 20,000 bytes of a body less the JSON around the text.
const TEXT_BYTES: usize = 18_000;

/// A line break requires two spaces before it.
const STYLE: Style =
    Style { bold: ("**", "**"), item: "- ", newline: "  \n", escape: |_| None, size: markup::json_bytes };

/// Rate limits; each time is a little longer than documented.
const RATE_LIMITS: &[(usize, Duration)] = &[(20, Duration::from_secs(61))];

struct Dingtalk {
    endpoint: Endpoint,
    keyword: Option<String>,
}

pub(super) fn open(config: &DingtalkConfig, environment: Environment) -> Result<Box<dyn Transport>> {
    let secret_env = config.secret_env.as_deref();
    let endpoint = Endpoint::open(environment, &config.url_env, secret_env, Duration::from_secs(600))?;
    let is_robot = endpoint.has_parameter("access_token");
    let example = "https://oapi.dingtalk.com/robot/send?access_token=…";
    let endpoint = endpoint.require(is_robot, "dingtalk", example)?;
    Ok(Box::new(Dingtalk { endpoint, keyword: config.keyword.clone() }))
}

impl Dingtalk {
    /// Returns the signed address: the signature is the Base64 of HMAC-SHA256 with the secret over
    /// `ms\nsecret`.
    fn signed_url(&self) -> Url {
        let mut url = self.endpoint.url.clone();
        if let Some(secret) = &self.endpoint.secret {
            let ms = Utc::now().timestamp_millis().to_string();
            let sign = STANDARD.encode(hmac_sha256(secret, &format!("{ms}\n{secret}")));
            url.query_pairs_mut().append_pair("timestamp", &ms).append_pair("sign", &sign);
        }
        url
    }
}

impl Transport for Dingtalk {
    fn parts(&self, message: &Message) -> Vec<String> {
        markup::parts(message, &STYLE, TEXT_BYTES)
    }

    fn send<'a>(&'a self, message: &'a Message, part: &'a str) -> BoxFuture<'a, SendOutcome> {
        let keyword = self.keyword.as_deref().unwrap_or_default();
        let text = message.with_notes(part, STYLE.newline);
        let text = if keyword.is_empty() { text } else { format!("{keyword}{}{text}", STYLE.newline) };
        let title = markup::line(&message.title, &STYLE);
        let body = json!({ "msgtype": "markdown", "markdown": { "title": title, "text": text } });
        Box::pin(async move { self.endpoint.send_to_robot(self.signed_url(), &body, failure).await })
    }

    fn rate_limits(&self) -> &'static [(usize, Duration)] {
        RATE_LIMITS
    }
}

/// Returns the meaning of an error code of the API.
fn failure(code: i64) -> Failure {
    match code {
        130101 | 410100 => Failure::Busy,
        -1 => Failure::Temporary,
        310000 => {
            Failure::Permanent("the robot rejects the signature, the keyword or this machine's IP address")
        }
        300001 | 300005 | 400013 | 400101 | 400102 => {
            Failure::Permanent("the robot's token is not valid, or the robot is disabled")
        }
        _ => Failure::Permanent(""),
    }
}
