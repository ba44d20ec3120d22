//! What happens to a pod: it is made and placed, starts, restarts, is killed, goes. Each verb
//! leaves the audit records, events and console lines that a real cluster leaves.

use crate::audit::{Request, Target, User};
use crate::day::Day;
use crate::event::{Note, Object};
use crate::fleet::Style;
use crate::manifest;
use crate::text::{SECOND, rfc3339};
use serde_json::{Value, json};

const SCHEDULER: &str = "kube-scheduler/v1.30.4 (linux/amd64) kubernetes/a51b3b7/scheduler";

impl Day {
    /// Starts a pod of the workload's present shape. When it `runs`, its container is up a few
    /// seconds later. Returns its index.
    pub fn start_pod(&mut self, at: i64, workload: usize, replica: usize, runs: bool) -> usize {
        let up = self.after(at, 2, 5);
        let index =
            self.cluster.add_pod(workload, replica, if runs { up } else { i64::MAX }, &mut self.pen.rng);
        let state = &self.cluster.states[workload];
        let pod = &self.cluster.pods[index];
        let (namespace, image) = (state.workload.namespace, state.image.clone());
        let (name, node, uid) = (pod.name.clone(), pod.node, pod.uid.clone());
        let (owner_kind, container) = (pod.owner.0, state.workload.name);
        let body = manifest::pod(state, pod, self.from, at);
        let creator = User::controller(match owner_kind {
            "ReplicaSet" => "replicaset-controller",
            "StatefulSet" => "statefulset-controller",
            _ => "job-controller",
        });
        let target = Target { resource: "pods", namespace, name: &name, ..Target::default() };
        self.audit(at, &Request { response: Some(body), ..Request::new(&creator, "create", target) });
        let scheduler = User::component("kube-scheduler", SCHEDULER);
        let binding = json!({"kind": "Binding", "apiVersion": "v1", "metadata": {"name": name, "namespace": namespace, "uid": uid}, "target": {"kind": "Node", "name": node}});
        let bind = Request {
            request: Some(binding.to_string()),
            ..Request::new(&scheduler, "create", Target { sub: "binding", ..target })
        };
        self.audit(at + SECOND / 50, &bind);
        let (verb, source) = match owner_kind {
            "ReplicaSet" => ("Created pod: ", "replicaset-controller"),
            "StatefulSet" => ("create Pod in StatefulSet successful: ", "statefulset-controller"),
            _ => ("Created pod: ", "job-controller"),
        };
        let owner = self.owner_object(index);
        self.event(
            at,
            &owner,
            &Note {
                reason: "SuccessfulCreate",
                message: &format!("{verb}{name}"),
                is_warning: false,
                source: (source, ""),
            },
        );
        let object = self.pod_object(index, false);
        let message = format!("Successfully assigned {namespace}/{name} to {node}");
        self.event(
            at + SECOND / 50,
            &object,
            &Note {
                reason: "Scheduled",
                message: &message,
                is_warning: false,
                source: ("default-scheduler", ""),
            },
        );
        if runs {
            let message = format!("Container image \"{image}\" already present on machine");
            self.kubelet_says(up - SECOND, index, "Pulled", &message, false);
            self.kubelet_says(
                up - SECOND / 2,
                index,
                "Created",
                &format!("Created container {container}"),
                false,
            );
            self.kubelet_says(up, index, "Started", &format!("Started container {container}"), false);
            self.pod_status(up, index, &json!({"phase": "Running", "podIP": self.cluster.pods[index].ip}));
            self.print_start(up, index);
        }
        index
    }

    /// Prints what a container prints first.
    pub fn print_start(&mut self, at: i64, pod: usize) {
        let state = &self.cluster.states[self.cluster.pods[pod].workload];
        let (name, port, memory) = (state.workload.name, state.workload.port, state.memory_mib);
        let starting = format!("starting {name}, image {}", state.image);
        let limit = format!("memory limit {memory} MiB, config /etc/app/application.yaml");
        let listening = format!("{name} is listening on 0.0.0.0:{port}");
        let lines = match state.workload.style {
            Style::Java => [
                "  .   ____          _            __ _ _",
                " /\\\\ / ___'_ __ _ _(_)_ __  __ _ \\ \\ \\ \\",
                &starting,
                &limit,
                &listening,
            ],
            _ => ["", "----", &starting, &limit, &listening],
        };
        self.print(at, pod, "stdout", &lines);
    }

    /// Records the kubelet's patch of a pod's status.
    pub fn pod_status(&mut self, at: i64, pod: usize, status: &Value) {
        let object = self.pod_object(pod, false);
        let kubelet = User::kubelet(self.cluster.pods[pod].node);
        let target = Target {
            resource: "pods",
            sub: "status",
            namespace: &object.namespace,
            name: &object.name,
            ..Target::default()
        };
        let body = json!({"metadata": {"uid": object.uid}, "status": status}).to_string();
        self.audit(
            at + SECOND / 20,
            &Request { request: Some(body), ..Request::new(&kubelet, "patch", target) },
        );
    }

    /// Takes a pod away; its container runs on for `grace_s` seconds.
    pub fn stop_pod(&mut self, at: i64, pod: usize, grace_s: i64) {
        let object = self.pod_object(pod, false);
        let container = self.cluster.states[self.cluster.pods[pod].workload].workload.name;
        let source = match self.cluster.pods[pod].owner.0 {
            "StatefulSet" => "statefulset-controller",
            _ => "replicaset-controller",
        };
        let target = Target {
            resource: "pods",
            namespace: &object.namespace,
            name: &object.name,
            ..Target::default()
        };
        let user = User::controller(source);
        self.audit(at, &Request { ..Request::new(&user, "delete", target) });
        let owner = self.owner_object(pod);
        self.event(
            at,
            &owner,
            &Note {
                reason: "SuccessfulDelete",
                message: &format!("Deleted pod: {}", object.name),
                is_warning: false,
                source: (source, ""),
            },
        );
        self.kubelet_says(at + SECOND / 2, pod, "Killing", &format!("Stopping container {container}"), false);
        self.cluster.pods[pod].to = at + SECOND + grace_s * SECOND;
    }

    /// Takes a pod's container down from `at` to `up`, with the status the kubelet reports.
    pub fn restart_container(&mut self, at: i64, up: i64, pod: usize, reason: &str, code: i32) {
        let container = self.cluster.states[self.cluster.pods[pod].workload].workload.name;
        let count = self.cluster.pods[pod].down.len() + 1;
        let status = json!({"phase": "Running", "containerStatuses": [{
            "name": container, "ready": false, "restartCount": count,
            "lastState": {"terminated": {"reason": reason, "exitCode": code, "finishedAt": rfc3339(at)}},
        }]});
        self.pod_status(at + SECOND / 2, pod, &status);
        self.cluster.pods[pod].down.push((at, up));
        let image = self.cluster.states[self.cluster.pods[pod].workload].image.clone();
        self.kubelet_says(
            up - SECOND,
            pod,
            "Pulled",
            &format!("Container image \"{image}\" already present on machine"),
            false,
        );
        self.kubelet_says(up - SECOND / 2, pod, "Created", &format!("Created container {container}"), false);
        self.kubelet_says(up, pod, "Started", &format!("Started container {container}"), false);
        self.print_start(up, pod);
    }

    /// Records the kubelet's complaint that a container keeps failing.
    pub fn back_off(&mut self, at: i64, pod: usize) {
        let of = &self.cluster.pods[pod];
        let workload = self.cluster.states[of.workload].workload;
        let message = format!(
            "Back-off restarting failed container {} in pod {}_{}({})",
            workload.name, of.name, workload.namespace, of.uid
        );
        self.kubelet_says(at, pod, "BackOff", &message, true);
    }

    /// Kills a container for exceeding its memory limit: the heap error of a JVM, the kernel's kill
    /// as an event on the pod (and on its node when `on_node`), the restart. Returns the point of the kill.
    pub fn oom_kill(&mut self, at: i64, pod: usize, down_s: i64, on_node: bool) -> i64 {
        let of = &self.cluster.pods[pod];
        let state = &self.cluster.states[of.workload];
        let (node, name, uid, namespace) =
            (of.node, of.name.clone(), of.uid.clone(), state.workload.namespace);
        let resident = i64::from(state.memory_mib) * 1024 - self.pen.rng.between(900, 4_000);
        let process = self.pen.rng.between(11_000, 64_000);
        let killed = format!(
            "Memory cgroup out of memory: Killed process {process} (java) total-vm:{}kB, anon-rss:{resident}kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:1284kB oom_score_adj:984",
            resident * 9
        );
        let object = self.pod_object(pod, true);
        self.event(
            at,
            &object,
            &Note { reason: "OOMKilling", message: &killed, is_warning: true, source: ("kubelet", node) },
        );
        if on_node {
            let message = format!(
                "{killed}; task in /kubepods/burstable/pod{uid} killed as a result of its limit, pod {namespace}/{name}"
            );
            let object = Object {
                kind: "Node",
                api: "v1",
                namespace: String::new(),
                name: node.to_owned(),
                uid: node.to_owned(),
                field: String::new(),
            };
            self.event(
                at,
                &object,
                &Note {
                    reason: "OOMKilling",
                    message: &message,
                    is_warning: true,
                    source: ("kernel-monitor", node),
                },
            );
        }
        self.restart_container(at, at + down_s * SECOND, pod, "OOMKilled", 137);
        at
    }
}
