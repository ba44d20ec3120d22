//! Kubernetes audit events, `audit.k8s.io`: one event a line, or an EventList.
//! The hot path of the whole program: texts borrow from the line, bodies stay raw JSON.
//! Only `verb` or `auditID` beside a request is needed; collectors drop all the rest at times.

use super::json::{int_of, json_error, members, names_of, raw_of, text_of};
use super::{Clock, Emit, Format, Role, operation, redact, time};
use crate::entity::workload_of_owner;
use crate::record::{Attrs, AuditFields, Body, Level, Place, Record, Text};
use memchr::memmem::Finder;
use sonic_rs::LazyValue;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// Prepared once: it is looked for in every line of JSON.
static AUDIT_ID: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"auditID\""));

/// The format.
pub struct Audit;

impl Format for Audit {
    fn name(&self) -> &'static str {
        "k8s-audit"
    }

    fn about(&self) -> &'static str {
        "Kubernetes API server audit events (audit.k8s.io), one JSON a line or an EventList"
    }

    fn sample(&self) -> &'static str {
        r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"6f3a…","stage":"ResponseComplete","verb":"patch","user":{"username":"alice"},"objectRef":{"resource":"deployments","namespace":"shop","name":"pay-api"}}"#
    }

    fn role(&self) -> Role {
        Role::Audit
    }

    fn begins(&self, text: &str) -> bool {
        if !text.starts_with('{') {
            return false;
        }
        let has = |needle: &str| memchr::memmem::find(text.as_bytes(), needle.as_bytes()).is_some();
        if AUDIT_ID.find(text.as_bytes()).is_some() || has("\"audit.k8s.io/") {
            return true;
        }
        let (verb, status) = (has("\"verb\""), has("\"responseStatus\""));
        verb && status || (verb || status) && (has("\"objectRef\"") || has("\"requestURI\""))
    }

    fn read(&self, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
        let mut raw = Raw::default();
        for member in members(&Cow::Borrowed(text)) {
            let (key, value) = member.map_err(|error| json_error(&error, text))?;
            if key == "items" {
                return read_items(value, text, clock, emit);
            }
            raw.take(&key, &value);
        }
        if !raw.is_audit {
            return Err(
                "a JSON object without `auditID`, `verb`, `objectRef` or `requestURI` is no audit event"
                    .into(),
            );
        }
        emit(raw.record(clock));
        Ok(())
    }
}

fn read_items(items: LazyValue<'_>, text: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
    let Some(items) = items.into_array_iter() else {
        return Err("`items` is no array".into());
    };
    for item in items {
        let item = item.map_err(|error| json_error(&error, text))?;
        let mut raw = Raw::default();
        for member in members(&raw_of(&item)) {
            let (key, value) = member.map_err(|error| json_error(&error, text))?;
            raw.take(&key, &value);
        }
        emit(raw.record(clock));
    }
    Ok(())
}

/// An audit event as its members come by.
#[derive(Default)]
struct Raw<'a> {
    is_audit: bool,
    fields: AuditFields<'a>,
    namespace: Option<Text<'a>>,
    impersonated: Option<Text<'a>>,
    received: Option<Text<'a>>,
    stage_time: Option<Text<'a>>,
    other_time: Option<Text<'a>>,
    cluster: Option<Text<'a>>,
    request: Option<LazyValue<'a>>,
    response: Option<LazyValue<'a>>,
    attrs: Attrs,
}

impl<'a> Raw<'a> {
    fn take(&mut self, key: &str, value: &LazyValue<'a>) {
        let fields = &mut self.fields;
        match key {
            "auditID" => {
                self.is_audit = true;
                fields.audit_id = text_of(value);
            }
            "verb" => {
                self.is_audit = true;
                fields.verb = text_of(value);
            }
            "requestURI" => {
                self.is_audit = true;
                fields.uri = text_of(value);
            }
            "objectRef" => {
                self.is_audit = true;
                self.object_ref(value);
            }
            "stage" => fields.stage = text_of(value),
            "user" => self.user(value),
            "impersonatedUser" => {
                for (key, value) in members(&raw_of(value)).flatten() {
                    if key == "username" {
                        self.impersonated = text_of(&value);
                    }
                }
                self.attrs.raw(key, &raw_of(value));
            }
            "userAgent" => fields.user_agent = text_of(value),
            "sourceIPs" => {
                let mut addresses = names_of(value);
                fields.source_ip = addresses.pop();
                if !addresses.is_empty() {
                    self.attrs.raw(key, &raw_of(value));
                }
            }
            "responseStatus" => self.status(value),
            "annotations" => self.annotations(value),
            "requestObject" => self.request = Some(value.clone()),
            "responseObject" => self.response = Some(value.clone()),
            "requestReceivedTimestamp" => self.received = text_of(value),
            "stageTimestamp" => self.stage_time = text_of(value),
            "@timestamp" | "timestamp" | "p_event_time" => {
                self.other_time = self.other_time.take().or_else(|| text_of(value));
            }
            "cluster" | "clusterName" | "_gdch_cluster" => self.cluster = text_of(value),
            "kind" | "apiVersion" => {}
            // ViaQ overwrites `level` with "default" and keeps the real one aside
            "level" if raw_of(value) == "\"default\"" => {}
            "level" | "k8s_audit_level" | "openshift_audit_level" => {
                self.attrs.raw("audit_level", &raw_of(value))
            }
            other => match other.split_once('_') {
                // collectors for stores without nesting flatten: `responseStatus_code`
                Some(("objectRef", name)) => self.object_ref_member(name, value),
                Some(("user", name)) => self.user_member(name, value),
                Some(("responseStatus", name)) => self.status_member(name, value),
                Some(("annotations", "authorization_k8s_io_decision")) => {
                    self.fields.decision = text_of(value);
                }
                Some(("annotations", "authorization_k8s_io_reason")) => {
                    self.fields.decision_reason = text_of(value);
                }
                _ => self.attrs.raw(other, &raw_of(value)),
            },
        }
    }

    fn object_ref(&mut self, value: &LazyValue<'a>) {
        for (key, value) in members(&raw_of(value)).flatten() {
            self.object_ref_member(&key, &value);
        }
    }

    fn object_ref_member(&mut self, key: &str, value: &LazyValue<'a>) {
        match key {
            "resource" => self.fields.resource = text_of(value),
            "namespace" => self.namespace = text_of(value),
            "name" => self.fields.name = text_of(value),
            "apiGroup" => self.fields.api_group = text_of(value),
            "subresource" => self.fields.subresource = text_of(value),
            "uid" => self.attrs.raw("object_uid", &raw_of(value)),
            "resourceVersion" | "apiVersion" => {}
            other => self.attrs.raw(other, &raw_of(value)),
        }
    }

    fn user(&mut self, value: &LazyValue<'a>) {
        for (key, value) in members(&raw_of(value)).flatten() {
            self.user_member(&key, &value);
        }
    }

    fn user_member(&mut self, key: &str, value: &LazyValue<'a>) {
        match key {
            "username" => self.fields.username = text_of(value),
            "groups" => self.fields.groups = names_of(value),
            "uid" => self.attrs.raw("user_uid", &raw_of(value)),
            "extra" => self.attrs.raw("user_extra", &raw_of(value)),
            other => self.attrs.raw(other, &raw_of(value)),
        }
    }

    fn status(&mut self, value: &LazyValue<'a>) {
        for (key, value) in members(&raw_of(value)).flatten() {
            self.status_member(&key, &value);
        }
    }

    fn status_member(&mut self, key: &str, value: &LazyValue<'a>) {
        match key {
            "code" => self.fields.code = int_of(value),
            "message" | "reason" | "details" => {
                self.attrs.raw(&format!("status_{key}"), &raw_of(value));
            }
            _ => {} // metadata is always empty, status repeats the code
        }
    }

    fn annotations(&mut self, value: &LazyValue<'a>) {
        let mut rest = Attrs::default();
        for (key, value) in members(&raw_of(value)).flatten() {
            match key.as_ref() {
                "authorization.k8s.io/decision" => self.fields.decision = text_of(&value),
                "authorization.k8s.io/reason" => self.fields.decision_reason = text_of(&value),
                other => rest.raw(other, &raw_of(&value)),
            }
        }
        if let Some(json) = rest.into_json() {
            self.attrs.raw("annotations", &json);
        }
    }

    fn record(mut self, clock: &Clock) -> Record<'a> {
        let read = |text: &Option<Text<'a>>| Some(time::any(text.as_deref()?, clock)?.ts);
        let (received, stage_time) = (read(&self.received), read(&self.stage_time));
        let fields = &mut self.fields;
        if let (Some(from), Some(to)) = (received, stage_time) {
            fields.latency_ms = Some((to - from) as f64 / 1e3);
        }
        let request = self.request.as_ref().map(|value| value.as_raw_cow());
        let response = self.response.as_ref().map(|value| value.as_raw_cow());
        let resource = fields.resource.as_deref().unwrap_or("");
        let subresource = fields.subresource.as_deref().unwrap_or("");
        fields.operation = operation::class_of(&operation::Request {
            verb: fields.verb.as_deref().unwrap_or(""),
            api_group: fields.api_group.as_deref().unwrap_or(""),
            resource,
            namespace: self.namespace.as_deref().unwrap_or(""),
            name: fields.name.as_deref().unwrap_or(""),
            subresource,
            body: request.as_deref().unwrap_or(""),
        });
        let redacted = redact::bodies(resource, subresource, request, response);
        if redacted.removed {
            self.attrs.raw("redacted", "true");
        }
        let place = place(resource, self.namespace.take(), fields.name.clone(), self.cluster.take());
        fields.request = redacted.request;
        fields.response = redacted.response;
        let message = sentence(fields, place.namespace.as_deref(), self.impersonated.as_deref());
        Record {
            ts: received.or(stage_time).or_else(|| read(&self.other_time)),
            zoned: true,
            level: Some(match fields.code {
                Some(500..) => Level::Error,
                Some(400..) => Level::Warn,
                _ => Level::Info,
            }),
            place,
            message: Cow::Owned(message),
            attrs: self.attrs,
            body: Body::Audit(self.fields),
        }
    }
}

/// The object that a request names, as a place.
fn place<'a>(
    resource: &str,
    namespace: Option<Text<'a>>,
    name: Option<Text<'a>>,
    cluster: Option<Text<'a>>,
) -> Place<'a> {
    let mut place = Place { cluster, namespace, ..Place::default() };
    match resource {
        "pods" => place.pod = name,
        "nodes" => place.node = name,
        "deployments" | "statefulsets" | "daemonsets" | "cronjobs" => place.workload = name,
        "replicasets" | "jobs" => {
            place.workload = name.map(|name| match name {
                Cow::Borrowed(name) => Cow::Borrowed(workload_of_owner(name)),
                Cow::Owned(name) => Cow::Owned(workload_of_owner(&name).to_owned()),
            })
        }
        _ => {}
    }
    place
}

/// `alice patch deployments shop/pay-api → 200`.
fn sentence(fields: &AuditFields<'_>, namespace: Option<&str>, impersonated: Option<&str>) -> String {
    let mut text = String::with_capacity(96);
    text.push_str(fields.username.as_deref().unwrap_or("unknown user"));
    if let Some(user) = impersonated {
        let _ = write!(text, " as {user}");
    }
    let _ = write!(text, " {}", fields.verb.as_deref().unwrap_or("request"));
    match fields.resource.as_deref() {
        Some(resource) => {
            let _ = write!(text, " {resource}");
            if let Some(subresource) = fields.subresource.as_deref() {
                let _ = write!(text, "/{subresource}");
            }
            text.push(' ');
            if let Some(namespace) = namespace {
                let _ = write!(text, "{namespace}/");
            }
            text.push_str(fields.name.as_deref().unwrap_or("*"));
        }
        None => {
            let _ = write!(text, " {}", fields.uri.as_deref().unwrap_or("?"));
        }
    }
    if let Some(code) = fields.code {
        let _ = write!(text, " → {code}");
    }
    text
}
