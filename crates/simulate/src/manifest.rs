//! Kubernetes objects as the API server would answer them, for the few records that carry a
//! body. Nothing here is called per noise record.

use crate::cluster::{Pod, State};
use crate::fleet::Kind;
use crate::text::{rfc3339, version};
use serde_json::{Value, json};

/// Returns the pod spec of a workload's present shape.
fn pod_spec(state: &State) -> Value {
    let workload = state.workload;
    let mut spec = json!({
        "containers": [{
            "name": workload.name,
            "image": state.image,
            "imagePullPolicy": "IfNotPresent",
            "ports": [{"name": "main", "containerPort": workload.port, "protocol": "TCP"}],
            "envFrom": [{"secretRef": {"name": workload.secret()}}],
            "resources": {
                "limits": {"cpu": "1", "memory": format!("{}Mi", state.memory_mib)},
                "requests": {"cpu": "200m", "memory": format!("{}Mi", state.memory_mib / 2)},
            },
            "livenessProbe": {
                "httpGet": {"path": state.probe.path, "port": workload.port, "scheme": "HTTP"},
                "initialDelaySeconds": state.probe.delay_s,
                "timeoutSeconds": state.probe.timeout_s,
                "periodSeconds": state.probe.period_s,
                "failureThreshold": 3,
            },
            "volumeMounts": [{"name": "config", "mountPath": "/etc/app", "readOnly": true}],
            "terminationMessagePath": "/dev/termination-log",
        }],
        "volumes": [{"name": "config", "configMap": {"name": workload.config_map(), "defaultMode": 420}}],
        "restartPolicy": if workload.kind == Kind::CronJob { "Never" } else { "Always" },
        "terminationGracePeriodSeconds": state.grace_s,
        "serviceAccountName": workload.name,
        "schedulerName": "default-scheduler",
    });
    if !state.env.is_empty() {
        spec["containers"][0]["env"] = json!(state.env);
    }
    spec
}

/// Returns the whole Deployment, StatefulSet or DaemonSet.
pub fn workload(state: &State, origin: i64, at: i64) -> String {
    let workload = state.workload;
    let mut template = json!({"labels": {"app": workload.name}});
    if let Some(restarted_at) = &state.restarted_at {
        template["annotations"] = json!({"kubectl.kubernetes.io/restartedAt": restarted_at});
    }
    json!({
        "kind": workload.kind_name(),
        "apiVersion": "apps/v1",
        "metadata": {
            "name": workload.name,
            "namespace": workload.namespace,
            "uid": state.uid,
            "resourceVersion": version(origin, at).to_string(),
            "generation": state.generation,
            "labels": {"app": workload.name, "app.kubernetes.io/name": workload.name},
        },
        "spec": {
            "replicas": state.replicas,
            "selector": {"matchLabels": {"app": workload.name}},
            "template": {"metadata": template, "spec": pod_spec(state)},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": state.max_unavailable, "maxSurge": "25%"}},
            "revisionHistoryLimit": 10,
        },
        "status": {
            "observedGeneration": state.generation.saturating_sub(1),
            "replicas": state.replicas,
            "readyReplicas": state.replicas,
            "availableReplicas": state.replicas,
        },
    })
    .to_string()
}

fn owner(kind: &str, name: &str, uid: &str) -> Value {
    let api = if kind == "Job" || kind == "CronJob" { "batch/v1" } else { "apps/v1" };
    json!([{"apiVersion": api, "kind": kind, "name": name, "uid": uid, "controller": true, "blockOwnerDeletion": true}])
}

/// Returns the present ReplicaSet of a Deployment.
pub fn replica_set(state: &State, origin: i64, at: i64) -> String {
    let workload = state.workload;
    let (hash, uid) = &state.set;
    let labels = json!({"app": workload.name, "pod-template-hash": hash});
    json!({
        "kind": "ReplicaSet",
        "apiVersion": "apps/v1",
        "metadata": {
            "name": format!("{}-{hash}", workload.name),
            "namespace": workload.namespace,
            "uid": uid,
            "resourceVersion": version(origin, at).to_string(),
            "generation": 1,
            "creationTimestamp": rfc3339(at),
            "labels": labels,
            "ownerReferences": owner("Deployment", workload.name, &state.uid),
        },
        "spec": {
            "replicas": state.replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod_spec(state)},
        },
        "status": {"replicas": 0},
    })
    .to_string()
}

/// Returns a pod as it is created.
pub fn pod(state: &State, pod: &Pod, origin: i64, at: i64) -> String {
    let (kind, name, uid) = &pod.owner;
    let mut labels = json!({"app": state.workload.name});
    if *kind == "ReplicaSet" {
        labels["pod-template-hash"] = json!(pod.hash);
    }
    json!({
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "name": pod.name,
            "generateName": pod.name.rsplit_once('-').map(|(head, _)| format!("{head}-")),
            "namespace": state.workload.namespace,
            "uid": pod.uid,
            "resourceVersion": version(origin, at).to_string(),
            "creationTimestamp": rfc3339(at),
            "labels": labels,
            "ownerReferences": owner(kind, name, uid),
        },
        "spec": pod_spec(state),
        "status": {"phase": "Pending", "qosClass": "Burstable"},
    })
    .to_string()
}

/// Returns a Job as its CronJob creates it.
pub fn job(state: &State, pod: &Pod, origin: i64, at: i64) -> String {
    let (_, name, uid) = &pod.owner;
    json!({
        "kind": "Job",
        "apiVersion": "batch/v1",
        "metadata": {
            "name": name,
            "namespace": state.workload.namespace,
            "uid": uid,
            "resourceVersion": version(origin, at).to_string(),
            "creationTimestamp": rfc3339(at),
            "ownerReferences": owner("CronJob", state.workload.name, &state.uid),
        },
        "spec": {"backoffLimit": 0, "template": {"spec": pod_spec(state)}},
        "status": {},
    })
    .to_string()
}

/// Returns a ConfigMap with one file in it.
pub fn config_map(namespace: &str, name: &str, file: &str, text: &str, rv: u64) -> String {
    json!({
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": namespace, "resourceVersion": rv.to_string()},
        "data": {file: text},
    })
    .to_string()
}
