//! Kinds of CSV that are written without a header, recognised by the shape of their first record: the
//! names of their columns, and how they write levels and error codes. To add one, add it to `KINDS`.
//! Must not know how records are framed.

use crate::contract::Clock;
use crate::text::csv::{Dialect, FieldSplitter, text_of, unquoted};
use crate::text::csv_header::Header;
use crate::text::time;
use model::record::{Level, Text};

/// How these kinds are written.
pub const DIALECT: Dialect = Dialect { delimiter: b',', quote: b'"' };

/// One kind.
pub struct Kind {
    /// Columns in order; later versions of the program have added some at the end.
    columns: &'static [&'static str],
    /// Number of columns that every version writes.
    fewest: usize,
    /// Returns true if the fields can only be a record of this kind.
    fits: fn(&[Text<'_>]) -> bool,
    /// Column of the time.
    pub time: &'static str,
    /// Column of the level.
    pub level: &'static str,
    /// Words of that column that no other program uses.
    levels: &'static [(&'static str, Level)],
    /// Column of a code that every record has; it is the error code of errors.
    pub code: &'static str,
    /// The code of success.
    pub success: &'static str,
}

/// Every kind.
static KINDS: [Kind; 1] = [POSTGRES];

/// PostgreSQL's `csvlog`: <https://www.postgresql.org/docs/current/runtime-config-logging.html>.
const POSTGRES: Kind = Kind {
    columns: &[
        "log_time",
        "user_name",
        "database_name",
        "process_id",
        "connection_from",
        "session_id",
        "session_line_num",
        "command_tag",
        "session_start_time",
        "virtual_transaction_id",
        "transaction_id",
        "error_severity",
        "sql_state_code",
        "message",
        "detail",
        "hint",
        "internal_query",
        "internal_query_pos",
        "context",
        "query",
        "query_pos",
        "location",
        "application_name",
        "backend_type", // from version 13
        "leader_pid",   // from version 14, as is the next
        "query_id",
    ],
    fewest: 23,
    fits: is_postgres,
    time: "log_time",
    level: "error_severity",
    levels: &[
        ("LOG", Level::Info),
        ("DEBUG1", Level::Debug),
        ("DEBUG2", Level::Debug),
        ("DEBUG3", Level::Debug),
        ("DEBUG4", Level::Debug),
        ("DEBUG5", Level::Debug),
    ],
    code: "sql_state_code",
    success: "00000",
};

/// Returns true for a time with a zone, a process, a session `hex.hex`, and a five-letter SQL state.
fn is_postgres(fields: &[Text<'_>]) -> bool {
    let field = |index: usize| fields.get(index).map_or("", |field| &**field);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_session = field(5).split_once('.').is_some_and(|(begun, pid)| is_hex(begun) && is_hex(pid));
    let has_state = field(12).len() == 5 && field(12).bytes().all(|byte| byte.is_ascii_alphanumeric());
    let has_time =
        time::iso(field(0), &Clock::UTC).is_some_and(|stamp| stamp.len < field(0).len() || stamp.zoned);
    has_time && is_number(field(3)) && is_session && is_number(field(6)) && has_state
}

impl Kind {
    /// Returns the level that a word of the level's column stands for.
    pub fn level_of(&self, word: &str) -> Option<Level> {
        let own = self.levels.iter().find(|(known, _)| *known == word).map(|(_, level)| *level);
        own.or_else(|| Level::of(word))
    }
}

/// Returns the header of a CSV without one, whose first record begins at the front of `head`.
pub fn missing_header(head: &[u8]) -> Option<String> {
    let record = head.first().filter(|byte| byte.is_ascii_digit()).and_then(|_| first_record(head))?;
    let fields: Vec<Text<'_>> =
        record.into_iter().map(|field| text_of(unquoted(field, DIALECT.quote))).collect();
    let kind = KINDS
        .iter()
        .find(|kind| (kind.fewest..=kind.columns.len()).contains(&fields.len()) && (kind.fits)(&fields))?;
    Some(kind.columns.get(..fields.len())?.join(","))
}

/// Returns the fields of the first record, which may have several lines.
fn first_record(head: &[u8]) -> Option<Vec<&[u8]>> {
    let mut splitter = FieldSplitter::default();
    for end in memchr::memchr_iter(b'\n', head).chain([head.len()]) {
        let line = head.get(..end)?;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if splitter.advance(line, DIALECT).ok()? {
            return splitter.fields.into_iter().map(|span| line.get(span)).collect();
        }
    }
    None
}

/// Returns the kind whose columns a header has.
pub fn kind_of(header: &Header<'_>) -> Option<&'static Kind> {
    let has =
        |(index, name): (usize, &&str)| header.columns.get(index).is_some_and(|column| column.name == **name);
    KINDS.iter().find(|kind| kind.columns.iter().take(kind.fewest).enumerate().all(has))
}
