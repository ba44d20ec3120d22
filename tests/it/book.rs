//! The book in `docs/` and the READMEs agree with the program: chapters, links, commands, statements, references.

use crate::program::{headwater, rows, run};
use clap::Parser;
use clap::error::ErrorKind;
use headwater::cli::Cli;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const LANGS: [&str; 2] = ["en", "zh"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the file names of the chapters of a book.
fn chapters(lang: &str) -> BTreeSet<String> {
    let folder = std::fs::read_dir(root().join("docs").join(lang)).expect("a book");
    let names = folder.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    names.filter(|name| name.ends_with(".md") && name != "SUMMARY.md").collect()
}

/// Returns all documents for people, by path below the root.
fn documents() -> Vec<PathBuf> {
    let files = ["README.md", "README.zh-CN.md", "ARCHITECTURE.md", "deploy/README.md"].map(PathBuf::from);
    let books = LANGS.iter().flat_map(|lang| {
        let folder = Path::new("docs").join(lang);
        chapters(lang).into_iter().chain(["SUMMARY.md".to_owned()]).map(move |name| folder.join(name))
    });
    files.into_iter().chain(books).collect()
}

/// Returns the lines of a document outside of its fences.
fn prose(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            lines.push(line);
        }
    }
    lines
}

/// Returns the contents of the fences of a language.
fn fences<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let open = format!("```{language}\n");
    let begins = text.match_indices(&open).map(|(at, _)| &text[at + open.len()..]);
    begins.map(|rest| &rest[..rest.find("\n```").expect("a closed fence")]).collect()
}

/// Returns the targets of the links of a document.
fn links(text: &str) -> Vec<String> {
    let link = Regex::new(r"\]\(([^()\s]+)\)").expect("a pattern");
    let code = Regex::new("`[^`]*`").expect("a pattern");
    let lines = prose(text);
    let lines = lines.iter().map(|line| code.replace_all(line, "code").into_owned());
    lines.flat_map(|line| link.captures_iter(&line).map(|c| c[1].to_owned()).collect::<Vec<_>>()).collect()
}

/// Returns the anchors of the headings of a document, as mdBook and GitHub make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    for line in prose(text).iter().filter(|line| line.starts_with('#')) {
        let title = line.trim_start_matches('#').trim();
        let id: String = title
            .chars()
            .filter_map(|c| match c {
                _ if c.is_alphanumeric() || c == '_' || c == '-' => Some(c.to_ascii_lowercase()),
                _ if c.is_whitespace() => Some('-'),
                _ => None,
            })
            .collect();
        let count = seen.entry(id.clone()).or_default();
        anchors.insert(if *count == 0 { id } else { format!("{id}-{count}") });
        *count += 1;
    }
    anchors
}

#[test]
fn the_summaries_list_every_chapter_and_the_books_have_the_same_chapters() {
    for lang in LANGS {
        let summary = read(&root().join("docs").join(lang).join("SUMMARY.md"));
        let listed = links(&summary);
        let unique: BTreeSet<String> = listed.iter().cloned().collect();
        assert_eq!(unique.len(), listed.len(), "{lang}: a chapter is listed twice");
        assert_eq!(unique, chapters(lang), "{lang}");
        let book: toml::Table =
            read(&root().join("docs").join(lang).join("book.toml")).parse().expect("TOML");
        assert_eq!(book["book"]["src"].as_str(), Some("."), "{lang}");
    }
    assert_eq!(chapters("en"), chapters("zh"));
    assert!(chapters("en").len() >= 15, "{:?}", chapters("en"));
}

#[test]
fn every_link_resolves() {
    let (mut count, mut wrong) = (0, Vec::new());
    for document in documents() {
        let text = read(&root().join(&document));
        for link in links(&text).iter().filter(|link| !link.starts_with("http")) {
            count += 1;
            let (path, anchor) = link.split_once('#').map_or((link.as_str(), None), |(p, a)| (p, Some(a)));
            let folder = root().join(&document).parent().expect("a folder").to_owned();
            let target = if path.is_empty() { root().join(&document) } else { folder.join(path) };
            let leaves_the_book = document.starts_with("docs") && path.contains("../../");
            let is_right = !leaves_the_book
                && target.exists()
                && anchor.is_none_or(|name| anchors(&read(&target)).contains(name));
            if !is_right {
                wrong.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 400, "{count} links");
}

/// A browser would take such text for a tag and show nothing.
#[test]
fn no_text_is_taken_for_html() {
    let tag = Regex::new("</?[a-zA-Z][^>/]*>").expect("a pattern");
    let hidden = Regex::new("`[^`]*`|<https?:[^>]*>").expect("a pattern");
    for document in documents() {
        for line in prose(&read(&root().join(&document))) {
            let shown = hidden.replace_all(line, "");
            assert!(!tag.is_match(&shown), "{}: {line}", document.display());
        }
    }
}

/// Returns the words of the first command of a shell line; what another command, a redirection or a comment has is left out.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            (Some(_), _) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, '|' | '>' | '<' | ';' | '&' | ')') => break,
            (None, ' ') => words.extend(word.take()),
            (None, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Returns the commands of the program in the fences of a document.
fn commands(text: &str) -> Vec<Vec<String>> {
    let begin = Regex::new(r"(?:^|\| |\$\(|&& )(headwater )").expect("a pattern");
    let mut found = Vec::new();
    for fence in fences(text, "sh") {
        for line in fence.replace("\\\n", " ").lines() {
            found.extend(begin.captures_iter(line).filter_map(|c| Some(words(&line[c.get(1)?.start()..]))));
        }
    }
    found
}

#[test]
fn words_of_a_command_are_those_of_the_shell() {
    let check = |line: &str, expected: &[&str]| assert_eq!(words(line), expected, "{line}");
    check("headwater sql \"select 'a' from event\" > a.csv", &["headwater", "sql", "select 'a' from event"]);
    check("headwater brief --ask 'why? #1'   # a question", &["headwater", "brief", "--ask", "why? #1"]);
    check("headwater run '' | tail -1", &["headwater", "run", ""]);
    let found = commands("```sh\na=$(headwater lake status)\nkubectl logs x | headwater redact -\n```\n");
    assert_eq!(found, [vec!["headwater", "lake", "status"], vec!["headwater", "redact", "-"]]);
}

#[test]
fn every_command_of_a_fence_is_valid() {
    let (mut count, mut wrong) = (0, Vec::new());
    for document in documents() {
        for words in commands(&read(&root().join(&document))) {
            count += 1;
            if let Err(error) = Cli::try_parse_from(&words)
                && error.kind() != ErrorKind::DisplayHelp
            {
                wrong.push(format!("{}: `{}`: {error}", document.display(), words.join(" ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 150, "{count} commands");
}

#[test]
fn every_config_of_a_fence_is_valid() {
    let mut count = 0;
    for document in documents() {
        for fence in fences(&read(&root().join(&document)), "toml") {
            let is_config = fence.starts_with('[') && !fence.contains("[[case]]");
            if is_config {
                let place = document.display().to_string();
                headwater::config::Config::parse(fence, &place).unwrap_or_else(|error| panic!("{error}"));
                count += 1;
            }
        }
    }
    assert!(count >= 10, "{count} configs");
}

/// Every statement of the cookbook returns rows on the demo's lake, and both languages have the same ones.
#[test]
fn the_statements_of_the_cookbook_run() {
    let dir = tempfile::tempdir().expect("a folder");
    let demo = dir.path().join("demo");
    let output = run(dir.path(), &["demo", "--dir", demo.to_str().expect("a path")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let books = LANGS.map(|lang| read(&root().join("docs").join(lang).join("sql.md")));
    let statements = fences(&books[0], "sql");
    assert_eq!(statements, fences(&books[1], "sql"));
    assert!(statements.len() >= 20, "{} statements", statements.len());
    for sql in statements {
        let found = rows(&demo.join("lake"), sql.trim_end().trim_end_matches(';'));
        assert!(found.as_array().is_some_and(|rows| !rows.is_empty()), "no rows: {sql}");
    }
}

/// The walkthroughs of a rule and of a layout do what they show.
#[test]
fn the_walkthroughs_run_as_they_are_printed() {
    use std::os::unix::fs::symlink;
    let programs = tempfile::tempdir().expect("a folder");
    symlink(env!("CARGO_BIN_EXE_headwater"), programs.path().join("headwater")).expect("a link");
    let path = format!("{}:{}", programs.path().display(), std::env::var("PATH").expect("a PATH"));
    for lang in LANGS {
        let folder = tempfile::tempdir().expect("a folder");
        let shell = |script: &str| {
            let mut shell = std::process::Command::new("sh");
            let shell = shell.args(["-eu", "-c", script]).current_dir(folder.path()).env("PATH", &path);
            let output = shell.output().expect("a shell");
            let [text, message] =
                [output.stdout, output.stderr].map(|b| String::from_utf8_lossy(&b).into_owned());
            assert!(output.status.success(), "{lang}: {script}\n{text}{message}");
            text
        };
        let chapter = |name: &str| read(&root().join("docs").join(lang).join(name));
        let rule = chapter("first-rule.md");
        let shown = shell(&fences(&rule, "sh")[..2].join("\n"));
        assert!(shown.contains("stops here"), "{lang}: {shown}");
        let layout = chapter("layouts.md");
        let steps = fences(&layout, "sh");
        assert!(shell(steps[0]).contains("read as unparsed"), "{lang}");
        std::fs::create_dir(folder.path().join("my-layouts")).expect("a folder");
        std::fs::write(folder.path().join("my-layouts/till.toml"), fences(&layout, "toml")[0])
            .expect("written");
        assert!(shell(steps[1]).contains("business as till"), "{lang}");
    }
}

fn reference(document: &str, lang: &str) -> String {
    let output = headwater(Path::new("unused"), &["doc", document, "--lang", lang])
        .env("HEADWATER_LOG_FORMAT", "text")
        .output()
        .expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_references_are_what_the_program_generates() {
    for document in ["cli", "config", "tables", "formats"] {
        for lang in LANGS {
            let file = format!("docs/{lang}/{document}.md");
            let kept = read(&root().join(&file));
            let made = reference(document, lang);
            assert!(kept == made, "run `headwater doc {document} --lang {lang} > {file}`");
        }
    }
}

#[test]
fn every_command_and_every_section_of_the_config_has_a_place() {
    let commands = reference("cli", "en");
    for name in ["headwater", "headwater report", "headwater rules backtest", "headwater lake verify"] {
        let heading = Regex::new(&format!("(?m)^##+ {name}$")).expect("a pattern");
        assert!(heading.is_match(&commands), "{name}");
    }
    assert!(!commands.contains("sandbox-worker"), "hidden commands are not listed");
    let config = reference("config", "en");
    let default: toml::Table = headwater::config::DEFAULT.parse().expect("TOML");
    for (name, value) in default {
        let listed = if value.is_table() { format!("## `[{name}]`") } else { format!("| `{name}` |") };
        assert!(config.contains(&listed), "{listed}");
        for key in value.as_table().into_iter().flat_map(toml::Table::keys) {
            assert!(config.contains(&format!("| `{key}` |")) || key == "paths", "[{name}] {key}");
        }
    }
}

#[test]
fn every_text_of_the_references_is_in_both_languages() {
    let rows = |text: &str| -> Vec<(String, String)> {
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        let cells = rows.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>());
        cells.map(|cells| (cells[0].to_owned(), (*cells.last().expect("a cell")).to_owned())).collect()
    };
    let is_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for (document, least) in [("config", 90), ("tables", 120)] {
        let (en, zh) = (rows(&reference(document, "en")), rows(&reference(document, "zh")));
        assert!(en.len() > least && en.len() == zh.len(), "{document}: {} and {} rows", en.len(), zh.len());
        for ((name, en), (same, zh)) in en.iter().zip(&zh) {
            assert_eq!(name, same);
            let is_name = !en.contains(' ');
            assert!(is_chinese(zh) || is_name, "{document}: {name}: `{zh}` is not in Chinese");
            assert!(!en.is_empty(), "{document}: {name} has no text");
        }
    }
}

/// A newcomer finds the way from a README in one click.
#[test]
fn the_readmes_lead_to_the_book() {
    for (readme, lang) in [("README.md", "en"), ("README.zh-CN.md", "zh")] {
        let text = read(&root().join(readme));
        let targets: BTreeSet<String> = links(&text).into_iter().collect();
        for chapter in ["first-day.md", "first-rule.md", "layouts.md", "traces.md", "sql.md", "SUMMARY.md"] {
            let link = format!("docs/{lang}/{chapter}");
            assert!(targets.contains(&link), "{readme} has no link to {link}");
        }
        assert!(text.lines().count() < 120, "{readme} is for the first ten minutes");
    }
}
