//! Channels: where messages are delivered. One file per kind, one list in [`Channel::open`]; the settings
//! of a kind are in `config/channel/kind.rs`. A channel splits a message into parts, sends a part once and
//! returns the outcome; whether to send again is decided by `delivery`. Addresses and secrets are never
//! logged or returned.

mod dingtalk; // a DingTalk group robot
mod email; // SMTP
mod feishu; // a Feishu or Lark group robot
mod file; // one JSON document a line
mod http; // HTTP POST to a secret address
mod markup; // Markdown to the markup of a channel
mod message; // a message, the same for every kind
mod rate_limit; // waits so that a service does not reject
mod slack; // an incoming webhook
mod stdout; // a terminal
mod webhook; // signed JSON by POST
mod wecom; // a WeCom group robot
mod xiaozhi; // a robot that reads aloud

pub use crate::delivery::channel::message::{MESSAGE_SCHEMA, Message, MessageFinding};

use crate::config::{ChannelConfig, ChannelKind};
use crate::delivery::channel::rate_limit::RateLimit;
use futures::future::BoxFuture;
use model::error::{Error, Result};
use std::fmt;
use std::io;
use std::time::Duration;

/// The outcome of sending one part, with the response of the channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// It arrived.
    Delivered(String),
    /// It certainly did not arrive; another attempt may succeed.
    Failed(String),
    /// It certainly did not arrive: the rate limit was hit. Includes how long to wait.
    Busy(String, Duration),
    /// It certainly did not arrive, and will not until the config changes.
    Rejected(String),
    /// The response is an error, but the part may have been delivered nevertheless.
    Uncertain(String),
    /// No response; sending again might deliver it twice.
    Unknown(String),
}

impl SendOutcome {
    /// Returns the response.
    pub fn into_note(self) -> String {
        match self {
            Self::Delivered(note)
            | Self::Failed(note)
            | Self::Busy(note, _)
            | Self::Rejected(note)
            | Self::Uncertain(note)
            | Self::Unknown(note) => note,
        }
    }
}

/// Sends messages to one kind of channel.
trait Transport: Send + Sync {
    /// Splits a message into parts within the limits of the channel. The same message always has the same
    /// parts.
    fn parts(&self, message: &Message) -> Vec<String> {
        vec![message.text.clone()]
    }

    /// Sends one part once.
    fn send<'a>(&'a self, message: &'a Message, part: &'a str) -> BoxFuture<'a, SendOutcome>;

    /// Returns the rate limits: at most so many parts in so much time.
    fn rate_limits(&self) -> &'static [(usize, Duration)] {
        &[]
    }

    /// Returns how long to wait with a message to avoid a busy time of the service.
    fn delay(&self, _: &Message) -> Duration {
        Duration::ZERO
    }

    /// Returns true if the recipient recognises a repeated message by its id.
    fn deduplicates(&self) -> bool {
        false
    }

    /// Checks that the recipient can do what a message requires, without sending one, and returns what it can do;
    /// `None` if that is not known.
    fn probe(&self) -> BoxFuture<'_, Result<Option<String>>> {
        Box::pin(async { Ok(None) })
    }
}

/// What channels need from the program.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// Returns the value of an environment variable.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// Prints a text, for channels of kind `stdout`.
    pub print: fn(&str) -> io::Result<()>,
}

impl Environment<'_> {
    /// Returns the value of an environment variable; `key` is the config key with its name.
    fn variable(&self, key: &str, name: &str) -> Result<String> {
        let text = (self.env)(name).unwrap_or_default().trim().to_owned();
        if text.is_empty() {
            return Err(Error::usage(format!("the environment variable `{name}` is not set"))
                .hint(format!("`{key}` of the channel names it")));
        }
        Ok(text)
    }
}

/// An open channel.
pub struct Channel {
    /// Unique name.
    pub name: String,
    /// Config of the channel.
    pub config: ChannelConfig,
    transport: Box<dyn Transport>,
    rate_limit: RateLimit,
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("name", &self.name).field("kind", &self.config.kind.name()).finish()
    }
}

impl Channel {
    /// Opens a configured channel; addresses and secrets are read from the environment. Sends nothing.
    ///
    /// # Errors
    /// Usage: an environment variable is not set, or its value is not an address of this kind of channel.
    pub fn open(config: &ChannelConfig, environment: Environment) -> Result<Self> {
        let transport = match &config.kind {
            ChannelKind::Wecom(robot) => wecom::open(robot, environment),
            ChannelKind::Dingtalk(robot) => dingtalk::open(robot, environment),
            ChannelKind::Feishu(robot) => feishu::open(robot, environment),
            ChannelKind::Slack(webhook) => slack::open(webhook, environment),
            ChannelKind::Email(email) => email::open(email, environment),
            ChannelKind::Xiaozhi(robot) => xiaozhi::open(robot, environment),
            ChannelKind::Webhook(webhook) => webhook::open(webhook, environment),
            ChannelKind::File(file) => Ok(file::open(file)),
            ChannelKind::Stdout(_) => Ok(stdout::open(environment)),
        };
        let transport = transport.map_err(|error| error.at(format!("[[channel]] `{}`", config.name)))?;
        let rate_limit = RateLimit::new(transport.rate_limits());
        Ok(Self { name: config.name.clone(), config: config.clone(), transport, rate_limit })
    }

    /// Splits a message into parts within the limits of the channel. The same message always has the same
    /// parts.
    pub fn parts(&self, message: &Message) -> Vec<String> {
        self.transport.parts(message)
    }

    /// Waits until another part of a message may be sent.
    pub async fn wait_for_turn(&self, message: &Message) {
        tokio::time::sleep(self.transport.delay(message)).await;
        self.rate_limit.wait().await;
    }

    /// Sends one part once.
    pub async fn send(&self, message: &Message, part: &str) -> SendOutcome {
        self.transport.send(message, part).await
    }

    /// Checks that the recipient can do what a message requires, without sending one, and returns what it can do;
    /// `None` if that is not known.
    pub async fn probe(&self) -> Result<Option<String>> {
        self.transport.probe().await
    }

    /// Returns true if the recipient recognises a repeated message by its id.
    pub fn deduplicates(&self) -> bool {
        self.transport.deduplicates()
    }
}
