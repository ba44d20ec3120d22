//! Turns the bytes of a log into records: `framing` splits them, an envelope format removes the
//! collector's metadata, a leaf format reads the application's text, and `reader` joins, counts and
//! emits. Must not know files, Arrow, the lake or the config.

pub mod contract;
pub mod envelope;
pub mod framing;
pub mod leaf;
pub mod origin;
pub mod reader;
pub mod registry;
pub mod text;

pub use contract::{Clock, Emit, EmitPart, Format, Part, Role, Unwrapped};
pub use origin::{Origin, origin_of};
pub use registry::FORMATS;
