//! Whether texts quote what an operation changed: the image that cannot be pulled, the variable that is not set,
//! the host that exists in the new configuration alone, the quota that is exceeded. Knows no mechanism.

use crate::analysis::trace::operations::LinkedOperation;
use std::collections::BTreeSet;

/// Shortest word that sets one value apart from another: `1.6.0`, `SMTP_HOST`.
const LEAST_CHARS: usize = 4;
/// Shortest word of letters alone: shorter ones are words of any message.
const LEAST_LETTERS: usize = 5;

/// Returns true if a text quotes a value that the operation set or removed, or the object that it created or
/// deleted.
pub fn quotes_change(operation: &LinkedOperation, text: &str) -> bool {
    let words: BTreeSet<&str> = words(text).collect();
    let change = &operation.change;
    let is_gone = operation.verb.starts_with("delete") && operation.object.resource != "pods";
    // workloads and Services are named by every error about them, changed or not
    let is_rule = matches!(operation.class.as_str(), "quota" | "webhook" | "config" | "storage" | "rbac");
    let name = operation.object.name.as_str();
    let has_name =
        || words.contains(name) || words.iter().any(|word| word.starts_with(name) && is_name_end(word, name));
    if (is_gone || operation.is_creation || is_rule) && is_distinctive(name) && has_name() {
        return true;
    }
    change.fields.iter().any(|field| {
        let old: BTreeSet<&str> = field.old.iter().flat_map(|old| self::words(old)).collect();
        let new = field.new.iter().flat_map(|new| self::words(new)).filter(|word| !old.contains(word));
        let key = field.new.is_none().then(|| key_of(&field.path)).flatten();
        // errors about a workload name it whatever was changed
        let is_own = |word: &str| word == name || Some(word) == operation.workload.as_deref();
        new.chain(key).any(|word| is_distinctive(word) && !is_own(word) && words.contains(word))
    })
}

/// Returns true for a host that begins with the name: `redis-stock.data`.
fn is_name_end(word: &str, name: &str) -> bool {
    word.as_bytes().get(name.len()) == Some(&b'.')
}

/// Returns the key of the item that a path ends with.
fn key_of(path: &str) -> Option<&str> {
    path.rsplit_once('[')?.1.split(']').next()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.split(move |c| !is_part(c)).map(|word| word.trim_matches(['.', '-'])).filter(|word| !word.is_empty())
}

fn is_distinctive(word: &str) -> bool {
    let letters = word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    word.len() >= if letters { LEAST_LETTERS } else { LEAST_CHARS } && !digits
}
