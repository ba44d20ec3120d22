//! The class of a mutating request: image, resources, config, scale, …
//! Decided from verb, resource and the members that a body sets (`patch`); must not know any cluster.

use crate::leaf::patch::{RESTARTED_AT, each_member};

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
    // a session may be opened with GET, which a websocket requires
    if resource == "pods" && matches!(subresource, "exec" | "attach" | "portforward") {
        return Some("exec");
    }
    if !matches!(verb, "create" | "update" | "patch" | "delete" | "deletecollection") {
        return None;
    }
    match (resource, subresource) {
        ("pods", "eviction") => return Some("evict"),
        ("pods", "ephemeralcontainers") => return Some("exec"),
        ("pods", "resize") => return Some("resources"),
        (_, "scale") => return Some("scale"),
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

/// Returns true for the configuration of the name server itself. Its autoscaler's has its name too.
fn is_dns(name: &str) -> bool {
    ["coredns", "kube-dns", "node-local-dns", "nodelocaldns"].iter().any(|known| name.starts_with(known))
        && !name.ends_with("-autoscaler")
}

/// The members that a patch of a workload may set, each with its class, the most specific first.
const PATCHED_MEMBERS: [(&str, &str); 18] = [
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
    ("volumeMounts", "volumes"),
    ("nodeSelector", "scheduling"),
    ("affinity", "scheduling"),
    ("tolerations", "scheduling"),
    ("topologySpreadConstraints", "scheduling"),
    ("replicas", "scale"),
    ("paused", "rollout"),
    ("strategy", "rollout"),
];

fn workload_change(request: &Request<'_>) -> &'static str {
    let Request { verb, subresource, body, .. } = *request;
    if verb == "create" {
        return if subresource == "rollback" { "rollout" } else { "create" };
    }
    let mut first = PATCHED_MEMBERS.len();
    let (mut has_restart, mut has_selector, mut has_containers) = (false, false, false);
    each_member(body, &mut |name| match name {
        RESTARTED_AT => has_restart = true,
        // a CronJob has a schedule and no selector
        "selector" | "schedule" => has_selector = true,
        "containers" => has_containers = true,
        _ => {
            let found = PATCHED_MEMBERS.iter().position(|(member, _)| *member == name);
            first = first.min(found.unwrap_or(first));
        }
    });
    // a whole object names every member, so it does not show which one changed
    if has_containers && (has_selector || verb == "update") {
        return "update";
    }
    if has_restart && verb == "patch" {
        return "rollout";
    }
    PATCHED_MEMBERS.get(first).map_or("metadata", |(_, class)| *class)
}
