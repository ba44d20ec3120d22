//! Names of users, Kubernetes objects and resources as they are spoken. Parts that cannot be spoken,
//! such as generated hashes and addresses, are left out.

use model::entity::{Entity, workload_of_pod};
use model::lang::Lang;
use redact::sanitize::plain;

/// Returns true if a part of a name looks generated, such as `7d9f8b6c5d`.
pub(super) fn is_hash(part: &str) -> bool {
    let digits = part.chars().filter(char::is_ascii_digit).count();
    part.len() >= 8 && digits >= 2 && part.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Returns a name in at most `max` characters, without generated parts and characters that cannot be
/// spoken; empty if nothing is left.
pub(super) fn speakable(text: &str, max: usize) -> String {
    let text = plain(text, 253);
    let is_separator = |c: char| !(c.is_alphanumeric() || c == '.' || c == '-');
    let words = text.split(is_separator).filter(|word| !word.contains("www"));
    let mut out = String::new();
    for word in words.flat_map(|word| word.split('.')) {
        let parts: Vec<&str> = word.split('-').filter(|part| !part.is_empty() && !is_hash(part)).collect();
        let mut joint = ' ';
        for part in parts {
            let part: String = part.chars().take(max).collect();
            if part.is_empty() || out.chars().count() + part.chars().count() + 1 > max {
                continue;
            }
            if !out.is_empty() {
                out.push(joint);
            }
            out.push_str(&part);
            joint = '-';
        }
    }
    out
}

/// Returns a Kubernetes user: a service account with its namespace, a node, or the account of a person.
/// An account that is only a number is named by its last four characters.
pub(super) fn user(username: &str, lang: Lang) -> String {
    let parts: Vec<&str> = username.split(':').collect();
    let name = match parts.as_slice() {
        ["system", "serviceaccount", namespace, account] => {
            let (namespace, account) = (speakable(namespace, 16), speakable(account, 24));
            lang.pick(
                format!("{namespace} 的服务账号 {account}"),
                format!("the service account {account} of {namespace}"),
            )
        }
        ["system", "node", node] => {
            format!("{}{}", lang.pick("节点 ", "node "), speakable(node, 24))
        }
        [.., last] => {
            let person = last.split('@').find(|part| !part.is_empty()).unwrap_or(last);
            speakable(person.rsplit('/').next().unwrap_or(person), 28)
        }
        [] => String::new(),
    };
    if !name.trim().is_empty() {
        return name;
    }
    let mut tail: Vec<char> = username.chars().filter(char::is_ascii_alphanumeric).rev().take(4).collect();
    tail.reverse();
    match String::from_iter(tail) {
        tail if tail.is_empty() => lang.pick("某个用户", "someone").into(),
        tail => lang.pick(format!("尾号 {tail} 的账号"), format!("the account ending {tail}")),
    }
}

/// Returns an entity by its workload, or else its pod without hashes, its node or its namespace.
pub(super) fn entity(entity: &Entity, lang: Lang) -> String {
    let pod = || entity.pod.as_deref().map(|pod| workload_of_pod(pod, entity.node.as_deref()));
    let object = entity.workload.as_deref().or_else(pod).or(entity.node.as_deref());
    let name = speakable(object.or(entity.namespace.as_deref()).unwrap_or_default(), 28);
    if name.is_empty() { lang.pick("集群", "the cluster").into() } else { name }
}

/// Returns a resource, given by its plural, as a spoken noun; an unknown one by its own name.
pub(super) fn resource(plural: &str, lang: Lang) -> String {
    let known = match plural {
        "configmaps" => ("配置", "config map"),
        "secrets" => ("密钥", "secret"),
        "deployments" => ("部署", "deployment"),
        "statefulsets" => ("有状态应用", "stateful set"),
        "daemonsets" => ("守护应用", "daemon set"),
        "jobs" => ("任务", "job"),
        "cronjobs" => ("定时任务", "cron job"),
        "pods" => ("容器组", "pod"),
        "services" => ("服务", "service"),
        "ingresses" => ("入口", "ingress"),
        "networkpolicies" => ("网络策略", "network policy"),
        "nodes" => ("节点", "node"),
        "namespaces" => ("命名空间", "namespace"),
        "resourcequotas" => ("资源配额", "resource quota"),
        "limitranges" => ("资源限制", "limit range"),
        "persistentvolumeclaims" => ("存储卷申领", "volume claim"),
        "horizontalpodautoscalers" => ("自动伸缩", "autoscaler"),
        "roles" | "clusterroles" => ("角色", "role"),
        "rolebindings" | "clusterrolebindings" => ("角色绑定", "role binding"),
        "serviceaccounts" => ("服务账号", "service account"),
        "customresourcedefinitions" => ("自定义资源", "custom resource definition"),
        "mutatingwebhookconfigurations" | "validatingwebhookconfigurations" => {
            ("准入回调", "admission webhook")
        }
        _ => return speakable(plural, 24),
    };
    lang.pick(known.0, known.1).into()
}
