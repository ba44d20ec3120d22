//! `headwater redact`: shows a text with its secrets masked, or a day's report with pseudonyms, as a
//! model would receive them.

use crate::analysis::report;
use crate::cli::{Context, Done, Result, notice, print, print_json};
use model::error::Error;
use redact::{Family, Match, Pseudonyms, RULES, Redactor};
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Mask the secrets in text, or show a report as a model would receive it
///
/// Secrets in text are replaced by a mask that names their kind. In a report, names of people, pods,
/// hosts and addresses are replaced by pseudonyms.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater redact --explain app.log > masked.log\n  kubectl logs pay-api-0 | headwater redact --json -\n  headwater redact --report 2026-11-22 --explain"
)]
#[command(group = clap::ArgGroup::new("input").required(true))]
pub struct Args {
    /// Files to mask; `-` is stdin
    #[arg(group = "input", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Show the report of a local day, YYYY-MM-DD, with pseudonyms
    #[arg(long, group = "input", value_name = "DATE")]
    report: Option<String>,
    /// List the kinds of secrets
    #[arg(long, group = "input")]
    kinds: bool,
    /// Print on stderr each secret's position and kind; for a report, each pseudonym and its name
    #[arg(long, conflicts_with = "kinds")]
    explain: bool,
    /// Print the positions and kinds of the secrets as one JSON document, without the text
    #[arg(long, conflicts_with_all = ["report", "explain"])]
    json: bool,
}

/// A secret, as `--explain` and `--json` list it.
#[derive(serde::Serialize)]
struct Secret<'m> {
    file: &'m str,
    line: usize,
    column: usize,
    kind: &'m str,
    family: &'static str,
    mask: String,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    if args.kinds {
        return list_kinds(args.json);
    }
    if let Some(date) = &args.report {
        return print_report(context, date, args.explain);
    }
    let redactor = Redactor::of(&context.config.redact)?;
    let mut listed = Vec::new();
    for file in &args.files {
        let text = read(file)?;
        let name = file.display().to_string();
        let matches = redactor.matches(&text);
        let found = locate(&name, &text, &redactor, &matches);
        if args.json {
            listed.extend(found.iter().map(|found| json!(found)));
            continue;
        }
        if args.explain {
            for Secret { file, line, column, kind, family, mask } in &found {
                notice(&format!("{file}:{line}:{column}: {kind} ({family}) {mask}"));
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
    let outcome = match file.to_str() {
        Some("-") => std::io::stdin().lock().read_to_end(&mut bytes).map(drop),
        _ => std::fs::read(file).map(|read| bytes = read),
    };
    outcome.map_err(|error| {
        Error::usage("cannot read the file").at(file.display().to_string()).because(error)
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the secrets of a text with their lines and columns, counted from 1.
fn locate<'m>(file: &'m str, text: &str, redactor: &Redactor, matches: &[Match<'m>]) -> Vec<Secret<'m>> {
    let (mut line, mut line_start, mut end) = (1, 0, 0);
    let mut found = Vec::new();
    for secret in matches {
        for (at, _) in text.get(end..secret.from).unwrap_or_default().match_indices('\n') {
            line += 1;
            line_start = end + at + 1;
        }
        end = secret.from;
        let column = text.get(line_start..secret.from).unwrap_or_default().chars().count() + 1;
        let mask = redactor.mask(secret, text.get(secret.from..secret.to).unwrap_or_default());
        found.push(Secret { file, line, column, kind: secret.kind, family: secret.family.name(), mask });
    }
    found
}

fn print_report(context: &Context, date: &str, explain: bool) -> Result<Done> {
    let (_, catalog) = context.open_lake()?;
    let report = report::saved(&catalog, Some(date))?.ok_or_else(|| {
        Error::usage(format!("no saved report for {date}"))
            .hint(format!("`headwater analyze --date {date}` creates it"))
    })?;
    let pseudonyms = Pseudonyms::of(&report);
    print_json(&pseudonyms.hide_report(&report))?;
    if explain {
        for (pseudonym, name) in pseudonyms.known() {
            notice(&format!("{pseudonym}: {name}"));
        }
    }
    Ok(Done::All)
}

fn list_kinds(as_json: bool) -> Result<Done> {
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
