//! Someone deletes a role binding, or a rule of a role, that a workload lives by. Its own requests
//! to the API server are refused from then on, and it says so in the words of client-go.

use crate::prelude::*;

/// A workload, its need of the API server (verb, resource, object name), and its error without it.
const NEEDS: [(&str, [&str; 3], &str); 5] = [
    ("cart-api", ["get", "configmaps", "cart-flags"], "cannot price cart <n8>, no flags"),
    ("ledger", ["update", "leases", "ledger-leader"], "cannot post entry <n8>, not the leader"),
    ("runner", ["create", "pods", ""], "cannot start job <n8>"),
    ("prometheus", ["list", "ingresses", ""], "cannot discover targets"),
    ("suggest", ["list", "endpointslices", ""], "cannot find a shard for query <hex8>"),
];

pub fn plan(day: &mut Day) -> Story {
    let (name, [verb, resource, object], fails) = day.turn(&NEEDS, 0);
    let mut it = day.incident(name, (4, 90));
    let namespace = it.of.namespace;
    let mut app = User::account(namespace, name, "app/v0.0.0 (linux/amd64) kubernetes/$Format");
    app.reason = format!(
        "RBAC: allowed by RoleBinding \"{name}/{namespace}\" of Role \"{name}\" to ServiceAccount \"{name}/{namespace}\""
    );
    let need = Target::new(resource, namespace, object);
    let is_write = matches!(verb, "create" | "update");
    let body = day.first_stored(need);
    let ask = || Request::new(&app, verb, need).status(if verb == "create" { 201 } else { 200 }, "");
    for served in day.every((it.cause - 20 * MINUTE, it.cause), (20, 60)) {
        day.audit(served, &if is_write { ask().both(&body) } else { ask() });
    }
    let is_binding = day.variant(NEEDS.len(), 2) == 0;
    let target = Target::new(if is_binding { "rolebindings" } else { "roles" }, namespace, name);
    let subject = json!({"kind": "ServiceAccount", "name": name, "namespace": namespace});
    let role = json!({"apiGroup": RBAC, "kind": "Role", "name": name});
    let rules =
        |resource: &str| json!({"rules": [{"apiGroups": [""], "resources": [resource], "verbs": ["get"]}]});
    let left = rules(if verb == "get" { "services" } else { "configmaps" });
    let (cause, repair) = match is_binding {
        true => {
            let binding = json!({"roleRef": role, "subjects": [subject]});
            (day.change(it.cause, &it.user, ("delete", target), Value::Null), ("create", binding))
        }
        false => (day.change(it.cause, &it.user, ("patch", target), left), ("patch", rules(resource))),
    };
    let refusal = refusal(&app.name, verb, need);
    for refused in day.every((it.symptom - SECOND / 50, it.end), (8, 45)) {
        let request =
            if is_write { ask().body(&body).refused(403, &refusal) } else { ask().status(403, &refusal) };
        day.audit(refused, &request);
    }
    let quoted = refusal.replace('"', "\\\"");
    let fills = [("fails", fails), ("refusal", &refusal), ("quoted", &quoted)];
    let lines = own_errors(it.of, "forbidden", &fills);
    day.fails_itself(&mut it, &lines, &[Failure::Status(500)]);
    day.decoys(&it);
    day.change(it.end, &User::on_call(), (repair.0, target), repair.1);
    it.confirmed(cause)
}

/// Returns the API server's message about a request that no rule allows.
fn refusal(user: &str, verb: &str, need: Target<'_>) -> String {
    let Target { group, resource, namespace, name, .. } = need;
    let kind = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") };
    let object = if name.is_empty() { String::new() } else { format!(" \"{name}\"") };
    format!(
        "{kind}{object} is forbidden: User \"{user}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" in the namespace \"{namespace}\""
    )
}
