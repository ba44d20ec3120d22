//! Kubernetes objects as the API server would return them, for the few records that carry a
//! body. Nothing here is called per noise record.

use crate::api::api_version;
use crate::cluster::{Pod, State};
use crate::fleet::Kind;
use crate::store::patch_into;
use crate::text::{HOUR, rfc3339, version};
use serde_json::{Value, json};

/// Returns the resources of a workload's container.
pub fn resources(state: &State) -> Value {
    json!({"limits": {"cpu": "1", "memory": format!("{}Mi", state.memory_mib)},
        "requests": {"cpu": "200m", "memory": format!("{}Mi", state.memory_mib / 2)}})
}

/// Returns the pod spec of a workload's present shape.
fn pod_spec(state: &State) -> Value {
    let of = state.workload;
    let probe = &state.probe;
    let mut spec = json!({
        "containers": [{
            "name": of.name,
            "image": state.image,
            "imagePullPolicy": "IfNotPresent",
            "ports": [{"name": "main", "containerPort": of.port, "protocol": "TCP"}],
            "envFrom": [{"secretRef": {"name": of.secret()}}],
            "args": state.args,
            "resources": resources(state),
            "livenessProbe": {
                "httpGet": {"path": probe.path, "port": of.port, "scheme": "HTTP"},
                "initialDelaySeconds": probe.delay_s, "timeoutSeconds": probe.timeout_s,
                "periodSeconds": probe.period_s, "failureThreshold": 3,
            },
            "readinessProbe": {
                "httpGet": {"path": state.ready_path, "port": of.port, "scheme": "HTTP"},
                "timeoutSeconds": 2, "periodSeconds": 3, "failureThreshold": 3,
            },
            "volumeMounts": [{"name": "config", "mountPath": "/etc/app", "readOnly": true}],
            "terminationMessagePath": "/dev/termination-log",
        }],
        "volumes": [{"name": "config", "configMap": {"name": of.config_map(), "defaultMode": 420}}],
        "restartPolicy": if of.kind == Kind::CronJob { "Never" } else { "Always" },
        "terminationGracePeriodSeconds": state.grace_s,
        "serviceAccountName": of.name,
        "schedulerName": "default-scheduler",
    });
    if !state.env.is_empty() {
        spec["containers"][0]["env"] = json!(state.env);
    }
    spec
}

/// Returns an object: its kind, its metadata beside the usual, and the rest.
fn object(kind: &str, state: &State, (origin, at): (i64, i64), metadata: Value, rest: Value) -> Value {
    let mut whole = json!({"kind": kind, "apiVersion": api_version(kind), "metadata": {
        "namespace": state.workload.namespace, "resourceVersion": version(origin, at).to_string(),
        "creationTimestamp": rfc3339(at)}});
    merge(&mut whole["metadata"], metadata);
    merge(&mut whole, rest);
    whole
}

/// Adds the fields of an object to another, one level deep below `metadata`.
fn merge(into: &mut Value, from: Value) {
    let (Value::Object(into), Value::Object(from)) = (into, from) else { return };
    for (key, value) in from {
        match into.get_mut(&key) {
            Some(known) if key == "metadata" => merge(known, value),
            _ => {
                into.insert(key, value);
            }
        }
    }
}

fn owner(kind: &str, name: &str, uid: &str) -> Value {
    json!([{"apiVersion": api_version(kind), "kind": kind, "name": name, "uid": uid,
        "controller": true, "blockOwnerDeletion": true}])
}

/// Returns the whole Deployment, StatefulSet or DaemonSet.
pub fn workload(state: &State, times: (i64, i64)) -> Value {
    let (name, replicas) = (state.workload.name, state.replicas);
    let mut template = json!({"labels": {"app": name}});
    if let Some(restarted_at) = &state.restarted_at {
        template["annotations"] = json!({"kubectl.kubernetes.io/restartedAt": restarted_at});
    }
    let mut metadata = json!({"name": name, "uid": state.uid, "generation": state.generation,
        "creationTimestamp": rfc3339(times.0 - 1000 * HOUR), "labels": {"app": name, "app.kubernetes.io/name": name}});
    patch_into(&mut metadata, &state.metadata);
    let rolling = json!({"maxUnavailable": state.max_unavailable, "maxSurge": "25%"});
    let rest = json!({
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": template, "spec": pod_spec(state)},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": rolling},
            "revisionHistoryLimit": 10,
        },
        "status": {"observedGeneration": state.generation.saturating_sub(1), "replicas": replicas,
            "readyReplicas": replicas, "availableReplicas": replicas},
    });
    object(state.workload.kind_name(), state, times, metadata, rest)
}

/// Returns the part of an object that a client sends to apply it.
pub fn applied(whole: &Value) -> Value {
    let mut sent = whole.clone();
    if let Some(fields) = sent.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = sent["metadata"].as_object_mut() {
        metadata.retain(|key, _| matches!(key.as_str(), "name" | "namespace" | "labels" | "annotations"));
    }
    sent
}

/// Returns the present ReplicaSet of a Deployment.
pub fn replica_set(state: &State, times: (i64, i64)) -> Value {
    let name = state.workload.name;
    let (hash, uid) = &state.set;
    let labels = json!({"app": name, "pod-template-hash": hash});
    let annotations = json!({"deployment.kubernetes.io/desired-replicas": state.replicas.to_string()});
    let metadata = json!({"name": format!("{name}-{hash}"), "uid": uid, "generation": 1, "labels": labels,
        "annotations": annotations, "ownerReferences": owner("Deployment", name, &state.uid)});
    let template = json!({"metadata": {"labels": labels}, "spec": pod_spec(state)});
    let spec = json!({"replicas": state.replicas, "selector": {"matchLabels": labels}, "template": template});
    object("ReplicaSet", state, times, metadata, json!({"spec": spec, "status": {"replicas": 0}}))
}

/// Returns a pod as it is created.
pub fn pod(state: &State, pod: &Pod, times: (i64, i64)) -> Value {
    let (kind, name, uid) = &pod.owner;
    let mut labels = json!({"app": state.workload.name});
    if *kind == "ReplicaSet" {
        labels["pod-template-hash"] = json!(name.rsplit('-').next());
    }
    let generated = pod.name.rsplit_once('-').map(|(head, _)| format!("{head}-"));
    let metadata = json!({"name": pod.name, "generateName": generated, "uid": pod.uid, "labels": labels,
        "ownerReferences": owner(kind, name, uid)});
    let phase = if pod.from > times.1 { "Pending" } else { "Running" };
    let status = json!({"phase": phase, "qosClass": "Burstable"});
    object("Pod", state, times, metadata, json!({"spec": pod_spec(state), "status": status}))
}

/// Returns a Job as its CronJob creates it.
pub fn job(state: &State, pod: &Pod, times: (i64, i64)) -> Value {
    let (_, name, uid) = &pod.owner;
    let metadata = json!({"name": name, "uid": uid, "ownerReferences": owner("CronJob", state.workload.name, &state.uid)});
    let spec = json!({"backoffLimit": 0, "template": {"spec": pod_spec(state)}});
    object("Job", state, times, metadata, json!({"spec": spec, "status": {}}))
}
