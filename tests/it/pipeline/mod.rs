//! Tests of the daily job.

pub mod age; // expiry, compaction and late lines of old days
pub mod daily; // weeks of the daily batch
pub mod rules;
pub mod schedule; // when the daily job fires, and which days are due // rules that change while a server runs
