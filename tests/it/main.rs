//! All integration tests in one binary, as linking the query engine takes long. They run the real
//! program on real files, each in a temporary folder of its own. Folders mirror `src/`.

#![expect(clippy::disallowed_methods, reason = "some tests look into the catalog")]
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stderr, reason = "long tests print how much they covered")]

mod analysis; // rules and traces
mod api; // requests, and who may make them
mod book; // docs/ and the READMEs agree with the program
mod brief; // the text for people
mod cli; // --help of every subcommand
mod delivery; // channels and the outbox
mod deploy; // deploy/ agrees with the program
mod end_to_end; // from raw logs to a brief
mod incident_day; // whole days, compared with reviewed reports
mod ingest; // files into the lake
mod lake; // upkeep of the lake
mod layers; // which module may use which
mod pipeline; // the daily job
mod program; // runs the program
mod query; // untrusted SQL
mod redact; // secrets
mod server; // HTTP, MCP and a robot
mod source; // buckets
