//! Masking of secrets and pseudonyms for names, mirroring `crates/redact`.

mod command; // `headwater redact`
#[path = "../../../crates/redact/tests/it/dice.rs"]
mod dice; // seeded random texts
mod lake; // what the lake keeps
#[path = "../../../crates/redact/tests/it/look_alike.rs"]
mod look_alike; // lines that only look like secrets
mod masks; // the mask of each kind
#[path = "../../../crates/redact/tests/it/planted.rs"]
mod planted; // secrets made up
mod pseudonyms; // names replaced and restored
mod secrets; // secrets reach no output
