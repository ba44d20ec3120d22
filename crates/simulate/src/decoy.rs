//! Innocent changes around an incident in any namespace: they touch nothing that the workloads in
//! trouble are, mount, run on or call, and they go well. `calm.rs` has those of an ordinary day.

use crate::audit::{Request, Target, User};
use crate::day::Day;
use crate::fleet::{FLEET, Workload};
use crate::text::SECOND;
use serde_json::{Value, json};

/// Workloads that [`Day::red_herrings`] changes whatever the incident is.
const FIXED: [&str; 4] = ["ledger", "suggest", "risk-engine", "search-api"];
/// Workloads of the shop that it chooses from.
const SPARE: [&str; 5] = ["cart-api", "inventory", "catalog", "order-api", "pay-api"];

/// An incident, as far as innocent changes must know it.
pub struct Around<'a> {
    /// Point of the cause.
    pub cause: i64,
    /// Point of the first error.
    pub symptom: i64,
    /// The workload that the cause hits.
    pub target: &'a str,
    /// The workload of the first error.
    pub victim: &'a str,
    /// Others that fail.
    pub involved: &'a [&'a str],
    /// Who made the cause: innocent changes are by others.
    pub user: &'a str,
    /// A third namespace with innocent changes, the cause's own if that is neither's; empty for
    /// what belongs to the whole cluster.
    pub elsewhere: &'a str,
    /// Whether pods can be created, so that innocent rollouts go well.
    pub can_roll: bool,
}

/// Returns the workloads and all that they call, directly or not.
pub fn reach<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut all = names.to_vec();
    let mut i = 0;
    while let Some(name) = all.get(i).copied() {
        let calls = FLEET.iter().find(|workload| workload.name == name).map_or(&[][..], |w| w.calls);
        for call in calls {
            if !all.contains(call) {
                all.push(call);
            }
        }
        i += 1;
    }
    all
}

impl Day {
    /// Plans innocent changes between cause and symptom, by others, in the namespaces of the
    /// victim and the target and elsewhere, the last ones seconds before the symptom.
    pub fn decoys(&mut self, around: &Around<'_>) {
        let was_incident = std::mem::replace(&mut self.is_incident, false);
        let mut near = reach(&[around.target, around.victim]);
        near.extend(around.involved);
        let fits = |name: &str| !near.contains(&name);
        let (cause, symptom) = (around.cause, around.symptom);
        if around.can_roll && FIXED.into_iter().all(fits) && SPARE.into_iter().any(fits) {
            self.red_herrings(cause, symptom, around.target, &near);
        } else if around.can_roll {
            self.releases((cause, symptom), &fits);
        }
        let namespace_of = |name: &str| FLEET.iter().find(|w| w.name == name).map_or("shop", |w| w.namespace);
        let (here, there) = (namespace_of(around.victim), namespace_of(around.target));
        let part = |share: f64| cause + ((symptom - cause) as f64 * share) as i64;
        let mut kinds: Vec<usize> = (0..KINDS).collect();
        for i in (1..kinds.len()).rev() {
            kinds.swap(i, self.pen.rng.index(i + 1));
        }
        let late = |day: &mut Self, low: i64, high: i64| day.after(symptom, -high, -low).max(cause + SECOND);
        let points = [
            (part(0.2), here),
            (part(0.45), there),
            (part(0.65), around.elsewhere),
            (part(0.8), here),
            (late(self, 30, 55), there),
            (late(self, 12, 25), here),
            (late(self, 7, 10), around.elsewhere),
            (late(self, 5, 6), there),
            (late(self, 2, 4), here),
        ];
        for (i, (at, namespace)) in points.into_iter().enumerate() {
            let outsiders: Vec<&Workload> =
                FLEET.iter().filter(|w| w.namespace == namespace && fits(w.name)).collect();
            let outsider = outsiders.get(self.pen.rng.index(outsiders.len())).map(|w| w.name);
            let mut users = Self::team(namespace);
            users.extend(Self::team("platform"));
            users.extend([User::ci(), Self::gitops()]);
            users.retain(|user| user.name != around.user);
            let user = users.swap_remove(self.pen.rng.index(users.len()));
            let kind = kinds[i % kinds.len()];
            self.trifle(at, &user, namespace, (kind, outsider.unwrap_or("loadtest")));
        }
        self.refused_delete(part(0.72), around.target);
        self.is_incident = was_incident;
    }

    /// Releases two outsiders between two points; both releases go well.
    fn releases(&mut self, (from, to): (i64, i64), fits: &dyn Fn(&str) -> bool) {
        let all: Vec<&str> =
            SPARE.into_iter().chain(["ledger", "suggest"]).filter(|name| fits(name)).collect();
        let turn = self.pen.rng.index(all.len());
        for (i, share) in (0..all.len().min(2)).zip([0.3, 0.6]) {
            let workload = self.cluster.find(all[(turn + i) % all.len()]);
            let at = from + ((to - from) as f64 * share) as i64;
            self.release(at, &User::ci(), workload);
        }
    }

    /// Somebody without the right to it tries to delete a pod of the target.
    fn refused_delete(&mut self, at: i64, target: &str) {
        let workload = self.cluster.find(target);
        let of = self.cluster.states[workload].workload;
        let Some(pod) = self.cluster.alive(workload, at).first().copied() else { return };
        let name = self.cluster.pods[pod].name.clone();
        let user = User::person("sun.hao", "interns", 44);
        let message = format!(
            "pods \"{name}\" is forbidden: User \"sun.hao\" cannot delete resource \"pods\" in API group \"\" in the namespace \"{}\"",
            of.namespace
        );
        let target = Target { resource: "pods", namespace: of.namespace, name: &name, ..Target::default() };
        self.audit(at, &Request { code: 403, message: &message, ..Request::new(&user, "delete", target) });
    }

    /// Plans a change that harms nobody: of an object that no workload uses, or of what an
    /// outsider has for later.
    fn trifle(&mut self, at: i64, user: &User, namespace: &str, (kind, outsider): (usize, &str)) {
        let suffix = self.pen.rng.suffix(5);
        let (verb, kind, group, resource, name, body) = match namespace {
            "" => cluster_trifle(kind, &suffix),
            _ => trifle(kind, outsider, &suffix),
        };
        let target = Target { group, resource, sub: "", namespace, name: &name };
        self.change(at, user, verb, (kind, target), (&body, body.clone()));
    }

    /// Plans a NetworkPolicy for pods that are no longer there.
    pub fn idle_policy(&mut self, at: i64, user: &User, namespace: &str) {
        let spec = json!({"podSelector": {"matchLabels": {"app": "loadtest"}}, "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "loadtest-driver"}}}]}]});
        self.create_policy(at, user, (namespace, "loadtest-ingress"), &spec);
    }
}

const KINDS: usize = 9;

type Trifle = (&'static str, &'static str, &'static str, &'static str, String, Value);

fn trifle(kind: usize, outsider: &str, suffix: &str) -> Trifle {
    let labels = json!({"metadata": {"labels": {"cost-center": format!("c-{suffix}")}}});
    match kind {
        0 => (
            "patch",
            "ConfigMap",
            "",
            "configmaps",
            "team-links".to_owned(),
            json!({"data": {"links.yaml": "wiki: https://wiki.example.com/oncall\n"}}),
        ),
        1 => (
            "create",
            "RoleBinding",
            "rbac.authorization.k8s.io",
            "rolebindings",
            format!("view-{suffix}"),
            json!({"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
                "subjects": [{"kind": "User", "name": format!("guest-{suffix}")}]}),
        ),
        2 => (
            "patch",
            "PodDisruptionBudget",
            "policy",
            "poddisruptionbudgets",
            outsider.to_owned(),
            json!({"spec": {"minAvailable": 1}}),
        ),
        3 => (
            "create",
            "ConfigMap",
            "",
            "configmaps",
            format!("release-notes-{suffix}"),
            json!({"data": {"notes.md": "- smaller images\n"}}),
        ),
        4 => (
            "create",
            "Ingress",
            "networking.k8s.io",
            "ingresses",
            format!("promo-{suffix}"),
            json!({"spec": {"rules": [{"host": format!("promo-{suffix}.example.com"), "http": {"paths": []}}]}}),
        ),
        5 => ("create", "ServiceAccount", "", "serviceaccounts", format!("bot-{suffix}"), json!({})),
        6 => ("patch", "ServiceAccount", "", "serviceaccounts", "default".to_owned(), labels),
        7 => ("patch", "Service", "", "services", outsider.to_owned(), labels),
        _ => (
            "patch",
            "ConfigMap",
            "",
            "configmaps",
            "feature-survey".to_owned(),
            json!({"data": {"survey.yaml": format!("audience: beta-{suffix}\n")}}),
        ),
    }
}

/// The like of [`trifle`] for objects of the whole cluster.
fn cluster_trifle(kind: usize, suffix: &str) -> Trifle {
    let labels = json!({"metadata": {"labels": {"cost-center": format!("c-{suffix}")}}});
    match kind % 3 {
        0 => (
            "create",
            "ClusterRole",
            "rbac.authorization.k8s.io",
            "clusterroles",
            format!("audit-view-{suffix}"),
            json!({"rules": [{"apiGroups": [""], "resources": ["events"], "verbs": ["get", "list"]}]}),
        ),
        1 => ("patch", "StorageClass", "storage.k8s.io", "storageclasses", "cfs-archive".to_owned(), labels),
        _ => (
            "patch",
            "CustomResourceDefinition",
            "apiextensions.k8s.io",
            "customresourcedefinitions",
            "reports.audit.example.com".to_owned(),
            labels,
        ),
    }
}
