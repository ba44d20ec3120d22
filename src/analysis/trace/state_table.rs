//! Which line says that an object is wrong, and how. The table is data: `sql/trace/states.toml`.
//! Knows no objects of any cluster.

use model::error::{Error, Result};
use regex::{Captures, Regex, RegexBuilder};
use serde::Deserialize;

const SHIPPED: &str = include_str!("../../../sql/trace/states.toml");
/// Characters of one value in a text.
const VALUE: usize = 160;

/// Where a line was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Seen {
    /// A cluster event.
    Event,
    /// An error in a log.
    Log,
    /// A warning in a log.
    Warning,
    /// The state of an object beside others; no entry reads it.
    #[serde(skip)]
    State,
}

/// One entry as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    seen: Seen,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    sign: Option<String>,
    object: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    cluster: bool,
    #[serde(default)]
    alone: bool,
    #[serde(default)]
    known: bool,
    #[serde(default)]
    needs: Option<String>,
    what: String,
    zh: String,
    strength: f64,
}

#[derive(Deserialize)]
struct RawTable {
    state: Vec<RawEntry>,
}

/// One entry of the table.
pub struct StateEntry {
    seen: Seen,
    reason: Option<Regex>,
    sign: Regex,
    /// Whose state it is: `owner`, `involved`, `node`, `callee`, `pod`, or a kind.
    pub object: String,
    name: String,
    /// True for a kind without a namespace.
    pub is_cluster_wide: bool,
    is_alone: bool,
    is_known: bool,
    /// Regex for `Reason message` of another event on the call path.
    pub needs: Option<Regex>,
    what: String,
    zh: String,
    /// How surely this is what is wrong, 0 to 1.
    pub strength: f64,
}

/// Returns the entries of the shipped table.
pub fn entries() -> Result<Vec<StateEntry>> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::bug("cannot read the table of states").at("sql/trace/states.toml").hint(error.to_string())
    };
    let table: RawTable = toml::from_str(SHIPPED).map_err(|error| failed(&error))?;
    table.state.into_iter().map(|raw| entry(raw).map_err(|error| failed(&error))).collect()
}

fn entry(raw: RawEntry) -> std::result::Result<StateEntry, regex::Error> {
    let regex = |text: &str| RegexBuilder::new(text).case_insensitive(true).build();
    Ok(StateEntry {
        seen: raw.seen,
        reason: raw.reason.map(|reason| Regex::new(&format!("^(?:{reason})$"))).transpose()?,
        sign: regex(raw.sign.as_deref().unwrap_or(""))?,
        object: raw.object,
        name: raw.name.unwrap_or_else(|| "{name}".to_owned()),
        is_cluster_wide: raw.cluster,
        is_alone: raw.alone,
        is_known: raw.known,
        needs: raw.needs.as_deref().map(regex).transpose()?,
        what: raw.what,
        zh: raw.zh,
        strength: raw.strength,
    })
}

impl StateEntry {
    /// Returns what the entry finds in a text seen there. `callee` is present for a line that names whom it called,
    /// and true if that has or had pods.
    pub fn find<'t>(
        &self,
        seen: Seen,
        reason: &str,
        text: &'t str,
        callee: Option<bool>,
    ) -> Option<Found<'t, '_>> {
        let fits = self.seen == seen
            && self.reason.as_ref().is_none_or(|pattern| pattern.is_match(reason))
            && (callee.is_some() || self.object != "callee")
            && (callee == Some(true) || !self.is_known)
            && !(callee.is_some() && self.is_alone);
        let captures = fits.then(|| self.sign.captures(text)).flatten()?;
        Some(Found { entry: self, captures })
    }
}

/// An entry that fits a text.
pub struct Found<'t, 'r> {
    /// The entry.
    pub entry: &'r StateEntry,
    captures: Captures<'t>,
}

impl Found<'_, '_> {
    /// Returns the value of a named group.
    pub fn group(&self, name: &str) -> Option<&str> {
        self.captures.name(name).map(|group| group.as_str().trim()).filter(|text| !text.is_empty())
    }

    /// Returns the kind that the entry names, the name, and the namespace where the text has it.
    pub fn named(&self) -> (String, String, Option<String>) {
        let kind = match self.fill(&self.entry.object).to_ascii_lowercase().as_str() {
            "secret" => "Secret".to_owned(),
            "configmap" => "ConfigMap".to_owned(),
            _ => self.fill(&self.entry.object),
        };
        (kind, self.fill(&self.entry.name), self.group("namespace").map(str::to_owned))
    }

    /// Returns what is wrong, in English and Chinese.
    pub fn texts(&self) -> (String, String) {
        (self.fill(&self.entry.what), self.fill(&self.entry.zh))
    }

    /// Replaces each `{group}` of a template.
    fn fill(&self, template: &str) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, (group, after))) =
            rest.split_once('{').and_then(|(before, tail)| Some((before, tail.split_once('}')?)))
        {
            out.push_str(before);
            out.extend(self.group(group).unwrap_or("").chars().take(VALUE));
            rest = after;
        }
        out.push_str(rest);
        out.trim().to_owned()
    }
}
