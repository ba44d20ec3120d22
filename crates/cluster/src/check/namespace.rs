//! Namespaces that are being deleted and do not end.

use crate::Broken;
use crate::check::{Cluster, Said};
use crate::object::Object;
use model::json::text;
use serde_json::Value;

/// Returns such namespaces.
pub(super) fn broken(cluster: &Cluster<'_>) -> Vec<Broken> {
    let namespaces = cluster.snapshot.of("Namespace");
    namespaces.filter_map(|namespace| Some(stuck(namespace)?.of(namespace))).collect()
}

/// Returns a namespace that is being deleted and says what keeps it.
fn stuck(namespace: &Object) -> Option<Said> {
    let holds = |it: &&Value| text(it, "/status") == "True" && text(it, "/type").starts_with("Namespace");
    let why = namespace.list("/status/conditions").iter().find(holds);
    let message = why.map_or("", |why| text(why, "/message"));
    (namespace.text("/status/phase") == "Terminating").then(|| Said {
        reason: "Terminating",
        strength: if why.is_some() { 0.7 } else { 0.4 },
        what: format!("is being deleted: {message}").trim_end_matches(": ").to_owned(),
        zh: format!("正在删除：{message}").trim_end_matches('：').to_owned(),
    })
}
