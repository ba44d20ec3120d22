//! `headwater config`: the commented default.

use super::{Done, Result, print};

/// Print the commented default config
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_: &Args) -> Result<Done> {
    print(crate::config::DEFAULT)?;
    Ok(Done::All)
}
