//! `headwater.toml`: as written (unknown keys are errors with their place) and its commented
//! default. Secrets never stand here: keys ending in `_env` name the environment variable.

use crate::error::{Error, Result};
use crate::table::Table;
use crate::window;
use chrono_tz::Tz;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The commented default, as `headwater config` prints it.
pub const DEFAULT: &str = include_str!("config/default.toml");

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
    /// Limits of the query engine.
    pub engine: EngineConfig,
    /// Rules beside the shipped ones.
    pub rules: RulesConfig,
    /// What can cause what, beside the shipped table.
    pub trace: TraceConfig,
}

/// `[source]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SourceConfig {
    /// `cos://bucket-appid/prefix`, `s3://bucket/prefix`, or a folder.
    pub url: Option<String>,
    /// Region of the bucket.
    pub region: Option<String>,
    /// Endpoint of an S3-compatible store.
    pub endpoint: Option<String>,
    /// Globs of keys by log type, wherever in the key they begin; `{date}` stands for
    /// `2026/11/22`, `2026-11-22` or `20261122`.
    pub paths: BTreeMap<String, Vec<String>>,
}

/// `[lake]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LakeConfig {
    /// Folder.
    pub path: PathBuf,
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
            engine: EngineConfig::default(),
            rules: RulesConfig::default(),
            trace: TraceConfig::default(),
        }
    }
}

impl Default for LakeConfig {
    fn default() -> Self {
        Self { path: "lake".into() }
    }
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self { memory_mib: 1024, threads: 0 }
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

    /// Reads `path`; without one, `headwater.toml` beside the caller, or the defaults.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let default = Path::new("headwater.toml");
        let Some(path) = path.or_else(|| default.exists().then_some(default)) else {
            return Ok(Self::default());
        };
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
        self.source.path_types().map_err(|error| error.at(format!("{place}: [source.paths]")))?;
        for exception in &self.rules.exceptions {
            window::parse_date(&exception.until)
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
        window::parse_zone(&self.timezone)
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
