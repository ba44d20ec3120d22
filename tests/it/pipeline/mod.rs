//! Tests of the daily job.

pub mod daily; // weeks of the daily batch
pub mod schedule; // when the daily job fires, and which days are due
