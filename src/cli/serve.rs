//! `headwater serve`: answers over HTTP and runs the daily job at its time, until it is told to end.

use crate::api::Api;
use crate::cancel::Cancel;
use crate::cli::{Context, Done, Result, channels, say};
use crate::config::schedule::Schedule;
use crate::ingest::Progress;
use crate::lake::catalog::OutboxEntry;
use crate::pipeline::{Watch, batch, send_owed};
use crate::server as serve;
use crate::server::Place;
use crate::server::xiaozhi::Endpoint;
use model::error::Error;
use model::time::Ts;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How often the clock is looked at: a machine that was suspended wakes to another time.
const TICK: Duration = Duration::from_secs(1);

/// A run that failed is tried again after this long.
const AGAIN_S: i64 = 600;

/// What did not arrive, or was held back, is sent after this long, and then ever more seldom.
const SEND_S: i64 = 300;
const MOST_S: i64 = 3600;

/// Answer over HTTP, and run the daily job at its time
///
/// With `[schedule] cron` the daily job runs here: at start what is due, then at each firing. Without
/// it, `headwater run` is left to a timer outside.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Paths: / · /v1/… · /openapi.json lists them · /metrics · /healthz · /readyz\nExample:\n  headwater serve --listen 127.0.0.1:8633"
)]
pub struct Args {
    /// Address and port; 0 for any free port [default: the config's, else 127.0.0.1:8633]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let mut config = context.config.clone();
    config.serve.listen = args.listen.unwrap_or(config.serve.listen);
    let api = Api::open(&config, context.lake_path(), context.rules_path())?;
    let robot = Endpoint::of(&config.xiaozhi, &api)?;
    let place = Place::of(&config, api)?;
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
            let robot = async {
                if let Some(robot) = &robot {
                    robot.keep(&stop, &say).await;
                }
            };
            let served = async {
                serve::listen(listener, place, shutdown).await;
                stop.ask(); // the robot's connection ends with it
            };
            tokio::join!(served, robot);
            Ok(())
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
fn keep_time(context: &Context, schedule: Schedule, stop: &Cancel) {
    let mut next = Some(Ts::now());
    let mut owed = Owed::from_now();
    while stop.check().is_ok() {
        if next.is_some_and(|next| next <= Ts::now()) {
            let mut told = |outcome: crate::pipeline::Outcome| {
                say(&format!(
                    "{}: {} findings, {} problems",
                    outcome.date,
                    outcome.report.findings.len(),
                    outcome.all_problems().len()
                ));
            };
            let progress = Progress::default();
            let mut soon = false;
            let print = channels::to_stdout;
            let watch = Watch { stop, begun: &|_| {}, progress: &progress, print };
            let run = AssertUnwindSafe(|| {
                batch(&context.site(), context.runtime.handle(), None, &watch, &mut told)
            });
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
            owed = Owed::from_now();
        }
        if owed.next <= Ts::now() {
            owed.send(context, stop);
        }
        std::thread::sleep(TICK);
    }
}

/// When what did not arrive is sent again: ever more seldom while it does not.
struct Owed {
    next: Ts,
    pause_s: i64,
}

impl Owed {
    fn from_now() -> Self {
        Self { next: Ts::now().plus_s(SEND_S), pause_s: SEND_S }
    }

    fn send(&mut self, context: &Context, stop: &Cancel) {
        let watch =
            Watch { stop, begun: &|_| {}, progress: &Progress::default(), print: channels::to_stdout };
        // what only a change of the config can mend waits for the next run
        let which = |letter: &OutboxEntry| letter.state != "rejected";
        let sent = AssertUnwindSafe(|| send_owed(&context.site(), context.runtime.handle(), &watch, &which));
        match catch_unwind(sent) {
            Ok(Ok(receipts)) => {
                channels::tell(&receipts);
                let still = receipts.iter().any(|receipt| receipt.problem().is_some());
                self.pause_s = if still { (self.pause_s * 2).min(MOST_S) } else { SEND_S };
            }
            Ok(Err(error)) => tracing::warn!(%error, "what is owed was not sent"),
            Err(_) => say("bug: sending stopped; it is tried at its next time"),
        }
        self.next = Ts::now().plus_s(self.pause_s);
    }
}
