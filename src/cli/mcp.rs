//! `headwater mcp`: MCP on stdin and stdout, for a client that starts it. Stdout is the protocol's alone.

use crate::api::Api;
use crate::cli::{Context, Done, Result};
use crate::server as serve;
use std::time::Duration;

/// How long what is under way may take to end.
const LAST: Duration = Duration::from_secs(5);

/// Answer an MCP client on stdin and stdout
///
/// Clients start it themselves; over HTTP `headwater serve` answers the same at /mcp.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example of a client's configuration:\n  {\"mcpServers\": {\"headwater\": {\"command\": \"headwater\", \"args\": [\"--lake\", \"/var/lib/headwater\", \"mcp\"]}}}"
)]
pub struct Args {}

pub fn run(context: Context, _: &Args) -> Result<Done> {
    let api = Api::open(&context.config, context.lake_path(), context.rules_path())?;
    let stop = context.stop();
    let served = context.runtime.block_on(serve::mcp::stdio(api, async move {
        stop.wait().await;
    }));
    context.runtime.shutdown_timeout(LAST); // a read of stdin ends only when the client does
    served.map(|()| Done::All)
}
