//! Readers of parts of a text that several formats share: times, headers, fields, layouts, stack
//! traces, templates, JSON, CSV. Must not know any one format.

pub(crate) mod csv;
pub(crate) mod csv_header;
pub(crate) mod fields;
pub(crate) mod header;
pub(crate) mod json;
pub mod json_cursor;
pub(crate) mod layout;
pub(crate) mod private_key;
pub mod stack;
pub mod template;
pub mod time;
