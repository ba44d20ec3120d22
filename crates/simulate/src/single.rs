//! A workload that has one pod, on one node: node incidents are about the loss of that pod. Holds
//! its times and its way back; must not know why it is lost.

use crate::call_failure::Failure;
use crate::cluster::NODES;
use crate::day::Day;
use crate::fleet::{Kind, index_of};
use crate::story::Incident;
use crate::text::{MINUTE, SECOND};

/// Pairs of (caller, workload with a single pod).
pub const SINGLES: [(&str, &str); 9] = [
    ("cart-api", "cart-redis"),
    ("order-api", "orders-db"),
    ("checkout", "catalog"),
    ("ledger", "payments-db"),
    ("inventory", "inventory-db"),
    ("order-api", "inventory"),
    ("payment-gateway", "payments-db"),
    ("checkout", "pay-api"),
    ("suggest", "search-index"),
];

/// The scheduler's message when the closed node is the only one with room.
pub const TOO_SMALL: &str = "0/6 nodes are available: 1 node(s) were unschedulable, 5 Insufficient memory. no new claims to deallocate, preemption: 0/6 nodes are available: 1 Preemption is not helpful for scheduling, 5 No preemption victims found for incoming pod.";
/// The scheduler's message when no node has room.
pub const FULL: &str = "0/6 nodes are available: 6 Insufficient cpu. no new claims to deallocate, preemption: 0/6 nodes are available: 6 No preemption victims found for incoming pod.";

impl Day {
    /// Draws an incident of a workload with a single pod: a node on which no planned record falls
    /// while it lasts and which runs at most one pod of any other workload, and times at which nothing
    /// else happens to the two. Returns the pod and its node as well.
    pub fn single_incident(
        &mut self,
        pair: (&'static str, &'static str),
        gap_s: (i64, i64),
    ) -> (Incident, usize, &'static str) {
        let pod = self.thin_out(index_of(pair.1));
        let mut drawn = self.quiet_incident(pair, gap_s, &[]);
        let mut node = NODES[0];
        for _ in 0..200 {
            node = NODES[self.pen.rng.index(NODES.len())];
            if !self.is_planned(node, (drawn.cause - 5 * MINUTE, drawn.end + 5 * MINUTE)) {
                break;
            }
            drawn = self.quiet_incident(pair, gap_s, &[]);
        }
        self.settle(node, pair.1, pair.0);
        self.cluster.closed.push(node);
        // Pods that start within a minute would be placed on the node that is about to close.
        drawn.can_roll = drawn.symptom - drawn.cause > MINUTE;
        (drawn, pod, node)
    }

    /// Creates the next pod of a lost one, which finds no node before the end; it is placed on the
    /// old node at `placed` and up at `up`.
    pub fn comes_back_late(
        &mut self,
        (it, node): (&Incident, &'static str),
        created: i64,
        why: &str,
        (placed, up): (i64, i64),
    ) {
        let next = self.create_pod(created, it.workload, 0);
        self.fail_scheduling((created, it.end), next, why);
        self.bind_pod(placed, next, node);
        self.run_pod(placed + 2 * SECOND, up, next);
    }

    /// Returns failures of callers of a workload that is gone; the seed decides.
    pub fn gone(&self) -> &'static [Failure] {
        if self.seed % 2 == 1 { &[Failure::Refused] } else { &[Failure::Refused, Failure::ConnectTimeout] }
    }
}

impl Incident {
    /// Returns true if its workload is a StatefulSet, whose next pod has the name of the last one.
    pub fn is_stateful(&self) -> bool {
        self.of.kind == Kind::StatefulSet
    }

    /// Returns when the next pod can be created: a StatefulSet must wait until the last one is gone.
    pub fn created(&self, early: i64) -> i64 {
        if self.is_stateful() { self.symptom } else { early }
    }
}
