//! A Slack incoming webhook: at most 50 blocks of 3000 characters, one message per second (docs.slack.dev,
//! incoming webhooks and block kit).

use crate::config::SlackConfig;
use crate::delivery::channel::http::Endpoint;
use crate::delivery::channel::markup;
use crate::delivery::channel::markup::Style;
use crate::delivery::channel::{Environment, Message, Result, SendOutcome, Transport};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::time::Duration;

const SECTION_CHARS: usize = 3000;

/// At most 30 sections: when a part is split into sections, each is more than half full.
const PART_CHARS: usize = 15 * SECTION_CHARS;

const STYLE: Style =
    Style { bold: ("*", "*"), item: "• ", newline: "\n", escape, size: |text| text.chars().count() };

fn escape(c: char) -> Option<&'static str> {
    match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    }
}

/// Rate limits; each time is a little longer than documented.
const RATE_LIMITS: &[(usize, Duration)] = &[(1, Duration::from_millis(1100))];

struct Slack {
    endpoint: Endpoint,
}

pub(super) fn open(config: &SlackConfig, environment: Environment) -> Result<Box<dyn Transport>> {
    let endpoint = Endpoint::open(environment, &config.url_env, None, Duration::from_secs(30))?;
    let is_webhook = endpoint.url.path().trim_matches('/').split('/').count() >= 4;
    let example = "https://hooks.slack.com/services/T…/B…/…";
    let endpoint = endpoint.require(is_webhook, "slack", example)?;
    Ok(Box::new(Slack { endpoint }))
}

impl Transport for Slack {
    fn parts(&self, message: &Message) -> Vec<String> {
        markup::parts(message, &STYLE, PART_CHARS)
    }

    fn send<'a>(&'a self, message: &'a Message, part: &'a str) -> BoxFuture<'a, SendOutcome> {
        let text = message.with_notes(part, STYLE.newline);
        let lines: Vec<String> = text.lines().flat_map(cut_line).collect();
        let section = |text: String| -> Value {
            // verbatim: host and channel names in logs must not become links
            json!({ "type": "section", "text": { "type": "mrkdwn", "text": text, "verbatim": true } })
        };
        let blocks: Vec<Value> =
            markup::split(&lines, &STYLE, SECTION_CHARS).into_iter().map(section).collect();
        let body = json!({ "text": markup::line(&message.title, &STYLE), "blocks": blocks });
        Box::pin(async move {
            let reply = match self.endpoint.post(self.endpoint.url.clone(), &[], body.to_string()).await {
                Ok(reply) => reply,
                Err(outcome) => return outcome,
            };
            match reply.status {
                200..=299 if reply.body.trim() == "ok" => SendOutcome::Delivered("ok".into()),
                200..=299 => SendOutcome::Uncertain(format!("the response {} has no `ok`", reply.status)),
                _ => self.endpoint.rejected(&reply),
            }
        })
    }

    fn rate_limits(&self) -> &'static [(usize, Duration)] {
        RATE_LIMITS
    }
}

/// Cuts a line into pieces of at most the size of a section.
fn cut_line(line: &str) -> Vec<String> {
    let chars: Vec<char> = line.chars().collect();
    if chars.is_empty() {
        return vec![String::new()];
    }
    chars.chunks(SECTION_CHARS).map(|chunk| chunk.iter().collect()).collect()
}
