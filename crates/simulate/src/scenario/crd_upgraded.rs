//! A new release of a custom resource's definition no longer serves the version that a workload
//! still asks for. The API server does not know the path any more, and the workload says so.

use crate::prelude::*;

/// A workload and the plural of its custom resource.
const CUSTOM: [(&str, &str); 5] = [
    ("cart-api", "featureflags"),
    ("payment-gateway", "paymentroutes"),
    ("suggest", "synonyms"),
    ("ledger", "accountplans"),
    ("catalog", "pricelists"),
];

pub fn plan(day: &mut Day) -> Story {
    let (name, plural) = day.turn(&CUSTOM, 0);
    let mut it = day.incident(name, (8, 300));
    let custom = Target::new(plural, it.of.namespace, "");
    // The platform's people, the pipeline or GitOps install definitions.
    it.user = day.pick(owners("platform"));
    let app = User::account(custom.namespace, name, "app/v0.0.0 (linux/amd64) kubernetes/$Format");
    for served in day.every((it.cause - 20 * MINUTE, it.cause), (30, 90)) {
        day.audit(served, &Request::new(&app, "list", custom));
    }
    let verb = if day.variant(CUSTOM.len(), 2) == 0 { "patch" } else { "update" };
    let cause = define(day, it.cause, &it.user, (verb, false), custom);
    for missed in day.every((it.symptom - SECOND / 50, it.end), (8, 40)) {
        let message = "the server could not find the requested resource";
        day.audit(missed, &Request::new(&app, "list", custom).status(404, message));
    }
    let url = format!("https://172.20.0.1:443{}", custom.uri(false));
    let fills = [("plural", plural), ("group", custom.group), ("kind", custom.kind), ("url", &url)];
    let lines = own_errors(it.of, "crd", &fills);
    day.fails_itself(&mut it, &lines, &[Failure::Status(500)]);
    day.decoys(&it);
    define(day, it.end, &User::on_call(), ("patch", true), custom);
    it.confirmed(cause)
}

/// Writes a definition that serves the old version or does not.
fn define(day: &mut Day, at: i64, user: &User, (verb, is_served): (&str, bool), custom: Target<'_>) -> Cause {
    let Target { resource: plural, group, kind, .. } = custom;
    let version = |name: &str, is_served: bool, is_stored: bool| -> Value {
        let schema =
            json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
        json!({"name": name, "served": is_served, "storage": is_stored, "schema": schema})
    };
    let versions = json!([version("v1", true, true), version("v1beta1", is_served, false)]);
    let names = json!({"plural": plural, "kind": kind, "listKind": format!("{kind}List")});
    let spec = json!({"group": group, "scope": "Namespaced", "names": names, "versions": versions});
    let name = format!("{plural}.{group}");
    let target = Target::new("customresourcedefinitions", "", &name);
    let patch = json!({"spec": {"versions": versions}});
    let cause = day.change_to(at, user, (verb, target), (patch, json!({"spec": spec.clone()})));
    let whole = json!({"kind": "CustomResourceDefinition", "apiVersion": "apiextensions.k8s.io/v1",
        "metadata": {"name": name}, "spec": spec});
    day.audit(at + SECOND / 5, &Request::new(&User::server(), "update", target.sub("status")).both(&whole));
    cause
}
