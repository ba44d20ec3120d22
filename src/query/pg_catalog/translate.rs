//! SQL that clients of Postgres write to read its catalog, in words of the engine. Only the words that the engine lacks
//! are replaced; all other text stays as the client wrote it, and a statement without a name of the catalog is not touched.

use crate::query::literal::{list, quoted};
use crate::query::pg_catalog::empty;
use crate::query::pg_catalog::statement::{Ahead, BARE, CASTS, Statement, is_keyword, word};
use datafusion::sql::sqlparser::tokenizer::Token;

/// Returns a statement that the engine can plan.
pub fn translated(sql: &str) -> String {
    let Some(statement) = Statement::of(sql).filter(Statement::is_about_catalog) else {
        return sql.to_owned();
    };
    if let Some(columns) = empty::columns(&statement.start()) {
        let nulls =
            columns.iter().map(|name| format!("cast(null as varchar) as \"{}\"", name.replace('"', "\"\"")));
        return format!("select {} where false", nulls.collect::<Vec<_>>().join(", "));
    }
    let (mut text, mut end) = (String::new(), 0);
    let mut ahead = statement.start();
    while ahead.token(0).is_some() {
        let Some((words, count)) = replaced(&ahead) else {
            ahead = ahead.skip(1);
            continue;
        };
        text.push_str(&sql[end..ahead.range(0).start]);
        text.extend([" ", words.as_str(), " "]);
        end = ahead.range(count - 1).end;
        ahead = ahead.skip(count);
    }
    text.push_str(&sql[end..]);
    text
}

/// Words that replace tokens, and how many tokens they replace.
type Replaced = Option<(String, usize)>;

fn replaced(ahead: &Ahead<'_>) -> Replaced {
    operator(ahead)
        .or_else(|| cast(ahead))
        .or_else(|| function(ahead))
        .or_else(|| subquery(ahead))
        .or_else(|| name(ahead))
}

/// `operator(pg_catalog.~)`, `collate pg_catalog.default`
fn operator(ahead: &Ahead<'_>) -> Replaced {
    let is_operator =
        ahead.is(0, "operator") && ahead.symbol(1, &Token::LParen) && ahead.symbol(3, &Token::Period);
    if is_operator && ahead.symbol(5, &Token::RParen) {
        return Some((ahead.source(4).to_owned(), 6));
    }
    ahead.is(0, "collate").then(|| (String::new(), if ahead.symbol(2, &Token::Period) { 4 } else { 2 }))
}

/// `'audit'::regclass`, `'pg_catalog.array_in'::regproc`, `c.relname::name`
fn cast(ahead: &Ahead<'_>) -> Replaced {
    if ahead.symbol(0, &Token::DoubleColon) {
        let (kind, count) = type_at(&ahead.skip(1))?;
        let instead = CASTS.iter().find(|(name, _)| *name == kind).map(|(_, instead)| *instead);
        let own = || (count > 1).then(|| ahead.source(count));
        return Some((format!("::{}", instead.or_else(own)?), 1 + count));
    }
    let name = ahead.text(0).filter(|_| ahead.symbol(1, &Token::DoubleColon))?;
    let (kind, count) = type_at(&ahead.skip(2)).filter(|(kind, _)| kind.starts_with("reg"))?;
    let name = name.rsplit('.').next().unwrap_or(name).replace('"', "");
    let value = match name.as_str() {
        name if kind != "regclass" => format!("'{}'", quoted(name)),
        "pg_class" => "1259".to_owned(),
        name => format!("(select max(oid) from pg_catalog.pg_class where relname = '{}')", quoted(name)),
    };
    Some((value, 2 + count))
}

/// `pg_catalog.format_type(…)`, `current_user`, `current_schemas(true)`, `parse_ident('report.run')`
fn function(ahead: &Ahead<'_>) -> Replaced {
    if ahead.is(0, "pg_catalog") && ahead.symbol(1, &Token::Period) && ahead.symbol(3, &Token::LParen) {
        return Some((String::new(), 2));
    }
    let is_name = matches!(ahead.before(), Some(Token::Period)) || is_keyword(ahead.before(), "as");
    if !is_name && !ahead.symbol(1, &Token::LParen) && ahead.is_any(0, &BARE) {
        // in quotes: without, the parser takes the word alone
        return Some((format!("\"{}\"()", ahead.name(0)?), 1));
    }
    if ahead.is(0, "generate_series") && ahead.symbol(1, &Token::LParen) {
        let count = 1 + ahead.skip(1).group()?;
        let is_path = (0..count).any(|at| ahead.is(at, "current_schemas"));
        return is_path.then(|| ("(values (1))".into(), count));
    }
    if !ahead.symbol(1, &Token::LParen) || !ahead.symbol(3, &Token::RParen) {
        return None;
    }
    if ahead.is(0, "current_schemas") {
        let schemas = if ahead.is(2, "true") { "'pg_catalog', 'public'" } else { "'public'" };
        return Some((format!("make_array({schemas})"), 4));
    }
    let name = ahead.text(2).filter(|_| ahead.is(0, "parse_ident"))?;
    let parts = name.split('.').map(|part| part.trim_matches('"'));
    Some((format!("make_array({})", list(parts)), 4))
}

/// Subqueries of the catalog that the engine cannot plan: the schemas of the search path; kinds of tables;
/// memberships and options, defaults and collations, of which there are none.
fn subquery(ahead: &Ahead<'_>) -> Replaced {
    let is_select = |at: usize| ahead.symbol(at, &Token::LParen) && ahead.is(at + 1, "select");
    if ahead.is(0, "in") && is_select(1) {
        let count = 1 + ahead.skip(1).group()?;
        let is_path =
            |at: usize| ahead.is(at, "current_setting") && ahead.text(at + 2) == Some("search_path");
        return (0..count).any(is_path).then(|| ("in ('public')".into(), count));
    }
    let instead = match () {
        () if ahead.is(0, "array") && is_select(1) => "arrow_cast(null, 'List(Utf8)')",
        () if !is_select(0) => return None,
        () if is_keyword(ahead.before(), "or") => "false",
        () if ahead.before() == Some(&Token::Comma) || is_keyword(ahead.before(), "select") => "null",
        () => return None,
    };
    let begin = usize::from(!is_select(0));
    ahead.skip(begin + 1).first_relation()?;
    Some((instead.into(), begin + ahead.skip(begin).group()?))
}

/// `n.oid, n.*`, which has a column twice; tables whose own form in the engine has other types; tables without their
/// schema.
fn name(ahead: &Ahead<'_>) -> Replaced {
    let is_member = ahead.symbol(1, &Token::Period);
    if is_member
        && ahead.is(2, "oid")
        && ahead.symbol(3, &Token::Comma)
        && ahead.symbol(5, &Token::Period)
        && ahead.symbol(6, &Token::Mul)
    {
        return (ahead.name(0)? == ahead.name(4)?).then(|| (format!("{}.*", ahead.source(0)), 7));
    }
    if is_member && ahead.is(0, "information_schema") && ahead.is_any(2, &["tables", "columns", "schemata"]) {
        return Some((format!("pg_catalog.{}", ahead.source(2)), 3));
    }
    let is_relation = ["from", "join"].iter().any(|name| is_keyword(ahead.before(), name))
        || ahead.before() == Some(&Token::Comma);
    let name = ahead.relation().filter(|_| is_relation && !is_member)?;
    Some((format!("pg_catalog.{name}"), 1))
}

/// Returns the name of a type without its schema, and of how many tokens it is.
fn type_at(ahead: &Ahead<'_>) -> Option<(String, usize)> {
    let of = |at: usize| word(ahead.token(at)).map(|word| word.value.to_ascii_lowercase());
    match of(0)?.as_str() {
        "pg_catalog" | "information_schema" if ahead.symbol(1, &Token::Period) => Some((of(2)?, 3)),
        name => Some((name.to_owned(), 1)),
    }
}
