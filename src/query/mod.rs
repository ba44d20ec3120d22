//! TODO-DOC

pub mod engine;
pub mod guard;
pub mod sandbox;
pub mod shared_scan;
