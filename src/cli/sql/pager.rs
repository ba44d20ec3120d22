//! Shows a text on the screen, through a pager if it is longer or wider than that.

use crate::cli::terminal::width;
use crate::cli::{Result, print};
use std::io::{ErrorKind, IsTerminal, Write};
use std::process::{Command, Stdio};

/// The pager without `$PAGER`: long lines are cut, and the arrow keys move them.
const PAGER: &str = "less -S -R";

/// Shows a text.
pub fn show(text: &str) -> Result<()> {
    let pager = std::env::var("PAGER").unwrap_or_else(|_| PAGER.to_owned());
    if text.is_empty() {
        return Ok(()); // no row, one column a line
    }
    if fits(text) || pager.trim().is_empty() || !page(text, &pager)? {
        print(text)?;
    }
    Ok(())
}

/// Returns true if a text fits on the screen, or goes elsewhere.
fn fits(text: &str) -> bool {
    let out = std::io::stdout();
    if !out.is_terminal() || !std::io::stdin().is_terminal() {
        return true;
    }
    let Ok(size) = rustix::termios::tcgetwinsize(&out) else { return true };
    let (columns, lines) = (usize::from(size.ws_col), usize::from(size.ws_row));
    columns == 0 || text.lines().count() < lines && text.lines().all(|line| width(line) <= columns)
}

/// Runs the pager; returns false if it does not exist.
fn page(text: &str, pager: &str) -> Result<bool> {
    let mut child = Command::new("sh").args(["-c", pager]).stdin(Stdio::piped()).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        match input.write_all(text.as_bytes()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error.into()),
            _ => {} // left before the end
        }
    }
    Ok(child.wait()?.code() != Some(127)) // how a shell reports a command that does not exist
}
