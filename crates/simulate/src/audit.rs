//! Writes audit.k8s.io/v1 events: the requests to the API server and its responses.
//! Field order and presence follow kubernetes/apiserver `pkg/apis/audit/v1/types.go`.

use crate::api::Target;
use crate::people::User;
use crate::text::escape;
use serde_json::{Value, json};

/// One request and its response.
pub struct Request<'a> {
    pub user: &'a User,
    pub verb: &'a str,
    pub target: Target<'a>,
    query: &'a str,
    code: u16,
    message: &'a str,
    bodies: [Option<String>; 2],
    stage: &'a str,
}

impl<'a> Request<'a> {
    /// Returns a request that was allowed, at Metadata level.
    pub fn new(user: &'a User, verb: &'a str, target: Target<'a>) -> Self {
        let code = if verb == "create" { 201 } else { 200 };
        let stage = "ResponseComplete";
        Self { user, verb, target, query: "", code, message: "", bodies: [None, None], stage }
    }

    /// Sets the query of the URI.
    pub fn query(self, query: &'a str) -> Self {
        Self { query, ..self }
    }

    /// Sets the body of the request, which raises the level to Request.
    pub fn body(mut self, body: &Value) -> Self {
        self.bodies[0] = Some(body.to_string());
        self
    }

    /// Sets the body of the response, which raises the level to RequestResponse.
    pub fn response(mut self, body: &Value) -> Self {
        self.bodies[1] = Some(body.to_string());
        self
    }

    /// Sets both bodies, of a write of a whole object.
    pub fn both(self, body: &Value) -> Self {
        self.body(body).response(body)
    }

    /// Sets a failure that the response reports as well.
    pub fn refused(self, code: u16, message: &'a str) -> Self {
        let mut request = self.status(code, message);
        let reason = request.reason();
        let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code});
        request.bodies[1] = Some(status.to_string());
        request
    }

    /// Sets the HTTP status, and the message of a failure.
    pub fn status(self, code: u16, message: &'a str) -> Self {
        Self { code, message, ..self }
    }

    /// Returns its lines at an early stage and at the last one, as templates with one audit id.
    pub fn in_two_stages(mut self, early: &'a str) -> String {
        let last = self.line("<same>", "<start>", "<end>");
        self.stage = early;
        format!("{}\n{last}", self.line("<uuid>", "<start>", "<start>"))
    }

    /// Returns the line; `id`, `start` and `end` are texts or names of template holes.
    pub fn line(&self, id: &str, start: &str, end: &str) -> String {
        let level = match &self.bodies {
            [_, Some(_)] => "RequestResponse",
            [Some(_), None] => "Request",
            [None, None] => "Metadata",
        };
        let mut uri = self.target.uri(self.verb == "create");
        if !self.query.is_empty() {
            uri.extend(["?", self.query]);
        }
        let (stage, verb, object) = (self.stage, self.verb, self.object_ref());
        let User { name, groups, agent, ip, reason } = self.user;
        let (groups, agent) = (groups.join("\",\""), escape(agent));
        let mut out = format!(
            r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"{level}","auditID":"{id}","stage":"{stage}","requestURI":"{uri}","verb":"{verb}","user":{{"username":"{name}","groups":["{groups}"]}},"sourceIPs":["{ip}"],"userAgent":"{agent}","objectRef":{{{object}}}"#
        );
        if stage != "RequestReceived" {
            let (code, message, reason) = (self.code, escape(self.message), self.reason());
            let failure = match code {
                400.. => format!(r#""status":"Failure","message":"{message}","reason":"{reason}","#),
                _ => String::new(),
            };
            out += &format!(r#","responseStatus":{{"metadata":{{}},{failure}"code":{code}}}"#);
        }
        for (key, body) in [("requestObject", &self.bodies[0]), ("responseObject", &self.bodies[1])] {
            if let Some(body) = body {
                out += &format!(r#","{key}":{body}"#);
            }
        }
        let (decision, reason) = if self.code == 403 { ("forbid", "") } else { ("allow", reason.as_str()) };
        let reason = escape(reason);
        out + &format!(
            r#","requestReceivedTimestamp":"{start}","stageTimestamp":"{end}","annotations":{{"authorization.k8s.io/decision":"{decision}","authorization.k8s.io/reason":"{reason}"}}}}"#
        )
    }

    fn reason(&self) -> &'static str {
        match self.code {
            403 => "Forbidden",
            404 => "NotFound",
            500 => "InternalError",
            _ => "Conflict",
        }
    }

    fn object_ref(&self) -> String {
        let target = &self.target;
        let fields = [
            ("resource", target.resource),
            ("namespace", target.namespace),
            ("name", target.name),
            ("apiGroup", target.group),
            ("apiVersion", target.version()),
            ("subresource", target.sub),
        ];
        let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
        fields.map(|(key, value)| format!(r#""{key}":"{value}""#)).collect::<Vec<_>>().join(",")
    }
}
