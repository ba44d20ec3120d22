//! Walks the syntax tree of an untrusted statement and checks which tables it reads, that it only reads,
//! and how large it is.

use crate::query::error::QueryError;
use crate::query::guard::{MAX_DEPTH, not_a_read, not_allowed, too_large};
use crate::query::nearest::nearest;
use crate::query::{pg_catalog, reports};
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, ObjectName, Query, Select, SetExpr, Statement, TableFactor, Visitor,
};
use model::table::Table;
use std::collections::HashSet;
use std::ops::ControlFlow;

/// Largest number of nodes of the tree.
const MAX_NODES: usize = 10_000;
/// Largest number of elements of one `in (…)`.
const MAX_ELEMENTS: usize = 10_000;
/// Largest number of tables, subqueries and lists that a statement reads.
const MAX_RELATIONS: usize = 64;
/// Readable tables of `information_schema`: the others reveal the engine's settings.
const INFORMATION_SCHEMA: [&str; 5] = ["tables", "columns", "schemata", "routines", "parameters"];

/// Counts of the nodes visited so far.
#[derive(Default)]
pub struct Inspector {
    statements: usize,
    nodes: usize,
    depth: usize,
    relations: usize,
    /// Names defined by `with`.
    cte_names: HashSet<String>,
}

type Step = ControlFlow<Box<QueryError>>;

fn reject(error: QueryError) -> Step {
    ControlFlow::Break(Box::new(error))
}

impl Inspector {
    fn count(&mut self) -> Step {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            reject(too_large(format!("the statement has more than {MAX_NODES} syntax nodes")))
        } else {
            ControlFlow::Continue(())
        }
    }
}

impl Visitor for Inspector {
    type Break = Box<QueryError>;

    fn pre_visit_statement(&mut self, _: &Statement) -> Step {
        self.statements += 1;
        if self.statements > 1 {
            reject(not_a_read("the statement contains another statement"))
        } else {
            self.count()
        }
    }

    fn pre_visit_query(&mut self, query: &Query) -> Step {
        if let Some(with) = &query.with {
            if with.recursive {
                return reject(not_allowed(
                    "`with recursive` is not allowed: it may never end",
                    "rewrite the statement without `recursive`",
                ));
            }
            for table in &with.cte_tables {
                let name = &table.alias.name;
                if !name.value.chars().all(|c| c.is_alphanumeric() || c == '_') {
                    return reject(not_allowed(
                        format!("`{}` is not a valid name for a `with` query", shorten(&name.value)),
                        "use letters, digits and `_`",
                    ));
                }
                self.cte_names.insert(normalized(name));
            }
        }
        let has_side_effects = !query.locks.is_empty()
            || query.for_clause.is_some()
            || query.settings.is_some()
            || query.format_clause.is_some()
            || !query.pipe_operators.is_empty();
        if has_side_effects || !is_select(&query.body) {
            return reject(not_a_read("the query does more than read"));
        }
        self.count()
    }

    fn pre_visit_select(&mut self, select: &Select) -> Step {
        match select.into {
            Some(_) => reject(not_a_read("`select into` writes")),
            None => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> Step {
        self.relations += 1;
        if self.relations > MAX_RELATIONS {
            return reject(too_large(format!("the statement reads more than {MAX_RELATIONS} relations")));
        }
        match factor {
            // DataFusion ignores a sample or a version without an error
            TableFactor::Table { args: None, version: None, sample: None, .. }
            | TableFactor::Derived { sample: None, .. }
            | TableFactor::NestedJoin { .. }
            | TableFactor::UNNEST { .. } => self.count(),
            _ => reject(not_allowed(
                "only tables, subqueries and `unnest` can be read",
                "rewrite the statement without table functions and samples",
            )),
        }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> Step {
        let parts: Option<Vec<String>> =
            relation.0.iter().map(|part| part.as_ident().map(normalized)).collect();
        let parts: Vec<&str> = parts.iter().flatten().map(String::as_str).collect();
        let parts = parts.strip_prefix(&["headwater"]).filter(|rest| rest.len() == 2).unwrap_or(&parts);
        let is_readable = match *parts {
            [name] => self.cte_names.contains(name) || is_table(name),
            ["public", name] => is_table(name),
            ["history", name] => Table::of(name).is_some(),
            ["information_schema", name] => INFORMATION_SCHEMA.contains(&name),
            [reports::SCHEMA, name] => reports::about(name).is_some(),
            ["pg_catalog", name] => pg_catalog::is_table(name),
            _ => false,
        };
        match is_readable {
            true => ControlFlow::Continue(()),
            false => reject(not_allowed(
                format!("table `{}` does not exist", shorten(&relation.to_string())),
                hint(parts.last().copied().unwrap_or_default()),
            )),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> Step {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return reject(too_large(format!("an expression has more than {MAX_DEPTH} nested operators")));
        }
        match expr {
            Expr::InList { list, .. } if list.len() > MAX_ELEMENTS => {
                reject(too_large(format!("a list has more than {MAX_ELEMENTS} elements")))
            }
            _ => self.count(),
        }
    }

    fn post_visit_expr(&mut self, _: &Expr) -> Step {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}

fn is_select(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => true,
        SetExpr::SetOperation { left, right, .. } => is_select(left) && is_select(right),
        _ => false,
    }
}

/// Returns what to write instead of the name of a table that does not exist.
fn hint(name: &str) -> String {
    let tables: Vec<&str> = crate::lake::tables().collect();
    let near = nearest(name, tables.iter().copied());
    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    format!("{near}tables: {}", tables.join(", "))
}

fn is_table(name: &str) -> bool {
    crate::lake::tables().any(|table| table == name)
}

/// Returns a name as the planner normalizes it: lower case unless quoted.
fn normalized(name: &Ident) -> String {
    match name.quote_style {
        Some(_) => name.value.clone(),
        None => name.value.to_ascii_lowercase(),
    }
}

/// Returns the first 64 characters of a name.
fn shorten(name: &str) -> String {
    match name.char_indices().nth(64) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name.to_owned(),
    }
}
