//! Audit events that a collector keeps in one member of its record, `kubernetes.audit` of Elastic Agent and
//! others: whether a name is such a member's, and the event taken out of it. Must not know what the members
//! mean.

use crate::leaf::audit::{marks, rebuild};
use crate::text::fields::bare;
use crate::text::json::{members, members_of, text_of};
use memchr::memmem::Finder;
use model::record::{Attrs, Text};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Prepared once: the end of every holder's name.
static HOLDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("audit\":"));

/// The member, in its bare spelling, and beginnings of it that other members have too.
const NAMES: [&str; 6] = ["audit", "kubernetesaudit", "k8saudit", "kubeaudit", "auditevent", "auditlog"];
const OUTERS: [&str; 3] = ["kubernetes", "k8s", "kube"];

/// Returns true for the name of a member that may be an audit event.
pub(super) fn is_holder(name: &str) -> bool {
    NAMES.contains(&bare(name).as_str())
}

/// Returns true for the name of an object that may have such a member.
pub(super) fn is_outer(name: &str) -> bool {
    OUTERS.contains(&name)
}

/// Returns the rest of a flattened name, `verb` of `kubernetes.audit.verb`.
pub(super) fn after(name: &str) -> Option<&str> {
    let name = name.strip_prefix("kubernetes.").or_else(|| name.strip_prefix("k8s.")).unwrap_or(name);
    name.strip_prefix("audit.")
}

/// Returns true if a line holds an audit event as an object of one of its members.
pub fn is_held(text: &str) -> bool {
    HOLDER.find(text.as_bytes()).is_some() && marks::is_event(text) && out_of(text).is_some()
}

/// Returns the event that a line holds, with the other members that an event does not have.
pub(super) fn out_of(text: &str) -> Option<String> {
    let (mut event, mut others) = (None, Vec::new());
    let mut flat = Attrs::default();
    for (key, value) in members(text).ok()? {
        if let Some(name) = after(&key) {
            flat.raw(name, value);
        } else if is_holder(&key) && event.is_none() {
            event = object(value);
        } else if is_outer(&key) && event.is_none() {
            let inner = members_of(value).find(|(key, _)| is_holder(key));
            event = inner.and_then(|(_, value)| object(value));
            others.extend(members_of(value).filter(|(key, _)| !is_holder(key)));
        } else {
            others.push((key, value));
        }
    }
    let event: Text<'_> = match event {
        Some(event) => event,
        None => Cow::Owned(flat.into_json()?),
    };
    let mut seen = HashSet::new();
    let mut json = Attrs::default();
    for (key, value) in members_of(&event).chain(others.into_iter().filter(|(key, _)| !rebuild::is_name(key)))
    {
        if seen.insert(key.clone()) {
            json.raw(&key, value);
        }
    }
    json.into_json()
}

/// Returns an object, or the one that a text holds.
fn object(value: &str) -> Option<Text<'_>> {
    match value.starts_with('"') {
        true => text_of(value).filter(|text| text.starts_with('{') && members(text).is_ok()),
        false => value.starts_with('{').then_some(Cow::Borrowed(value)),
    }
}
