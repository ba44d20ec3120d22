//! The planted incidents: one file each, one line in [`SCENARIOS`]. The verbs they consist of
//! are in `strike.rs`, `single.rs`, `impact.rs`, `workload.rs`, `node.rs`.

mod admission_webhook_failing;
mod args_changed;
mod audit_missing;
mod bad_image;
mod cause_day_before;
mod certificate_expired;
mod clock_skew;
mod configmap_deleted;
mod configmap_edited;
mod coredns_edited;
mod crd_upgraded;
mod dependency_rolled;
mod dependency_scaled_down;
mod disk_pressure;
mod env_removed;
mod events_missing;
mod hardware_failure;
mod harmless_changes;
mod hpa_bounds_changed;
mod image_rolled_back;
mod job_flood;
mod limit_range_added;
mod memory_limit_lowered;
mod network_policy_added;
mod node_drained;
mod node_tainted;
mod node_upgraded;
mod priority_preemption;
mod probe_tightened;
mod quota_lowered;
mod rbac_binding_removed;
mod readiness_changed;
mod replicas_cut;
mod secret_edited;
mod service_deleted;
mod service_port_changed;
mod service_selector_changed;
mod storage_class_changed;
mod traffic_surge_no_cause;
mod two_suspects;

use crate::story::Scenario;

/// Every scenario, one line each.
#[rustfmt::skip]
pub static SCENARIOS: &[Scenario] = &[
    Scenario { name: "memory_limit_lowered", about: "a person lowers pay-api's memory limit from 512Mi to 128Mi; OOM kills minutes later, checkout fails", plan: memory_limit_lowered::plan },
    Scenario { name: "bad_image", about: "catalog is released with an image tag that does not exist; its old pods drain away, callers get 503", plan: bad_image::plan },
    Scenario { name: "configmap_edited", about: "a person breaks ConfigMap order-api-config; the pods crash when they read it, orders fail", plan: configmap_edited::plan },
    Scenario { name: "traffic_surge_no_cause", about: "traffic doubles, pay-api's pods are OOM-killed and checkout fails; nobody changed anything", plan: traffic_surge_no_cause::plan },
    Scenario { name: "dependency_scaled_down", about: "a person scales payments-db or inventory to 0; its callers get connection refused", plan: dependency_scaled_down::plan },
    Scenario { name: "probe_tightened", about: "a person patches cart-api's liveness probe (wrong path, 1 s timeout); restarts, callers get 503", plan: probe_tightened::plan },
    Scenario { name: "replicas_cut", about: "a workload is cut to one pod in the busy hour; the pod left drowns, callers get timeouts and 503", plan: replicas_cut::plan },
    Scenario { name: "audit_missing", about: "a memory limit or a ConfigMap is changed while no audit logs arrive: the cause is not in the data", plan: audit_missing::plan },
    Scenario { name: "events_missing", about: "a known incident for which no events arrive: only the operation and the errors are in the data", plan: events_missing::plan },
    Scenario { name: "two_suspects", about: "two people change one workload minutes apart, each enough for what follows; no honest way to choose", plan: two_suspects::plan },
    Scenario { name: "clock_skew", about: "a workload is scaled to zero while node clocks are up to 120 s off: errors may be stamped before it", plan: clock_skew::plan },
    Scenario { name: "harmless_changes", about: "the person who breaks a workload makes ten harmless changes around it, some of the same workload", plan: harmless_changes::plan },
    Scenario { name: "certificate_expired", about: "a serving certificate runs out; its callers' TLS handshakes fail; nobody changed anything", plan: certificate_expired::plan },
    Scenario { name: "env_removed", about: "a patch removes an environment variable; new pods crash or fail for want of it, callers fail", plan: env_removed::plan },
    Scenario { name: "image_rolled_back", about: "an old but existing image tag is set; the old version fails against the newer schema, callers get 500", plan: image_rolled_back::plan },
    Scenario { name: "secret_edited", about: "a wrong password is written into a Secret; pods that start with it get authentication failures", plan: secret_edited::plan },
    Scenario { name: "configmap_deleted", about: "a ConfigMap is deleted; pods that start later cannot mount it or be configured, callers fail", plan: configmap_deleted::plan },
    Scenario { name: "rbac_binding_removed", about: "a role binding or a rule of a role is removed; the workload's own API requests are refused", plan: rbac_binding_removed::plan },
    Scenario { name: "admission_webhook_failing", about: "a validating webhook whose service is down blocks new pods; replaced ones do not come back", plan: admission_webhook_failing::plan },
    Scenario { name: "crd_upgraded", about: "a CRD stops serving the version that a workload asks for: no matches for kind, not found", plan: crd_upgraded::plan },
    Scenario { name: "hpa_bounds_changed", about: "an autoscaler's maxReplicas is lowered in the busy hour; the controller scales down, the rest drowns", plan: hpa_bounds_changed::plan },
    Scenario { name: "cause_day_before", about: "a change made before midnight breaks a workload after it; its audit record is of the day before", plan: cause_day_before::plan },
    Scenario { name: "network_policy_added", about: "a NetworkPolicy shuts a caller out of a Service; its connects time out, without any event", plan: network_policy_added::plan },
    Scenario { name: "service_selector_changed", about: "a Service is patched to select no pod; callers get connection refused or 503", plan: service_selector_changed::plan },
    Scenario { name: "service_port_changed", about: "a Service's targetPort is patched to a port that nothing listens on; callers are refused", plan: service_port_changed::plan },
    Scenario { name: "coredns_edited", about: "the ConfigMap of CoreDNS is edited; after its reload apps elsewhere cannot resolve names", plan: coredns_edited::plan },
    Scenario { name: "dependency_rolled", about: "a callee gets a release that answers 500 or hangs; the errors are its caller's, one or two hops away", plan: dependency_rolled::plan },
    Scenario { name: "service_deleted", about: "a Service is deleted; its callers no longer find the host", plan: service_deleted::plan },
    Scenario { name: "args_changed", about: "a flag that the program does not know is set; the new pods stop and name it, callers fail", plan: args_changed::plan },
    Scenario { name: "readiness_changed", about: "a readiness probe gets a path that is not served; the Service has no endpoints", plan: readiness_changed::plan },
    Scenario { name: "node_drained", about: "a person drains the node of a workload's only pod; the next one is late, callers fail", plan: node_drained::plan },
    Scenario { name: "hardware_failure", about: "a node dies and turns NotReady; callers of what ran there time out; nobody did anything", plan: hardware_failure::plan },
    Scenario { name: "node_tainted", about: "a NoExecute taint on a node drives a workload's only pod away; the next one stays Pending", plan: node_tainted::plan },
    Scenario { name: "node_upgraded", about: "an automation replaces nodes; a workload's only pod is evicted and comes back minutes later", plan: node_upgraded::plan },
    Scenario { name: "quota_lowered", about: "a ResourceQuota is lowered below use; the autoscaler's or a release's pods are refused later", plan: quota_lowered::plan },
    Scenario { name: "priority_preemption", about: "a new workload of high priority preempts another's only pod, which then stays Pending", plan: priority_preemption::plan },
    Scenario { name: "storage_class_changed", about: "a StorageClass or a claim is deleted; the pod that needs it cannot come back when it must", plan: storage_class_changed::plan },
    Scenario { name: "limit_range_added", about: "a LimitRange is added that a workload's pods do not fit; its next pod is refused", plan: limit_range_added::plan },
    Scenario { name: "job_flood", about: "a Job or CronJob of huge parallelism fills the nodes; a workload cannot grow, or starves", plan: job_flood::plan },
    Scenario { name: "disk_pressure", about: "an application's logs fill a node's disk; pods are evicted, callers fail; nobody did anything", plan: disk_pressure::plan },
];
