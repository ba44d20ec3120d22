//! The descriptions of roles and of their bindings. Must not know other kinds.

use crate::text::kubectl::cell::put;
use crate::text::kubectl::tree::{Node, get, table, value};
use serde_json::{Value, json};

/// Returns the kind of a role or binding; `named` is that of the command above it, without which a description does not
/// show whether it is of the whole cluster.
pub(crate) fn kind_of(nodes: &[Node<'_>], named: Option<&'static str>) -> Option<&'static str> {
    let name = value(nodes, "Name").unwrap_or("");
    let of_cluster = |kind: &str| named == Some(kind) || named.is_none() && name.starts_with("system:");
    if get(nodes, "PolicyRule").is_some() {
        return Some(if of_cluster("ClusterRole") { "ClusterRole" } else { "Role" });
    }
    let role = get(nodes, "Role").filter(|_| get(nodes, "Subjects").is_some())?;
    let is_of_cluster = of_cluster("ClusterRoleBinding") && value(&role.below, "Kind") != Some("Role");
    Some(if is_of_cluster { "ClusterRoleBinding" } else { "RoleBinding" })
}

/// Puts the rules of a role.
pub(crate) fn role(nodes: &[Node<'_>], object: &mut Value) {
    let mut rules = Vec::new();
    if let Some(node) = get(nodes, "PolicyRule") {
        gather(&node.below, &mut rules);
        put(object, "rules", rules.into());
    }
}

/// Gathers rules: a row without a resource is indented further than that above it.
fn gather(nodes: &[Node<'_>], rules: &mut Vec<Value>) {
    for node in nodes {
        rules.extend(rule(node.text));
        gather(&node.below, rules);
    }
}

/// Reads `deployments.apps/scale  []  [cart]  [get list]`: the resource, paths, names of objects, verbs.
fn rule(row: &str) -> Option<Value> {
    let (resource, rest) = row.split_at(row.find('[')?);
    let mut lists = rest.split('[').skip(1).map(|list| {
        let items = list.split(']').next().unwrap_or("");
        items.split_whitespace().collect::<Vec<_>>()
    });
    let (paths, names, verbs) = (lists.next()?, lists.next()?, lists.next()?);
    let mut rule = json!({ "verbs": verbs });
    let resource = resource.trim();
    if !resource.is_empty() {
        let (resource, part) = resource.split_once('/').unwrap_or((resource, ""));
        let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
        let slash = if part.is_empty() { "" } else { "/" };
        put(&mut rule, "apiGroups", json!([group]));
        put(&mut rule, "resources", json!([format!("{resource}{slash}{part}")]));
    }
    for (member, items) in [("nonResourceURLs", paths), ("resourceNames", names)] {
        if !items.is_empty() {
            put(&mut rule, member, items.into());
        }
    }
    Some(rule)
}

/// Puts the role and the subjects of a binding.
pub(crate) fn binding(nodes: &[Node<'_>], object: &mut Value) {
    if let Some(role) = get(nodes, "Role") {
        for (key, member) in [("Kind", "roleRef.kind"), ("Name", "roleRef.name")] {
            if let Some(text) = value(&role.below, key) {
                put(object, member, text.into());
            }
        }
    }
    let Some(subjects) = get(nodes, "Subjects") else { return };
    let subject = |row: Vec<(&str, &str)>| {
        let mut subject = json!({});
        for (column, text) in row {
            put(&mut subject, &column.to_lowercase(), text.into());
        }
        subject
    };
    put(object, "subjects", table(&subjects.below).into_iter().map(subject).collect());
}
