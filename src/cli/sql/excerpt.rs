//! The error of a statement, with the line that is wrong and a mark below the place.

use crate::cli::terminal::width;
use crate::config::ErrorText;
use crate::query::error::SqlError;
use model::error::Error;
use redact::sanitize::is_hidden;

/// Longest part of a line that is shown before and after the place, in characters.
const AROUND: usize = 60;

/// Returns the error of a statement that cannot be planned.
pub fn error(error: SqlError, sql: &str) -> Error {
    let excerpt = error.line.zip(error.column).and_then(|(line, column)| excerpt(sql, line, column));
    match excerpt {
        Some(excerpt) => {
            let SqlError { what, hint, .. } = error;
            let mut error =
                Error::usage("cannot plan the statement").because(ErrorText(format!("{excerpt}\n{what}")));
            error.hint = hint;
            error
        }
        None => error.into_error("cannot plan the statement", "sql"),
    }
}

/// Returns a line of the statement and a mark below one of its columns, both counted from 1.
fn excerpt(sql: &str, line: u64, column: u64) -> Option<String> {
    let text = sql.split('\n').nth(usize::try_from(line.checked_sub(1)?).ok()?)?;
    let at = usize::try_from(column.checked_sub(1)?).ok()?;
    let skipped = at.saturating_sub(AROUND);
    let shown = text.chars().skip(skipped).take(at - skipped + AROUND);
    let shown: String = shown.map(|c| if is_hidden(c) { ' ' } else { c }).collect();
    let before: String = shown.chars().take(at - skipped).collect();
    let (head, gap) = (format!("{line} | "), if skipped > 0 { "…" } else { "" });
    let indent = " ".repeat(width(&head) + width(gap) + width(&before));
    Some(format!("{head}{gap}{}\n{indent}^", shown.trim_end()))
}
