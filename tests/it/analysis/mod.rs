//! Tests of rules and traces.

pub mod agents; // one agent as a unit
pub mod bad_rules; // a bad rule is left out alone
pub mod changes; // what counts as a change
pub mod clocks; // lines of another time zone
pub mod evaluate; // every kind of incident, scored
pub mod incidents; // which findings and traces are one ticket
pub mod recorded; // recordings of a real cluster, scored
pub mod states; // the object that is wrong, without an audit log
pub mod trace_joins; // the window joins of the trace against brute force
