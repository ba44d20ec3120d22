//! Headwater reads a day of Kubernetes logs from a bucket, finds what went wrong, and traces each
//! error back through cluster events to the operation that caused it.
//!
//! The modules stand in reading order, layer by layer; a file uses its own layer's data and the
//! layers above it in this list, never below. ARCHITECTURE.md tells the rest.

// 1. Plain values.
pub mod entity;
pub mod error;
pub mod finding;
pub mod inert;
pub mod record;
pub mod stop;
pub mod table;
pub mod window;

// 2. Text and bytes → values. No I/O.
pub mod config;
pub mod format;
pub mod redact;
pub mod rule;
pub mod schedule;

// 3. The outside, one crate or directory each.
pub mod catalog;
pub mod engine;
pub mod lake;
pub mod llm;
pub mod query;
pub mod sink;
pub mod socket;
pub mod source;

// 4. Steps: values in, values out.
pub mod analyse;
pub mod brief;
pub mod broadcast;
pub mod doctor;
pub mod evaluate;
pub mod ingest;
pub mod metrics;
pub mod page;
pub mod report;
pub mod rule_test;
pub mod rules;
pub mod runs;
pub mod simulate;
pub mod trace;

// 5. Which step when; what may be asked.
pub mod inquiry;
pub mod orchestrator;

// 6. Faces, no logic.
pub mod cmd;
pub mod serve;
