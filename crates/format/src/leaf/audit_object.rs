//! The object of an audit event whose `objectRef` is absent or names none: from the request URI, and from
//! the bodies, where a create with `generateName` finds the chosen name. Must not know other members.

use crate::text::json_cursor::JsonCursor;
use model::record::{AuditFields, Text};
use std::borrow::Cow;

/// What a request URI says about its object.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct UriObject<'u> {
    /// API group; empty for core.
    pub group: &'u str,
    /// Namespace, or empty.
    pub namespace: &'u str,
    /// Resource, plural.
    pub resource: &'u str,
    /// Name; empty for a collection.
    pub name: &'u str,
    /// Subresource, or empty.
    pub subresource: &'u str,
}

/// Reads `/api/v1/…` and `/apis/<group>/<version>/…`; `None` for other URIs and for API discovery.
pub fn of_uri(uri: &str) -> Option<UriObject<'_>> {
    let path = uri.split(['?', '#']).next().unwrap_or("");
    let mut parts = path.trim_start_matches('/').split('/').filter(|part| !part.is_empty());
    let group = match parts.next()? {
        "api" => "",
        "apis" => parts.next()?,
        _ => return None,
    };
    parts.next()?; // version
    let mut first = parts.next()?;
    if matches!(first, "watch" | "proxy") {
        first = parts.next()?;
    }
    let mut object = UriObject { group, ..UriObject::default() };
    let mut resource = first;
    if first == "namespaces" {
        let Some(namespace) = parts.next() else { return Some(UriObject { resource, ..object }) };
        object.namespace = namespace;
        match parts.next() {
            None => return Some(UriObject { resource, name: namespace, ..object }),
            // subresources of the namespace itself
            Some(sub @ ("finalize" | "status")) => {
                return Some(UriObject { resource, name: namespace, subresource: sub, ..object });
            }
            Some(inner) => resource = inner,
        }
    }
    object.resource = resource;
    object.name = parts.next().unwrap_or("");
    object.subresource = parts.next().unwrap_or("");
    Some(object)
}

/// Fills the fields that name the object, as far as they are absent.
pub fn fill(
    fields: &mut AuditFields<'_>,
    namespace: &mut Option<Text<'_>>,
    request: Option<&str>,
    response: Option<&str>,
) {
    let uri = fields.uri.as_deref().and_then(of_uri).map(|object| {
        let owned = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (
            owned(object.group),
            owned(object.namespace),
            object.resource.to_owned(),
            owned(object.name),
            owned(object.subresource),
        )
    });
    let is_same =
        uri.as_ref().is_some_and(|uri| fields.resource.as_deref().is_none_or(|known| known == uri.2));
    if let Some((group, uri_namespace, resource, name, subresource)) = uri.filter(|_| is_same) {
        if fields.resource.is_none() {
            fields.resource = Some(Cow::Owned(resource));
            fields.api_group = fields.api_group.take().or(group.map(Cow::Owned));
            fields.subresource = fields.subresource.take().or(subresource.map(Cow::Owned));
            *namespace = namespace.take().or(uri_namespace.map(Cow::Owned));
        }
        fields.name = fields.name.take().or(name.map(Cow::Owned));
    }
    let is_collection =
        matches!(fields.verb.as_deref(), None | Some("list" | "watch" | "deletecollection" | "get"));
    if fields.name.is_none() && !is_collection && fields.resource.is_some() {
        let named = response.and_then(name_of).or_else(|| request.and_then(name_of));
        fields.name = named.map(|name| Cow::Owned(name.into_owned()));
    }
}

/// Returns the name of a body's object; that of a Status is in its details.
fn name_of(body: &str) -> Option<Text<'_>> {
    let (mut metadata, mut details) = (None, None);
    let outcome = JsonCursor::new(body).object(|key, value| {
        let slot = match key {
            "metadata" => &mut metadata,
            "details" => &mut details,
            _ => return Ok(()),
        };
        value.object(|key, value| {
            if key == "name" {
                *slot = value.text()?;
            }
            Ok(())
        })
    });
    outcome.ok()?;
    metadata.or(details)
}
