//! The list of all formats. To add one, write its file in `envelope/` or `leaf/`, declare it in that
//! folder's `mod.rs`, and add one line here. Nothing else names a format to have it tried, listed
//! by `inspect --list` and tested with its sample.

use crate::contract::Format;
use crate::{envelope, leaf};

/// Every format, in the order they are tried.
pub static FORMATS: &[&dyn Format] = &[
    &envelope::cri::Cri,
    &envelope::docker::Docker,
    &envelope::cls::Cls,
    &envelope::otlp::Otlp,
    &envelope::cloudwatch::CloudWatch,
    &envelope::gcp::Gcp,
    &envelope::csv::Csv,
    &leaf::audit::Audit,
    &leaf::event::Event,
    &envelope::kubectl_time::KubectlTime,
    &leaf::json_app::JsonApp,
    &leaf::klog::Klog,
    &leaf::nginx_access::NginxAccess,
    &leaf::nginx_error::NginxError,
    &leaf::logback::Logback,
    &leaf::logfmt::Logfmt,
];
