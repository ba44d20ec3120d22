//! Completion: which names can follow what has been typed. Must not know the terminal.

use crate::cli::Result;
use crate::cli::sql::command;
use crate::cli::sql::console::{Console, command_of};
use crate::query::rows::rows;
use crate::query::script::{self, Part};
use std::collections::{BTreeMap, BTreeSet};

/// Keywords of statements that read.
pub const KEYWORDS: [&str; 66] = [
    "all",
    "and",
    "any",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "cast",
    "cross",
    "current_date",
    "current_timestamp",
    "desc",
    "describe",
    "distinct",
    "else",
    "end",
    "except",
    "exists",
    "explain",
    "false",
    "filter",
    "first",
    "following",
    "from",
    "full",
    "group",
    "having",
    "ilike",
    "in",
    "inner",
    "intersect",
    "interval",
    "is",
    "join",
    "last",
    "left",
    "like",
    "limit",
    "not",
    "null",
    "nulls",
    "offset",
    "on",
    "or",
    "order",
    "outer",
    "over",
    "partition",
    "preceding",
    "qualify",
    "range",
    "right",
    "rows",
    "select",
    "similar",
    "then",
    "timestamp",
    "true",
    "union",
    "unnest",
    "using",
    "values",
    "when",
    "where",
    "with",
];

/// Keywords after which a table follows.
const BEFORE_TABLE: [&str; 4] = ["from", "join", "describe", "into"];

/// Names that a statement can have.
pub struct Names {
    /// Columns of each table and view, in order.
    tables: BTreeMap<String, Vec<String>>,
    functions: BTreeSet<String>,
}

impl Names {
    /// Reads the names of a session.
    pub fn of(console: &Console<'_>) -> Result<Self> {
        let columns = console.query(
            "select table_name, column_name from information_schema.columns where table_schema = 'public'
             order by table_name, ordinal_position",
        )?;
        let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in rows(&columns) {
            if let (Some(table), Some(column)) = (row.text("table_name"), row.text("column_name")) {
                tables.entry(table.to_owned()).or_default().push(column.to_owned());
            }
        }
        let functions = console.query("select distinct routine_name from information_schema.routines")?;
        let functions =
            rows(&functions).filter_map(|row| row.text("routine_name").map(str::to_owned)).collect();
        Ok(Self { tables, functions })
    }

    /// Returns where the word at `at` begins, and what it can become, most likely first.
    pub fn complete(&self, text: &str, at: usize) -> (usize, Vec<String>) {
        let before = &text[..at];
        if let Some((_, line)) = command_of(before) {
            let begin = at - line.trim_start().len();
            let line = &before[begin..];
            return match line.rfind(' ') {
                None => (begin, matching(line, command::names())),
                Some(space) if line.starts_with("\\d") => {
                    let tables = self.tables.keys().map(String::as_str);
                    (begin + space + 1, matching(&line[space + 1..], tables))
                }
                Some(_) => (at, Vec::new()),
            };
        }
        let begin = before.rfind(|c: char| !is_name(c)).map_or(0, |at| at + char_length(before, at));
        (begin, self.candidates(text, &before[..begin], &before[begin..]))
    }

    fn candidates(&self, text: &str, before: &str, word: &str) -> Vec<String> {
        let words = words(text);
        if let Some(qualifier) = before.strip_suffix('.') {
            let begin =
                qualifier.rfind(|c: char| !is_name(c)).map_or(0, |at| at + char_length(qualifier, at));
            let own = self.table_of(&words, &qualifier[begin..]);
            let tables = self.tables.iter().filter(|(table, _)| own.is_none_or(|own| own == *table));
            return matching(word, tables.flat_map(|(_, columns)| columns).map(String::as_str));
        }
        let last = before.split_whitespace().next_back().unwrap_or_default().to_lowercase();
        let tables = self.tables.keys().map(String::as_str);
        if BEFORE_TABLE.contains(&last.as_str()) {
            return matching(word, tables);
        }
        let named: Vec<&String> = words.iter().filter_map(|word| self.tables.get(word)).flatten().collect();
        let is_unclear = named.is_empty();
        let all = self.tables.values().flatten().filter(|_| is_unclear);
        let columns = named.into_iter().chain(all).map(String::as_str);
        if word.is_empty() {
            return matching(word, columns);
        }
        let functions = self.functions.iter().map(String::as_str);
        matching(word, columns.chain(tables).chain(KEYWORDS).chain(functions))
    }

    /// Returns the table that a name in front of a column means: the table itself, or its alias.
    fn table_of<'w>(&self, words: &'w [String], qualifier: &str) -> Option<&'w str> {
        let qualifier = qualifier.to_lowercase();
        let is_alias = |rest: &[String]| {
            let rest = if rest.first().is_some_and(|word| word == "as") { &rest[1..] } else { rest };
            rest.first() == Some(&qualifier)
        };
        let mut tables = words.iter().enumerate().filter(|(_, word)| self.tables.contains_key(*word));
        let (_, table) = tables.find(|(at, word)| **word == qualifier || is_alias(&words[at + 1..]))?;
        Some(table)
    }
}

/// Returns the words of a text in lower case.
fn words(text: &str) -> Vec<String> {
    let words = script::parts(text).into_iter().filter(|(_, part)| *part == Part::Word);
    words.map(|(range, _)| text[range].to_lowercase()).collect()
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn char_length(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

/// Returns the names that begin with a word, each once. A word in capitals stays in capitals.
fn matching<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let lower = word.to_lowercase();
    let is_upper = word.len() > 1 && word.chars().all(|c| !c.is_lowercase()) && word != lower;
    let mut found: Vec<String> = Vec::new();
    for name in names.into_iter().filter(|name| name.starts_with(&lower)) {
        let name = if is_upper { name.to_uppercase() } else { name.to_owned() };
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}
