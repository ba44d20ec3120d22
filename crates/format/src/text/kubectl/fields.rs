//! The parts of a description that only some kinds have. Must not know containers.

use crate::text::kubectl::cell::{access_mode, addresses, is_none, labels, put};
use crate::text::kubectl::containers::{pairs, port, time};
use crate::text::kubectl::tree::{Node, get, row, table, value};
use serde_json::{Map, Value, json};

/// Puts the table of conditions into the status.
pub(crate) fn conditions(nodes: &[Node<'_>], object: &mut Value) {
    let rows = get(nodes, "Conditions").map(|node| table(&node.below)).unwrap_or_default();
    let condition = |row: Vec<(&str, &str)>| {
        let mut condition = json!({});
        for (name, text) in row {
            match name {
                "Type" | "Status" | "Reason" | "Message" => {
                    put(&mut condition, &name.to_lowercase(), text.into())
                }
                "LastTransitionTime" => {
                    if let Some(time) = time(text) {
                        put(&mut condition, "lastTransitionTime", time.into());
                    }
                }
                _ => {}
            }
        }
        condition
    };
    let status = get(nodes, "Status").map(|status| status.below.as_slice()).unwrap_or_default();
    if let Some(listed) = get(status, "Conditions") {
        put(object, "status.conditions", custom_conditions(&listed.below).into());
    }
    if !rows.is_empty() {
        put(object, "status.conditions", rows.into_iter().map(condition).collect());
    }
}

/// Reads the conditions of a custom resource: members by name, in the order of the alphabet, so that each condition
/// begins with the first name again.
fn custom_conditions(nodes: &[Node<'_>]) -> Vec<Value> {
    let first = nodes.first().map_or("", |node| node.key);
    let mut conditions: Vec<Value> = Vec::new();
    for node in nodes {
        if node.key == first {
            conditions.push(json!({}));
        }
        let member = match node.key {
            "Last Transition Time" => "lastTransitionTime",
            "Type" => "type",
            "Status" => "status",
            "Reason" => "reason",
            "Message" => "message",
            _ => continue,
        };
        if let Some(condition) = conditions.last_mut() {
            put(condition, member, node.value.into());
        }
    }
    conditions
}

/// Reads a volume of a pod.
pub(crate) fn mounted(node: &Node<'_>) -> Value {
    let mut volume = json!({ "name": node.key });
    let text = |key: &str| value(&node.below, key);
    let kind = text("Type").unwrap_or("").split(' ').next().unwrap_or("");
    let source = match kind {
        "ConfigMap" => json!({ "configMap": { "name": text("Name") } }),
        "Secret" => json!({ "secret": { "secretName": text("SecretName") } }),
        "PersistentVolumeClaim" => json!({ "persistentVolumeClaim": { "claimName": text("ClaimName") } }),
        "EmptyDir" => json!({ "emptyDir": {} }),
        "HostPath" => json!({ "hostPath": { "path": text("Path") } }),
        "Projected" => json!({ "projected": {} }),
        _ => json!({}),
    };
    if let (Some(members), Value::Object(source)) = (volume.as_object_mut(), source) {
        members.extend(source);
    }
    if text("Optional") == Some("true") {
        let member = if kind == "Secret" { "secret.optional" } else { "configMap.optional" };
        put(&mut volume, member, true.into());
    }
    volume
}

/// Reads `key=value:Effect op=Exists for 300s`.
pub(crate) fn toleration(text: &str) -> Value {
    let (what, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (key, effect) = what.split_once(':').unwrap_or((what, ""));
    let (key, value) = key.split_once('=').map_or((key, None), |(key, value)| (key, Some(value)));
    let mut toleration =
        json!({ "key": key, "operator": if rest.contains("op=Exists") { "Exists" } else { "Equal" } });
    for (member, text) in [("effect", Some(effect)), ("value", value)] {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            put(&mut toleration, member, text.into());
        }
    }
    toleration
}

/// Puts how many pods a workload has and shall have.
pub(crate) fn replicas(nodes: &[Node<'_>], object: &mut Value) {
    let mut count = |path: &str, text: &str| {
        if let Some(number) = text.split_whitespace().next().and_then(|number| number.parse::<i64>().ok()) {
            put(object, path, number.into());
        }
    };
    for part in value(nodes, "Replicas").unwrap_or("").split(['|', '/']).map(str::trim) {
        match part.split_whitespace().nth(1) {
            Some("desired") => count("spec.replicas", part),
            Some("updated") => count("status.updatedReplicas", part),
            Some("total" | "current") => count("status.replicas", part),
            // a Deployment's available pods were ready for a while
            Some("available") => count("status.readyReplicas", part),
            Some("unavailable") => count("status.unavailableReplicas", part),
            _ => {}
        }
    }
    for (key, path) in [
        ("Desired Number of Nodes Scheduled", "status.desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled", "status.currentNumberScheduled"),
        ("Number of Nodes Scheduled with Available Pods", "status.numberReady"),
        ("Parallelism", "spec.parallelism"),
        ("Completions", "spec.completions"),
        ("Backoff Limit", "spec.backoffLimit"),
    ] {
        count(path, value(nodes, key).unwrap_or(""));
    }
    let statuses = value(nodes, "Pods Statuses").or_else(|| value(nodes, "Pods Status")).unwrap_or("");
    for part in statuses.split(" / ") {
        match part.split_whitespace().nth(1) {
            Some("Active") => count("status.active", part),
            Some("Succeeded") if statuses.contains("Active") => count("status.succeeded", part),
            Some("Failed") => count("status.failed", part),
            _ => {}
        }
    }
    for (key, path) in [("StrategyType", "spec.strategy.type"), ("Schedule", "spec.schedule")] {
        if let Some(text) = value(nodes, key) {
            put(object, path, text.into());
        }
    }
}

/// Reads what only nodes have.
pub(crate) fn node(nodes: &[Node<'_>], object: &mut Value) {
    let taint = |text: &str| {
        let (key, effect) = text.rsplit_once(':')?;
        let (key, value) = key.split_once('=').map_or((key, None), |(key, value)| (key, Some(value)));
        let mut taint = json!({ "key": key, "effect": effect });
        if let Some(value) = value {
            put(&mut taint, "value", value.into());
        }
        Some(taint)
    };
    let taints: Vec<Value> =
        get(nodes, "Taints").map(|node| node.values().filter_map(taint).collect()).unwrap_or_default();
    if !taints.is_empty() {
        put(object, "spec.taints", taints.into());
    }
    if value(nodes, "Unschedulable") == Some("true") {
        put(object, "spec.unschedulable", true.into());
    }
    for (key, member) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
        if let Some(amounts) = get(nodes, key) {
            put(object, &format!("status.{member}"), pairs(amounts));
        }
    }
    let version = get(nodes, "System Info").and_then(|info| value(&info.below, "Kubelet Version"));
    if let Some(version) = version {
        put(object, "status.nodeInfo.kubeletVersion", version.into());
    }
}

/// Reads a Service; returns its endpoints, which are objects of their own.
pub(crate) fn service(nodes: &[Node<'_>], object: &mut Value) -> Option<Value> {
    let selector = get(nodes, "Selector").map(|node| labels(&node.values().collect::<Vec<_>>().join(",")));
    if let Some(selector) =
        selector.filter(|selector| selector.as_object().is_some_and(|members| !members.is_empty()))
    {
        put(object, "spec.selector", selector);
    }
    for (key, path) in [
        ("Type", "spec.type"),
        ("IP", "spec.clusterIP"),
        ("Session Affinity", "spec.sessionAffinity"),
        ("External Name", "spec.externalName"),
    ] {
        if let Some(text) = value(nodes, key) {
            put(object, path, text.into());
        }
    }
    let mut ports: Vec<Value> = Vec::new();
    let mut shown = Vec::new();
    for node in nodes {
        match node.key {
            "Port" => {
                if let Some(mut own) = port(node.value) {
                    let number = own.as_object_mut().and_then(|own| own.remove("containerPort"));
                    put(&mut own, "port", number.unwrap_or(Value::Null));
                    ports.push(own);
                }
            }
            "TargetPort" => {
                let target = node.value.split('/').next().unwrap_or("");
                let target = target.parse::<i64>().map_or_else(|_| Value::from(target), Value::from);
                if let Some(own) = ports.last_mut() {
                    put(own, "targetPort", target);
                }
            }
            "Endpoints" => shown.push(node.value),
            _ => {}
        }
    }
    put(object, "spec.ports", ports.into());
    if shown.is_empty() {
        return None;
    }
    let subset = |(ips, ports): (Vec<Value>, Vec<Value>)| json!({ "addresses": ips, "ports": ports });
    let subsets: Vec<Value> =
        shown.into_iter().map(addresses).filter(|(ips, _)| !ips.is_empty()).map(subset).collect();
    let mut endpoints = json!({ "apiVersion": "v1", "kind": "Endpoints", "subsets": subsets });
    for member in ["name", "namespace"] {
        let text = object.pointer(&format!("/metadata/{member}")).and_then(Value::as_str).map(str::to_owned);
        if let Some(text) = text {
            put(&mut endpoints, &format!("metadata.{member}"), text.into());
        }
    }
    Some(endpoints)
}

/// Reads the subsets of endpoints.
pub(crate) fn endpoints(nodes: &[Node<'_>], object: &mut Value) {
    let mut subsets: Vec<Value> = Vec::new();
    for node in get(nodes, "Subsets").map_or(&[][..], |node| &node.below) {
        let member = match node.key {
            "Addresses" => "addresses",
            "NotReadyAddresses" => "notReadyAddresses",
            "Ports" => "ports",
            _ => continue,
        };
        if member == "addresses" || subsets.is_empty() {
            subsets.push(json!({}));
        }
        let values = match member {
            "ports" => table(&node.below).iter().filter_map(|row| numbered(row)).collect(),
            _ => addresses(node.value).0,
        };
        if let Some(subset) = subsets.last_mut().filter(|_| !values.is_empty()) {
            put(subset, member, values.into());
        }
    }
    subsets.retain(|subset| subset.get("addresses").or_else(|| subset.get("notReadyAddresses")).is_some());
    put(object, "subsets", subsets.into());
}

/// Reads a row of ports: `http  8080  TCP`.
fn numbered(row: &[(&str, &str)]) -> Option<Value> {
    let text = |name: &str| row.iter().find(|(column, _)| *column == name).map(|(_, value)| *value);
    let mut port = json!({ "port": text("Port")?.parse::<i64>().ok()? });
    for (column, member) in [("Name", "name"), ("Protocol", "protocol")] {
        if let Some(text) = text(column).filter(|text| !is_none(text)) {
            put(&mut port, member, text.into());
        }
    }
    Some(port)
}

/// Reads claims and volumes.
pub(crate) fn volume(nodes: &[Node<'_>], object: &mut Value) {
    let capacity =
        if value(nodes, "Claim").is_some() { "spec.capacity.storage" } else { "status.capacity.storage" };
    for (key, path) in [
        ("StorageClass", "spec.storageClassName"),
        ("Status", "status.phase"),
        ("Volume", "spec.volumeName"),
        ("Capacity", capacity),
        ("Reclaim Policy", "spec.persistentVolumeReclaimPolicy"),
        ("VolumeMode", "spec.volumeMode"),
        ("Message", "status.message"),
        ("Reason", "status.reason"),
    ] {
        if let Some(text) = value(nodes, key) {
            put(object, path, text.into());
        }
    }
    if let Some(modes) = value(nodes, "Access Modes") {
        put(object, "spec.accessModes", modes.split(',').map(access_mode).collect());
    }
    if let Some((namespace, name)) = value(nodes, "Claim").and_then(|claim| claim.split_once('/')) {
        put(object, "spec.claimRef", json!({ "namespace": namespace, "name": name }));
    }
}

/// Reads an autoscaler.
pub(crate) fn autoscaler(nodes: &[Node<'_>], object: &mut Value) {
    let number = |text: &str| text.split(' ').next().and_then(|number| number.parse::<i64>().ok());
    for (key, path) in [("Min replicas", "spec.minReplicas"), ("Max replicas", "spec.maxReplicas")] {
        if let Some(number) = value(nodes, key).and_then(number) {
            put(object, path, number.into());
        }
    }
    if let Some((kind, name)) = value(nodes, "Reference").and_then(|target| target.split_once('/')) {
        put(object, "spec.scaleTargetRef", json!({ "kind": kind, "name": name }));
    }
    // `Deployment pods:  3 current / 5 desired`
    for node in nodes.iter().filter(|node| node.key.ends_with(" pods")) {
        let (current, desired) = node.value.split_once(" / ").unwrap_or((node.value, ""));
        for (text, path) in [(current, "status.currentReplicas"), (desired, "status.desiredReplicas")] {
            if let Some(number) = number(text) {
                put(object, path, number.into());
            }
        }
    }
    if let Some(metrics) = get(nodes, "Metrics") {
        put(object, "status.metrics", metrics.below.iter().map(|metric| metric.text).collect());
    }
}

/// Reads the rows of a quota.
pub(crate) fn quota(nodes: &[Node<'_>], object: &mut Value) {
    let (mut used, mut hard) = (Map::new(), Map::new());
    for node in nodes {
        if let [name, one, other] = row(node.text).as_slice()
            && node.key.is_empty()
            && !name.starts_with("--")
            && *name != "Resource"
        {
            used.insert((*name).to_owned(), (*one).into());
            hard.insert((*name).to_owned(), (*other).into());
        }
    }
    put(object, "status", json!({ "used": used, "hard": hard }));
}

/// Reads the rules of an Ingress.
pub(crate) fn ingress(nodes: &[Node<'_>], object: &mut Value) {
    if let Some(class) = value(nodes, "Ingress Class") {
        put(object, "spec.ingressClassName", class.into());
    }
    let tls = get(nodes, "TLS").map_or(&[][..], |node| &node.below).iter();
    let names = tls.filter_map(|node| Some(node.text.split_once(" terminates ")?.0.trim()));
    let tls: Vec<Value> = names.map(|name| json!({ "secretName": name })).collect();
    if !tls.is_empty() {
        put(object, "spec.tls", tls.into());
    }
    let mut rules = Vec::new();
    for rule in get(nodes, "Rules").map_or(&[][..], |node| &node.below) {
        let paths: Vec<Value> = rule.below.iter().filter_map(|path| backend(path.text)).collect();
        if !paths.is_empty() {
            let host = if rule.text == "*" { "" } else { rule.text };
            rules.push(json!({ "host": host, "http": { "paths": paths } }));
        }
    }
    put(object, "spec.rules", rules.into());
}

/// Reads `/cart   cart:80 (10.42.0.7:8080)`.
fn backend(text: &str) -> Option<Value> {
    let mut words = text.split_whitespace();
    let (path, target) = (words.next()?, words.next()?);
    let (name, port) = target.split_once(':')?;
    let port =
        port.parse::<i64>().map_or_else(|_| json!({ "name": port }), |number| json!({ "number": number }));
    Some(json!({ "path": path, "backend": { "service": { "name": name, "port": port } } }))
}

/// Reads what a NetworkPolicy selects and lets through.
pub(crate) fn policy(nodes: &[Node<'_>], object: &mut Value) {
    let Some(spec) = get(nodes, "Spec") else { return };
    let selector = value(&spec.below, "PodSelector").filter(|text| !text.starts_with('<')).unwrap_or("");
    put(object, "spec.podSelector.matchLabels", labels(selector));
    if let Some(kinds) = value(&spec.below, "Policy Types") {
        put(object, "spec.policyTypes", kinds.split(", ").collect());
    }
    for (key, member) in [("Allowing ingress traffic", "ingress"), ("Allowing egress traffic", "egress")] {
        if let Some(node) = spec.get(key) {
            put(object, &format!("spec.{member}"), rules(node).into());
        }
    }
}

/// Reads the rules of a policy: `<none> (Selected pods are isolated …)`, or one that lists its ports and peers.
fn rules(node: &Node<'_>) -> Vec<Value> {
    if node.below.first().is_some_and(|line| line.text.starts_with("<none>")) {
        return Vec::new();
    }
    let mut rule = json!({ "shown": node.below.iter().map(|line| line.text).collect::<Vec<_>>() });
    let peers = ["From", "To"].iter().find_map(|key| node.get(key)).map(|peers| peers.below.as_slice());
    let peer = |line: &Node<'_>| match line.key {
        "PodSelector" => Some(json!({ "podSelector": { "matchLabels": labels(line.value) } })),
        "NamespaceSelector" => Some(json!({ "namespaceSelector": { "matchLabels": labels(line.value) } })),
        _ => None,
    };
    let peers: Vec<Value> = peers.unwrap_or_default().iter().filter_map(peer).collect();
    if !peers.is_empty() {
        put(&mut rule, "from", peers.into());
    }
    vec![rule]
}
