//! Statements that clients send beside queries, and that need no engine: transactions, which have no effect since
//! nothing is written, and settings, most of which have none either.

use crate::query::pg_catalog::settings::setting;
use crate::query::script::{self, Part};

/// A statement that is answered without the engine.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Has no effect; the text ends it.
    Done(&'static str),
    /// Begins a transaction.
    Begin(&'static str),
    /// Ends a transaction.
    End(&'static str),
    /// Closes a prepared statement; `None` is all.
    Deallocate(Option<String>),
    /// Shows a setting.
    Show(&'static str, &'static str),
    /// Names a setting that does not exist.
    Unknown(String),
}

/// First words of such statements; others are not split into words.
const FIRST_WORDS: [&str; 16] = [
    "begin",
    "start",
    "commit",
    "end",
    "rollback",
    "abort",
    "savepoint",
    "release",
    "discard",
    "deallocate",
    "close",
    "listen",
    "unlisten",
    "reset",
    "set",
    "show",
];

/// Returns what a statement requests; `None` if the engine has to run it.
pub fn of(sql: &str) -> Option<Command> {
    if !FIRST_WORDS.iter().any(|word| first_word(sql).eq_ignore_ascii_case(word)) {
        return None;
    }
    let words = words(sql);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Some(match words[..] {
        ["begin", ..] => Command::Begin("BEGIN"),
        ["start", "transaction", ..] => Command::Begin("START TRANSACTION"),
        ["commit" | "end", ..] => Command::End("COMMIT"),
        ["rollback", "to", ..] => Command::Done("ROLLBACK"),
        ["rollback" | "abort", ..] => Command::End("ROLLBACK"),
        ["savepoint", ..] => Command::Done("SAVEPOINT"),
        ["release", ..] => Command::Done("RELEASE"),
        ["discard", ..] => Command::Deallocate(None),
        ["deallocate", "all"] | ["deallocate", "prepare", "all"] => Command::Deallocate(None),
        ["deallocate", "prepare", name] | ["deallocate", name] => Command::Deallocate(Some(name.to_owned())),
        ["close", ..] => Command::Done("CLOSE CURSOR"),
        ["listen", ..] => Command::Done("LISTEN"),
        ["unlisten", ..] => Command::Done("UNLISTEN"),
        ["reset", "all"] => Command::Done("RESET"),
        ["reset", ref name @ ..] => known(name).map_or_else(unknown(name), |_| Command::Done("RESET")),
        ["set", "session", "characteristics", ..] | ["set", "transaction", ..] => Command::Done("SET"),
        ["set", "session" | "local", ref name @ ..] | ["set", ref name @ ..] => {
            known(name).map_or_else(unknown(name), |_| Command::Done("SET"))
        }
        ["show", ref name @ ..] => {
            let (name, value) = known(name)?; // the engine shows tables, columns and functions
            Command::Show(name, value)
        }
        _ => return None,
    })
}

/// Returns the first word of a statement; comments may precede it.
fn first_word(mut sql: &str) -> &str {
    loop {
        sql = sql.trim_start();
        let comment = sql.strip_prefix("--").map(|rest| rest.split_once('\n'));
        let comment = comment.or_else(|| Some(sql.strip_prefix("/*")?.split_once("*/")));
        match comment {
            Some(rest) => sql = rest.map_or("", |(_, rest)| rest),
            None => break,
        }
    }
    &sql[..sql.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(sql.len())]
}

fn unknown(name: &[&str]) -> impl FnOnce() -> Command {
    let name = name.first().copied().unwrap_or_default().to_owned();
    || Command::Unknown(name)
}

/// Returns the setting that words begin with.
fn known(words: &[&str]) -> Option<(&'static str, &'static str)> {
    let name = match words {
        ["time", "zone", ..] => "timezone",
        ["transaction", "isolation", "level"] => "transaction_isolation",
        ["names", ..] => "client_encoding",
        ["session", "authorization", ..] => "role",
        [name, ..] => name,
        [] => return None,
    };
    setting(name)
}

/// Returns the words of a statement in lower case, and names in quotes as they are.
fn words(sql: &str) -> Vec<String> {
    let parts = script::parts(sql).into_iter();
    let words = parts.filter_map(|(range, part)| {
        let text = &sql[range];
        match part {
            Part::Word => Some(text.to_ascii_lowercase()),
            Part::Other => text.strip_prefix('"').map(|name| name.trim_end_matches('"').to_owned()),
            Part::Literal => None,
        }
    });
    words.collect()
}
