//! The console: statements and commands in, results out. Must not know how a line is typed.

use crate::cli::log::notice;
use crate::cli::sql::command::{self, Command};
use crate::cli::sql::output::{self, Files, Format};
use crate::cli::sql::rows::{Rows, collect};
use crate::cli::sql::{describe, editor, pager, table};
use crate::cli::{Context, Result, context, print};
use crate::pipeline::Workspace;
use crate::query::engine::Engine;
use crate::query::script;
use model::error::Error;
use std::io::IsTerminal;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};

/// Most rows of a result that are shown at the prompt.
const MAX_ROWS: usize = 1000;

/// Statements to start with.
const EXAMPLES: &str = include_str!("../../../sql/console/examples.sql");

/// What follows a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// The next line, which begins with this text.
    Line(String),
    /// Nothing: the console ends.
    End,
}

/// A session over the lake with its settings.
pub struct Console<'c> {
    context: &'c Context,
    workspace: Workspace,
    engine: Engine,
    /// Version of the catalog that the engine was opened at.
    version: i64,
    /// Whether a person reads the results: they are cut, and followed by a summary.
    is_attended: bool,
    format: Format,
    is_expanded: bool,
    is_timed: bool,
    files: Option<Files>,
    /// The last statement.
    last: String,
}

impl<'c> Console<'c> {
    /// Opens the lake.
    pub fn open(context: &'c Context, format: Format) -> Result<Self> {
        let workspace = context.workspace()?;
        let version = workspace.catalog.data_version()?;
        let engine = context.runtime.block_on(workspace.engine(None))?;
        // from now on Ctrl-C ends what runs, and not this process
        drop(context.runtime.block_on(async { signal(SignalKind::interrupt()) })?);
        Ok(Self {
            context,
            workspace,
            engine,
            version,
            is_attended: std::io::stdin().is_terminal(),
            format,
            is_expanded: false,
            is_timed: true,
            files: None,
            last: String::new(),
        })
    }

    /// Returns the rows of a statement of the program's own.
    pub fn query(&self, sql: &str) -> Result<Vec<arrow::array::RecordBatch>> {
        self.context.runtime.block_on(self.engine.query(sql))
    }

    /// Runs a text line by line, until one fails.
    pub fn script(&mut self, text: &str) -> Result<()> {
        let mut pending = String::new();
        for line in text.lines() {
            pending.push_str(line);
            if !is_whole(&pending) {
                pending.push('\n');
            } else if let Next::Line(rest) = self.take(&std::mem::take(&mut pending))? {
                pending = rest;
            } else {
                return Ok(());
            }
        }
        match script::split(&pending).rest.trim() {
            "" => Ok(()),
            statement => self.statement(statement),
        }
    }

    /// Runs the statements and commands of a text.
    pub fn take(&mut self, text: &str) -> Result<Next> {
        if let Some(command) = command::word(text) {
            return self.command(command, "");
        }
        if let Some((before, line)) = command_of(text) {
            return self.command(command::parse(line)?, before);
        }
        let parts = script::split(text);
        for statement in parts.statements {
            self.statement(statement)?;
        }
        Ok(Next::Line(String::new()))
    }

    /// Runs a command; `before` is the unfinished statement before it.
    fn command(&mut self, command: Command, before: &str) -> Result<Next> {
        match command {
            Command::Describe(None) => pager::show(&describe::tables(&self.workspace.catalog)?)?,
            Command::Describe(Some(name)) => {
                let text = self.context.runtime.block_on(describe::table(&self.engine, &name))?;
                pager::show(&text)?;
            }
            Command::Expanded(value) => {
                self.is_expanded = value.unwrap_or(!self.is_expanded);
                notice(if self.is_expanded { "one column a line" } else { "rows as a table" });
            }
            Command::Timing(value) => {
                self.is_timed = value.unwrap_or(!self.is_timed);
                notice(if self.is_timed { "timing is on" } else { "timing is off" });
            }
            Command::Output(None) => {
                self.files = None;
                notice("results go to the screen");
            }
            Command::Output(Some(path)) => self.files = Some(Files::of(&path)?),
            Command::Edit => return self.edit(before),
            Command::Examples => print(EXAMPLES)?,
            Command::Help => print(&command::help())?,
            Command::Quit => return Ok(Next::End),
        }
        Ok(Next::Line(before.to_owned()))
    }

    /// Edits the unfinished statement, or the last one; runs what is whole afterwards.
    fn edit(&mut self, before: &str) -> Result<Next> {
        let text = if before.trim().is_empty() { format!("{};\n", self.last) } else { before.to_owned() };
        let text = editor::edit(text.trim_start_matches(';'))?;
        let parts = script::split(&text);
        if !parts.rest.is_empty() {
            return Ok(Next::Line(text.trim_end().to_owned()));
        }
        for statement in parts.statements {
            notice(&format!("{statement};"));
            self.statement(statement)?;
        }
        Ok(Next::Line(String::new()))
    }

    /// Runs a statement and shows its rows.
    fn statement(&mut self, sql: &str) -> Result<()> {
        self.last = sql.to_owned();
        let begun = Instant::now();
        self.refresh()?;
        let keep = if self.is_attended && self.files.is_none() { MAX_ROWS } else { usize::MAX };
        let rows = self.rows(sql, keep)?;
        let took = begun.elapsed();
        if let Some(files) = &mut self.files {
            let path = files.write(&rows)?;
            notice(&format!("{} written to {}", summary(&rows), path.display()));
            return Ok(());
        }
        match self.format {
            Format::Table if self.is_expanded => pager::show(&table::expanded(&rows)?)?,
            Format::Table => pager::show(&table::grid(&rows)?)?,
            format => output::write(&rows, format, std::io::stdout().lock())?,
        }
        if self.is_attended {
            let time = if self.is_timed { format!(" ({})", seconds(took)) } else { String::new() };
            notice(&format!("{}{time}", summary(&rows)));
        }
        Ok(())
    }

    /// Opens the engine again if the lake has changed: files that were replaced are removed an hour later.
    fn refresh(&mut self) -> Result<()> {
        let version = self.workspace.catalog.data_version()?;
        if version != self.version {
            self.engine = self.context.runtime.block_on(self.workspace.engine(None))?;
            self.version = version;
        }
        Ok(())
    }

    /// Returns the first rows of a statement; Ctrl-C cancels it. The statement has threads of its own: those that it
    /// keeps busy would notice no signal, and no later statement would get them.
    fn rows(&self, sql: &str, keep: usize) -> Result<Rows> {
        let runtime = context::runtime(self.context.config.threads())?;
        let work = runtime.spawn(collect(self.engine.clone(), sql.to_owned(), keep));
        let rows = self.context.runtime.block_on(async {
            tokio::select! {
                rows = work => {
                    rows.map_err(|error| Error::bug("the query engine crashed on this statement").because(error))?
                }
                _ = tokio::signal::ctrl_c() => Err(Error::failed("cancelled")),
            }
        });
        runtime.shutdown_background();
        rows
    }
}

/// Returns true if a text can be run as it is: further lines would not belong to it.
pub fn is_whole(text: &str) -> bool {
    let parts = script::split(text);
    let is_done = !parts.is_open && parts.rest.is_empty();
    is_done || command::word(text).is_some() || command_of(text).is_some()
}

/// Returns the last line if it is a command, and the text before it.
pub fn command_of(text: &str) -> Option<(&str, &str)> {
    let at = text.rfind('\n').map_or(0, |at| at + 1);
    let (before, line) = text.split_at(at);
    let is_command = line.trim_start().starts_with('\\') && !script::split(before).is_open;
    is_command.then_some((before, line))
}

fn summary(rows: &Rows) -> String {
    match (rows.kept, rows.total) {
        (1, 1) => "1 row".to_owned(),
        (kept, total) if kept == total => format!("{total} rows"),
        (kept, total) => format!("{kept} of {total} rows shown; `\\o FILE` writes all"),
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}
