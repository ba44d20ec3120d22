//! What kubectl prints for people: tables, descriptions, and files of several commands' output. Must not know what
//! an object's state is.

pub(crate) mod calls; // an agent's calls of tools
pub(crate) mod cell; // a cell of a table → members of the object
pub(crate) mod command; // the command above an output
pub(crate) mod containers; // containers of a description
pub(crate) mod describe; // a description → an object and its events
pub(crate) mod event_table; // a table of events with headers of the user's
pub(crate) mod fields; // the other parts of a description
pub(crate) mod kinds; // kinds and their tables, as data
pub(crate) mod pod_logs; // logs of containers in a dump
pub(crate) mod rights; // roles and bindings of a description
pub(crate) mod sections; // a text of several outputs → one output at a time
pub(crate) mod table; // a header and a row → an object
pub(crate) mod tree; // a description as a tree

/// The member that marks an object as read from text that shows a part of it, and names the kind of text.
pub(crate) const SHOWN_BY: &str = "shownBy";
