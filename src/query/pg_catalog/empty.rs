//! Queries of the catalog whose result is empty whatever the lake has: of catalogs without rows, whose columns and
//! functions the engine does not all have.

use crate::query::pg_catalog::statement::{Ahead, is_keyword};
use datafusion::sql::sqlparser::tokenizer::Token;

/// Catalogs of what the lake has none of.
const EMPTY: [&str; 16] = [
    "pg_auth_members",
    "pg_cast",
    "pg_event_trigger",
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_foreign_table",
    "pg_language",
    "pg_operator",
    "pg_policy",
    "pg_publication",
    "pg_rewrite",
    "pg_sequence",
    "pg_statistic_ext",
    "pg_stat_activity",
    "pg_locks",
    "pg_trigger",
];

/// Functions that return a row for no rows.
const AGGREGATES: [&str; 9] =
    ["count", "sum", "min", "max", "avg", "array_agg", "string_agg", "bool_or", "bool_and"];

/// Returns the names of the columns of a query that has no rows: each of its parts first reads a catalog without rows,
/// or it is about keys and indexes, of which there are none.
pub fn columns(start: &Ahead<'_>) -> Option<Vec<String>> {
    let (mut depth, mut parts, mut is_list) = (0_usize, 0, true);
    let (mut columns, mut column) = (Vec::new(), None);
    let (mut is_key, mut is_series, mut reads_rows) = (false, false, false);
    let mut ahead = *start;
    while let Some(token) = ahead.token(0) {
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.checked_sub(1)?,
            Token::Comma if depth == 0 && is_list => columns.push(column.take()),
            Token::Word(_) if depth == 0 && is_list && ahead.is(0, "select") => {
                columns.clear();
                column = None;
            }
            Token::Word(_) if depth == 0 && is_from(&ahead) => {
                is_list = false;
                parts += 1;
                reads_rows |= !ahead.skip(1).relation().is_some_and(|name| EMPTY.contains(&name.as_str()));
            }
            Token::Word(_) if depth == 0 && is_list => column = ahead.name(0),
            _ => {}
        }
        if ahead.symbol(1, &Token::LParen) && AGGREGATES.iter().any(|name| ahead.is(0, name)) {
            return None;
        }
        is_series |= ahead.is(0, "_pg_expandarray") || ahead.is(0, "generate_series");
        is_key |= ahead.is(0, "pg_constraint") || ahead.is(0, "pg_index");
        ahead = ahead.skip(1);
    }
    if parts == 0 || (reads_rows && !(is_key && is_series)) {
        return None;
    }
    columns.push(column);
    Some(unique(columns))
}

/// Returns true for `from`, but not for that of `is distinct from`.
fn is_from(ahead: &Ahead<'_>) -> bool {
    ahead.is(0, "from") && !is_keyword(ahead.before(), "distinct")
}

/// Returns names that are each different; a column without a name gets that of Postgres.
fn unique(columns: Vec<Option<String>>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for column in columns {
        let name = column.unwrap_or_else(|| "?column?".into());
        names.push(if names.contains(&name) { format!("{name}_{}", names.len()) } else { name });
    }
    names
}
