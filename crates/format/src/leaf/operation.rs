//! The class of a mutating request: image, resources, config, scale, …
//! Decided from verb, resource and the members that a patch names; must not know any cluster.

/// The parts of a request that decide its class.
pub struct Request<'a> {
    /// Kubernetes verb.
    pub verb: &'a str,
    /// API group; empty for core.
    pub api_group: &'a str,
    /// Resource, plural.
    pub resource: &'a str,
    /// Namespace, or empty.
    pub namespace: &'a str,
    /// Object name, or empty.
    pub name: &'a str,
    /// Subresource, or empty.
    pub subresource: &'a str,
    /// Request object as JSON text, or empty.
    pub body: &'a str,
}

/// Returns the class of a mutating request; `None` for reads and for the bookkeeping of controllers
/// (leases, events, status, tokens).
pub fn class_of(request: &Request<'_>) -> Option<&'static str> {
    let Request { verb, api_group, resource, subresource, .. } = *request;
    if resource == "pods" && matches!(subresource, "exec" | "attach" | "portforward" | "ephemeralcontainers")
    {
        return Some("exec");
    }
    if !matches!(verb, "create" | "update" | "patch" | "delete" | "deletecollection") {
        return None;
    }
    match (resource, subresource) {
        ("pods", "eviction") => return Some("evict"),
        ("pods", "binding") | (_, "status" | "token" | "log" | "proxy" | "finalize" | "approval") => {
            return None;
        }
        ("leases" | "events" | "endpoints" | "endpointslices" | "tokenreviews" | "bindings", _)
        | ("subjectaccessreviews" | "selfsubjectaccessreviews" | "selfsubjectrulesreviews", _) => {
            return None;
        }
        _ => {}
    }
    Some(match resource {
        // the cluster's name server is configured by ConfigMaps of these names
        "configmaps" if request.namespace == "kube-system" && is_dns(request.name) => "dns",
        "configmaps" | "secrets" => "config",
        "roles" | "rolebindings" | "clusterroles" | "clusterrolebindings" | "serviceaccounts" => "rbac",
        "networkpolicies" | "services" | "ingresses" | "ingressclasses" | "gateways" | "httproutes"
        | "virtualservices" | "destinationrules" => "network",
        "persistentvolumes"
        | "persistentvolumeclaims"
        | "storageclasses"
        | "volumesnapshots"
        | "csidrivers" => "storage",
        "resourcequotas" | "limitranges" | "priorityclasses" => "quota",
        "nodes" => "node",
        "mutatingwebhookconfigurations"
        | "validatingwebhookconfigurations"
        | "validatingadmissionpolicies"
        | "validatingadmissionpolicybindings" => "webhook",
        "customresourcedefinitions" | "apiservices" => "crd",
        "horizontalpodautoscalers" => "scale",
        "poddisruptionbudgets" => "rollout",
        "namespaces" => {
            if verb == "delete" {
                "delete"
            } else {
                "namespace"
            }
        }
        _ if verb.starts_with("delete") => "delete",
        "deployments"
        | "statefulsets"
        | "daemonsets"
        | "replicasets"
        | "jobs"
        | "cronjobs"
        | "pods"
        | "replicationcontrollers"
        | "deploymentconfigs" => workload_change(request),
        _ if api_group.is_empty() || api_group.ends_with("k8s.io") => "other",
        _ => "custom",
    })
}

fn is_dns(name: &str) -> bool {
    ["coredns", "kube-dns", "node-local-dns", "nodelocaldns"].iter().any(|known| name.starts_with(known))
}

/// The members that a patch of a workload may name, each with its class, the most specific first.
const PATCHED_MEMBERS: [(&str, &str); 12] = [
    ("image", "image"),
    ("livenessProbe", "probe"),
    ("readinessProbe", "probe"),
    ("startupProbe", "probe"),
    ("resources", "resources"),
    ("command", "command"),
    ("args", "command"),
    ("env", "env"),
    ("envFrom", "env"),
    ("volumes", "volumes"),
    ("nodeSelector", "scheduling"),
    ("affinity", "scheduling"),
];

fn workload_change(request: &Request<'_>) -> &'static str {
    let Request { verb, subresource, body, .. } = *request;
    let has = |needle: &str| memchr::memmem::find(body.as_bytes(), needle.as_bytes()).is_some();
    if subresource == "scale" {
        return "scale";
    }
    if subresource == "rollback" || has("kubectl.kubernetes.io/restartedAt") && verb == "patch" {
        return "rollout";
    }
    if verb == "create" {
        return "create";
    }
    let Some(class) = PATCHED_MEMBERS.iter().find(|(member, _)| names(body, member)).map(|(_, class)| *class)
    else {
        return if has("\"replicas\"") || has("/replicas\"") {
            "scale"
        } else if has("\"paused\"") || has("\"strategy\"") {
            "rollout"
        } else {
            "metadata"
        };
    };
    // a whole object names every member, so it does not show which one changed
    if has("\"selector\"") && has("\"containers\"") { "update" } else { class }
}

/// Returns true if a merge patch contains the member, or a JSON patch a path through it.
fn names(body: &str, member: &str) -> bool {
    body.contains(&format!("\"{member}\""))
        || body.contains(&format!("/{member}\""))
        || body.contains(&format!("/{member}/"))
}
