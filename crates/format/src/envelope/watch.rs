//! The API server's watch stream, `{"type":"ADDED","object":{…}}`, as `kubectl get --watch
//! --output-watch-events -o json` and the OpenTelemetry collector's k8sobjects receiver write it.
//! Must not know what the object is.

use crate::contract::{Clock, EmitPart, Format, Part, Role, Unwrapped};
use crate::text::json::members;
use std::borrow::Cow;

/// The format.
pub struct Watch;

impl Format for Watch {
    fn name(&self) -> &str {
        "watch"
    }

    fn about(&self) -> &str {
        "the Kubernetes API's watch stream (kubectl --output-watch-events, OpenTelemetry k8sobjects)"
    }

    fn sample(&self) -> &str {
        r#"{"type":"ADDED","object":{"kind":"Event","apiVersion":"v1","reason":"BackOff","type":"Warning","message":"Back-off restarting failed container","involvedObject":{"kind":"Pod","namespace":"shop","name":"pay-api-7d9f8b6c5d-x2x7k"},"count":7,"lastTimestamp":"2026-11-22T02:12:01Z"}}"#
    }

    fn role(&self) -> Role {
        Role::Envelope
    }

    fn words(&self) -> &'static [&'static str] {
        &["\"object\""]
    }

    fn begins(&self, text: &str) -> bool {
        let head = text.trim_start_matches(['{', ' ', '\n', '\t']);
        text.starts_with('{')
            && (head.starts_with("\"type\"") || head.starts_with("\"object\""))
            && memchr::memmem::find(text.as_bytes(), b"\"object\"").is_some()
    }

    fn unwrap_all<'a>(&self, line: &'a [u8], _clock: &Clock, emit: EmitPart<'_, 'a>) -> bool {
        let Some(members) = std::str::from_utf8(line).ok().and_then(|text| members(text).ok()) else {
            return false;
        };
        let value = |name: &str| members.iter().find(|(key, _)| key == name).map(|(_, value)| *value);
        let (Some(kind), Some(object)) =
            (value("type"), value("object").filter(|object| object.starts_with('{')))
        else {
            return false;
        };
        match kind.trim_matches('"') {
            "BOOKMARK" => emit(Part::Dropped("watch bookmark")),
            "ADDED" | "MODIFIED" | "DELETED" | "ERROR" => {
                let mut unwrapped =
                    Unwrapped { payload: Cow::Borrowed(object.as_bytes()), ..Unwrapped::default() };
                unwrapped.attrs.raw("watch", kind);
                emit(Part::Line(unwrapped));
            }
            _ => return false,
        }
        true
    }
}
