//! Tests of HTTP, MCP and a robot.

pub mod http; // HTTP as scripts use it
pub mod http_fuzz; // what /openapi.json says against what the server does
pub mod http_hostile; // HTTP under attack
pub mod mcp; // MCP over HTTP and stdio
pub mod serve; // a server, and HTTP as it was from the first
pub mod xiaozhi; // a voice robot asks, and tells people
