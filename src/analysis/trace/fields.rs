//! The few fields of a Kubernetes object, or of a patch of it, whose change breaks workloads:
//! replicas, images, limits, probes, names of environment variables, selectors, ports, taints,
//! data. Reads JSON; knows neither operations nor the lake.

use serde_json::Value;
use std::collections::BTreeMap;

/// Field → value. Fields of all containers of a pod share one name; the last container counts.
pub type Fields = BTreeMap<String, String>;

/// Fields of `spec` that hold one value.
const SPEC: [&str; 4] = ["replicas", "minReplicas", "maxReplicas", "unschedulable"];
/// Fields of a container.
const CONTAINER: [(&str, &str); 5] = [
    ("/image", "image"),
    ("/resources/limits/memory", "memory limit"),
    ("/resources/limits/cpu", "cpu limit"),
    ("/resources/requests/memory", "memory request"),
    ("/resources/requests/cpu", "cpu request"),
];
/// Fields of a container's probe.
const PROBE: [(&str, &str); 5] = [
    ("timeoutSeconds", "timeoutSeconds"),
    ("periodSeconds", "periodSeconds"),
    ("failureThreshold", "failureThreshold"),
    ("httpGet/path", "path"),
    ("httpGet/port", "port"),
];

/// Returns the number of pods that existed when the API server responded: `replicas` before a change.
pub fn counts_of(response: &str) -> Vec<(String, String)> {
    let value: Value = serde_json::from_str(response).unwrap_or_default();
    let count = |pointer: &str| value.pointer(pointer).filter(|count| count.is_number()).map(plain);
    let replicas = count("/status/replicas").map(|count| ("replicas".to_owned(), count));
    let scaled = count("/status/currentReplicas").map(|count| ("maxReplicas".to_owned(), count));
    replicas.into_iter().chain(scaled).collect()
}

/// Returns the fields that an object, a merge patch or a JSON patch (RFC 6902) sets.
pub fn fields_of(json: &str) -> Fields {
    let mut fields = Fields::new();
    match serde_json::from_str::<Value>(json) {
        Ok(Value::Array(patch)) => of_json_patch(&patch, &mut fields),
        Ok(object) => of_object(&object, &mut fields),
        Err(_) => {} // the request was cut when it was logged
    }
    fields
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn list<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = &'v Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn of_json_patch(patch: &[Value], fields: &mut Fields) {
    for step in patch {
        let path = step.get("path").and_then(Value::as_str).unwrap_or("");
        let path = path.trim_start_matches('/').replace('/', ".");
        if let Some(value) = step.get("value").filter(|v| !v.is_object() && !v.is_array()) {
            fields.insert(path.rsplit('.').next().unwrap_or("").to_owned(), plain(value));
        }
    }
}

fn of_object(value: &Value, fields: &mut Fields) {
    // null in a merge patch removes a field: a node is uncordoned and untainted like that
    for (field, without) in [("unschedulable", "false"), ("taints", "none")] {
        if value.pointer(&format!("/spec/{field}")).is_some_and(Value::is_null) {
            fields.insert(field.into(), without.into());
        }
    }
    for field in SPEC {
        if let Some(set) = value.pointer(&format!("/spec/{field}")).filter(|set| !set.is_null()) {
            fields.insert(field.into(), plain(set));
        }
    }
    for (pointer, field) in [("/spec/selector", "selector"), ("/spec/hard", "hard")] {
        for (key, set) in value.pointer(pointer).and_then(Value::as_object).into_iter().flatten() {
            if set.is_string() || set.is_number() {
                fields.insert(format!("{field} {key}"), plain(set));
            }
        }
    }
    for port in list(value, "/spec/ports") {
        if let (Some(number), Some(target)) = (port.get("port"), port.get("targetPort")) {
            fields.insert(format!("targetPort of {}", plain(number)), plain(target));
        }
    }
    for taint in list(value, "/spec/taints") {
        if let (Some(key), Some(effect)) = (taint.get("key"), taint.get("effect")) {
            fields.insert(format!("taint {}", plain(key)), plain(effect));
        }
    }
    for (key, value) in value.get("data").and_then(Value::as_object).into_iter().flatten() {
        fields.insert(format!("data.{key}"), plain(value));
    }
    if let Some(at) = value.pointer("/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt")
    {
        fields.insert("restartedAt".into(), plain(at));
    }
    for container in list(value, "/spec/template/spec/containers") {
        of_container(container, fields);
    }
}

fn of_container(container: &Value, fields: &mut Fields) {
    for (pointer, field) in CONTAINER {
        if let Some(value) = container.pointer(pointer) {
            fields.insert(field.into(), plain(value));
        }
    }
    if let Some(variables) = container.get("env").and_then(Value::as_array) {
        let name = |variable: &Value| {
            // `$patch: delete` of a strategic merge patch removes the variable
            let removed = if variable.get("$patch").is_some() { "-" } else { "" };
            Some(format!("{removed}{}", variable.get("name")?.as_str()?)) // values may be secret
        };
        let names: Vec<String> = variables.iter().filter_map(name).collect();
        fields.insert("environment".into(), names.join(" "));
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        for (pointer, field) in PROBE {
            if let Some(value) = container.pointer(&format!("/{probe}/{pointer}")) {
                fields.insert(format!("{probe} {field}"), plain(value));
            }
        }
    }
}
