//! Rights that accounts lack: what the API refuses them, beside the roles that they are bound to. Must not know how a
//! refusal was read.

use crate::Broken;
use crate::REFUSAL;
use crate::check::role::{Bound, Granted, bound, granted, is_built_in};
use crate::check::{Cluster, Said};
use crate::object::{Key, Object};
use model::entity::is_cluster_wide;
use model::json::{list, text};
use std::collections::BTreeMap;

/// Refusals that are looked at.
const REFUSALS: usize = 500;
/// Rights that a fault names.
const NAMED: usize = 3;

/// A request that the API refused, as the rules of roles name it.
#[derive(Clone, Copy)]
pub(super) struct Request<'s> {
    pub(super) account_namespace: &'s str,
    pub(super) account: &'s str,
    pub(super) verb: &'s str,
    /// With its subresource: `pods/log`.
    pub(super) resource: &'s str,
    pub(super) group: &'s str,
    /// Empty at the cluster scope.
    pub(super) namespace: &'s str,
    /// Empty if the request names no object.
    pub(super) name: &'s str,
    seen: &'s Object,
}

impl<'s> Request<'s> {
    fn of(seen: &'s Object) -> Self {
        Self {
            account_namespace: seen.namespace(),
            account: seen.text("/spec/account"),
            verb: seen.text("/spec/verb"),
            resource: seen.text("/spec/resource"),
            group: seen.text("/spec/group"),
            namespace: seen.text("/spec/namespace"),
            name: seen.text("/spec/name"),
            seen,
        }
    }

    /// Returns what was refused as commands write it: `list deployments.apps`.
    fn right(&self) -> String {
        let (resource, part) = self.resource.split_once('/').unwrap_or((self.resource, ""));
        let dot = if self.group.is_empty() { "" } else { "." };
        let slash = if part.is_empty() { "" } else { "/" };
        format!("{} {resource}{dot}{}{slash}{part}", self.verb, self.group)
    }

    /// Returns where it was refused, in English and Chinese.
    fn scope(&self) -> (String, String) {
        match self.namespace {
            "" => ("at the cluster scope".to_owned(), "集群范围内".to_owned()),
            namespace => (format!("in the namespace {namespace}"), format!("命名空间 {namespace} 中")),
        }
    }
}

/// Whose fault a refusal is, and which one.
enum Blamed<'s> {
    /// A role lacks a rule.
    Role(&'s Object),
    /// A binding to a role that everybody knows and nobody changes.
    WeakRole(&'s Object),
    /// A binding to a role that does not exist.
    NoRole(&'s Object),
    /// A binding that names another account.
    OtherAccount(&'s Object, String),
    /// A binding that counts elsewhere.
    OtherScope(&'s Object),
    /// Nothing binds the account.
    Account,
}

/// A binding with its role.
#[derive(Clone, Copy)]
struct Binding<'s> {
    seen: &'s Object,
    role: Granted<'s>,
}

/// Returns the roles, bindings and accounts by which the API refuses requests, and bindings to roles that do not
/// exist.
pub(super) fn broken(cluster: &Cluster<'_>) -> Vec<Broken> {
    let snapshot = cluster.snapshot;
    let seen = ["RoleBinding", "ClusterRoleBinding"].into_iter().flat_map(|kind| snapshot.of(kind));
    let bindings: Vec<Binding<'_>> =
        seen.map(|seen| Binding { seen, role: granted(snapshot, seen) }).collect();
    let missing = bindings.iter().filter(|binding| matches!(binding.role, Granted::Missing));
    let mut found: Vec<Broken> = missing.map(|binding| no_role(binding.seen, 0.8).of(binding.seen)).collect();
    let mut rights: BTreeMap<(Key, &'static str), Vec<String>> = BTreeMap::new();
    for refusal in snapshot.of(REFUSAL).take(REFUSALS) {
        let request = Request::of(refusal);
        let Some(blamed) = blamed(cluster, &bindings, &request) else { continue };
        let mut new = fault(cluster, &blamed, &request);
        let key = (new.kind.clone(), new.namespace.clone(), new.name.clone());
        // one object is one fault, however many requests it refuses
        let known = rights.entry((key, new.reason)).or_default();
        if !known.contains(&request.right()) && known.len() < NAMED {
            known.push(request.right());
        }
        for said in [&mut new.what, &mut new.zh] {
            *said = said.replacen(&request.right(), &known.join(", "), 1);
        }
        found.retain(|old| {
            (&old.kind, &old.namespace, &old.name, old.reason)
                != (&new.kind, &new.namespace, &new.name, new.reason)
        });
        found.push(new);
    }
    found
}

/// Returns whose fault a refusal is; `None` if the roles as they were last seen allow the request, or if not enough
/// of them is shown.
fn blamed<'s>(cluster: &Cluster<'_>, bindings: &[Binding<'s>], request: &Request<'_>) -> Option<Blamed<'s>> {
    let is_bound = |binding: &Object| bound(binding, request.account_namespace, request.account);
    let (within, others): (Vec<Binding<'_>>, Vec<Binding<'_>>) =
        bindings.iter().partition(|binding| is_in_scope(binding.seen, request));
    let mut lacking: Vec<(&Object, &Object)> = Vec::new();
    let mut missing = None;
    for Binding { seen, role } in within.iter().copied() {
        // without its subjects, a binding is of the account that it is named after
        let is_named = || is_named_after(seen, request.account);
        match (is_bound(seen), role) {
            (Bound::No, _) => {}
            (_, Granted::Role(role)) if allows(role, request) => return None,
            // what all accounts may do is no reason to refuse one of them
            _ if is_of_system(seen) => {}
            (Bound::Yes, Granted::Missing) => missing = Some(seen),
            (Bound::Yes, Granted::Unknown) => return None,
            (Bound::Yes, Granted::Role(role)) => lacking.push((seen, role)),
            (Bound::Unknown, Granted::Role(role)) if is_named() => lacking.push((seen, role)),
            (Bound::Unknown, Granted::Missing) => {}
            (Bound::Unknown, _) if is_named() || seen.kind() == "RoleBinding" => return None,
            (Bound::Unknown, _) => {}
        }
    }
    if let Some(binding) = missing {
        return Some(Blamed::NoRole(binding));
    }
    let allowing = |binding: &&Binding<'s>| {
        matches!(binding.role, Granted::Role(role) if allows(role, request)) && !is_of_system(binding.seen)
    };
    let misnamed = within.iter().filter(allowing).find_map(|binding| {
        Some(Blamed::OtherAccount(binding.seen, misnamed_by(cluster, binding.seen, request)?))
    });
    let closest = lacking.into_iter().max_by_key(|(_, role)| likeness(role, request));
    let lacking = || {
        let (binding, role) = closest?;
        Some(if is_built_in(role.name()) { Blamed::WeakRole(binding) } else { Blamed::Role(role) })
    };
    let elsewhere = || {
        let mut others = others.iter().filter(allowing);
        others.find(|it| is_bound(it.seen) == Bound::Yes).map(|it| Blamed::OtherScope(it.seen))
    };
    misnamed.or_else(lacking).or_else(elsewhere).or(Some(Blamed::Account))
}

/// Returns true for a binding that counts where a request was refused.
fn is_in_scope(binding: &Object, request: &Request<'_>) -> bool {
    binding.kind() == "ClusterRoleBinding"
        || !request.namespace.is_empty() && ["", request.namespace].contains(&binding.namespace())
}

/// Returns true if a binding or its role has the name of an account within its own.
fn is_named_after(binding: &Object, account: &str) -> bool {
    [binding.name(), binding.text("/roleRef/name")].iter().any(|own| own.contains(account))
}

/// Returns true for a binding of what every account may do, as each cluster has it.
fn is_of_system(binding: &Object) -> bool {
    binding.text("/roleRef/name").starts_with("system:")
}

/// Returns true if a role allows a request.
fn allows(role: &Object, request: &Request<'_>) -> bool {
    role.list("/rules").iter().any(|rule| {
        let has = |path: &str, is: &dyn Fn(&str) -> bool| {
            list(rule, path).iter().filter_map(|it| it.as_str()).any(|it| it == "*" || is(it))
        };
        let part = request.resource.split_once('/').map(|(_, part)| format!("*/{part}"));
        let names = list(rule, "/resourceNames");
        let is_named = !matches!(request.verb, "list" | "watch" | "create" | "deletecollection")
            && names.iter().any(|name| !request.name.is_empty() && name == request.name);
        has("/verbs", &|verb| verb == request.verb)
            && has("/apiGroups", &|group| group == request.group)
            && has("/resources", &|it| it == request.resource || part.as_deref() == Some(it))
            && (names.is_empty() || is_named)
    })
}

/// Returns how much of a request the rules of a role have: its resource, its verb, its group.
fn likeness(role: &Object, request: &Request<'_>) -> usize {
    let of_rule = |rule: &serde_json::Value| {
        let has = |path: &str, wanted: &str| list(rule, path).iter().any(|it| it == wanted || it == "*");
        let resource = request.resource.split('/').next().unwrap_or("");
        4 * usize::from(has("/resources", request.resource) || has("/resources", resource))
            + 2 * usize::from(has("/apiGroups", request.group))
            + usize::from(has("/verbs", request.verb))
    };
    role.list("/rules").iter().map(of_rule).max().unwrap_or(0)
}

/// Returns the account that a binding names where it should name that of a request: one of that name in another
/// namespace, or one of another name that does not exist or that the binding is not named after.
fn misnamed_by(cluster: &Cluster<'_>, binding: &Object, request: &Request<'_>) -> Option<String> {
    let mut accounts = binding.list("/subjects").iter().filter(|it| text(it, "/kind") == "ServiceAccount");
    let is_named_after = |name: &str| is_named_after(binding, name);
    accounts.find_map(|account| {
        let (namespace, name) = (text(account, "/namespace"), text(account, "/name"));
        let namespace = if namespace.is_empty() { binding.namespace() } else { namespace };
        let is_gone = || cluster.snapshot.lacks("ServiceAccount", namespace, name);
        let is_other = || {
            namespace == request.account_namespace
                && request.account != "default"
                && (is_gone() || is_named_after(request.account) && !is_named_after(name))
        };
        (name == request.account || is_other()).then(|| format!("{namespace}/{name}"))
    })
}

fn no_role(binding: &Object, strength: f64) -> Said {
    let (kind, name) = (binding.text("/roleRef/kind"), binding.text("/roleRef/name"));
    Said {
        reason: "NoRole",
        strength,
        what: format!("grants the {kind} {name}, which does not exist"),
        zh: format!("授予的 {kind} {name} 不存在"),
    }
}

/// Returns a refusal as a fault of the object whose fault it is.
fn fault(cluster: &Cluster<'_>, blamed: &Blamed<'_>, request: &Request<'_>) -> Broken {
    let account = format!("{}/{}", request.account_namespace, request.account);
    let (right, (scope, zh_scope)) = (request.right(), request.scope());
    let said = |reason, strength, what, zh| Said { reason, strength, what, zh };
    let found = match blamed {
        Blamed::Role(role) => said(
            "RightMissing",
            0.92,
            format!("does not let the ServiceAccount {account} {right} ({scope})"),
            format!("未允许 ServiceAccount {account} 执行 {right}（{zh_scope}）"),
        )
        .of(role),
        Blamed::WeakRole(binding) => {
            let role = binding.text("/roleRef/name");
            said(
                "RightMissing",
                0.85,
                format!("grants {role}, which does not let the ServiceAccount {account} {right} ({scope})"),
                format!("授予的 {role} 不允许 ServiceAccount {account} 执行 {right}（{zh_scope}）"),
            )
            .of(binding)
        }
        Blamed::NoRole(binding) => no_role(binding, 0.9).of(binding),
        Blamed::OtherAccount(binding, named) => said(
            "OtherAccount",
            0.92,
            format!("names the ServiceAccount {named}, not {account}, which may not {right} ({scope})"),
            format!("授权对象是 {named}，而不是 {account}，后者无权执行 {right}（{zh_scope}）"),
        )
        .of(binding),
        Blamed::OtherScope(binding) => said(
            "OtherScope",
            0.85,
            format!(
                "applies only in the namespace {}: the ServiceAccount {account} may not {right} ({scope})",
                binding.namespace()
            ),
            format!(
                "只在命名空间 {} 中有效：ServiceAccount {account} 无权执行 {right}（{zh_scope}）",
                binding.namespace()
            ),
        )
        .of(binding),
        Blamed::Account => unbound(cluster, request),
    };
    let runs_as = cluster.specs.iter().find(|(owner, spec)| {
        let own = text(spec.pod, "/serviceAccountName");
        owner.namespace == request.account_namespace
            && (own == request.account || own.is_empty() && request.account == "default")
    });
    let workload = runs_as.map_or(String::new(), |(owner, _)| owner.name.clone());
    // a description shows no namespace
    let has_place = !found.namespace.is_empty() || is_cluster_wide(&found.kind);
    let namespace = if has_place { found.namespace.clone() } else { request.namespace.to_owned() };
    Broken { workload, namespace, ..found }
}

/// Returns the account of a request as one that nothing binds.
fn unbound(cluster: &Cluster<'_>, request: &Request<'_>) -> Broken {
    let snapshot = cluster.snapshot;
    let is_shown = match request.namespace {
        "" => snapshot.of("ClusterRoleBinding").any(|binding| !is_of_system(binding)),
        namespace => snapshot.within("RoleBinding", namespace).next().is_some(),
    };
    let count = request.seen.int("/spec/count").unwrap_or(1);
    let (right, (scope, zh_scope)) = (request.right(), request.scope());
    let said = Said {
        reason: "NotBound",
        // a single refusal may have come before its binding
        strength: if is_shown {
            0.8
        } else if count > 1 {
            0.65
        } else {
            0.5
        },
        what: format!("may not {right} ({scope}); no binding of it is shown"),
        zh: format!("无权执行 {right}（{zh_scope}）；未见与它有关的绑定"),
    };
    let key = ("ServiceAccount".to_owned(), request.account_namespace.to_owned(), request.account.to_owned());
    let shown = snapshot.get("ServiceAccount", request.account_namespace, request.account);
    said.named(key, shown.unwrap_or(request.seen))
}
