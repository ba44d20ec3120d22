//! The formats of a config: the built-in ones, and the user's own layouts from `[formats] path`. They are read
//! once, and live as long as the program. Must not know how a line is read.

use crate::config::FormatsConfig;
use format::Registry;
use format::layout::{Layout, LayoutError, too_wide};
use model::error::{Error, Problem, Result};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The formats, and the problems of layouts that cannot be used.
#[derive(Clone)]
pub struct Formats {
    /// The formats.
    pub registry: &'static Registry,
    /// The errors of invalid layouts, which are skipped.
    pub problems: Vec<Problem>,
}

/// The formats of the folder that was read.
static CUSTOM: OnceLock<(PathBuf, Formats)> = OnceLock::new();

/// Returns the formats of a config.
///
/// # Errors
/// Usage: the folder cannot be read, an unknown field or level.
pub fn formats(config: &FormatsConfig) -> Result<Formats> {
    format::configure(&config.names, config.level_words()?)
        .map_err(|field| Error::usage(format!("`[formats.names] {field}` is not a field")))?;
    let Some(path) = &config.path else {
        return Ok(Formats { registry: Registry::shipped(), problems: Vec::new() });
    };
    if let Some((_, formats)) = CUSTOM.get().filter(|(read, _)| read == path) {
        return Ok(formats.clone());
    }
    let (layouts, errors) = layouts_of(path)?;
    let (registry, _) = Registry::with(layouts);
    let problems = errors.iter().map(problem_of).collect();
    let formats = Formats { registry: Box::leak(Box::new(registry)), problems };
    Ok(CUSTOM.get_or_init(|| (path.clone(), formats)).1.clone())
}

/// Reads the layouts of a folder, or one file.
///
/// # Errors
/// Usage: the folder cannot be read.
pub fn layouts_of(path: &Path) -> Result<(Vec<Layout>, Vec<LayoutError>)> {
    let cannot =
        |error| Error::usage("cannot read the layouts").at(path.display().to_string()).because(error);
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        let entries: std::io::Result<Vec<_>> = std::fs::read_dir(path).map_err(cannot)?.collect();
        files = entries.map_err(cannot)?.into_iter().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
        files.sort();
    }
    let (mut layouts, mut errors) = (Vec::new(), Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(cannot)?;
        let name = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let place = file.display().to_string();
        match Layout::parse(&name, &place, &text) {
            Ok(layout) => match too_wide(&layout, &place) {
                Some(error) => errors.push(error),
                None => layouts.push(layout),
            },
            Err(found) => errors.extend(found),
        }
    }
    Ok((layouts, errors))
}

/// Returns the problem of an invalid layout.
pub fn problem_of(error: &LayoutError) -> Problem {
    let at = error.at.map_or_else(String::new, |(line, column)| format!(":{line}:{column}"));
    Problem {
        step: "formats".into(),
        what: error.what.clone(),
        place: Some(format!("{}{at}", error.file)),
        hint: error.hint.clone(),
    }
}
