//! Rows as a table for people, or one column a line. Anyone who can write to a log controls its text: it loses terminal
//! escapes and characters that hide or reorder text, and keeps its lines.

use crate::cli::Result;
use crate::cli::sql::rows::{Rows, cannot_write};
use crate::cli::terminal::width;
use crate::query::flat;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use redact::sanitize::lines;

/// Longest line of a value in a table, in characters: each line of the table is as wide as the longest one.
const MAX_LINE: usize = 2000;

/// Rows as lines of text.
struct Cells {
    names: Vec<Vec<String>>,
    are_numbers: Vec<bool>,
    rows: Vec<Vec<Vec<String>>>,
}

/// Returns rows below the names of their columns, with numbers on the right.
pub fn grid(rows: &Rows) -> Result<String> {
    let mut cells = cells(rows)?;
    for line in cells.rows.iter_mut().flatten().flatten() {
        if let Some((at, _)) = line.char_indices().nth(MAX_LINE) {
            line.truncate(at);
            line.push('…');
        }
    }
    let mut widths: Vec<usize> = cells.names.iter().map(|name| widest(name)).collect();
    for row in &cells.rows {
        for (most, cell) in widths.iter_mut().zip(row) {
            *most = widest(cell).max(*most);
        }
    }
    let rule: String = widths.iter().map(|width| format!("+{}", "-".repeat(width + 2))).collect();
    let rule = format!("{rule}+\n");
    let mut text = rule.clone();
    let left = vec![false; widths.len()];
    add_row(&mut text, &cells.names, &widths, &left);
    text.push_str(&rule);
    for row in &cells.rows {
        add_row(&mut text, row, &widths, &cells.are_numbers);
    }
    if !cells.rows.is_empty() {
        text.push_str(&rule);
    }
    Ok(text)
}

/// Returns each row as lines `name | value`.
pub fn expanded(rows: &Rows) -> Result<String> {
    let cells = cells(rows)?;
    let widest = cells.names.iter().map(|name| widest(name)).max().unwrap_or(0);
    let mut text = String::new();
    for (at, row) in cells.rows.iter().enumerate() {
        text.push_str(&format!("-[ row {} ]{}\n", at + 1, "-".repeat(widest)));
        for (name, cell) in cells.names.iter().zip(row) {
            let mut name = name.join(" ");
            for line in cell {
                text.push_str(&format!("{} | {line}\n", padded(&name, widest, false)));
                name.clear();
            }
        }
    }
    Ok(text)
}

fn cells(rows: &Rows) -> Result<Cells> {
    let fields = rows.schema.fields();
    let names = fields.iter().map(|field| lines(field.name())).collect();
    let are_numbers = fields.iter().map(|field| field.data_type().is_numeric()).collect();
    let mut cells = Cells { names, are_numbers, rows: Vec::new() };
    let options = FormatOptions::default().with_display_error(true);
    for batch in &rows.batches {
        let batch = flat::whole(batch).map_err(cannot_write)?;
        let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options));
        let columns = columns.collect::<std::result::Result<Vec<_>, _>>().map_err(cannot_write)?;
        let row = |at| columns.iter().map(|column| lines(&column.value(at).to_string())).collect();
        cells.rows.extend((0..batch.num_rows()).map(row));
    }
    Ok(cells)
}

fn widest(lines: &[String]) -> usize {
    lines.iter().map(|line| width(line)).max().unwrap_or(0)
}

fn padded(text: &str, to: usize, is_right: bool) -> String {
    let gap = " ".repeat(to.saturating_sub(width(text)));
    if is_right { format!("{gap}{text}") } else { format!("{text}{gap}") }
}

fn add_row(text: &mut String, row: &[Vec<String>], widths: &[usize], are_right: &[bool]) {
    let height = row.iter().map(Vec::len).max().unwrap_or(0);
    for at in 0..height {
        for ((cell, width), is_right) in row.iter().zip(widths).zip(are_right) {
            let line = cell.get(at).map(String::as_str).unwrap_or_default();
            text.push_str(&format!("| {} ", padded(line, *width, *is_right)));
        }
        text.push_str("|\n");
    }
}
