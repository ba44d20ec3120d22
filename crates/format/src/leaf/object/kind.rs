//! Kinds of objects: their shape, whether they have a namespace, and that of an object which does not name its
//! own. Must not know what a state is.

use serde_json::Value;

/// Returns true for the name of a kind: `Pod`, `EndpointSlice`.
pub(super) fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns true for a version of the API: `v1`, `apps/v1beta2`.
pub(super) fn is_version(text: &str) -> bool {
    let version = text.rsplit('/').next().unwrap_or(text);
    let rest = version.strip_prefix('v').unwrap_or("");
    rest.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'/'))
}

/// Members that only one kind has, the more particular first.
const SHAPES: [(&str, &str); 19] = [
    ("/spec/jobTemplate", "CronJob"),
    ("/spec/volumeClaimTemplates", "StatefulSet"),
    ("/spec/serviceName", "StatefulSet"),
    ("/spec/strategy", "Deployment"),
    ("/spec/updateStrategy", "DaemonSet"),
    ("/spec/backoffLimit", "Job"),
    ("/spec/template", "ReplicaSet"),
    ("/spec/containers", "Pod"),
    ("/status/nodeInfo", "Node"),
    ("/spec/clusterIP", "Service"),
    ("/spec/scaleTargetRef", "HorizontalPodAutoscaler"),
    ("/spec/persistentVolumeReclaimPolicy", "PersistentVolume"),
    ("/spec/accessModes", "PersistentVolumeClaim"),
    ("/spec/hard", "ResourceQuota"),
    ("/spec/podSelector", "NetworkPolicy"),
    ("/spec/rules", "Ingress"),
    ("/spec/finalizers", "Namespace"),
    ("/subsets", "Endpoints"),
    ("/endpoints", "EndpointSlice"),
];

/// Returns the kind of an item of a typed List by its members.
pub(super) fn by_shape(object: &Value) -> Option<&'static str> {
    SHAPES.iter().find(|(path, _)| object.pointer(path).is_some()).map(|(_, kind)| *kind)
}
