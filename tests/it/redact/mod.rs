//! Tests of secrets.

pub mod planted;
pub mod secrets; // secrets stay out // secrets made up, and what looks like them
