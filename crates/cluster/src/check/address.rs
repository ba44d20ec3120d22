//! Addresses that containers are given in their environment, against the Services of the cluster.

use crate::Broken;
use crate::check::{Cluster, Said, containers};
use crate::object::{Object, plain};
use crate::snapshot::{Owner, Spec};
use model::json::{at, list, text};
use std::collections::BTreeMap;

/// Ends of the names of variables that hold an address.
const ADDRESS: [&str; 8] =
    ["_ADDR", "_ADDRESS", "_HOST", "_HOSTNAME", "_URL", "_URI", "_ENDPOINT", "_SERVICE"];

/// An address that a workload is given.
struct Given<'s> {
    owner: &'s Owner,
    shown: &'s Object,
    variable: &'s str,
    namespace: String,
    host: String,
    port: Option<String>,
}

/// Returns the workloads that are given a wrong address, and the Services that none of their callers reach.
pub(super) fn broken(cluster: &Cluster<'_>) -> Vec<Broken> {
    let mut found = Vec::new();
    let mut by_service: BTreeMap<(String, String), Vec<Given<'_>>> = BTreeMap::new();
    for (owner, spec) in &cluster.specs {
        for given in addresses(owner, spec) {
            let key = (given.namespace.clone(), given.host.clone());
            match cluster.snapshot.get("Service", &key.0, &key.1) {
                Some(_) => by_service.entry(key).or_default().push(given),
                None => found.extend(unknown(cluster, &given)),
            }
        }
    }
    for ((namespace, name), given) in by_service {
        found.extend(wrong_port(cluster, &namespace, &name, &given));
    }
    found
}

fn addresses<'s>(owner: &'s Owner, spec: &Spec<'s>) -> Vec<Given<'s>> {
    let mut found = Vec::new();
    for container in containers(spec.pod) {
        let variables: BTreeMap<&str, String> = list(container, "/env")
            .iter()
            .map(|variable| (text(variable, "/name"), plain(at(variable, "/value"))))
            .collect();
        for (name, value) in &variables {
            let Some((host, mut port)) = address(name, value) else { continue };
            if port.is_none() {
                // `DB_HOST` beside `DB_PORT`
                let stem = ADDRESS.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
                let beside = variables.get(format!("{stem}_PORT").as_str());
                port = beside.filter(|port| port.parse::<u16>().is_ok()).cloned();
            }
            let mut labels = host.split('.');
            let host = labels.next().unwrap_or("").to_owned();
            let namespace = labels.next().unwrap_or(&owner.namespace).to_owned();
            found.push(Given { owner, shown: spec.shown, variable: name, namespace, host, port });
        }
    }
    found
}

/// Returns the host of a Service and the port in a value, if it is such an address.
fn address(name: &str, value: &str) -> Option<(String, Option<String>)> {
    let (scheme, rest) = value.split_once("://").map_or((None, value), |(scheme, rest)| (Some(scheme), rest));
    let place = rest.split(['/', '?', ' ', ',']).next()?;
    let place = place.rsplit('@').next()?;
    let (host, port) = match place.split_once(':') {
        Some((host, port)) => (host, Some(port.parse::<u16>().ok()?.to_string())),
        None => (place, None),
    };
    let is_name = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && label.starts_with(|c: char| c.is_ascii_lowercase())
    };
    let labels: Vec<&str> = host.split('.').collect();
    let is_inside = match labels.as_slice() {
        [name] => *name != "localhost" && is_name(name),
        [name, namespace, "svc", ..] => is_name(name) && is_name(namespace),
        _ => false,
    };
    let is_address = scheme.is_some() || port.is_some() || ADDRESS.iter().any(|end| name.ends_with(end));
    (is_inside && is_address).then(|| (host.to_owned(), port))
}

fn unknown(cluster: &Cluster<'_>, given: &Given<'_>) -> Option<Broken> {
    let Given { owner, shown, variable, namespace, host, .. } = given;
    cluster.snapshot.knows_all("Service", namespace).then(|| {
        Said {
            reason: "UnknownAddress",
            strength: cluster.strength(owner, 0.9),
            what: format!("{variable} names {host}; {namespace} has no Service of that name"),
            zh: format!("{variable} 指向 {host}，而 {namespace} 中没有这个 Service"),
        }
        .of_owner(owner, shown)
    })
}

/// Returns the Service if none of its callers are given a port of it, else the callers that are not.
fn wrong_port(cluster: &Cluster<'_>, namespace: &str, name: &str, given: &[Given<'_>]) -> Vec<Broken> {
    let Some(service) = cluster.snapshot.get("Service", namespace, name) else { return Vec::new() };
    let ports: Vec<String> =
        service.list("/spec/ports").iter().map(|port| plain(at(port, "/port"))).collect();
    let is_wrong = |given: &&Given<'_>| given.port.as_ref().is_some_and(|port| !ports.contains(port));
    let wrong: Vec<&Given<'_>> = given.iter().filter(is_wrong).collect();
    let Some(first) = wrong.first().filter(|_| !ports.is_empty()) else { return Vec::new() };
    let (port, ports) = (first.port.clone().unwrap_or_default(), ports.join(", "));
    let all = given.iter().filter(|given| given.port.is_some()).count();
    // a Service that passes on the port of its pods was hardly changed
    let is_plain = service
        .list("/spec/ports")
        .iter()
        .all(|port| plain(at(port, "/port")) == plain(at(port, "/targetPort")));
    if wrong.len() == all && (all > 1 || !is_plain) {
        let said = Said {
            reason: "ServicePort",
            strength: 0.95,
            what: format!("has port {ports}; its callers are given {port} ({})", first.variable),
            zh: format!("端口是 {ports}，而调用方配置的是 {port}（{}）", first.variable),
        };
        return vec![Broken { workload: name.to_owned(), ..said.of(service) }];
    }
    let callers = wrong.iter().map(|given| {
        let port = given.port.clone().unwrap_or_default();
        let said = Said {
            reason: "CalleePort",
            strength: cluster.strength(given.owner, 0.95),
            what: format!("{} names port {port} of {name}, which has {ports}", given.variable),
            zh: format!("{} 使用 {name} 的端口 {port}，而它的端口是 {ports}", given.variable),
        };
        said.of_owner(given.owner, given.shown)
    });
    callers.collect()
}
