//! Formats that read the text itself: audit events, Kubernetes events, application lines.

pub mod audit;
pub mod bodies;
pub mod event;
pub mod json_app;
pub mod klog;
pub mod logback;
pub mod logfmt;
pub mod nginx_access;
pub mod nginx_error;
pub mod operation;
