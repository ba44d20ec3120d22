//! `[formats]`: custom text layouts, names and level words, and how times are read.

use chrono_tz::Tz;
use format::framing::Limits;
use globset::{Glob, GlobMatcher};
use model::error::{Error, Result};
use model::record::Level;
use model::time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Keys of `[formats]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FormatsConfig {
    /// Folder of custom text layouts, one TOML file each. They are tried before the built-in ones.
    pub path: Option<PathBuf>,
    /// IANA time zone of times that name none, if it is not `timezone`.
    pub timezone: Option<String>,
    /// The same by glob of object keys, for programs that write another zone.
    pub timezones: BTreeMap<String, String>,
    /// Hours by which a line's own time may differ from its collector's. Beyond that the collector's is
    /// used, and the row says so.
    pub max_skew: u32,
    /// What one object may cost: more is an error of that object.
    #[schemars(with = "BTreeMap<String, u64>")]
    pub limits: Limits,
    /// Custom names of fields in JSON and logfmt logs, by field: `level = ["sev"]`.
    pub names: BTreeMap<String, Vec<String>>,
    /// Custom level words: `schwer = "error"`.
    pub levels: BTreeMap<String, String>,
}

impl Default for FormatsConfig {
    fn default() -> Self {
        Self {
            path: None,
            timezone: None,
            timezones: BTreeMap::new(),
            max_skew: 24,
            limits: Limits::default(),
            names: BTreeMap::new(),
            levels: BTreeMap::new(),
        }
    }
}

impl FormatsConfig {
    /// Returns the zone of times that name none; `day` is the zone that defines a day.
    ///
    /// # Errors
    /// Usage: an unknown zone.
    pub fn zone(&self, day: Tz) -> Result<Tz> {
        self.timezone.as_deref().map_or(Ok(day), time::parse_zone)
    }

    /// Returns the zones of objects whose keys match a glob.
    ///
    /// # Errors
    /// Usage: an unknown zone or an invalid glob.
    pub fn path_zones(&self) -> Result<Vec<(GlobMatcher, Tz)>> {
        let compile = |(glob, zone): (&String, &String)| {
            let matcher = Glob::new(&format!("**/{}", glob.trim_start_matches('/')))
                .map_err(|error| Error::usage(format!("`{glob}` is not a valid glob")).because(error))?;
            Ok((matcher.compile_matcher(), time::parse_zone(zone)?))
        };
        self.timezones.iter().map(compile).collect()
    }

    /// Returns the custom level words.
    ///
    /// # Errors
    /// Usage: an unknown level.
    pub fn level_words(&self) -> Result<Vec<(String, Level)>> {
        let parse = |(word, name): (&String, &String)| {
            let level = Level::of(name).filter(|level| level.name() == name).ok_or_else(|| {
                Error::usage(format!("`{name}` is not a valid level"))
                    .hint("levels are trace, debug, info, warn, error and fatal")
            })?;
            Ok((word.to_lowercase(), level))
        };
        self.levels.iter().map(parse).collect()
    }
}
