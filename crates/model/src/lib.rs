//! The values that every part of Headwater speaks of. Plain data: no I/O, no clock, no log format,
//! no query engine.

pub mod entity;
pub mod error;
pub mod lang;
pub mod record;
pub mod report;
pub mod table;
mod texts;
pub mod time;
