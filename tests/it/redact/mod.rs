//! Masking of secrets and pseudonyms for names, mirroring `crates/redact`.

mod command; // `headwater redact`
mod dice; // seeded random texts
mod lake; // what the lake keeps
mod look_alike; // lines that only look like secrets
mod masks; // the mask of each kind
mod planted; // secrets made up
mod pseudonyms; // names replaced and restored
mod secrets; // secrets reach no output
