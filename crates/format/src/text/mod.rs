//! Shared ways to read text: times, headers, fields, layouts, stack traces, templates, JSON.

pub(crate) mod fields;
pub(crate) mod header;
pub mod json;
pub mod json_cursor;
pub(crate) mod layout;
pub mod stack;
pub mod template;
pub mod time;
