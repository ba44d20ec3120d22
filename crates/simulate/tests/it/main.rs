//! Tests of the simulator: its logs have the form of a real cluster's.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod recorded;
mod shape;
