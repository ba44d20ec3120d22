//! Kubernetes audit events, `audit.k8s.io`: one event per line, or an EventList.
//! The hot path of the whole program: texts borrow from the line, bodies stay raw JSON.
//! Requires only one of `verb`, `auditID`, `objectRef` and `requestURI`, because some collectors drop
//! the rest. Must not know which envelope the event came in.

use crate::contract::{Clock, Emit, Format, Role};
use crate::leaf::audit_object;
use crate::leaf::audit_sentence::{place, sentence};
use crate::leaf::operation::{self, Request};
use crate::leaf::redact_bodies::redact_bodies;
use crate::text::json::{self, is_json};
use crate::text::json_cursor::{Broken, JsonCursor};
use crate::text::time;
use memchr::memmem::Finder;
use model::record::{Attrs, AuditFields, Body, Level, Record, Text};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Prepared once: every line of JSON is searched for it.
static AUDIT_ID: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"auditID\""));

/// The beginning of an event as the API server writes it.
const NATIVE: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/"#;

/// Returns true if a line begins as the API server writes it. No envelope begins so except CLS,
/// which adds its own members.
pub fn is_native(text: &str) -> bool {
    text.starts_with(NATIVE)
}

/// The format.
pub struct Audit;

impl Format for Audit {
    fn name(&self) -> &'static str {
        "k8s-audit"
    }

    fn about(&self) -> &'static str {
        "Kubernetes API server audit events (audit.k8s.io), one JSON object per line or an EventList"
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
        if is_native(text) {
            return true;
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
        let mut items = None;
        let outcome = JsonCursor::new(text).object(|key, value| match key {
            "items" if items.is_none() => value.raw().map(|list| items = Some(list)),
            _ => raw.member(key, value),
        });
        // members after the list do not matter
        if let Some(items) = items {
            return read_items(items, clock, emit);
        }
        outcome.map_err(|broken| broken.to_string())?;
        if !raw.is_audit {
            return Err(
                "not an audit event: a JSON object without `auditID`, `verb`, `objectRef` and `requestURI`"
                    .into(),
            );
        }
        raw.emit(text, clock, emit);
        Ok(())
    }
}

/// Members that are objects or arrays, and that some collectors ship as texts that hold one.
const COMPOUND: [&str; 8] = [
    "user",
    "impersonatedUser",
    "objectRef",
    "responseStatus",
    "annotations",
    "sourceIPs",
    "requestObject",
    "responseObject",
];

/// Returns an event whose texts that hold JSON are that JSON; `None` if it has none.
fn with_objects(text: &str) -> Option<String> {
    let mut json = Attrs::default();
    let mut is_changed = false;
    for (key, value) in json::members(text).ok()? {
        match json::text_of(value).filter(|text| value.starts_with('"') && is_json(text)) {
            Some(object) if COMPOUND.contains(&&*key) => {
                json.raw(&key, &object);
                is_changed = true;
            }
            _ => json.raw(&key, value),
        }
    }
    is_changed.then(|| json.into_json()).flatten()
}

fn read_items(items: &str, clock: &Clock, emit: Emit<'_>) -> Result<(), String> {
    if !items.starts_with('[') {
        return Err("`items` is not an array".into());
    }
    let outcome = JsonCursor::new(items).array(|item| {
        if item.peek() != Some(b'{') {
            return Err(item.broken("an object"));
        }
        let mut raw = Raw::default();
        let begin = item.rest();
        item.object(|key, value| raw.member(key, value))?;
        let text = begin.get(..begin.len() - item.rest().len()).unwrap_or("");
        raw.emit(text, clock, &mut *emit);
        Ok(())
    });
    outcome.map_err(|broken| broken.to_string())
}

/// An audit event, filled member by member.
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
    request: Option<&'a str>,
    response: Option<&'a str>,
    attrs: Attrs,
    /// True if a member that is an object came as a text.
    has_texts: bool,
}

impl<'a> Raw<'a> {
    /// Emits the record of an event, which is `text`.
    fn emit(self, text: &str, clock: &Clock, emit: Emit<'_>) {
        if self.has_texts
            && let Some(rebuilt) = with_objects(text)
        {
            let mut raw = Raw::default();
            let outcome = JsonCursor::new(&rebuilt).object(|key, value| raw.member(key, value));
            if outcome.is_ok() {
                emit(raw.record(clock));
                return;
            }
        }
        emit(self.record(clock));
    }

    fn member(&mut self, key: &str, value: &mut JsonCursor<'a>) -> Result<(), Broken> {
        let fields = &mut self.fields;
        if value.peek() == Some(b'"') && COMPOUND.contains(&key) {
            self.has_texts = true;
        }
        match key {
            "auditID" => {
                self.is_audit = true;
                fields.audit_id = value.text()?;
            }
            "verb" => {
                self.is_audit = true;
                fields.verb = value.text()?;
            }
            "requestURI" => {
                self.is_audit = true;
                fields.uri = value.text()?;
            }
            "objectRef" => {
                self.is_audit = true;
                value.object(|key, value| self.object_ref_member(key, value))?;
            }
            "stage" => fields.stage = value.text()?,
            "user" => value.object(|key, value| self.user_member(key, value))?,
            "impersonatedUser" => {
                let user = value.raw()?;
                self.attrs.raw(key, user);
                JsonCursor::new(user).object(|key, value| {
                    if key == "username" {
                        self.impersonated = value.text()?;
                    }
                    Ok(())
                })?;
            }
            "userAgent" => fields.user_agent = value.text()?,
            "sourceIPs" => {
                let mut count = 0;
                fields.source_ip = None;
                let addresses = value.strings(|address| {
                    count += 1;
                    fields.source_ip = Some(address);
                })?;
                if count > 1 {
                    self.attrs.raw(key, addresses);
                }
            }
            "responseStatus" => value.object(|key, value| self.status_member(key, value))?,
            "annotations" => self.annotations(value)?,
            "requestObject" => self.request = Some(value.raw()?),
            "responseObject" => self.response = Some(value.raw()?),
            "requestReceivedTimestamp" => self.received = value.text()?,
            "stageTimestamp" => self.stage_time = value.text()?,
            "metadata" => value.object(|key, value| {
                // v1alpha1 and v1beta1
                if key == "creationTimestamp" {
                    let time = value.text()?;
                    self.other_time = self.other_time.take().or(time);
                }
                Ok(())
            })?,
            "@timestamp" | "timestamp" | "p_event_time" => {
                let time = value.text()?;
                self.other_time = self.other_time.take().or(time);
            }
            "cluster" | "clusterName" | "_gdch_cluster" => self.cluster = value.text()?,
            "kind" | "apiVersion" => {}
            "level" | "k8s_audit_level" | "openshift_audit_level" => {
                let level = value.raw()?;
                // ViaQ overwrites `level` with "default" and keeps the original in the other two
                if key != "level" || level != "\"default\"" {
                    self.attrs.raw("audit_level", level);
                }
            }
            other => self.flattened_member(other, value)?,
        }
        Ok(())
    }

    /// Reads a member whose name is that of an object and its member, joined.
    fn flattened_member(&mut self, key: &str, value: &mut JsonCursor<'a>) -> Result<(), Broken> {
        match key.split_once('_') {
            // collectors that write to flat stores join the names: `responseStatus_code`
            Some(("objectRef", name)) => self.object_ref_member(name, value)?,
            Some(("user", name)) => self.user_member(name, value)?,
            Some(("responseStatus", name)) => self.status_member(name, value)?,
            Some(("annotations", "authorization_k8s_io_decision")) => {
                self.fields.decision = value.text()?;
            }
            Some(("annotations", "authorization_k8s_io_reason")) => {
                self.fields.decision_reason = value.text()?;
            }
            _ => self.attrs.raw(key, value.raw()?),
        }
        Ok(())
    }

    fn object_ref_member(&mut self, key: &str, value: &mut JsonCursor<'a>) -> Result<(), Broken> {
        match key {
            "resource" => self.fields.resource = value.text()?,
            "namespace" => self.namespace = value.text()?,
            "name" => self.fields.name = value.text()?,
            "apiGroup" => self.fields.api_group = value.text()?,
            "subresource" => self.fields.subresource = value.text()?,
            "uid" => self.attrs.raw("object_uid", value.raw()?),
            "resourceVersion" | "apiVersion" => {}
            other => self.attrs.raw(other, value.raw()?),
        }
        Ok(())
    }

    fn user_member(&mut self, key: &str, value: &mut JsonCursor<'a>) -> Result<(), Broken> {
        match key {
            "username" => self.fields.username = value.text()?,
            "groups" => {
                let groups = &mut self.fields.groups;
                groups.clear();
                value.strings(|group| groups.push(group))?;
            }
            "uid" => self.attrs.raw("user_uid", value.raw()?),
            "extra" => self.attrs.raw("user_extra", value.raw()?),
            other => self.attrs.raw(other, value.raw()?),
        }
        Ok(())
    }

    fn status_member(&mut self, key: &str, value: &mut JsonCursor<'a>) -> Result<(), Broken> {
        match key {
            "code" => self.fields.code = value.text()?.and_then(|code| code.parse().ok()),
            "message" => self.attrs.raw("status_message", value.raw()?),
            "reason" => self.attrs.raw("status_reason", value.raw()?),
            "details" => self.attrs.raw("status_details", value.raw()?),
            _ => {} // `metadata` is always empty, `status` repeats the code
        }
        Ok(())
    }

    fn annotations(&mut self, value: &mut JsonCursor<'a>) -> Result<(), Broken> {
        let mut rest = Attrs::default();
        value.object(|key, value| {
            match key {
                "authorization.k8s.io/decision" => self.fields.decision = value.text()?,
                "authorization.k8s.io/reason" => self.fields.decision_reason = value.text()?,
                other => rest.raw(other, value.raw()?),
            }
            Ok(())
        })?;
        if let Some(json) = rest.into_json() {
            self.attrs.raw("annotations", &json);
        }
        Ok(())
    }

    fn record(mut self, clock: &Clock) -> Record<'a> {
        let read = |text: &Option<Text<'a>>| Some(time::any(text.as_deref()?, clock)?.ts);
        let (received, stage_time) = (read(&self.received), read(&self.stage_time));
        let fields = &mut self.fields;
        if let (Some(from), Some(to)) = (received, stage_time) {
            fields.latency_ms = Some((to - from) as f64 / 1e3);
        }
        // a list names no object, and is most of a log
        if fields.resource.is_none() || fields.name.is_none() && fields.verb.as_deref() != Some("list") {
            audit_object::fill(fields, &mut self.namespace, self.request, self.response);
        }
        let request = self.request.map(Cow::Borrowed);
        let response = self.response.map(Cow::Borrowed);
        let resource = fields.resource.as_deref().unwrap_or("");
        let subresource = fields.subresource.as_deref().unwrap_or("");
        fields.operation = operation::class_of(&Request {
            verb: fields.verb.as_deref().unwrap_or(""),
            api_group: fields.api_group.as_deref().unwrap_or(""),
            resource,
            namespace: self.namespace.as_deref().unwrap_or(""),
            name: fields.name.as_deref().unwrap_or(""),
            subresource,
            body: request.as_deref().unwrap_or(""),
        });
        let redacted = redact_bodies(resource, subresource, request, response);
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
            time_of_day: false,
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
