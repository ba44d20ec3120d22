//! SQL over the lake: the query engine, and a sandbox of child processes for untrusted SQL of callers.
//! Every DataFusion session is built here. Must not know who runs a statement or why.

pub mod anatomy;
mod broken;
mod dialect; // how a statement is parsed
pub mod engine;
pub mod error;
pub mod export; // rows as CSV and JSON
pub mod flat; // columns in which each row holds its own values
pub mod guard;
pub mod literal; // texts in a statement
mod local_time; // times in a statement
mod moved_times; // times that joins compare
pub mod nearest; // did you mean …
mod one_pass; // joins that read a side once
pub(crate) mod pg_catalog; // what clients of Postgres expect of a database
mod reports; // saved reports as tables
pub mod rows;
pub mod sandbox;
pub mod script; // several statements in a text
pub mod shared_scan;
pub mod views; // what rules share
