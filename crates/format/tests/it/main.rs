//! Reads of whole texts by each format, without files or a lake.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod csv; // CSV with a header row
mod envelope; // envelopes of several records, audit events in other shapes
mod json_cursor; // JSON in one pass
mod text; // application-text formats
