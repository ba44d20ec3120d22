//! Tests of the simulator: it writes what a real cluster writes.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod recorded;
mod shape;
