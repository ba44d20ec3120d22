//! Any write to the API server that has no verb of its own: the request with its body, and the
//! response. An audit policy keeps Secrets at Metadata level. Must not know which objects matter.

use crate::api::{Target, api_version};
use crate::audit::Request;
use crate::day::Day;
use crate::event::Object;
use crate::manifest::merge;
use crate::people::User;
use crate::text::version;
use crate::truth::Cause;
use serde_json::{Value, json};

impl Day {
    /// Records a create, patch, update or delete of an object; `body` is its content without kind
    /// and name, of a patch the changed part.
    pub fn change(&mut self, at: i64, user: &User, (verb, target): (&str, Target<'_>), body: Value) -> Cause {
        self.change_to(at, user, (verb, target), (body.clone(), body))
    }

    /// Records a write like [`Day::change`] that leaves more in the object than the patch has.
    pub fn change_to(
        &mut self,
        at: i64,
        user: &User,
        (verb, target): (&str, Target<'_>),
        (patch, whole): (Value, Value),
    ) -> Cause {
        let request = Request::new(user, verb, target).query(query(user, verb));
        if target.resource == "secrets" {
            return self.audit(at, &request);
        }
        let uid = Object::named(target.kind, target.namespace, target.name).uid;
        if verb == "delete" {
            let options =
                json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"});
            let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                "details": {"name": target.name, "kind": target.resource, "uid": uid}});
            return self.audit(at, &request.body(&options).response(&status));
        }
        let mut object = json!({"kind": target.kind, "apiVersion": api_version(target.kind), "metadata": {
            "name": target.name, "uid": uid, "resourceVersion": version(self.from, at).to_string()}});
        if !target.namespace.is_empty() {
            object["metadata"]["namespace"] = json!(target.namespace);
        }
        merge(&mut object, whole);
        let body = if verb == "patch" { &patch } else { &object };
        let request = request.body(body).response(&object);
        self.audit(at, &request)
    }

    /// Records an edit of one file of a ConfigMap, `namespace/name`.
    pub fn edit_config(
        &mut self,
        at: i64,
        user: &User,
        (namespace, name): (&str, &str),
        (file, text): (&str, &str),
    ) -> Cause {
        let target = Target::new("configmaps", namespace, name);
        self.change(at, user, ("patch", target), json!({"data": {file: text}}))
    }

    /// Records that somebody who may not change a workload tries to, or to delete one of its pods.
    pub fn refused_change(&mut self, at: i64, workload: usize, verb: &str) {
        let user = User::intern();
        let mut target = self.target(workload, "");
        let pod = self.cluster.alive(workload, at).first().map(|pod| self.cluster.pods[*pod].name.clone());
        if let (Some(pod), "delete") = (&pod, verb) {
            target = Target::new("pods", target.namespace, pod);
        }
        let Target { group, resource, namespace, name, .. } = target;
        let plural = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") };
        let message = format!(
            "{plural} \"{name}\" is forbidden: User \"{}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" in the namespace \"{namespace}\"",
            user.name
        );
        let mut request = Request::new(&user, verb, target).status(403, &message);
        if verb == "patch" {
            request = request.query("fieldManager=kubectl-edit").body(&json!({"spec": {"replicas": 1}}));
        }
        self.audit(at, &request);
    }

    /// Returns the audit target of a workload.
    pub fn target(&self, workload: usize, sub: &'static str) -> Target<'static> {
        let of = self.cluster.states[workload].workload;
        Target::new(of.resource(), of.namespace, of.name).sub(sub)
    }
}

/// Returns the query with which a client writes.
pub fn query(user: &User, verb: &str) -> &'static str {
    match verb {
        "patch" if user.has_kubectl() => "fieldManager=kubectl-patch&fieldValidation=Strict",
        "create" if user.has_kubectl() => "fieldManager=kubectl-create&fieldValidation=Strict",
        "update" if user.has_kubectl() => "fieldManager=kubectl-replace&fieldValidation=Strict",
        "patch" if user.agent.starts_with("argocd") => "fieldManager=argocd-controller&force=true",
        _ => "",
    }
}
