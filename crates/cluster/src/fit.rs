//! On which nodes a pod fits: labels, taints, cordons and the size of nodes. Must not know how a misfit is reported.

use crate::object::{Object, labels, pairs, plain};
use model::json::{at, list, text};
use model::quantity::quantity;
use serde_json::{Map, Value};

/// Why a pod does not fit on a node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Misfit {
    /// The node is not ready.
    NotReady,
    /// The node is cordoned.
    Cordoned,
    /// The pod does not tolerate a taint, `key=value:effect`.
    Taint(String),
    /// The node lacks labels, or their values.
    Labels(String),
    /// The node is smaller than the pod's requests: resource, requested, allocatable.
    Size(String, String, String),
}

/// Returns why the pods of a specification do not fit on a node; `None` if they may.
pub(crate) fn misfit(pod: &Value, node: &Object) -> Option<Misfit> {
    labels_of(pod, node)
        .or_else(|| size(pod, node))
        .or_else(|| is_cordoned(node).then_some(Misfit::Cordoned))
        .or_else(|| taint(pod, node))
        .or_else(|| (is_ready(node) == Some(false)).then_some(Misfit::NotReady))
}

/// Returns true for a node on which no pod is scheduled.
pub(crate) fn is_cordoned(node: &Object) -> bool {
    node.at("/spec/unschedulable").as_bool() == Some(true)
        || node.text("/status/shown").contains("SchedulingDisabled")
}

/// Returns whether a node is ready; `None` if it is unknown.
pub(crate) fn is_ready(node: &Object) -> Option<bool> {
    let condition = node.condition("Ready").map(|ready| text(ready, "/status") == "True");
    let shown = node.text("/status/shown").split(',').next().filter(|shown| !shown.is_empty());
    condition.or_else(|| shown.map(|shown| shown == "Ready"))
}

fn taint(pod: &Value, node: &Object) -> Option<Misfit> {
    let tolerations = list(pod, "/tolerations");
    let mut taints = node.list("/spec/taints").iter();
    let taint = taints.find(|taint| {
        // taints of the node's own conditions and cordons are reported as such
        let is_own = text(taint, "/key").starts_with("node.kubernetes.io/");
        !is_own
            && text(taint, "/effect") != "PreferNoSchedule"
            && !tolerations.iter().any(|toleration| tolerates(toleration, taint))
    })?;
    Some(Misfit::Taint(written(taint)))
}

/// Returns a taint as kubectl writes it.
pub(crate) fn written(taint: &Value) -> String {
    let value = text(taint, "/value");
    let equals = if value.is_empty() { "" } else { "=" };
    format!("{}{equals}{value}:{}", text(taint, "/key"), text(taint, "/effect"))
}

fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let same = |path: &str| text(toleration, path) == text(taint, path);
    let key = text(toleration, "/key");
    let effect = text(toleration, "/effect");
    (key.is_empty() || same("/key"))
        && (effect.is_empty() || same("/effect"))
        && (text(toleration, "/operator") == "Exists" || same("/value"))
}

fn labels_of(pod: &Value, node: &Object) -> Option<Misfit> {
    let labels = labels(&node.value, "/metadata/labels")?;
    if let Some(wanted) = at(pod, "/nodeSelector").as_object() {
        let missing: Map<String, Value> = wanted
            .iter()
            .filter(|(key, value)| labels.get(*key).map(plain) != Some(plain(value)))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if !missing.is_empty() {
            return Some(Misfit::Labels(pairs(&missing)));
        }
    }
    let terms =
        list(pod, "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms");
    let missing = |term: &Value| {
        let unmet = list(term, "/matchExpressions").iter().find(|wanted| !is_met(wanted, labels))?;
        let values: Vec<String> = list(unmet, "/values").iter().map(plain).collect();
        Some(format!("{} {} {}", text(unmet, "/key"), text(unmet, "/operator"), values.join("|")))
    };
    let unmet: Vec<String> = terms.iter().filter_map(missing).collect();
    let all_unmet = !terms.is_empty() && unmet.len() == terms.len();
    unmet.into_iter().next().filter(|_| all_unmet).map(|unmet| Misfit::Labels(unmet.trim().to_owned()))
}

fn is_met(wanted: &Value, labels: &Map<String, Value>) -> bool {
    let label = labels.get(text(wanted, "/key")).map(plain);
    let values: Vec<String> = list(wanted, "/values").iter().map(plain).collect();
    let compared = || {
        let number = label.as_ref()?.parse::<f64>().ok()?;
        Some((number, values.first()?.parse::<f64>().ok()?))
    };
    match text(wanted, "/operator") {
        "In" => label.is_some_and(|label| values.contains(&label)),
        "NotIn" => label.is_none_or(|label| !values.contains(&label)),
        "Exists" => label.is_some(),
        "DoesNotExist" => label.is_none(),
        "Gt" => compared().is_some_and(|(label, bound)| label > bound),
        "Lt" => compared().is_some_and(|(label, bound)| label < bound),
        _ => true,
    }
}

/// Returns the resource of which the containers request more than a node has.
fn size(pod: &Value, node: &Object) -> Option<Misfit> {
    let allocatable = node.at("/status/allocatable").as_object()?;
    allocatable.iter().find_map(|(resource, has)| {
        let containers = list(pod, "/containers").iter();
        let requests = containers.filter_map(|container| {
            let of = |kind: &str| at(container, "/resources").get(kind)?.get(resource).map(plain);
            of("requests").or_else(|| of("limits"))
        });
        let requested: Vec<String> = requests.collect();
        let sum: f64 = requested.iter().filter_map(|text| quantity(text)).sum();
        let has = plain(has);
        (sum > quantity(&has)?).then(|| Misfit::Size(resource.clone(), requested.join(" + "), has))
    })
}
