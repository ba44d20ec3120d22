//! `headwater sql`: ad hoc SQL over the lake, as one statement or at a prompt.

use crate::cli::{Context, Done, Result, notice, print};
use crate::query::engine::Engine;
use crate::query::error::engine_error;
use crate::query::{export, flat};
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use model::error::Error;
use parquet::arrow::ArrowWriter;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// Query the lake with SQL; without a statement, open a prompt
///
/// Tables: business, standard, event, audit, state, change, topology. Views: broken, business_lines, business_peers,
/// standard_lines, standard_peers. `describe audit` lists the columns of one.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater sql \"select reason, count(*) from event group by 1 order by 2 desc\"\n  headwater sql -f report.sql --format csv"
)]
pub struct Args {
    /// Read-only SQL statement
    #[arg(value_name = "SQL")]
    query: Option<String>,
    /// Read the statement from a file
    #[arg(short, long, value_name = "FILE", conflicts_with = "query")]
    file: Option<PathBuf>,
    /// Output format [default: table on a terminal, else csv]
    #[arg(long)]
    format: Option<Format>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
    Parquet,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let workspace = context.workspace()?;
    let engine = context.runtime.block_on(workspace.engine(None))?;
    let default = if std::io::stdout().is_terminal() { Format::Table } else { Format::Csv };
    let format = args.format.unwrap_or(default);
    let query = match (&args.query, &args.file) {
        (Some(query), _) => query.clone(),
        (None, Some(file)) => std::fs::read_to_string(file).map_err(|error| {
            Error::usage("cannot read the statement").at(file.display().to_string()).because(error)
        })?,
        (None, None) => return prompt(context, &engine),
    };
    run_statement(context, &engine, &query, format)?;
    Ok(Done::All)
}

fn run_statement(context: &Context, engine: &Engine, query: &str, format: Format) -> Result<()> {
    let batches = context.runtime.block_on(async {
        let frame =
            engine.plan(query).await.map_err(|error| error.into_error("cannot plan the statement", "sql"))?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        let mut batches =
            frame.collect().await.map_err(|error| engine_error("the statement failed", error))?;
        if batches.is_empty() {
            batches.push(RecordBatch::new_empty(schema));
        }
        Ok::<_, Error>(batches)
    })?;
    print_batches(&batches, format)
}

fn print_batches(batches: &[RecordBatch], format: Format) -> Result<()> {
    match format {
        Format::Table => {
            let batches = batches.iter().map(flat::whole).collect::<std::result::Result<Vec<_>, _>>();
            let batches = batches.map_err(cannot_write)?;
            print(&arrow::util::pretty::pretty_format_batches(&batches).map_err(cannot_write)?.to_string())
        }
        Format::Json => {
            let mut bytes = Vec::new();
            export::json(batches, &mut bytes).map_err(cannot_write)?;
            print(&String::from_utf8_lossy(&bytes))
        }
        Format::Csv => {
            let schema = batches.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
            let bytes = export::csv(&schema, batches).map_err(cannot_write)?;
            print(&String::from_utf8_lossy(&bytes))
        }
        Format::Parquet => {
            Ok(std::io::stdout().lock().write_all(&parquet(batches).map_err(cannot_write)?)?)
        }
    }
}

/// Returns the bytes of a Parquet file; none if there are no batches.
fn parquet(batches: &[RecordBatch]) -> parquet::errors::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(first) = batches.first() {
        let mut writer = ArrowWriter::try_new(&mut bytes, first.schema(), None)?;
        for batch in batches {
            writer.write(batch)?;
        }
        writer.close()?;
    }
    Ok(bytes)
}

fn cannot_write(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::failed("cannot write the result").because(error)
}

fn prompt(context: &Context, engine: &Engine) -> Result<Done> {
    let failed = |error: rustyline::error::ReadlineError| Error::failed("the prompt failed").because(error);
    let mut editor = rustyline::DefaultEditor::new().map_err(failed)?;
    notice("end a statement with `;`; `describe audit;` lists columns; Ctrl-D exits");
    let mut statement = String::new();
    loop {
        let line = match editor.readline(if statement.is_empty() { "sql> " } else { "  -> " }) {
            Ok(line) => line,
            Err(rustyline::error::ReadlineError::Interrupted) => {
                statement.clear();
                continue;
            }
            Err(rustyline::error::ReadlineError::Eof) => return Ok(Done::All),
            Err(error) => return Err(failed(error)),
        };
        statement.push_str(&line);
        statement.push('\n');
        if statement.trim_end().ends_with(';') {
            let _ = editor.add_history_entry(statement.trim());
            let statement = std::mem::take(&mut statement);
            let query = statement.trim().trim_end_matches(';');
            if let Err(error) = run_statement(context, engine, query, Format::Table) {
                notice(&format!("error: {error}"));
            }
        }
    }
}
