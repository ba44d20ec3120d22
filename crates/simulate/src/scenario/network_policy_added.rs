//! Somebody adds a NetworkPolicy that shuts a caller out: packets vanish, connects time out, and
//! no event shows it.

use crate::prelude::*;

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.quiet_incident(day.turn(&LINKS, 0), (25, 480), &[]);
    let (caller, callee, to) = (it.caller, it.callee, it.of);
    let mut shape = day.pen.rng.index(4);
    // Shutting a whole namespace off would break the shop at once: only others are.
    if shape == 1 && to.namespace == "shop" {
        shape = 0;
    }
    let namespace = if shape == 2 { find(caller).namespace } else { to.namespace };
    let (name, spec) = match shape {
        0 => (format!("{callee}-ingress"), ingress(callee, &format!("{caller}-v2"), to.port)),
        1 => ("default-deny".to_owned(), json!({"podSelector": {}, "policyTypes": ["Ingress"]})),
        2 => (format!("{caller}-egress"), egress(caller)),
        _ => (format!("allow-{callee}"), ingress(callee, caller, to.port + 363)),
    };
    it.user = day.pick(owners(namespace));
    it.is_private = shape == 2;
    let target = Target::new("networkpolicies", namespace, &name);
    let cause = day.change(it.cause, &it.user, ("create", target), json!({"spec": spec}));
    day.callers_fail(&mut it, (0, 20), &[Failure::ConnectTimeout]);
    if shape == 1 {
        // Workloads behind the wall are shut out of their neighbours too.
        for (caller, other) in LINKS {
            if find(other).namespace == namespace && other != callee && !it.hit.contains(&caller) {
                day.calls_fail((caller, other), it.errors(2, 20), 0.4, &[Failure::ConnectTimeout]);
                it.hit.push(caller);
            }
        }
    }
    // A decoy: a policy for pods that are no longer there, in another namespace.
    let idle = day.after(it.symptom, -20, -13).max(it.cause + SECOND);
    let is_near = namespace == "search" || to.namespace == "search";
    let (other, user) = (if is_near { "payments" } else { "search" }, day.pick(team("platform")));
    let spec = json!({"spec": ingress("loadtest", "loadtest-driver", 8080)});
    day.change(idle, &user, ("create", Target::new("networkpolicies", other, "loadtest-ingress")), spec);
    day.decoys(&it);
    day.change(it.end, &User::on_call(), ("delete", target), Value::Null);
    it.confirmed(cause)
}

fn ingress(callee: &str, caller: &str, port: u16) -> Value {
    json!({"podSelector": {"matchLabels": {"app": callee}}, "policyTypes": ["Ingress"], "ingress": [{
        "from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": caller}}}],
        "ports": [{"port": port, "protocol": "TCP"}]}]})
}

fn egress(caller: &str) -> Value {
    json!({"podSelector": {"matchLabels": {"app": caller}}, "policyTypes": ["Egress"], "egress": [{
        "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
        "ports": [{"port": 53, "protocol": "UDP"}]}]})
}
