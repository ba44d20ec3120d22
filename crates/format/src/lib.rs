//! Turns the bytes of a log into records: `framing` splits them, an envelope peels the collector's
//! metadata off, a leaf reads the application's text, and `reader` joins, counts and hands over.
//! Must not know files, Arrow, the lake or the config.

pub mod contract;
pub mod envelope;
pub mod framing;
pub mod leaf;
pub mod origin;
pub mod reader;
pub mod registry;
pub mod text;

pub use contract::{Clock, Each, Emit, Format, Part, Peeled, Role};
pub use registry::FORMATS;
