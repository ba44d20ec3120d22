//! Custom resources that their controllers report as not ready. Must not know what they are for.

use crate::Broken;
use crate::check::{Cluster, Said};
use crate::object::Object;
use model::json::text;

/// Kinds on which others depend.
const KINDS: [&str; 3] = ["Certificate", "Issuer", "ClusterIssuer"];

/// Returns such objects.
pub(super) fn broken(cluster: &Cluster<'_>) -> Vec<Broken> {
    let objects = KINDS.iter().flat_map(|kind| cluster.snapshot.of(kind));
    objects.filter_map(|object| Some(said(object)?.of(object))).collect()
}

fn said(object: &Object) -> Option<Said> {
    let ready = object.condition("Ready").filter(|ready| text(ready, "/status") == "False")?;
    let (reason, message) = (text(ready, "/reason"), text(ready, "/message"));
    let why =
        [reason, message].iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join(": ");
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    Some(Said {
        reason: "NotReady",
        // one that is being issued is not ready either
        strength: if reason == "Expired" { 0.95 } else { 0.7 },
        what: format!("is not ready{why}"),
        zh: format!("未就绪{why}"),
    })
}
