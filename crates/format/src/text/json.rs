//! Members, items and texts of JSON that is read once and kept as written: what envelopes and JSON
//! logs need around [`JsonCursor`]. Values that are not requested are never parsed.

use crate::text::json_cursor::{Broken, JsonCursor, Member};
use model::record::Text;

/// Returns the members of a JSON object in order, duplicates included. Text after it is not read.
pub fn members(json: &str) -> Result<Vec<Member<'_>>, Broken> {
    JsonCursor::new(json).members()
}

/// Returns the members of a value that is known to be valid; none if it is not an object.
pub fn members_of(value: &str) -> impl Iterator<Item = Member<'_>> {
    members(value).into_iter().flatten()
}

/// Returns the items of a JSON array, each as written.
pub fn items(json: &str) -> Result<Vec<&str>, Broken> {
    JsonCursor::new(json).items()
}

/// Returns a string, number or boolean as text; `None` for null, an empty string, an array and an
/// object.
pub fn text_of(value: &str) -> Option<Text<'_>> {
    JsonCursor::new(value).text().ok().flatten()
}

/// Returns a number, or a string that contains one, as an integer.
pub fn int_of(value: &str) -> Option<i64> {
    text_of(value)?.parse().ok()
}
