//! The states of Services, their endpoints, volumes, claims, autoscalers and quotas, and of kinds that are not
//! known, which have at least a phase and conditions. Must not know pods, nodes and workloads.

use crate::leaf::object::condition::{condition, explain, is_true};
use crate::leaf::object::summary::{Summary, int, labels, owned, plain};
use model::json::{at, list, text};
use serde_json::Value;

/// Returns the state of an object of a kind.
pub(super) fn summary(kind: &str, object: &Value) -> Summary {
    match kind {
        "Service" => service(object),
        "Endpoints" => endpoints(object),
        "EndpointSlice" => slice(object),
        "PersistentVolumeClaim" | "PersistentVolume" => volume(object),
        "HorizontalPodAutoscaler" => autoscaler(object),
        "ResourceQuota" => quota(object),
        "Ingress" => ingress(object),
        "NetworkPolicy" => policy(object),
        "ConfigMap" | "Secret" => keys(object),
        _ => any(object),
    }
}

/// Returns the state of an object by its phase and conditions.
fn any(object: &Value) -> Summary {
    let mut summary = Summary { phase: owned(object, "/status/phase"), ..Summary::default() };
    summary.say(text(object, "/status/phase"));
    for kind in ["Ready", "Available", "Healthy", "Established"] {
        if let Some(is_ready) = is_true(object, kind) {
            summary.ready.get_or_insert(is_ready);
            explain(object, (kind, "False"), &mut summary);
        }
    }
    if condition(object, "Degraded").is_some() {
        explain(object, ("Degraded", "True"), &mut summary);
    }
    summary.because(text(object, "/status/reason"));
    summary
}

fn service(object: &Value) -> Summary {
    let mut summary = Summary::default();
    summary.say(text(object, "/spec/type"));
    summary.say(text(object, "/spec/clusterIP"));
    let ports: Vec<String> = list(object, "/spec/ports").iter().map(port).collect();
    if !ports.is_empty() {
        summary.say(format!("ports {}", ports.join(",")));
    }
    let selector = labels(object, "/spec/selector");
    let selects = format!("selects {selector}");
    summary.say(if selector.is_empty() { "no selector" } else { &selects });
    summary
}

fn port(port: &Value) -> String {
    let target = at(port, "/targetPort");
    let own = plain(at(port, "/port"));
    if target.is_null() || plain(target) == own { own } else { format!("{own}→{}", plain(target)) }
}

fn endpoints(object: &Value) -> Summary {
    let count = |member: &str| -> usize {
        list(object, "/subsets").iter().map(|subset| list(subset, member).len()).sum()
    };
    addresses(count("/addresses"), count("/notReadyAddresses"))
}

fn slice(object: &Value) -> Summary {
    let endpoints = list(object, "/endpoints");
    // a condition that is absent counts as ready
    let is_ready = |one: &&Value| at(one, "/conditions/ready").as_bool() != Some(false);
    let ready = endpoints.iter().filter(is_ready).count();
    addresses(ready, endpoints.len() - ready)
}

fn addresses(ready: usize, not_ready: usize) -> Summary {
    let mut summary = Summary { ready: Some(ready > 0), ..Summary::default() };
    summary.say(if ready == 0 { "no ready address".to_owned() } else { format!("{ready} ready") });
    if not_ready > 0 {
        summary.say(format!("{not_ready} not ready"));
    }
    summary
}

fn volume(object: &Value) -> Summary {
    let phase = owned(object, "/status/phase");
    let is_bound = phase.as_deref().map(|phase| matches!(phase, "Bound" | "Available"));
    let mut summary = Summary { ready: is_bound, phase, ..Summary::default() };
    summary.say(text(object, "/status/phase"));
    summary.because(text(object, "/status/reason"));
    for path in ["/spec/resources/requests/storage", "/spec/capacity/storage"] {
        summary.say(text(object, path));
    }
    let class = text(object, "/spec/storageClassName");
    summary.say(if class.is_empty() { String::new() } else { format!("class {class}") });
    let volume = text(object, "/spec/volumeName");
    summary.say(if volume.is_empty() { String::new() } else { format!("volume {volume}") });
    summary
}

fn autoscaler(object: &Value) -> Summary {
    let mut summary = Summary { ready: is_true(object, "ScalingActive"), ..Summary::default() };
    let number = |path: &str| int(object, path).map_or_else(|| "?".to_owned(), |number| number.to_string());
    let (least, most) = (number("/spec/minReplicas"), number("/spec/maxReplicas"));
    summary.say(format!("{} replicas, {least} to {most} allowed", number("/status/currentReplicas")));
    explain(object, ("ScalingActive", "False"), &mut summary);
    explain(object, ("AbleToScale", "False"), &mut summary);
    if is_true(object, "ScalingLimited") == Some(true) {
        explain(object, ("ScalingLimited", "True"), &mut summary);
    }
    summary
}

fn quota(object: &Value) -> Summary {
    let mut summary = Summary::default();
    let hard = at(object, "/status/hard").as_object().or_else(|| at(object, "/spec/hard").as_object());
    for (name, hard) in hard.into_iter().flatten() {
        let used = at(object, "/status/used").get(name).map_or_else(|| "?".to_owned(), plain);
        summary.say(format!("{name} {used} of {}", plain(hard)));
    }
    summary
}

fn ingress(object: &Value) -> Summary {
    let mut summary = Summary::default();
    for rule in list(object, "/spec/rules") {
        for path in list(rule, "/http/paths") {
            let service = at(path, "/backend/service");
            let port = ["/port/number", "/port/name"].map(|path| at(service, path));
            let port = port.into_iter().find(|port| !port.is_null()).map_or_else(String::new, plain);
            let (host, name) = (text(rule, "/host"), text(service, "/name"));
            summary.say(format!("{host}{} to {name}:{port}", text(path, "/path")));
        }
    }
    summary
}

fn policy(object: &Value) -> Summary {
    let mut summary = Summary::default();
    let selector = labels(object, "/spec/podSelector/matchLabels");
    summary.say(if selector.is_empty() { "selects all pods".into() } else { format!("selects {selector}") });
    let kinds: Vec<&str> = list(object, "/spec/policyTypes").iter().filter_map(Value::as_str).collect();
    summary.say(kinds.join(" and "));
    summary
}

fn keys(object: &Value) -> Summary {
    let mut summary = Summary::default();
    let of = |path: &str| at(object, path).as_object().into_iter().flatten().map(|(key, _)| key.as_str());
    let keys: Vec<&str> = of("/data").chain(of("/stringData")).chain(of("/binaryData")).collect();
    summary.say(if keys.is_empty() { String::new() } else { format!("keys {}", keys.join(",")) });
    summary
}
