//! The command line. A subcommand is one file (its arguments and a `run`), its `mod` line and its line
//! in `subcommands!`. Results go to stdout, everything else to stderr through `log`; the error that
//! ends the program is printed here and nowhere else. Must not hold logic that HTTP or MCP also need:
//! that belongs in `api`.

mod agents;
mod analyze;
mod brief;
mod channels;
mod completions;
mod config;
mod context;
mod demo;
mod doc;
mod doctor;
mod evaluate;
mod formats;
mod ingest;
mod inspect;
mod lake;
mod log;
mod mcp;
mod metrics;
mod redact;
mod report;
mod rules;
mod run;
mod runs;
mod sandbox_worker;
mod schema;
mod serve;
mod simulate;
mod sql;
mod stages;
mod terminal;
mod trace;

use crate::cli::context::Context;
use crate::cli::log::notice;
use crate::config::Config;
use clap::{Parser, Subcommand};
use model::error::{Error, Problem, Result};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// How long work in progress may take to end when the program does.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Problems that are printed in full; of the others only the number is.
const MAX_PROBLEMS: usize = 10;

/// Reads a day of Kubernetes logs, finds what went wrong, and traces each error back to the
/// operation that caused it.
#[derive(Debug, Parser)]
#[command(
    name = "headwater",
    version,
    after_help = "Start with `headwater demo`: it simulates an incident day and needs no setup.\n\nExit codes: 0 done; 1 failed, or done in part; 2 wrong arguments or config."
)]
pub struct Cli {
    /// Lake folder [default: `[lake] path` of the config, else ./lake]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    lake: Option<PathBuf>,
    /// Config file [default: ./headwater.toml if it exists]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    config: Option<PathBuf>,
    /// Folder with your own rules, used in addition to the built-in ones
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    rules: Option<PathBuf>,
    /// Format of stderr: `text`, or `json` for one JSON record per line
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        env = "HEADWATER_LOG_FORMAT",
        default_value = "text",
        hide_possible_values = true,
        help_heading = "Global options"
    )]
    log_format: log::Format,
    #[command(subcommand)]
    command: Command,
}

/// Declares the subcommands in the order of `--help`, each with the module of its `Args` and `run`.
macro_rules! subcommands {
    ($($(#[$attribute:meta])* $name:ident => $module:ident,)*) => {
        #[derive(Debug, Subcommand)]
        enum Command {
            $($(#[$attribute])* $name($module::Args),)*
        }

        impl Command {
            fn run(&self, context: &Context) -> Result<Done> {
                match self {
                    $(Self::$name(args) => $module::run(context, args),)*
                }
            }
        }
    };
}

subcommands! {
    Demo => demo,
    Run => run,
    Runs => runs,
    Ingest => ingest,
    Formats => formats,
    Inspect => inspect,
    Analyze => analyze,
    Agents => agents,
    Trace => trace,
    Brief => brief,
    Report => report,
    Sql => sql,
    Redact => redact,
    Rules => rules,
    Simulate => simulate,
    Evaluate => evaluate,
    Lake => lake,
    Serve => serve,
    Mcp => mcp,
    Channels => channels,
    Metrics => metrics,
    Doctor => doctor,
    Schema => schema,
    Config => config,
    Doc => doc,
    Completions => completions,
    #[command(hide = true)] SandboxWorker => sandbox_worker,
    #[command(hide = true)] Stages => stages,
}

/// How a subcommand ended if it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Everything was done: exit code 0.
    All,
    /// A part failed and was reported; the rest was done: exit code 1.
    InPart,
}

/// Parses the command line, runs the subcommand and returns the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    log::init(cli.log_format);
    match start(cli) {
        Ok(Done::All) => ExitCode::SUCCESS,
        Ok(Done::InPart) => ExitCode::from(1),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            log::fatal(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Reads the config, starts the runtime and runs the subcommand.
fn start(cli: Cli) -> Result<Done> {
    let Cli { lake, config, rules, command, .. } = cli;
    let config_path = Config::file(config.as_deref()).map(PathBuf::from);
    let config = match (Config::load(config.as_deref()), &command) {
        (Err(error), Command::Doctor(args)) => return doctor::without_config(error, args),
        (config, _) => config?,
    };
    ::redact::configure(&config.redact)?;
    let threads = match command {
        Command::SandboxWorker(_) => 1, // its engine has threads of its own, within its limits
        _ => config.threads(),
    };
    let runtime = context::runtime(threads)?;
    let context = Context { lake, rules, config, config_path, runtime };
    let done = command.run(&context);
    // a pending read of stdin ends only when the client closes it, and a statement beyond its time only when it looks
    context.runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    done
}

/// Writes text to stdout, with a line end.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

/// Writes a value to stdout as one JSON document.
fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Error::bug("cannot write the result as JSON").because(error))?;
    print(&text)
}

/// Prints problems to stderr, the first ten in full.
fn print_problems(task: &str, problems: &[Problem]) -> Done {
    if problems.is_empty() {
        return Done::All;
    }
    notice(&format!("{task}: {} problem(s)", problems.len()));
    for problem in problems.iter().take(MAX_PROBLEMS) {
        notice(&format!("  {problem}"));
    }
    if let Some(more @ 1..) = problems.len().checked_sub(MAX_PROBLEMS) {
        notice(&format!("  … and {more} more; `--json` lists all of them"));
    }
    Done::InPart
}

/// Returns true if the reader of stdout closed it, as `head` does: that is no failure.
fn is_broken_pipe(error: &Error) -> bool {
    let io = error.source.as_ref().and_then(|source| source.downcast_ref::<std::io::Error>());
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}
