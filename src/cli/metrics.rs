//! `headwater metrics`: metrics of the lake and its runs, for a monitoring system.

use crate::cli::{Context, Done, Result, print};
use crate::lake::Space;
use model::error::Error;
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Print metrics of runs, lake, findings and deliveries as OpenMetrics text
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  headwater metrics --textfile /var/lib/node_exporter/textfile/headwater.prom"
)]
pub struct Args {
    /// Write to a file instead, for the textfile collector of node_exporter; replaced atomically
    #[arg(long, value_name = "FILE")]
    textfile: Option<PathBuf>,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let (lake, catalog) = context.open_lake()?;
    let text = crate::api::metrics::text(&catalog, Space::of(&lake.root).ok(), context.config.zone()?)?;
    match &args.textfile {
        None => print(&text)?,
        Some(path) => replace(path, &text).map_err(|error| {
            Error::failed("cannot write the metrics").at(path.display().to_string()).because(error)
        })?,
    }
    Ok(Done::All)
}

/// Replaces a file atomically with one that everyone may read.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(folder.unwrap_or_else(|| Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
