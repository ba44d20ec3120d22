//! The command above an output: `$ kubectl get pods -n shop`, `=== kubectl describe pod x ===`, `kubectl get svc:`.
//! Must not know what it prints.

use crate::text::kubectl::kinds::of_word;

/// Bytes of the longest heading.
const MAX_BYTES: usize = 400;
/// Flags with a value of their own.
const WITH_VALUE: [&str; 14] = [
    "-n",
    "--namespace",
    "-l",
    "--selector",
    "-o",
    "--output",
    "-c",
    "--container",
    "--tail",
    "--since",
    "--sort-by",
    "--context",
    "--field-selector",
    "--kubeconfig",
];
/// What kubectl is called with before an output that is read.
const VERBS: [&str; 5] = ["get", "describe", "logs", "events", "top"];
/// The letters before a command that say that it is one; those of a time too.
const LABELS: [&str; 15] = [
    "",
    "action",
    "command",
    "cmd",
    "exec",
    "executing",
    "input",
    "output of",
    "ran",
    "run",
    "running",
    "t",
    "tz",
    "z",
    "命令",
];
/// Separates a command from the time at which it was called.
const AT: &str = " # ";

/// A command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Command<'t> {
    pub(crate) verb: &'t str,
    /// Kind of the objects, if it is one that is known.
    pub(crate) kind: Option<&'static str>,
    /// Object name.
    pub(crate) name: Option<&'t str>,
    pub(crate) namespace: Option<&'t str>,
    pub(crate) container: Option<&'t str>,
    /// True for YAML or JSON.
    pub(crate) is_document: bool,
    /// When it was called, as written.
    pub(crate) at: Option<&'t str>,
}

/// Returns the command that a line is the heading of, from `kubectl` on.
pub(crate) fn heading(line: &str) -> Option<&str> {
    if line.len() > MAX_BYTES {
        return None;
    }
    let at = line.find("kubectl ").or_else(|| line.find("oc "))?;
    let (before, command) = line.split_at(at);
    let is_prompt = before.trim_end().ends_with(['$', '%', '❯', '➜', '»'])
        || before.ends_with("# ") && before.contains('@')
        || before.starts_with("PS ") && before.ends_with("> ");
    // `<details><summary>kubectl get pods</summary>`
    let label = if before.starts_with('<') { before.rsplit('>').next().unwrap_or(before) } else { before };
    let letters: String = label.chars().filter(|c| c.is_alphabetic() || *c == ' ').collect();
    let is_label = LABELS.contains(&letters.trim().to_lowercase().as_str());
    if !(is_label || is_prompt) || before.contains('{') {
        return None;
    }
    let command = command.split("</").next().unwrap_or(command);
    let command = command.trim_end_matches([' ', '=', ':', '-', '*', '#', ']', '`', '>']);
    VERBS.contains(&parse(command).verb).then_some(command)
}

/// Returns the command that a text beside an output calls: `exec("kubectl get pods -n shop")`.
pub(crate) fn called(text: &str) -> Option<&str> {
    let command = text.get(text.find("kubectl ")?..)?;
    let command = command.split(['"', '\'', '`', ')', '\n']).next().filter(|text| text.len() <= MAX_BYTES)?;
    VERBS.contains(&parse(command).verb).then_some(command)
}

/// Returns the heading of an output that is read by itself.
pub(crate) fn canonical(command: &str, at: Option<&str>) -> String {
    let command = command.split(AT).next().unwrap_or(command);
    let at = at.map_or_else(String::new, |at| format!("{AT}{at}"));
    format!("$ {command}{at}\n")
}

/// Reads a command.
pub(crate) fn parse(text: &str) -> Command<'_> {
    let (text, at) = text.split_once(AT).map_or((text, None), |(text, at)| (text, Some(at)));
    let mut command = Command { at, ..Command::default() };
    let mut words = text.split_whitespace().skip(1);
    let mut place = 0;
    while let Some(word) = words.next() {
        if matches!(word, "|" | "&&" | ";" | ">" | "2>&1") {
            break;
        }
        if !word.starts_with('-') {
            match place {
                0 => command.verb = word,
                1 => argument(word, &mut command),
                2 if command.kind.is_some() => command.name = Some(word),
                _ => {}
            }
            place += 1;
            continue;
        }
        let (flag, value) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
        let value = value.or_else(|| if WITH_VALUE.contains(&flag) { words.next() } else { None });
        match (flag, value) {
            ("-n" | "--namespace", value) => command.namespace = value,
            ("-c" | "--container", value) => command.container = value,
            ("-o" | "--output", Some("yaml" | "json")) | ("-oyaml" | "-ojson", _) => {
                command.is_document = true
            }
            _ if flag.starts_with("-n") && flag.len() > 2 => command.namespace = flag.get(2..),
            _ => {}
        }
    }
    command
}

/// Reads the resource or object that a command names.
fn argument<'t>(word: &'t str, command: &mut Command<'t>) {
    let (kind, name) = word.split_once('/').map_or((word, None), |(kind, name)| (kind, Some(name)));
    // rows of several kinds have their own before their names
    let kind = if command.verb == "get" { kind.split(',').next().unwrap_or(kind) } else { kind };
    match of_word(kind) {
        Some(kind) => (command.kind, command.name) = (Some(kind), name),
        None if command.verb == "logs" => (command.kind, command.name) = (Some("Pod"), Some(word)),
        None => {}
    }
}
