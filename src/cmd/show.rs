//! What several subcommands show: a progress bar, a run id, a language.

use super::Result;
use crate::brief::Lang;
use crate::ingest::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The languages of texts.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Language {
    /// Chinese
    Zh,
    /// English
    En,
}

impl From<Language> for Lang {
    fn from(language: Language) -> Self {
        match language {
            Language::Zh => Self::Zh,
            Language::En => Self::En,
        }
    }
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
    outcome.unwrap_or_else(|_| Err(crate::error::Error::bug("the ingest worker stopped")))
}

/// Returns the id of a run that begins now.
pub fn run_id() -> String {
    format!("r{}", chrono::Utc::now().format("%Y%m%d%H%M%S%3f"))
}
