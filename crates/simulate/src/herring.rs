//! Red herrings around any victim: innocent changes between a cause and its symptom, by other
//! people, the last ones nearer to the symptom than the cause, one of them in its namespace.
//! None touches what fails, who calls it (directly or once removed), or anything that it calls, directly or not.

use crate::audit::{Target, User};
use crate::day::Day;
use crate::fleet::FLEET;
use crate::text::SECOND;
use serde_json::json;

/// Deployments that nothing else changes during the day, so that a herring may.
const SPARE: [&str; 9] = [
    "pay-api",
    "order-api",
    "cart-api",
    "catalog",
    "inventory",
    "ledger",
    "suggest",
    "payment-gateway",
    "runner",
];

/// Returns the workloads of these names and all that they call, directly or not.
pub fn reach(names: &[&str]) -> Vec<&'static str> {
    let mut found: Vec<&'static str> =
        FLEET.iter().map(|of| of.name).filter(|name| names.contains(name)).collect();
    let mut next = 0;
    while let Some(name) = found.get(next).copied() {
        for called in FLEET.iter().filter(|of| of.name == name).flat_map(|of| of.calls) {
            if !found.contains(called) {
                found.push(called);
            }
        }
        next += 1;
    }
    found
}

/// Returns the workloads that call one of these names.
pub fn callers(names: &[&str]) -> impl Iterator<Item = &'static str> {
    FLEET.iter().filter(|of| of.calls.iter().any(|called| names.contains(called))).map(|of| of.name)
}

/// Returns who works on a namespace, as indices of [`Day::person`].
pub fn team(namespace: &str) -> &'static [usize] {
    match namespace {
        "shop" => &[0, 1, 4],
        "payments" => &[2, 5],
        "search" => &[3, 5],
        _ => &[5],
    }
}

impl Day {
    /// Plans innocent changes from `cause` to `symptom`, whose workload and whose `involved` they
    /// spare, by people other than `user`.
    pub fn distract(&mut self, cause: i64, symptom: (i64, usize), user: &User, involved: &[&str]) {
        let was_incident = std::mem::replace(&mut self.is_incident, false);
        let (symptom, pod) = symptom;
        let of = self.cluster.states[self.cluster.pods[pod].workload].workload;
        let mut taken = reach(&[&[of.name], involved].concat());
        let near: Vec<&str> = callers(&[&[of.name], involved].concat()).collect();
        taken.extend(callers(&near));
        taken.extend(near);
        let mut spare: Vec<&str> = SPARE.into_iter().filter(|name| !taken.contains(name)).collect();
        // The first to change are those of the same namespace.
        spare.sort_by_key(|name| FLEET.iter().any(|w| w.name == *name && w.namespace != of.namespace));
        let near = spare
            .iter()
            .filter(|name| FLEET.iter().any(|w| w.name == **name && w.namespace == of.namespace))
            .count();
        let turn = self.pen.rng.index(near);
        spare[..near].rotate_left(turn);
        let gap = symptom - cause;
        let part = |share: f64| cause + (gap as f64 * share) as i64;
        if let Some(name) = spare.first() {
            let workload = self.cluster.find(name);
            self.release(part(0.25), &User::ci(), workload);
        }
        if let Some(name) = spare.get(1) {
            let workload = self.cluster.find(name);
            let state = &self.cluster.states[workload];
            let (namespace, replicas) = (state.workload.namespace, state.replicas + 1);
            let by = self.colleague(namespace, user);
            self.scale(part(0.38), &by, workload, replicas);
        }
        self.small_change(part(0.5), of.namespace, user, &taken);
        let other = if of.namespace == "payments" { "shop" } else { "payments" };
        self.small_change(part(0.57), other, user, &taken);
        if let Some(name) = spare.get(2) {
            let workload = self.cluster.find(name);
            self.release(part(0.64), &User::ci(), workload);
        }
        let target = involved.first().copied().unwrap_or(of.name);
        self.refused(part(0.75), target);
        let last = |day: &mut Self, low: i64, high: i64, share: f64| {
            symptom - day.pen.rng.between(low * SECOND, high * SECOND).min((gap as f64 * share) as i64)
        };
        let at = last(self, 12, 40, 0.4);
        self.small_change(at, of.namespace, user, &taken);
        let at = last(self, 3, 9, 0.15);
        let other = if of.namespace == "search" { "monitoring" } else { "search" };
        self.small_change(at, other, user, &taken);
        self.is_incident = was_incident;
    }

    /// Draws someone else who works on a namespace.
    fn colleague(&mut self, namespace: &str, user: &User) -> User {
        let mut people: Vec<User> = team(namespace).iter().map(|index| Self::person(*index)).collect();
        people.retain(|person| person.name != user.name);
        let slot = self.pen.rng.index(people.len());
        people.into_iter().nth(slot).unwrap_or_else(User::ci)
    }

    /// Plans a change in a namespace that harms nobody.
    fn small_change(&mut self, at: i64, namespace: &'static str, user: &User, taken: &[&str]) {
        let by = self.colleague(namespace, user);
        self.harmless_change(at, &by, namespace, taken);
    }

    /// Plans a change that harms nobody, in a namespace but not of the workloads `taken`.
    pub fn harmless_change(&mut self, at: i64, user: &User, namespace: &'static str, taken: &[&str]) {
        let free: Vec<&'static str> = FLEET
            .iter()
            .filter(|of| of.namespace == namespace && !taken.contains(&of.name))
            .map(|of| of.name)
            .collect();
        let kind = self.pen.rng.index(7);
        let name = free.get(self.pen.rng.index(free.len())).copied();
        let number = self.pen.rng.between(100, 190);
        match (name, kind) {
            (Some(name), 0 | 1) => {
                let labels = json!({"cost-center": format!("c-{number}")});
                let workload = self.cluster.find(name);
                let patch = json!({"metadata": {"labels": labels, "annotations": {"owner": "team-shop"}}});
                self.patch(at, user, workload, &patch);
            }
            (Some(name), 2) => {
                let config = format!("{name}-config");
                let text = format!("log:\n  level: info\ncache:\n  ttl: {number}s\n");
                self.edit_config(at, user, (namespace, &config), "application.yaml", &text);
            }
            (Some(name), 3) => {
                let target = Target { resource: "services", namespace, name, ..Target::default() };
                let patch =
                    json!({"metadata": {"annotations": {"docs.example.com/page": format!("wiki/{number}")}}});
                self.ask(at, user, "patch", target, (Some(patch), None));
            }
            (Some(name), 4) => {
                let target = Target {
                    group: "policy",
                    resource: "poddisruptionbudgets",
                    namespace,
                    name,
                    ..Target::default()
                };
                let spec = json!({"maxUnavailable": 1, "selector": {"matchLabels": {"app": name}}});
                self.ask(at, user, "patch", target, (Some(json!({"spec": spec})), None));
            }
            (_, 5) => {
                let config = format!("release-notes-{number}");
                self.create_config(at, user, (namespace, &config), "notes.md", "- faster search\n");
            }
            _ => {
                let config = format!("{namespace}-dashboards");
                let text = format!("panels: {number}\nrefresh: 30s\n");
                self.edit_config(at, user, (namespace, &config), "overview.yaml", &text);
            }
        }
    }
}
