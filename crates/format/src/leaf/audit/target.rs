//! The object of a request where the event does not name it: from the URI, and from the bodies of a
//! create. Must not know the other members of an event.

use crate::text::json_cursor::JsonCursor;
use model::record::Text;
use std::borrow::Cow;

/// The object that a request URI names. Absent parts are `None`, as in `objectRef`.
pub(super) struct UriTarget<'u> {
    pub(super) api_group: Option<Text<'u>>,
    pub(super) namespace: Option<Text<'u>>,
    pub(super) resource: Text<'u>,
    pub(super) name: Option<Text<'u>>,
    pub(super) subresource: Option<Text<'u>>,
}

/// Returns the object that a URI of the API names, as the API server's `RequestInfoFactory` reads it.
/// `None` for other paths (`/healthz`, `/metrics`) and for discovery (`/apis/apps/v1`).
pub(super) fn of_uri(uri: &str) -> Option<UriTarget<'_>> {
    let path = uri.split(['?', '#']).next()?;
    let mut steps = path.strip_prefix('/')?.split('/').filter(|step| !step.is_empty());
    let api_group = match steps.next()? {
        "api" => None,
        "apis" => Some(decoded(steps.next()?)),
        _ => return None,
    };
    let _version = steps.next()?;
    let mut first = steps.next()?;
    // paths of the first releases
    if matches!(first, "watch" | "proxy") {
        first = steps.next()?;
    }
    let (mut resource, mut name, mut subresource) = (first, steps.next(), steps.next());
    let mut namespace = None;
    if resource == "namespaces" {
        namespace = name.map(decoded);
        if let Some(inner) = subresource.filter(|inner| !matches!(*inner, "status" | "finalize")) {
            (resource, name, subresource) = (inner, steps.next(), steps.next());
        }
    }
    Some(UriTarget {
        api_group,
        namespace,
        resource: decoded(resource),
        name: name.map(decoded),
        subresource: subresource.map(decoded),
    })
}

/// Returns a step of a path without its percent escapes.
fn decoded(step: &str) -> Text<'_> {
    if !step.contains('%') {
        return Cow::Borrowed(step);
    }
    let mut out = Vec::with_capacity(step.len());
    let mut rest = step.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match hex.filter(|_| byte == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(escaped) => {
                out.push(escaped);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// Returns the name of the object in a body: its own, or of a refusal (a `Status`) that of the object it
/// is about, if that is of the same resource.
pub(super) fn name_in<'a>(body: &'a str, resource: &str) -> Option<Text<'a>> {
    let (mut name, mut of_refusal) = (None, None);
    // an error ends the reading, also once the name is known
    let _ = JsonCursor::new(body).object(|key, value| {
        match key {
            "metadata" => value.object(|key, value| {
                if key == "name" {
                    name = value.text()?;
                }
                Ok(())
            })?,
            "details" => of_refusal = name_in_details(value.raw()?, resource),
            _ => {}
        }
        if name.is_some() { Err(value.broken("nothing more")) } else { Ok(()) }
    });
    name.or(of_refusal)
}

/// Returns the name in the `details` of a status, if they are about an object of that resource: a create
/// in a namespace that is missing names the namespace.
pub(super) fn name_in_details<'a>(details: &'a str, resource: &str) -> Option<Text<'a>> {
    let (mut name, mut kind) = (None, None);
    JsonCursor::new(details)
        .object(|key, value| {
            match key {
                "name" => name = value.text()?,
                "kind" => kind = value.text()?,
                _ => {}
            }
            Ok(())
        })
        .ok()?;
    let is_same = kind.is_none_or(|kind| {
        // `deployments`, or of an invalid object `Deployment`; plurals differ from the last letter on
        let stem = kind.get(..kind.len().saturating_sub(1)).unwrap_or("").to_ascii_lowercase();
        resource.starts_with(&stem)
    });
    name.filter(|_| is_same)
}
