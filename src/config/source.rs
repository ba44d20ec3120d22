//! `[source]`: where the logs are, and which objects belong to a day.

use chrono::NaiveDate;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use model::entity::Entity;
use model::error::{Error, Result};
use model::table::Table;
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Keys of `[source]`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SourceConfig {
    /// `cos://bucket-appid/prefix`, `s3://bucket/prefix`, or a folder.
    pub url: Option<String>,
    /// Region of the bucket.
    pub region: Option<String>,
    /// Endpoint of an S3-compatible store.
    pub endpoint: Option<String>,
    /// Days before the reported day that the date in an object's key may have. Objects with an older
    /// date are read only if they changed.
    pub late_days: u32,
    /// Hours before the start of the day from which a changed object is read. Allows for wrong clocks of
    /// log shippers and for long uploads.
    pub margin: u32,
    /// Folder in which to keep an unchanged copy of each object, by log type.
    pub keep: Option<PathBuf>,
    /// Globs of object keys by log type. A glob matches anywhere in the key; one that begins with `/`
    /// is relative to `url`, and if all do, only the folders of the requested days are listed. `{date}`
    /// matches `2026/11/22`, `2026-11-22` and `20261122`. `{namespace}`, `{pod}`, `{container}`, `{workload}`,
    /// `{node}` and `{cluster}` match part of a name, and are the place of the lines.
    pub paths: BTreeMap<String, Vec<String>>,
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

/// The glob that `{date}` is replaced by.
const DATE: &str = "{[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9],[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9],[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]}";

impl SourceConfig {
    /// Returns the log types of `[source.paths]`, each with its globs.
    ///
    /// # Errors
    /// Usage: an unknown log type or an invalid glob.
    pub fn path_types(&self) -> Result<Vec<(Table, GlobSet)>> {
        let mut types = Vec::new();
        for (name, globs) in &self.paths {
            let table = Table::log_of(name).ok_or_else(|| {
                Error::usage(format!("`{name}` is not a valid log type"))
                    .hint("log types are business, standard, event and audit")
            })?;
            let mut set = GlobSetBuilder::new();
            for glob in globs {
                let mut anywhere = format!("**/{}", glob.trim_start_matches('/').replace("{date}", DATE));
                for name in Entity::COLUMNS {
                    anywhere = anywhere.replace(&format!("{{{name}}}"), "*");
                }
                let glob = GlobBuilder::new(&anywhere)
                    .literal_separator(true)
                    .build()
                    .map_err(|error| Error::usage(format!("`{glob}` is not a valid glob")).because(error))?;
                set.add(glob);
            }
            let set = set
                .build()
                .map_err(|error| Error::usage(format!("too many globs for `{name}`")).because(error))?;
            types.push((table, set));
        }
        Ok(types)
    }

    /// Returns an expression for each glob that names a place; its groups are the columns of the place.
    ///
    /// # Errors
    /// Usage: a glob that names a column twice.
    pub fn path_places(&self) -> Result<Vec<Regex>> {
        let names = Entity::COLUMNS.map(|name| format!("{{{name}}}"));
        let globs = self.paths.values().flatten();
        let named = globs.filter(|glob| names.iter().any(|name| glob.contains(name.as_str())));
        let compile = |glob: &String| {
            Regex::new(&expression_of(glob))
                .map_err(|_| Error::usage(format!("`{glob}` names a part of the place twice")))
        };
        named.map(compile).collect()
    }

    /// Returns the prefixes to list for the days `from` to `to`, both inclusive. Empty if everything must
    /// be listed: that is, unless every glob begins with `/` and has plain text before its `{date}/`.
    pub fn prefixes(&self, from: NaiveDate, to: NaiveDate) -> Vec<String> {
        let before_date = |glob: &String| {
            let (before, after) = glob.strip_prefix('/')?.split_once("{date}")?;
            // a store lists whole folders
            (!before.contains(['*', '?', '[', '{']) && after.starts_with('/')).then(|| before.to_owned())
        };
        let all_before: Option<Vec<String>> = self.paths.values().flatten().map(before_date).collect();
        let mut prefixes = Vec::new();
        for before in all_before.unwrap_or_default() {
            for day in from.iter_days().take_while(|day| *day <= to) {
                let prefix = |form: &str| format!("{before}{}", day.format(form));
                prefixes.extend(["%Y/%m/%d", "%Y-%m-%d", "%Y%m%d"].map(prefix));
            }
        }
        prefixes.sort();
        prefixes.dedup();
        prefixes
    }
}

/// Returns the regular expression of a glob, with a group for each part of the place that it names.
fn expression_of(glob: &str) -> String {
    let mut out = String::from("(?:^|/)");
    let mut rest = glob.trim_start_matches('/');
    while let Some(first) = rest.chars().next() {
        let column = Entity::COLUMNS.iter().find(|name| rest.starts_with(&format!("{{{name}}}")));
        let used = if let Some(name) = column {
            out.push_str(&format!("(?<{name}>[^/]+?)"));
            name.len() + 2
        } else if rest.starts_with("{date}") {
            out.push_str("[0-9]{4}[-/]?[0-9]{2}[-/]?[0-9]{2}");
            "{date}".len()
        } else if rest.starts_with("**") {
            out.push_str(".*");
            2
        } else {
            match first {
                '*' => out.push_str("[^/]*"),
                '?' => out.push_str("[^/]"),
                _ => out.push_str(&regex::escape(first.encode_utf8(&mut [0; 4]))),
            }
            first.len_utf8()
        };
        rest = rest.get(used..).unwrap_or("");
    }
    out.push('$');
    out
}
