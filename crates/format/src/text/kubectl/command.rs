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
/// What precedes a command in a line of JSON that names it.
const INVOCATIONS: [&str; 2] = ["\"invocation\": \"", "\"invocation\":\""];
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
    if let Some(command) = in_call(line) {
        return Some(command);
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

/// Returns the command of a line that calls it by a function, or that names it as the call whose result follows:
/// `exec("kubectl get pods -n shop")`, `{…, "invocation": "kubectl get pods -n shop"}`.
fn in_call(line: &str) -> Option<&str> {
    let (before, _) = line.trim().split_once("kubectl ")?;
    let function = before.strip_suffix("(\"").or_else(|| before.strip_suffix("('"));
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'))
    };
    let is_named = before.starts_with('{') && INVOCATIONS.iter().any(|member| before.ends_with(member));
    if function.is_some_and(is_name) || is_named { called(line) } else { None }
}

/// Returns an output whose heading names no namespace with that of the file; `None` if it is no such output.
pub(crate) fn placed(bytes: &[u8], namespace: &str) -> Option<Vec<u8>> {
    let mut heads = [b"$ kubectl get".as_slice(), b"$ kubectl describe"].into_iter();
    let (head, rest) = heads.find_map(|head| Some((head, bytes.strip_prefix(head)?)))?;
    let is_bare = rest.starts_with(b"\n") || rest.starts_with(AT.as_bytes());
    is_bare.then(|| [head, b" -n ", namespace.as_bytes(), rest].concat())
}

/// Returns the namespace and the workload of a command that is the name of a file: `kubectl_get_pods_-n_shop.txt`,
/// `kubectl_logs_deploy_cart_-n_shop.log`.
pub(crate) fn of_file(name: &str) -> (Option<String>, Option<String>) {
    let Some(at) = name.find("kubectl_") else { return (None, None) };
    let words = name.get(at..).unwrap_or_default().split('.').next().unwrap_or_default();
    let text = words.replace('_', " ");
    let command = parse(&text);
    let owned = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty() && name.len() <= 63);
    let is_workload = matches!(command.kind, Some("Deployment" | "StatefulSet" | "DaemonSet" | "Job"));
    let workload = command.name.filter(|_| command.verb == "logs" && is_workload);
    (command.namespace.and_then(owned), workload.and_then(owned))
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
