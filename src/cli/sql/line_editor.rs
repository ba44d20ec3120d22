//! Lines as a person types them: history, completion, colours. Must not know what a line does.

use crate::cli::Result;
use crate::cli::log::notice;
use crate::cli::sql::completion::{KEYWORDS, Names};
use crate::cli::sql::console::{Console, Next, command_of, is_whole};
use crate::query::script::{self, Part};
use model::error::Error;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Editor};
use std::borrow::Cow;
use std::fs;
use std::io::IsTerminal;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

/// Statements that the history keeps.
const MAX_HISTORY: usize = 2000;
const PROMPT: &str = "sql> ";

const BLUE: &str = "\x1b[34m";
const GREEN: &str = "\x1b[32m";
const RED: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

/// Reads lines until the console ends.
pub fn read(console: &mut Console<'_>) -> Result<()> {
    let failed = |error: ReadlineError| Error::failed("the console failed").because(error);
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .max_history_size(MAX_HISTORY)
        .map_err(failed)?
        .history_ignore_space(true)
        .build();
    let mut editor: Editor<Helper, FileHistory> = Editor::with_config(config).map_err(failed)?;
    editor.set_helper(Some(Helper { names: Names::of(console)? }));
    let history = history_file();
    if let Some(path) = &history {
        let _ = editor.load_history(path); // one that cannot be read is an empty one
    }
    notice("`;` ends a statement; `\\d` lists tables, `\\?` commands; Ctrl-D ends");
    let mut begun = String::new();
    loop {
        let text = match editor.readline_with_initial(PROMPT, (&begun, "")) {
            Ok(text) => text,
            Err(ReadlineError::Interrupted) => {
                begun.clear();
                continue;
            }
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        if editor.add_history_entry(text.trim_end()).is_ok_and(|is_new| is_new)
            && let Some(path) = &history
        {
            let _ = editor.append_history(path);
        }
        begun = match console.take(&text) {
            Ok(Next::Line(text)) => text,
            Ok(Next::End) => return Ok(()),
            Err(error) => {
                show_error(&error);
                // what was typed before a faulty command is not lost
                command_of(&text).map(|(before, _)| before.to_owned()).unwrap_or_default()
            }
        };
    }
}

fn show_error(error: &Error) {
    let is_coloured =
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    match is_coloured {
        true => notice(&format!("{RED}error:{PLAIN} {error}")),
        false => notice(&format!("error: {error}")),
    }
}

/// Returns the file of the history, which only its user can read; `None` if it cannot be created.
fn history_file() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state"));
    let folder = state.or_else(home)?.join("headwater");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).ok()?;
    let path = folder.join("sql_history");
    fs::OpenOptions::new().append(true).create(true).mode(0o600).open(&path).ok()?;
    Some(path)
}

/// What the line editor asks while a line is typed.
struct Helper {
    names: Names,
}

impl rustyline::Helper for Helper {}

impl Hinter for Helper {
    type Hint = String;
}

impl Completer for Helper {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.names.complete(line, at))
    }
}

impl Validator for Helper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(match is_whole(context.input()) {
            true => ValidationResult::Valid(None),
            false => ValidationResult::Incomplete,
        })
    }
}

impl Highlighter for Helper {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        let (mut text, mut done) = (String::new(), 0);
        for (range, part) in script::parts(line) {
            let word = &line[range.clone()];
            let colour = match part {
                Part::Word if KEYWORDS.contains(&word.to_ascii_lowercase().as_str()) => BLUE,
                Part::Literal => GREEN,
                _ => continue,
            };
            text.push_str(&line[done..range.start]);
            text.push_str(&format!("{colour}{word}{PLAIN}"));
            done = range.end;
        }
        text.push_str(&line[done..]);
        Cow::Owned(text)
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor
    }
}
