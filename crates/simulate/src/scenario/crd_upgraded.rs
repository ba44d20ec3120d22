//! A new release of a custom resource's definition no longer serves the version that a workload
//! still asks for. The API server does not know the path any more, and the workload says so.

use crate::app::Fault;
use crate::audit::{Target, User};
use crate::day::Day;
use crate::fleet::{Style, Workload};
use crate::scenario::fallout::{author, callers_fail, own_error, variant, victim};
use crate::scenario::{Scenario, Story, cause_by, customers_see, times};
use crate::text::{MINUTE, SECOND};
use serde_json::{Value, json};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "crd_upgraded",
    about: "a CRD stops serving the version that a workload asks for: no matches for kind, not found",
    plan,
};

const VICTIMS: [&str; 5] = ["cart-api", "payment-gateway", "suggest", "ledger", "catalog"];

/// Returns the plural, the group and the kind of a workload's custom resource.
fn custom(name: &str) -> (&'static str, &'static str, &'static str) {
    match name {
        "cart-api" => ("featureflags", "flags.example.com", "FeatureFlag"),
        "payment-gateway" => ("paymentroutes", "routing.example.com", "PaymentRoute"),
        "suggest" => ("synonyms", "words.example.com", "Synonym"),
        "ledger" => ("accountplans", "accounting.example.com", "AccountPlan"),
        _ => ("pricelists", "pricing.example.com", "PriceList"),
    }
}

fn plan(day: &mut Day) -> Story {
    let at = times(day, (8, 300));
    let of = victim(day, &VICTIMS);
    let (namespace, name) = (of.of.namespace, of.of.name);
    let (plural, group, kind) = custom(name);
    // The platform's people, the pipeline or GitOps install definitions.
    let user = author(day, "platform");
    let app = User::account(namespace, name, "app/v0.0.0 (linux/amd64) kubernetes/$Format");
    let target = Target { group, resource: plural, namespace, ..Target::default() };
    let mut served = at.cause - 20 * MINUTE;
    while served < at.cause {
        day.ask(served, &app, "list", target, (None, None));
        served = day.after(served, 30, 90);
    }
    day.is_incident = true;
    let verb = if variant(day, VICTIMS.len(), 2) == 0 { "patch" } else { "update" };
    let definition = format!("{plural}.{group}");
    let id = define(day, (at.cause, false), (&user, verb), (plural, group, kind));
    let mut missed = at.symptom - SECOND / 50;
    while missed < at.end {
        let answer = "the server could not find the requested resource";
        day.fail_to_ask(missed, &app, "list", target, (404, answer));
        missed = day.after(missed, 8, 40);
    }
    let lines = errors(of.of, (plural, group, kind));
    let span = (at.symptom, at.end + 20 * SECOND);
    let symptom = day.impact(name, span, 0.25, &lines);
    match name {
        "suggest" => customers_see(day, name, (span.0 + 2 * SECOND, span.1), 502, 0.05),
        "ledger" => {}
        _ => {
            callers_fail(day, name, (span.0 + 2 * SECOND, span.1), &[Fault::Broken], 0.25);
        }
    }
    day.distract(at.cause, symptom, &user, &[name]);
    day.is_incident = false;
    define(day, (at.end, true), (&Day::on_call(), "patch"), (plural, group, kind));
    let object = ("customresourcedefinitions", "", definition.as_str());
    Story { symptom, cause: cause_by(verb, id, at.cause, &user, object), verdict: "confirmed" }
}

/// Writes a definition that serves the old version or does not; returns the audit id.
fn define(
    day: &mut Day,
    (at, is_served): (i64, bool),
    (user, verb): (&User, &str),
    (plural, group, kind): (&str, &str, &str),
) -> String {
    let name = format!("{plural}.{group}");
    let target = Target {
        group: "apiextensions.k8s.io",
        resource: "customresourcedefinitions",
        name: &name,
        ..Target::default()
    };
    let version = |name: &str, is_served: bool, is_stored: bool| -> Value {
        json!({"name": name, "served": is_served, "storage": is_stored, "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}})
    };
    let spec = json!({
        "group": group, "scope": "Namespaced",
        "names": {"plural": plural, "kind": kind, "listKind": format!("{kind}List")},
        "versions": [version("v1", true, true), version("v1beta1", is_served, false)],
    });
    let body = json!({"kind": "CustomResourceDefinition", "apiVersion": "apiextensions.k8s.io/v1", "metadata": {"name": name}, "spec": spec});
    let request =
        if verb == "patch" { json!({"spec": {"versions": spec["versions"]}}) } else { body.clone() };
    let id = day.ask(at, user, verb, target, (Some(request), Some(body)));
    let server = User {
        groups: vec!["system:masters"],
        ..User::component("apiserver", "kube-apiserver/v1.30.4 (linux/amd64) kubernetes/a51b3b7")
    };
    day.ask(at + SECOND / 5, &server, "update", Target { sub: "status", ..target }, (None, None));
    id
}

/// Returns what clients of each language say of a version that is not served.
fn errors(of: &Workload, (plural, group, kind): (&str, &str, &str)) -> Vec<String> {
    let path = format!("/apis/{group}/v1beta1/namespaces/{}/{plural}", of.namespace);
    match of.style {
        Style::Java => vec![own_error(
            of,
            "k8s.ResourceCache",
            &format!(
                "cannot refresh {plural}, request <n8> fails: the server could not find the requested resource (get {plural}.{group})"
            ),
            &format!(
                "io.fabric8.kubernetes.client.KubernetesClientException: Failure executing: GET at: https://172.20.0.1:443{path}. Message: Not Found. Received status: Status(apiVersion=v1, code=404, kind=Status, reason=NotFound).\n\tat io.fabric8.kubernetes.client.dsl.internal.OperationSupport.requestFailure(OperationSupport.java:671)"
            ),
        )],
        Style::Node => vec![own_error(
            of,
            "k8s",
            &format!(
                "cannot load {plural}: HTTP request failed: 404 page not found, GET https://172.20.0.1:443{path}"
            ),
            "",
        )],
        _ => vec![
            own_error(
                of,
                "k8s",
                &format!("cannot load {kind}: no matches for kind \"{kind}\" in version \"{group}/v1beta1\""),
                "",
            ),
            own_error(
                of,
                "k8s",
                &format!(
                    "cannot list {plural}: the server could not find the requested resource (get {plural}.{group})"
                ),
                "",
            ),
        ],
    }
}
