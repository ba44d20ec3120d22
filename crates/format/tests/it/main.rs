//! Each format reads whole texts, without files or a lake.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod audit; // audit events: shapes, objects, secrets
mod collectors; // records of collectors, exports of consoles
mod csv; // CSV with a header row
mod envelope; // envelopes of several records, audit events in other shapes
mod event; // Kubernetes events in other shapes
mod framing; // bytes → frames, of any layout and encoding
mod framing_archive; // tar and zip
mod framing_codec; // compression
mod framing_csv; // CSV of known kinds without a header row
mod framing_limits; // bombs, and what an object may cost
mod joining; // lines that belong together, through each envelope
mod json_cursor; // the JSON cursor
mod layouts; // the files of `formats/`
mod mutations; // mutated samples of every format
mod origin; // places that paths name
mod reader; // whole objects: place, time, joining
mod shapes; // exports and layouts that name the place or the time in their own way
mod state; // states of Kubernetes objects, from any text
mod templates; // messages that belong together
mod text; // application-text formats
mod time; // times in every form
mod words; // the search that spares most lines a search for each format
