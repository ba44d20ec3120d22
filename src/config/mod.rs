//! `headwater.toml`: as written (unknown keys are errors with their place) and its commented
//! default. Secrets never stand here: keys ending in `_env` name the environment variable.

pub mod schedule;

mod delivery; // where briefs go
mod llm; // who says them
mod token; // who may call

pub use crate::config::delivery::{
    BriefLength, ChannelConfig, ChannelKind, Format, Quiet, Tls, When, is_this_machine,
};
pub use crate::config::llm::{JsonForm, LlmConfig, Redact};
pub use crate::config::token::{Key, Role, TokenConfig};

use crate::config::schedule::Schedule;
use chrono::NaiveDate;
use chrono_tz::Tz;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use model::error::{Error, Result};
use model::table::Table;
use model::time;
use redact::{RedactConfig, Redactor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// The commented default, as `headwater config` prints it.
pub const DEFAULT: &str = include_str!("default.toml");

/// The whole file.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Cluster name for records that tell none.
    pub cluster: String,
    /// IANA zone: what a day is, and what times without a zone mean.
    pub timezone: String,
    /// Where the logs are.
    pub source: SourceConfig,
    /// Where the lake is.
    pub lake: LakeConfig,
    /// Limits of a run.
    pub run: RunConfig,
    /// When the daily job fires.
    pub schedule: ScheduleConfig,
    /// Limits of the query engine.
    pub engine: EngineConfig,
    /// Rules beside the shipped ones.
    pub rules: RulesConfig,
    /// What can cause what, beside the shipped table.
    pub trace: TraceConfig,
    /// The model that puts a brief into words.
    pub llm: LlmConfig,
    /// What is masked before the lake.
    pub redact: RedactConfig,
    /// Where briefs go.
    pub broadcast: Vec<ChannelConfig>,
    /// Where it answers over HTTP, and whom.
    pub serve: ServeConfig,
    /// The robot that asks.
    pub xiaozhi: XiaozhiConfig,
}

/// `[source]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SourceConfig {
    /// `cos://bucket-appid/prefix`, `s3://bucket/prefix`, or a folder.
    pub url: Option<String>,
    /// Region of the bucket.
    pub region: Option<String>,
    /// Endpoint of an S3-compatible store.
    pub endpoint: Option<String>,
    /// Days before the wanted one that an object's key may tell; later ones come in when they change.
    pub late_days: u32,
    /// Hours before the day that an object may have changed in: shippers' clocks, long transfers.
    pub margin: u32,
    /// Folder to keep the objects in as they were, by log type.
    pub keep: Option<PathBuf>,
    /// Globs of keys by log type, wherever in the key they begin; `{date}` stands for
    /// `2026/11/22`, `2026-11-22` or `20261122`. A glob that begins with `/` begins at the url: where
    /// all do, only the folders of the days are listed.
    pub paths: BTreeMap<String, Vec<String>>,
}

/// `[lake]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LakeConfig {
    /// Folder.
    pub path: PathBuf,
    /// Local days before today that `lake expire` keeps; without it, all.
    pub retention_days: Option<u32>,
}

/// `[run]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunConfig {
    /// Minutes that one step may take.
    pub step_minutes: u64,
    /// How often a step that fails is tried.
    pub attempts: u32,
}

/// `[schedule]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleConfig {
    /// Minute, hour, day of month, month, day of week, in the lake's zone.
    pub cron: Option<String>,
    /// Days that are made up for when they were missed.
    pub catch_up_days: u32,
}

/// `[engine]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EngineConfig {
    /// Memory of queries in MiB.
    pub memory_mib: usize,
    /// Threads; 0 for one a core.
    pub threads: usize,
}

/// `[rules]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RulesConfig {
    /// Folder of rules beside the shipped ones; the same id stands in for a shipped rule.
    pub path: Option<PathBuf>,
    /// Days before the window that `history.*` holds.
    pub lookback_days: Option<u32>,
    /// Parameters by rule id.
    #[schemars(with = "BTreeMap<String, BTreeMap<String, serde_json::Value>>")]
    pub params: BTreeMap<String, BTreeMap<String, toml::Value>>,
    /// What is known and accepted.
    pub exceptions: Vec<Exception>,
}

/// `[trace]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TraceConfig {
    /// A table of mechanisms that come before the shipped ones.
    pub mechanisms: Option<PathBuf>,
}

/// `[serve]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServeConfig {
    /// Address and port; 0 for any free port.
    pub listen: SocketAddr,
    /// Environment variable that holds the one bearer token, of role `admin`.
    pub token_env: Option<String>,
    /// Tokens of several callers.
    pub tokens: Vec<TokenConfig>,
    /// Names it is called by, beside `localhost` and the address it listens on.
    pub hosts: Vec<String>,
    /// What callers of role `run` may have done here beside uploads: `run_day`, `download_logs`.
    pub allow: Vec<Allowed>,
    /// MiB that one upload may have.
    pub upload_mib: u64,
    /// MiB that all uploads under way may have.
    pub uploads_mib: u64,
    /// Analyses and traces that may go on at once.
    pub analyses: usize,
    /// Seconds that one of them may take.
    pub analysis_seconds: u64,
    /// SQL statements of callers that run at once, each in a process of its own.
    pub queries: usize,
    /// Seconds that one may take.
    pub query_seconds: u64,
    /// Rows that one may give.
    pub query_rows: usize,
    /// Memory that one may use, MiB.
    pub query_mib: u64,
}

/// What a caller may have done only where the config says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Allowed {
    /// The daily job of a day.
    RunDay,
    /// Reading a day's objects of the source.
    DownloadLogs,
}

/// `[xiaozhi]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct XiaozhiConfig {
    /// Environment variable with the address of its MCP endpoint, which holds a token.
    pub endpoint_env: Option<String>,
    /// Seconds between attempts at most, and after another program took the connection over or the
    /// token was refused.
    pub longest_wait_s: u64,
}

/// One named exception: findings of a rule that are known, why, and until when.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Name, shown in the report with what it hid.
    pub name: String,
    /// Rule id; `*` at its end stands for anything.
    pub rule: String,
    /// Entity columns that must be equal; `*` at the end of a value stands for anything.
    pub entity: BTreeMap<String, String>,
    /// Why.
    pub reason: String,
    /// Last day it holds, YYYY-MM-DD.
    pub until: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cluster: String::new(),
            timezone: "Asia/Shanghai".into(),
            source: SourceConfig::default(),
            lake: LakeConfig::default(),
            run: RunConfig::default(),
            schedule: ScheduleConfig::default(),
            engine: EngineConfig::default(),
            rules: RulesConfig::default(),
            trace: TraceConfig::default(),
            llm: LlmConfig::default(),
            redact: RedactConfig::default(),
            broadcast: Vec::new(),
            serve: ServeConfig::default(),
            xiaozhi: XiaozhiConfig::default(),
        }
    }
}

impl Default for SourceConfig {
    fn default() -> Self {
        Self {
            url: None,
            region: None,
            endpoint: None,
            late_days: 3,
            margin: 2,
            keep: None,
            paths: BTreeMap::new(),
        }
    }
}

impl Default for RunConfig {
    fn default() -> Self {
        Self { step_minutes: 120, attempts: 3 }
    }
}

impl Default for LakeConfig {
    fn default() -> Self {
        Self { path: "lake".into(), retention_days: None }
    }
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Self { cron: None, catch_up_days: 14 }
    }
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self { memory_mib: 1024, threads: 0 }
    }
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8633).into(),
            token_env: None,
            tokens: Vec::new(),
            hosts: Vec::new(),
            allow: Vec::new(),
            upload_mib: 2048,
            uploads_mib: 4096,
            analyses: 2,
            analysis_seconds: 600,
            queries: 4,
            query_seconds: 30,
            query_rows: 10_000,
            query_mib: 1024,
        }
    }
}

impl Default for XiaozhiConfig {
    fn default() -> Self {
        Self { endpoint_env: None, longest_wait_s: 600 }
    }
}

/// What `{date}` stands for in a glob.
const DATE: &str = "{[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9],[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9],[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]}";

impl SourceConfig {
    /// Returns the log types that keys are told by, each with its globs.
    pub fn path_types(&self) -> Result<Vec<(Table, GlobSet)>> {
        let mut types = Vec::new();
        for (name, globs) in &self.paths {
            let table = Table::of(name).ok_or_else(|| {
                Error::usage(format!("`{name}` is no log type"))
                    .hint("log types are business, standard, event and audit")
            })?;
            let mut set = GlobSetBuilder::new();
            for glob in globs {
                let anywhere = format!("**/{}", glob.trim_start_matches('/').replace("{date}", DATE));
                let glob = GlobBuilder::new(&anywhere)
                    .literal_separator(true)
                    .build()
                    .map_err(|error| Error::usage(format!("`{glob}` is no glob")).because(error))?;
                set.add(glob);
            }
            let set = set.build().map_err(|error| {
                Error::usage(format!("the globs of `{name}` are too many")).because(error)
            })?;
            types.push((table, set));
        }
        Ok(types)
    }
}

impl SourceConfig {
    /// Returns the prefixes of the days from `from` to `to`, where every glob begins with `/`, at the
    /// url, and nothing but plain text stands before its `{date}/`; else none: everything is listed.
    pub fn prefixes(&self, from: NaiveDate, to: NaiveDate) -> Vec<String> {
        let plain = |glob: &String| {
            let (before, after) = glob.strip_prefix('/')?.split_once("{date}")?;
            // a store lists whole folders
            (!before.contains(['*', '?', '[', '{']) && after.starts_with('/')).then(|| before.to_owned())
        };
        let globs: Option<Vec<String>> = self.paths.values().flatten().map(plain).collect();
        let mut prefixes = Vec::new();
        for before in globs.unwrap_or_default() {
            for day in from.iter_days().take_while(|day| *day <= to) {
                let of = |form: &str| format!("{before}{}", day.format(form));
                prefixes.extend(["%Y/%m/%d", "%Y-%m-%d", "%Y%m%d"].map(of));
            }
        }
        prefixes.sort();
        prefixes.dedup();
        prefixes
    }
}

impl Config {
    /// Reads the text of a config; `place` names it in errors.
    pub fn parse(text: &str, place: &str) -> Result<Self> {
        let config: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or_else(|| place.to_owned(), |span| {
                let (line, column) = place_of(text, span.start);
                format!("{place}:{line}:{column}")
            });
            Error::usage("the config cannot be read").at(at).because(Plain(error.message().to_owned()))
                .hint("`headwater config` prints every key with its default; `headwater schema config` is its JSON Schema")
        })?;
        config.check(place)?;
        Ok(config)
    }

    /// Returns the file that is read: the one asked for, else `headwater.toml` where it exists.
    pub fn place(path: Option<&Path>) -> Option<&Path> {
        let default = Path::new("headwater.toml");
        path.or_else(|| default.exists().then_some(default))
    }

    /// Reads `path`; without one, `headwater.toml` beside the caller, or the defaults.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let Some(path) = Self::place(path) else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::usage("the config cannot be opened")
                .at(path.display().to_string())
                .because(error)
                .hint("`headwater config > headwater.toml` writes one to start from")
        })?;
        Self::parse(&text, &path.display().to_string())
    }

    fn check(&self, place: &str) -> Result<()> {
        self.zone().map_err(|error| error.at(place.to_owned()))?;
        self.schedule().map_err(|error| error.at(format!("{place}: [schedule] cron")))?;
        if self.xiaozhi.longest_wait_s == 0 {
            return Err(Error::usage("connections would be tried without a pause")
                .at(format!("{place}: [xiaozhi] longest_wait_s"))
                .hint("600 is ten minutes"));
        }
        if self.schedule.catch_up_days == 0 {
            return Err(Error::usage("no day is ever due")
                .at(format!("{place}: [schedule] catch_up_days"))
                .hint("1 is the day before alone"));
        }
        self.llm.check().map_err(|error| error.at(format!("{place}: [llm]")))?;
        self.source.path_types().map_err(|error| error.at(format!("{place}: [source.paths]")))?;
        let mut names = BTreeSet::new();
        for channel in &self.broadcast {
            channel.check().map_err(|error| {
                let at = error.place.clone().unwrap_or_default();
                error.at(format!("{place}: {at}"))
            })?;
            if !names.insert(&channel.name) {
                return Err(Error::usage(format!("two channels are called `{}`", channel.name))
                    .at(format!("{place}: [[broadcast]]"))
                    .hint("what was sent is remembered by the name: give each its own"));
            }
        }
        Redactor::of(&self.redact).map_err(|error| {
            let key = error.place.clone().unwrap_or_default();
            error.at(format!("{place}: {key}"))
        })?;
        for exception in &self.rules.exceptions {
            time::parse_date(&exception.until)
                .map_err(|error| error.at(format!("{place}: exception `{}`, until", exception.name)))?;
            if exception.reason.trim().is_empty() {
                return Err(Error::usage(format!("exception `{}` has no reason", exception.name))
                    .at(place.to_owned())
                    .hint("say why it is accepted; the report shows it"));
            }
        }
        Ok(())
    }

    /// Returns the lake's zone.
    pub fn zone(&self) -> Result<Tz> {
        time::parse_zone(&self.timezone)
    }

    /// Returns when the daily job fires, where `[schedule]` says so.
    pub fn schedule(&self) -> Result<Option<Schedule>> {
        let zone = self.zone()?;
        self.schedule.cron.as_deref().map(|cron| Schedule::parse(cron, zone)).transpose()
    }

    /// Returns the threads to use.
    pub fn threads(&self) -> usize {
        match self.engine.threads {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            threads => threads,
        }
    }
}

/// An error's text without the excerpt that toml draws around it.
#[derive(Debug)]
pub struct Plain(pub String);

impl std::fmt::Display for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Plain {}

/// Returns line and column, from 1, of a byte of `text`.
pub fn place_of(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte.min(text.len())).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    (line, column)
}
