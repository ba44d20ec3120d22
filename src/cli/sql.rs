//! `headwater sql`: ad hoc SQL over the lake, one statement or a prompt.

use crate::cli::{Context, Done, Result, print, say};
use crate::query::engine::{Engine, engine_error};
use arrow::array::RecordBatch;
use model::error::Error;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Ask the lake in SQL; a prompt without QUERY
///
/// Tables: business, standard, event, audit, topology. `describe audit` shows columns.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater sql \"select reason, count(*) from event group by 1 order by 2 desc\"\n  headwater sql -f report.sql --format csv"
)]
pub struct Args {
    /// One read-only statement
    query: Option<String>,
    /// Read the statement from a file
    #[arg(short, long, conflicts_with = "query")]
    file: Option<PathBuf>,
    /// How to print [default: table on a terminal, csv in a pipe]
    #[arg(long, value_parser = ["table", "json", "csv", "parquet"])]
    format: Option<String>,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let place = context.workplace()?;
    let engine = context.runtime.block_on(place.engine(None))?;
    let format = args
        .format
        .clone()
        .unwrap_or_else(|| if std::io::stdout().is_terminal() { "table" } else { "csv" }.into());
    let query = match (&args.query, &args.file) {
        (Some(query), _) => query.clone(),
        (None, Some(file)) => std::fs::read_to_string(file).map_err(|error| {
            Error::usage("the statement's file cannot be read").at(file.display().to_string()).because(error)
        })?,
        (None, None) => return prompt(context, &engine),
    };
    answer(context, &engine, &query, &format)?;
    Ok(Done::All)
}

fn answer(context: &Context, engine: &Engine, query: &str, format: &str) -> Result<()> {
    let batches = context.runtime.block_on(async {
        let frame = engine
            .plan(query)
            .await
            .map_err(|fault| fault.into_error("the statement cannot be planned", "sql"))?;
        let schema = std::sync::Arc::new(frame.schema().as_arrow().clone());
        let mut batches =
            frame.collect().await.map_err(|error| engine_error("the statement failed", error))?;
        if batches.is_empty() {
            batches.push(RecordBatch::new_empty(schema));
        }
        Ok::<_, Error>(batches)
    })?;
    write(&batches, format)
}

fn write(batches: &[RecordBatch], format: &str) -> Result<()> {
    let failed =
        |error: arrow::error::ArrowError| Error::failed("the result cannot be written").because(error);
    match format {
        "json" => {
            let rows = crate::analysis::agent::rows_of(batches)?;
            crate::cli::print_json(&rows)
        }
        "csv" => {
            let mut bytes = Vec::new();
            let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(&mut bytes);
            for batch in batches {
                writer.write(batch).map_err(failed)?;
            }
            drop(writer);
            print(&String::from_utf8_lossy(&bytes))
        }
        "parquet" => {
            use std::io::Write;
            let mut bytes = Vec::new();
            let broken = |error: parquet::errors::ParquetError| {
                Error::failed("the result cannot be written").because(error)
            };
            if let Some(first) = batches.first() {
                let mut writer =
                    parquet::arrow::ArrowWriter::try_new(&mut bytes, first.schema(), None).map_err(broken)?;
                for batch in batches {
                    writer.write(batch).map_err(broken)?;
                }
                writer.close().map_err(broken)?;
            }
            Ok(std::io::stdout().lock().write_all(&bytes)?)
        }
        _ => print(&arrow::util::pretty::pretty_format_batches(batches).map_err(failed)?.to_string()),
    }
}

fn prompt(context: &Context, engine: &Engine) -> Result<Done> {
    let broken = |error: rustyline::error::ReadlineError| Error::failed("the prompt failed").because(error);
    let mut editor = rustyline::DefaultEditor::new().map_err(broken)?;
    say("one statement ends with `;` — `describe audit;` shows columns, Ctrl-D leaves");
    let mut statement = String::new();
    loop {
        let line = match editor.readline(if statement.is_empty() { "sql> " } else { "  -> " }) {
            Ok(line) => line,
            Err(rustyline::error::ReadlineError::Interrupted) => {
                statement.clear();
                continue;
            }
            Err(rustyline::error::ReadlineError::Eof) => return Ok(Done::All),
            Err(error) => return Err(broken(error)),
        };
        statement.push_str(&line);
        statement.push('\n');
        if statement.trim_end().ends_with(';') {
            let _ = editor.add_history_entry(statement.trim());
            let whole = std::mem::take(&mut statement);
            if let Err(error) = answer(context, engine, whole.trim().trim_end_matches(';'), "table") {
                say(&format!("error: {error}"));
            }
        }
    }
}
