//! The commands of the console: words after `\`, and how each is written.

use crate::cli::Result;
use crate::cli::terminal;
use crate::query::nearest::nearest;
use model::error::Error;

/// What a person asked the console for, beside SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Describes all tables, or one.
    Describe(Option<String>),
    /// Shows each row as lines of its own, or not; without a value, the other of the two.
    Expanded(Option<bool>),
    /// Shows the time of each statement, or not.
    Timing(Option<bool>),
    /// Writes results to a file, or to the screen again.
    Output(Option<String>),
    /// Opens the statement in an editor.
    Edit,
    /// Shows statements to start with.
    Examples,
    /// Lists the commands.
    Help,
    /// Ends the console.
    Quit,
}

/// How each command is written, and what it does.
const COMMANDS: [(&str, &str, &str); 9] = [
    ("\\d", "", "tables and views, and what they have"),
    ("\\d", "TABLE", "columns of a table: type and meaning"),
    ("\\x", "[on|off]", "one column a line"),
    ("\\timing", "[on|off]", "time of each statement"),
    (
        "\\o",
        "[FILE]",
        "results to FILE (.csv, .json, .parquet), the second one to FILE-2; without FILE to the screen",
    ),
    ("\\e", "", "the statement in $VISUAL or $EDITOR"),
    ("\\examples", "", "statements to start with"),
    ("\\?", "", "this list; also `help`"),
    ("\\q", "", "end; also `exit`, `quit` and Ctrl-D"),
];

/// Returns the words that commands begin with.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = COMMANDS.iter().map(|(name, ..)| *name).collect();
    names.dedup();
    names
}

/// Returns the list of commands for people.
pub fn help() -> String {
    let lines =
        COMMANDS.iter().map(|(name, argument, about)| [format!("{name} {argument}"), (*about).to_owned()]);
    let keys = "`;` ends a statement. Tab completes names, ↑ brings back what was typed before, Ctrl-R searches it,\n\
                Ctrl-C cancels a statement. A statement that begins with a space is not kept in the history.\n";
    terminal::columns(["command", "meaning"], lines) + "\n" + keys
}

/// Returns the command of a whole line without `\`, if it is one.
pub fn word(line: &str) -> Option<Command> {
    match line.trim().trim_end_matches(';').trim_end() {
        "help" => Some(Command::Help),
        "exit" | "quit" => Some(Command::Quit),
        _ => None,
    }
}

/// Parses a line that begins with `\`.
pub fn parse(line: &str) -> Result<Command> {
    let line = line.trim().trim_end_matches(';');
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let argument = Some(argument.trim()).filter(|argument| !argument.is_empty());
    let text = argument.map(str::to_owned);
    Ok(match name {
        "\\d" | "\\dt" | "\\dv" | "\\d+" => Command::Describe(text),
        "\\x" => Command::Expanded(switch(argument)?),
        "\\timing" => Command::Timing(switch(argument)?),
        "\\o" => Command::Output(text),
        "\\e" => Command::Edit,
        "\\examples" => Command::Examples,
        "\\?" | "\\h" | "\\help" => Command::Help,
        "\\q" => Command::Quit,
        _ => {
            let near =
                nearest(name, names()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            return Err(Error::usage(format!("command `{name}` does not exist"))
                .hint(format!("{near}`\\?` lists the commands")));
        }
    })
}

fn switch(argument: Option<&str>) -> Result<Option<bool>> {
    match argument {
        None => Ok(None),
        Some("on") => Ok(Some(true)),
        Some("off") => Ok(Some(false)),
        Some(other) => Err(Error::usage(format!("`{other}` is neither `on` nor `off`"))),
    }
}
