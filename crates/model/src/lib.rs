//! The plain values that every part of Headwater uses. No I/O, no log format, no query engine.

pub mod agent;
pub mod coverage;
pub mod entity;
pub mod error;
pub mod fields;
pub mod grade;
pub mod incident;
pub mod json;
pub mod json_string;
pub mod lang;
pub mod moment;
pub mod numerals;
pub mod quantity;
pub mod record;
pub mod report;
mod state;
pub mod table;
mod texts;
pub mod time;
