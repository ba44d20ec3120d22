//! The API server's state of objects that have no verb of their own: the response to a patch is the
//! whole object, a deletion by the last one. Must not know who writes.

use crate::api::{Target, api_version};
use crate::call_failure::cluster_ip;
use crate::day::Day;
use crate::event::Object;
use crate::fleet::{FLEET, Workload};
use serde_json::{Value, json};

/// Merges a JSON merge patch (RFC 7386) into an object.
pub fn patch_into(into: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *into = patch.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    for (key, value) in fields {
        match value {
            Value::Null => _ = into.as_object_mut().and_then(|object| object.remove(key)),
            value => patch_into(&mut into[key.as_str()], value),
        }
    }
}

/// Returns the text of the one file of a workload's ConfigMap.
pub fn config_text(of: &Workload) -> String {
    let host = of.callee().name;
    format!("upstream:\n  host: {host}\n  timeout-ms: 3000\npool:\n  size: 20\n")
}

/// Returns the spec of a workload's Service.
pub fn service_spec(of: &Workload) -> Value {
    json!({"ports": [{"name": "main", "protocol": "TCP", "port": of.port, "targetPort": of.port}],
        "selector": {"app": of.name}, "clusterIP": cluster_ip(of), "clusterIPs": [cluster_ip(of)], "type": "ClusterIP",
        "sessionAffinity": "None", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
        "internalTrafficPolicy": "Cluster"})
}

/// Returns the content with which the fleet's own objects start; of others, nothing.
fn initial(target: Target<'_>) -> Value {
    let of = FLEET.iter().find(|of| of.namespace == target.namespace && target.name.starts_with(of.name));
    match (target.resource, of) {
        ("services", Some(of)) if of.name == target.name => {
            json!({"metadata": {"labels": {"app": of.name}}, "spec": service_spec(of), "status": {"loadBalancer": {}}})
        }
        ("configmaps", Some(of)) if of.config_map() == target.name => {
            json!({"data": {"application.yaml": config_text(of)}})
        }
        _ => json!({}),
    }
}

impl Day {
    /// Returns the API server's state of an object, with its kind and name.
    pub fn stored(&self, target: Target<'_>) -> Value {
        let key = (target.resource.to_owned(), format!("{}/{}", target.namespace, target.name));
        self.objects.get(&key).cloned().unwrap_or_else(|| self.first_stored(target))
    }

    /// Returns the API server's state of an object before anybody changed it.
    pub fn first_stored(&self, target: Target<'_>) -> Value {
        let uid = Object::named(target.kind, target.namespace, target.name).uid;
        let mut object = json!({"kind": target.kind, "apiVersion": api_version(target.kind),
            "metadata": {"name": target.name, "uid": uid}});
        if !target.namespace.is_empty() {
            object["metadata"]["namespace"] = json!(target.namespace);
        }
        patch_into(&mut object, &initial(target));
        object
    }

    /// Keeps an object as it is from now on; a deleted one is forgotten.
    pub fn store(&mut self, target: Target<'_>, at: i64, object: Option<Value>) {
        let key = (target.resource.to_owned(), format!("{}/{}", target.namespace, target.name));
        let first = self.touched.entry(key.clone()).or_insert(at);
        *first = at.min(*first);
        match object {
            Some(object) => _ = self.objects.insert(key, object),
            None => _ = self.objects.remove(&key),
        }
    }
}
