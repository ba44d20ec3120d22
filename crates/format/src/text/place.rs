//! Names of a place that hold several: `k8s_<container>_<pod>_<namespace>_<uid>_<n>`, which dockershim gave its
//! containers, and `<namespace>/<pod>`. Must not know where a name was kept.

use model::record::Place;
use std::borrow::Cow;

/// Splits the names of a place; a name that the place has already is kept.
pub fn split_names(place: &mut Place<'_>) {
    let own = |text: &str| Some(Cow::Owned(text.to_owned()));
    if let Some([container, pod, namespace]) = place.container.as_deref().and_then(docker_name) {
        let (container, pod, namespace) = (own(container), own(pod), own(namespace));
        place.container = container;
        place.pod = place.pod.take().or(pod);
        place.namespace = place.namespace.take().or(namespace);
    }
    if let Some((namespace, pod)) = place.pod.as_deref().and_then(|name| name.split_once('/'))
        && is_label(namespace)
        && is_label(pod)
    {
        let (namespace, pod) = (own(namespace), own(pod));
        place.namespace = place.namespace.take().or(namespace);
        place.pod = pod;
    }
    if let Some(name) = place.container.as_deref().and_then(|name| name.strip_prefix('/')) {
        place.container = own(name);
    }
}

/// Returns container, pod and namespace of dockershim's name.
fn docker_name(name: &str) -> Option<[&str; 3]> {
    let mut parts = name.trim_start_matches('/').strip_prefix("k8s_")?.split('_');
    let names = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().map(|_uid| names)
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}
