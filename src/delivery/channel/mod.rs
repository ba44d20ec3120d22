//! Channels that briefs go out on: one file each, one list in [`Channel::open`]. A channel cuts a
//! message into parts that it takes, sends one part once and says what came of it; what is sent,
//! and whether again, is decided elsewhere. No address and no secret leaves here but on the wire.

mod dingtalk;
mod email;
mod feishu;
mod file;
mod http;
mod markup;
mod message;
mod pace;
mod slack;
mod stdout;
mod webhook;
mod wecom;
mod xiaozhi;

pub use crate::delivery::channel::message::{MESSAGE_SCHEMA, Message, Told};

use crate::config::{ChannelConfig, ChannelKind};
use crate::delivery::channel::pace::Pace;
use futures::future::BoxFuture;
use model::error::{Error, Result};
use std::fmt;
use std::io;
use std::time::Duration;

/// What came of sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It arrived.
    Delivered(String),
    /// It surely did not arrive; it may the next time.
    Refused(String),
    /// It surely did not arrive: too much at once. It says, or it is known, how long to wait.
    Busy(String, Duration),
    /// It surely did not arrive, and will not until someone changes the config.
    Rejected(String),
    /// It was answered that it did not arrive, though it may have been handed on before.
    Doubtful(String),
    /// Nobody can tell: sending again might repeat it.
    Unknown(String),
}

/// One kind of channel.
trait Way: Send + Sync {
    /// Cuts a message into parts within the limits, the same ones for the same message.
    fn parts(&self, message: &Message) -> Vec<String> {
        vec![message.text.clone()]
    }

    /// Sends one part once.
    fn send<'a>(&'a self, message: &'a Message, part: &'a str) -> BoxFuture<'a, Sent>;

    /// How many parts it takes in which time.
    fn limits(&self) -> &'static [(usize, Duration)] {
        &[]
    }

    /// How long a message waits for a better time.
    fn wait(&self, _: &Message) -> Duration {
        Duration::ZERO
    }

    /// Tells whether whoever receives a message twice can tell by its id.
    fn knows_repeats(&self) -> bool {
        false
    }
}

/// What channels need of the program around them.
#[derive(Clone, Copy)]
pub struct Outside<'a> {
    /// Looks an environment variable up.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// Prints a text: what `stdout` writes with.
    pub print: fn(&str) -> io::Result<()>,
}

impl Outside<'_> {
    /// Returns what a variable holds; `key` names it in the config.
    fn variable(&self, key: &str, name: Option<&String>) -> Result<String> {
        let name = name.ok_or_else(|| {
            Error::usage(format!("the channel needs its `{key}`"))
                .hint("it names the environment variable that holds it")
        })?;
        let text = (self.env)(name).unwrap_or_default().trim().to_owned();
        if text.is_empty() {
            return Err(Error::usage(format!("the environment variable `{name}` is not set"))
                .hint(format!("`{key}` of the channel names it")));
        }
        Ok(text)
    }
}

/// A configured channel.
pub struct Channel {
    /// Name.
    pub name: String,
    /// What goes there, and when.
    pub config: ChannelConfig,
    way: Box<dyn Way>,
    pace: Pace,
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("name", &self.name).field("kind", &self.config.kind).finish()
    }
}

impl Channel {
    /// Opens a channel as configured; addresses and secrets come from the environment. Nothing is sent.
    pub fn open(config: &ChannelConfig, outside: Outside) -> Result<Self> {
        let way = match config.kind {
            ChannelKind::Wecom => wecom::open(config, outside),
            ChannelKind::Dingtalk => dingtalk::open(config, outside),
            ChannelKind::Feishu => feishu::open(config, outside),
            ChannelKind::Slack => slack::open(config, outside),
            ChannelKind::Email => email::open(config, outside),
            ChannelKind::Xiaozhi => xiaozhi::open(config, outside),
            ChannelKind::Webhook => webhook::open(config, outside),
            ChannelKind::File => file::open(config),
            ChannelKind::Stdout => stdout::open(outside),
        };
        let way = way.map_err(|error| error.at(format!("[[broadcast]] `{}`", config.name)))?;
        let pace = Pace::new(way.limits());
        Ok(Self { name: config.name.clone(), config: config.clone(), way, pace })
    }

    /// Cuts a message into parts that the channel takes, the same ones for the same message.
    pub fn parts(&self, message: &Message) -> Vec<String> {
        self.way.parts(message)
    }

    /// Waits until the channel takes another part of a message.
    pub async fn turn(&self, message: &Message) {
        tokio::time::sleep(self.way.wait(message)).await;
        self.pace.turn().await;
    }

    /// Sends one part once.
    pub async fn send(&self, message: &Message, part: &str) -> Sent {
        self.way.send(message, part).await
    }

    /// Tells whether whoever receives a message twice can tell by its id.
    pub fn knows_repeats(&self) -> bool {
        self.way.knows_repeats()
    }
}
