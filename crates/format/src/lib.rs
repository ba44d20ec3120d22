//! Turns the bytes of a log into records: `framing` splits them, an envelope format removes the
//! collector's metadata, a leaf format reads the application's text, and `reader` joins, counts and
//! emits. Must not know files, Arrow, the lake or the config.

pub mod contract; // what a format is: the trait and its types
pub mod envelope; // formats that wrap another text
pub mod framing; // an object → lines, JSON values, CSV records
pub mod layout; // text layouts as data: the files of `formats/`
pub mod leaf; // formats of the text itself
pub mod origin; // what an object's key says: place, log type, day
pub mod reader; // the way through all of them, and the counts
pub mod registry; // the list of formats
pub mod text; // readers of parts of a text

pub use contract::{Clock, Emit, EmitPart, Format, Part, Role, Unwrapped};
pub use origin::{Origin, origin_of};
pub use registry::Registry;

use model::record::{Level, add_level_words};
use std::collections::BTreeMap;

/// Adds names of fields and level words of the config. Only the first call of a process has an effect.
///
/// # Errors
/// The name of a field that does not exist.
pub fn configure(names: &BTreeMap<String, Vec<String>>, levels: Vec<(String, Level)>) -> Result<(), String> {
    add_level_words(levels);
    text::fields::add_names(names)
}
