//! The releases, scalings, cron jobs and failures of any day, all of workloads that no scenario
//! touches. Must not know which scenario runs.

use crate::api::Target;
use crate::audit::Request;
use crate::day::Day;
use crate::event::Object;
use crate::fleet::index_of;
use crate::manifest;
use crate::people::{User, team};
use crate::text::{HOUR, MINUTE, SECOND, rfc3339};
use serde_json::{Value, json};

/// Cron jobs: name, hours between runs, minute of the first.
const JOBS: [(&str, i64, i64); 3] =
    [("cart-cleanup", 2, 7), ("settlement", 4, 31), ("nightly-report", 24, 150)];
/// Releases: workload and earliest local hour.
const RELEASES: [(&str, f64); 5] = [
    ("indexer", 8.6),
    ("risk-engine", 10.0),
    ("image-builder", 13.5),
    ("grafana", 15.0),
    ("risk-engine", 16.8),
];
/// Autoscaled workloads: name, pods at the quiet hours, pods at the busy ones.
const AUTOSCALED: [(&str, usize, usize); 2] = [("web-frontend", 3, 5), ("search-api", 3, 4)];

/// Returns true if an ordinary day changes the workload.
pub fn is_changed(name: &str) -> bool {
    let releases = RELEASES.iter().map(|release| release.0);
    let autoscaled = AUTOSCALED.iter().map(|autoscaled| autoscaled.0);
    JOBS.iter().map(|job| job.0).chain(releases).chain(autoscaled).any(|changed| changed == name)
}

impl Day {
    /// Plans the changes and failures of an ordinary day.
    pub fn everyday(&mut self) {
        for (name, every_hours, minute) in JOBS {
            let mut at = self.from + minute * MINUTE + SECOND / 7;
            while at < self.from + 24 * HOUR - 5 * MINUTE {
                self.job(at, index_of(name), name == "nightly-report");
                at += every_hours * HOUR;
            }
        }
        for (name, low) in RELEASES {
            let at = self.time_between(low, low + 1.5);
            self.release(at, &User::ci(), index_of(name));
        }
        for (name, low, high) in AUTOSCALED {
            for (hour, replicas) in [(8.8, high), (13.0, low), (19.3, high + 1), (22.8, low)] {
                let (at, workload) = (self.time_between(hour, hour + 0.5), index_of(name));
                let why = match replicas > self.cluster.states[workload].replicas {
                    true => "cpu resource utilization (percentage of request) above target",
                    false => "All metrics below target",
                };
                self.autoscale(at, workload, replicas, why);
                self.fit_pods(at, workload);
            }
        }
        let user = self.pick(team("monitoring"));
        let at = self.time_between(9.0, 17.0);
        let config = ("monitoring", "prometheus-config");
        self.edit_config(at, &user, config, ("prometheus.yml", "global:\n  scrape_interval: 30s\n"));
        let at = self.time_between(9.0, 18.0);
        if let Some(pod) = self.cluster.alive(index_of("runner"), at).first() {
            let name = self.cluster.pods[*pod].name.clone();
            let exec = Request::new(&user, "create", Target::new("pods", "ci", &name).sub("exec"));
            let query = "command=sh&container=runner&stdin=true&stdout=true&tty=true";
            self.audit(at, &exec.query(query).status(101, ""));
        }
    }

    /// Plans a run of a CronJob.
    fn job(&mut self, at: i64, workload: usize, is_failed: bool) {
        let pod = self.start_pod(at, workload, 0);
        let owner = self.owner_object(pod);
        let body = manifest::job(&self.cluster.states[workload], &self.cluster.pods[pod], (self.from, at));
        let (user, source) = (User::controller("cronjob-controller"), "cronjob-controller");
        let target = Target::new("jobs", &owner.namespace, &owner.name);
        self.audit(at - SECOND / 10, &Request::new(&user, "create", target).both(&body));
        let (cron, message) = (self.workload_object(workload), format!("Created job {}", owner.name));
        self.event(at - SECOND / 10, &cron, source, ("SuccessfulCreate", &message));
        self.cron_job_is_at(at - SECOND / 12, workload, &owner.name, true);
        self.job_is_at(
            at + SECOND / 50,
            target,
            &body,
            json!({"active": 1, "ready": 0, "startTime": rfc3339(at)}),
        );
        let done = self.after(at, 20, 90);
        self.cluster.pods[pod].to = done;
        let (stream, lines, note, phase): (_, &[&str], _, _) = match is_failed {
            true => (
                "stderr",
                &[
                    "Traceback (most recent call last):",
                    "  File \"/app/report.py\", line 41, in <module>",
                    "    main()",
                    "KeyError: 'region'",
                ],
                ("BackoffLimitExceeded", "Job has reached the specified backoff limit"),
                "Failed",
            ),
            false => ("stdout", &["done, <n4> rows in <n2> s"], ("Completed", "Job completed"), "Succeeded"),
        };
        self.print(done - SECOND, pod, stream, lines);
        self.event(done, &owner, "job-controller", note);
        let (why, code) = if is_failed { ("Error", 1) } else { ("Completed", 0) };
        self.pod_ends(done, pod, (why, code, phase));
        let untracked = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["batch.kubernetes.io/job-tracking"]}});
        let controller = User::controller("job-controller");
        self.ask_of_pod(done + SECOND / 8, &controller, pod, ("patch", "", Some(untracked)));
        let counts = if is_failed {
            json!({"failed": 1})
        } else {
            json!({"succeeded": 1, "completionTime": rfc3339(done)})
        };
        self.job_is_at(done + SECOND / 7, target, &body, counts);
        if !is_failed {
            let message = format!("Saw completed job: {}, condition: Complete", owner.name);
            self.event(done + SECOND / 5, &cron, source, ("SawCompletedJob", &message));
        }
        self.cron_job_is_at(done + SECOND / 4, workload, &owner.name, false);
        self.forget_job(done + SECOND / 3, &cron, &owner);
    }

    /// Records the status of a Job.
    fn job_is_at(&mut self, at: i64, target: Target<'_>, job: &Value, status: Value) {
        let mut body = job.clone();
        body["status"] = status;
        let user = User::controller("job-controller");
        self.audit(at, &Request::new(&user, "update", target.sub("status")).both(&body));
    }

    /// Records the status of a CronJob, whose last Job runs or is done.
    fn cron_job_is_at(&mut self, at: i64, workload: usize, job: &str, is_active: bool) {
        let of = self.cluster.states[workload].workload;
        let target = Target::new("cronjobs", of.namespace, of.name);
        let mut body = self.stored(target);
        body["status"] = json!({"lastScheduleTime": rfc3339(at)});
        if is_active {
            body["status"]["active"] =
                json!([{"kind": "Job", "namespace": of.namespace, "name": job, "apiVersion": "batch/v1"}]);
        }
        let user = User::controller("cronjob-controller");
        self.audit(at, &Request::new(&user, "update", target.sub("status")).both(&body));
    }

    /// Records that the Job before the last three is deleted; nothing else here refers to it.
    fn forget_job(&mut self, at: i64, cron: &Object, last: &Object) {
        let number = last.name.rsplit('-').next().and_then(|number| number.parse::<i64>().ok()).unwrap_or(0);
        let name = format!("{}-{}", cron.name, number - 4 * 1440);
        let user = User::controller("cronjob-controller");
        self.change(at, &user, ("delete", Target::new("jobs", &cron.namespace, &name)), Value::Null);
        self.event(at, cron, "cronjob-controller", ("SuccessfulDelete", &format!("Deleted job {name}")));
        let pod = format!("{name}-{}", self.pen.rng.suffix(5));
        let collector = User::controller("generic-garbage-collector");
        let target = Target::new("pods", &cron.namespace, &pod);
        let body = json!({"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/__internal", "propagationPolicy": "Background"});
        let gone = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": pod, "namespace": cron.namespace}});
        self.audit(at + SECOND / 9, &Request::new(&collector, "delete", target).body(&body).response(&gone));
    }
}
