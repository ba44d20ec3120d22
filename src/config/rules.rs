//! `[rules]`: custom rules, parameters of rules, and accepted findings.

use model::error::{Error, Result};
use model::time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Keys of `[rules]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RulesConfig {
    /// Folder of custom rules. A rule with the id of a built-in rule replaces it.
    pub path: Option<PathBuf>,
    /// Days before the analysed window that the `history.*` tables hold. Default: 7.
    pub lookback_days: Option<u32>,
    /// Maximum duration of one rule, seconds; a rule that takes longer is left out. Default: 300.
    pub rule_seconds: Option<u64>,
    /// Parameters by rule id.
    #[schemars(with = "BTreeMap<String, BTreeMap<String, serde_json::Value>>")]
    pub params: BTreeMap<String, BTreeMap<String, toml::Value>>,
    /// Findings that are known and accepted.
    pub exceptions: Vec<Exception>,
}

/// Findings of a rule that are known and accepted: which, why, and until when.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Name; the report shows it with the number of findings it hid.
    pub name: String,
    /// Rule id; a `*` at the end matches any ending.
    pub rule: String,
    /// Entity columns and the value each must have; a `*` at the end of a value matches any ending.
    pub entity: BTreeMap<String, String>,
    /// Why the findings are accepted.
    pub reason: String,
    /// Last day on which the exception applies, YYYY-MM-DD.
    pub until: String,
}

/// Days of history if the config sets none.
const LOOKBACK_DAYS: u32 = 7;

/// Maximum duration of one rule if the config sets none, seconds.
const RULE_SECONDS: u64 = 300;

impl RulesConfig {
    /// Returns the days before the analysed window that count as its history.
    pub fn lookback_days(&self) -> u32 {
        self.lookback_days.unwrap_or(LOOKBACK_DAYS)
    }

    /// Returns the maximum duration of one rule, seconds.
    pub fn rule_seconds(&self) -> u64 {
        self.rule_seconds.unwrap_or(RULE_SECONDS)
    }
}

impl Exception {
    /// Checks the date and the reason; `place` is the config file.
    pub(super) fn check(&self, place: &str) -> Result<()> {
        time::parse_date(&self.until)
            .map_err(|error| error.at(format!("{place}: exception `{}`, until", self.name)))?;
        if self.reason.trim().is_empty() {
            return Err(Error::usage(format!("exception `{}` has no reason", self.name))
                .at(place)
                .hint("write why the findings are accepted; the report shows it"));
        }
        Ok(())
    }
}
