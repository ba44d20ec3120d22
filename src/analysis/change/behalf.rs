//! Who is behind a write: the user that it impersonates, or, for a controller, the application, release or
//! reason that the object names.

use serde_json::Value;

/// Labels and annotations by which GitOps controllers and people say what an object comes from, surest first,
/// each with what it names.
const MARKS: [(&str, &str); 9] = [
    ("argocd.argoproj.io/tracking-id", "Argo CD application"),
    ("argocd.argoproj.io/instance", "Argo CD application"),
    ("kustomize.toolkit.fluxcd.io/name", "Flux kustomization"),
    ("helm.toolkit.fluxcd.io/name", "Flux Helm release"),
    ("meta.helm.sh/release-name", "Helm release"),
    ("fleet.cattle.io/bundle-id", "Fleet bundle"),
    ("kubernetes.io/change-cause", ""),
    ("app.kubernetes.io/instance", "application"),
    ("openshift.io/requester", ""),
];

/// Annotations with the commit that an object was made from.
const COMMITS: [&str; 3] =
    ["argocd.argoproj.io/revision", "kustomize.toolkit.fluxcd.io/revision", "app.kubernetes.io/revision"];

/// Returns who is behind a write; `attrs` is that of the audit row.
pub fn on_behalf_of(username: &str, attrs: &str, bodies: [&str; 2]) -> Option<String> {
    let attrs: Value = serde_json::from_str(attrs).unwrap_or_default();
    if let Some(user) = attrs.pointer("/impersonatedUser/username").and_then(Value::as_str) {
        return Some(user.to_owned());
    }
    let bodies = bodies.map(|body| serde_json::from_str::<Value>(body).unwrap_or_default());
    // the person who asked a GitOps controller to synchronise
    for pointer in
        ["/operation/initiatedBy/username", "/status/operationState/operation/initiatedBy/username"]
    {
        if let Some(user) = bodies.iter().find_map(|body| body.pointer(pointer)).and_then(Value::as_str) {
            return Some(user.to_owned());
        }
    }
    if !username.starts_with("system:serviceaccount:") {
        return None;
    }
    let marked = |name: &str| {
        let of = |body: &Value| {
            ["annotations", "labels"].iter().find_map(|part| {
                { body.get("metadata")?.get(part)?.get(name)?.as_str().filter(|text| !text.is_empty()) }
                    .map(str::to_owned)
            })
        };
        bodies.iter().find_map(of)
    };
    let (of, name) = MARKS.iter().find_map(|(mark, of)| Some((*of, marked(mark)?)))?;
    // a tracking id is `application:group/kind:namespace/name`
    let name = name.split(':').next().unwrap_or(&name);
    let commit = COMMITS.iter().find_map(|mark| marked(mark)).map(|at| format!(" at {at}"));
    let space = if of.is_empty() { "" } else { " " };
    Some(format!("{of}{space}{name}{}", commit.unwrap_or_default()))
}
