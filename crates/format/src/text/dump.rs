//! Documents that a record shows on further lines: JSON, YAML, XML, SQL, and pictures of characters.
//! Must not know any log format, nor what a record is.

use serde::de::IgnoredAny;

/// Returns true if the lines after `line`, which comes after `previous`, are those of a document: one begins there, or
/// `is_open` and it goes on.
pub fn is_open(line: &str, previous: &str, is_open: bool) -> bool {
    if is_bracket(line) || line == "---" || line.starts_with("apiVersion: ") {
        return true;
    }
    let goes_on = is_open && !line.starts_with(['}', ']']);
    goes_on || announces(previous) && (is_yaml(line) || is_markup(line) || begins_sql(line))
}

/// Returns true if an indented line within a document continues it, though a record of a layout could begin with it.
pub fn continues_indented(line: &str) -> bool {
    line.starts_with([' ', '\t', '}', ']'])
}

/// Returns true if `line` continues the document of the line before it, `previous`; `is_open` if it is known to be one.
pub fn continues(line: &str, previous: &str, is_open: bool) -> bool {
    let follows = announces(previous);
    if is_bracket(line) {
        return follows || previous.ends_with(" =") || previous.ends_with("->") || previous.ends_with("=>");
    }
    if line.starts_with('<') {
        return is_markup(line)
            && (follows || is_open || previous.ends_with('>') || line.starts_with("<?xml "));
    }
    if continues_sql(line, previous, is_open)
        || (is_open || follows) && is_yaml(line)
        || follows && begins_sql(line)
    {
        return true;
    }
    // a block of YAML after an indented line
    let is_block =
        || line.ends_with(':') && is_yaml(line) && line.starts_with(|c: char| c.is_ascii_lowercase());
    let is_after_block = previous.starts_with("  ") && !previous.trim_start().starts_with("at ");
    is_after_block && is_block() || is_picture(line) && (follows || is_picture(previous))
}

/// Returns true for a text that is one JSON object on several lines.
pub fn is_json(text: &str) -> bool {
    text.starts_with('{') && text.ends_with('}') && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Returns true if a document may follow a line.
fn announces(line: &str) -> bool {
    line.ends_with(':') || line == "---"
}

/// Returns true for a line that opens an object or a list, and does nothing else.
fn is_bracket(line: &str) -> bool {
    matches!(line, "{" | "[" | "[{" | "({" | "(")
}

/// Returns true for `key:`, `key: value` and `- value`.
fn is_yaml(line: &str) -> bool {
    if line.starts_with("- ") || line == "---" {
        return true;
    }
    let Some(end) = line.find(':') else { return false };
    let (key, value) = line.split_at(end);
    !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte))
        && matches!(value.as_bytes().get(1), None | Some(b' '))
}

/// Returns true for a line of XML or HTML.
fn is_markup(line: &str) -> bool {
    let Some(inner) = line.strip_prefix('<') else { return false };
    let first = inner.strip_prefix(['/', '?', '!']).unwrap_or(inner);
    first.starts_with(|c: char| c.is_ascii_alphabetic()) && (inner.len() > first.len() || line.ends_with('>'))
}

/// Returns true for the first line of a statement of SQL.
fn begins_sql(line: &str) -> bool {
    const VERBS: [&str; 9] =
        ["select", "insert", "update", "delete", "with", "create", "alter", "drop", "merge"];
    let word = line.split(' ').next().unwrap_or("");
    VERBS.iter().any(|verb| word.eq_ignore_ascii_case(verb))
}

/// Returns true for a clause in capitals after a line of SQL.
fn continues_sql(line: &str, previous: &str, is_open: bool) -> bool {
    const CLAUSES: [&str; 23] = [
        "SET ",
        "VALUES(",
        "ON ",
        "LIMIT ",
        "UNION ",
        "CROSS JOIN ",
        "FULL JOIN ",
        "FOR UPDATE",
        "USING ",
        "FROM ",
        "WHERE ",
        "AND ",
        "OR ",
        "LEFT JOIN ",
        "RIGHT JOIN ",
        "INNER JOIN ",
        "LEFT OUTER JOIN ",
        "JOIN ",
        "ORDER BY ",
        "GROUP BY ",
        "HAVING ",
        "VALUES ",
        "RETURNING ",
    ];
    let is_clause = |line: &str| CLAUSES.iter().any(|clause| line.starts_with(clause));
    let is_statement =
        |line: &str| ["SELECT ", "INSERT ", "UPDATE ", "DELETE "].iter().any(|verb| line.contains(verb));
    line.starts_with(|c: char| c.is_ascii_uppercase())
        && (is_clause(line) || line == "VALUES")
        && (is_open || is_clause(previous) || is_statement(previous))
}

/// Returns true for a line of a banner or a box: hardly a letter, many other characters.
fn is_picture(line: &str) -> bool {
    if line.starts_with(['│', '╵', '├', '└', '╷', '╭', '╰', '┌', '║', '╔', '╚']) {
        return true;
    }
    if line.starts_with(['|', '+']) && line.ends_with(['|', '+']) {
        return true; // a table
    }
    if line.trim_start().starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return false;
    }
    let (mut letters, mut marks) = (0usize, 0usize);
    for c in line.chars().take(200).filter(|c| !c.is_whitespace()) {
        if c.is_alphanumeric() { letters += 1 } else { marks += 1 }
    }
    marks >= 6 && letters * 3 < marks
}
