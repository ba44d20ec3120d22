//! Channels that briefs go out on: one file each, one list. A channel sends one message once and
//! says what came of it; what is sent, and whether again, is decided elsewhere.

mod file;
mod webhook;

use crate::config::BroadcastConfig;
use crate::error::{Error, Result};
use schemars::JsonSchema;
use serde::Serialize;

/// What goes out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Message {
    /// `headwater.broadcast/1`.
    pub schema: &'static str,
    /// Hash of day and findings: the same message has the same id.
    pub id: String,
    /// Local day.
    pub date: String,
    /// Run.
    pub run: String,
    /// Whether a brief of the day went out before.
    pub is_update: bool,
    /// `zh` or `en`.
    pub lang: String,
    /// The brief.
    pub text: String,
    /// The findings that go out with it, each for the first time.
    pub findings: Vec<Told>,
}

/// A finding in a message.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Told {
    /// Id.
    pub id: String,
    /// `info`, `low`, `medium`, `high` or `critical`.
    pub severity: String,
    /// Rule.
    pub rule: String,
    /// What was found.
    pub summary: String,
}

/// What came of sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It arrived.
    Delivered(String),
    /// It surely did not arrive: sending again repeats nothing.
    Refused(String),
    /// Nobody can tell: sending again might repeat it.
    Unknown(String),
}

/// A configured channel.
#[derive(Debug)]
pub struct Channel {
    /// Name.
    pub name: String,
    /// `zh` or `en`.
    pub lang: String,
    way: Way,
}

#[derive(Debug)]
enum Way {
    File(file::File),
    Webhook(webhook::Webhook),
}

/// The kinds there are.
pub const KINDS: [&str; 2] = ["file", "webhook"];

impl Channel {
    /// Opens a channel as configured; addresses come from the environment.
    pub fn open(config: &BroadcastConfig) -> Result<Self> {
        let way = match config.kind.as_str() {
            "file" => file::File::open(config).map(Way::File),
            "webhook" => webhook::Webhook::open(config).map(Way::Webhook),
            other => Err(Error::usage(format!("`{other}` is no kind of channel"))
                .hint(format!("there are {}", KINDS.join(", ")))),
        };
        let way = way.map_err(|error| error.at(format!("[[broadcast]] `{}`", config.name)))?;
        Ok(Self { name: config.name.clone(), lang: config.lang.clone(), way })
    }

    /// Sends a message.
    pub async fn send(&self, message: &Message) -> Sent {
        let body = match serde_json::to_string(message) {
            Ok(body) => body,
            Err(error) => return Sent::Refused(error.to_string()),
        };
        match &self.way {
            Way::File(file) => file.send(&body),
            Way::Webhook(webhook) => webhook.send(body, &message.id).await,
        }
    }
}
