//! TODO-DOC

pub mod agent;
pub mod evaluate;
pub mod report;
pub mod rules;
pub mod trace;
