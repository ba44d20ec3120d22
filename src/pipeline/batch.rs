//! The daily job with all that it needs: source, channels, the lake and its lock. Whoever starts it,
//! a person, a timer or a question, starts it here.

use crate::cancel::Cancel;
use crate::delivery::channel::Channel;
use crate::delivery::{Outbox, Receipt};
use crate::ingest::{Ingested, Options, Progress, ingest};
use crate::lake::catalog::{Catalog, OutboxEntry};
use crate::lake::{Lake, commit};
use crate::pipeline::gather::{list, no_object, scope};
use crate::pipeline::{Daily, Outcome, Site};
use crate::source::Listed;
use chrono::NaiveDate;
use model::error::Result;
use model::time::Ts;
use std::io;
use tokio::runtime::Handle;

/// Who follows the work, and may end it.
#[derive(Clone, Copy)]
pub struct Watch<'w> {
    /// When to stop.
    pub stop: &'w Cancel,
    /// Hears each step as it begins.
    pub begun: &'w (dyn Fn(&str) + Sync),
    /// How far the reading is.
    pub progress: &'w Progress,
    /// How a channel of kind `stdout` prints.
    pub print: fn(&str) -> io::Result<()>,
}

/// Runs the daily batch under the lake's lock; `told` gets each day's outcome as it is there.
pub fn batch(
    site: &Site,
    runtime: &Handle,
    date: Option<NaiveDate>,
    watch: &Watch<'_>,
    told: &mut dyn FnMut(Outcome),
) -> Result<()> {
    let source = site.source(runtime)?;
    let channels = site.channels(watch.print)?;
    let lake = Lake::create(&site.lake)?;
    let _lock = lake.lock("run")?;
    let mut place = site.open(lake)?;
    let mut daily = Daily {
        place: &mut place,
        source: &source,
        channels: &channels,
        runtime,
        stop: watch.stop,
        now: &Ts::now,
        begun: watch.begun,
        progress: watch.progress,
    };
    daily.run(date, told)
}

/// Sends what earlier runs still owe, of what `which` picks, under the lake's lock.
pub fn send_owed(
    site: &Site,
    runtime: &Handle,
    watch: &Watch<'_>,
    which: &(dyn Fn(&OutboxEntry) -> bool + Sync),
) -> Result<Vec<Receipt>> {
    let channels = site.channels(watch.print)?;
    let lake = Lake::open(&site.lake)?;
    let mut catalog = Catalog::open(&lake.catalog_path())?;
    let is_owed = |channel: &Channel| Ok(catalog.pending_outbox(&channel.name)?.iter().any(which));
    if !channels.iter().map(is_owed).collect::<Result<Vec<_>>>()?.contains(&true) {
        return Ok(Vec::new());
    }
    let _lock = lake.lock("send")?;
    catalog.settle_outbox()?;
    let post = Outbox { channels: &channels, zone: site.config.zone()?, now: &Ts::now, stop: watch.stop };
    let mut receipts = post.let_go(&mut catalog)?;
    receipts.extend(runtime.block_on(post.send(&mut catalog, which))?);
    Ok(receipts)
}

/// Prints nothing: what a channel of kind `stdout` prints with where the output is not the caller's.
pub fn mute(_: &str) -> io::Result<()> {
    Err(io::Error::other("this output is taken: `headwater run` prints it"))
}

/// Reads a day's objects of the source into the lake, and does no more: no run is noted. Returns what
/// was listed, and what came of it.
pub fn download(
    site: &Site,
    runtime: &Handle,
    day: NaiveDate,
    watch: &Watch<'_>,
) -> Result<(Vec<Listed>, Ingested)> {
    let source = site.source(runtime)?;
    let lake = Lake::create(&site.lake)?;
    let _lock = lake.lock("download")?;
    let mut place = site.open(lake)?;
    let now = Ts::now();
    commit::sweep(&place.lake, &place.catalog, now)?;
    (watch.begun)("collect");
    let (listed, mut problems) = list(&place, &source, &scope(&site.config, day, day)?)?;
    if listed.is_empty() && problems.is_empty() {
        problems.push(no_object(&site.config, day));
    }
    (watch.begun)("ingest");
    let options = Options::of(&site.config, now, watch.stop)?;
    let mut done = ingest(&place.lake, &mut place.catalog, &source, &listed, &options, watch.progress)?;
    problems.append(&mut done.problems);
    Ok((listed, Ingested { problems, ..done }))
}
