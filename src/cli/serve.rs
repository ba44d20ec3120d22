//! `headwater serve`: serves HTTP and runs the scheduled daily job, until a signal ends it.

use crate::api::Api;
use crate::cancel::Cancel;
use crate::cli::{Context, Done, Result, channels, notice};
use crate::config::schedule::Schedule;
use crate::ingest::Progress;
use crate::lake::catalog::{DeliveryState, OutboxEntry};
use crate::pipeline::{Installation, JobControl, batch, send_pending};
use crate::server as serve;
use crate::server::ServerState;
use crate::server::xiaozhi::Endpoint;
use model::error::Error;
use model::time::Ts;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How often the clock is read. Sleeping until the next run would oversleep if the machine is suspended.
const TICK: Duration = Duration::from_secs(1);

/// Pause before a failed run is retried.
const RETRY_S: i64 = 600;

/// Pause before pending messages are sent again. It doubles with each failure.
const SEND_S: i64 = 300;
/// The longest such pause.
const MAX_SEND_S: i64 = 3600;

/// Serve the page, the API and SQL, and run the scheduled daily job
///
/// With `[schedule] cron`, the daily job runs in this process: once at startup for the days that are due,
/// then at each scheduled time. Without it, run `headwater run` from a timer.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Paths: / (page), /v1/… (API, described by /openapi.json), /mcp, /metrics, /healthz, /readyz\n\nExample:\n  headwater serve --listen 127.0.0.1:8633"
)]
pub struct Args {
    /// Address and port; port 0 is any free port [default: `[serve] listen` of the config, else 127.0.0.1:8633]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,

    /// Address and port for clients of Postgres: psql, drivers, Grafana [default: `[serve] postgres`, else none]
    #[arg(long, value_name = "ADDR")]
    postgres: Option<SocketAddr>,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let mut installation = context.installation();
    let addresses = &mut installation.config.serve;
    addresses.listen = args.listen.unwrap_or(addresses.listen);
    addresses.postgres = args.postgres.or(addresses.postgres);
    for fault in context.runtime.block_on(installation.remember_rules())? {
        notice(&format!("warning: {fault}"));
    }
    let config = installation.config.clone();
    let api = Api::of(installation.clone())?;
    let robot = Endpoint::of(&config.xiaozhi, &api)?;
    let state = ServerState::of(&config, api)?;
    let schedule = config.schedule()?;
    let cancel = context.cancel_on_signal();
    std::thread::scope(|scope| {
        let scheduler =
            schedule.map(|schedule| scope.spawn(|| run_schedule(context, &installation, schedule, &cancel)));
        let served = context.runtime.block_on(async {
            let listener = state.bind().await?;
            let postgres = state.bind_postgres().await?;
            notice(&format!("listening on http://{}", listener.local_addr()?));
            if let Some(postgres) = &postgres {
                notice(&format!("listening on postgres://{}/headwater", postgres.local_addr()?));
            }
            let shutdown = || {
                let token = cancel.clone();
                async move {
                    token.wait().await;
                }
            };
            let postgres = async {
                if let Some(listener) = postgres {
                    serve::postgres::listen(listener, state.clone(), shutdown()).await;
                }
            };
            let robot = async {
                if let Some(robot) = &robot {
                    robot.run(&cancel, &notice).await;
                }
            };
            let served = async {
                serve::listen(listener, state.clone(), shutdown()).await;
                cancel.cancel(); // ends the connection of the robot too
            };
            tokio::join!(served, postgres, robot);
            Ok(())
        });
        cancel.cancel(); // if it cannot listen, the scheduler must not go on alone
        match scheduler.map(std::thread::ScopedJoinHandle::join) {
            Some(Err(_)) => Err(Error::bug("the scheduler of `serve` panicked")),
            _ => served,
        }
    })?;
    notice("stopped");
    Ok(Done::All)
}

/// Runs the daily job now and at each scheduled time, and sends pending messages in between.
fn run_schedule(context: &Context, installation: &Installation, schedule: Schedule, cancel: &Cancel) {
    let mut next = Some(Ts::now());
    let mut retry = SendRetry::from_now();
    while cancel.check().is_ok() {
        if next.is_some_and(|next| next <= Ts::now()) {
            let has_failed = run_job(context, installation, cancel);
            let scheduled = schedule.next_after(Ts::now());
            next = if has_failed { scheduled.min(Some(Ts::now().plus_s(RETRY_S))) } else { scheduled };
            retry = SendRetry::from_now();
        }
        if retry.next <= Ts::now() {
            retry.send(context, installation, cancel);
        }
        std::thread::sleep(TICK);
    }
}

/// Runs the daily job for the days that are due; returns true if it should be retried soon.
fn run_job(context: &Context, installation: &Installation, cancel: &Cancel) -> bool {
    let mut on_day = |outcome: crate::pipeline::Outcome| {
        notice(&format!(
            "{}: {} findings, {} problems",
            outcome.date,
            outcome.report.findings.len(),
            outcome.all_problems().len()
        ));
    };
    let progress = Progress::default();
    let control = JobControl { cancel, on_step: &|_| {}, progress: &progress, print: channels::to_stdout };
    let job = AssertUnwindSafe(|| batch(installation, context.runtime.handle(), None, &control, &mut on_day));
    match catch_unwind(job) {
        Ok(Ok(())) => false,
        Ok(Err(error)) => {
            notice(&format!("error: {error}"));
            true // another run may have held the lock of the lake
        }
        Err(_) => {
            notice("bug: the daily job panicked; the next attempt is at its scheduled time");
            false
        }
    }
}

/// When pending messages are sent again.
struct SendRetry {
    next: Ts,
    pause_s: i64,
}

impl SendRetry {
    fn from_now() -> Self {
        Self { next: Ts::now().plus_s(SEND_S), pause_s: SEND_S }
    }

    fn send(&mut self, context: &Context, installation: &Installation, cancel: &Cancel) {
        let control = JobControl {
            cancel,
            on_step: &|_| {},
            progress: &Progress::default(),
            print: channels::to_stdout,
        };
        // a rejected message needs a change of the config: it waits for the next run
        let is_retried = |entry: &OutboxEntry| entry.state != DeliveryState::Rejected;
        let sent =
            AssertUnwindSafe(|| send_pending(installation, context.runtime.handle(), &control, &is_retried));
        match catch_unwind(sent) {
            Ok(Ok(receipts)) => {
                channels::print_receipts(&receipts);
                let has_failed = receipts.iter().any(|receipt| receipt.problem().is_some());
                self.pause_s = if has_failed { (self.pause_s * 2).min(MAX_SEND_S) } else { SEND_S };
            }
            Ok(Err(error)) => tracing::warn!(%error, "cannot send pending messages"),
            Err(_) => notice("bug: sending panicked; the next attempt follows after the usual pause"),
        }
        self.next = Ts::now().plus_s(self.pause_s);
    }
}
