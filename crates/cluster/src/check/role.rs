//! Roles and whom bindings bind to them. Must not know what is refused.

use crate::object::Object;
use crate::snapshot::Snapshot;
use model::json::text;

/// Roles that each cluster has, besides those that begin with `system:`.
const BUILT_IN: [&str; 4] = ["admin", "cluster-admin", "edit", "view"];

/// The role of a binding.
#[derive(Clone, Copy)]
pub(super) enum Granted<'s> {
    /// Its rules are known.
    Role(&'s Object),
    /// It does not exist.
    Missing,
    /// It is not shown, or not its rules.
    Unknown,
}

/// Whether a binding is of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Yes,
    No,
    /// Its subjects are not shown.
    Unknown,
}

/// Returns true for a role that each cluster has.
pub(super) fn is_built_in(name: &str) -> bool {
    BUILT_IN.contains(&name) || name.starts_with("system:")
}

/// Returns the role that a binding grants.
pub(super) fn granted<'s>(snapshot: &'s Snapshot, binding: &Object) -> Granted<'s> {
    let (kind, name) = (binding.text("/roleRef/kind"), binding.text("/roleRef/name"));
    let namespace = if kind == "Role" { binding.namespace() } else { "" };
    if name.is_empty() || kind.is_empty() {
        return Granted::Unknown;
    }
    // a description shows no namespace
    if let Some(role) = snapshot.get(kind, namespace, name).or_else(|| snapshot.get(kind, "", name)) {
        let has_rules = !role.list("/rules").is_empty();
        let is_aggregated = role.at("/aggregationRule").is_object();
        let shows_rules = role.at("/rules").is_array() || role.is_whole;
        return if has_rules || shows_rules && !is_aggregated {
            Granted::Role(role)
        } else {
            Granted::Unknown
        };
    }
    if !is_built_in(name) && snapshot.lists_all(kind, namespace) {
        Granted::Missing
    } else {
        Granted::Unknown
    }
}

/// Returns whether a binding is of an account, by its name or by a group that all accounts are in.
pub(super) fn bound(binding: &Object, namespace: &str, account: &str) -> Bound {
    if binding.at("/subjects").is_null() && !binding.is_whole && !binding.is_detailed {
        return Bound::Unknown;
    }
    let is_of = |subject: &serde_json::Value| {
        let name = text(subject, "/name");
        match text(subject, "/kind") {
            "ServiceAccount" => {
                let own = Some(text(subject, "/namespace")).filter(|own| !own.is_empty());
                name == account && own.unwrap_or(binding.namespace()) == namespace
            }
            "Group" => {
                matches!(name, "system:serviceaccounts" | "system:authenticated")
                    || name.strip_prefix("system:serviceaccounts:") == Some(namespace)
            }
            _ => {
                let own = name.strip_prefix("system:serviceaccount:");
                own.and_then(|own| own.split_once(':')) == Some((namespace, account))
            }
        }
    };
    if binding.list("/subjects").iter().any(is_of) { Bound::Yes } else { Bound::No }
}
