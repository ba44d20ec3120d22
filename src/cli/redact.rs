//! `headwater redact`: what of a text, or of a day's report, would leave the machine.

use crate::analysis::report;
use crate::cli::log::say;
use crate::cli::{Context, Done, Result, print, print_json};
use crate::lake::Lake;
use crate::lake::catalog::Catalog;
use model::error::Error;
use redact::{Family, Match, Pseudonyms, RULES, Redactor};
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Show what would leave: texts without their secrets, a day's report under stand-ins
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater redact --explain app.log > masked.log\n  kubectl logs pay-api-0 | headwater redact --json -\n  headwater redact --report 2026-11-22 --explain"
)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub struct Args {
    /// Files to mask; `-` for stdin
    #[arg(group = "what", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The report of a local day, as a model is given it
    #[arg(long, group = "what", value_name = "DATE")]
    report: Option<String>,
    /// List the kinds of secrets
    #[arg(long, group = "what")]
    kinds: bool,
    /// On stderr, each secret's kind and place; of a report, each stand-in and its name
    #[arg(long, conflicts_with = "kinds")]
    explain: bool,
    /// The secrets as one JSON document, in place of the text
    #[arg(long, conflicts_with_all = ["report", "explain"])]
    json: bool,
}

/// One match, as it is listed.
#[derive(serde::Serialize)]
struct Found<'m> {
    file: &'m str,
    line: usize,
    column: usize,
    kind: &'m str,
    family: &'static str,
    mask: String,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    if args.kinds {
        return kinds(args.json);
    }
    if let Some(date) = &args.report {
        return of_report(context, date, args.explain);
    }
    let redactor = Redactor::of(&context.config.redact)?;
    let mut listed = Vec::new();
    for file in &args.files {
        let text = read(file)?;
        let name = file.display().to_string();
        let matches = redactor.matches(&text);
        let found = place(&name, &text, &redactor, &matches);
        if args.json {
            listed.extend(found.iter().map(|found| json!(found)));
            continue;
        }
        if args.explain {
            for Found { file, line, column, kind, family, mask } in &found {
                say(&format!("{file}:{line}:{column}: {kind} ({family}) {mask}"));
            }
        }
        print(&redactor.secrets(&text))?;
    }
    if args.json {
        print_json(&json!({ "schema": "headwater.redact/1", "secrets": listed }))?;
    }
    Ok(Done::All)
}

fn read(file: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    let done = match file.to_str() {
        Some("-") => std::io::stdin().lock().read_to_end(&mut bytes).map(drop),
        _ => std::fs::read(file).map(|read| bytes = read),
    };
    done.map_err(|error| {
        Error::usage("the file cannot be read").at(file.display().to_string()).because(error)
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the matches of a text with their lines and columns, from 1.
fn place<'m>(file: &'m str, text: &str, redactor: &Redactor, matches: &[Match<'m>]) -> Vec<Found<'m>> {
    let (mut line, mut begin, mut done) = (1, 0, 0);
    let mut found = Vec::new();
    for secret in matches {
        for (at, _) in text.get(done..secret.from).unwrap_or_default().match_indices('\n') {
            line += 1;
            begin = done + at + 1;
        }
        done = secret.from;
        let column = text.get(begin..secret.from).unwrap_or_default().chars().count() + 1;
        let mask = redactor.mask(secret, text.get(secret.from..secret.to).unwrap_or_default());
        found.push(Found { file, line, column, kind: secret.kind, family: secret.family.name(), mask });
    }
    found
}

fn of_report(context: &Context, date: &str, explain: bool) -> Result<Done> {
    let lake = Lake::open(&context.lake_path())?;
    let catalog = Catalog::open(&lake.catalog_path())?;
    let report = report::kept(&catalog, Some(date))?.ok_or_else(|| {
        Error::usage(format!("no report of {date} is kept"))
            .hint(format!("`headwater analyze --date {date}` makes one"))
    })?;
    let names = Pseudonyms::of(&report);
    print_json(&names.hide_report(&report))?;
    if explain {
        for (stand_in, name) in names.known() {
            say(&format!("{stand_in}: {name}"));
        }
    }
    Ok(Done::All)
}

fn kinds(as_json: bool) -> Result<Done> {
    let mut kinds: Vec<(&str, Family)> = RULES.iter().map(|rule| (rule.name, rule.family)).collect();
    kinds.dedup();
    if as_json {
        let kinds: Vec<_> =
            kinds.iter().map(|(kind, family)| json!({ "kind": kind, "family": family.name() })).collect();
        print_json(&json!({ "schema": "headwater.redact.kinds/1", "kinds": kinds }))?;
    } else {
        let lines: Vec<String> =
            kinds.iter().map(|(kind, family)| format!("{kind:<20} {}", family.name())).collect();
        print(&lines.join("\n"))?;
    }
    Ok(Done::All)
}
