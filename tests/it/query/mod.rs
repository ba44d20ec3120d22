//! Tests of untrusted SQL.

pub mod deadly;
pub mod forbidden; // statements that no way in may run
pub mod guard; // which statements of strangers may run
pub mod sandbox; // statements of strangers, each in a process of its own // those that take what they can get
