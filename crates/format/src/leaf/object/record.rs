//! An object → a record of its state. Must not know how the state of a kind is read.

use crate::contract::Emit;
use crate::leaf::object::clean::cleaned;
use crate::leaf::object::kind::by_shape;
use crate::leaf::object::summary::{Summary, owned};
use crate::leaf::object::{node, other, pod, workload};
use crate::leaf::secrecy::Secrecy;
use crate::text::kubectl::SHOWN_BY;
use crate::text::template;
use model::entity::{workload_of_owner, workload_of_pod};
use model::json::{at, list, text};
use model::record::{Attrs, Body, Level, Place, Record, StateFields};
use serde_json::{Map, Value};

/// Emits the state of an object; `list` is the kind that its List names.
pub(super) fn emit_state(mut object: Value, list: Option<&str>, emit: Emit<'_>) -> Result<(), String> {
    let shown_by = object.as_object_mut().and_then(|members| members.remove(SHOWN_BY));
    let list = list.filter(|kind| !kind.is_empty()).or_else(|| by_shape(&object));
    let Some(kind) = owned(&object, "/kind").or_else(|| list.map(str::to_owned)) else {
        return Err("an object without a kind".into());
    };
    let name = owned(&object, "/metadata/name").or_else(|| owned(&object, "/metadata/generateName"));
    let Some(name) = name else { return Err("an object without a name".into()) };
    if let Value::Object(members) = &mut object {
        members.entry("kind").or_insert_with(|| kind.clone().into());
    }
    let (object, secrecy) = cleaned(&kind, object);
    let summary = summary_of(&kind, &object);
    let hash = (shown_by.is_none() && secrecy == Secrecy::Open).then(|| spec_hash(&object));
    let mut attrs = Attrs::default();
    if let Some(by) = shown_by.as_ref().and_then(Value::as_str) {
        attrs.text("shown_by", by);
    }
    let owner = owner_of(&object);
    emit(Record {
        ts: None,
        zoned: true,
        time_of_day: false,
        place: place(&kind, &name, &object, owner),
        level: Some(if summary.ready == Some(false) { Level::Warn } else { Level::Info }),
        message: message(&kind, &name, &object, &summary).into(),
        attrs,
        body: Body::State(StateFields {
            uid: owned(&object, "/metadata/uid").map(Into::into),
            phase: summary.phase.map(Into::into),
            ready: summary.ready,
            reason: summary.reason.map(Into::into),
            exit_code: summary.exit_code,
            restarts: summary.restarts,
            image: images(&object).map(Into::into),
            owner: owner.map(|(kind, name)| format!("{kind}/{name}").into()),
            spec_hash: hash.flatten().map(Into::into),
            kind: Some((&*kind).into()),
            name: Some((&*name).into()),
            object: Some(object.to_string().into()),
        }),
    });
    Ok(())
}

fn summary_of(kind: &str, object: &Value) -> Summary {
    match kind {
        "Pod" => pod::summary(object),
        "Node" => node::summary(object),
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "ReplicationController" => {
            workload::summary(object)
        }
        "Job" => workload::job(object),
        _ => other::summary(kind, object),
    }
}

/// Returns one line about the state: `pod shop/cart-0: CrashLoopBackOff, 5 restarts`.
fn message(kind: &str, name: &str, object: &Value, summary: &Summary) -> String {
    let namespace = text(object, "/metadata/namespace");
    let slash = if namespace.is_empty() { "" } else { "/" };
    let label = format!("{} {namespace}{slash}{name}", kind.to_lowercase());
    match (summary.words.as_slice(), images(object)) {
        ([], None) => label,
        ([], Some(image)) => format!("{label}: image {image}"),
        (words, _) => format!("{label}: {}", words.join(", ")),
    }
}

/// Returns the kind and name of the controller.
fn owner_of(object: &Value) -> Option<(&str, &str)> {
    let owners = list(object, "/metadata/ownerReferences");
    let is_controller = |owner: &&Value| at(owner, "/controller").as_bool() == Some(true);
    let owner = owners.iter().find(is_controller).or_else(|| owners.first())?;
    Some((text(owner, "/kind"), text(owner, "/name")))
        .filter(|(kind, name)| !kind.is_empty() && !name.is_empty())
}

fn place(kind: &str, name: &str, object: &Value, owner: Option<(&str, &str)>) -> Place<'static> {
    let node = owned(object, "/spec/nodeName").map(Into::into);
    let mut place =
        Place { namespace: owned(object, "/metadata/namespace").map(Into::into), node, ..Place::default() };
    let workload = match (kind, owner) {
        (_, Some(("ReplicaSet" | "Job", owner))) => Some(workload_of_owner(owner)),
        ("Pod" | "ReplicaSet" | "Job", Some((_, owner))) => Some(owner),
        ("Pod", None) => Some(workload_of_pod(name, None)),
        ("ReplicaSet" | "Job", None) => Some(workload_of_owner(name)),
        ("Deployment" | "StatefulSet" | "DaemonSet" | "CronJob" | "ReplicationController", _) => Some(name),
        _ => None,
    };
    place.workload = workload.map(|name| name.to_owned().into());
    match kind {
        "Pod" => place.pod = Some(name.to_owned().into()),
        "Node" => place.node = Some(name.to_owned().into()),
        _ => {}
    }
    place
}

/// Returns the images of an object's containers, sorted.
fn images(object: &Value) -> Option<String> {
    let specs = ["/spec", "/spec/template/spec", "/spec/jobTemplate/spec/template/spec"];
    let containers = specs.iter().flat_map(|spec| list(at(object, spec), "/containers"));
    let mut images: Vec<&str> = containers.map(|container| text(container, "/image")).collect();
    if images.is_empty() {
        images = list(object, "/status/containerStatuses").iter().map(|one| text(one, "/image")).collect();
    }
    images.retain(|image| !image.is_empty());
    images.sort_unstable();
    images.dedup();
    (!images.is_empty()).then(|| images.join(","))
}

/// Returns a hash of what the object declares, its secrets masked: a hash would let them be guessed.
fn spec_hash(object: &Value) -> Option<String> {
    let spec = match object.get("spec") {
        Some(spec) => spec.clone(),
        None => {
            let mut rest: Map<String, Value> = object.as_object()?.clone();
            rest.retain(|key, _| !matches!(key.as_str(), "kind" | "apiVersion" | "metadata" | "status"));
            Value::Object(rest)
        }
    };
    Some(template::id_of(&without_hashes(&redact::secrets(&spec.to_string()))))
}

/// Returns a text without the hashes in its masks, which depend on a key.
fn without_hashes(masked: &str) -> String {
    let mut parts = masked.split("<redacted:");
    let mut plain = parts.next().unwrap_or("").to_owned();
    for part in parts {
        plain.push_str(part.split_once('>').map_or(part, |(_, rest)| rest));
    }
    plain
}
