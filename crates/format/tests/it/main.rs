//! Each format reads whole texts, without files or a lake.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod csv; // CSV with a header row
mod envelope; // envelopes of several records, audit events in other shapes
mod json_cursor;
mod layouts;
mod text;
mod time; // the JSON cursor // application-text formats
