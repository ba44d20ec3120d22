//! Any write to the API server that has no verb of its own: the request with its body, and the
//! response. An audit policy keeps Secrets at Metadata level. Must not know which objects matter.

use crate::api::Target;
use crate::audit::Request;
use crate::day::Day;
use crate::people::User;
use crate::store::patch_into;
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
        let is_applied = user.applies() && matches!(verb, "create" | "patch" | "update");
        let code = if verb == "create" { 201 } else { 200 };
        let is_deleted = verb == "delete";
        let verb = if is_applied { "patch" } else { verb };
        let request = Request::new(user, verb, target).query(query(user, verb)).status(code, "");
        let mut object = self.stored(target);
        if !is_deleted {
            patch_into(&mut object, &whole);
        }
        self.store(target, at, if is_deleted { None } else { Some(object.clone()) });
        let mut sent = object.clone();
        if let Some(metadata) = sent["metadata"].as_object_mut() {
            metadata.remove("uid");
        }
        object["metadata"]["resourceVersion"] = json!(version(self.from, at).to_string());
        let request = match verb {
            // An audit policy keeps the content of Secrets out of the log.
            _ if target.resource == "secrets" => request,
            "delete" => request.body(&delete_options()).response(&deleted(target, object)),
            "patch" if !is_applied => request.body(&patch).response(&object),
            _ => request.body(&sent).response(&object),
        };
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
        let body = if verb == "patch" { json!({"spec": {"replicas": 1}}) } else { delete_options() };
        let request = Request::new(&user, verb, target).query(query(&user, verb)).body(&body);
        self.audit(at, &request.refused(403, &message));
    }

    /// Returns the audit target of a workload.
    pub fn target(&self, workload: usize, sub: &'static str) -> Target<'static> {
        let of = self.cluster.states[workload].workload;
        Target::new(of.resource(), of.namespace, of.name).sub(sub)
    }
}

/// Returns the body of a deletion.
fn delete_options() -> Value {
    json!({"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/__internal", "propagationPolicy": "Background"})
}

/// The kinds of which a deletion returns the object, not how it went.
const RETURNED: [&str; 6] = [
    "persistentvolumeclaims",
    "persistentvolumes",
    "resourcequotas",
    "serviceaccounts",
    "services",
    "storageclasses",
];

/// Returns the response to a deletion.
fn deleted(target: Target<'_>, object: Value) -> Value {
    if RETURNED.contains(&target.resource) {
        return object;
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": {
        "name": target.name, "group": target.group, "kind": target.resource, "uid": object["metadata"]["uid"]}})
}

/// Returns the query with which a client writes.
pub fn query(user: &User, verb: &str) -> &'static str {
    match verb {
        "patch" if user.has_kubectl() => "fieldManager=kubectl-patch&fieldValidation=Strict",
        "create" if user.has_kubectl() => "fieldManager=kubectl-create&fieldValidation=Strict",
        "update" if user.has_kubectl() => "fieldManager=kubectl-replace&fieldValidation=Strict",
        "patch" if user.applies() => "fieldManager=argocd-controller&fieldValidation=Strict&force=true",
        _ => "",
    }
}
