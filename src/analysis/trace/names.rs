//! Names in log text: the addresses that an error could not reach, the names of Kubernetes objects,
//! and uids. The lake's topology says which names exist.

use crate::query::engine::Engine;
use crate::query::rows::rows;
use model::entity::workload_of_pod;
use model::error::Result;
use std::collections::{BTreeMap, BTreeSet};

/// A namespace and a name in it.
pub type Named = (String, String);

/// The names of workloads and Services, each with the namespaces that have it.
#[derive(Clone, Debug, Default)]
pub struct KnownNames(BTreeMap<String, BTreeSet<String>>);

impl KnownNames {
    /// Loads the names from the table `topology`.
    pub async fn load(engine: &Engine) -> Result<Self> {
        let sql = "select distinct namespace, workload as name from topology where workload is not null
                   union select distinct namespace, name from topology where kind = 'Service'";
        let mut known = Self::default();
        for row in rows(&engine.query(sql).await?) {
            if let (Some(namespace), Some(name)) = (row.non_empty("namespace"), row.non_empty("name")) {
                known.0.entry(name.to_owned()).or_default().insert(namespace.to_owned());
            }
        }
        Ok(known)
    }

    /// Returns true if a workload or Service has that name there.
    pub fn has(&self, namespace: &str, name: &str) -> bool {
        self.0.get(name).is_some_and(|namespaces| namespaces.contains(namespace))
    }

    /// Returns the namespace of a bare name in a text from the namespace `own`: `own`, unless the
    /// name exists in exactly one other namespace (an alias, a search domain).
    fn namespace_of<'n>(&'n self, name: &str, own: &'n str) -> &'n str {
        match self.0.get(name) {
            Some(namespaces) if !namespaces.contains(own) && namespaces.len() == 1 => {
                namespaces.first().map_or(own, String::as_str)
            }
            _ => own,
        }
    }
}

/// Words after which a text names a host: of resolvers, clients and runtimes.
const LEADS: [&str; 12] = [
    "lookup",
    "host",
    "hostname",
    "resolve",
    "upstream",
    "address",
    "enotfound",
    "eai_again",
    "econnrefused",
    "unknownhostexception",
    "unresolvedaddressexception",
    "dial tcp",
];

/// Returns true if a text ends with a word in any case, and a space, colon or `=` after it.
fn ends_with_word(text: &str, word: &str) -> bool {
    let head = text.trim_end_matches([' ', ':', '=', '\'', '"']);
    head.len() < text.len()
        && head.len() >= word.len()
        && head.get(head.len() - word.len()..).is_some_and(|end| end.eq_ignore_ascii_case(word))
}

/// A run of characters that names consist of, with the text around it.
struct Word<'t> {
    before: &'t str,
    text: &'t str,
    after: &'t str,
}

fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text.get(from..)?.find(part)?;
        let rest = text.get(start..)?;
        let end = start + rest.find(|c| !part(c)).unwrap_or(rest.len());
        from = end;
        Some(Word {
            before: text.get(..start)?,
            text: text.get(start..end)?.trim_matches(['.', '-']),
            after: text.get(end..)?,
        })
    })
}

/// Returns true for a DNS label or subdomain: lower-case letters, digits, `-` and `.`, at least one letter.
fn is_dns_name(text: &str) -> bool {
    (2..=253).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
        && text.bytes().any(|b| b.is_ascii_lowercase())
}

/// Returns the Services and hosts that a text from the namespace `own` names as addresses:
/// `payments-db:5432`, `http://pay-api/…`, `payments-db.payments.svc`, `lookup inventory on
/// 10.0.0.10:53`; and the known names with a `-`, which cannot be ordinary words.
pub fn addresses(text: &str, own: &str, known: &KnownNames) -> BTreeSet<Named> {
    let mut found = BTreeSet::new();
    for word in words(text).filter(|word| is_dns_name(word.text)) {
        let mut labels = word.text.split('.');
        let Some(name) = labels.next().filter(|name| name.bytes().any(|b| b.is_ascii_lowercase())) else {
            continue;
        };
        let (namespace, kind) = (labels.next(), labels.next());
        let is_service = matches!(kind, Some("svc"));
        let has_port =
            word.after.strip_prefix(':').is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()));
        let is_host = has_port
            || ["//", "@"].iter().any(|lead| word.before.ends_with(lead))
            || LEADS.iter().any(|lead| ends_with_word(word.before, lead));
        let is_known = name.contains('-') && known.0.contains_key(name);
        // `orders-db.orders` is a Service in a namespace; `10.yaml:12` and `api.go:88` are no hosts
        let is_file = matches!(namespace, Some("go" | "py" | "rs" | "js" | "ts" | "java" | "yaml" | "yml"));
        if (is_service || is_host || is_known) && !is_file {
            let namespace = if kind.is_none() || is_service { namespace } else { None };
            let namespace = namespace.unwrap_or_else(|| known.namespace_of(name, own));
            found.insert((namespace.to_owned(), name.to_owned()));
        }
    }
    found
}

/// Returns possible names of objects: words in quotes, or with a `-` or `.` inside. With the
/// namespace where the text has it, as in `ci/image-rescan`.
pub fn objects(text: &str) -> BTreeSet<(Option<String>, String)> {
    let mut found = BTreeSet::new();
    for word in words(text).filter(|word| is_dns_name(word.text)) {
        let is_quoted =
            word.before.ends_with(['"', '\'', '`', '“']) && word.after.starts_with(['"', '\'', '`', '”']);
        if !is_quoted && !word.text.contains(['-', '.']) {
            continue;
        }
        let lead = word.before.strip_suffix('/').map(|before| {
            before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).next().unwrap_or("")
        });
        let namespace = lead.filter(|lead| is_dns_name(lead)).map(str::to_owned);
        // the object of `policy-guard.policy.svc` is `policy-guard`; a pod is named after its workload
        let label = word.text.split('.').next().filter(|label| label.contains('-'));
        let owner = workload_of_pod(word.text, None);
        for name in [Some(word.text), label, Some(owner)].into_iter().flatten() {
            found.insert((namespace.clone(), name.to_owned()));
        }
    }
    found
}

/// Returns the uids in a text.
pub fn uids(text: &str) -> impl Iterator<Item = &str> {
    let is_uid = |word: &str| {
        word.len() == 36
            && word.bytes().enumerate().all(|(at, b)| match at {
                8 | 13 | 18 | 23 => b == b'-',
                _ => b.is_ascii_hexdigit(),
            })
    };
    words(text).map(|word| word.text).filter(move |word| is_uid(word))
}
