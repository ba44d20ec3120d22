//! Names in texts: the addresses that an error says it could not reach, and what may be the name
//! of a Kubernetes object. Reading alone; what a name stands for is told by the topology.

use model::entity::workload_of_pod;
use std::collections::{BTreeMap, BTreeSet};

/// A namespace and a name in it.
pub type Named = (String, String);

/// The names of workloads and Services, with the namespaces they are in.
#[derive(Clone, Debug, Default)]
pub struct Known(BTreeMap<String, BTreeSet<String>>);

impl Known {
    /// Adds a name.
    pub fn add(&mut self, namespace: String, name: String) {
        self.0.entry(name).or_default().insert(namespace);
    }

    /// Returns the namespace that a bare name means to somebody in `own`: their own, unless only
    /// one other has it (an alias, a search domain).
    fn namespace_of<'n>(&'n self, name: &str, own: &'n str) -> &'n str {
        match self.0.get(name) {
            Some(namespaces) if !namespaces.contains(own) && namespaces.len() == 1 => {
                namespaces.first().map_or(own, String::as_str)
            }
            _ => own,
        }
    }
}

/// A run of characters that names are made of, with what stands around it.
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

/// Tells a DNS label or subdomain of lower-case letters, digits, `-` and `.`, with a letter.
fn is_dns_name(text: &str) -> bool {
    (2..=253).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
        && text.bytes().any(|b| b.is_ascii_lowercase())
}

/// Returns the Services and hosts that a text of somebody in the namespace `own` names as
/// addresses: `payments-db:5432`, `http://pay-api/…`, `payments-db.payments.svc`, `lookup inventory
/// on 10.0.0.10:53`; and of the known names those that cannot be an ordinary word.
pub fn addresses(text: &str, own: &str, known: &Known) -> BTreeSet<Named> {
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
            || ["lookup ", "host ", "host: ", "resolve "].iter().any(|lead| word.before.ends_with(lead))
            || ["hostname ", "upstream "].iter().any(|lead| word.before.ends_with(lead));
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

/// Returns what may be the name of an object: quoted, or with a `-` or `.` inside; with its
/// namespace where it is told, as in `ci/image-rescan`.
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
        // `policy-guard.policy.svc` is called `policy-guard` where it stands, a pod after its workload
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
