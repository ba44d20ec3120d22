//! The kinds of channels and the keys of each. A new kind is one variant and one struct here, and one
//! file in `delivery/channel`. Addresses and secrets are environment variables; keys ending in `_env`
//! name them.

use model::error::{Error, Result};
use model::time::parse_zone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::path::PathBuf;

/// The kind of a channel with the keys that only this kind has.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ChannelKind {
    /// A WeCom group robot.
    Wecom(WecomConfig),
    /// A DingTalk group robot.
    Dingtalk(DingtalkConfig),
    /// A Feishu or Lark group robot.
    Feishu(FeishuConfig),
    /// A Slack incoming webhook.
    Slack(SlackConfig),
    /// Email over SMTP.
    Email(EmailConfig),
    /// A xiaozhi robot, reached through its MQTT gateway.
    Xiaozhi(XiaozhiChannelConfig),
    /// JSON over HTTP POST.
    Webhook(WebhookConfig),
    /// A file with one JSON document per line.
    File(FileConfig),
    /// Standard output of the program.
    Stdout(StdoutConfig),
}

/// Keys of `kind = "wecom"`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WecomConfig {
    /// Environment variable with the robot's address.
    pub url_env: String,
    /// Text format: `markdown` (default) or `text`.
    #[serde(default)]
    pub format: WecomFormat,
}

/// The text format of a WeCom message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WecomFormat {
    /// Markdown with bold text, at most 4096 bytes per message.
    #[default]
    Markdown,
    /// Plain text, at most 2048 bytes per message. For groups read in WeChat, which does not show Markdown.
    Text,
}

/// Keys of `kind = "dingtalk"`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DingtalkConfig {
    /// Environment variable with the robot's address.
    pub url_env: String,
    /// Environment variable with the signing secret, if the robot requires a signature.
    pub secret_env: Option<String>,
    /// Keyword that the robot requires in every message.
    pub keyword: Option<String>,
}

/// Keys of `kind = "feishu"`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeishuConfig {
    /// Environment variable with the robot's address.
    pub url_env: String,
    /// Environment variable with the signing secret, if the robot requires a signature.
    pub secret_env: Option<String>,
}

/// Keys of `kind = "slack"`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlackConfig {
    /// Environment variable with the webhook's address.
    pub url_env: String,
}

/// Keys of `kind = "email"`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailConfig {
    /// Host name of the SMTP server.
    pub host: String,
    /// Port of the SMTP server. Default: 587 with `starttls`, 465 with `tls`, 25 with `none`.
    pub port: Option<u16>,
    /// Encryption: `starttls` (default), `tls` or `none`.
    #[serde(default)]
    pub tls: Tls,
    /// Environment variable with the user name. Set it together with `password_env`.
    pub user_env: Option<String>,
    /// Environment variable with the password.
    pub password_env: Option<String>,
    /// Sender address.
    pub from: String,
    /// Recipient addresses.
    pub to: Vec<String>,
    /// Prefix of the subject. Default: `[Headwater]`.
    pub subject: Option<String>,
}

/// Encryption of the connection to a mail server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// The connection starts unencrypted and must switch to TLS before anything is sent; port 587.
    #[default]
    Starttls,
    /// TLS from the first byte; port 465.
    Tls,
    /// Unencrypted; only to this machine; port 25.
    None,
}

/// Keys of `kind = "xiaozhi"`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct XiaozhiChannelConfig {
    /// Environment variable with the address of xiaozhi-mqtt-gateway.
    pub url_env: String,
    /// Environment variable with the gateway's `MQTT_SIGNATURE_KEY`.
    pub secret_env: String,
    /// The robot's client id, `<board>@@@<mac>@@@<uuid>`.
    pub device: String,
    /// Time zone of the gateway. Default: `Asia/Shanghai`.
    pub timezone: Option<String>,
}

/// Keys of `kind = "webhook"`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Environment variable with the address.
    pub url_env: String,
    /// Environment variable with the secret that signs messages; without it they are not signed.
    pub secret_env: Option<String>,
}

/// Keys of `kind = "file"`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileConfig {
    /// Path of the file; its folder is created.
    pub path: PathBuf,
}

/// `kind = "stdout"` has no keys of its own.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StdoutConfig {}

impl ChannelKind {
    /// Returns the name used in the config.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Wecom(_) => "wecom",
            Self::Dingtalk(_) => "dingtalk",
            Self::Feishu(_) => "feishu",
            Self::Slack(_) => "slack",
            Self::Email(_) => "email",
            Self::Xiaozhi(_) => "xiaozhi",
            Self::Webhook(_) => "webhook",
            Self::File(_) => "file",
            Self::Stdout(_) => "stdout",
        }
    }

    /// Checks the keys of this kind, as far as that is possible without the environment.
    ///
    /// # Errors
    /// Usage; the place of the error is the key.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Dingtalk(robot) => one_line("keyword", robot.keyword.as_deref().unwrap_or_default()),
            Self::Email(email) => email.check(),
            Self::Xiaozhi(robot) => {
                if let Some(zone) = &robot.timezone {
                    parse_zone(zone).map_err(|error| error.at("timezone"))?;
                }
                one_line("device", &robot.device)
            }
            _ => Ok(()),
        }
    }
}

impl EmailConfig {
    fn check(&self) -> Result<()> {
        let missing = match (&self.user_env, &self.password_env) {
            (Some(_), None) => Some("password_env"),
            (None, Some(_)) => Some("user_env"),
            _ => None,
        };
        if let Some(key) = missing {
            return Err(Error::usage(format!("a mail login requires `{key}` too"))
                .at(key)
                .hint("set both `user_env` and `password_env`, or neither"));
        }
        if self.to.is_empty() {
            return Err(Error::usage("an `email` channel requires at least one recipient in `to`").at("to"));
        }
        if self.tls == Tls::None && !is_loopback(&self.host) {
            return Err(Error::usage("mail would leave this machine unencrypted")
                .at("tls")
                .hint("set `tls = \"starttls\"` or `tls = \"tls\"`; \"none\" is for localhost"));
        }
        one_line("host", &self.host)?;
        one_line("subject", self.subject.as_deref().unwrap_or_default())
    }
}

/// Fails if a text has a line break or another control character: it could inject a header.
fn one_line(key: &str, text: &str) -> Result<()> {
    if text.chars().any(char::is_control) {
        return Err(
            Error::usage(format!("`{key}` must not contain a line break or control character")).at(key)
        );
    }
    Ok(())
}

/// Returns true if a host is this machine: `localhost` or a loopback address.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
