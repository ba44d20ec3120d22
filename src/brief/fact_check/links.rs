//! Links, mentions and markup, none of which a sentence may have, and the commands of advice, which it may.

use crate::brief::claims::narrow;
use crate::brief::fact_check::{Check, CitedSentence, phrases};
use crate::brief::facts::Fact;
use crate::brief::pattern::regex;
use redact::sanitize::sanitize;
use regex::Regex;
use std::sync::LazyLock;

static MARKUP: LazyLock<Regex> = regex!(
    r"(?i)://|\bwww\.|\]\s*\(|!\[|```|<\s*[a-z!/@#]|&#|\bjavascript:|\bdata:[a-z]+/|\bmailto:|\bhxxps?\b|\[\.\]|\bdot (?:com|net|org|cn)\b"
);
static MENTION: LazyLock<Regex> = regex!(r"\S*@\S*");
static DOMAIN: LazyLock<Regex> = regex!(r"(?i)\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b");

/// Fails if a text contains a link, a mention or markup, or anything that could be taken for one.
pub(super) fn check(text: &str, sentence: &CitedSentence<'_>) -> Check {
    let text = narrow(text);
    if let Some(found) = MARKUP.find(&text) {
        return Err(format!("it contains a link or markup: `{}`", sanitize(found.as_str(), 20)));
    }
    for found in MENTION.find_iter(&text) {
        let word = found.as_str().trim_matches(|c: char| !c.is_alphanumeric() && c != '@');
        let is_name = word.contains('@') && !word.starts_with('@') && sentence.is_trusted(word);
        if !is_name {
            return Err(format!("it mentions `{}`", sanitize(found.as_str(), 20)));
        }
    }
    for found in DOMAIN.find_iter(&text) {
        let is_term = phrases::contains(phrases::TERMS, &found.as_str().to_lowercase());
        let is_class = is_class(found.as_str()) && sentence.is_known(found.as_str());
        if !is_term && !is_class && !sentence.is_trusted(found.as_str()) {
            return Err(format!("it contains an address: `{}`", sanitize(found.as_str(), 40)));
        }
    }
    Ok(())
}

/// Returns true for the name of a class, a host within the cluster or a field, none of which is an address.
fn is_class(name: &str) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    let Some(last) = parts.last() else { return false };
    let mut letters = last.chars();
    let is_camel =
        letters.next().is_some_and(|c| c.is_ascii_uppercase()) && letters.any(|c| c.is_ascii_lowercase());
    is_camel && parts.len() > 1 || ["svc", "local", "internal"].contains(last)
}

/// A command, up to the end of its sentence.
static COMMAND: LazyLock<Regex> =
    regex!(r"\b(?:kubectl|helm|openssl|istioctl|crictl|journalctl|select)\s[^。；，`]*[^。；，`.\s]");

/// Returns a text without the commands that the advice of its facts has word for word.
pub(super) fn without_commands(text: &str, cited: &[&Fact]) -> (String, bool) {
    let letters =
        |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let advice = cited.iter().filter_map(|fact| fact.line.get("advice")?.as_array()).flatten();
    let advice: String = advice.filter_map(|one| one.as_str()).map(letters).collect::<Vec<_>>().join(" ");
    let mut has_command = false;
    let rest = COMMAND.replace_all(text, |found: &regex::Captures<'_>| {
        // the command may be followed by words of the sentence
        let words: Vec<&str> = found[0].split(' ').collect();
        let size = (3..=words.len())
            .rev()
            .find(|size| advice.contains(&letters(&words.get(..*size).unwrap_or_default().join(" "))));
        match size {
            Some(size) => {
                has_command = true;
                words.get(size..).unwrap_or_default().join(" ")
            }
            None => found[0].to_owned(),
        }
    });
    (rest.into_owned(), has_command)
}
