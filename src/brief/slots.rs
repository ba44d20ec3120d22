//! Slots: `{T1.cause.who}` in a sentence is a place for a value of a fact, which the program fills in. The
//! names of the values are the keys of the fact's line.

use crate::brief::facts::Fact;
use crate::brief::notation::grouped;
use crate::brief::pattern::regex;
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

static SLOT: LazyLock<Regex> = regex!(r"\{\{?\s*([A-Z]\d*)((?:\.[A-Za-z_]+|\.\d+)+)\s*\}?\}");
/// What is left of a slot that is not one.
static BRACES: LazyLock<Regex> = regex!(r"\{[^{}]{0,60}\}");

/// Returns a text with its slots filled, and the ids of the facts that they name.
pub(crate) fn fill(text: &str, facts: &[Fact]) -> Result<(String, Vec<String>), String> {
    let (mut filled, mut ids, mut end) = (String::new(), Vec::new(), 0);
    for found in SLOT.captures_iter(text) {
        let Some(all) = found.get(0) else { continue };
        let fact = facts.iter().find(|fact| fact.slot == found[1]);
        let fact = fact.ok_or_else(|| format!("`{}` is the value of no fact", &found[0]))?;
        let value = value_at(fact, &found[2]).ok_or_else(|| {
            let names: Vec<&str> = fact.line.keys().map(String::as_str).collect();
            format!("`{}` is no value: {} has {}", &found[0], fact.slot, names.join(", "))
        })?;
        filled.push_str(text.get(end..all.start()).unwrap_or_default());
        filled.push_str(&value);
        end = all.end();
        ids.push(fact.id.clone());
    }
    filled.push_str(text.get(end..).unwrap_or_default());
    match BRACES.find(&filled).filter(|found| found.as_str().contains('.')) {
        Some(found) => Err(format!("`{}` is the value of no fact", found.as_str())),
        None => Ok((filled, ids)),
    }
}

/// A slot of a text: which fact, which value, and its bytes in the text.
pub(crate) struct Slot<'t> {
    /// `F1`.
    pub fact: &'t str,
    /// `details.peer`.
    pub path: &'t str,
    pub range: std::ops::Range<usize>,
}

/// Returns the slots of a text in their order.
pub(crate) fn all(text: &str) -> Vec<Slot<'_>> {
    let slots = SLOT.captures_iter(text).filter_map(|found| {
        let (fact, path) = (found.get(1)?.as_str(), found.get(2)?.as_str());
        Some(Slot { fact, path: path.trim_start_matches('.'), range: found.get(0)?.range() })
    });
    slots.collect()
}

/// Returns a text without its slots: the words that its writer chose.
pub(crate) fn without(text: &str) -> String {
    SLOT.replace_all(text, " ").into_owned()
}

/// Letters of a writer's own beside a message of a log; a Chinese character counts as three.
const OWN_LETTERS: usize = 10;

/// Returns what a writer is answerable for: its own words and, as a log must not write a brief, the values that are
/// whole log lines, or messages that stand alone.
pub(crate) fn written(text: &str, filled: &str) -> String {
    let own = without(text);
    let size: usize =
        own.chars().filter(|c| c.is_alphanumeric()).map(|c| if c.is_ascii() { 1 } else { 3 }).sum();
    let is_line = |slot: &Slot<'_>| slot.path.starts_with("samples") || slot.path.starts_with("rows");
    let messages = ["said", "details", "what", "failed"];
    let is_message = |slot: &Slot<'_>| messages.iter().any(|key| slot.path.starts_with(key));
    let slots = all(text);
    match slots.iter().any(is_line) || size < OWN_LETTERS && slots.iter().any(is_message) {
        true => filled.to_owned(),
        false => own,
    }
}

/// Returns the value of a slot as it is filled in.
pub(crate) fn value(slot: &Slot<'_>, facts: &[&Fact]) -> Option<String> {
    value_at(facts.iter().find(|fact| fact.slot == slot.fact)?, slot.path)
}

/// Returns the value under the names of a path: items of a list are counted from 1.
fn value_at(fact: &Fact, path: &str) -> Option<String> {
    let mut names = path.split('.').filter(|name| !name.is_empty());
    let mut value = fact.line.get(names.next()?)?;
    for name in names {
        value = match value {
            Value::Array(items) => items.get(name.parse::<usize>().ok()?.checked_sub(1)?)?,
            other => other.get(name)?,
        };
    }
    match value {
        Value::String(text) => Some(text.trim_end_matches(['.', '。']).to_owned()),
        Value::Number(number) => Some(grouped(number)),
        Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            texts.map(|texts| texts.join(", "))
        }
        _ => None,
    }
}
