//! Writes audit.k8s.io/v1 events: who asked the API server for what, and what it answered.
//! Field order and presence follow kubernetes/apiserver `pkg/apis/audit/v1/types.go`.

use crate::text::escape;

/// Who makes a request.
#[derive(Clone)]
pub struct User {
    /// user.username.
    pub name: String,
    /// user.groups.
    pub groups: Vec<&'static str>,
    /// userAgent.
    pub agent: &'static str,
    /// The last of sourceIPs.
    pub ip: String,
    /// authorization.k8s.io/reason.
    pub reason: String,
}

const KUBECTL: &str = "kubectl/v1.30.4 (darwin/arm64) kubernetes/a51b3b7";
const CONTROLLER: &str =
    "kube-controller-manager/v1.30.4 (linux/amd64) kubernetes/a51b3b7/system:serviceaccount:kube-system";

impl User {
    /// A person at a terminal; `desk` tells people's addresses apart.
    pub fn person(name: &str, team: &'static str, desk: u8) -> Self {
        Self {
            name: name.to_owned(),
            groups: vec![team, "system:authenticated"],
            agent: KUBECTL,
            ip: format!("10.8.0.{desk}"),
            reason: format!(
                "RBAC: allowed by RoleBinding \"{team}-edit\" of ClusterRole \"edit\" to Group \"{team}\""
            ),
        }
    }

    /// A service account that runs in the cluster.
    pub fn account(namespace: &str, name: &str, agent: &'static str) -> Self {
        Self {
            name: format!("system:serviceaccount:{namespace}:{name}"),
            groups: vec!["system:serviceaccounts", "system:authenticated"],
            agent,
            ip: "172.16.0.41".to_owned(),
            reason: format!(
                "RBAC: allowed by ClusterRoleBinding \"{name}\" of ClusterRole \"{name}\" to ServiceAccount \"{name}/{namespace}\""
            ),
        }
    }

    /// A controller of kube-controller-manager.
    pub fn controller(name: &str) -> Self {
        let reason = format!(
            "RBAC: allowed by ClusterRoleBinding \"system:controller:{name}\" of ClusterRole \"system:controller:{name}\" to ServiceAccount \"{name}/kube-system\""
        );
        Self { ip: "10.0.0.2".to_owned(), reason, ..Self::account("kube-system", name, CONTROLLER) }
    }

    /// A component that is no service account, such as the scheduler.
    pub fn component(name: &str, agent: &'static str) -> Self {
        Self {
            name: format!("system:{name}"),
            groups: vec!["system:authenticated"],
            agent,
            ip: "10.0.0.2".to_owned(),
            reason: format!(
                "RBAC: allowed by ClusterRoleBinding \"system:{name}\" of ClusterRole \"system:{name}\" to User \"system:{name}\""
            ),
        }
    }

    /// The kubelet of a node.
    pub fn kubelet(node: &str) -> Self {
        Self {
            name: format!("system:node:{node}"),
            groups: vec!["system:nodes", "system:authenticated"],
            agent: "kubelet/v1.30.4 (linux/amd64) kubernetes/a51b3b7",
            ip: node.to_owned(),
            reason: String::new(),
        }
    }

    /// The pipeline that ships releases.
    pub fn ci() -> Self {
        Self::account("ci", "deployer", "kubectl/v1.30.4 (linux/amd64) kubernetes/a51b3b7")
    }
}

/// The object a request is about; empty parts are absent.
#[derive(Clone, Copy, Default)]
pub struct Target<'a> {
    /// API group, empty for core.
    pub group: &'a str,
    /// Resource, plural.
    pub resource: &'a str,
    /// Subresource.
    pub sub: &'a str,
    /// Namespace.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
}

impl Target<'_> {
    fn version(&self) -> &'static str {
        match self.group {
            "autoscaling" => "v2",
            "metrics.k8s.io" => "v1beta1",
            // The custom resources of this cluster are all at their first version.
            group if group.ends_with(".example.com") => "v1beta1",
            _ => "v1",
        }
    }

    fn uri(&self, query: &str, is_create: bool) -> String {
        let mut uri = match self.group {
            "" => "/api/v1".to_owned(),
            group => format!("/apis/{group}/{}", self.version()),
        };
        let name = if is_create && self.sub.is_empty() { "" } else { self.name };
        if !self.namespace.is_empty() {
            uri.extend(["/namespaces/", self.namespace]);
        }
        for part in [self.resource, name, self.sub] {
            if !part.is_empty() {
                uri.extend(["/", part]);
            }
        }
        if !query.is_empty() {
            uri.extend(["?", query]);
        }
        uri
    }
}

/// One request and its answer.
pub struct Request<'a> {
    /// Who.
    pub user: &'a User,
    /// Kubernetes verb.
    pub verb: &'a str,
    /// What.
    pub target: Target<'a>,
    /// Query of the URI.
    pub query: &'a str,
    /// HTTP status.
    pub code: u16,
    /// responseStatus.message of a refusal.
    pub message: &'a str,
    /// JSON of the request; raises the level to Request.
    pub request: Option<String>,
    /// JSON of the answer; raises the level to RequestResponse.
    pub response: Option<String>,
    /// Stage, ResponseComplete when empty.
    pub stage: &'a str,
}

impl<'a> Request<'a> {
    /// A request that was allowed, at Metadata level.
    pub fn new(user: &'a User, verb: &'a str, target: Target<'a>) -> Self {
        let code = if verb == "create" { 201 } else { 200 };
        Self { user, verb, target, query: "", code, message: "", request: None, response: None, stage: "" }
    }

    /// Returns the line; `id`, `start` and `end` are texts or names of template holes.
    pub fn line(&self, id: &str, start: &str, end: &str) -> String {
        let level = match (&self.request, &self.response) {
            (_, Some(_)) => "RequestResponse",
            (Some(_), None) => "Request",
            (None, None) => "Metadata",
        };
        let stage = if self.stage.is_empty() { "ResponseComplete" } else { self.stage };
        let uri = self.target.uri(self.query, self.verb == "create");
        let mut out = String::with_capacity(1024);
        out.extend([
            r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":""#,
            level,
            r#"","auditID":""#,
            id,
        ]);
        out.extend([r#"","stage":""#, stage, r#"","requestURI":""#, &uri, r#"","verb":""#, self.verb]);
        out.extend([
            r#"","user":{"username":""#,
            &self.user.name,
            r#"","groups":[""#,
            &self.user.groups.join("\",\""),
        ]);
        out.extend([
            r#""]},"sourceIPs":[""#,
            &self.user.ip,
            r#""],"userAgent":""#,
            &escape(self.user.agent),
            r#"","objectRef":{"#,
        ]);
        let target = self.target;
        let fields = [
            ("resource", target.resource),
            ("namespace", target.namespace),
            ("name", target.name),
            ("apiGroup", target.group),
            ("apiVersion", target.version()),
            ("subresource", target.sub),
        ];
        let mut comma = "";
        for (key, value) in fields {
            if !value.is_empty() {
                out.extend([comma, "\"", key, "\":\"", value, "\""]);
                comma = ",";
            }
        }
        out.push('}');
        if stage != "RequestReceived" {
            out.push_str(r#","responseStatus":{"metadata":{},"#);
            if self.code >= 400 {
                let reason = if self.code == 403 {
                    "Forbidden"
                } else if self.code == 404 {
                    "NotFound"
                } else if self.code == 500 {
                    "InternalError"
                } else {
                    "Conflict"
                };
                out.extend([
                    r#""status":"Failure","message":""#,
                    &escape(self.message),
                    r#"","reason":""#,
                    reason,
                    "\",",
                ]);
            }
            out.extend([r#""code":"#, &self.code.to_string(), "}"]);
        }
        for (key, body) in [("requestObject", &self.request), ("responseObject", &self.response)] {
            if let Some(body) = body {
                out.extend([",\"", key, "\":", body]);
            }
        }
        let decision = if self.code == 403 { "forbid" } else { "allow" };
        let reason = if self.code == 403 { "" } else { &self.user.reason };
        out.extend([r#","requestReceivedTimestamp":""#, start, r#"","stageTimestamp":""#, end]);
        out.extend([r#"","annotations":{"authorization.k8s.io/decision":""#, decision]);
        out.extend([r#"","authorization.k8s.io/reason":""#, &escape(reason), "\"}}"]);
        out
    }
}
