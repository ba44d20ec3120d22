//! One regular expression of a layout, compiled when it is first needed: most runs meet few layouts. Must not know
//! layouts.

use crate::layout::group::Group;
use regex::Regex;
use std::sync::OnceLock;

/// A regular expression that may not be compiled yet.
pub(super) struct Pattern {
    pub(super) source: String,
    compiled: OnceLock<Option<Compiled>>,
}

/// A compiled expression, and the meaning of its groups by index.
pub(super) struct Compiled {
    pub(super) regex: Regex,
    pub(super) groups: Vec<(usize, Group)>,
}

impl Pattern {
    pub(super) fn of(source: &str) -> Self {
        Self { source: source.to_owned(), compiled: OnceLock::new() }
    }

    /// Returns a compiled pattern, or the reason why it is invalid.
    pub(super) fn checked(source: &str) -> Result<Self, String> {
        let compiled = OnceLock::from(Some(Compiled::of(source).map_err(|error| last_line(&error))?));
        Ok(Self { source: source.to_owned(), compiled })
    }

    /// Returns the compiled pattern; `None` if it is invalid.
    pub(super) fn compiled(&self) -> Option<&Compiled> {
        self.compiled.get_or_init(|| Compiled::of(&self.source).ok()).as_ref()
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.compiled().is_some_and(|pattern| pattern.regex.is_match(text))
    }

    /// Returns true if it has a group of that name.
    pub(super) fn has_group(&self, name: &str) -> bool {
        ["(?<", "(?P<"].iter().any(|begin| self.source.contains(&format!("{begin}{name}>")))
    }
}

impl Compiled {
    fn of(source: &str) -> Result<Self, regex::Error> {
        let regex = Regex::new(source)?;
        let named = regex.capture_names().enumerate().skip(1);
        let groups = named.filter_map(|(index, name)| Some((index, Group::of(name?)))).collect();
        Ok(Self { regex, groups })
    }
}

/// Returns the reason at the end of an error's picture of a pattern.
fn last_line(error: &regex::Error) -> String {
    error.to_string().lines().last().unwrap_or("").trim().trim_start_matches("error: ").to_owned()
}
