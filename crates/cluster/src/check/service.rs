//! Services that reach no pod, and Ingresses that reach no Service.

use crate::Broken;
use crate::check::{Cluster, Said, has_labels, is_well};
use crate::object::{Object, is_selected, labels, pairs, plain};
use crate::snapshot::Owner;
use model::json::{at, list, text};
use serde_json::{Map, Value};
use std::net::IpAddr;

/// Workloads that a Service selects whose ports are compared.
const SELECTED: usize = 50;

/// Returns such Services and Ingresses.
pub(super) fn broken(cluster: &Cluster<'_>) -> Vec<Broken> {
    let services =
        cluster.snapshot.of("Service").filter_map(|service| Some(said(cluster, service)?.of(service)));
    let mut found: Vec<Broken> = services.collect();
    for broken in &mut found {
        // the workload by whose name it is called
        broken.workload.clone_from(&broken.name);
    }
    found.extend(
        cluster.snapshot.of("Ingress").filter_map(|ingress| Some(backend(cluster, ingress)?.of(ingress))),
    );
    found
}

/// Returns the fault of a Service.
fn said(cluster: &Cluster<'_>, service: &Object) -> Option<Said> {
    let namespace = service.namespace();
    if service.text("/spec/type") == "ExternalName" {
        return elsewhere(cluster, service);
    }
    let Some(selector) = labels(&service.value, "/spec/selector") else {
        return unreached(cluster, service);
    };
    let is_of = |labels: Option<&Map<String, Value>>| labels.map(|labels| is_selected(labels, selector));
    let selected =
        || cluster.specs_of(namespace).filter(|spec| is_of(spec.labels) == Some(true)).take(SELECTED);
    // without an address of its own, its ports lead nowhere else
    if service.text("/spec/clusterIP") == "None" && selected().next().is_some() {
        return None;
    }
    if selected().next().is_some() {
        let containers: Vec<&Value> = selected().flat_map(|spec| list(spec.pod, "/containers")).collect();
        // a table does not show where a port leads
        let ports = service.list("/spec/ports").iter();
        let shown = ports.filter(|port| service.is_detailed || !at(port, "/targetPort").is_null());
        // a description of a pod has no names of ports
        let has_names = selected().any(|spec| spec.shown.is_whole);
        let is_known =
            |port: &&Value| has_names || plain(at(port, "/targetPort")).bytes().all(|b| b.is_ascii_digit());
        return shown.filter(is_known).find_map(|port| target(port, &containers));
    }
    let pods = || cluster.snapshot.within("Pod", namespace);
    if pods().any(|pod| is_of(labels(&pod.value, "/metadata/labels")) == Some(true)) {
        return None;
    }
    let endpoints = cluster.snapshot.get("Endpoints", namespace, service.name());
    let has_endpoints = endpoints.is_some_and(|endpoints| !endpoints.list("/subsets").is_empty());
    // a pod whose labels are not shown may be the one that it selects
    let is_known = !cluster.unlabelled.contains(namespace)
        || namesakes(cluster, service).any(|pod| has_labels(cluster, pod));
    if has_endpoints {
        return None;
    }
    if !is_known && endpoints.is_none() {
        return unreached(cluster, service);
    }
    // of a workload without pods, the labels of its pods are unknown
    let strength = match (is_known, namesakes(cluster, service).any(is_well)) {
        (_, true) => 1.0,
        (true, false) => 0.7,
        (false, false) => 0.4,
    };
    let selector = pairs(selector);
    Some(Said {
        reason: "SelectsNoPod",
        strength,
        what: format!("selects {selector}; no pod has these labels"),
        zh: format!("选择器 {selector} 匹配不到任何 Pod"),
    })
}

/// Returns the fault of a name for something else: an address, a Service that does not exist, or one of a namespace in
/// which nothing is.
fn elsewhere(cluster: &Cluster<'_>, service: &Object) -> Option<Said> {
    let snapshot = cluster.snapshot;
    // a table has it among the addresses
    let named = ["/spec/externalName", "/status/externalIP"].map(|path| service.text(path));
    let target = named.into_iter().find(|target| !target.is_empty())?.trim_end_matches('.');
    if target.parse::<IpAddr>().is_ok() {
        return Some(Said {
            reason: "NoBackend",
            strength: 0.85,
            what: format!("has the address {target} as its externalName; only the name of a host is allowed"),
            zh: format!("ExternalName 指向地址 {target}，而它只能指向域名"),
        });
    }
    let within =
        target.split_once(".svc.").map(|(within, _)| within).or_else(|| target.strip_suffix(".svc"))?;
    // before the Service may be the name of a pod
    let (place, namespace) = within.rsplit_once('.')?;
    let name = place.rsplit('.').next().unwrap_or(place);
    if snapshot.get("Service", namespace, name).is_some() {
        return None;
    }
    if snapshot.knows_all("Service", namespace) {
        return Some(Said {
            reason: "NoBackend",
            strength: 0.9,
            what: format!("has the externalName {name}.{namespace}, a Service that does not exist"),
            zh: format!("指向 {name}.{namespace}，而这个 Service 不存在"),
        });
    }
    let is_known =
        snapshot.within("Pod", namespace).next().is_some() || !snapshot.knows_all("Pod", service.namespace());
    (!is_known).then(|| Said {
        reason: "NoBackend",
        strength: 0.85,
        what: format!(
            "has the externalName {name}.{namespace}; nothing is known in the namespace {namespace}"
        ),
        zh: format!("指向 {name}.{namespace}，而命名空间 {namespace} 中没有任何对象"),
    })
}

/// Returns the fault of a Service whose selector is not shown: no address although the pods of its name are well.
fn unreached(cluster: &Cluster<'_>, service: &Object) -> Option<Said> {
    let (namespace, name) = (service.namespace(), service.name());
    let endpoints = cluster.snapshot.get("Endpoints", namespace, name);
    let is_of = |slice: &&Object| {
        let owner = slice.text("/metadata/labels/kubernetes.io~1service-name");
        let suffix = slice.name().strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
        owner == name || owner.is_empty() && suffix.is_some_and(|suffix| !suffix.contains('-'))
    };
    let mut slices = cluster.snapshot.within("EndpointSlice", namespace).filter(is_of).peekable();
    let is_known = endpoints.is_some() || slices.peek().is_some();
    let has_address = endpoints.is_some_and(|endpoints| !endpoints.list("/subsets").is_empty())
        || slices.any(|slice| !slice.list("/endpoints").is_empty());
    let mut pods = namesakes(cluster, service).peekable();
    let is_served = pods.peek().is_some() && pods.all(is_well);
    (is_known && !has_address && is_served).then(|| Said {
        reason: "NoEndpoint",
        strength: 0.9,
        what: "has no address, although the pods of its name are ready".to_owned(),
        zh: "没有任何端点地址，而同名的 Pod 均已就绪".to_owned(),
    })
}

/// Returns the pods of the workload that has the name of a Service.
fn namesakes<'c>(cluster: &'c Cluster<'_>, service: &'c Object) -> impl Iterator<Item = &'c Object> {
    ["Deployment", "StatefulSet", "DaemonSet", "Pod"].into_iter().flat_map(|kind| {
        let owner = Owner {
            namespace: service.namespace().to_owned(),
            kind: kind.to_owned(),
            name: service.name().to_owned(),
        };
        cluster.pods.get(&owner).into_iter().flatten().copied()
    })
}

/// Returns the protocol of a port of a Service or a container.
fn protocol_of(port: &Value) -> &str {
    Some(text(port, "/protocol")).filter(|protocol| !protocol.is_empty()).unwrap_or("TCP")
}

/// Returns the fault of a port of a Service for the containers that it selects.
fn target(port: &Value, containers: &[&Value]) -> Option<Said> {
    let number = plain(at(port, "/port"));
    let wanted = Some(plain(at(port, "/targetPort"))).filter(|target| !target.is_empty() && target != "0");
    let wanted = wanted.unwrap_or_else(|| number.clone());
    let open: Vec<&Value> = containers.iter().flat_map(|container| list(container, "/ports")).collect();
    let is_target =
        |known: &&&Value| plain(at(known, "/containerPort")) == wanted || text(known, "/name") == wanted;
    if open.is_empty() {
        return None;
    }
    let targets: Vec<&&Value> = open.iter().filter(is_target).collect();
    if targets.is_empty() {
        let open: Vec<String> = open.iter().map(|port| plain(at(port, "/containerPort"))).collect();
        let open = open.join(", ");
        return Some(Said {
            reason: "TargetPort",
            strength: 0.95,
            what: format!("sends port {number} to {wanted}; its pods have {open}"),
            zh: format!("端口 {number} 转发到 {wanted}，而其 Pod 的端口是 {open}"),
        });
    }
    let protocol = protocol_of(port);
    let is_other = !targets.iter().any(|known| protocol_of(known) == protocol);
    is_other.then(|| {
        let open = targets.first().map_or("", |known| protocol_of(known));
        Said {
            reason: "Protocol",
            strength: 0.95,
            what: format!("sends port {number} as {protocol}; its pods expect {open}"),
            zh: format!("端口 {number} 使用协议 {protocol}，而其 Pod 使用 {open}"),
        }
    })
}

/// Returns the backend of an Ingress that is not a Service, or not a port of one.
fn backend(cluster: &Cluster<'_>, ingress: &Object) -> Option<Said> {
    let namespace = ingress.namespace();
    let rules = ingress.list("/spec/rules").iter().flat_map(|rule| list(rule, "/http/paths"));
    let backends = rules.map(|path| at(path, "/backend")).chain([ingress.at("/spec/defaultBackend")]);
    backends.filter(|backend| backend.is_object()).find_map(|backend| {
        let name = text(backend, "/service/name");
        if name.is_empty() {
            return None;
        }
        let Some(service) = cluster.snapshot.get("Service", namespace, name) else {
            return cluster.snapshot.knows_all("Service", namespace).then(|| Said {
                reason: "NoBackend",
                strength: 0.95,
                what: format!("sends requests to the Service {name}, which does not exist"),
                zh: format!("后端 Service {name} 不存在"),
            });
        };
        let wanted = [at(backend, "/service/port/number"), at(backend, "/service/port/name")];
        let wanted = wanted.map(plain).into_iter().find(|port| !port.is_empty())?;
        let ports = service.list("/spec/ports");
        let is_port = |port: &Value| plain(at(port, "/port")) == wanted || text(port, "/name") == wanted;
        (!ports.is_empty() && !ports.iter().any(is_port)).then(|| Said {
            reason: "NoBackend",
            strength: 0.95,
            what: format!("sends requests to port {wanted} of the Service {name}, which has no such port"),
            zh: format!("后端 Service {name} 没有端口 {wanted}"),
        })
    })
}
