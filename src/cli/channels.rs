//! `headwater channels`: where briefs go, what they are owed, and whether they can be reached.

use crate::cli::{Context, Done, Result, print, say, show};
use crate::config::{BriefLength, ChannelConfig, When};
use crate::delivery;
use crate::delivery::Receipt;
use crate::delivery::channel::Sent;
use crate::ingest::Progress;
use crate::lake::Lake;
use crate::lake::catalog::{Catalog, OutboxEntry};
use crate::pipeline::{Watch, send_owed};
use model::error::Error;
use model::time::Ts;
use std::io::{self, Write};

/// Show where briefs go, try a channel, send what is owed
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  headwater channels list\n  headwater channels test ops")]
pub struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// The channels, their routes, and how many messages are on their way to each
    List,
    /// Send one message that says it is a test
    Test {
        /// Name of the channel
        name: String,
    },
    /// Send what did not arrive yet, or was held back in quiet hours: for a timer where no `serve` runs
    Send,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    match &args.task {
        Task::List => list(context),
        Task::Test { name } => test(context, name),
        Task::Send => {
            let stop = context.stop();
            let watch =
                Watch { stop: &stop, begun: &|_| {}, progress: &Progress::default(), print: to_stdout };
            let receipts = send_owed(&context.site(), context.runtime.handle(), &watch, &|_| true)?;
            tell(&receipts);
            let problems: Vec<_> = receipts.iter().filter_map(Receipt::problem).collect();
            Ok(crate::cli::report("channels", &problems))
        }
    }
}

fn list(context: &Context) -> Result<Done> {
    let catalog = Lake::open(&context.lake_path()).and_then(|lake| Catalog::open(&lake.catalog_path())).ok();
    let mut lines = Vec::new();
    for config in &context.config.broadcast {
        let open = catalog.as_ref().map(|catalog| catalog.pending_outbox(&config.name)).transpose()?;
        let open: Vec<String> = open
            .unwrap_or_default()
            .iter()
            .map(|letter: &OutboxEntry| format!("{} {}", letter.date, letter.state))
            .collect();
        let open = if open.is_empty() { "nothing".to_owned() } else { open.join(", ") };
        lines.push([config.name.clone(), config.kind.name().into(), route(config), open]);
    }
    print(&show::columns(["CHANNEL", "KIND", "GETS", "OWED"], lines))?;
    Ok(Done::All)
}

/// Returns in words what goes to a channel, and when.
fn route(config: &ChannelConfig) -> String {
    let mut words = vec![config.lang.clone()];
    words.extend(config.min_severity.map(|least| format!("{} and graver", least.name())));
    words.extend((!config.agents.is_empty()).then(|| config.agents.join("/")));
    words.extend(
        (!config.namespaces.is_empty()).then(|| format!("namespaces {}", config.namespaces.join(" "))),
    );
    words.extend(config.max_findings.map(|most| format!("at most {most} findings")));
    words.extend((config.when == When::Findings).then(|| "days with findings".to_owned()));
    words.extend(match config.length {
        BriefLength::Chat => None,
        BriefLength::Voice => Some("spoken".to_owned()),
        BriefLength::Full => Some("in full".to_owned()),
    });
    words.extend(config.quiet.as_ref().map(|quiet| {
        let but = if config.urgent { " but for critical ones" } else { "" };
        format!("not {quiet}{but}")
    }));
    words.join(", ")
}

fn test(context: &Context, name: &str) -> Result<Done> {
    let channels = context.site().channels(to_stdout)?;
    let channel = channels.iter().find(|channel| channel.name == name).ok_or_else(|| {
        let names: Vec<_> = channels.iter().map(|channel| channel.name.as_str()).collect();
        Error::usage(format!("there is no channel `{name}`"))
            .hint(format!("`[[broadcast]]` of the config names them: {}", names.join(", ")))
    })?;
    let sent = context.runtime.block_on(delivery::test(channel, Ts::now(), context.config.zone()?));
    let (why, hint) = match sent {
        Sent::Delivered(note) => {
            say(&format!("`{name}` took the test message: {note}"));
            return Ok(Done::All);
        }
        Sent::Rejected(why) => (why, "mend the channel's config or its environment variables"),
        Sent::Busy(why, _) => (why, "it was written to too much: wait a minute"),
        Sent::Unknown(why) | Sent::Doubtful(why) => (why, "look there whether it came"),
        Sent::Refused(why) => (why, "is it up, and can it be reached from here?"),
    };
    Err(Error::failed(format!("the test message did not surely arrive: {why}"))
        .at(format!("channel `{name}`"))
        .hint(hint))
}

/// Tells on stderr what came of each message.
pub fn tell(receipts: &[Receipt]) {
    for receipt in receipts {
        let Receipt { channel, date, state, note, parts_sent, parts, .. } = receipt;
        let parts = if *parts > 1 { format!(", {parts_sent} of {parts} parts") } else { String::new() };
        say(&format!("{date} to `{channel}`: {state}{parts}: {note}"));
    }
}

/// Prints for a channel of kind `stdout`.
pub fn to_stdout(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints the same where stdout is taken.
pub fn to_stderr(text: &str) -> io::Result<()> {
    io::stderr().lock().write_all(text.as_bytes())
}
