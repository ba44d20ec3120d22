//! Codes of terminals: colours of levels and messages. Must not know what a text means.

use model::record::Text;
use std::borrow::Cow;

/// Returns the text without terminal escapes.
pub fn without(text: Text<'_>) -> Text<'_> {
    if memchr::memchr(b'\x1b', text.as_bytes()).is_none() {
        return text;
    }
    Cow::Owned(anstream::adapter::strip_str(&text).to_string())
}
