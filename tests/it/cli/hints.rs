//! Every command that a hint, a comment of the config or a document names exists, with its options.

use clap::{Command, CommandFactory};
use headwater::cli::Cli;
use std::path::{Path, PathBuf};

/// Returns the commands between backticks, without `headwater`.
fn named(text: &str) -> Vec<String> {
    // texts in Rust go on in the next line after a backslash
    let mut joined = String::new();
    for line in text.lines() {
        let line = if joined.ends_with('\\') { line.trim_start() } else { line };
        joined.truncate(joined.trim_end_matches('\\').len());
        joined.push_str(line);
        if !line.ends_with('\\') {
            joined.push('\n');
        }
    }
    let spans = joined.match_indices("`headwater ").filter_map(|(at, _)| {
        let rest = &joined[at + "`headwater ".len()..];
        rest.find(['`', '\n']).map(|end| rest[..end].to_owned())
    });
    spans.collect()
}

/// Returns what is wrong with a command line; `None` if every word before the first free one is known.
fn fault(line: &str) -> Option<String> {
    let root = Cli::command();
    let mut at: &Command = &root;
    let mut lineage = vec![&root];
    let mut takes_value = false;
    for word in line.split_whitespace() {
        if std::mem::take(&mut takes_value) {
            continue;
        }
        if let Some(name) = word.strip_prefix("--") {
            let name = name.split('=').next().unwrap_or(name).trim_end_matches(['\\', '"', ',']);
            let mut known = lineage.iter().flat_map(|command| command.get_arguments());
            let Some(argument) = known.find(|argument| argument.get_long() == Some(name)) else {
                let is_common = ["help", "version"].contains(&name);
                return (!is_common).then(|| format!("`{}` has no `--{name}`", at.get_name()));
            };
            takes_value = argument.get_action().takes_values();
            continue;
        }
        let is_word = word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        if !is_word || !at.has_subcommands() {
            continue;
        }
        let Some(child) = at.find_subcommand(word) else {
            return Some(format!("`{}` has no `{word}`", at.get_name()));
        };
        at = child;
        lineage.push(child);
    }
    None
}

fn texts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            texts(&path, found);
        } else if path
            .extension()
            .is_some_and(|end| ["rs", "sql", "toml", "md", "html"].iter().any(|of| end == *of))
        {
            found.push(path);
        }
    }
}

#[test]
fn unknown_commands_and_options_are_found() {
    assert_eq!(fault("rules list --json"), None);
    assert_eq!(fault("--lake ./lake rules list"), None);
    assert_eq!(fault("rules new event/x --table event"), None);
    assert_eq!(fault("ingest PATH"), None);
    assert!(fault("rules invent").is_some());
    assert!(fault("conjure").is_some());
    assert!(fault("ingest PATH --faster").is_some());
    assert_eq!(named("see `headwater rules \\\n    list` and `headwater.toml`"), ["rules list"]);
}

#[test]
fn every_command_that_a_text_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec!["README.md", "README.zh-CN.md", "ARCHITECTURE.md"]
        .into_iter()
        .map(|name| root.join(name))
        .collect();
    for folder in ["src", "crates", "sql", "rules", "formats", "docs"] {
        texts(&root.join(folder), &mut files);
    }
    let (mut count, mut wrong) = (0, Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        for line in named(&text) {
            count += 1;
            let below = file.strip_prefix(root).expect("a file of the project").display();
            wrong.extend(fault(&line).map(|fault| format!("{below}: `headwater {line}`: {fault}")));
        }
    }
    assert!(count > 80, "{count} commands found");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
