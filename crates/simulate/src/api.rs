//! The kinds of objects that the API server serves, and how a request names one.
//! Must not know who makes requests.

/// Every kind: plural, kind, API group.
const KINDS: &[(&str, &str, &str)] = &[
    ("configmaps", "ConfigMap", ""),
    ("endpoints", "Endpoints", ""),
    ("events", "Event", ""),
    ("limitranges", "LimitRange", ""),
    ("nodes", "Node", ""),
    ("persistentvolumeclaims", "PersistentVolumeClaim", ""),
    ("persistentvolumes", "PersistentVolume", ""),
    ("pods", "Pod", ""),
    ("resourcequotas", "ResourceQuota", ""),
    ("secrets", "Secret", ""),
    ("serviceaccounts", "ServiceAccount", ""),
    ("services", "Service", ""),
    ("daemonsets", "DaemonSet", "apps"),
    ("deployments", "Deployment", "apps"),
    ("replicasets", "ReplicaSet", "apps"),
    ("statefulsets", "StatefulSet", "apps"),
    ("cronjobs", "CronJob", "batch"),
    ("jobs", "Job", "batch"),
    ("horizontalpodautoscalers", "HorizontalPodAutoscaler", "autoscaling"),
    ("poddisruptionbudgets", "PodDisruptionBudget", "policy"),
    ("leases", "Lease", "coordination.k8s.io"),
    ("endpointslices", "EndpointSlice", "discovery.k8s.io"),
    ("ingresses", "Ingress", "networking.k8s.io"),
    ("networkpolicies", "NetworkPolicy", "networking.k8s.io"),
    ("clusterroles", "ClusterRole", RBAC),
    ("rolebindings", "RoleBinding", RBAC),
    ("roles", "Role", RBAC),
    ("storageclasses", "StorageClass", "storage.k8s.io"),
    ("customresourcedefinitions", "CustomResourceDefinition", "apiextensions.k8s.io"),
    ("validatingwebhookconfigurations", "ValidatingWebhookConfiguration", "admissionregistration.k8s.io"),
    ("csidrivers", "CSIDriver", "storage.k8s.io"),
    ("runtimeclasses", "RuntimeClass", "node.k8s.io"),
    ("servicecidrs", "ServiceCIDR", "networking.k8s.io"),
    ("priorityclasses", "PriorityClass", "scheduling.k8s.io"),
    ("subjectaccessreviews", "SubjectAccessReview", "authorization.k8s.io"),
    ("externalsecrets", "ExternalSecret", "external-secrets.io"),
    ("accountplans", "AccountPlan", "accounting.example.com"),
    ("featureflags", "FeatureFlag", "flags.example.com"),
    ("paymentroutes", "PaymentRoute", "routing.example.com"),
    ("pricelists", "PriceList", "pricing.example.com"),
    ("synonyms", "Synonym", "words.example.com"),
];

/// The API group of roles and bindings.
pub const RBAC: &str = "rbac.authorization.k8s.io";

/// Returns the version at which this cluster serves a group.
fn version_of(group: &str) -> &'static str {
    match group {
        "autoscaling" => "v2",
        // The custom resources of this cluster are all at their first version.
        "metrics.k8s.io" | "external-secrets.io" => "v1beta1",
        group if group.ends_with(".example.com") => "v1beta1",
        _ => "v1",
    }
}

/// Returns the apiVersion of a kind, `v1` for an unknown one.
pub fn api_version(kind: &str) -> String {
    match KINDS.iter().find(|known| known.1 == kind).map_or("", |known| known.2) {
        "" => "v1".to_owned(),
        group => format!("{group}/{}", version_of(group)),
    }
}

/// The object a request is about; empty parts are absent.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    pub group: &'a str,
    pub kind: &'static str,
    pub resource: &'a str,
    pub sub: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
}

impl<'a> Target<'a> {
    /// Returns the target of that plural.
    pub fn new(resource: &'a str, namespace: &'a str, name: &'a str) -> Self {
        let known = KINDS.iter().find(|known| known.0 == resource);
        let (kind, group) = known.map_or(("", ""), |(_, kind, group)| (*kind, *group));
        Self { group, kind, resource, sub: "", namespace, name }
    }

    /// Returns the same object's subresource.
    pub fn sub(self, sub: &'a str) -> Self {
        Self { sub, ..self }
    }

    /// Returns the version at which it is served.
    pub fn version(&self) -> &'static str {
        version_of(self.group)
    }

    /// Returns the request URI without its query.
    pub fn uri(&self, is_create: bool) -> String {
        let mut uri = match self.group {
            "" => "/api/v1".to_owned(),
            group => format!("/apis/{group}/{}", self.version()),
        };
        if !self.namespace.is_empty() {
            uri.extend(["/namespaces/", self.namespace]);
        }
        let name = if is_create && self.sub.is_empty() { "" } else { self.name };
        for part in [self.resource, name, self.sub] {
            if !part.is_empty() {
                uri.extend(["/", part]);
            }
        }
        uri
    }
}
