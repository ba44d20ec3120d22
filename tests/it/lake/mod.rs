//! Tests of upkeep of the lake.

pub mod upkeep; // compaction, expiry, repair, failing disks
