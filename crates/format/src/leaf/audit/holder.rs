//! Audit events that a collector keeps in one member of its record, `kubernetes.audit` of Elastic Agent and
//! others: whether a name is such a member's, and the event taken out of it. Must not know what the members
//! mean.

use crate::leaf::audit::rebuild;
use crate::text::fields::bare;
use crate::text::json::{members, members_of, text_of};
use crate::text::json_cursor::Member;
use memchr::memmem::{self, Finder};
use model::record::{Attrs, Text};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Prepared once: the end of every holder's name.
static HOLDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("audit\":"));
static GROUP: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("audit.k8s.io/"));

/// The member, in its bare spelling, and beginnings of it that other members have too.
const NAMES: [&str; 7] =
    ["audit", "kubernetesaudit", "k8saudit", "kubeaudit", "auditevent", "auditlog", "contents"];
const OUTERS: [&str; 3] = ["kubernetes", "k8s", "kube"];

/// Returns true for the name of a member that may be an audit event.
fn is_holder(name: &str) -> bool {
    NAMES.contains(&bare(name).as_str())
}

/// Returns true if a member may hold an event: by its name, or because its value is one as the API server
/// writes it. No such event may stay a text of another record, because it may contain a Secret.
pub(super) fn may_hold(name: &str, value: &str) -> bool {
    let has = |needle: &str| memmem::find(value.as_bytes(), needle.as_bytes()).is_some();
    is_holder(name)
        || (value.starts_with('{') || value.starts_with("\"{")) && has("audit.k8s.io/") && has("auditID")
}

/// Returns the member of an object, `audit` of `kubernetes`, that may hold an event.
fn inner<'v>(name: &str, value: &'v str) -> Option<Member<'v>> {
    let may_be = value.starts_with('{') && (OUTERS.contains(&name) || may_hold(name, value));
    may_be.then(|| members_of(value))?.find(|(name, value)| may_hold(name, value))
}

/// Returns the value of that member.
pub(super) fn within<'v>(name: &str, value: &'v str) -> Option<&'v str> {
    inner(name, value).map(|(_, value)| value)
}

/// Returns the rest of a flattened name, `verb` of `kubernetes.audit.verb`.
pub(super) fn after(name: &str) -> Option<&str> {
    let name = name.strip_prefix("kubernetes.").or_else(|| name.strip_prefix("k8s.")).unwrap_or(name);
    name.strip_prefix("audit.")
}

/// Returns the name of the member in which a line may hold an audit event: `audit`, `properties.log`.
pub(super) fn name_in(text: &str) -> Option<Text<'_>> {
    let has = |finder: &Finder<'_>| finder.find(text.as_bytes()).is_some();
    if !has(&HOLDER) && !has(&GROUP) {
        return None;
    }
    members(text).ok()?.into_iter().find_map(|(key, value)| match inner(&key, value) {
        Some((inner, _)) => Some(Cow::Owned(format!("{key}.{inner}"))),
        None => may_hold(&key, value).then_some(key),
    })
}

/// Returns the event that a line holds, with the other members that an event does not have.
pub(super) fn out_of(text: &str) -> Option<String> {
    let (mut event, mut others) = (None, Vec::new());
    let mut flat = Attrs::default();
    for (key, value) in members(text).ok()? {
        if let Some(name) = after(&key) {
            flat.raw(name, value);
        } else if let Some(inner) = within(&key, value).filter(|_| event.is_none()) {
            event = object(inner);
            others.extend(members_of(value).filter(|(_, value)| *value != inner));
        } else if may_hold(&key, value) && event.is_none() {
            event = object(value);
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
