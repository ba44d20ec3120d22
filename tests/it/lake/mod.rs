//! Tests of the lake.

pub mod changes; // what granted writes changed
pub mod commands; // `headwater lake …`
pub mod compaction; // compaction, replacement, expiry
pub mod disk; // full and failing disks
pub mod identity; // ids of objects, content of files
pub mod names; // columns of names that differ
mod place; // a bucket and a lake to test with
pub mod repair; // damage, repair, rebuilding the catalog
pub mod topology; // relations, each once
