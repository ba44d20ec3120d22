//! The one integration binary: real program, real files, its own temporary folders.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod bad_input; // what must not stop a run, and what must end it with a clear error
mod brief; // the text of a report
mod end_to_end; // raw logs to a brief
mod evaluate; // every kind of incident, scored
mod format_envelope; // envelopes of several records, audit events in other shapes
mod format_scan; // JSON in one pass
mod format_text; // application-text formats
mod kill; // an ingest that dies at any moment
mod layers; // who may use whom
mod page; // the page of a report, in a browser
mod program; // runs the program
mod real_logs; // logs of real clusters, where they are at hand
mod trace_joins; // the window joins of the trace against brute force
