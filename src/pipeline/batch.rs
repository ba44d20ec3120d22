//! Jobs with everything they need: source, channels, the lake and its lock. The command line, the scheduler
//! and the API all start the daily job, a download, or sending here.

use crate::analysis::change;
use crate::cancel::Cancel;
use crate::delivery::channel::Channel;
use crate::delivery::{Outbox, Receipt};
use crate::ingest::{Batch, Ingested, Options, Progress, ingest};
use crate::lake::catalog::{Catalog, OutboxEntry};
use crate::lake::{Lake, commit};
use crate::pipeline::gather::{list, no_object_problem, scope};
use crate::pipeline::{Daily, Installation, Outcome, Workspace, limits};
use crate::source::ListedObject;
use chrono::NaiveDate;
use model::error::Result;
use model::time::Ts;
use std::io;
use tokio::runtime::Handle;

/// How a caller follows a job and cancels it.
#[derive(Clone, Copy)]
pub struct JobControl<'w> {
    /// Cancels the job.
    pub cancel: &'w Cancel,
    /// Is called with the name of each step as it starts.
    pub on_step: &'w (dyn Fn(&str) + Sync),
    /// Progress of reading objects.
    pub progress: &'w Progress,
    /// Prints the messages of a channel of kind `stdout`.
    pub print: fn(&str) -> io::Result<()>,
}

/// Runs the daily job under the lock of the lake, for `date` or for each day that is due. Calls `on_day` with
/// the outcome of each day.
pub fn batch(
    installation: &Installation,
    runtime: &Handle,
    date: Option<NaiveDate>,
    control: &JobControl<'_>,
    on_day: &mut dyn FnMut(Outcome),
) -> Result<()> {
    let source = installation.source(runtime)?;
    let channels = installation.channels(control.print)?;
    let lake = Lake::create(&installation.lake)?;
    let _lock = lake.lock("run")?;
    let mut workspace = installation.open(lake)?;
    let mut daily = Daily {
        workspace: &mut workspace,
        source: &source,
        channels: &channels,
        runtime,
        cancel: control.cancel,
        now: &Ts::now,
        on_step: control.on_step,
        progress: control.progress,
    };
    daily.run(date, on_day)
}

/// Sends the pending messages that `filter` selects, under the lock of the lake. Does not wait for the lock
/// if there are none.
pub fn send_pending(
    installation: &Installation,
    runtime: &Handle,
    control: &JobControl<'_>,
    filter: &(dyn Fn(&OutboxEntry) -> bool + Sync),
) -> Result<Vec<Receipt>> {
    let channels = installation.channels(control.print)?;
    let lake = Lake::open(&installation.lake)?;
    let mut catalog = Catalog::open(&lake.catalog_path())?;
    let has_pending = |channel: &Channel| Ok(catalog.pending_outbox(&channel.name)?.iter().any(filter));
    if !channels.iter().map(has_pending).collect::<Result<Vec<_>>>()?.contains(&true) {
        return Ok(Vec::new());
    }
    let _lock = lake.lock("send")?;
    catalog.recover_outbox()?;
    let outbox = Outbox {
        channels: &channels,
        zone: installation.config.zone()?,
        now: &Ts::now,
        cancel: control.cancel,
    };
    let mut receipts = outbox.expire(&mut catalog)?;
    receipts.extend(runtime.block_on(outbox.send(&mut catalog, filter))?);
    Ok(receipts)
}

/// Fails: the `print` of a [`JobControl`] if standard output is not available.
pub fn no_stdout(_: &str) -> io::Result<()> {
    Err(io::Error::other("standard output is in use; `headwater run` prints the message"))
}

/// Reads a day's objects from the source into the lake. Does not save a run or a report. Returns the listed
/// objects and the result.
pub fn download(
    installation: &Installation,
    runtime: &Handle,
    day: NaiveDate,
    control: &JobControl<'_>,
) -> Result<(Vec<ListedObject>, Ingested)> {
    let source = installation.source(runtime)?;
    let lake = Lake::create(&installation.lake)?;
    let _lock = lake.lock("download")?;
    let mut workspace = installation.open(lake)?;
    let now = Ts::now();
    commit::sweep(&workspace.lake, &workspace.catalog, now)?;
    (control.on_step)("collect");
    let (listed, mut problems) =
        list(&workspace, &source, &scope(&installation.config, day, day)?, control.cancel)?;
    if listed.is_empty() && problems.is_empty() {
        problems.push(no_object_problem(&installation.config, day));
    }
    (control.on_step)("ingest");
    let options = Options::of(&installation.config, now, control.cancel)?;
    let mut done = ingest(
        &workspace.lake,
        &mut workspace.catalog,
        Batch { source: &source, objects: &listed },
        &options,
        control.progress,
    )?;
    let Workspace { lake, catalog, config, .. } = &mut workspace;
    runtime.block_on(change::refresh(lake, catalog, config.zone()?, limits(config), &done.objects))?;
    problems.append(&mut done.problems);
    Ok((listed, Ingested { problems, ..done }))
}
