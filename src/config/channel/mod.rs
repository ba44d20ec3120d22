//! `[[channel]]`: a channel that briefs are delivered to, which findings it gets, and when. Knows the
//! config only; `delivery/channel` sends.

mod kind; // the kinds and the keys of each
mod quiet_hours; // when nothing is sent

pub use crate::config::channel::kind::{
    ChannelKind, DingtalkConfig, EmailConfig, FeishuConfig, FileConfig, SlackConfig, StdoutConfig, Tls,
    WebhookConfig, WecomConfig, WecomFormat, XiaozhiChannelConfig, is_loopback,
};
pub use crate::config::channel::quiet_hours::QuietHours;

use globset::{Glob, GlobSet, GlobSetBuilder};
use model::error::{Error, Result};
use model::lang::Lang;
use model::report::Severity;
use model::table::Table;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One entry of `[[channel]]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false))]
pub struct ChannelConfig {
    /// Unique name. Deliveries are recorded by it.
    pub name: String,
    /// The kind with its own keys: every key that is not a field here. Unknown ones are errors.
    #[serde(flatten)]
    pub kind: ChannelKind,
    /// Language of the brief: `zh` (default) or `en`.
    #[serde(default = "default_lang")]
    pub lang: Lang,
    /// Length of the brief: `chat` (default), `voice` or `full`.
    #[serde(default)]
    pub length: BriefLength,
    /// Days to send: `always` (default) or `findings`.
    #[serde(default)]
    pub when: When,
    /// Lowest severity to send. Default: all.
    pub min_severity: Option<Severity>,
    /// Agents whose findings are sent. Default: all.
    #[serde(default)]
    pub agents: Vec<String>,
    /// Globs of namespaces whose findings are sent. Default: all. Only `*` also matches findings without
    /// a namespace.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// Most findings in one message; further ones are only counted. Default: no limit.
    pub max_findings: Option<usize>,
    /// Hours in which nothing is sent, such as `22:00-07:30` in `timezone`; messages are sent afterwards.
    pub quiet: Option<String>,
    /// Whether a message with a critical finding is sent in quiet hours too.
    #[serde(default)]
    pub urgent: bool,
}

/// The length of a brief.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BriefLength {
    /// Short enough for a chat group to read in half a minute.
    #[default]
    Chat,
    /// At most 200 characters, to be read aloud.
    Voice,
    /// Every trace and every finding.
    Full,
}

/// The days on which a channel gets a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Every day; a day without findings in one sentence.
    #[default]
    Always,
    /// Only days with a finding for this channel.
    Findings,
}

fn default_lang() -> Lang {
    Lang::Zh
}

impl ChannelConfig {
    /// Checks the values, as far as that is possible without the environment.
    ///
    /// # Errors
    /// Usage; the place of the error is the channel and the key.
    pub fn check(&self) -> Result<()> {
        let at = |key: &str| format!("[[channel]] `{}`: {key}", self.name);
        if self.name.trim().is_empty() {
            return Err(Error::usage("a channel has no name").at(at("name")));
        }
        if let Some(agent) = self.agents.iter().find(|agent| Table::log_of(agent).is_none()) {
            return Err(Error::usage(format!("`{agent}` is not a valid agent"))
                .at(at("agents"))
                .hint("agents are business, standard, event and audit"));
        }
        if self.max_findings == Some(0) {
            return Err(Error::usage("no finding would ever be sent")
                .at(at("max_findings"))
                .hint("the minimum is 1"));
        }
        if matches!(self.kind, ChannelKind::Xiaozhi(_)) && self.length != BriefLength::Voice {
            return Err(Error::usage("a robot requires a brief that can be read aloud")
                .at(at("length"))
                .hint("set `length = \"voice\"`"));
        }
        self.kind.check().map_err(|error| {
            let key = error.place.clone().unwrap_or_default();
            error.at(at(&key))
        })?;
        self.namespace_globs().map_err(|error| error.at(at("namespaces")))?;
        self.quiet_hours().map_err(|error| error.at(at("quiet")))?;
        Ok(())
    }

    /// Returns the globs of the namespaces whose findings are sent; `None` if all are.
    ///
    /// # Errors
    /// Usage: a text is not a valid glob.
    pub fn namespace_globs(&self) -> Result<Option<GlobSet>> {
        let mut set = GlobSetBuilder::new();
        for text in &self.namespaces {
            let glob = Glob::new(text)
                .map_err(|error| Error::usage(format!("`{text}` is not a valid glob")).because(error))?;
            set.add(glob);
        }
        let set = set.build().map_err(|error| Error::usage("too many globs").because(error))?;
        Ok((!self.namespaces.is_empty()).then_some(set))
    }

    /// Returns the hours in which nothing is sent; `None` if there are none.
    ///
    /// # Errors
    /// Usage: `quiet` is not a valid range.
    pub fn quiet_hours(&self) -> Result<Option<QuietHours>> {
        self.quiet.as_deref().map(QuietHours::parse).transpose()
    }
}
