//! What objects hand over to others that are not there: bindings to accounts, Ingresses to classes and
//! certificates, webhooks to Services.

use crate::Broken;
use crate::check::{Cluster, Said};
use crate::object::Object;
use model::json::{at, list, text};

/// Returns such objects.
pub(super) fn broken(cluster: &Cluster<'_>) -> Vec<Broken> {
    let snapshot = cluster.snapshot;
    let bindings = ["RoleBinding", "ClusterRoleBinding"].into_iter().flat_map(|kind| snapshot.of(kind));
    let bindings = bindings.filter_map(|binding| Some(subject(cluster, binding)?.of(binding)));
    let ingresses = snapshot.of("Ingress").filter_map(|ingress| Some(class(cluster, ingress)?.of(ingress)));
    let kinds = ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"];
    let hooks = kinds.into_iter().flat_map(|kind| snapshot.of(kind));
    let hooks = hooks.filter_map(|hook| Some(unserved(cluster, hook)?.of(hook)));
    bindings.chain(ingresses).chain(hooks).collect()
}

/// Returns the account of a binding that does not exist.
fn subject(cluster: &Cluster<'_>, binding: &Object) -> Option<Said> {
    let accounts = binding.list("/subjects").iter().filter(|it| text(it, "/kind") == "ServiceAccount");
    let mut missing = accounts.filter(|account| {
        let (namespace, name) = (text(account, "/namespace"), text(account, "/name"));
        let namespace = if namespace.is_empty() { binding.namespace() } else { namespace };
        cluster.snapshot.lacks("ServiceAccount", namespace, name)
    });
    let name = text(missing.next()?, "/name");
    Some(Said {
        reason: "NoSubject",
        strength: 0.85,
        what: format!("grants rights to the ServiceAccount {name}, which does not exist"),
        zh: format!("授权对象 ServiceAccount {name} 不存在"),
    })
}

/// Returns the class or the certificate of an Ingress that does not exist.
fn class(cluster: &Cluster<'_>, ingress: &Object) -> Option<Said> {
    let snapshot = cluster.snapshot;
    let class = ingress.text("/spec/ingressClassName");
    if !class.is_empty()
        && snapshot.of("IngressClass").next().is_some()
        && snapshot.get("IngressClass", "", class).is_none()
    {
        return Some(Said {
            reason: "NoIngressClass",
            strength: 0.9,
            what: format!("has the class {class}, which does not exist: no controller serves it"),
            zh: format!("IngressClass {class} 不存在，没有控制器处理它"),
        });
    }
    let secrets = ingress.list("/spec/tls").iter().map(|tls| text(tls, "/secretName"));
    let mut missing =
        secrets.filter(|name| !name.is_empty() && snapshot.lacks("Secret", ingress.namespace(), name));
    let name = missing.next()?;
    Some(Said {
        reason: "NoCertificate",
        strength: 0.85,
        what: format!("takes its certificate from the Secret {name}, which does not exist"),
        zh: format!("TLS 证书所在的 Secret {name} 不存在"),
    })
}

/// Returns the Service of a webhook that does not exist, where requests fail without it.
fn unserved(cluster: &Cluster<'_>, configuration: &Object) -> Option<Said> {
    let snapshot = cluster.snapshot;
    let is_gone = |namespace: &str, name: &str| {
        let has_none = snapshot.within("Service", namespace).next().is_none()
            && snapshot.within("Pod", namespace).next().is_none();
        snapshot.lacks("Service", namespace, name) || has_none && snapshot.lacks("Namespace", "", namespace)
    };
    let fails = |hook: &&serde_json::Value| text(hook, "/failurePolicy") != "Ignore";
    let hooks = list(&configuration.value, "/webhooks").iter().filter(fails);
    let services = hooks.map(|hook| at(hook, "/clientConfig/service"));
    let mut gone = services.filter(|service| {
        service.is_object() && is_gone(text(service, "/namespace"), text(service, "/name"))
    });
    let service = gone.next()?;
    let (namespace, name) = (text(service, "/namespace"), text(service, "/name"));
    Some(Said {
        reason: "NoWebhookService",
        strength: 0.95,
        what: format!("calls the Service {namespace}/{name}, which does not exist: requests fail"),
        zh: format!("Webhook 服务 {namespace}/{name} 不存在，相关请求都会失败"),
    })
}
