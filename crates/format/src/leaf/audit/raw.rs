//! An audit event as it is read, member by member: the hot path. Texts borrow from the line, bodies stay
//! JSON. Must not know envelopes, nor what becomes of the members.

use crate::leaf::audit::rebuild;
use crate::leaf::redact_bodies::redact_bodies;
use crate::text::json_cursor::{Broken, JsonCursor};
use memchr::memmem;
use model::record::{Attrs, AuditFields, Text};
use std::borrow::Cow;

/// An audit event, filled member by member.
#[derive(Default)]
pub(super) struct Raw<'a> {
    /// True if a member was read that only audit events have.
    pub(super) is_audit: bool,
    /// True if names are joined or spelled otherwise, or objects are strings: read `rebuild::nested`.
    pub(super) is_flat: bool,
    /// Why the line could not be read to its end.
    pub(super) broken: Option<String>,
    pub(super) fields: AuditFields<'a>,
    pub(super) namespace: Option<Text<'a>>,
    pub(super) impersonated: Option<Text<'a>>,
    pub(super) received: Option<Text<'a>>,
    pub(super) stage_time: Option<Text<'a>>,
    pub(super) other_time: Option<Text<'a>>,
    /// Of v1alpha1, whose events have no other time.
    pub(super) created: Option<Text<'a>>,
    pub(super) cluster: Option<Text<'a>>,
    pub(super) request: Option<&'a str>,
    pub(super) response: Option<&'a str>,
    pub(super) status_message: Option<&'a str>,
    pub(super) status_details: Option<&'a str>,
    /// How much the API server logs of the request.
    pub(super) audit_level: Option<&'a str>,
    pub(super) annotations: Attrs,
    /// Annotations with contents of the object.
    pub(super) patches: Attrs,
    pub(super) attrs: Attrs,
    /// Objects of collectors, which may repeat anything.
    pub(super) objects: Attrs,
}

impl<'a> Raw<'a> {
    /// Reads one member.
    pub(super) fn member(&mut self, key: &str, value: &mut JsonCursor<'a>) -> Result<(), Broken> {
        let fields = &mut self.fields;
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
                self.note_object(value);
                value.object(|key, value| self.object_ref_member(key, value))?;
            }
            "stage" => fields.stage = value.text()?,
            "user" => {
                self.note_object(value);
                value.object(|key, value| self.user_member(key, value))?;
            }
            "impersonatedUser" => self.impersonated_user(value)?,
            "userAgent" => fields.user_agent = value.text()?,
            "sourceIPs" => self.addresses(value)?,
            "responseStatus" => {
                self.note_object(value);
                value.object(|key, value| self.status_member(key, value))?;
            }
            "annotations" => {
                self.note_object(value);
                value.object(|key, value| self.annotation(key, value))?;
            }
            "requestObject" => {
                self.note_string(value);
                self.request = Some(value.raw()?).filter(|body| *body != "null");
            }
            "responseObject" => {
                self.note_string(value);
                self.response = Some(value.raw()?).filter(|body| *body != "null");
            }
            "requestReceivedTimestamp" => self.received = value.text()?,
            "stageTimestamp" => self.stage_time = value.text()?,
            "level" => self.level(value.raw()?),
            "kind" | "apiVersion" => {}
            other => self.rare_member(other, value)?,
        }
        Ok(())
    }

    /// Notes how much is logged. A collector may have put its own level there; ViaQ keeps the original in
    /// other members.
    fn level(&mut self, level: &'a str) {
        match level {
            r#""Metadata""# | r#""Request""# | r#""RequestResponse""# | r#""None""# => {
                self.audit_level = self.audit_level.or(Some(level));
            }
            r#""default""# => {}
            other => self.attrs.raw("level", other),
        }
    }

    /// Reads a member that the API server's v1 events do not have.
    fn rare_member(&mut self, key: &str, value: &mut JsonCursor<'a>) -> Result<(), Broken> {
        match key {
            "k8s_audit_level" | "openshift_audit_level" => self.audit_level = Some(value.raw()?),
            "@timestamp" | "timestamp" | "p_event_time" | "TimeGenerated" => {
                let time = value.text()?;
                self.other_time = self.other_time.take().or(time);
            }
            "metadata" => {
                let metadata = value.raw()?;
                self.attrs.raw(key, metadata);
                JsonCursor::new(metadata).object(|key, value| {
                    if key == "creationTimestamp" {
                        self.created = value.text()?;
                    }
                    Ok(())
                })?;
            }
            "cluster" | "clusterName" | "_gdch_cluster" => self.cluster = value.text()?,
            other if rebuild::is_name(other) => {
                self.is_audit = true;
                self.is_flat = true;
            }
            other => self.foreign_member(other, value.raw()?),
        }
        Ok(())
    }

    /// Keeps a member of a collector, unless it is the whole event once more.
    fn foreign_member(&mut self, key: &str, value: &str) {
        if !value.starts_with(['{', '[']) && !value.starts_with("\"{") && !value.starts_with("\"[") {
            self.attrs.raw(key, value);
        } else if memmem::find(value.as_bytes(), b"auditID").is_none() {
            let redacted = redact_bodies("", "", Some(Cow::Borrowed(value)), None);
            if let Some(value) = redacted.request {
                self.objects.raw(key, &value);
            }
        }
    }

    /// Notes that a string stands where the API server writes an object or array.
    fn note_string(&mut self, value: &JsonCursor<'a>) {
        self.is_flat |= value.peek() == Some(b'"');
    }

    /// Notes that a string, or an array of pairs, stands where the API server writes an object.
    fn note_object(&mut self, value: &JsonCursor<'a>) {
        self.is_flat |= matches!(value.peek(), Some(b'"' | b'['));
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
                self.note_string(value);
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

    fn impersonated_user(&mut self, value: &mut JsonCursor<'a>) -> Result<(), Broken> {
        self.note_object(value);
        let user = value.raw()?;
        self.attrs.raw("impersonatedUser", user);
        JsonCursor::new(user).object(|key, value| {
            if key == "username" {
                self.impersonated = value.text()?;
            }
            Ok(())
        })
    }

    /// Reads the source addresses: the last is the one that clients cannot forge.
    fn addresses(&mut self, value: &mut JsonCursor<'a>) -> Result<(), Broken> {
        self.note_string(value);
        let fields = &mut self.fields;
        let mut count = 0;
        fields.source_ip = None;
        let addresses = value.strings(|address| {
            count += 1;
            fields.source_ip = Some(address);
        })?;
        if count > 1 {
            self.attrs.raw("sourceIPs", addresses);
        }
        Ok(())
    }

    fn status_member(&mut self, key: &str, value: &mut JsonCursor<'a>) -> Result<(), Broken> {
        match key {
            "code" => self.fields.code = value.text()?.and_then(|code| code.parse().ok()),
            "message" => self.status_message = Some(value.raw()?),
            "reason" => self.attrs.raw("status_reason", value.raw()?),
            "details" => self.status_details = Some(value.raw()?),
            _ => {} // `metadata` is always empty, `status` repeats the code
        }
        Ok(())
    }

    #[inline]
    fn annotation(&mut self, key: &str, value: &mut JsonCursor<'a>) -> Result<(), Broken> {
        match key {
            "authorization.k8s.io/decision" => self.fields.decision = value.text()?,
            "authorization.k8s.io/reason" => self.fields.decision_reason = value.text()?,
            // OpenShift's OAuth server decides who somebody is
            "authentication.openshift.io/decision" => {
                let decision = value.raw()?;
                self.annotations.raw(key, decision);
                self.fields.decision = self.fields.decision.take().or(JsonCursor::new(decision).text()?);
            }
            other if value.peek() == Some(b'{') || other.starts_with("authorization_") => self.is_flat = true,
            // `patch.webhook.admission.k8s.io/…`: what a webhook changed in the object
            other if other.starts_with("patch") && other.contains("webhook") => {
                self.patches.raw(other, value.raw()?);
            }
            other => self.annotations.raw(other, value.raw()?),
        }
        Ok(())
    }
}
