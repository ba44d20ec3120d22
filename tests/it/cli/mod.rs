//! `--help` of every subcommand: a short first line, a text for every argument, and examples that parse.

mod console; // `headwater sql` in a terminal
mod hints; // commands that texts name exist
mod names; // names that people type
mod report; // the report as one file
mod rules; // what authors of rules work with
mod sigma; // rules of others

use clap::{Command, CommandFactory, Parser};
use headwater::cli::Cli;

/// Longest first line, in characters: the list of subcommands shows it on one line.
const MAX_ABOUT: usize = 90;

/// Splits a command line into words; quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().expect("a word").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns the commands of the examples, without what the shell or a comment adds.
fn examples(text: &str) -> Vec<&str> {
    let lines = text.lines().filter_map(|line| line.find("headwater ").map(|at| &line[at..]));
    lines
        .map(|line| {
            let end = [" > ", " | ", "      "].iter().filter_map(|mark| line.find(mark)).min();
            &line[..end.unwrap_or(line.len())]
        })
        .collect()
}

#[track_caller]
fn check(path: &str, command: &Command) {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let is_short = !about.is_empty() && about.chars().count() <= MAX_ABOUT;
    assert!(is_short && !about.ends_with('.') && !about.contains('\n'), "{path}: `{about}`");
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
        assert!(argument.get_help().is_some(), "{path}: `{}` has no text", argument.get_id());
    }
    for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
        check(&format!("{path} {}", child.get_name()), child);
    }
}

#[test]
fn every_argument_of_every_subcommand_is_described() {
    Cli::command().debug_assert();
    let command = Cli::command();
    let visible: Vec<_> = command.get_subcommands().filter(|child| !child.is_hide_set()).collect();
    assert!(visible.len() > 20, "{} subcommands", visible.len());
    for child in visible {
        check(child.get_name(), child);
    }
}

#[test]
fn every_subcommand_shows_examples_that_parse() {
    for child in Cli::command().get_subcommands().filter(|child| !child.is_hide_set()) {
        let name = child.get_name();
        let text = child.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(text.contains("Example"), "{name} has no example");
        check_examples(name, child);
    }
}

/// Requires that the examples of a subcommand, and of those below it, parse.
#[track_caller]
fn check_examples(name: &str, command: &Command) {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    for line in examples(&text) {
        if let Err(error) = Cli::try_parse_from(words(line)) {
            panic!("{name}: `{line}`: {error}");
        }
    }
    for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
        check_examples(&format!("{name} {}", child.get_name()), child);
    }
}
