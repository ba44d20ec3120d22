//! A layout file: TOML with patterns whose named groups are a record's fields, and sample lines with the
//! fields they must have. Must not match lines; [`Layout`](crate::layout::Layout) does.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// The content of `formats/<name>.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutFile {
    /// The programs that write it, one line.
    pub about: String,
    /// Regular expressions for the first line of a record; the first that matches is used.
    pub patterns: Vec<String>,
    /// Level words beyond the common ones.
    #[serde(default)]
    pub levels: BTreeMap<String, String>,
    /// The time's form in `strftime` notation, if it is not one that is known.
    pub time_format: Option<String>,
    /// Zone of times that name none.
    pub zone: Option<String>,
    /// True if the message is on the lines after the first.
    #[serde(default)]
    pub message_follows: bool,
    /// Regular expression for `<line before>\n<line>`: a line that belongs to the record of the line before it, even
    /// if it could begin one. The patterns are compared with the whole record, then with its first line.
    pub continues: Option<String>,
    /// True if only container stdout and stderr are written so.
    #[serde(default)]
    pub stdout: bool,
    /// True if control characters of the payload are written as rsyslog writes them: `#011` for a tab, `#012` for a
    /// line end.
    #[serde(default)]
    pub control_escapes: bool,
    /// True if its lines are Kubernetes events, whose parts are the groups.
    #[serde(default)]
    pub event: bool,
    /// Layouts with a lower number are tried first.
    #[serde(default = "usual_rank")]
    pub rank: u8,
    /// Records that it reads.
    #[serde(rename = "sample")]
    pub samples: Vec<Sample>,
    /// Lines that it must not match.
    #[serde(default, rename = "not")]
    pub nots: Vec<Not>,
}

fn usual_rank() -> u8 {
    50
}

/// One record as written, and its fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The lines of the record.
    pub text: String,
    /// Some of its fields, by name: a column, `format`, or `attrs.<name>`.
    pub expect: BTreeMap<String, String>,
}

/// A line that belongs to another layout.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Not {
    /// The line.
    pub text: String,
}

/// What is wrong with a layout file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutError {
    /// Name of the file.
    pub file: String,
    /// Line and column, from 1, if they are known.
    pub at: Option<(usize, usize)>,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub hint: Option<String>,
}

impl fmt::Display for LayoutError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.file)?;
        if let Some((line, column)) = self.at {
            write!(out, ":{line}:{column}")?;
        }
        write!(out, ": {}", self.what)?;
        match &self.hint {
            Some(hint) => write!(out, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl LayoutFile {
    /// Reads a layout file.
    ///
    /// # Errors
    /// Broken TOML, an unknown key, a missing key.
    pub fn parse(file: &str, text: &str) -> Result<Self, LayoutError> {
        toml::from_str(text).map_err(|error| LayoutError {
            file: file.to_owned(),
            at: error.span().map(|span| position(text, span.start)),
            what: error.message().lines().next().unwrap_or("broken TOML").to_owned(),
            hint: Some("`headwater formats show tomcat` prints a whole layout".into()),
        })
    }

    /// Returns an error at the first place in `text` where `needle` is written.
    pub(super) fn error(file: &str, text: &str, needle: &str, what: String, hint: &str) -> LayoutError {
        LayoutError {
            file: file.to_owned(),
            at: text.find(needle).map(|start| position(text, start)),
            what,
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
        }
    }
}

/// Returns the line and column of a byte.
fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before.get(line_start..).map_or(0, |line| line.chars().count()) + 1)
}
