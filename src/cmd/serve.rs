//! `headwater serve`: answers over HTTP and runs the daily job at its time, until it is told to end.

use super::run::batch;
use super::{Context, Done, Result, say};
use crate::error::Error;
use crate::ingest::Progress;
use crate::schedule::Schedule;
use crate::serve::{self, Place};
use crate::stop::Stop;
use crate::window::Ts;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How often the clock is looked at: a machine that was suspended wakes to another time.
const TICK: Duration = Duration::from_secs(1);

/// A run that failed is tried again after this long.
const AGAIN_S: i64 = 600;

/// Answer over HTTP, and run the daily job at its time
///
/// With `[schedule] cron` the daily job runs here: at start what is due, then at each firing. Without
/// it, `headwater run` is left to a timer outside.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Paths: / · /v1/brief · /v1/runs · /metrics · /healthz · /readyz\nExample:\n  headwater serve --listen 127.0.0.1:8633"
)]
pub struct Args {
    /// Address and port; 0 for any free port [default: the config's, else 127.0.0.1:8633]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let mut config = context.config.clone();
    config.serve.listen = args.listen.unwrap_or(config.serve.listen);
    let place = Place::of(&config, context.lake_path())?;
    let schedule = config.schedule()?;
    let stop = context.stop();
    std::thread::scope(|scope| {
        let jobs = schedule.map(|schedule| scope.spawn(|| keep_time(context, schedule, &stop)));
        let served = context.runtime.block_on(async {
            let listener = place.bind().await?;
            say(&format!("listening on http://{}", listener.local_addr()?));
            let asked = stop.clone();
            let shutdown = async move {
                asked.wait().await;
            };
            serve::listen(listener, place, shutdown).await
        });
        stop.ask(); // where it cannot listen, no job runs unseen
        match jobs.map(std::thread::ScopedJoinHandle::join) {
            Some(Err(_)) => Err(Error::bug("the schedule of `serve` stopped")),
            _ => served,
        }
    })?;
    say("ended as asked");
    Ok(Done::All)
}

/// Runs what is due now, and then at each firing. A run that fails is tried at the next one.
fn keep_time(context: &Context, schedule: Schedule, stop: &Stop) {
    let mut next = Some(Ts::now());
    while stop.check().is_ok() {
        if next.is_some_and(|next| next <= Ts::now()) {
            let mut told = |outcome: crate::orchestrator::Outcome| {
                say(&format!(
                    "{}: {} findings, {} problems",
                    outcome.date,
                    outcome.report.findings.len(),
                    outcome.all_problems().len()
                ));
            };
            let progress = Progress::default();
            let mut soon = false;
            let run = AssertUnwindSafe(|| batch(context, None, stop, &|_| {}, &progress, &mut told));
            match catch_unwind(run) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    say(&format!("error: {error}"));
                    soon = true; // another run may have held the lake
                }
                Err(_) => say("bug: the daily job stopped; it is tried at its next time"),
            }
            let firing = schedule.next_after(Ts::now());
            next = if soon { firing.min(Some(Ts::now().plus_s(AGAIN_S))) } else { firing };
        }
        std::thread::sleep(TICK);
    }
}
