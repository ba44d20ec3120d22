//! Addresses of views, with what they show as parameters.

use std::fmt::Write;

/// Returns a path with parameters; those without a value are left out.
pub(super) fn link(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    let mut separator = '?';
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(address, "{separator}{name}={}", encoded(value)); // writing to a string cannot fail
        separator = '&';
    }
    address
}

/// Returns a text for use in one segment of a path, or as a value.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "%{byte:02X}"); // writing to a string cannot fail
            }
        }
    }
    out
}
