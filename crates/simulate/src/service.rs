//! Writes of a Service: the patch, and the EndpointSlice that follows it.
//! Must not know who calls the Service.

use crate::api::Target;
use crate::audit::Request;
use crate::call_failure::cluster_ip;
use crate::day::Day;
use crate::fleet::{find, index_of};
use crate::people::User;
use crate::rng::Rng;
use crate::text::SECOND;
use crate::truth::Cause;
use serde_json::{Value, json};

/// Where a Service sends its traffic.
#[derive(Clone, Copy)]
pub struct Route<'a> {
    /// Value of the selector's `app` label.
    pub app: &'a str,
    pub port: u16,
    /// Whether pods match: its EndpointSlice then has addresses.
    pub is_served: bool,
}

impl Day {
    /// Records a patch of a workload's Service and the EndpointSlice's update after it.
    pub fn patch_service(&mut self, at: i64, user: &User, name: &str, route: &Route<'_>) -> Cause {
        let of = find(name);
        let ports = json!([{"name": "main", "port": of.port, "targetPort": route.port, "protocol": "TCP"}]);
        let selector = json!({"app": route.app});
        // The ports are patched if they change, else the selector.
        let patch = match route.app == name && route.port != of.port {
            true => json!({"spec": {"ports": ports}}),
            false => json!({"spec": {"selector": selector}}),
        };
        let spec =
            json!({"type": "ClusterIP", "clusterIP": cluster_ip(of), "selector": selector, "ports": ports});
        let target = Target::new("services", of.namespace, name);
        let cause = self.change_to(at, user, ("patch", target), (patch, json!({"spec": spec})));
        let pods = if route.is_served { self.cluster.up(index_of(name), at) } else { Vec::new() };
        let pods = pods.into_iter().map(|pod| &self.cluster.pods[pod]);
        let addresses = pods.map(|pod| {
            let target = json!({"kind": "Pod", "namespace": of.namespace, "name": pod.name, "uid": pod.uid});
            json!({"addresses": [pod.ip], "conditions": {"ready": true}, "nodeName": pod.node, "targetRef": target})
        });
        let addresses: Vec<Value> = addresses.collect();
        let ports = route.is_served.then(|| json!([{"name": "main", "port": route.port}]));
        let slice = format!("{name}-{}", Rng::new(name).suffix(5));
        let labels = json!({"kubernetes.io/service-name": name});
        let body = json!({"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "addressType": "IPv4",
            "metadata": {"name": slice, "namespace": of.namespace, "labels": labels},
            "endpoints": addresses, "ports": ports});
        let controller = User::controller("endpointslice-controller");
        let target = Target::new("endpointslices", of.namespace, &slice);
        self.audit(at + SECOND / 9, &Request::new(&controller, "update", target).body(&body));
        cause
    }
}
