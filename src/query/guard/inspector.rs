//! The walk through the tree of a statement: what it reads from, what it does, how large it is.

use crate::query::guard::{DEPTH, Denied, not_a_read, refused, too_much};
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, ObjectName, Query, Select, SetExpr, Statement, TableFactor, Visitor,
};
use model::table::Table;
use std::collections::HashSet;
use std::ops::ControlFlow;

/// Most nodes of its tree.
const NODES: usize = 10_000;
/// Most elements of one `in (…)`.
const ELEMENTS: usize = 10_000;
/// Most tables, subqueries and lists that it reads from.
const RELATIONS: usize = 64;
/// What may be read of `information_schema`: its other tables tell the settings of the engine.
const ABOUT: [&str; 5] = ["tables", "columns", "schemata", "routines", "parameters"];

/// What was met on the way through a statement.
#[derive(Default)]
pub struct Inspector {
    statements: usize,
    nodes: usize,
    depth: usize,
    relations: usize,
    /// Names that `with` gives.
    named: HashSet<String>,
}

type Step = ControlFlow<Box<Denied>>;

fn stop(denied: Denied) -> Step {
    ControlFlow::Break(Box::new(denied))
}

impl Inspector {
    fn count(&mut self) -> Step {
        self.nodes += 1;
        if self.nodes > NODES {
            stop(too_much(format!("the statement has more than {NODES} parts")))
        } else {
            ControlFlow::Continue(())
        }
    }
}

impl Visitor for Inspector {
    type Break = Box<Denied>;

    fn pre_visit_statement(&mut self, _: &Statement) -> Step {
        self.statements += 1;
        if self.statements > 1 {
            stop(not_a_read("there is a statement within the statement"))
        } else {
            self.count()
        }
    }

    fn pre_visit_query(&mut self, query: &Query) -> Step {
        if let Some(with) = &query.with {
            if with.recursive {
                return stop(refused(
                    "`with recursive` has no end that is known",
                    "write it without `recursive`",
                ));
            }
            for table in &with.cte_tables {
                let name = &table.alias.name;
                if !name.value.chars().all(|c| c.is_alphanumeric() || c == '_') {
                    return stop(refused(
                        format!("`{}` is no name", cut(&name.value)),
                        "name it by letters, digits and `_`",
                    ));
                }
                self.named.insert(normal(name));
            }
        }
        let is_more = !query.locks.is_empty()
            || query.for_clause.is_some()
            || query.settings.is_some()
            || query.format_clause.is_some()
            || !query.pipe_operators.is_empty();
        if is_more || !is_select(&query.body) {
            return stop(not_a_read("a query does more than read"));
        }
        self.count()
    }

    fn pre_visit_select(&mut self, select: &Select) -> Step {
        match select.into {
            Some(_) => stop(not_a_read("`select into` writes")),
            None => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> Step {
        self.relations += 1;
        if self.relations > RELATIONS {
            return stop(too_much(format!("the statement reads from more than {RELATIONS} relations")));
        }
        match factor {
            // a sample or a version would be passed over in silence
            TableFactor::Table { args: None, version: None, sample: None, .. }
            | TableFactor::Derived { sample: None, .. }
            | TableFactor::NestedJoin { .. }
            | TableFactor::UNNEST { .. } => self.count(),
            _ => stop(refused(
                "rows come from tables, subqueries and `unnest` alone",
                "write it without table functions and samples",
            )),
        }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> Step {
        let parts: Option<Vec<String>> = relation.0.iter().map(|part| part.as_ident().map(normal)).collect();
        let parts: Vec<&str> = parts.iter().flatten().map(String::as_str).collect();
        let parts = parts.strip_prefix(&["headwater"]).filter(|rest| rest.len() == 2).unwrap_or(&parts);
        let is_ours = match *parts {
            [name] => self.named.contains(name) || is_table(name),
            ["public", name] => is_table(name),
            ["history", name] => Table::of(name).is_some(),
            ["information_schema", name] => ABOUT.contains(&name),
            _ => false,
        };
        match is_ours {
            true => ControlFlow::Continue(()),
            false => stop(refused(
                format!("there is no table `{}`", cut(&relation.to_string())),
                format!("there are: {}", crate::lake::tables().collect::<Vec<_>>().join(", ")),
            )),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> Step {
        self.depth += 1;
        if self.depth > DEPTH {
            return stop(too_much(format!("more than {DEPTH} operators follow one another")));
        }
        match expr {
            Expr::InList { list, .. } if list.len() > ELEMENTS => {
                stop(too_much(format!("a list has more than {ELEMENTS} elements")))
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

fn is_table(name: &str) -> bool {
    crate::lake::tables().any(|table| table == name)
}

/// Returns a name as the planner reads it.
fn normal(name: &Ident) -> String {
    match name.quote_style {
        Some(_) => name.value.clone(),
        None => name.value.to_ascii_lowercase(),
    }
}

/// Returns the beginning of a name of unknown length.
fn cut(name: &str) -> String {
    match name.char_indices().nth(64) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name.to_owned(),
    }
}
