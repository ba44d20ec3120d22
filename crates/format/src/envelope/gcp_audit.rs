//! The audit log of a Cloud Logging entry → the `audit.k8s.io` event that it tells, as JSON, so
//! that redaction, operation classes and columns are decided in one place (`audit`).
//! Requests to the API server, and operations on clusters and node pools; other services are none.

use crate::envelope::gcp::Entry;
use crate::envelope::gcp_target::{CONTAINER, of_operation, of_request};
use crate::text::json::{int_of, members, raw_of, text_of};
use model::record::{Attrs, Text};
use sonic_rs::LazyValue;

/// Returns the event that an entry's audit log tells; nothing when it is of another service.
pub(crate) fn event(entry: &Entry<'_>, proto: &LazyValue<'_>) -> Option<String> {
    let mut log = AuditLog::default();
    for (key, value) in members(&raw_of(proto)).flatten() {
        log.take(&key, &value);
    }
    let method = log.method.as_deref().unwrap_or_default();
    let path = log.path.as_deref().unwrap_or_default();
    let target = match log.service.as_deref() {
        Some(CONTAINER) if !method.starts_with("io.k8s.") => of_operation(method, path),
        None | Some("k8s.io" | CONTAINER) if !method.is_empty() => of_request(method, path),
        _ => return None,
    };
    let mut event = Attrs::default();
    event.text("kind", "Event");
    event.text("apiVersion", "audit.k8s.io/v1");
    let operation = Operation::of(entry.operation.as_ref());
    if let Some(id) = operation.id.as_deref().or(entry.insert_id.as_deref()) {
        event.text("auditID", id);
    }
    event.text("stage", if operation.goes_on { "ResponseStarted" } else { "ResponseComplete" });
    event.text("verb", target.verb);
    if !path.is_empty() {
        event.text("requestURI", path);
    }
    if let Some(time) = entry.timestamp.as_deref().or(entry.received.as_deref()) {
        event.text("requestReceivedTimestamp", time);
    }
    put(&mut event, "objectRef", target.object());
    put(&mut event, "annotations", log.annotations(entry));
    if let Some(status) = log.status() {
        event.raw("responseStatus", &status);
    }
    for (key, body) in [("requestObject", &log.request), ("responseObject", &log.response)] {
        if let Some(body) = body {
            event.raw(key, &raw_of(body));
        }
    }
    event.extend(&log.event);
    event.into_json()
}

fn put(event: &mut Attrs, key: &str, members: Attrs) {
    if let Some(json) = members.into_json() {
        event.raw(key, &json);
    }
}

/// `google.cloud.audit.AuditLog`, as its members come by.
#[derive(Default)]
struct AuditLog<'a> {
    service: Option<Text<'a>>,
    method: Option<Text<'a>>,
    path: Option<Text<'a>>,
    /// Whether all that was asked for was granted.
    granted: Option<bool>,
    status: Option<LazyValue<'a>>,
    request: Option<LazyValue<'a>>,
    response: Option<LazyValue<'a>>,
    /// Members of the event that are known already.
    event: Attrs,
}

impl<'a> AuditLog<'a> {
    fn take(&mut self, key: &str, value: &LazyValue<'a>) {
        match key {
            "serviceName" => self.service = text_of(value),
            "methodName" => self.method = text_of(value),
            "resourceName" => self.path = text_of(value),
            "status" => self.status = Some(value.clone()),
            "request" => self.request = Some(value.clone()),
            "response" => self.response = Some(value.clone()),
            "authenticationInfo" => self.user(value),
            "authorizationInfo" => {
                let grants = value.clone().into_array_iter().into_iter().flatten().flatten();
                self.granted = grants.map(|grant| is_granted(&grant)).reduce(|a, b| a && b);
                self.event.raw(key, &raw_of(value));
            }
            "requestMetadata" => {
                for (key, value) in members(&raw_of(value)).flatten() {
                    match key.as_ref() {
                        "callerIp" => self.event.raw("sourceIPs", &format!("[{}]", raw_of(&value))),
                        "callerSuppliedUserAgent" => self.event.raw("userAgent", &raw_of(&value)),
                        _ => {} // when and where Google's edge saw it
                    }
                }
            }
            "@type" => {}
            other if raw_of(value) != "{}" => self.event.raw(other, &raw_of(value)),
            _ => {}
        }
    }

    fn user(&mut self, value: &LazyValue<'a>) {
        let mut user = Attrs::default();
        let mut extra = Attrs::default();
        for (key, value) in members(&raw_of(value)).flatten() {
            match key.as_ref() {
                "principalEmail" => user.raw("username", &raw_of(&value)),
                other => extra.raw(other, &raw_of(&value)),
            }
        }
        put(&mut user, "extra", extra);
        put(&mut self.event, "user", user);
    }

    /// The entry's labels are the event's annotations; without them the grant tells the decision.
    fn annotations(&self, entry: &Entry<'_>) -> Attrs {
        const DECISION: &str = "authorization.k8s.io/decision";
        let mut annotations = Attrs::default();
        let mut has_decision = false;
        for (key, value) in entry.labels.iter().flat_map(|labels| members(&raw_of(labels)).flatten()) {
            has_decision |= key == DECISION;
            annotations.raw(&key, &raw_of(&value));
        }
        if let Some(granted) = self.granted.filter(|_| !has_decision) {
            annotations.text(DECISION, if granted { "allow" } else { "forbid" });
        }
        annotations
    }

    /// Returns the response's status: the API server's own where the response is one, else HTTP's
    /// for the RPC code. An empty status is success.
    fn status(&self) -> Option<String> {
        let mut status = Attrs::default();
        let own = self.response.iter().flat_map(|response| members(&raw_of(response)).flatten());
        let own: Vec<_> =
            own.filter(|(key, _)| matches!(&**key, "@type" | "code" | "message" | "reason")).collect();
        let is_status = own
            .iter()
            .any(|(key, value)| key == "@type" && text_of(value).is_some_and(|t| t.ends_with(".Status")));
        if is_status && own.iter().any(|(key, _)| key == "code") {
            for (key, value) in own.iter().filter(|(key, _)| key != "@type") {
                status.raw(key, &raw_of(value));
            }
            return status.into_json();
        }
        let mut code = 0;
        for (key, value) in members(&raw_of(self.status.as_ref()?)).flatten() {
            match key.as_ref() {
                "code" => code = int_of(&value).unwrap_or(2),
                "message" => status.raw("message", &raw_of(&value)),
                _ => {}
            }
        }
        status.raw("code", &http_of(code).to_string());
        status.into_json()
    }
}

/// Tells whether one permission was granted; proto3 JSON leaves a `false` out.
fn is_granted(grant: &LazyValue<'_>) -> bool {
    members(&raw_of(grant)).flatten().any(|(key, value)| key == "granted" && raw_of(&value) == "true")
}

/// The HTTP status of a `google.rpc.Code`, as google/rpc/code.proto maps them.
fn http_of(code: i64) -> u16 {
    match code {
        0 => 200,
        1 => 499,
        3 | 9 | 11 => 400,
        4 => 504,
        5 => 404,
        6 | 10 => 409,
        7 => 403,
        8 => 429,
        12 => 501,
        14 => 503,
        16 => 401,
        100..=599 => u16::try_from(code).unwrap_or(500), // HTTP already
        _ => 500,
    }
}

/// Which operation an entry is of.
#[derive(Default)]
struct Operation<'a> {
    id: Option<Text<'a>>,
    /// True when a further entry tells the end.
    goes_on: bool,
}

impl<'a> Operation<'a> {
    fn of(value: Option<&LazyValue<'a>>) -> Self {
        let mut operation = Self::default();
        let (mut first, mut last) = (false, false);
        for (key, value) in value.iter().flat_map(|value| members(&raw_of(value)).flatten()) {
            let is_true = || text_of(&value).is_some_and(|text| text == "true");
            match key.as_ref() {
                "id" => operation.id = text_of(&value),
                "first" => first = is_true(),
                "last" => last = is_true(),
                _ => {}
            }
        }
        operation.goes_on = first && !last;
        operation
    }
}
