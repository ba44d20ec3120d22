//! The files of a rule: one `.sql` with a TOML header, and one `.test.toml` beside it. Parsing only;
//! must not know the engine that plans and runs rules.

use crate::config::{ErrorText, line_and_column};
use crate::query::literal::quoted;
use model::error::{Error, Result};
use model::report::{Severity, Zh};
use model::table::Table;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The header of a rule: the TOML in its leading comment.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Title of a finding.
    pub title: String,
    /// Severity of a finding; a `severity` column overrides it for its row.
    pub severity: Severity,
    /// Parameters: values that the SQL uses as `$name`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub params: BTreeMap<String, toml::Value>,
    /// Sentence of a finding; `{column}` is replaced by the value of the row.
    pub finding: String,
    /// Why a finding matters.
    pub why: String,
    /// What to do about it, in numbered steps.
    pub advice: String,
    /// When the rule is known to fire although nothing is wrong.
    #[serde(default)]
    pub quiet_when: String,
    /// Words to search rules by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The texts in Chinese.
    #[serde(default)]
    pub zh: HeaderZh,
}

/// Section `[zh]` of a header; an absent text is shown in English.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderZh {
    /// Title of a finding.
    pub title: Option<String>,
    /// Sentence of a finding.
    pub finding: Option<String>,
    /// Why a finding matters.
    pub why: Option<String>,
    /// What to do about it.
    pub advice: Option<String>,
    /// When the rule is known to fire although nothing is wrong.
    pub quiet_when: Option<String>,
}

/// A parsed rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `<agent>/<name>`.
    pub id: String,
    /// Agent that runs it, which is also the table it reads.
    pub agent: Table,
    /// Path of the file, for errors.
    pub place: String,
    /// The whole file, header and SQL, so that line numbers are those of the file.
    pub text: String,
    /// Header of the file.
    pub header: Header,
}

/// The test file of a rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleTest {
    /// Test cases; at least one in which the rule fires and one in which it does not.
    #[serde(rename = "case")]
    pub cases: Vec<Case>,
}

/// One case: raw log lines, and the findings that the rule must return for them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the case shows.
    pub name: String,
    /// Number of findings, or columns of each finding's row.
    pub expect: Expect,
    /// Object key from which the lines seem to come; absent for one made from the table's name.
    pub source: Option<String>,
    /// Parameters of this case.
    #[serde(default)]
    pub params: BTreeMap<String, toml::Value>,
    /// Application log lines in the window.
    pub business: Option<String>,
    /// Container output in the window.
    pub standard: Option<String>,
    /// Events in the window.
    pub event: Option<String>,
    /// Audit events in the window.
    pub audit: Option<String>,
    /// Application log lines of earlier days.
    pub history_business: Option<String>,
    /// Container output of earlier days.
    pub history_standard: Option<String>,
    /// Events of earlier days.
    pub history_event: Option<String>,
    /// Audit events of earlier days.
    pub history_audit: Option<String>,
    /// Objects of the cluster, as kubectl prints them.
    pub state: Option<String>,
}

/// The expected result of a case.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Expect {
    /// Number of findings.
    Count(usize),
    /// One table for each finding, in any order; only the columns in it are compared.
    Rows(Vec<toml::Table>),
}

impl Case {
    /// Returns the lines of a table: of earlier days if `history`, else in the window.
    pub fn lines(&self, table: Table, history: bool) -> Option<&str> {
        match (table, history) {
            (Table::Business, false) => self.business.as_deref(),
            (Table::Standard, false) => self.standard.as_deref(),
            (Table::Event, false) => self.event.as_deref(),
            (Table::Audit, false) => self.audit.as_deref(),
            (Table::Business, true) => self.history_business.as_deref(),
            (Table::Standard, true) => self.history_standard.as_deref(),
            (Table::Event, true) => self.history_event.as_deref(),
            (Table::Audit, true) => self.history_audit.as_deref(),
            (Table::State, false) => self.state.as_deref(),
            (Table::State, true) => None,
        }
    }
}

impl Rule {
    /// Parses a rule file. `id` is its path below the rules folder without `.sql`.
    pub fn parse(id: &str, text: &str, place: &str) -> Result<Self> {
        let wrong = |what: String, byte: usize| {
            let (line, column) = line_and_column(text, byte);
            Error::usage(format!("cannot read rule `{id}`"))
                .at(format!("{place}:{line}:{column}"))
                .because(ErrorText(what))
        };
        let agent =
            id.split_once('/').and_then(|(agent, name)| Table::log_of(agent).filter(|_| !name.contains('/')));
        let Some(agent) = agent else {
            return Err(wrong("the file is not in the folder of an agent".into(), 0)
                .hint("move it to business/, standard/, event/ or audit/"));
        };
        let start =
            text.find("/*").filter(|at| text.get(..*at).is_some_and(|before| before.trim().is_empty()));
        let header =
            start.and_then(|start| Some((start + 2, text.get(start + 2..)?.find("*/")? + start + 2)));
        let Some((from, to)) = header else {
            return Err(wrong("the file does not begin with a header comment `/* … */`".into(), 0)
                .hint(format!("`headwater rules new {id}` writes a template")));
        };
        let header: Header = toml::from_str(text.get(from..to).unwrap_or_default()).map_err(|error| {
            let byte = from + error.span().map_or(0, |span| span.start);
            wrong(error.message().to_owned(), byte)
                .hint("the header is TOML: title, severity, finding, why, advice; also params, quiet_when, tags, [zh]")
        })?;
        Ok(Self { id: id.to_owned(), agent, place: place.to_owned(), text: text.to_owned(), header })
    }

    /// Returns the SQL with each `$name` replaced by the value of the parameter: from `params`, else
    /// from the header. Values are padded to the length of the name so that columns of errors are
    /// right.
    pub fn sql(&self, params: &BTreeMap<String, toml::Value>) -> Result<String> {
        for name in params.keys() {
            if !self.header.params.contains_key(name) {
                return Err(Error::usage(format!("rule `{}` has no parameter `{name}`", self.id))
                    .at(self.place.clone())
                    .hint(format!(
                        "it has: {}",
                        self.header.params.keys().cloned().collect::<Vec<_>>().join(", ")
                    )));
            }
        }
        let body = self.text.find("*/").map_or(0, |end| end + 2);
        let (head, sql) = self.text.split_at(body);
        // the header becomes blank lines: `$name` in its texts is not a parameter
        let mut out: String = head.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        let mut rest = sql;
        while let Some(at) = rest.find(['$', '\'', '"', '-']) {
            out.push_str(rest.get(..at).unwrap_or_default());
            let tail = rest.get(at..).unwrap_or_default();
            let skip = match tail.as_bytes() {
                [b'-', b'-', ..] => tail.find('\n').unwrap_or(tail.len()),
                [quote @ (b'\'' | b'"'), ..] => {
                    tail.get(1..).and_then(|t| t.find(char::from(*quote))).map_or(tail.len(), |end| end + 2)
                }
                [b'$', ..] => 0,
                _ => 1,
            };
            if skip > 0 {
                out.push_str(tail.get(..skip).unwrap_or(tail));
                rest = tail.get(skip..).unwrap_or_default();
                continue;
            }
            let name_len = tail
                .get(1..)
                .map_or(0, |t| t.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(t.len()));
            let name = tail.get(1..=name_len).unwrap_or_default();
            let value = params.get(name).or_else(|| self.header.params.get(name)).ok_or_else(|| {
                let (line, column) = line_and_column(&self.text, self.text.len() - tail.len());
                Error::usage(format!("rule `{}` uses an unknown parameter", self.id))
                    .at(format!("{}:{line}:{column}", self.place))
                    .because(ErrorText(format!("`${name}` is not in `params`")))
                    .hint(format!("add `params = {{ {name} = … }}` to the header"))
            })?;
            out.push_str(&format!("{:<width$}", literal(value), width = name_len + 1));
            rest = tail.get(name_len + 1..).unwrap_or_default();
        }
        out.push_str(rest);
        Ok(out)
    }

    /// Returns the sentence of a finding and the advice in English, and all texts in Chinese. `fill` returns the
    /// value of a column as text.
    pub fn sentences(&self, fill: &dyn Fn(&str) -> Option<String>) -> (String, String, Zh) {
        let header = &self.header;
        let advised = |name: &str| fill(name).map(|text| harmless(&text));
        let zh = Zh {
            title: header.zh.title.clone(),
            summary: header.zh.finding.as_deref().map(|text| filled(text, fill)),
            why: header.zh.why.clone(),
            advice: header.zh.advice.as_deref().map(|text| filled(text, &advised)),
        };
        (filled(&header.finding, fill), filled(&header.advice, &advised), zh)
    }

    /// Returns the columns that the sentences of a finding name.
    pub fn placeholders(&self) -> Vec<String> {
        let mut names = Vec::new();
        let header = &self.header;
        let english = [Some(header.finding.as_str()), Some(header.advice.as_str())];
        let chinese = [header.zh.finding.as_deref(), header.zh.advice.as_deref()];
        for text in english.into_iter().chain(chinese).flatten() {
            let mut rest = text;
            while let Some((_, tail)) = rest.split_once('{') {
                let Some((name, after)) = tail.split_once('}') else { break };
                names.push(name.to_owned());
                rest = after;
            }
        }
        names
    }
}

fn filled(text: &str, fill: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = tail.split_once('}') else {
            out.push('{');
            rest = tail;
            continue;
        };
        out.push_str(fill(name).as_deref().unwrap_or("?"));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Returns a value that people may paste into a shell or a statement: characters that could end a quotation or
/// begin a command are replaced.
fn harmless(text: &str) -> String {
    let is_harmless = |c: char| {
        !c.is_control() && !matches!(c, '\'' | '"' | '`' | '$' | ';' | '|' | '&' | '<' | '>' | '\\')
    };
    text.chars().map(|c| if is_harmless(c) { c } else { '?' }).collect()
}

/// Returns a TOML value as an SQL literal.
fn literal(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => format!("'{}'", quoted(text)),
        toml::Value::Array(items) => {
            format!("({})", items.iter().map(literal).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Parses a test file.
pub fn parse_test(text: &str, place: &str) -> Result<RuleTest> {
    toml::from_str(text).map_err(|error| {
        let (line, column) = line_and_column(text, error.span().map_or(0, |span| span.start));
        Error::usage("cannot read a rule test")
            .at(format!("{place}:{line}:{column}"))
            .because(ErrorText(error.message().to_owned()))
            .hint("a case has `name`, `expect`, and lines in `business`, `standard`, `event`, `audit` or `state`")
    })
}
