//! Writes of a Service: the patch, and from when on it sends its traffic where. The EndpointSlices
//! that follow are the controllers' part. Must not know who calls the Service.

use crate::api::Target;
use crate::day::Day;
use crate::fleet::{find, index_of};
use crate::people::User;
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
    /// Records a patch of a workload's Service.
    pub fn patch_service(&mut self, at: i64, user: &User, name: &str, route: &Route<'_>) -> Cause {
        let of = find(name);
        let ports = json!([{"name": "main", "protocol": "TCP", "port": of.port, "targetPort": route.port}]);
        let selector = json!({"app": route.app});
        // The ports are patched if they change, else the selector.
        let patch = match route.app == name && route.port != of.port {
            true => json!({"spec": {"ports": ports}}),
            false => json!({"spec": {"selector": selector}}),
        };
        let target = Target::new("services", of.namespace, name);
        let whole = json!({"spec": {"ports": ports, "selector": selector}});
        let cause = self.change_to(at, user, ("patch", target), (patch, whole));
        self.routes.push((index_of(name), at, route.is_served.then_some(route.port)));
        cause
    }

    /// Records the deletion of a workload's Service.
    pub fn delete_service(&mut self, at: i64, user: &User, name: &str) -> Cause {
        let of = find(name);
        self.gone.push((index_of(name), (at, i64::MAX)));
        self.endpoints_go(at + SECOND / 20, index_of(name));
        self.change(at, user, ("delete", Target::new("services", of.namespace, name)), Value::Null)
    }

    /// Records that a workload's Service is made anew.
    pub fn create_service(&mut self, at: i64, user: &User, name: &str) {
        let of = find(name);
        for gone in self.gone.iter_mut().filter(|gone| gone.0 == index_of(name)) {
            gone.1.1 = at;
        }
        self.routes.push((index_of(name), at, Some(of.port)));
        self.change(at, user, ("create", Target::new("services", of.namespace, name)), json!({}));
    }
}
