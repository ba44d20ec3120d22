//! Tests of what may be requested, and by whom.

pub mod doctor; // what is wrong with an installation
pub mod requests; // what may be asked, and of whom
pub mod runs; // what ran: lists, metrics, the log
