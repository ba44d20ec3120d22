//! What people do to the way between workloads: Services and NetworkPolicies. A changed Service
//! is followed by its EndpointSlice; a policy is followed by nothing that the API server sees.

use crate::audit::{Request, Target, User};
use crate::day::Day;
use crate::fleet::Workload;
use crate::rng::Rng;
use crate::text::SECOND;
use serde_json::{Value, json};

/// Returns the ClusterIP of a workload's Service.
pub fn cluster_ip(workload: &Workload) -> String {
    let mut rng = Rng::new(&format!("service/{}/{}", workload.namespace, workload.name));
    format!("172.20.{}.{}", rng.between(1, 250), rng.between(2, 250))
}

/// Where a Service sends its traffic.
pub struct Route<'a> {
    /// Value of the selector's `app` label.
    pub app: &'a str,
    /// targetPort.
    pub port: u16,
    /// Whether pods answer to it: its EndpointSlice then has addresses.
    pub is_served: bool,
}

impl Day {
    /// Records a patch of a workload's Service and the EndpointSlice's update after it; `patch` is
    /// what the person wrote. Returns the audit id.
    pub fn patch_service(
        &mut self,
        at: i64,
        user: &User,
        workload: usize,
        route: &Route<'_>,
        patch: &Value,
    ) -> String {
        let of = self.cluster.states[workload].workload;
        let target =
            Target { resource: "services", namespace: of.namespace, name: of.name, ..Target::default() };
        let whole = json!({"spec": {
            "type": "ClusterIP", "clusterIP": cluster_ip(of),
            "selector": {"app": route.app},
            "ports": [{"name": "main", "port": of.port, "targetPort": route.port, "protocol": "TCP"}],
        }});
        let id = self.change(at, user, "patch", ("Service", target), (patch, whole));
        let addresses: Vec<Value> = self
            .cluster
            .up(workload, at)
            .into_iter()
            .filter(|_| route.is_served)
            .map(|pod| &self.cluster.pods[pod])
            .map(|pod| {
                json!({"addresses": [pod.ip], "conditions": {"ready": true}, "nodeName": pod.node,
                "targetRef": {"kind": "Pod", "namespace": of.namespace, "name": pod.name, "uid": pod.uid}})
            })
            .collect();
        let ports = if route.is_served { json!([{"name": "main", "port": route.port}]) } else { Value::Null };
        let name = format!("{}-{}", of.name, Rng::new(of.name).suffix(5));
        let body = json!({"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "addressType": "IPv4",
            "metadata": {"name": name, "namespace": of.namespace, "labels": {"kubernetes.io/service-name": of.name}},
            "endpoints": addresses, "ports": ports});
        let controller = User::controller("endpointslice-controller");
        let slice = Target {
            group: "discovery.k8s.io",
            resource: "endpointslices",
            namespace: of.namespace,
            name: &name,
            ..Target::default()
        };
        let update =
            Request { request: Some(body.to_string()), ..Request::new(&controller, "update", slice) };
        self.audit(at + SECOND / 9, &update);
        id
    }

    /// Records a NetworkPolicy's creation; returns the audit id.
    pub fn create_policy(
        &mut self,
        at: i64,
        user: &User,
        (namespace, name): (&str, &str),
        spec: &Value,
    ) -> String {
        let target =
            Target { group: "networking.k8s.io", resource: "networkpolicies", namespace, name, sub: "" };
        self.change(at, user, "create", ("NetworkPolicy", target), (&Value::Null, json!({"spec": spec})))
    }

    /// Records a NetworkPolicy's deletion.
    pub fn delete_policy(&mut self, at: i64, user: &User, (namespace, name): (&str, &str)) {
        let target =
            Target { group: "networking.k8s.io", resource: "networkpolicies", namespace, name, sub: "" };
        self.change(at, user, "delete", ("NetworkPolicy", target), (&Value::Null, Value::Null));
    }
}
