//! Tests of the API: requests, and who may make them.

pub mod audit_log; // who called what
pub mod doctor; // checks of an installation
pub mod fixture; // a lake and callers, shared by these tests
pub mod moments; // days, times and windows as people write them
pub mod requests; // every operation and every kind of error
pub mod runs; // runs of the daily job: lists, metrics, the log
pub mod uploads; // uploads of log files
