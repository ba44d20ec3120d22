//! What is innocent: the releases, scalings, cron jobs and failures of any day, and the red
//! herrings: changes to other workloads between a cause and its symptom.

use crate::act::Rollout;
use crate::audit::{Request, Target, User};
use crate::day::Day;
use crate::event::{Note, Object};
use crate::text::{HOUR, MINUTE, SECOND};
use serde_json::json;

const HPA: &str = "horizontal-pod-autoscaler";

impl Day {
    /// Plans the changes and failures that happen on any day, all on workloads that no scenario touches.
    pub fn everyday(&mut self) {
        self.cron_jobs("cart-cleanup", 2, 7);
        self.cron_jobs("settlement", 4, 31);
        self.cron_jobs("nightly-report", 24, 150);
        for (name, low) in [
            ("indexer", 8.6),
            ("risk-engine", 10.0),
            ("image-builder", 13.5),
            ("grafana", 15.0),
            ("risk-engine", 16.8),
        ] {
            let at = self.time_between(low, low + 1.5);
            let workload = self.cluster.find(name);
            self.release(at, &User::ci(), workload);
        }
        for (name, low, high) in [("web-frontend", 3, 5), ("search-api", 3, 4)] {
            for (hour, replicas) in [(8.8, high), (13.0, low), (19.3, high + 1), (22.8, low)] {
                let at = self.time_between(hour, hour + 0.5);
                self.autoscale(at, name, replicas);
            }
        }
        let at = self.time_between(9.0, 17.0);
        let user = Self::person(5);
        self.edit_config(
            at,
            &user,
            ("monitoring", "prometheus-config"),
            "prometheus.yml",
            "global:\n  scrape_interval: 30s\n",
        );
        let at = self.time_between(9.0, 18.0);
        if let Some(pod) = self.cluster.alive(self.cluster.find("runner"), at).first().copied() {
            let name = self.cluster.pods[pod].name.clone();
            let target =
                Target { resource: "pods", sub: "exec", namespace: "ci", name: &name, ..Target::default() };
            self.audit(
                at,
                &Request {
                    query: "command=sh&container=runner&stdin=true&stdout=true&tty=true",
                    code: 101,
                    ..Request::new(&user, "create", target)
                },
            );
        }
    }

    /// A release that goes well.
    pub fn release(&mut self, at: i64, user: &User, workload: usize) {
        let tag = format!(
            "v{}.{}.{}",
            self.pen.rng.between(4, 6),
            self.pen.rng.between(0, 30),
            self.pen.rng.between(0, 9)
        );
        self.set_image(at, user, workload, &tag);
        self.roll_out(at, workload, Rollout::Good);
    }

    /// A release of the incident's own workload, hours before it, that went well.
    pub fn earlier_release(&mut self, symptom: i64, name: &str) {
        let at = self.after(symptom, -4 * 3600, -2 * 3600);
        let workload = self.cluster.find(name);
        self.release(at, &User::ci(), workload);
    }

    fn autoscale(&mut self, at: i64, name: &str, replicas: usize) {
        let workload = self.cluster.find(name);
        let way = if replicas > self.cluster.states[workload].replicas { "above" } else { "below" };
        self.scale(at, &User::controller(HPA), workload, replicas);
        let namespace = self.cluster.states[workload].workload.namespace;
        let object = Object::named("HorizontalPodAutoscaler", "autoscaling/v2", namespace, name);
        let message = format!(
            "New size: {replicas}; reason: cpu resource utilization (percentage of request) {way} target"
        );
        self.event(
            at,
            &object,
            &Note { reason: "SuccessfulRescale", message: &message, is_warning: false, source: (HPA, "") },
        );
    }

    fn cron_jobs(&mut self, name: &str, every_hours: i64, minute: i64) {
        let workload = self.cluster.find(name);
        let mut at = self.from + minute * MINUTE;
        let mut run = 0;
        while at < self.from + 24 * HOUR - 5 * MINUTE {
            let is_failed = name == "nightly-report" && run == 0;
            self.job(at + SECOND / 7, workload, is_failed);
            at += every_hours * HOUR;
            run += 1;
        }
    }

    fn job(&mut self, at: i64, workload: usize, is_failed: bool) {
        let pod = self.start_pod(at, workload, 0, true);
        let user = User::controller("cronjob-controller");
        let owner = self.owner_object(pod);
        let target = Target {
            group: "batch",
            resource: "jobs",
            namespace: &owner.namespace,
            name: &owner.name,
            ..Target::default()
        };
        let body =
            crate::manifest::job(&self.cluster.states[workload], &self.cluster.pods[pod], self.from, at);
        self.audit(
            at - SECOND / 10,
            &Request { response: Some(body), ..Request::new(&user, "create", target) },
        );
        let cron = self.workload_object(workload);
        self.event(
            at - SECOND / 10,
            &cron,
            &Note {
                reason: "SuccessfulCreate",
                message: &format!("Created job {}", owner.name),
                is_warning: false,
                source: ("cronjob-controller", ""),
            },
        );
        let done = self.after(at, 20, 90);
        self.cluster.pods[pod].to = done;
        if is_failed {
            self.print(
                done - SECOND,
                pod,
                "stderr",
                &[
                    "Traceback (most recent call last):",
                    "  File \"/app/report.py\", line 41, in <module>",
                    "    main()",
                    "KeyError: 'region'",
                ],
            );
            let note = Note {
                reason: "BackoffLimitExceeded",
                message: "Job has reached the specified backoff limit",
                is_warning: true,
                source: ("job-controller", ""),
            };
            self.event(done, &owner, &note);
            self.pod_status(done, pod, &json!({"phase": "Failed"}));
        } else {
            self.print(done - SECOND, pod, "stdout", &["done, <n4> rows in <n2> s"]);
            self.event(
                done,
                &owner,
                &Note {
                    reason: "Completed",
                    message: "Job completed",
                    is_warning: false,
                    source: ("job-controller", ""),
                },
            );
            self.pod_status(done, pod, &json!({"phase": "Succeeded"}));
        }
    }

    /// Plans innocent changes between `cause` and `symptom` to workloads other than those `involved`,
    /// in the same namespace and in others, the last ones seconds before the symptom; and a refused
    /// change of the `target` itself.
    pub fn red_herrings(&mut self, cause: i64, symptom: i64, target: &str, involved: &[&str]) {
        let was_incident = std::mem::replace(&mut self.is_incident, false);
        let part = |share: f64| cause + ((symptom - cause) as f64 * share) as i64;
        let spare: Vec<&str> = ["cart-api", "inventory", "catalog", "order-api", "pay-api"]
            .into_iter()
            .filter(|name| *name != target && !involved.contains(name))
            .collect();
        let turn = self.pen.rng.index(spare.len());
        let pick = |i: usize| spare.get((turn + i) % spare.len().max(1)).copied().unwrap_or("web-frontend");
        let (released, scaled, labelled) = (pick(0), pick(1), pick(2));
        let (one, two, three) = (Self::person(self.pen.rng.index(2)), Self::person(4), Self::person(2));

        let released = self.cluster.find(released);
        self.release(part(0.25), &User::ci(), released);
        let ledger = self.cluster.find("ledger");
        self.scale(part(0.35), &three, ledger, 3);
        let config = format!("{}-config", pick(1));
        self.edit_config(
            part(0.5),
            &one,
            ("shop", &config),
            "application.yaml",
            "cache:\n  ttl: 90s\nlog:\n  level: info\n",
        );
        self.edit_config(
            part(0.55),
            &three,
            ("payments", "risk-engine-config"),
            "rules.yaml",
            "velocity:\n  window: 5m\n",
        );
        let suggest = self.cluster.find("suggest");
        self.release(part(0.6), &User::ci(), suggest);
        self.refused(part(0.75), target);
        let scaled = self.cluster.find(scaled);
        let replicas = self.cluster.states[scaled].replicas + 1;
        self.scale(part(0.85), &two, scaled, replicas);
        let at = self.after(symptom, -40, -12);
        let labelled = self.cluster.find(labelled);
        self.patch(
            at,
            &one,
            labelled,
            &json!({"metadata": {"labels": {"cost-center": "c-117"}, "annotations": {"owner": "team-shop"}}}),
        );
        let at = self.after(symptom, -9, -3);
        self.edit_config(
            at,
            &Self::person(3),
            ("search", "search-api-config"),
            "synonyms.txt",
            "phone,mobile\ntv,television\n",
        );
        self.is_incident = was_incident;
    }

    /// Records a change of a workload by someone who may not make it.
    pub fn refused(&mut self, at: i64, target: &str) {
        let user = User::person("sun.hao", "interns", 44);
        let workload = self.cluster.find(target);
        let of = self.cluster.states[workload].workload;
        let message = format!(
            "{}.apps \"{}\" is forbidden: User \"sun.hao\" cannot patch resource \"{}\" in API group \"apps\" in the namespace \"{}\"",
            of.resource(),
            of.name,
            of.resource(),
            of.namespace
        );
        let request = Request {
            code: 403,
            message: &message,
            query: "fieldManager=kubectl-edit",
            request: Some(json!({"spec": {"replicas": 1}}).to_string()),
            ..Request::new(&user, "patch", self.target(workload, ""))
        };
        self.audit(at, &request);
    }
}
