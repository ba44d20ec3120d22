//! The command line: one file a subcommand, one list. Data goes to stdout, all else to stderr;
//! errors are printed here and nowhere else.

mod analyze;
mod brief;
mod channels;
mod completions;
mod config;
mod demo;
mod doctor;
mod evaluate;
mod ingest;
mod inspect;
mod lake;
mod log;
mod mcp;
mod metrics;
mod query_worker;
mod redact;
mod rules;
mod run;
mod runs;
mod schema;
mod serve;
mod show;
mod simulate;
mod sql;
mod trace;

use crate::api::runs::run_id;
use crate::cancel::Cancel;
use crate::cli::log::say;
use crate::config::Config;
use crate::lake::Lake;
use crate::lake::catalog::Catalog;
use crate::pipeline::{Site, Workplace};
use clap::{CommandFactory, Parser, Subcommand};
use model::error::{Error, Problem, Result};
use model::report::Report;
use model::time::{Ts, Window, parse_date};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// Reads a day of Kubernetes logs, finds what went wrong, and traces each error back to the
/// operation that caused it.
#[derive(Debug, Parser)]
#[command(
    name = "headwater",
    version,
    after_help = "Start with `headwater demo`: a whole incident day, nothing to set up."
)]
pub struct Cli {
    /// The lake's folder [default: the config's, else ./lake]
    #[arg(long, global = true, value_name = "DIR")]
    lake: Option<PathBuf>,
    /// The config file [default: ./headwater.toml where it exists]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A folder of rules beside the shipped ones
    #[arg(long, global = true, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// How stderr is written: lines for people, or JSON records
    #[arg(long, global = true, value_name = "FORMAT", env = "HEADWATER_LOG_FORMAT", default_value = "text")]
    log_format: log::Format,
    /// What to do
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Run(run::Args),
    Runs(runs::Args),
    Ingest(ingest::Args),
    Inspect(inspect::Args),
    Analyze(analyze::Args),
    Trace(trace::Args),
    Brief(brief::Args),
    Sql(sql::Args),
    #[command(hide = true)]
    QueryWorker(query_worker::Args),
    Redact(redact::Args),
    Rules(rules::Args),
    Simulate(simulate::Args),
    Evaluate(evaluate::Args),
    Lake(lake::Args),
    Serve(serve::Args),
    Mcp(mcp::Args),
    Channels(channels::Args),
    Metrics(metrics::Args),
    Doctor(doctor::Args),
    Schema(schema::Args),
    Config(config::Args),
    Completions(completions::Args),
}

/// What every subcommand gets.
pub struct Context {
    lake: Option<PathBuf>,
    rules: Option<PathBuf>,
    config: Config,
    /// Where the config stands; nothing for the defaults.
    config_place: Option<PathBuf>,
    runtime: tokio::runtime::Runtime,
}

/// How a subcommand ended when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// All of it was done.
    All,
    /// Something failed and was reported; the rest was done.
    InPart,
}

impl Context {
    fn lake_path(&self) -> PathBuf {
        self.lake.clone().unwrap_or_else(|| self.config.lake.path.clone())
    }

    fn rules_path(&self) -> Option<PathBuf> {
        self.rules.clone().or_else(|| self.config.rules.path.clone())
    }

    /// Returns the wish to stop that SIGINT and SIGTERM become from now on; a second one ends at once.
    fn stop(&self) -> Cancel {
        let stop = Cancel::default();
        let asked = stop.clone();
        self.runtime.spawn(async move {
            let Ok(mut term) = signal(SignalKind::terminate()) else { return };
            let mut times = 0;
            loop {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = term.recv() => {}
                }
                times += 1;
                if times > 1 {
                    std::process::exit(130);
                }
                say("stopping; once more ends it at once");
                asked.ask();
            }
        });
        stop
    }

    /// Returns what the lake is worked on with.
    fn site(&self) -> Site {
        Site { lake: self.lake_path(), rules: self.rules_path(), config: self.config.clone() }
    }

    /// Opens an existing lake for reading and analysis.
    fn workplace(&self) -> Result<Workplace> {
        self.site().open(Lake::open(&self.lake_path())?)
    }

    /// Runs agents and traces over a window while the steps show on stderr; a whole day's report is kept.
    fn analyse(&self, place: &mut Workplace, window: Window) -> Result<Report> {
        let spinner = show::spinner();
        let begun = |step: &str| spinner.set_message(step.to_owned());
        let report = self.runtime.block_on(place.analyse(window, &run_id(Ts::now()), &begun));
        spinner.finish_and_clear();
        let report = report?;
        place.keep(&report)?;
        Ok(report)
    }

    /// Returns the window of `--date`, or `--from` and `--to`, or the last day with rows.
    fn window(&self, catalog: &Catalog, date: Option<&str>, span: Option<(&str, &str)>) -> Result<Window> {
        let zone = self.config.zone()?;
        if let Some((from, to)) = span {
            return Window::between(from, to, zone);
        }
        let date = match date {
            Some(date) => date.to_owned(),
            None => catalog.last_date()?.ok_or_else(|| {
                Error::failed("the lake holds no rows yet")
                    .at(self.lake_path().display().to_string())
                    .hint("`headwater ingest PATH` first")
            })?,
        };
        Ok(Window::day(parse_date(&date)?, zone))
    }
}

/// Parses the command line, runs it, and returns the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    log::begin(cli.log_format);
    match run(cli) {
        Ok(Done::All) => ExitCode::SUCCESS,
        Ok(Done::InPart) => ExitCode::from(1),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            log::fail(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(cli: Cli) -> Result<Done> {
    let config = match (Config::load(cli.config.as_deref()), &cli.command) {
        (Err(error), Command::Doctor(args)) => return doctor::without_config(error, args),
        (config, _) => config?,
    };
    ::redact::adopt(&config.redact)?;
    let config_place = Config::place(cli.config.as_deref()).map(PathBuf::from);
    let threads = match cli.command {
        Command::QueryWorker(_) => 1, // it makes its own, within its limits
        _ => config.threads(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_stack_size(16 << 20) // deep plans of long expressions
        .enable_all()
        .build()?;
    let context = Context { lake: cli.lake, rules: cli.rules, config, config_place, runtime };
    match cli.command {
        Command::Demo(args) => demo::run(&context, &args),
        Command::Run(args) => run::run(&context, &args),
        Command::Runs(args) => runs::run(&context, &args),
        Command::Ingest(args) => ingest::run(&context, &args),
        Command::Inspect(args) => inspect::run(&context, &args),
        Command::Analyze(args) => analyze::run(&context, &args),
        Command::Trace(args) => trace::run(&context, &args),
        Command::Brief(args) => brief::run(&context, &args),
        Command::Sql(args) => sql::run(&context, &args),
        Command::QueryWorker(args) => query_worker::run(&context, &args),
        Command::Redact(args) => redact::run(&context, &args),
        Command::Rules(args) => rules::run(&context, &args),
        Command::Simulate(args) => simulate::run(&context, &args),
        Command::Evaluate(args) => evaluate::run(&context, &args),
        Command::Lake(args) => lake::run(&context, &args),
        Command::Serve(args) => serve::run(&context, &args),
        Command::Mcp(args) => mcp::run(context, &args),
        Command::Channels(args) => channels::run(&context, &args),
        Command::Metrics(args) => metrics::run(&context, &args),
        Command::Doctor(args) => doctor::run(&context, &args),
        Command::Schema(args) => schema::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Completions(args) => completions::run(&args, &mut Cli::command()),
    }
}

/// Writes data to stdout.
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
    print(
        &serde_json::to_string_pretty(value)
            .map_err(|error| Error::bug("a result does not serialise").because(error))?,
    )
}

/// Reports problems on stderr, the first ten in full.
fn report(what: &str, problems: &[Problem]) -> Done {
    if problems.is_empty() {
        return Done::All;
    }
    say(&format!("{what}: {} problem(s)", problems.len()));
    for problem in problems.iter().take(10) {
        say(&format!("  {problem}"));
    }
    if problems.len() > 10 {
        say(&format!("  … and {} more; `--json` lists them all", problems.len() - 10));
    }
    Done::InPart
}

fn is_broken_pipe(error: &Error) -> bool {
    let io = error.source.as_ref().and_then(|source| source.downcast_ref::<std::io::Error>());
    io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}
