//! Formats that read the text itself: audit events, Kubernetes events, application lines.
//! Must not know which envelope a line came in.

pub mod audit;
pub mod event;
pub mod json_app;
pub mod klog;
pub mod logback;
pub mod logfmt;
pub mod nginx_access;
pub mod nginx_error;

mod audit_object;
mod audit_sentence;
mod event_flat;
mod operation;
mod redact_bodies;
