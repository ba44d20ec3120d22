//! Formats that wrap another text: the metadata of a collector, runtime or service around a line.
//! Must not know the application's formats; `kubectl_time` alone asks whether a line has a time of
//! its own.

pub mod cloudwatch;
mod columns;
pub mod cri;
pub mod csv;
pub mod docker;
pub mod encoded;
pub mod gcp;
pub mod kubectl_output;
pub mod kubectl_time;
pub mod lists;
pub mod otlp;
pub mod pairs;
pub mod shipper;
pub mod transcript;
pub mod watch;
