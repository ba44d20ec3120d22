//! A statement in the user's editor.

use crate::cli::Result;
use model::error::Error;
use std::io::Write;
use std::process::Command;

/// Opens a text in `$VISUAL`, `$EDITOR` or `vi`, and returns it as it was saved.
pub fn edit(text: &str) -> Result<String> {
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok());
    let editor = editor.filter(|editor| !editor.trim().is_empty()).unwrap_or_else(|| "vi".to_owned());
    let mut file = tempfile::Builder::new().suffix(".sql").tempfile()?;
    file.write_all(text.as_bytes())?;
    file.flush()?;
    // through a shell, since the variable may have arguments
    let status = Command::new("sh").arg("-c").arg(format!("{editor} \"$0\"")).arg(file.path()).status()?;
    if !status.success() {
        return Err(Error::failed(format!("the editor `{editor}` failed: {status}"))
            .hint("set `VISUAL` or `EDITOR` to another one"));
    }
    Ok(std::fs::read_to_string(file.path())?)
}
