//! Formats that read the text itself: audit events, Kubernetes events, application lines, Kubernetes objects.
//! Must not know which envelope a line came in.

pub mod audit;
pub mod event;
pub mod json_app;
pub mod klog;
pub mod logback;
pub mod logfmt;
pub mod nginx_access;
pub mod nginx_error;
pub mod object;

mod config_text; // names and sizes of a ConfigMap's values
mod operation; // the class of a mutating request
mod patch; // the members that a request body sets
mod redact_bodies; // bodies without the contents of Secrets
mod secrecy; // what of an object must not be stored
mod spelling; // names as flat stores spell them
mod utc; // times of the Kubernetes API
