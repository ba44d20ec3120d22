//! A read audit event → a record: its object, time, level, operation and sentence, without the contents
//! of Secrets. Must not know how an event is written.

use crate::contract::Clock;
use crate::leaf::audit::raw::Raw;
use crate::leaf::audit::sentence::{place, sentence};
use crate::leaf::audit::target;
use crate::leaf::operation::{self, Request};
use crate::leaf::redact_bodies::{redact_bodies, redact_message};
use crate::leaf::secrecy::redact_uri;
use crate::leaf::utc::ts_of;
use crate::text::json_cursor::{Broken, JsonCursor};
use model::record::{Body, Level, Record, Text};
use std::borrow::Cow;

impl<'a> Raw<'a> {
    /// Returns the record of the event.
    pub(super) fn record(mut self, clock: &Clock) -> Record<'a> {
        let read = |text: &Option<Text<'a>>| ts_of(text.as_deref()?, clock);
        let (received, stage_time) = (read(&self.received), read(&self.stage_time));
        let ts = received.or(stage_time).or_else(|| read(&self.other_time)).or_else(|| read(&self.created));
        if let (Some(from), Some(to)) = (received, stage_time) {
            self.fields.latency_ms = Some((to - from) as f64 / 1e3);
        }
        self.complete_target();
        self.fields.uri = self.fields.uri.take().map(redact_uri);
        self.complete_dry_run();
        let fields = &mut self.fields;
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
        let place = place(resource, self.namespace.take(), fields.name.clone(), self.cluster.take());
        fields.request = redacted.request;
        fields.response = redacted.response;
        self.complete_attrs(redacted.is_secret, redacted.removed);
        let fields = &self.fields;
        let message = sentence(fields, place.namespace.as_deref(), self.impersonated.as_deref());
        Record {
            ts,
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

    /// Fills what `objectRef` does not name of the request's object. Requests on collections name none.
    fn complete_target(&mut self) {
        let fields = &mut self.fields;
        let is_collection = matches!(fields.verb.as_deref(), Some("list" | "watch" | "deletecollection"));
        if fields.resource.is_some() && (fields.name.is_some() || is_collection) {
            return;
        }
        let in_uri = fields.uri.as_deref().and_then(target::of_uri);
        let mut name_in_uri = None;
        if let Some(target) = in_uri
            && fields.resource.as_deref().is_none_or(|resource| resource == target.resource)
        {
            fill(&mut fields.resource, Some(target.resource));
            fill(&mut fields.api_group, target.api_group);
            fill(&mut fields.subresource, target.subresource);
            fill(&mut self.namespace, target.namespace);
            name_in_uri = target.name;
        }
        if fields.name.is_some() || is_collection {
            return;
        }
        let Some(resource) = fields.resource.as_deref() else { return };
        let in_bodies = (self.response.and_then(|body| target::name_in(body, resource)))
            .or_else(|| target::name_in_details(self.status_details?, resource))
            .or_else(|| target::name_in(self.request?, resource));
        match in_bodies {
            Some(name) => fields.name = Some(name),
            None => fill(&mut fields.name, name_in_uri),
        }
    }

    /// Adds `dryRun` to the URI where only the body says that nothing is to be written: options of a
    /// deletion stand there, and those of an eviction within it.
    fn complete_dry_run(&mut self) {
        let fields = &mut self.fields;
        let is_eviction = fields.subresource.as_deref() == Some("eviction");
        if !is_eviction && !matches!(fields.verb.as_deref(), Some("delete" | "deletecollection")) {
            return;
        }
        let uri = fields.uri.as_deref().unwrap_or("");
        if !uri.contains("dryRun=") && self.request.is_some_and(|body| is_dry_run(body, is_eviction)) {
            let separator = if uri.contains('?') { '&' } else { '?' };
            fields.uri = Some(Cow::Owned(format!("{uri}{separator}dryRun=All")));
        }
    }

    /// Adds the members whose form depends on the object to the attributes.
    fn complete_attrs(&mut self, is_secret: bool, mut removed: bool) {
        let attrs = &mut self.attrs;
        if let Some(level) = self.audit_level {
            attrs.raw("audit_level", level);
        }
        if let Some(message) = self.status_message {
            let message = if is_secret { redact_message(message) } else { Cow::Borrowed(message) };
            attrs.raw("status_message", &message);
        }
        if let Some(details) = self.status_details {
            attrs.raw("status_details", details);
        }
        if is_secret {
            removed |= !self.patches.is_empty() || !self.objects.is_empty();
        } else {
            self.annotations.extend(&self.patches);
            attrs.extend(&self.objects);
        }
        if let Some(json) = std::mem::take(&mut self.annotations).into_json() {
            attrs.raw("annotations", &json);
        }
        if removed {
            attrs.raw("redacted", "true");
        }
        if let Some(why) = &self.broken {
            attrs.text("broken", why);
        }
    }
}

/// Returns true if the options of a deletion, or those within an eviction, ask for a dry run.
fn is_dry_run(body: &str, is_eviction: bool) -> bool {
    let mut is_dry = false;
    let mut option = |key: &str, value: &mut JsonCursor<'_>| -> Result<(), Broken> {
        if key == "dryRun" {
            value.strings(|stage| is_dry |= stage == "All")?;
        }
        Ok(())
    };
    // what cannot be read requests nothing
    let _ = JsonCursor::new(body).object(|key, value| match key {
        "deleteOptions" if is_eviction => value.object(&mut option),
        _ => option(key, value),
    });
    is_dry
}

fn fill(field: &mut Option<Text<'_>>, value: Option<Text<'_>>) {
    if field.is_none() {
        *field = value.map(|text| Cow::Owned(text.into_owned()));
    }
}
