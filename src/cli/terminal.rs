//! Parts of the terminal that several subcommands share: progress bars, columns and `--lang`.

use crate::cli::Result;
use crate::ingest::Progress;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use indicatif::{ProgressBar, ProgressStyle};
use model::lang::Lang;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// Returns the parser of `--lang`.
pub fn lang() -> impl TypedValueParser<Value = Lang> {
    PossibleValuesParser::new(Lang::NAMES).map(|name| Lang::of(&name))
}

/// Returns a progress bar in bytes; it draws nothing if stderr is not a terminal.
pub fn bar(total_bytes: u64, task: &str) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} eta {eta}");
    let bar = ProgressBar::new(total_bytes).with_message(task.to_owned());
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

/// Returns a progress bar in items; it draws nothing if stderr is not a terminal.
pub fn counter(total: u64, task: &str) -> ProgressBar {
    let bar = ProgressBar::new(total).with_message(task.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} eta {eta}") {
        bar.set_style(style);
    }
    bar
}

/// Returns a spinner for the name of the current step; it draws nothing if stderr is not a terminal.
pub fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

/// Runs `work` with a bar that shows its progress in bytes.
pub fn with_bar<T: Send>(
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
    outcome.unwrap_or_else(|_| Err(model::error::Error::bug("the ingest worker panicked")))
}

/// Runs `work` with a spinner that shows its current step and the objects read so far. `work` calls the
/// function that it is passed at the start of each step.
pub fn with_steps<T: Send>(
    progress: &Progress,
    work: impl FnOnce(&(dyn Fn(&str) + Sync)) -> Result<T> + Send,
) -> Result<T> {
    let spinner = spinner();
    let step = Mutex::new(String::new());
    let on_step = |name: &str| {
        if let Ok(mut step) = step.lock() {
            name.clone_into(&mut step);
        }
    };
    let outcome = std::thread::scope(|scope| {
        let worker = scope.spawn(|| work(&on_step));
        while !worker.is_finished() {
            let step = step.lock().map(|step| step.clone()).unwrap_or_default();
            let objects = progress.objects.load(Ordering::Relaxed);
            spinner.set_message(if step == "ingest" { format!("{step}: {objects} objects") } else { step });
            std::thread::sleep(Duration::from_millis(50));
        }
        worker.join()
    });
    spinner.finish_and_clear();
    outcome.unwrap_or_else(|_| Err(model::error::Error::bug("the worker of the run panicked")))
}

/// Returns lines below a header, each column as wide as its widest cell.
pub fn columns<const N: usize>(header: [&str; N], lines: impl IntoIterator<Item = [String; N]>) -> String {
    table(&header, lines)
}

/// The same for a number of columns that is not known beforehand. Chinese characters are two cells wide.
pub fn table(header: &[&str], lines: impl IntoIterator<Item = impl Into<Vec<String>>>) -> String {
    let mut all: Vec<Vec<String>> = vec![header.iter().map(|name| (*name).to_owned()).collect()];
    all.extend(lines.into_iter().map(Into::into));
    let width_at =
        |at: usize| all.iter().filter_map(|line| line.get(at)).map(|cell| width(cell)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..header.len()).map(width_at).collect();
    let line = |cells: &Vec<String>| {
        let padded = cells
            .iter()
            .zip(&widths)
            .map(|(cell, widest)| format!("{cell}{}", " ".repeat(widest.saturating_sub(width(cell)))));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    all.iter().map(line).collect()
}

/// Returns the number of terminal cells that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Returns a text on one line, cut to `max` characters.
pub fn cut(text: &str, max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= max {
        return line;
    }
    line.chars().take(max.saturating_sub(1)).chain(['…']).collect()
}
