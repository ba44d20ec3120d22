//! `headwater query-worker`: one process of the pool that runs statements of strangers. It is started
//! by the server and speaks the pool's protocol; nobody calls it by hand.

use crate::cli::{Context, Done, Result};
use crate::query::sandbox::worker::{Place, work};
use std::path::PathBuf;

/// Answer the statements that come over stdin
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A folder of its own
    #[arg(long, value_name = "DIR")]
    temp: PathBuf,
    /// Threads
    #[arg(long, value_name = "N")]
    threads: usize,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let place = Place { lake: context.lake_path(), temp: args.temp.clone(), threads: args.threads };
    work(place, std::io::stdin().lock(), std::io::stdout())?;
    Ok(Done::All)
}
