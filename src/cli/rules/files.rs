//! The files of new rules: written below the rules folder, never over existing ones.

use crate::cli::{Context, Result, notice, print};
use model::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The texts of a new rule.
pub struct NewRule<'t> {
    /// Its id.
    pub id: &'t str,
    /// Its `.sql` file.
    pub rule: &'t str,
    /// Its `.test.toml` file.
    pub test: &'t str,
}

/// Returns the folder of the user's rules, which a new rule goes into.
pub fn folder(context: &Context) -> Result<PathBuf> {
    context.rules_path().ok_or_else(|| {
        Error::usage("no rules folder is set")
            .hint("name one with `--rules DIR` or `[rules] path`, or print the files with `--print`")
    })
}

/// Writes the files of a rule and names them on stderr.
///
/// # Errors
/// Usage: one of them exists; then none is written.
pub fn write(folder: &Path, new: &NewRule<'_>) -> Result<()> {
    let paths = [
        (folder.join(format!("{}.sql", new.id)), new.rule),
        (folder.join(format!("{}.test.toml", new.id)), new.test),
    ];
    if let Some((path, _)) = paths.iter().find(|(path, _)| path.exists()) {
        return Err(Error::usage(format!("rule `{}` exists", new.id))
            .at(path.display().to_string())
            .hint("choose another id, or remove the file first"));
    }
    for (path, text) in paths {
        let failed = |error: std::io::Error| {
            Error::failed("cannot write a rule").at(path.display().to_string()).because(error)
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        // another process may have written it since
        let mut file = std::fs::File::create_new(&path).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        notice(&format!("wrote {}", path.display()));
    }
    Ok(())
}

/// Prints the files of a rule to stdout, each below its name.
pub fn print_both(new: &NewRule<'_>) -> Result<()> {
    print(&format!("-- {}.sql\n{}\n# {}.test.toml\n{}", new.id, new.rule, new.id, new.test))
}
