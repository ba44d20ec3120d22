//! Addresses that containers are given in their environment, against the Services of the cluster.

use crate::Broken;
use crate::check::{Cluster, Said, containers};
use crate::object::{Object, is_selected, labels, plain};
use crate::snapshot::{Owner, Spec};
use model::json::{at, list, text};
use std::collections::{BTreeMap, BTreeSet};

/// Ends of the names of variables that hold an address.
const ADDRESS: [&str; 8] =
    ["_ADDR", "_ADDRESS", "_HOST", "_HOSTNAME", "_URL", "_URI", "_ENDPOINT", "_SERVICE"];

/// Ports that programs are known by.
const USUAL: [(&str, &str); 9] = [
    ("elasticsearch", "9200"),
    ("kafka", "9092"),
    ("memcached", "11211"),
    ("mongo", "27017"),
    ("mysql", "3306"),
    ("nats", "4222"),
    ("postgres", "5432"),
    ("rabbitmq", "5672"),
    ("redis", "6379"),
];

/// An address that a workload is given.
struct Given<'s> {
    owner: &'s Owner,
    shown: &'s Object,
    variable: &'s str,
    namespace: String,
    host: String,
    port: Option<String>,
    /// The variable that holds the port.
    holder: String,
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
            let mut holder = (*name).to_owned();
            if port.is_none() {
                // `DB_HOST` beside `DB_PORT`
                let stem = ADDRESS.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
                let beside = format!("{stem}_PORT");
                port = variables.get(beside.as_str()).filter(|port| port.parse::<u16>().is_ok()).cloned();
                holder = if port.is_some() { beside } else { holder };
            }
            let mut labels = host.split('.');
            let host = labels.next().unwrap_or("").to_owned();
            let namespace = labels.next().unwrap_or(&owner.namespace).to_owned();
            found.push(Given { owner, shown: spec.shown, variable: name, namespace, host, port, holder });
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
            // a program that is ready may fail only when it calls
            strength: if cluster.failing.contains(owner) { 0.9 } else { 0.65 },
            what: format!("{variable} names {host}; {namespace} has no Service of that name"),
            zh: format!("{variable} 指向 {host}，而 {namespace} 中没有这个 Service"),
        }
        .of_owner(owner, shown)
    })
}

/// Returns the Service if none of its callers are given a port of it and its pods or several callers agree against it,
/// else the callers that are not.
fn wrong_port(cluster: &Cluster<'_>, namespace: &str, name: &str, given: &[Given<'_>]) -> Vec<Broken> {
    let Some(service) = cluster.snapshot.get("Service", namespace, name) else { return Vec::new() };
    let ports: Vec<String> =
        service.list("/spec/ports").iter().map(|port| plain(at(port, "/port"))).collect();
    let is_wrong = |given: &&Given<'_>| given.port.as_ref().is_some_and(|port| !ports.contains(port));
    let wrong: Vec<&Given<'_>> = given.iter().filter(is_wrong).collect();
    let Some(first) = wrong.first().filter(|_| !ports.is_empty()) else { return Vec::new() };
    let (port, ports) = (first.port.clone().unwrap_or_default(), ports.join(", "));
    let all = given.iter().filter(|given| given.port.is_some()).count();
    if wrong.len() == all && is_of_service(cluster, service, &port, &wrong) {
        let said = Said {
            reason: "ServicePort",
            strength: 0.95,
            what: format!("has port {ports}; its callers are given {port} ({})", first.holder),
            zh: format!("端口是 {ports}，而调用方配置的是 {port}（{}）", first.holder),
        };
        return vec![Broken { workload: name.to_owned(), ..said.of(service) }];
    }
    let callers = wrong.iter().map(|given| {
        let port = given.port.clone().unwrap_or_default();
        let said = Said {
            reason: "CalleePort",
            // a program that is ready may fail only when it calls
            strength: if cluster.failing.contains(given.owner) { 0.95 } else { 0.75 },
            what: format!("{} names port {port} of {name}, which has {ports}", given.holder),
            zh: format!("{} 使用 {name} 的端口 {port}，而它的端口是 {ports}", given.holder),
        };
        said.of_owner(given.owner, given.shown)
    });
    callers.collect()
}

/// Returns true if a port that callers are given is right and their Service is wrong: its pods have that port, it
/// passes on another one, or nothing shows the ports of its pods, and neither where
/// it leads or several workloads agree.
fn is_of_service(cluster: &Cluster<'_>, service: &Object, port: &str, wrong: &[&Given<'_>]) -> bool {
    let is_mapped = service.list("/spec/ports").iter().any(|own| {
        let target = plain(at(own, "/targetPort"));
        // a name says nothing about the number
        target.parse::<u16>().is_ok() && target != plain(at(own, "/port"))
    });
    let has = |usual: &str| service.list("/spec/ports").iter().any(|own| plain(at(own, "/port")) == usual);
    if USUAL.iter().any(|(what, usual)| service.name().contains(what) && has(usual)) {
        return false;
    }
    let selector = labels(&service.value, "/spec/selector");
    let serves = |owner: &Owner, spec: &Spec<'_>| match (selector, spec.labels) {
        (Some(selector), Some(labels)) => is_selected(labels, selector),
        _ => owner.name == service.name(),
    };
    let own = cluster
        .specs
        .iter()
        .filter(|(owner, spec)| owner.namespace == service.namespace() && serves(owner, spec));
    let containers = own.flat_map(|(_, spec)| list(spec.pod, "/containers"));
    let open: Vec<String> = containers
        .flat_map(|container| list(container, "/ports"))
        .map(|port| plain(at(port, "/containerPort")))
        .collect();
    let callers: BTreeSet<&Owner> = wrong.iter().map(|given| given.owner).collect();
    // a table does not show where a port leads
    let is_hidden = service.list("/spec/ports").iter().all(|own| at(own, "/targetPort").is_null());
    let is_open = open.iter().any(|open| open == port);
    is_open || is_mapped || open.is_empty() && (is_hidden || callers.len() > 1)
}
