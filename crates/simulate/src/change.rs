//! Any write to the API server that has no verb of its own: the request with its body, and the
//! answer. Also who makes such writes. Must not know which objects matter to an incident.

use crate::audit::{Request, Target, User};
use crate::day::Day;
use crate::event::Object;
use crate::text::version;
use serde_json::{Value, json};

impl Day {
    /// Records a create, patch, update or delete; `whole` is the object after it, without its
    /// metadata. Returns the audit id.
    pub fn change(
        &mut self,
        at: i64,
        user: &User,
        verb: &str,
        (kind, target): (&'static str, Target<'_>),
        (body, whole): (&Value, Value),
    ) -> String {
        let query = match (verb, user.agent.starts_with("kubectl")) {
            ("patch", true) => "fieldManager=kubectl-patch&fieldValidation=Strict",
            ("create", true) => "fieldManager=kubectl-create&fieldValidation=Strict",
            ("patch", false) if user.agent.starts_with("argocd") => {
                "fieldManager=argocd-controller&force=true"
            }
            _ => "",
        };
        let api = api_version(target);
        let uid = Object::named(kind, "", target.namespace, target.name).uid;
        let mut answer = if verb == "delete" {
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                "details": {"name": target.name, "kind": target.resource, "uid": uid}})
        } else {
            json!({"kind": kind, "apiVersion": api, "metadata": {
                "name": target.name, "namespace": target.namespace, "uid": uid,
                "resourceVersion": version(self.from, at).to_string()}})
        };
        if let (Value::Object(answer), Value::Object(whole)) = (&mut answer, whole)
            && verb != "delete"
        {
            if target.namespace.is_empty()
                && let Some(Value::Object(metadata)) = answer.get_mut("metadata")
            {
                metadata.remove("namespace");
            }
            answer.extend(whole);
        }
        let request = match verb {
            "create" => answer.clone(),
            "delete" => {
                json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"})
            }
            _ => body.clone(),
        };
        let request = Request {
            query,
            request: Some(request.to_string()),
            response: Some(answer.to_string()),
            ..Request::new(user, verb, target)
        };
        self.audit(at, &request)
    }

    /// Returns the people who may change a namespace; for an unknown one, the platform's.
    pub fn team(namespace: &str) -> Vec<User> {
        match namespace {
            "shop" => vec![Self::person(0), Self::person(1), Self::person(4)],
            "payments" => vec![Self::person(2), User::person("xu.ting", "dev-payments", 31)],
            "search" => vec![Self::person(3), User::person("gao.feng", "dev-search", 32)],
            _ => vec![Self::person(5), User::person("he.qing", "platform", 33)],
        }
    }

    /// Returns the controller that applies what is in git.
    pub fn gitops() -> User {
        User::account("ci", "gitops", "argocd-application-controller/v2.12.3")
    }

    /// Draws who changes a namespace: mostly one of its team, else a pipeline.
    pub fn owner_of(&mut self, namespace: &str) -> User {
        let mut all = Self::team(namespace);
        all.extend([User::ci(), Self::gitops()]);
        all.swap_remove(self.pen.rng.index(all.len()))
    }
}

fn api_version(target: Target<'_>) -> String {
    match target.group {
        "" => "v1".to_owned(),
        "autoscaling" => "autoscaling/v2".to_owned(),
        group => format!("{group}/v1"),
    }
}
