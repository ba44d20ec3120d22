//! The one integration binary: real program, real files, its own temporary folders.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod analysis; // rules and traces
mod api; // what may be requested, and by whom
mod brief; // the text for people
mod delivery; // channels and the outbox
mod deploy; // what deploy/ says against what the program knows
mod end_to_end; // raw logs to a brief
mod ingest; // files into the lake
mod lake; // upkeep of the lake
mod layers; // who may use whom
mod pipeline; // the daily job
mod program; // runs the program
mod query; // untrusted SQL
mod redact; // secrets
mod server; // HTTP, MCP and a robot
mod source; // buckets
