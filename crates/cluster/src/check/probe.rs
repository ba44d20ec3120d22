//! Probes that cannot succeed.

use crate::Broken;
use crate::check::{Cluster, Said};
use crate::object::plain;
use crate::snapshot::{Owner, Spec};
use model::json::{at, list, text};
use serde_json::Value;

const PROBES: [(&str, &str); 3] =
    [("livenessProbe", "liveness"), ("readinessProbe", "readiness"), ("startupProbe", "startup")];

/// Seconds in which a probe that fails has to have failed often enough.
const SHORT_S: i64 = 3;

/// Returns the workloads of such probes.
pub(super) fn broken(cluster: &Cluster<'_>) -> Vec<Broken> {
    let mut found = Vec::new();
    for (owner, spec) in &cluster.specs {
        for container in list(spec.pod, "/containers") {
            let said = PROBES.iter().filter_map(|(member, name)| {
                let probe = Some(at(container, &format!("/{member}"))).filter(|probe| probe.is_object())?;
                wrong_port(container, probe, name, spec.shown.is_whole).or_else(|| wrong_timing(probe, name))
            });
            found.extend(said.map(|said| of_spec(cluster, owner, spec, said)));
        }
    }
    found
}

fn of_spec(cluster: &Cluster<'_>, owner: &Owner, spec: &Spec<'_>, said: Said) -> Broken {
    // a probe that succeeds is right, whatever ports the container names
    let strength = if cluster.failing.contains(owner) { said.strength } else { 0.0 };
    Said { strength, ..said }.of_owner(owner, spec.shown)
}

/// Returns a probe of a port that its container has not; a description of a pod has no names of ports.
fn wrong_port(container: &Value, probe: &Value, name: &str, has_names: bool) -> Option<Said> {
    let port = ["/httpGet/port", "/tcpSocket/port", "/grpc/port"].iter().map(|path| at(probe, path));
    let port = port.map(plain).find(|port| !port.is_empty())?;
    let ports = list(container, "/ports");
    let is_known = |known: &Value| plain(at(known, "/containerPort")) == port || text(known, "/name") == port;
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    if ports.is_empty() || !(is_number || has_names) || ports.iter().any(is_known) {
        return None;
    }
    let open: Vec<String> = ports.iter().map(|port| plain(at(port, "/containerPort"))).collect();
    let (open, container) = (open.join(", "), text(container, "/name"));
    Some(Said {
        reason: "ProbePort",
        strength: 1.0,
        what: format!("its {name} probe uses port {port}, container {container} has {open}"),
        zh: format!("{name} 探针访问端口 {port}，而容器 {container} 的端口是 {open}"),
    })
}

fn wrong_timing(probe: &Value, name: &str) -> Option<Said> {
    let seconds = |member: &str, default: i64| at(probe, member).as_i64().unwrap_or(default);
    let (delay, period) = (seconds("/initialDelaySeconds", 0), seconds("/periodSeconds", 10));
    let failures = seconds("/failureThreshold", 3);
    let is_short = name != "readiness" && delay + period * failures <= SHORT_S;
    is_short.then(|| Said {
        reason: "ProbeTiming",
        strength: 0.9,
        what: format!(
            "its {name} probe ends a container that does not answer within {} s of its start",
            delay + period * failures
        ),
        zh: format!("{name} 探针在启动后 {} 秒内无应答就会终止容器", delay + period * failures),
    })
}
