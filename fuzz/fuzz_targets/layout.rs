//! Any text as a user's layout file: it is read or refused with a place, and its samples are checked.

#![no_main]

use format::Registry;
use format::layout::{Layout, check, draft};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(layout) = Layout::parse("fuzzed", "fuzzed.toml", text) {
        let _ = check(&layout, Registry::shipped());
    }
    let _ = draft(text.lines().next().unwrap_or(""), &format::Clock::UTC);
});
