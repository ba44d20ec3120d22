//! Where a field of a Sigma rule is found: a column, a value in the JSON of a request, or a key anywhere in it. The
//! names are data: `sql/rules/sigma.toml`.

use crate::query::literal::quoted;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

const TABLE: &str = include_str!("../../../../sql/rules/sigma.toml");

/// Fields of Kubernetes objects that hold lists: what is below them is searched in the text of the list.
const LISTS: [&str; 19] = [
    "add",
    "args",
    "command",
    "containers",
    "drop",
    "env",
    "ephemeralContainers",
    "hostAliases",
    "imagePullSecrets",
    "initContainers",
    "items",
    "ownerReferences",
    "ports",
    "rules",
    "subjects",
    "tolerations",
    "volumeMounts",
    "volumes",
    "webhooks",
];

/// How values of a field are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Exactly: Kubernetes writes it in lower case.
    Name,
    /// In any case.
    Text,
    /// As a number.
    Number,
    /// Each item of a list.
    List,
    /// As the value of `key` within a JSON text.
    Within,
}

/// A field of a Sigma rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The column, or an expression.
    pub sql: String,
    /// How its values are compared.
    pub kind: Kind,
    /// For [`Kind::Within`]: the key; empty for any value.
    pub key: String,
    /// Path in the audit event, `.` between keys; numbers are places in lists.
    pub path: String,
    /// Conditions of words that stand where a number should.
    pub words: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Known {
    field: Vec<KnownField>,
    prefix: Vec<KnownPrefix>,
    anywhere: Vec<KnownKey>,
}

#[derive(Deserialize)]
struct KnownField {
    sigma: Vec<String>,
    sql: String,
    kind: Kind,
    path: String,
    #[serde(default)]
    words: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct KnownPrefix {
    sigma: String,
    sql: String,
    path: String,
}

#[derive(Deserialize)]
struct KnownKey {
    sigma: String,
    path: String,
}

/// Returns the field of a name; `None` if the audit table has nothing like it.
pub fn field(name: &str) -> Option<Field> {
    static KNOWN: OnceLock<Option<Known>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| toml::from_str(TABLE).ok()).as_ref()?;
    let name = name.replace('\\', "");
    let of_name = known.field.iter().find(|field| field.sigma.contains(&name));
    if let Some(KnownField { sql, kind, path, words, .. }) = of_name {
        let (sql, path, words) = (sql.clone(), path.clone(), words.clone());
        return Some(Field { sql, kind: *kind, key: String::new(), path, words });
    }
    if let Some(key) = known.anywhere.iter().find(|key| key.sigma == name) {
        return Some(within("request".into(), name, key.path.clone()));
    }
    if let Some(key) = name.strip_prefix("annotations.") {
        // keys of annotations contain dots
        let (sql, path) = (format!("(attrs->'annotations'->>'{}')", quoted(key)), key.replace('.', "~"));
        let path = format!("annotations.{path}");
        return Some(Field { sql, kind: Kind::Text, key: String::new(), path, words: BTreeMap::new() });
    }
    let prefix = known.prefix.iter().find(|prefix| name.starts_with(&prefix.sigma))?;
    Some(below(prefix, name.strip_prefix(&prefix.sigma)?))
}

/// Returns a value below an object.
fn below(prefix: &KnownPrefix, path: &str) -> Field {
    let keys: Vec<&str> =
        path.split('.').map(|key| key.trim_end_matches("[]").trim_end_matches("[*]")).collect();
    let list = keys.iter().position(|key| LISTS.contains(key));
    let read = keys.get(..=list.unwrap_or(keys.len() - 1)).unwrap_or(&keys);
    let mut sql = prefix.sql.clone();
    for (at, key) in read.iter().enumerate() {
        let arrow = if at + 1 == read.len() { "->>" } else { "->" };
        sql.push_str(&format!("{arrow}'{}'", quoted(key)));
    }
    let sql = format!("({sql})"); // engines differ in how tightly JSON operators bind
    let mut event_path = prefix.path.clone();
    for key in &keys {
        event_path.push_str(&format!(".{key}"));
        if LISTS.contains(key) {
            event_path.push_str(".0");
        }
    }
    match list {
        // a value of the list itself, or of a key of its items
        Some(at) if at + 1 == keys.len() => within(sql, String::new(), event_path),
        Some(_) => within(sql, keys.last().map_or_else(String::new, |key| (*key).to_owned()), event_path),
        None => Field { sql, kind: Kind::Text, key: String::new(), path: event_path, words: BTreeMap::new() },
    }
}

fn within(sql: String, key: String, path: String) -> Field {
    Field { sql, kind: Kind::Within, key, path, words: BTreeMap::new() }
}
