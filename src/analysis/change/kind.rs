//! The kinds of resources, as Kubernetes writes them.

/// Resources and their kinds.
const KINDS: [(&str, &str); 40] = [
    ("pods", "Pod"),
    ("nodes", "Node"),
    ("services", "Service"),
    ("endpoints", "Endpoints"),
    ("namespaces", "Namespace"),
    ("secrets", "Secret"),
    ("configmaps", "ConfigMap"),
    ("deployments", "Deployment"),
    ("replicasets", "ReplicaSet"),
    ("statefulsets", "StatefulSet"),
    ("daemonsets", "DaemonSet"),
    ("jobs", "Job"),
    ("cronjobs", "CronJob"),
    ("replicationcontrollers", "ReplicationController"),
    ("serviceaccounts", "ServiceAccount"),
    ("roles", "Role"),
    ("rolebindings", "RoleBinding"),
    ("clusterroles", "ClusterRole"),
    ("clusterrolebindings", "ClusterRoleBinding"),
    ("networkpolicies", "NetworkPolicy"),
    ("ingresses", "Ingress"),
    ("ingressclasses", "IngressClass"),
    ("persistentvolumes", "PersistentVolume"),
    ("persistentvolumeclaims", "PersistentVolumeClaim"),
    ("storageclasses", "StorageClass"),
    ("resourcequotas", "ResourceQuota"),
    ("limitranges", "LimitRange"),
    ("priorityclasses", "PriorityClass"),
    ("poddisruptionbudgets", "PodDisruptionBudget"),
    ("horizontalpodautoscalers", "HorizontalPodAutoscaler"),
    ("mutatingwebhookconfigurations", "MutatingWebhookConfiguration"),
    ("validatingwebhookconfigurations", "ValidatingWebhookConfiguration"),
    ("customresourcedefinitions", "CustomResourceDefinition"),
    ("apiservices", "APIService"),
    ("gateways", "Gateway"),
    ("httproutes", "HTTPRoute"),
    ("virtualservices", "VirtualService"),
    ("destinationrules", "DestinationRule"),
    ("applications", "Application"),
    ("kustomizations", "Kustomization"),
];

/// Returns the kind of the objects of a resource; the resource itself if it is not a known one.
pub fn kind_of(resource: &str) -> &str {
    KINDS.iter().find(|(known, _)| *known == resource).map_or(resource, |(_, kind)| kind)
}
