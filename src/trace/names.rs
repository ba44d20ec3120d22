//! Names in texts: the addresses that an error says it could not reach, and what may be the name
//! of a Kubernetes object. Reading alone; what a name stands for is told by the topology.

use std::collections::BTreeSet;

/// A name with the namespace that its text tells, if any.
pub type Named = (Option<String>, String);

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

/// Returns the Services and hosts that a text names as addresses: `payments-db:5432`,
/// `http://pay-api/…`, `payments-db.payments.svc`, `lookup inventory on 10.0.0.10:53`; and of the
/// names in `known` those that cannot be an ordinary word.
pub fn addresses(text: &str, known: &dyn Fn(&str) -> bool) -> BTreeSet<Named> {
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
        let is_known = name.contains('-') && known(name);
        // `orders-db.orders` is a Service in a namespace; `10.yaml:12` and `api.go:88` are no hosts
        let is_file = matches!(namespace, Some("go" | "py" | "rs" | "js" | "ts" | "java" | "yaml" | "yml"));
        if (is_service || is_host || is_known) && !is_file {
            let namespace = if kind.is_none() || is_service { namespace } else { None };
            found.insert((namespace.map(str::to_owned), name.to_owned()));
        }
    }
    found
}

/// Returns what may be the name of an object: quoted, or with a `-` or `.` inside.
pub fn objects(text: &str) -> BTreeSet<String> {
    words(text)
        .filter(|word| {
            let quoted =
                word.before.ends_with(['"', '\'', '`', '“']) && word.after.starts_with(['"', '\'', '`', '”']);
            is_dns_name(word.text) && (quoted || word.text.contains(['-', '.']))
        })
        .map(|word| word.text.to_owned())
        .collect()
}
