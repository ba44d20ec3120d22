//! `[[broadcast]]`: a channel that briefs go out on, what of a day goes there and when. Addresses
//! and secrets stand in the environment; here are only the names of the variables.

use chrono::{NaiveTime, TimeDelta};
use chrono_tz::Tz;
use globset::{Glob, GlobSet, GlobSetBuilder};
use model::error::{Error, Result};
use model::report::Severity;
use model::table::Table;
use model::time::{Ts, local_ts, parse_zone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::path::PathBuf;

/// The kinds of channels there are; each is one file of `sink`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// A file, one JSON document a line.
    File,
    /// The program's own output.
    Stdout,
    /// JSON by POST.
    Webhook,
    /// A group robot of WeCom.
    Wecom,
    /// A group robot of DingTalk.
    Dingtalk,
    /// A group robot of Feishu or Lark.
    Feishu,
    /// An incoming webhook of Slack.
    Slack,
    /// SMTP.
    Email,
    /// A xiaozhi robot, through its MQTT gateway.
    Xiaozhi,
}

/// How a brief is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BriefLength {
    /// What a chat group reads in half a minute.
    #[default]
    Chat,
    /// At most 200 characters to be spoken.
    Voice,
    /// Every trace and every finding.
    Full,
}

/// Which days are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Every day; a calm one in a sentence.
    #[default]
    Always,
    /// Days with a finding for this channel.
    Findings,
}

/// How a robot of WeCom is written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// With bold text, 4096 bytes a message.
    #[default]
    Markdown,
    /// Plain, 2048 bytes a message: for groups that are read in WeChat, which shows no Markdown.
    Text,
}

/// How the connection to a mail server is kept from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Begun in the clear, then TLS or nothing; port 587.
    #[default]
    Starttls,
    /// From the first byte; port 465.
    Tls,
    /// Not at all: on this machine only; port 25.
    None,
}

/// One of `[[broadcast]]`: a channel that briefs go out on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelConfig {
    /// What it is.
    pub kind: ChannelKind,
    /// Name, unique; what was sent is remembered by it.
    pub name: String,
    /// The file, of `file`.
    pub path: Option<PathBuf>,
    /// Environment variable with the address, of robots and webhooks.
    pub url_env: Option<String>,
    /// Environment variable with the secret that messages are signed with, of `dingtalk`, `feishu`, `webhook`, `xiaozhi`.
    pub secret_env: Option<String>,
    /// The word that a robot wants in each message, of `dingtalk`.
    pub keyword: Option<String>,
    /// `markdown` or `text`, of `wecom`.
    #[serde(default)]
    pub format: Format,
    /// Mail server, of `email`.
    pub host: Option<String>,
    /// Its port, where it is not the usual one.
    pub port: Option<u16>,
    /// `starttls`, `tls` or `none`, of `email`.
    #[serde(default)]
    pub tls: Tls,
    /// Environment variable with the user, of `email`.
    pub user_env: Option<String>,
    /// Environment variable with the password, of `email`.
    pub password_env: Option<String>,
    /// Sender, of `email`.
    pub from: Option<String>,
    /// Receivers, of `email`.
    #[serde(default)]
    pub to: Vec<String>,
    /// What the subject begins with, of `email`.
    pub subject: Option<String>,
    /// The robot's client id, `<board>@@@<mac>@@@<uuid>`, of `xiaozhi`.
    pub device: Option<String>,
    /// The gateway's time zone, of `xiaozhi`; `Asia/Shanghai` without it.
    pub timezone: Option<String>,
    /// `zh` or `en`.
    #[serde(default = "zh")]
    pub lang: String,
    /// `chat`, `voice` or `full`.
    #[serde(default)]
    pub length: BriefLength,
    /// `always` or `findings`.
    #[serde(default)]
    pub when: When,
    /// The mildest severity that goes there.
    pub min_severity: Option<Severity>,
    /// Agents whose findings go there; all without it.
    #[serde(default)]
    pub agents: Vec<String>,
    /// Globs of namespaces whose findings go there; `*` alone takes also what is of no namespace.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// The most findings in one message; the rest is counted.
    pub max_findings: Option<usize>,
    /// Hours in which nothing is sent, `22:00-07:30` in the lake's zone; it goes out after.
    pub quiet: Option<String>,
    /// Whether a message with a critical finding goes out in quiet hours too.
    #[serde(default)]
    pub urgent: bool,
}

fn zh() -> String {
    "zh".into()
}

impl ChannelKind {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::Wecom,
        Self::Dingtalk,
        Self::Feishu,
        Self::Slack,
        Self::Email,
        Self::Xiaozhi,
        Self::Webhook,
        Self::File,
        Self::Stdout,
    ];

    /// Returns the name used in the config.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Stdout => "stdout",
            Self::Webhook => "webhook",
            Self::Wecom => "wecom",
            Self::Dingtalk => "dingtalk",
            Self::Feishu => "feishu",
            Self::Slack => "slack",
            Self::Email => "email",
            Self::Xiaozhi => "xiaozhi",
        }
    }
}

impl ChannelConfig {
    /// Checks what can be known without the environment.
    ///
    /// # Errors
    /// Wrong use, placed at the channel and the key.
    pub fn check(&self) -> Result<()> {
        let at = |key: &str| format!("[[broadcast]] `{}`: {key}", self.name);
        let kind = self.kind.name();
        if self.name.trim().is_empty() {
            return Err(Error::usage("a channel has no name").at(at("name")));
        }
        for (key, is_there, takers, is_needed) in self.special_keys() {
            if is_there && !takers.contains(&self.kind) {
                let takers: Vec<_> = takers.iter().map(|kind| format!("`{}`", kind.name())).collect();
                return Err(Error::usage(format!("a channel of kind `{kind}` has no `{key}`"))
                    .at(at(key))
                    .hint(format!("it is a key of {}", takers.join(", "))));
            }
            if !is_there && is_needed && takers.contains(&self.kind) {
                return Err(Error::usage(format!("a channel of kind `{kind}` needs its `{key}`"))
                    .at(at(key))
                    .hint("`headwater config` shows a channel of each kind"));
            }
        }
        if !["zh", "en"].contains(&self.lang.as_str()) {
            return Err(Error::usage(format!("`{}` is no language of briefs", self.lang))
                .at(at("lang"))
                .hint("there are zh and en"));
        }
        if let Some(agent) = self.agents.iter().find(|agent| Table::of(agent).is_none()) {
            return Err(Error::usage(format!("`{agent}` is no agent"))
                .at(at("agents"))
                .hint("agents are business, standard, event and audit"));
        }
        if self.max_findings == Some(0) {
            return Err(Error::usage("no finding ever goes out")
                .at(at("max_findings"))
                .hint("1 is the least"));
        }
        if self.tls == Tls::None && !self.host.as_deref().is_none_or(is_this_machine) {
            return Err(Error::usage("mail would leave this machine in the clear")
                .at(at("tls"))
                .hint("`tls = \"starttls\"` or `tls = \"tls\"`; \"none\" is for localhost"));
        }
        if self.kind == ChannelKind::Xiaozhi && self.length != BriefLength::Voice {
            return Err(Error::usage("a robot cannot say a text that is to be read")
                .at(at("length"))
                .hint("`length = \"voice\"`"));
        }
        if let Some(zone) = &self.timezone {
            parse_zone(zone).map_err(|error| error.at(at("timezone")))?;
        }
        let texts = [&self.subject, &self.keyword, &self.host, &self.device];
        if texts.into_iter().flatten().any(|text| text.chars().any(char::is_control)) {
            return Err(
                Error::usage("a line break has no place here").at(at("subject, keyword, host, device"))
            );
        }
        self.namespaces().map_err(|error| error.at(at("namespaces")))?;
        self.quiet().map_err(|error| error.at(at("quiet")))?;
        Ok(())
    }

    /// The keys of some kinds only: whether it is set, whose it is, whether they need it.
    fn special_keys(&self) -> [(&'static str, bool, &'static [ChannelKind], bool); 15] {
        use ChannelKind::{Dingtalk, Email, Feishu, File, Slack, Webhook, Wecom, Xiaozhi};
        [
            ("path", self.path.is_some(), &[File], true),
            ("url_env", self.url_env.is_some(), &[Wecom, Dingtalk, Feishu, Slack, Webhook, Xiaozhi], true),
            (
                "secret_env",
                self.secret_env.is_some(),
                &[Dingtalk, Feishu, Webhook, Xiaozhi],
                self.kind == Xiaozhi,
            ),
            ("device", self.device.is_some(), &[Xiaozhi], true),
            ("timezone", self.timezone.is_some(), &[Xiaozhi], false),
            ("keyword", self.keyword.is_some(), &[Dingtalk], false),
            ("format", self.format != Format::default(), &[Wecom], false),
            ("host", self.host.is_some(), &[Email], true),
            ("port", self.port.is_some(), &[Email], false),
            ("tls", self.tls != Tls::default(), &[Email], false),
            ("user_env", self.user_env.is_some(), &[Email], self.password_env.is_some()),
            ("password_env", self.password_env.is_some(), &[Email], self.user_env.is_some()),
            ("from", self.from.is_some(), &[Email], true),
            ("to", !self.to.is_empty(), &[Email], true),
            ("subject", self.subject.is_some(), &[Email], false),
        ]
    }

    /// Returns the namespaces whose findings go there; nothing where all do.
    pub fn namespaces(&self) -> Result<Option<GlobSet>> {
        let mut set = GlobSetBuilder::new();
        for text in &self.namespaces {
            let glob = Glob::new(text)
                .map_err(|error| Error::usage(format!("`{text}` is no glob")).because(error))?;
            set.add(glob);
        }
        let set = set.build().map_err(|error| Error::usage("the globs are too many").because(error))?;
        Ok((!self.namespaces.is_empty()).then_some(set))
    }

    /// Returns the hours in which nothing is sent.
    pub fn quiet(&self) -> Result<Option<Quiet>> {
        self.quiet.as_deref().map(Quiet::parse).transpose()
    }
}

/// Tells whether a host is the machine itself.
pub fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Hours of the day in which nothing is sent; past midnight where the end is before the begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    from: NaiveTime,
    to: NaiveTime,
}

impl Quiet {
    /// Reads `22:00-07:30`.
    pub fn parse(text: &str) -> Result<Self> {
        let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
        let hours = text.split_once('-').and_then(|(from, to)| Some((time(from)?, time(to)?)));
        match hours {
            Some((from, to)) if from != to => Ok(Self { from, to }),
            _ => Err(Error::usage(format!("`{text}` are no quiet hours"))
                .hint("write two times of the day: 22:00-07:30")),
        }
    }

    /// Returns when the quiet that reigns at `now` ends; nothing where none does.
    pub fn until(self, now: Ts, zone: Tz) -> Option<Ts> {
        let local = now.utc().with_timezone(&zone).naive_local();
        let (time, today) = (local.time(), local.date());
        let ends = if self.from < self.to {
            (self.from <= time && time < self.to).then_some(today)
        } else if time >= self.from {
            Some(today + TimeDelta::days(1))
        } else {
            (time < self.to).then_some(today)
        };
        ends.map(|day| local_ts(day.and_time(self.to), zone))
    }
}
