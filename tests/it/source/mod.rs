//! Tests of `source`: buckets and folders.

pub mod bucket; // the same logs from a bucket and from a folder
pub mod faults; // a bucket that fails in every way
pub mod moto; // another S3 server, and what a client hears of it
pub mod s3; // a bucket in process
pub mod s3_faults; // how it fails
pub mod s3_list; // how it lists
pub mod signature;
pub mod stalled; // a store that does not respond // every request's signature, computed by someone else
