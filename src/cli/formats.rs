//! `headwater formats`: lists, shows, checks and tests formats and text layouts.

use crate::cli::{Context, Done, Result, notice, print, print_json, terminal};
use crate::ingest::formats::{formats, layouts_of, problem_of};
use format::layout::{Layout, check};
use format::{Format, Registry};
use model::error::Error;
use model::lang::counted;
use serde_json::json;
use std::path::PathBuf;

/// List, show, check and test formats and text layouts
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A layout is a TOML file that describes how a program writes a line; its sample lines are its test. `headwater inspect FILE` drafts one for lines that no format reads. Put it into the folder that `[formats] path` names.\n\nExamples:\n  headwater formats list\n  headwater formats show tomcat\n  headwater formats test ./my-layouts"
)]
pub struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    /// List the formats in use: those in code, then the layouts in their order
    List {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Print the file of a layout
    Show {
        /// Name of the layout, such as tomcat
        name: String,
    },
    /// Read layouts and print every error
    Check {
        /// Files or folders [default: `[formats] path`]
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Read the sample lines of layouts and compare their fields
    Test {
        /// Files or folders [default: `[formats] path`, else the built-in layouts]
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let config = &context.config.formats;
    match &args.task {
        Task::List { json: as_json } => list(formats(config)?.registry, *as_json),
        Task::Show { name } => show(formats(config)?.registry, name),
        Task::Check { paths } => {
            let (layouts, errors) = read(&chosen(paths, config.path.as_ref())?)?;
            let valid = match layouts.len() {
                1 => "1 layout is valid".to_owned(),
                count => format!("{count} layouts are valid"),
            };
            print(&format!("{valid}, {}", counted(errors as u64, "error")))?;
            done(errors)
        }
        Task::Test { paths } => {
            let paths = chosen(paths, config.path.as_ref()).unwrap_or_default();
            let (own, errors) = read(&paths)?;
            let count = own.len();
            let (registry, _) = Registry::with(own);
            let registry: &'static Registry = Box::leak(Box::new(registry));
            let tested = if paths.is_empty() { registry.layouts().len() } else { count };
            test(registry.layouts().get(..tested).unwrap_or_default(), registry, errors)
        }
    }
}

/// Returns the given paths, or the folder of the config.
fn chosen(paths: &[PathBuf], configured: Option<&PathBuf>) -> Result<Vec<PathBuf>> {
    let chosen: Vec<PathBuf> =
        if paths.is_empty() { configured.cloned().into_iter().collect() } else { paths.to_vec() };
    if chosen.is_empty() {
        return Err(Error::usage("no layouts are given")
            .hint("name a file or folder, or set `[formats] path` in headwater.toml"));
    }
    Ok(chosen)
}

/// Reads layouts and prints their errors; returns the valid ones and the number of errors.
fn read(paths: &[PathBuf]) -> Result<(Vec<Layout>, usize)> {
    let (mut layouts, mut count) = (Vec::new(), 0);
    for path in paths {
        let (valid, errors) = layouts_of(path)?;
        layouts.extend(valid);
        count += errors.len();
        for error in &errors {
            notice(&format!("error: {}\n", problem_of(error)));
        }
    }
    Ok((layouts, count))
}

fn list(registry: &Registry, as_json: bool) -> Result<Done> {
    if as_json {
        let formats: Vec<_> = registry
            .formats()
            .iter()
            .map(|f| json!({ "name": f.name(), "about": f.about(), "sample": f.sample() }))
            .collect();
        print_json(&json!({ "schema": "headwater.formats/1", "formats": formats }))?;
    } else {
        let lines =
            registry.formats().iter().map(|format| [format.name(), format.about()].map(str::to_owned));
        print(&terminal::columns(["FORMAT", "WRITTEN BY"], lines))?;
    }
    Ok(Done::All)
}

fn show(registry: &Registry, name: &str) -> Result<Done> {
    let layout = registry.layouts().iter().find(|layout| layout.name() == name).ok_or_else(|| {
        let is_code = registry.formats().iter().any(|format| format.name() == name);
        let what = if is_code { "is not a layout but code" } else { "is not a format" };
        Error::usage(format!("`{name}` {what}")).hint("`headwater formats list` lists the formats")
    })?;
    print(layout.source().trim_end())?;
    Ok(Done::All)
}

/// Reads the samples of layouts and prints what is not as it must be.
fn test(layouts: &[&'static Layout], registry: &'static Registry, errors: usize) -> Result<Done> {
    let mut failed = 0;
    for layout in layouts {
        for fault in check(layout, registry) {
            failed += 1;
            print(&format!("FAIL {} · {fault}", layout.name()))?;
        }
    }
    let samples: usize = layouts.iter().map(|layout| layout.file().samples.len()).sum();
    let (samples, layouts) = (counted(samples as u64, "sample"), counted(layouts.len() as u64, "layout"));
    print(&format!("{samples} of {layouts}, {}", counted(failed as u64, "fault")))?;
    done(errors + failed)
}

fn done(faults: usize) -> Result<Done> {
    Ok(if faults == 0 { Done::All } else { Done::InPart })
}
