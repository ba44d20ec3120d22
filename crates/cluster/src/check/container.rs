//! Containers that wait, are killed, or are not ready.

use crate::Broken;
use crate::check::{Cluster, Said, why};
use crate::object::{Object, plain};
use crate::snapshot::{Owner, Spec};
use model::json::{at, list, text};
use serde_json::Value;

/// Exit code of a process that was killed.
const KILLED: i64 = 137;

/// Returns the workloads of such containers, each for its gravest one.
pub(super) fn broken(cluster: &Cluster<'_>) -> Vec<Broken> {
    let mut found: Vec<Broken> = Vec::new();
    for (owner, pods) in &cluster.pods {
        let of_pods = pods.iter().filter_map(|pod| {
            let statuses = ["/status/initContainerStatuses", "/status/containerStatuses"];
            let of_containers =
                statuses.iter().flat_map(|path| pod.list(path)).filter_map(|status| said(pod, status));
            let gravest = of_containers.max_by(|a, b| a.strength.total_cmp(&b.strength));
            evicted(pod).or(gravest).or_else(|| shown(pod)).map(|said| (said, *pod))
        });
        let gravest = of_pods.max_by(|(a, _), (b, _)| a.strength.total_cmp(&b.strength));
        found.extend(gravest.map(|(said, pod)| why::because(cluster, owner, pod, said).of_owner(owner, pod)));
    }
    found.extend(cluster.specs.iter().filter_map(|(owner, spec)| dns(cluster, owner, spec)));
    found
}

/// Returns the fault that the status of a container shows.
fn said(pod: &Object, status: &Value) -> Option<Said> {
    let waiting = at(status, "/state/waiting");
    let ended = ["/state/terminated", "/lastState/terminated"];
    let ended = ended.iter().map(|path| at(status, path)).find(|ended| !ended.is_null());
    let (reason, message) = (text(waiting, "/reason"), text(waiting, "/message"));
    if let Some(said) = of_reason(reason, message, text(status, "/image")) {
        return Some(said);
    }
    let code = ended.and_then(|ended| at(ended, "/exitCode").as_i64());
    let why = ended.map_or("", |ended| text(ended, "/reason"));
    let restarts = at(status, "/restartCount").as_i64().unwrap_or(0);
    let name = text(status, "/name");
    let (who, zh_who) = container(name);
    if why == "OOMKilled" {
        let containers = pod.list("/spec/containers").iter();
        let own = containers.filter(|container| text(container, "/name") == name);
        let limit =
            own.map(|container| plain(at(container, "/resources/limits/memory"))).next().unwrap_or_default();
        return Some(oom(name, &limit));
    }
    let is_ended = !at(status, "/state/terminated").is_null();
    let is_failing = reason == "CrashLoopBackOff" || at(status, "/ready").as_bool() == Some(false);
    match code {
        Some(code) if code != 0 && (is_failing || restarts > 2) => Some(Said {
            reason: "ContainerFails",
            strength: if code == KILLED { 0.5 } else { 0.65 },
            what: format!("{who} ends with exit code {code}, {restarts} restarts"),
            zh: format!("{zh_who}以退出码 {code} 结束，重启 {restarts} 次"),
        }),
        _ if reason == "CrashLoopBackOff" => Some(Said {
            reason: "ContainerFails",
            strength: 0.6,
            what: format!("{who} ends again and again, {restarts} restarts"),
            zh: format!("{zh_who}反复退出，重启 {restarts} 次"),
        }),
        // a table shows neither code nor reason
        _ if is_failing && is_ended && (why != "Completed" || restarts > 2) => Some(Said {
            reason: "ContainerFails",
            strength: 0.6,
            what: format!("{who} has ended ({why}), {restarts} restarts"),
            zh: format!("{zh_who}已退出（{why}），重启 {restarts} 次"),
        }),
        _ if is_failing && !at(status, "/state/running").is_null() => Some(Said {
            reason: "ContainerNotReady",
            strength: 0.45,
            what: format!("{who} runs, but is not ready"),
            zh: format!("{zh_who}在运行，但未就绪"),
        }),
        _ => None,
    }
}

/// Returns a container as a text names it, in English and Chinese; a table shows no name.
fn container(name: &str) -> (String, String) {
    match name {
        "" => ("a container".to_owned(), "容器".to_owned()),
        name => (format!("container {name}"), format!("容器 {name} ")),
    }
}

fn oom(name: &str, limit: &str) -> Said {
    let (of, zh_of) = match limit {
        "" => (String::new(), String::new()),
        limit => (format!(" of {limit}"), format!(" {limit} ")),
    };
    let (who, zh_who) = container(name);
    Said {
        reason: "OOMKilled",
        strength: 1.0,
        what: format!("{who} is killed at its memory limit{of} (OOMKilled)"),
        zh: format!("{zh_who}达到内存上限{zh_of}被杀（OOMKilled）"),
    }
}

/// Returns the fault that a reason to wait shows by itself.
fn of_reason(reason: &str, message: &str, image: &str) -> Option<Said> {
    let colon = if message.is_empty() { "" } else { ": " };
    let (which, zh_which) = match image {
        "" => ("its image".to_owned(), "镜像".to_owned()),
        image => (format!("image {image}"), format!("镜像 {image} ")),
    };
    match reason {
        "ErrImagePull"
        | "ImagePullBackOff"
        | "ErrImageNeverPull"
        | "InvalidImageName"
        | "RegistryUnavailable"
        | "ImageInspectError" => Some(Said {
            reason: "ImageNotPulled",
            strength: 1.0,
            what: format!("{which} cannot be pulled ({reason})"),
            zh: format!("{zh_which}无法拉取（{reason}）"),
        }),
        "CreateContainerConfigError"
        | "CreateContainerError"
        | "RunContainerError"
        | "StartError"
        | "ContainerCannotRun"
        | "PreStartHookError"
        | "PostStartHookError" => Some(Said {
            reason: "ContainerNotStarted",
            strength: 0.95,
            what: format!("a container cannot be started ({reason}){colon}{message}"),
            zh: format!("容器无法启动（{reason}）{colon}{message}"),
        }),
        _ => None,
    }
}

/// Returns the fault that the row of a table shows of a pod.
fn shown(pod: &Object) -> Option<Said> {
    let shown = pod.text("/status/shown");
    let reason = shown.rsplit(':').next().unwrap_or(shown);
    let image = pod.list("/spec/containers").first().map_or("", |container| text(container, "/image"));
    let restarts = pod.int("/status/restarts").unwrap_or(0);
    of_reason(reason, "", image).or_else(|| match reason {
        "OOMKilled" => Some(oom("", "")),
        "CrashLoopBackOff" | "Error" => Some(Said {
            reason: "ContainerFails",
            strength: 0.6,
            what: format!("a container ends again and again ({reason}), {restarts} restarts"),
            zh: format!("容器反复退出（{reason}），重启 {restarts} 次"),
        }),
        "Running" | "" => pod.ready().is_some_and(|(ready, wanted)| ready < wanted).then(|| Said {
            reason: "ContainerNotReady",
            strength: 0.45,
            what: "a container runs, but is not ready".to_owned(),
            zh: "容器在运行，但未就绪".to_owned(),
        }),
        _ => None,
    })
}

fn evicted(pod: &Object) -> Option<Said> {
    let reason = [pod.text("/status/reason"), pod.text("/status/shown")];
    reason.contains(&"Evicted").then(|| Said {
        reason: "Evicted",
        strength: 0.6,
        what: format!("a pod was evicted: {}", pod.text("/status/message")).trim_end_matches(": ").to_owned(),
        zh: format!("Pod 被驱逐：{}", pod.text("/status/message")).trim_end_matches('：').to_owned(),
    })
}

/// Returns a workload whose pods do not use the cluster's DNS.
fn dns(cluster: &Cluster<'_>, owner: &Owner, spec: &Spec<'_>) -> Option<Broken> {
    let policy = text(spec.pod, "/dnsPolicy");
    let servers = list(spec.pod, "/dnsConfig/nameservers");
    if !servers.is_empty() && policy != "None" && owner.namespace != "kube-system" {
        let said = Said {
            reason: "DnsPolicy",
            strength: cluster.strength(owner, 0.6),
            what: "its pods ask nameservers of their own beside the cluster's DNS".to_owned(),
            zh: "其 Pod 除集群 DNS 外还使用自行指定的 DNS 服务器".to_owned(),
        };
        return Some(said.of_owner(owner, spec.shown));
    }
    let is_odd = matches!(policy, "Default" | "None") && at(spec.pod, "/hostNetwork").as_bool() != Some(true);
    (is_odd && owner.namespace != "kube-system").then(|| {
        Said {
            reason: "DnsPolicy",
            // a program that is ready may look up names only when it is called
            strength: if cluster.failing.contains(owner) { 0.8 } else { 0.6 },
            what: format!(
                "its pods do not use the cluster's DNS (dnsPolicy {policy}): no name of a Service resolves"
            ),
            zh: format!("其 Pod 不使用集群 DNS（dnsPolicy {policy}），无法解析 Service 名"),
        }
        .of_owner(owner, spec.shown)
    })
}
