//! The one integration binary: real program, real files, its own temporary folders.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod bad_input; // what must not stop a run, and what must end it with a clear error
mod brief; // the text of a report
mod bucket; // the same logs from a bucket and from a folder
mod channels; // every kind of channel against its service's rules
mod daily; // weeks of the daily batch
mod deploy; // what deploy/ says against what the program knows
mod doctor; // what is wrong with an installation
mod end_to_end; // raw logs to a brief
mod evaluate; // every kind of incident, scored
mod faults; // a bucket that fails in every way
mod forbidden; // statements that no way in may run
mod guard; // which statements of strangers may run
mod http; // HTTP as scripts use it
mod http_fuzz; // what /openapi.json says against what the server does
mod http_hostile; // HTTP under attack
mod inquiry; // what may be asked, and of whom
mod kill; // an ingest that dies at any moment
mod layers; // who may use whom
mod llm; // the brief as a model says it, whatever the model does
mod llm_run; // the same by the program: brief, run, doctor, questions
mod mail; // SMTP
mod mcp; // MCP over HTTP and stdio
mod moto; // another S3 server, and what a client hears of it
mod outbox; // what is owed to whom, until it arrived
mod page; // the page of a report, in a browser
mod planted; // secrets made up, and what looks like them
mod program; // runs the program
mod query; // statements of strangers, each in a process of its own
mod query_deadly; // those that take what they can get
mod real_logs; // logs of real clusters, where they are at hand
mod receiver; // a server that takes messages, or does not
mod redact; // secrets stay out
mod runs; // what ran: lists, metrics, the log
mod s3; // a bucket in process
mod s3_faults; // how it fails
mod s3_list; // how it lists
mod schedule; // when the daily job fires, and which days are due
mod serve; // a server, and HTTP as it was from the first
mod signature; // every request's signature, computed by someone else
mod trace_joins; // the window joins of the trace against brute force
mod upkeep; // compaction, expiry, repair, failing disks
mod xiaozhi; // a voice robot asks, and tells people
