//! SQL over the lake: the query engine, and a sandbox of child processes for untrusted SQL of callers.
//! Every DataFusion session is built here. Must not know who runs a statement or why.

pub mod anatomy;
mod broken;
pub mod engine;
pub mod error;
pub mod guard;
pub mod rows;
pub mod sandbox;
pub mod shared_scan;
