//! Tests of files into the lake.

pub mod bad_input; // what must not stop a run, and what must end it with a clear error
pub mod kill;
pub mod real_logs; // logs of real clusters, where they are at hand // an ingest that dies at any moment
