//! `headwater mcp`: MCP over stdin and stdout, for a client that starts it as a child process. Nothing
//! but protocol messages may be written to stdout.

use crate::api::Api;
use crate::cli::{Context, Done, Result};
use crate::server as serve;

/// Serve the Model Context Protocol (MCP) on stdin and stdout
///
/// An MCP client starts this command itself. `headwater serve` offers the same tools over HTTP, at /mcp.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example of a client's configuration:\n  {\"mcpServers\": {\"headwater\": {\"command\": \"headwater\", \"args\": [\"--lake\", \"/var/lib/headwater\", \"mcp\"]}}}"
)]
pub struct Args {}

pub fn run(context: &Context, _: &Args) -> Result<Done> {
    let api = Api::open(&context.config, context.lake_path(), context.rules_path())?;
    let cancel = context.cancel_on_signal();
    let served = context.runtime.block_on(serve::mcp::stdio(api, async move {
        cancel.wait().await;
    }));
    served.map(|()| Done::All)
}
