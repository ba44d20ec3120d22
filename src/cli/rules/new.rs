//! `headwater rules new`: drafts a rule and its test from lines of a log.

use crate::analysis::rules::draft::{Draft, draft};
use crate::analysis::rules::sample::Sampling;
use crate::cli::rules::files::{NewRule, folder, print_both, write};
use crate::cli::terminal::{cut, table};
use crate::cli::{Context, Done, Result, notice};
use crate::lake::docs::columns_of;
use crate::pipeline::limits;
use model::error::Error;
use model::table::Table;
use serde_json::Value;
use std::io::Read;
use std::path::PathBuf;

/// Most that is read of a sample, in bytes.
const MAX_SAMPLE: u64 = 4 << 20;

/// Widest value that is shown, in characters.
const MAX_CELL: usize = 60;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id of the new rule: <agent>/<name>, such as event/my_rule
    id: String,
    /// Table that the rule reads [default: that of the sample, else that of the id]
    #[arg(long, value_name = "TABLE", value_parser = ["business", "standard", "event", "audit"])]
    table: Option<String>,
    /// File with some lines of a log, which become the test; secrets in them are masked
    #[arg(long, value_name = "FILE")]
    sample: Option<PathBuf>,
    /// Print the files instead of writing them
    #[arg(long)]
    print: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let into = if args.print { None } else { Some(folder(context)?) };
    let lines = args.sample.as_deref().map(read).transpose()?;
    let table = args.table.as_deref().and_then(Table::log_of);
    // a path such as /var/log/pods/… names the pod of its lines
    let path = args.sample.as_ref().map(|path| path.display().to_string());
    let source = path.as_deref().filter(|path| path.contains("/pods/") || path.contains("/containers/"));
    let how = Sampling::new(limits(&context.config), &context.config);
    let draft = context.runtime.block_on(draft(&args.id, table, lines.as_deref(), source, how))?;
    notice(&columns(&draft)?);
    let new = NewRule { id: &draft.id, rule: &draft.rule, test: &draft.test };
    match into {
        None => print_both(&new)?,
        Some(folder) => {
            write(&folder, &new)?;
            notice(&format!(
                "next: correct the texts and conditions, then `headwater rules test {} --rules {}`",
                draft.id,
                folder.display()
            ));
        }
    }
    Ok(Done::All)
}

/// Reads the beginning of a file, as far as it is text.
fn read(path: &std::path::Path) -> Result<String> {
    let failed = |error: std::io::Error| {
        Error::usage("cannot read the sample").at(path.display().to_string()).because(error)
    };
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(failed)?.take(MAX_SAMPLE).read_to_end(&mut bytes).map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the columns that have a value in the sample with the values of the first rows, and the names of the others.
fn columns(draft: &Draft) -> Result<String> {
    let docs = columns_of(draft.table.name())?;
    let has_value = |name: &str| draft.rows.iter().any(|row| row.contains_key(name));
    let (with, without): (Vec<_>, Vec<_>) = docs.iter().partition(|column| has_value(&column.name));
    let lines = with.iter().map(|column| {
        let values = draft.rows.iter().map(|row| row.get(&column.name).map_or_else(|| "-".to_owned(), shown));
        vec![column.name.clone(), values.collect::<Vec<_>>().join(" · "), column.about.clone()]
    });
    let without: Vec<&str> = without.iter().map(|column| column.name.as_str()).collect();
    Ok(format!(
        "table {}: the first {} rows\n{}without a value here: {}\n",
        draft.table.name(),
        draft.rows.len(),
        table(&["column", "values", "about"], lines),
        without.join(", ")
    ))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => cut(text, MAX_CELL),
        other => cut(&other.to_string(), MAX_CELL),
    }
}
