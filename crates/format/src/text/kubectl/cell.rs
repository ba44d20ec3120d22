//! A cell of a table → members of the object, by the type that `formats/kubectl/tables.toml` gives its column.
//! Must not know kinds.

use crate::text::age;
use serde_json::{Map, Value, json};

/// Puts a value at a path of an object, `spec.replicas`.
pub(crate) fn put(object: &mut Value, path: &str, value: Value) {
    let mut slot = object;
    for step in path.split('.') {
        if !slot.is_object() {
            *slot = Value::Object(Map::new());
        }
        let Value::Object(members) = slot else { return };
        slot = members.entry(step).or_insert(Value::Null);
    }
    *slot = value;
}

/// Returns true for what kubectl prints where there is no value.
pub(crate) fn is_none(cell: &str) -> bool {
    matches!(cell, "" | "<none>" | "<unknown>" | "<unset>" | "<pending>" | "<invalid>" | "<nil>" | "N/A")
}

/// Returns labels, `app=cart,tier=web`, as an object.
pub(crate) fn labels(text: &str) -> Value {
    let pairs = text.split(',').filter_map(|pair| pair.trim().split_once('='));
    Value::Object(pairs.map(|(key, value)| (key.to_owned(), value.into())).collect())
}

/// Returns the addresses of `10.42.0.7:8080,10.42.0.8:8080 + 2 more...`, and their ports.
pub(crate) fn addresses(text: &str) -> (Vec<Value>, Vec<Value>) {
    let (mut ips, mut ports): (Vec<&str>, Vec<i64>) = (Vec::new(), Vec::new());
    let shown = text.split(" + ").next().unwrap_or("");
    for address in shown.split(',').map(str::trim).filter(|address| !is_none(address)) {
        let port = address.rsplit_once(':').and_then(|(ip, port)| Some((ip, port.parse::<i64>().ok()?)));
        let (ip, port) = port.map_or((address, None), |(ip, port)| (ip, Some(port)));
        ips.push(ip);
        ports.extend(port);
    }
    ips.dedup();
    ports.sort_unstable();
    ports.dedup();
    let ips = ips.into_iter().map(|ip| json!({ "ip": ip })).collect();
    (ips, ports.into_iter().map(|port| json!({ "port": port })).collect())
}

/// Returns the ports of `80:30080/TCP,443/TCP`.
pub(crate) fn ports(text: &str) -> Value {
    let port = |text: &str| {
        let (numbers, protocol) = text.trim().split_once('/')?;
        let (port, node) = numbers.split_once(':').unwrap_or((numbers, ""));
        let mut value = json!({ "port": port.parse::<i64>().ok()?, "protocol": protocol });
        if let Ok(node) = node.parse::<i64>() {
            put(&mut value, "nodePort", node.into());
        }
        Some(value)
    };
    text.split(',').filter_map(port).collect()
}

/// Puts a cell into an object. Returns false if it is not of its column's type.
pub(crate) fn fill(object: &mut Value, place: &str, cell: &str) -> bool {
    let (path, kind) = place.rsplit_once(':').unwrap_or((place, "text"));
    let is_absent = is_none(cell);
    match kind {
        "subsets" => {
            let (ips, ports) = addresses(cell);
            let subset =
                if ips.is_empty() { json!([]) } else { json!([{ "addresses": ips, "ports": ports }]) };
            put(object, path, subset);
        }
        "endpoints" => {
            let (ips, _) = addresses(cell);
            let one = |ip: &Value| json!({ "addresses": [ip["ip"]], "conditions": { "ready": true } });
            put(object, path, ips.iter().map(one).collect());
        }
        "User" | "Group" | "ServiceAccount" => subjects(object, path, kind, cell),
        _ if is_absent => {}
        "int" => match cell.parse::<i64>() {
            Ok(number) => put(object, path, number.into()),
            Err(_) => return false,
        },
        "ratio" => return ratio(object, path, cell),
        "restarts" => {
            let Ok(count) = cell.split(' ').next().unwrap_or("").parse::<i64>() else { return false };
            put(object, path, count.into());
            let ago = cell.split_once('(').and_then(|(_, rest)| rest.split_once(" ago)"));
            if let Some((ago, _)) = ago {
                put(object, "status.restarted", ago.into());
            }
        }
        "ready" => put(object, path, json!([{ "type": "Ready", "status": cell }])),
        "bool" => put(object, path, cell.eq_ignore_ascii_case("true").into()),
        "labels" => put(object, path, labels(cell)),
        "each" => {
            let Some((list, member)) = path.rsplit_once('.') else { return false };
            each(object, list, member, cell);
        }
        "modes" => put(object, path, cell.split(',').map(access_mode).collect()),
        "ports" => put(object, path, ports(cell)),
        "claim" => {
            let (namespace, name) = cell.split_once('/').unwrap_or(("", cell));
            put(object, path, json!({ "namespace": namespace, "name": name }));
        }
        "reference" => {
            let (kind, name) = cell.split_once('/').unwrap_or(("", cell));
            put(object, path, json!({ "kind": kind, "name": name }));
        }
        "roles" => {
            let role = |role: &str| (format!("node-role.kubernetes.io/{role}"), "".into());
            put(object, path, Value::Object(cell.split(',').map(role).collect()));
        }
        "address" => put(object, path, json!([{ "type": "InternalIP", "address": cell }])),
        "quota" => quota(object, path, cell),
        "version" if !cell.starts_with('v') => return false,
        "node"
            if !cell
                .split(',')
                .all(|word| matches!(word, "Ready" | "NotReady" | "Unknown" | "SchedulingDisabled")) =>
        {
            return false;
        }
        _ => put(object, path, cell.into()),
    }
    true
}

/// Returns true for an age, or for the mark of an unknown one.
pub(crate) fn is_age(cell: &str) -> bool {
    is_none(cell) || age::seconds(cell).is_some()
}

/// Puts `1/3` at one or two paths, `have,want`; an only path gets both.
fn ratio(object: &mut Value, path: &str, cell: &str) -> bool {
    let Some((have, want)) = cell.split_once('/') else { return false };
    // a Job with several completions: `1/1 of 4`
    let want = want.split(' ').next().unwrap_or(want);
    let (Ok(have), Ok(want)) = (have.parse::<i64>(), want.parse::<i64>()) else { return false };
    match path.split_once(',') {
        Some((first, second)) => {
            put(object, first, have.into());
            put(object, second, want.into());
        }
        None => put(object, path, json!([have, want])),
    }
    true
}

/// Puts each value of a cell into its item of a list.
fn each(object: &mut Value, list: &str, member: &str, cell: &str) {
    let pointer = format!("/{}", list.replace('.', "/"));
    let mut items: Vec<Value> =
        object.pointer(&pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    for (at, value) in cell.split(',').map(str::trim).enumerate() {
        if items.len() <= at {
            items.push(json!({}));
        }
        if let Some(item) = items.get_mut(at) {
            put(item, member, value.into());
        }
    }
    put(object, list, Value::Array(items));
}

/// Adds the subjects of a kind, `shop/cart,shop/web`, to those of a binding; none is a list too.
fn subjects(object: &mut Value, path: &str, kind: &str, cell: &str) {
    let mut subjects: Vec<Value> = object.get(path).and_then(Value::as_array).cloned().unwrap_or_default();
    for name in cell.split(',').map(str::trim).filter(|name| !is_none(name)) {
        let account = name.split_once('/').filter(|_| kind == "ServiceAccount");
        subjects.push(match account {
            Some((namespace, name)) => json!({ "kind": kind, "namespace": namespace, "name": name }),
            None => json!({ "kind": kind, "name": name }),
        });
    }
    put(object, path, Value::Array(subjects));
}

/// Returns a mode of access as the API names it.
pub(crate) fn access_mode(mode: &str) -> Value {
    match mode.trim() {
        "RWO" => "ReadWriteOnce",
        "ROX" => "ReadOnlyMany",
        "RWX" => "ReadWriteMany",
        "RWOP" => "ReadWriteOncePod",
        other => other,
    }
    .into()
}

/// Puts `pods: 10/10, requests.cpu: 1/2` below `used` and `hard`.
fn quota(object: &mut Value, path: &str, cell: &str) {
    for (name, used, hard) in cell.split(',').filter_map(|one| {
        let (name, amounts) = one.trim().split_once(": ")?;
        amounts.split_once('/').map(|(used, hard)| (name, used, hard))
    }) {
        // names of resources have dots
        for (member, amount) in [("used", used), ("hard", hard)] {
            let pointer = format!("/{path}/{member}");
            if object.pointer(&pointer).is_none() {
                put(object, &format!("{path}.{member}"), json!({}));
            }
            if let Some(Value::Object(members)) = object.pointer_mut(&pointer) {
                members.insert(name.to_owned(), amount.into());
            }
        }
    }
}
