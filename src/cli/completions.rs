//! `headwater completions`: completion scripts of shells.

use crate::cli::{Cli, Context, Done, Result, print};
use clap::CommandFactory;

/// Print the completion script of a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  headwater completions bash > /etc/bash_completion.d/headwater")]
pub struct Args {
    /// Shell that reads the script
    shell: clap_complete::Shell,
}

pub fn run(_: &Context, args: &Args) -> Result<Done> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "headwater", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Done::All)
}
