//! The containers of a description, and their states. Must not know the rest of a description.

use crate::text::kubectl::cell::{is_none, put};
use crate::text::kubectl::tree::{Node, value};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

/// Returns the containers below a node as the specification has them, and their states.
pub(crate) fn containers(node: &Node<'_>) -> (Vec<Value>, Vec<Value>) {
    let all = || node.below.iter().filter(|container| !container.key.is_empty());
    let states = all().filter(|container| container.get("State").is_some());
    (all().map(spec).collect(), states.map(status).collect())
}

/// Returns a time as the API writes it.
pub(crate) fn time(text: &str) -> Option<String> {
    let time = DateTime::parse_from_rfc2822(text).ok()?.with_timezone(&Utc);
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn spec(node: &Node<'_>) -> Value {
    let mut spec = json!({ "name": node.key });
    if let Some(image) = value(&node.below, "Image") {
        put(&mut spec, "image", image.into());
    }
    let ports = value(&node.below, "Port").or_else(|| value(&node.below, "Ports"));
    let ports: Vec<Value> = ports.into_iter().flat_map(|ports| ports.split(", ")).filter_map(port).collect();
    if !ports.is_empty() {
        put(&mut spec, "ports", ports.into());
    }
    for (key, member) in [("Command", "command"), ("Args", "args")] {
        if let Some(words) = node.get(key) {
            put(&mut spec, member, words.below.iter().map(|word| word.text).collect());
        }
    }
    for (key, member) in [("Limits", "limits"), ("Requests", "requests")] {
        if let Some(amounts) = node.get(key) {
            put(&mut spec, &format!("resources.{member}"), pairs(amounts));
        }
    }
    for (key, member) in
        [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")]
    {
        if let Some(text) = value(&node.below, key) {
            put(&mut spec, member, probe(text));
        }
    }
    if let Some(names) = node.get("Environment").filter(|names| !names.below.is_empty()) {
        put(&mut spec, "env", names.below.iter().filter(|name| !name.key.is_empty()).map(variable).collect());
    }
    if let Some(sources) = node.get("Environment Variables from") {
        put(&mut spec, "envFrom", sources.below.iter().filter_map(|source| source_of(source.text)).collect());
    }
    if let Some(mounts) = node.get("Mounts") {
        put(&mut spec, "volumeMounts", mounts.below.iter().filter_map(|line| mount(line.text)).collect());
    }
    spec
}

/// Returns the pairs below a node as an object.
pub(crate) fn pairs(node: &Node<'_>) -> Value {
    let pair = |one: &Node<'_>| (one.key.to_owned(), one.value.into());
    Value::Object(node.below.iter().filter(|one| !one.key.is_empty()).map(pair).collect())
}

/// Reads `8080/TCP`, with the port's name before or after it: `http  80/TCP`, `8080/TCP (http)`.
pub(crate) fn port(text: &str) -> Option<Value> {
    let number = text.split_whitespace().find(|word| word.contains('/'))?;
    let (number, protocol) = number.split_once('/')?;
    let number: i64 = number.parse().ok().filter(|number| *number > 0)?;
    let mut port = json!({ "containerPort": number, "protocol": protocol });
    let name = text.split_whitespace().find(|word| !word.contains('/') && !is_none(word));
    if let Some(name) = name {
        put(&mut port, "name", name.trim_matches(['(', ')']).into());
    }
    Some(port)
}

/// Reads `http-get http://:8080/healthz delay=10s timeout=1s period=10s #success=1 #failure=3`.
fn probe(text: &str) -> Value {
    let mut probe = json!({});
    let mut words = text.split_whitespace();
    let number = |text: &str| text.trim_end_matches('s').parse::<i64>().ok();
    match words.next() {
        Some("http-get") => {
            let url = words.next().unwrap_or("");
            let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
            let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
            let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
            let port = port.parse::<i64>().map_or_else(|_| Value::from(port), Value::from);
            put(
                &mut probe,
                "httpGet",
                json!({ "path": format!("/{path}"), "port": port, "scheme": scheme.to_uppercase() }),
            );
            if !host.is_empty() {
                put(&mut probe, "httpGet.host", host.into());
            }
        }
        Some("tcp-socket") => {
            let port = words.next().and_then(|address| address.rsplit(':').next()).unwrap_or("");
            put(
                &mut probe,
                "tcpSocket.port",
                port.parse::<i64>().map_or_else(|_| Value::from(port), Value::from),
            );
        }
        Some("exec") => {
            let command = text
                .split_once('[')
                .and_then(|(_, rest)| rest.split_once(']'))
                .map_or("", |(words, _)| words);
            put(&mut probe, "exec.command", command.split(' ').collect());
        }
        Some("grpc") => put(&mut probe, "grpc.shown", text.into()),
        _ => {}
    }
    let members = [
        ("delay=", "initialDelaySeconds"),
        ("timeout=", "timeoutSeconds"),
        ("period=", "periodSeconds"),
        ("#success=", "successThreshold"),
        ("#failure=", "failureThreshold"),
    ];
    for word in text.split_whitespace() {
        for (mark, member) in members {
            if let Some(number) = word.strip_prefix(mark).and_then(number) {
                put(&mut probe, member, number.into());
            }
        }
    }
    probe
}

/// Reads a variable: its value, or `<set to the key 'password' in secret 'db'>  Optional: false`.
fn variable(node: &Node<'_>) -> Value {
    // `Optional:` behind a value makes the line a longer pair
    let (name, text) =
        node.text.split_once(':').map_or((node.key, node.value), |(name, text)| (name, text.trim()));
    let Some(source) = text.strip_prefix("<set to the key '") else {
        let field = text.strip_prefix("(v1:").and_then(|rest| rest.strip_suffix(')'));
        return match field {
            Some(path) => json!({ "name": name, "valueFrom": { "fieldRef": { "fieldPath": path } } }),
            None => json!({ "name": name, "value": text }),
        };
    };
    let mut parts = source.split('\'');
    let (key, of, object) =
        (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let member = if of.contains("secret") { "secretKeyRef" } else { "configMapKeyRef" };
    let mut reference = json!({ "key": key, "name": object });
    if text.ends_with("Optional: true") {
        put(&mut reference, "optional", true.into());
    }
    json!({ "name": name, "valueFrom": { member: reference } })
}

/// Reads `cart-config  ConfigMap  Optional: false`.
fn source_of(text: &str) -> Option<Value> {
    let mut words = text.split_whitespace();
    let (name, kind) = (words.next()?, words.next()?);
    let member = if kind == "Secret" { "secretRef" } else { "configMapRef" };
    Some(json!({ member: { "name": name } }))
}

/// Reads `/etc/cart from config (ro,path="app.yaml")`.
fn mount(text: &str) -> Option<Value> {
    let (path, rest) = text.split_once(" from ")?;
    let (volume, flags) = rest.split_once(" (").unwrap_or((rest, ""));
    let mut mount = json!({ "mountPath": path, "name": volume });
    if flags.starts_with("ro") {
        put(&mut mount, "readOnly", true.into());
    }
    if let Some((path, _)) = flags.split_once("path=\"").and_then(|(_, rest)| rest.split_once('"')) {
        put(&mut mount, "subPath", path.into());
    }
    Some(mount)
}

fn status(node: &Node<'_>) -> Value {
    let below = &node.below;
    let mut status = json!({ "name": node.key, "ready": value(below, "Ready") == Some("True") });
    if let Some(image) = value(below, "Image") {
        put(&mut status, "image", image.into());
    }
    if let Some(restarts) = value(below, "Restart Count").and_then(|count| count.parse::<i64>().ok()) {
        put(&mut status, "restartCount", restarts.into());
    }
    for (key, member) in [("State", "state"), ("Last State", "lastState")] {
        if let Some(state) = node.get(key).filter(|state| !is_none(state.value)) {
            put(&mut status, member, state_of(state));
        }
    }
    status
}

fn state_of(node: &Node<'_>) -> Value {
    let mut state = Map::new();
    for (key, member) in [("Reason", "reason"), ("Message", "message")] {
        if let Some(text) = value(&node.below, key) {
            state.insert(member.to_owned(), text.into());
        }
    }
    for (key, member) in [("Exit Code", "exitCode"), ("Signal", "signal")] {
        if let Some(number) = value(&node.below, key).and_then(|code| code.parse::<i64>().ok()) {
            state.insert(member.to_owned(), number.into());
        }
    }
    for (key, member) in [("Started", "startedAt"), ("Finished", "finishedAt")] {
        if let Some(time) = value(&node.below, key).and_then(time) {
            state.insert(member.to_owned(), time.into());
        }
    }
    json!({ node.value.to_lowercase(): state })
}
