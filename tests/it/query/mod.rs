//! Tests of SQL: typed rows, and the sandbox for untrusted SQL.

pub mod anatomy; // statements taken apart
pub mod answers; // results within limits, of every type
pub mod deadly; // statements that use as much as they can
pub mod forbidden; // statements that are not allowed, and deadly ones
pub mod guard; // the allow-list
pub mod joins; // joins by a window of time
pub mod rows; // typed rows and their JSON
pub mod sandbox; // child processes
pub mod typed; // SQL as people type it
