//! Tests of `ingest`: from files to rows of the lake.

pub mod bad_input; // bad objects are reported and never stop a run; wrong use ends with code 2
pub mod exports; // logs in the shapes in which other tools export them
pub mod kill; // a run that is killed at any moment
pub mod samples; // one sample a format, and the rows it must become
pub mod stages; // the time of each stage
