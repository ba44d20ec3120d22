//! `headwater channels`: lists the channels, tests one, and sends pending messages.

use crate::cli::{Context, Done, Result, notice, print, print_problems, terminal};
use crate::config::{BriefLength, ChannelConfig, When};
use crate::delivery;
use crate::delivery::Receipt;
use crate::delivery::channel::SendOutcome;
use crate::ingest::Progress;
use crate::lake::catalog::OutboxEntry;
use crate::pipeline::{JobControl, send_pending};
use model::error::Error;
use model::time::Ts;
use std::io::{self, Write};

/// List channels, test one, or send pending messages
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater channels list\n  headwater channels test ops      sends a test message to the channel `ops`"
)]
pub struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// List the channels, what each receives, and its pending messages
    List,
    /// Send a test message
    Test {
        /// Name of the channel in the config
        name: String,
    },
    /// Send messages that failed or were held back in quiet hours
    ///
    /// Run it from a timer if `headwater serve`, which does this itself, does not run.
    Send,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    match &args.task {
        Task::List => list(context),
        Task::Test { name } => test(context, name),
        Task::Send => {
            let cancel = context.cancel_on_signal();
            let control = JobControl {
                cancel: &cancel,
                on_step: &|_| {},
                progress: &Progress::default(),
                print: to_stdout,
            };
            let receipts =
                send_pending(&context.installation(), context.runtime.handle(), &control, &|_| true)?;
            print_receipts(&receipts);
            let problems: Vec<_> = receipts.iter().filter_map(Receipt::problem).collect();
            Ok(print_problems("channels", &problems))
        }
    }
}

fn list(context: &Context) -> Result<Done> {
    let catalog = context.open_lake().ok().map(|(_, catalog)| catalog);
    let mut lines = Vec::new();
    for config in &context.config.channels {
        let pending = catalog.as_ref().map(|catalog| catalog.pending_outbox(&config.name)).transpose()?;
        let pending: Vec<String> = pending
            .unwrap_or_default()
            .iter()
            .map(|entry: &OutboxEntry| format!("{} {}", entry.date, entry.state))
            .collect();
        let pending = if pending.is_empty() { "none".to_owned() } else { pending.join(", ") };
        lines.push([config.name.clone(), config.kind.name().into(), route(config), pending]);
    }
    print(&terminal::columns(["CHANNEL", "KIND", "RECEIVES", "PENDING"], lines))?;
    Ok(Done::All)
}

/// Describes which briefs and findings go to a channel, and when.
fn route(config: &ChannelConfig) -> String {
    let mut words = vec![config.lang.name().to_owned()];
    words.extend(config.min_severity.map(|least| format!("{} or worse", least.name())));
    words.extend((!config.agents.is_empty()).then(|| config.agents.join("/")));
    words.extend(
        (!config.namespaces.is_empty()).then(|| format!("namespaces {}", config.namespaces.join(" "))),
    );
    words.extend(config.max_findings.map(|max| format!("at most {max} findings")));
    words.extend((config.when == When::Findings).then(|| "only days with findings".to_owned()));
    words.extend(match config.length {
        BriefLength::Chat => None,
        BriefLength::Voice => Some("voice length".to_owned()),
        BriefLength::Full => Some("full length".to_owned()),
    });
    words.extend(config.quiet.as_ref().map(|quiet| {
        let except = if config.urgent { " except critical findings" } else { "" };
        format!("not {quiet}{except}")
    }));
    words.join(", ")
}

fn test(context: &Context, name: &str) -> Result<Done> {
    let channels = context.installation().channels(to_stdout)?;
    let channel = channels.iter().find(|channel| channel.name == name).ok_or_else(|| {
        let names: Vec<_> = channels.iter().map(|channel| channel.name.as_str()).collect();
        Error::usage(format!("unknown channel `{name}`"))
            .hint(format!("the channels in the config are: {}", names.join(", ")))
    })?;
    let outcome = context.runtime.block_on(delivery::send_test(channel, Ts::now(), context.config.zone()?));
    let (why, hint) = match outcome {
        SendOutcome::Delivered(note) => {
            notice(&format!("`{name}` accepted the test message: {note}"));
            return Ok(Done::All);
        }
        SendOutcome::Rejected(why) => (why, "fix the channel's config or its environment variables"),
        SendOutcome::Busy(why, _) => (why, "the channel limits its rate: wait a minute"),
        SendOutcome::Unknown(why) | SendOutcome::Uncertain(why) => {
            (why, "check in the channel whether the message arrived")
        }
        SendOutcome::Failed(why) => {
            (why, "check that the channel's server is up and reachable from this host")
        }
    };
    Err(Error::failed(format!("cannot confirm that the test message arrived: {why}"))
        .at(format!("channel `{name}`"))
        .hint(hint))
}

/// Prints the outcome of each message to stderr.
pub fn print_receipts(receipts: &[Receipt]) {
    for receipt in receipts {
        let Receipt { channel, date, state, note, parts_sent, parts, .. } = receipt;
        let parts = if *parts > 1 { format!(", {parts_sent} of {parts} parts") } else { String::new() };
        notice(&format!("{date} to `{channel}`: {state}{parts}: {note}"));
    }
}

/// Prints a message for a channel of kind `stdout`.
pub fn to_stdout(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints a message of such a channel to stderr, for when stdout is in use.
pub fn to_stderr(text: &str) -> io::Result<()> {
    io::stderr().lock().write_all(text.as_bytes())
}
