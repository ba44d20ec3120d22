//! A text of several outputs of kubectl → pieces that are read by themselves, each below the command it comes from:
//! the rows of tables, descriptions, documents. Other lines pass as they are. Must not know how a piece is read.

use crate::text::kubectl::command::{canonical, heading, parse};
use crate::text::kubectl::event_table::EventHeader;
use crate::text::kubectl::pod_logs::{self, PodLine, PodLogs};
use crate::text::kubectl::table::Header;
use crate::text::kubectl::{describe, kinds};

/// Bytes of the longest description; of a document, that of a line.
const MAX_BYTES: usize = 4 << 20;
/// Words before the time at which the outputs were collected.
const TIMES: [&str; 10] = [
    "date",
    "collected",
    "collected at",
    "collection time",
    "captured",
    "captured at",
    "generated",
    "generated at",
    "timestamp",
    "采集时间",
];

/// What Markdown has before each line of a block of code without fences.
const CODE: &str = "    ";

/// A part of a text.
pub(crate) enum Piece<'p> {
    /// A line that is none of kubectl's.
    Line(&'p str),
    /// A command, a new line, and what it printed.
    Output(&'p str),
    /// A command or the header of a table.
    Heading(&'p str),
    /// The begin or end of a container's log.
    Mark(&'p str),
}

/// Receives pieces, each with the number of its line.
pub(crate) type EmitPiece<'e> = &'e mut dyn FnMut(u64, Piece<'_>);

/// What the lines belong to.
#[derive(Default)]
enum State {
    #[default]
    Plain,
    /// A table with this header.
    Table(String),
    /// A description.
    Description(Gathered),
    /// YAML or JSON.
    Document(Gathered),
}

/// Lines that are read together.
#[derive(Default)]
struct Gathered {
    begun: u64,
    lines: Vec<(u64, String)>,
    bytes: usize,
}

impl Gathered {
    fn push(&mut self, number: u64, line: &str) {
        if self.lines.is_empty() {
            self.begun = number;
        }
        self.bytes += line.len() + 1;
        self.lines.push((number, line.to_owned()));
    }

    fn text(&self) -> String {
        self.lines.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// Beginnings of lines that end what a command prints: headings, and what an agent thinks or does next.
const SEPARATORS: [&str; 5] = ["===", "###", "## ", "Thought:", "Action:"];

/// Splits a text line by line.
#[derive(Default)]
pub(crate) struct Sections {
    state: State,
    /// The last command, from `kubectl` on.
    command: Option<String>,
    /// When the outputs were collected, as written.
    at: Option<String>,
    /// True within a block of code that Markdown indents.
    is_indented: bool,
    logs: PodLogs,
}

/// Returns true if a text may have outputs of kubectl: a command, a header, or the beginning of a description.
pub(crate) fn may_have(text: &str) -> bool {
    let mut is_fenced = false;
    text.lines().any(|line| {
        let begins_fenced = is_fenced && line.starts_with("apiVersion: ");
        is_fenced = is_fence(line);
        if begins_fenced {
            return true;
        }
        if let Some(code) = line.strip_prefix(CODE) {
            return heading(code).is_some() || Header::of(code.trim_end(), None).is_some();
        }
        let first = line.as_bytes().first();
        match first {
            _ if EventHeader::of(line.trim_end()).is_some() => true,
            Some(b'N') => describe::begins(line) || Header::of(line.trim_end(), None).is_some(),
            Some(b'$' | b'#' | b'=' | b'-' | b'+' | b'>' | b'*' | b'[' | b'k' | b'o') => {
                heading(line).is_some() || pod_logs::command_of(line).is_some()
            }
            _ => heading(line).is_some(),
        }
    }) || text.lines().next().is_some_and(|line| bare_header(line).is_some())
}

/// Returns the header of a row that is known by its shape.
fn bare_header(row: &str) -> Option<String> {
    let has =
        |header: &str| Header::of(header, None).is_some_and(|header| header.object(row, None).is_some());
    if !row.contains(' ') || !row.starts_with(|c: char| c.is_ascii_lowercase()) {
        return None;
    }
    let with_namespace = |header: &&str| format!("NAMESPACE {header}");
    let headers: Vec<String> = kinds::bare().map(str::to_owned).collect();
    let wide = headers.iter().map(|header| with_namespace(&header.as_str())).collect::<Vec<_>>();
    headers.into_iter().chain(wide).find(|header| has(header))
}

impl Sections {
    /// Takes the next line.
    pub(crate) fn line(&mut self, number: u64, line: &str, emit: EmitPiece<'_>) {
        let line = self.code(line.trim_end(), emit);
        match self.logs.line(line) {
            PodLine::Mark => {
                self.flush(emit);
                return emit(number, Piece::Mark(line));
            }
            PodLine::Output(text) => return emit(number, Piece::Output(&text)),
            PodLine::Other => {}
        }
        if let Some(command) = heading(line) {
            self.flush(emit);
            self.command = Some(command.to_owned());
            if parse(command).is_document {
                self.state = State::Document(Gathered::default());
            }
            emit(number, Piece::Heading(line));
            return;
        }
        let is_separator = SEPARATORS.iter().any(|start| line.starts_with(start));
        if is_separator {
            self.flush(emit);
            self.command = None;
        }
        if let Some(row) = self.row(line) {
            emit(number, Piece::Output(&row));
            return;
        }
        match &mut self.state {
            // `Output:` and the like, before the document
            State::Document(gathered) if gathered.lines.is_empty() && !begins_document(line) => {
                emit(number, Piece::Line(line));
                return;
            }
            State::Document(_) if is_fence(line) => {
                self.flush(emit);
                emit(number, Piece::Line(line));
                return;
            }
            State::Document(gathered) if gathered.bytes + line.len() < MAX_BYTES => {
                gathered.push(number, line);
                return;
            }
            State::Description(gathered)
                if gathered.bytes + line.len() < MAX_BYTES
                    && !describe::begins(line)
                    && describe::continues(line) =>
            {
                gathered.push(number, line);
                return;
            }
            _ => {}
        }
        self.flush(emit);
        self.plain(number, line, emit);
    }

    /// Returns a line without what Markdown has before a line of code. Such a block begins with an output or its command.
    fn code<'l>(&mut self, line: &'l str, emit: EmitPiece<'_>) -> &'l str {
        match line.strip_prefix(CODE) {
            Some(code) if self.is_indented => code,
            Some(code) if self.is_open() && begins_output(code) => {
                self.is_indented = true;
                code
            }
            Some(_) => line,
            None => {
                if std::mem::take(&mut self.is_indented) {
                    self.flush(emit);
                }
                line
            }
        }
    }

    /// Returns true if nothing is gathered yet.
    fn is_open(&self) -> bool {
        match &self.state {
            State::Plain => true,
            State::Document(gathered) => gathered.lines.is_empty(),
            State::Table(_) | State::Description(_) => false,
        }
    }

    /// Ends a table at a blank line.
    pub(crate) fn blank(&mut self) {
        if let State::Table(_) = self.state {
            self.state = State::Plain;
        }
    }

    /// Emits what is gathered.
    pub(crate) fn flush(&mut self, emit: EmitPiece<'_>) {
        match std::mem::take(&mut self.state) {
            State::Description(gathered) => {
                let (text, kind) = (gathered.text(), self.kind());
                if describe::read(&text, kind, None).is_some() {
                    emit(gathered.begun, Piece::Output(&format!("{}{text}", self.head("describe"))));
                } else {
                    gathered.lines.iter().for_each(|(number, line)| emit(*number, Piece::Line(line)));
                }
            }
            State::Document(gathered) if !gathered.lines.is_empty() => {
                emit(gathered.begun, Piece::Output(&format!("{}{}", self.head("get"), gathered.text())));
            }
            _ => {}
        }
    }

    /// Reads a line outside everything.
    fn plain(&mut self, number: u64, line: &str, emit: EmitPiece<'_>) {
        if let Some(at) = time_of(line) {
            self.at = Some(at.to_owned());
        }
        if describe::begins(line) {
            let mut gathered = Gathered::default();
            gathered.push(number, line);
            self.state = State::Description(gathered);
            return;
        }
        if line.starts_with("apiVersion: ") {
            let mut gathered = Gathered::default();
            gathered.push(number, line);
            self.state = State::Document(gathered);
            return;
        }
        if EventHeader::of(line).is_some() || Header::of(line, self.kind()).is_some() {
            self.state = State::Table(line.to_owned());
            emit(number, Piece::Heading(line));
            return;
        }
        let by_command = || {
            let header = kinds::bare_of(self.kind()?)?;
            Header::of(header, self.kind())?.object(line, None).map(|_| header.to_owned())
        };
        if let Some(header) = by_command().or_else(|| bare_header(line)) {
            self.state = State::Table(header);
            return self.line(number, line, emit);
        }
        // the lines of logs and events are of the pod and namespace that the command names
        let command = self.command.as_deref().map(parse);
        let is_placed = command.is_some_and(|command| command.verb != "top");
        match is_placed && self.command.is_some() {
            true => emit(number, Piece::Output(&format!("{}{line}", self.head("get")))),
            false => emit(number, Piece::Line(line)),
        }
    }

    /// Returns a row of the table that is open, below its header.
    fn row(&self, line: &str) -> Option<String> {
        let State::Table(header) = &self.state else { return None };
        match EventHeader::of(header) {
            Some(header) => header.event(line, None)?,
            None => Header::of(header, self.kind())?.object(line, None)?,
        };
        Some(format!("{}{header}\n{line}", self.head("get")))
    }

    fn kind(&self) -> Option<&'static str> {
        parse(self.command.as_deref()?).kind
    }

    /// Returns the heading of a piece.
    fn head(&self, verb: &str) -> String {
        let command = self.command.clone().unwrap_or_else(|| format!("kubectl {verb}"));
        canonical(&command, self.at.as_deref())
    }
}

/// Returns true for a command, the header of a table, or the beginning of a description or of an object.
fn begins_output(line: &str) -> bool {
    heading(line).is_some()
        || Header::of(line, None).is_some()
        || describe::begins(line)
        || line.starts_with("apiVersion: ")
}

/// Returns true if YAML or JSON of an object may begin with a line.
fn begins_document(line: &str) -> bool {
    const KEYS: [&str; 7] = ["apiVersion:", "kind:", "items:", "metadata:", "data:", "spec:", "status:"];
    line.starts_with(['{', '[', '-']) || KEYS.iter().any(|key| line.starts_with(key))
}

/// Returns true for the line of Markdown or of a tag that ends a document.
fn is_fence(line: &str) -> bool {
    line.starts_with("```") || line.starts_with("</")
}

/// Returns the time of a line such as `# Collected at: 2026-11-22T10:15:00Z`.
fn time_of(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(['#', '=', '-', ' ', '*']);
    let (name, time) = line.split_once([':', '：'])?;
    let is_name = name.len() <= 40 && TIMES.contains(&name.trim().to_lowercase().as_str());
    let time = time.trim().trim_end_matches(['=', '-', ' ', '*', '#']);
    (is_name && time.len() <= 48 && time.contains(|c: char| c.is_ascii_digit())).then_some(time)
}
