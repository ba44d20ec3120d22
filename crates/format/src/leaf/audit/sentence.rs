//! What is said of an audit event in one line, and the place that its object is. Must not know how the event
//! is written.

use model::entity::workload_of_owner;
use model::record::{AuditFields, Place, Text};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns the object that a request names, as a place.
pub(super) fn place<'a>(
    resource: &str,
    namespace: Option<Text<'a>>,
    name: Option<Text<'a>>,
    cluster: Option<Text<'a>>,
) -> Place<'a> {
    let mut place = Place { cluster, namespace, ..Place::default() };
    match resource {
        "pods" => place.pod = name,
        "nodes" => place.node = name,
        "deployments" | "statefulsets" | "daemonsets" | "cronjobs" => place.workload = name,
        "replicasets" | "jobs" => {
            place.workload = name.map(|name| match name {
                Cow::Borrowed(name) => Cow::Borrowed(workload_of_owner(name)),
                Cow::Owned(name) => Cow::Owned(workload_of_owner(&name).to_owned()),
            })
        }
        _ => {}
    }
    place
}

/// Returns the message of an event: `alice patch deployments shop/pay-api → 200`.
pub(super) fn sentence(
    fields: &AuditFields<'_>,
    namespace: Option<&str>,
    impersonated: Option<&str>,
) -> String {
    let name = fields.name.as_deref().or(fields.uri.as_deref());
    let mut text = String::with_capacity(96 + name.map_or(0, str::len));
    text.push_str(fields.username.as_deref().unwrap_or("unknown user"));
    let mut words = |words: &[&str]| words.iter().for_each(|word| text.push_str(word));
    if let Some(user) = impersonated {
        words(&[" as ", user]);
    }
    words(&[" ", fields.verb.as_deref().unwrap_or("request")]);
    match fields.resource.as_deref() {
        Some(resource) => {
            words(&[" ", resource]);
            if let Some(subresource) = fields.subresource.as_deref() {
                words(&["/", subresource]);
            }
            words(&[" "]);
            if let Some(namespace) = namespace {
                words(&[namespace, "/"]);
            }
            words(&[fields.name.as_deref().unwrap_or("*")]);
        }
        None => words(&[" ", fields.uri.as_deref().unwrap_or("?")]),
    }
    match fields.code {
        // quicker than `write!`, once a line
        Some(code @ 100..1000) => {
            text.push_str(" → ");
            let digits = [code / 100, code / 10 % 10, code % 10];
            text.extend(digits.into_iter().filter_map(|digit| char::from_digit(digit as u32, 10)));
        }
        Some(code) => {
            let _ = write!(text, " → {code}");
        }
        None => {}
    }
    text
}
