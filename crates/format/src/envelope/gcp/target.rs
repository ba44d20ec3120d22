//! The verb, object and subresource that the method and resource name of a Cloud audit log stand
//! for. Must not know the log around them.

use model::record::Attrs;
use std::borrow::Cow;

/// The service whose operations create and delete clusters and node pools.
pub(crate) const CONTAINER: &str = "container.googleapis.com";

/// The object of a request, and the verb.
#[derive(Default)]
pub(crate) struct Target<'a> {
    /// Kubernetes verb.
    pub verb: &'a str,
    group: &'a str,
    resource: Cow<'a, str>,
    subresource: &'a str,
    namespace: &'a str,
    name: &'a str,
}

impl Target<'_> {
    /// Returns the event's `objectRef`.
    pub fn object(&self) -> Attrs {
        let mut object = Attrs::default();
        for (key, value) in [
            ("resource", &*self.resource),
            ("namespace", self.namespace),
            ("name", self.name),
            ("apiGroup", self.group),
            ("subresource", self.subresource),
        ] {
            if !value.is_empty() {
                object.text(key, value);
            }
        }
        object
    }
}

/// Reads `io.k8s.core.v1.pods.status.patch` on `core/v1/namespaces/shop/pods/pay-api-0/status`.
/// The method is split after its version, because groups contain dots; the group comes from the
/// path, because the method has it reversed.
pub(crate) fn of_request<'a>(method: &'a str, path: &'a str) -> Target<'a> {
    let segments: Vec<&str> = method.split('.').collect();
    let names = segments
        .iter()
        .rposition(|part| is_version(part))
        .map_or(&[][..], |at| segments.get(at + 1..segments.len() - 1).unwrap_or_default());
    let mut target = Target { verb: segments.last().copied().unwrap_or_default(), ..Target::default() };
    let mut path = path.split('/').filter(|part| !part.is_empty());
    target.group = path.next().filter(|group| *group != "core").unwrap_or_default();
    path.next(); // version
    let mut rest: Vec<&str> = path.collect();
    let resource = names.first().copied().unwrap_or_default();
    if let ["namespaces", namespace, below @ ..] = rest.as_slice() {
        target.namespace = namespace;
        if !below.is_empty() && resource != "namespaces" {
            rest = below.to_vec();
        }
    }
    let in_path = rest.first().copied().unwrap_or_default();
    target.resource = Cow::Borrowed(if resource.is_empty() { in_path } else { resource });
    target.subresource = names.get(1).copied().unwrap_or_default();
    if in_path == target.resource {
        target.name = rest.get(1).copied().unwrap_or_default();
    }
    target
}

/// Returns true for `v1`, `v1beta2`.
fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Reads `google.container.v1.ClusterManager.DeleteNodePool` on
/// `projects/p/zones/z/clusters/prod/nodePools/default`.
pub(crate) fn of_operation<'a>(method: &'a str, path: &'a str) -> Target<'a> {
    let method = method.rsplit('.').next().unwrap_or(method);
    let verbs = [
        ("Create", "create"),
        ("Delete", "delete"),
        ("Update", "update"),
        ("Set", "update"),
        ("Get", "get"),
        ("List", "list"),
    ];
    let verb = verbs.iter().find(|(prefix, _)| method.starts_with(prefix)).map_or(method, |(_, verb)| verb);
    let mut path = path.rsplit('/');
    let name = path.next().unwrap_or_default();
    let resource = path.next().unwrap_or_default().to_ascii_lowercase();
    Target { verb, group: CONTAINER, resource: Cow::Owned(resource), name, ..Target::default() }
}
