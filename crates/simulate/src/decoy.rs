//! Decoys: innocent changes between a cause and its symptom, by other people, in the namespaces of
//! the incident and elsewhere, the last ones nearer to the symptom than the cause. They touch
//! nothing that fails, calls it or is called by it, and they go well. `everyday.rs` has those of
//! an ordinary day.

use crate::api::Target;
use crate::day::Day;
use crate::everyday::is_changed;
use crate::fleet::{FLEET, Kind, Workload, callers, find, index_of, reach};
use crate::people::{User, owners, team};
use crate::store::config_text;
use crate::story::Incident;
use crate::text::{MINUTE, SECOND, escape};
use serde_json::json;

/// Returns the Deployments that nothing else changes during the day, so that a decoy may.
fn spare() -> impl Iterator<Item = &'static Workload> {
    FLEET.iter().filter(|of| {
        let is_shared = matches!(of.namespace, "kube-system" | "monitoring" | "ingress-nginx");
        of.kind == Kind::Deployment && !is_shared && !is_changed(of.name)
    })
}

/// Returns the point at a share of a span.
fn part((from, to): (i64, i64), share: f64) -> i64 {
    from + ((to - from) as f64 * share) as i64
}

/// Returns the workloads that the decoys of an incident leave alone.
fn taken(it: &Incident) -> Vec<&'static str> {
    let failing = [it.of.name, if it.caller.is_empty() { it.of.name } else { it.caller }];
    let near = callers(&failing);
    [reach(&failing), callers(&near), near, it.hit.clone(), vec![it.callee]].concat()
}

impl Day {
    /// Plans decoys around an incident.
    pub fn decoys(&mut self, it: &Incident) {
        self.is_decoy = true;
        let (cause, symptom) = it.before;
        let taken = taken(it);
        let there = it.of.namespace;
        let here = if it.caller.is_empty() { there } else { find(it.caller).namespace };
        if it.can_roll {
            self.rollouts(it, &taken);
        }
        self.note(it);
        let late = |day: &mut Self, low: i64, high: i64| day.after(symptom, -high, -low).max(cause + SECOND);
        let points = [
            (part(it.before, 0.2), here),
            (part(it.before, 0.45), there),
            (part(it.before, 0.65), it.elsewhere),
            (part(it.before, 0.8), here),
            (late(self, 30, 55), there),
            (late(self, 12, 25), here),
            (late(self, 7, 10), it.elsewhere),
            (late(self, 5, 6), there),
            (late(self, 2, 4), here),
        ];
        let turn = self.pen.rng.index(SMALL_CHANGES.len());
        for (i, (at, namespace)) in points.into_iter().enumerate() {
            let mut users = owners(namespace);
            users.extend(team("platform"));
            users.retain(|user| user.name != it.user.name);
            let user = self.pick(users);
            // Seven has no factor in common with the kinds: no kind comes twice.
            self.small_change(at, &user, (namespace, (turn + 7 * i) % SMALL_CHANGES.len()), &taken);
        }
        let verb = if self.pen.rng.index(2) == 0 { "delete" } else { "patch" };
        self.refused_change(part(it.before, 0.72), it.workload, verb);
        self.is_decoy = false;
    }

    /// Writes on the workload itself, two times in three, why it was changed.
    fn note(&mut self, it: &Incident) {
        if self.pen.rng.index(3) > 0 && it.of.kind == Kind::Deployment {
            let why = format!("CHG-{}", self.pen.rng.between(1000, 9999));
            let noted = json!({"annotations": {"kubernetes.io/change-cause": why}});
            self.set_metadata(part(it.before, 0.3), &it.user, it.workload, &noted);
        }
    }

    /// Releases two workloads and scales a third, of the target's namespace first.
    fn rollouts(&mut self, it: &Incident, taken: &[&str]) {
        let spare = spare().filter(|of| !taken.contains(&of.name));
        let (mut all, far): (Vec<_>, Vec<_>) = spare.partition(|of| of.namespace == it.of.namespace);
        let turn = self.pen.rng.index(all.len());
        all.rotate_left(turn);
        all.extend(far);
        for (i, of) in all.into_iter().take(3).enumerate() {
            let (at, workload) = (part(it.before, [0.25, 0.38, 0.6][i]), index_of(of.name));
            if i != 1 {
                self.release(at, &User::ci(), workload);
                continue;
            }
            let mut users = team(of.namespace);
            users.retain(|user| user.name != it.user.name);
            let user = self.pick(users);
            let replicas = self.cluster.states[workload].replicas + 1;
            self.scale(at, &user, workload, replicas);
        }
    }

    /// Plans decoys around an incident of a node: as around any, and on another node a label and a
    /// short cordon.
    pub fn node_decoys(&mut self, it: &Incident, node: &str) {
        self.is_decoy = true;
        let (cause, symptom) = it.before;
        let other = self.bystander(node, &[it.caller, it.of.name], cause);
        self.cluster.closed.push(other);
        let mut people = team("platform");
        people.retain(|person| person.name != it.user.name);
        let person = self.pick(people);
        let span = (cause.max(symptom - 3 * MINUTE) + SECOND, symptom);
        let rack = json!({"metadata": {"labels": {"rack": format!("r{}", self.seed % 9)}}});
        self.patch_node(part(span, 0.2), &person, other, rack);
        self.cordon(part(span, 0.4), &person, other, true);
        self.cordon(part(span, 0.75), &person, other, false);
        self.decoys(it);
    }

    /// Plans a change that harms nobody: of an object that no workload uses, or of a setting
    /// without effect of a workload that is not `taken`.
    pub fn small_change(&mut self, at: i64, user: &User, (namespace, kind): (&str, usize), taken: &[&str]) {
        let suffix = self.pen.rng.suffix(5);
        let free = FLEET.iter().filter(|of| of.namespace == namespace && !taken.contains(&of.name));
        let free: Vec<&str> = free.map(|of| of.name).collect();
        let outsider = free.get(self.pen.rng.index(free.len())).copied();
        if let (Some(name), 0) = (outsider, kind) {
            let metadata = json!({"labels": {"cost-center": format!("c-{suffix}")},
                "annotations": {"owner": format!("team-{namespace}")}});
            self.set_metadata(at, user, index_of(name), &metadata);
            return;
        }
        let list = if namespace.is_empty() { CLUSTER_CHANGES } else { SMALL_CHANGES };
        let (verb, resource, name, body) = list[kind % list.len()];
        let config = outsider.map_or_else(String::new, |name| escape(&config_text(find(name))));
        let filled = |text: &str| {
            let text = text.replace("WORKLOAD", outsider.unwrap_or("loadtest")).replace("SUFFIX", &suffix);
            text.replace("CONFIG", &config)
        };
        let body = serde_json::from_str(&filled(body)).unwrap_or_default();
        self.change(at, user, (verb, Target::new(resource, namespace, &filled(name))), body);
    }

    /// Plans a small change of any kind.
    pub fn any_small_change(&mut self, at: i64, user: &User, namespace: &str, taken: &[&str]) {
        let kind = self.pen.rng.index(SMALL_CHANGES.len());
        self.small_change(at, user, (namespace, kind), taken);
    }
}

/// A verb, a resource, a name and a body in which `SUFFIX` is random and `WORKLOAD` has no part in
/// the incident.
type Change = (&'static str, &'static str, &'static str, &'static str);

/// Harmless changes in a namespace. Where it has an uninvolved workload, that one's labels are
/// changed instead of the first.
#[rustfmt::skip]
const SMALL_CHANGES: &[Change] = &[
    ("patch", "configmaps", "dashboards", r#"{"data": {"overview.yaml": "refresh: 30s\n"}}"#),
    ("patch", "configmaps", "team-links", r#"{"data": {"links.yaml": "wiki: https://wiki.example.com/oncall\n"}}"#),
    ("create", "rolebindings", "view-SUFFIX", r#"{"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}, "subjects": [{"kind": "User", "name": "guest-SUFFIX"}]}"#),
    ("patch", "poddisruptionbudgets", "WORKLOAD", r#"{"spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "WORKLOAD"}}}}"#),
    ("create", "configmaps", "release-notes-SUFFIX", r#"{"data": {"notes.md": "- smaller images\n"}}"#),
    ("create", "ingresses", "promo-SUFFIX", r#"{"spec": {"rules": [{"host": "promo-SUFFIX.example.com", "http": {"paths": []}}]}}"#),
    ("create", "serviceaccounts", "bot-SUFFIX", "{}"),
    ("patch", "serviceaccounts", "default", LABELS),
    ("patch", "services", "WORKLOAD", LABELS),
    ("patch", "configmaps", "WORKLOAD-config", r#"{"data": {"application.yaml": "CONFIGcache:\n  ttl: 90s # SUFFIX\n"}}"#),
    ("patch", "configmaps", "feature-survey", r#"{"data": {"survey.yaml": "audience: beta-SUFFIX\n"}}"#),
];

/// Harmless changes of objects of the whole cluster.
#[rustfmt::skip]
const CLUSTER_CHANGES: &[Change] = &[
    ("create", "clusterroles", "audit-view-SUFFIX", r#"{"rules": [{"apiGroups": [""], "resources": ["events"], "verbs": ["get", "list"]}]}"#),
    ("patch", "storageclasses", "cfs-archive", LABELS),
    ("patch", "customresourcedefinitions", "reports.audit.example.com", LABELS),
];

const LABELS: &str = r#"{"metadata": {"labels": {"cost-center": "c-SUFFIX"}}}"#;
