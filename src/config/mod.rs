//! `headwater.toml`: its keys, defaults and checks. Unknown keys are errors that name their place.
//! Secrets are not in the file: keys ending in `_env` name an environment variable.

pub mod schedule; // when the daily job runs

mod channel; // where briefs are delivered
mod formats; // text layouts, names, times
mod llm; // the model that writes briefs
mod rules; // custom rules and exceptions
mod serve; // the server and its limits
mod source; // where the logs are
mod token; // who may call

pub use crate::config::channel::{
    BriefLength, ChannelConfig, ChannelKind, DingtalkConfig, EmailConfig, FeishuConfig, FileConfig,
    QuietHours, SlackConfig, StdoutConfig, Tls, WebhookConfig, WecomConfig, WecomFormat, When,
    XiaozhiChannelConfig, is_loopback,
};
pub use crate::config::formats::FormatsConfig;
pub use crate::config::llm::{JsonForm, LlmConfig, Redact};
pub use crate::config::rules::{Exception, RulesConfig};
pub use crate::config::serve::{Allowed, ServeConfig};
pub use crate::config::source::SourceConfig;
pub use crate::config::token::{AccessToken, Role, TokenConfig};

use crate::config::schedule::{Schedule, ScheduleConfig};
use chrono_tz::Tz;
use model::error::{Error, Result};
use model::time;
use redact::{RedactConfig, Redactor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The default config with comments, as `headwater config` prints it.
pub const DEFAULT: &str = include_str!("default.toml");

/// The whole config file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Name of the cluster for records that do not contain one.
    pub cluster: String,
    /// IANA time zone: defines a day, and applies to times without a zone.
    pub timezone: String,
    /// Where the logs are.
    pub source: SourceConfig,
    /// Custom text layouts, and how times are read.
    pub formats: FormatsConfig,
    /// Where the lake is.
    pub lake: LakeConfig,
    /// Limits of a run.
    pub run: RunConfig,
    /// When `headwater serve` runs the daily job.
    pub schedule: ScheduleConfig,
    /// Limits of the query engine.
    pub engine: EngineConfig,
    /// Custom rules, parameters and exceptions.
    pub rules: RulesConfig,
    /// Custom mechanisms: which operation can cause which event or error.
    pub trace: TraceConfig,
    /// The model that writes briefs.
    pub llm: LlmConfig,
    /// What is masked before logs are stored.
    pub redact: RedactConfig,
    /// Where briefs are delivered.
    #[serde(rename = "channel")]
    pub channels: Vec<ChannelConfig>,
    /// The HTTP server and its callers.
    pub serve: ServeConfig,
    /// The xiaozhi robot that calls the MCP tools.
    pub xiaozhi: XiaozhiConfig,
}

/// Keys of `[lake]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LakeConfig {
    /// Folder of the lake.
    pub path: PathBuf,
    /// Days before today whose rows are kept; `run`, `serve` and `lake expire` remove older ones. Default: all.
    pub retention_days: Option<u32>,
}

/// Keys of `[run]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunConfig {
    /// Maximum duration of one step, minutes.
    pub step_minutes: u64,
    /// Maximum number of attempts of a step that fails.
    pub attempts: u32,
}

/// Keys of `[engine]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EngineConfig {
    /// Memory for queries, MiB.
    pub memory_mib: usize,
    /// Number of threads; 0 means one per core.
    pub threads: usize,
}

/// Keys of `[trace]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TraceConfig {
    /// CSV file of mechanisms that take precedence over the built-in ones.
    pub mechanisms: Option<PathBuf>,
}

/// Keys of `[xiaozhi]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct XiaozhiConfig {
    /// Environment variable with the address of the robot's MCP endpoint; the address contains a token.
    pub endpoint_env: Option<String>,
    /// Maximum wait between connection attempts, seconds. It is also the wait after another program took
    /// the connection over or the token was rejected.
    pub longest_wait_s: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cluster: String::new(),
            timezone: "Asia/Shanghai".into(),
            source: SourceConfig::default(),
            formats: FormatsConfig::default(),
            lake: LakeConfig::default(),
            run: RunConfig::default(),
            schedule: ScheduleConfig::default(),
            engine: EngineConfig::default(),
            rules: RulesConfig::default(),
            trace: TraceConfig::default(),
            llm: LlmConfig::default(),
            redact: RedactConfig::default(),
            channels: Vec::new(),
            serve: ServeConfig::default(),
            xiaozhi: XiaozhiConfig::default(),
        }
    }
}

impl Default for LakeConfig {
    fn default() -> Self {
        Self { path: "lake".into(), retention_days: None }
    }
}

impl Default for RunConfig {
    fn default() -> Self {
        Self { step_minutes: 120, attempts: 3 }
    }
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self { memory_mib: 1024, threads: 0 }
    }
}

impl Default for XiaozhiConfig {
    fn default() -> Self {
        Self { endpoint_env: None, longest_wait_s: 600 }
    }
}

impl Config {
    /// Parses the text of a config and checks it; `place` is the file name in errors.
    ///
    /// # Errors
    /// Usage: invalid TOML, an unknown key, or a value out of range; with line and column where known.
    pub fn parse(text: &str, place: &str) -> Result<Self> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or_else(|| place.to_owned(), |span| {
                let (line, column) = line_and_column(text, span.start);
                format!("{place}:{line}:{column}")
            });
            Error::usage("cannot read the config").at(at).because(ErrorText(error.message().to_owned()))
                .hint("`headwater config` prints every key with its default; `headwater schema config` is its JSON Schema")
        })?;
        config.check(place)?;
        Ok(config)
    }

    /// Returns the file to read: `path` if given, else `headwater.toml` in the current folder if it exists.
    pub fn file(path: Option<&Path>) -> Option<&Path> {
        let default = Path::new("headwater.toml");
        path.or_else(|| default.exists().then_some(default))
    }

    /// Reads `path`; without one, `headwater.toml` in the current folder, or else the defaults.
    ///
    /// # Errors
    /// Usage: the file cannot be opened or is not a valid config.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let Some(path) = Self::file(path) else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::usage("cannot open the config")
                .at(path.display().to_string())
                .because(error)
                .hint("`headwater config > headwater.toml` writes one to start from")
        })?;
        Self::parse(&text, &path.display().to_string())
    }

    fn check(&self, place: &str) -> Result<()> {
        self.zone().map_err(|error| error.at(place))?;
        self.schedule().map_err(|error| error.at(format!("{place}: [schedule] cron")))?;
        if self.xiaozhi.longest_wait_s == 0 {
            return Err(Error::usage("connections would be retried without a pause")
                .at(format!("{place}: [xiaozhi] longest_wait_s"))
                .hint("set it to 1 or more; 600 is ten minutes"));
        }
        if self.schedule.catch_up_days == 0 {
            return Err(Error::usage("no day would ever be due")
                .at(format!("{place}: [schedule] catch_up_days"))
                .hint("set it to 1 or more; 1 is only the day before"));
        }
        self.llm.check().map_err(|error| error.at(format!("{place}: [llm]")))?;
        self.serve.check().map_err(|error| {
            let at = error.place.clone().unwrap_or_default();
            error.at(format!("{place}: {at}"))
        })?;
        self.source.path_types().map_err(|error| error.at(format!("{place}: [source.paths]")))?;
        let mut names = BTreeSet::new();
        for channel in &self.channels {
            channel.check().map_err(|error| {
                let at = error.place.clone().unwrap_or_default();
                error.at(format!("{place}: {at}"))
            })?;
            if !names.insert(&channel.name) {
                return Err(Error::usage(format!("two channels have the name `{}`", channel.name))
                    .at(format!("{place}: [[channel]]"))
                    .hint("deliveries are recorded by name: use a unique one for each channel"));
            }
        }
        Redactor::of(&self.redact).map_err(|error| {
            let key = error.place.clone().unwrap_or_default();
            error.at(format!("{place}: {key}"))
        })?;
        self.rules.exceptions.iter().try_for_each(|exception| exception.check(place))
    }

    /// Returns the time zone of the lake.
    ///
    /// # Errors
    /// Usage: `timezone` is not an IANA name.
    pub fn zone(&self) -> Result<Tz> {
        time::parse_zone(&self.timezone)
    }

    /// Returns when the daily job runs; `None` if `[schedule] cron` is not set.
    ///
    /// # Errors
    /// Usage: `cron` is not valid.
    pub fn schedule(&self) -> Result<Option<Schedule>> {
        let zone = self.zone()?;
        self.schedule.cron.as_deref().map(|cron| Schedule::parse(cron, zone)).transpose()
    }

    /// Returns the number of threads to use: `[engine] threads`, or one per core.
    pub fn threads(&self) -> usize {
        match self.engine.threads {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            threads => threads,
        }
    }
}

/// A text used as the source of an [`Error`], such as a parser's message without its excerpt.
#[derive(Debug)]
pub struct ErrorText(pub String);

impl std::fmt::Display for ErrorText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ErrorText {}

/// Returns the line and column, both from 1, of a byte offset of `text`.
pub fn line_and_column(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte.min(text.len())).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    (line, column)
}
