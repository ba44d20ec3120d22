//! Headwater reads a day of Kubernetes logs from a bucket, finds what went wrong, and traces each
//! error back through cluster events to the operation that caused it.
//!
//! The modules are listed in reading order, layer by layer. A file uses its own layer and the
//! layers above it in this list, never below; `tests/it/layers.rs` checks that. Layers 1 and 2
//! begin in `crates/`, where the compiler checks it. ARCHITECTURE.md has the rest.

// 2. Text → values, beside crates/redact and crates/format. No I/O.
pub mod backoff;
pub mod cancel;
pub mod config;

// 3. The outside, one crate or directory each.
pub mod lake;
pub mod llm;
pub mod query;
pub mod source;
pub mod websocket;

// 4. Steps: values in, values out.
pub mod analysis;
pub mod brief;
pub mod delivery;
pub mod ingest;

// 5. Which step when; what may be requested.
pub mod api;
pub mod pipeline;

// 6. Faces, no logic.
pub mod cli;
pub mod page;
pub mod server;
