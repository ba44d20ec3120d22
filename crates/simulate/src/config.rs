//! What people do to the settings of a workload: its ConfigMap, its Secret, its environment.
//! An audit policy keeps Secrets at Metadata level: no body of one is ever written.

use crate::audit::{Request, Target, User};
use crate::cluster::State;
use crate::day::Day;
use crate::manifest;
use crate::text::version;
use serde_json::{Value, json};

impl Day {
    /// Records a write of a Secret, `patch` or `update`, at Metadata level; returns the audit id.
    pub fn write_secret(
        &mut self,
        at: i64,
        user: &User,
        verb: &str,
        (namespace, name): (&str, &str),
    ) -> String {
        let query = match verb {
            "patch" => "fieldManager=kubectl-edit&fieldValidation=Strict",
            _ => "fieldManager=kubectl-replace&fieldValidation=Strict",
        };
        let target = Target { resource: "secrets", namespace, name, ..Target::default() };
        self.audit(at, &Request { query, ..Request::new(user, verb, target) })
    }

    /// Records that a ConfigMap is deleted; returns the audit id.
    pub fn delete_config(&mut self, at: i64, user: &User, (namespace, name): (&str, &str)) -> String {
        let target = Target { resource: "configmaps", namespace, name, ..Target::default() };
        let answer = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": {"name": name, "kind": "configmaps"}});
        let options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"});
        self.audit(
            at,
            &Request {
                request: Some(options.to_string()),
                response: Some(answer.to_string()),
                ..Request::new(user, "delete", target)
            },
        )
    }

    /// Records that a ConfigMap with one file is created; returns the audit id.
    pub fn create_config(
        &mut self,
        at: i64,
        user: &User,
        (namespace, name): (&str, &str),
        file: &str,
        text: &str,
    ) -> String {
        let target = Target { resource: "configmaps", namespace, name, ..Target::default() };
        let body = manifest::config_map(namespace, name, file, text, version(self.from, at));
        self.audit(
            at,
            &Request {
                query: "fieldManager=kubectl-create&fieldValidation=Strict",
                request: Some(body.clone()),
                response: Some(body),
                ..Request::new(user, "create", target)
            },
        )
    }

    /// Sets a variable of a workload's container to a value, as `kubectl set env` does; returns the audit id.
    pub fn set_env(&mut self, at: i64, user: &User, workload: usize, (name, value): (&str, &str)) -> String {
        let variable = json!({"name": name, "value": value});
        let state = &mut self.cluster.states[workload];
        state.env.retain(|known| known["name"] != name);
        state.env.push(variable.clone());
        let patch = env_patch(state, variable);
        self.patch(at, user, workload, &patch)
    }

    /// Removes a variable of a workload's container, as `kubectl set env NAME-` does; returns the audit id.
    pub fn remove_env(&mut self, at: i64, user: &User, workload: usize, name: &str) -> String {
        let state = &mut self.cluster.states[workload];
        state.env.retain(|known| known["name"] != name);
        let patch = env_patch(state, json!({"$patch": "delete", "name": name}));
        self.patch(at, user, workload, &patch)
    }
}

/// Returns the strategic merge patch of one variable.
fn env_patch(state: &State, change: Value) -> Value {
    let name = state.workload.name;
    let order: Vec<Value> = state.env.iter().map(|known| json!({"name": known["name"]})).collect();
    json!({"spec": {"template": {"spec": {
        "$setElementOrder/containers": [{"name": name}],
        "containers": [{"$setElementOrder/env": order, "env": [change], "name": name}],
    }}}})
}
