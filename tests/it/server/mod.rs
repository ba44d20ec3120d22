//! Tests of the server: HTTP, MCP and a robot.

pub mod agents; // agents over every face
pub mod answers; // large results over HTTP and MCP
pub mod day; // a lake of one day, shared by these tests
pub mod fuzz; // every parameter with invalid values
pub mod grafana; // the dashboard of `deploy/grafana`
pub mod http; // every route of HTTP
pub mod http_fuzz; // /openapi.json compared with the server
pub mod http_hostile; // HTTP under attack
pub mod investigate; // requests that investigate, over HTTP and MCP
pub mod investigate_rows; // requests that read rows
pub mod mcp; // MCP with the official client
pub mod mcp_answers; // what a model reads
pub mod mcp_helpers; // a client and messages for the tests of MCP
pub mod mcp_http; // MCP over HTTP by hand
pub mod mcp_stdio; // MCP over stdio by hand
pub mod mcp_suites; // MCP with the conformance suite and the inspector
pub mod oauth; // where clients get tokens
pub mod page; // the page of `serve`, in a browser
pub mod postgres; // the lake over the Postgres protocol
pub mod postgres_bind; // values that clients bind
pub mod postgres_catalog; // what clients of Postgres read to list tables
pub mod postgres_hostile; // the Postgres protocol under attack
pub mod postgres_raw; // messages of the Postgres protocol by hand
pub mod serve; // `headwater serve`: paths, authentication, shutdown
pub mod slow; // clients that are slow, or leave
pub mod small_lake; // a lake of a few minutes, written by hand
pub mod transport; // keys and tokens on the way
pub mod xiaozhi; // a xiaozhi robot
