//! An incoming webhook of Slack: blocks of at most 3000 characters, at most 50 of them, one message
//! a second (docs.slack.dev, incoming webhooks and block kit).

use crate::config::ChannelConfig;
use crate::delivery::channel::http::Endpoint;
use crate::delivery::channel::markup;
use crate::delivery::channel::markup::Style;
use crate::delivery::channel::{Message, Outside, Result, Sent, Way};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::time::Duration;

const SECTION_CHARS: usize = 3000;

/// Thirty sections at most: a part that is packed anew fills each more than half.
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

/// Parts in a time, a little longer than told.
const PACE: &[(usize, Duration)] = &[(1, Duration::from_millis(1100))];

struct Slack {
    endpoint: Endpoint,
}

pub(super) fn open(config: &ChannelConfig, outside: Outside) -> Result<Box<dyn Way>> {
    let endpoint = Endpoint::open(config, outside, Duration::from_secs(30))?;
    let is_hook = endpoint.url.path().trim_matches('/').split('/').count() >= 4;
    let form = "https://hooks.slack.com/services/T…/B…/…";
    let endpoint = endpoint.must_be(is_hook, config, form)?;
    Ok(Box::new(Slack { endpoint }))
}

impl Way for Slack {
    fn parts(&self, message: &Message) -> Vec<String> {
        markup::parts(message, &STYLE, PART_CHARS)
    }

    fn send<'a>(&'a self, message: &'a Message, part: &'a str) -> BoxFuture<'a, Sent> {
        let text = message.marked(part, STYLE.newline);
        let lines: Vec<String> = text.lines().flat_map(cut).collect();
        let section = |text: String| -> Value {
            // verbatim: names of hosts and channels in logs are no links
            json!({ "type": "section", "text": { "type": "mrkdwn", "text": text, "verbatim": true } })
        };
        let blocks: Vec<Value> =
            markup::split(&lines, &STYLE, SECTION_CHARS).into_iter().map(section).collect();
        let body = json!({ "text": markup::line(&message.title, &STYLE), "blocks": blocks });
        Box::pin(async move {
            let answer = match self.endpoint.post(self.endpoint.url.clone(), &[], body.to_string()).await {
                Ok(answer) => answer,
                Err(sent) => return sent,
            };
            match answer.status {
                200..=299 if answer.body.trim() == "ok" => Sent::Delivered("ok".into()),
                200..=299 => Sent::Doubtful(format!("it answered {} without `ok`", answer.status)),
                _ => self.endpoint.rejected(&answer),
            }
        })
    }

    fn limits(&self) -> &'static [(usize, Duration)] {
        PACE
    }
}

/// Cuts a line that is longer than a section.
fn cut(line: &str) -> Vec<String> {
    let chars: Vec<char> = line.chars().collect();
    if chars.is_empty() {
        return vec![String::new()];
    }
    chars.chunks(SECTION_CHARS).map(|chunk| chunk.iter().collect()).collect()
}
