//! `headwater completions`: what a shell completes.

use crate::cli::{Done, Result, print};

/// Print the completion script of a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  headwater completions bash > /etc/bash_completion.d/headwater")]
pub struct Args {
    /// Shell
    shell: clap_complete::Shell,
}

pub fn run(args: &Args, command: &mut clap::Command) -> Result<Done> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "headwater", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Done::All)
}
