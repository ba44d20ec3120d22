//! What several subcommands show: a progress bar, a run id, a language.

use crate::cli::Result;
use crate::ingest::Progress;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use indicatif::{ProgressBar, ProgressStyle};
use model::lang::Lang;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Returns the parser of `--lang`.
pub fn lang() -> impl TypedValueParser<Value = Lang> {
    PossibleValuesParser::new(Lang::NAMES).map(|name| Lang::of(&name))
}

/// Returns a bar of bytes on stderr; it draws nothing where that is no terminal.
pub fn bar(total_bytes: u64, what: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} eta {eta}");
    let bar = ProgressBar::new(total_bytes).with_message(what.to_owned());
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

/// Returns a bar of things done on stderr; it draws nothing where that is no terminal.
pub fn counter(total: u64, what: &str) -> ProgressBar {
    let bar = ProgressBar::new(total).with_message(what.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} eta {eta}") {
        bar.set_style(style);
    }
    bar
}

/// Returns a spinner that names the step under way; it draws nothing where stderr is no terminal.
pub fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

/// Runs `work` while a bar follows `progress`.
pub fn follow<T: Send>(
    progress: &Progress,
    total_bytes: u64,
    work: impl FnOnce() -> Result<T> + Send,
) -> Result<T> {
    let bar = bar(total_bytes, "ingest");
    let outcome = std::thread::scope(|scope| {
        let worker = scope.spawn(work);
        while !worker.is_finished() {
            bar.set_position(progress.bytes.load(Ordering::Relaxed));
            std::thread::sleep(Duration::from_millis(20));
        }
        worker.join()
    });
    bar.finish_and_clear();
    outcome.unwrap_or_else(|_| Err(model::error::Error::bug("the ingest worker stopped")))
}

/// Runs `work` while a spinner shows the step it tells of, and how many objects are read.
pub fn steps<T: Send>(
    progress: &Progress,
    work: impl FnOnce(&(dyn Fn(&str) + Sync)) -> Result<T> + Send,
) -> Result<T> {
    let spinner = spinner();
    let step = Mutex::new(String::new());
    let begun = |name: &str| {
        if let Ok(mut step) = step.lock() {
            name.clone_into(&mut step);
        }
    };
    let outcome = std::thread::scope(|scope| {
        let worker = scope.spawn(|| work(&begun));
        while !worker.is_finished() {
            let step = step.lock().map(|step| step.clone()).unwrap_or_default();
            let objects = progress.objects.load(Ordering::Relaxed);
            spinner.set_message(if step == "ingest" { format!("{step}: {objects} objects") } else { step });
            std::thread::sleep(Duration::from_millis(50));
        }
        worker.join()
    });
    spinner.finish_and_clear();
    outcome.unwrap_or_else(|_| Err(model::error::Error::bug("the worker of the run stopped")))
}

/// Returns lines under a head, each column as wide as its widest text.
pub fn columns<const N: usize>(head: [&str; N], lines: impl IntoIterator<Item = [String; N]>) -> String {
    let mut all = vec![head.map(str::to_owned)];
    all.extend(lines);
    let widths: Vec<usize> =
        (0..N).map(|at| all.iter().map(|line| line[at].chars().count()).max().unwrap_or(0)).collect();
    let line = |cells: &[String; N]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    all.iter().map(line).collect()
}
