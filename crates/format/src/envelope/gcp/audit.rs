//! The audit log of a Cloud Logging entry → the `audit.k8s.io` event it describes, as JSON, so that
//! redaction, operation classes and columns are decided in one place (`leaf::audit`). Covers requests
//! to the API server, and operations on clusters and node pools; other services have no such event.

use crate::envelope::gcp::entry::Entry;
use crate::envelope::gcp::target::{CONTAINER, of_operation, of_request};
use crate::text::json::{int_of, items, members_of, text_of};
use model::record::{Attrs, Text};

/// Returns the event that an entry's audit log describes; `None` if it is of another service.
pub(crate) fn event(entry: &Entry<'_>, proto: &str) -> Option<String> {
    let mut log = AuditLog::default();
    for (key, value) in members_of(proto) {
        log.member(&key, value);
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
    let operation = Operation::of(entry.operation);
    if let Some(id) = operation.id.as_deref().or(entry.insert_id.as_deref()) {
        event.text("auditID", id);
    }
    event.text("stage", if operation.continues { "ResponseStarted" } else { "ResponseComplete" });
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
    for (key, body) in [("requestObject", log.request), ("responseObject", log.response)] {
        if let Some(body) = body {
            event.raw(key, body);
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

/// `google.cloud.audit.AuditLog`, filled member by member.
#[derive(Default)]
struct AuditLog<'a> {
    service: Option<Text<'a>>,
    method: Option<Text<'a>>,
    path: Option<Text<'a>>,
    /// True if every requested permission was granted.
    granted: Option<bool>,
    status: Option<&'a str>,
    request: Option<&'a str>,
    response: Option<&'a str>,
    /// Members of the event that are known already.
    event: Attrs,
}

impl<'a> AuditLog<'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        match key {
            "serviceName" => self.service = text_of(value),
            "methodName" => self.method = text_of(value),
            "resourceName" => self.path = text_of(value),
            "status" => self.status = Some(value),
            "request" => self.request = Some(value),
            "response" => self.response = Some(value),
            "authenticationInfo" => self.user(value),
            "authorizationInfo" => {
                let grants = items(value).unwrap_or_default();
                self.granted = grants.into_iter().map(is_granted).reduce(|a, b| a && b);
                self.event.raw(key, value);
            }
            "requestMetadata" => {
                for (key, value) in members_of(value) {
                    match key.as_ref() {
                        "callerIp" => self.event.raw("sourceIPs", &format!("[{value}]")),
                        "callerSuppliedUserAgent" => self.event.raw("userAgent", value),
                        _ => {} // when and where Google's edge received it
                    }
                }
            }
            "@type" => {}
            other if value != "{}" => self.event.raw(other, value),
            _ => {}
        }
    }

    fn user(&mut self, value: &str) {
        let mut user = Attrs::default();
        let mut extra = Attrs::default();
        for (key, value) in members_of(value) {
            match key.as_ref() {
                "principalEmail" => user.raw("username", value),
                other => extra.raw(other, value),
            }
        }
        put(&mut user, "extra", extra);
        put(&mut self.event, "user", user);
    }

    /// Returns the event's annotations: the entry's labels, and the decision from the grants if the
    /// labels do not contain it.
    fn annotations(&self, entry: &Entry<'_>) -> Attrs {
        const DECISION: &str = "authorization.k8s.io/decision";
        let mut annotations = Attrs::default();
        let mut has_decision = false;
        for (key, value) in entry.labels.into_iter().flat_map(members_of) {
            has_decision |= key == DECISION;
            annotations.raw(&key, value);
        }
        if let Some(granted) = self.granted.filter(|_| !has_decision) {
            annotations.text(DECISION, if granted { "allow" } else { "forbid" });
        }
        annotations
    }

    /// Returns the response's status: the API server's own if the response is one, otherwise the HTTP
    /// status of the RPC code. An empty status is success.
    fn status(&self) -> Option<String> {
        let mut status = Attrs::default();
        let own = self.response.into_iter().flat_map(members_of);
        let own: Vec<_> =
            own.filter(|(key, _)| matches!(&**key, "@type" | "code" | "message" | "reason")).collect();
        let is_status = own
            .iter()
            .any(|(key, value)| key == "@type" && text_of(value).is_some_and(|t| t.ends_with(".Status")));
        if is_status && own.iter().any(|(key, _)| key == "code") {
            for (key, value) in own.iter().filter(|(key, _)| key != "@type") {
                status.raw(key, value);
            }
            return status.into_json();
        }
        let mut code = 0;
        for (key, value) in members_of(self.status?) {
            match key.as_ref() {
                "code" => code = int_of(value).unwrap_or(2), // 2: UNKNOWN
                "message" => status.raw("message", value),
                _ => {}
            }
        }
        status.raw("code", &http_of(code).to_string());
        status.into_json()
    }
}

/// Returns true if one permission was granted; proto3 JSON omits a `false`.
fn is_granted(grant: &str) -> bool {
    members_of(grant).any(|(key, value)| key == "granted" && value == "true")
}

/// Returns the HTTP status of a `google.rpc.Code`, as google/rpc/code.proto maps them.
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

/// The operation that an entry belongs to.
#[derive(Default)]
struct Operation<'a> {
    id: Option<Text<'a>>,
    /// True if a later entry reports the end.
    continues: bool,
}

impl<'a> Operation<'a> {
    fn of(value: Option<&'a str>) -> Self {
        let mut operation = Self::default();
        let (mut first, mut last) = (false, false);
        for (key, value) in value.into_iter().flat_map(members_of) {
            let is_true = || text_of(value).is_some_and(|text| text == "true");
            match key.as_ref() {
                "id" => operation.id = text_of(value),
                "first" => first = is_true(),
                "last" => last = is_true(),
                _ => {}
            }
        }
        operation.continues = first && !last;
        operation
    }
}
