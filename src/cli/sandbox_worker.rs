//! `headwater sandbox-worker` (hidden): one child process of the pool that runs untrusted SQL. The
//! server starts it and talks to it over stdin and stdout; nobody runs it by hand.

use crate::cli::{Context, Done, Result};
use crate::query::sandbox::worker;
use crate::query::sandbox::worker::WorkerConfig;
use std::path::PathBuf;

/// Run the SQL statements that arrive on stdin
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder for temporary files of this process
    #[arg(long, value_name = "DIR")]
    temp: PathBuf,
    /// Threads of the engine
    #[arg(long, value_name = "N")]
    threads: usize,
    /// Zone of times without an offset
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    zone: chrono_tz::Tz,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let (temp, threads, zone) = (args.temp.clone(), args.threads, args.zone);
    let config = WorkerConfig { lake: context.lake_path(), temp, threads, zone };
    worker::run(config, std::io::stdin().lock(), std::io::stdout())?;
    Ok(Done::All)
}
