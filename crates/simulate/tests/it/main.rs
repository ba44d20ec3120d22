//! Tests of the simulator: it writes what a real cluster writes.

mod recorded;
mod shape;
