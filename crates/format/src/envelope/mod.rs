//! Formats that wrap another text: the metadata of a collector, runtime or service around a line.

pub mod cloudwatch;
pub mod cls;
pub mod cri;
pub mod csv;
pub mod docker;
pub mod gcp;
pub(crate) mod gcp_audit;
pub(crate) mod gcp_target;
pub mod kubectl_time;
pub mod otlp;
pub(crate) mod otlp_value;
