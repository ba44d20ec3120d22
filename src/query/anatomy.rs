//! A statement taken apart: its selects in the order in which rows pass them, the conditions of each as text, and
//! statements made of those parts. Text in, text out; runs nothing and knows no table.

use crate::query::dialect;
use crate::query::error::SqlError;
use datafusion::sql::parser::Statement as AnyStatement;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Cte, Expr, GroupByExpr, Ident, ObjectName, Query, Select, SelectItem, SetExpr, Statement,
    TableFactor, UnaryOperator, visit_expressions, visit_expressions_mut, visit_relations,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// Functions that make one row of many.
const AGGREGATES: &str = " any_value array_agg avg bool_and bool_or count first_value last_value max median min mode \
                          stddev string_agg sum ";

/// A statement taken apart.
#[derive(Debug)]
pub struct Anatomy {
    /// The selects; one that reads another comes after it.
    pub selects: Vec<SelectPart>,
    /// Tables and views that the statement reads, by the names it uses.
    pub tables: BTreeSet<String>,
}

/// One select of a statement.
#[derive(Debug)]
pub struct SelectPart {
    /// Name of its result within the statement; `None` for the result of the statement.
    pub output: Option<String>,
    /// Line of its first word, from 1.
    pub line: u64,
    /// `with …` of the names in its scope, or nothing.
    with: String,
    select: Select,
}

/// A condition, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionPart {
    /// Its text.
    pub sql: String,
    /// Columns that it names, as it names them.
    pub columns: Vec<String>,
    /// For a comparison: its left side.
    pub left: Option<String>,
    /// Parts that are joined by `or`, or by `and` below a `not`; empty for a single condition.
    pub parts: Vec<ConditionPart>,
}

/// A table, view or named result that a select reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Its name.
    pub name: String,
    /// Name by which the columns are qualified.
    pub alias: String,
}

/// Takes a read-only statement apart.
///
/// # Errors
/// The text is not one query.
pub fn anatomy(sql: &str) -> Result<Anatomy, SqlError> {
    let statement = dialect::statement(sql).map_err(|error| SqlError::of(&error))?;
    let what = "it is not one query".to_owned();
    let query = query_of(statement).ok_or(SqlError { line: None, column: None, what, hint: None })?;
    let mut selects = Vec::new();
    let mut named = BTreeSet::new();
    walk(&query, &Scope::default(), None, &mut selects, &mut named);
    let mut tables = BTreeSet::new();
    let _ = visit_relations(&query, |name: &ObjectName| {
        tables.insert(name.to_string());
        ControlFlow::<()>::Continue(())
    });
    tables.retain(|name| !named.contains(name));
    Ok(Anatomy { selects, tables })
}

fn query_of(statement: AnyStatement) -> Option<Box<Query>> {
    let AnyStatement::Statement(statement) = statement else { return None };
    match *statement {
        Statement::Query(query) => Some(query),
        _ => None,
    }
}

/// Parses one select.
fn select_of(sql: &str) -> Option<Select> {
    match *query_of(dialect::statement(sql).ok()?)?.body {
        SetExpr::Select(select) => Some(*select),
        _ => None,
    }
}

/// The named results that a select may read.
#[derive(Clone, Default)]
struct Scope {
    is_recursive: bool,
    ctes: Vec<Cte>,
}

impl Scope {
    fn with(&self) -> String {
        if self.ctes.is_empty() {
            return String::new();
        }
        let recursive = if self.is_recursive { "recursive " } else { "" };
        let ctes: Vec<String> = self.ctes.iter().map(ToString::to_string).collect();
        format!("with {recursive}{} ", ctes.join(", "))
    }
}

fn walk(
    query: &Query,
    scope: &Scope,
    output: Option<&str>,
    selects: &mut Vec<SelectPart>,
    named: &mut BTreeSet<String>,
) {
    let mut scope = scope.clone();
    if let Some(with) = &query.with {
        scope.is_recursive |= with.recursive;
        for cte in &with.cte_tables {
            let name = cte.alias.name.to_string();
            walk(&cte.query, &scope, Some(&name), selects, named);
            scope.ctes.push(cte.clone());
            named.insert(name);
        }
    }
    walk_body(&query.body, &scope, output, selects, named);
}

fn walk_body(
    body: &SetExpr,
    scope: &Scope,
    output: Option<&str>,
    selects: &mut Vec<SelectPart>,
    named: &mut BTreeSet<String>,
) {
    match body {
        SetExpr::Select(select) => {
            for factor in factors(select) {
                if let TableFactor::Derived { subquery, alias: Some(alias), .. } = factor {
                    let name = alias.name.to_string();
                    walk(subquery, scope, Some(&name), selects, named);
                }
            }
            selects.push(SelectPart {
                output: output.map(str::to_owned),
                line: select.select_token.0.span.start.line,
                with: scope.with(),
                select: (**select).clone(),
            });
        }
        SetExpr::Query(query) => walk(query, scope, output, selects, named),
        SetExpr::SetOperation { left, right, .. } => {
            walk_body(left, scope, output, selects, named);
            walk_body(right, scope, output, selects, named);
        }
        _ => {}
    }
}

fn factors(select: &Select) -> impl Iterator<Item = &TableFactor> {
    select
        .from
        .iter()
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)))
}

/// Returns what a factor of `from` reads; `None` for functions and nested joins.
fn relation_of(factor: &TableFactor) -> Option<Relation> {
    match factor {
        TableFactor::Table { name, alias, args: None, .. } => {
            let last = name.0.last().map_or_else(String::new, ToString::to_string);
            let alias = alias.as_ref().map_or(last, |alias| alias.name.to_string());
            Some(Relation { name: name.to_string(), alias })
        }
        TableFactor::Derived { alias: Some(alias), .. } => {
            let name = alias.name.to_string();
            Some(Relation { name: name.clone(), alias: name })
        }
        _ => None,
    }
}

impl SelectPart {
    /// Returns what it reads, in the order of `from`.
    pub fn relations(&self) -> Vec<Relation> {
        factors(&self.select).filter_map(relation_of).collect()
    }

    /// Returns true if it reads more than one relation.
    pub fn joins(&self) -> bool {
        factors(&self.select).count() > 1
    }

    /// Returns the conditions of `where`, all of which a row must satisfy.
    pub fn conditions(&self) -> Vec<ConditionPart> {
        self.select.selection.as_ref().map(conditions_of).unwrap_or_default()
    }

    /// Returns the conditions of `having`.
    pub fn having(&self) -> Vec<ConditionPart> {
        self.select.having.as_ref().map(conditions_of).unwrap_or_default()
    }

    /// Returns true if its rows are groups of rows.
    pub fn is_aggregate(&self) -> bool {
        let groups = match &self.select.group_by {
            GroupByExpr::All(_) => true,
            GroupByExpr::Expressions(keys, _) => !keys.is_empty(),
        };
        groups || self.calls(|name, has_window| !has_window && AGGREGATES.contains(&format!(" {name} ")))
    }

    /// Returns true if it compares rows with their neighbours.
    pub fn has_window(&self) -> bool {
        self.calls(|_, has_window| has_window)
    }

    fn calls(&self, is_it: impl Fn(&str, bool) -> bool) -> bool {
        let found = visit_expressions(&self.select.projection, |expr: &Expr| match expr {
            Expr::Function(call) if is_it(&call.name.to_string().to_lowercase(), call.over.is_some()) => {
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        });
        found.is_break()
    }

    /// Returns the keys of `group by`, each as written, and with names of the result replaced by what they name.
    pub fn group_keys(&self) -> Vec<[String; 2]> {
        let GroupByExpr::Expressions(keys, _) = &self.select.group_by else { return Vec::new() };
        let named = self.named();
        let key = |expr: &Expr| {
            let position = match expr {
                Expr::Value(value) => value.to_string().parse::<usize>().ok(),
                _ => None,
            };
            let at_position = position.and_then(|at| self.select.projection.get(at.checked_sub(1)?));
            match at_position {
                Some(SelectItem::ExprWithAlias { expr, .. } | SelectItem::UnnamedExpr(expr)) => {
                    [expr.to_string(), expr.to_string()]
                }
                _ => [expr.to_string(), replaced(expr, &named).to_string()],
            }
        };
        keys.iter().map(key).collect()
    }

    /// Returns a text with names of the result replaced by what they name.
    pub fn without_names(&self, sql: &str) -> Option<String> {
        let expr = select_of(&format!("select 1 where {sql}"))?.selection?;
        Some(replaced(&expr, &self.named()).to_string())
    }

    fn named(&self) -> BTreeMap<String, Expr> {
        let named = |item: &SelectItem| match item {
            SelectItem::ExprWithAlias { expr, alias } => Some((alias.value.clone(), expr.clone())),
            _ => None,
        };
        self.select.projection.iter().filter_map(named).collect()
    }

    /// Returns the statement that selects `what` from the relation at `at` alone, read from the table `image`, where
    /// `condition` holds.
    pub fn alone(&self, at: &Relation, image: &str, what: &str, condition: &str) -> String {
        format!("{}select {what} from {image} as {} where {condition}", self.with, at.alias)
    }

    /// The same from everything that it reads, joined.
    pub fn joined(&self, at: &Relation, image: &str, what: &str, condition: &str) -> String {
        let select = self.with_image(at, image);
        let from: Vec<String> = select.from.iter().map(ToString::to_string).collect();
        format!("{}select {what} from {} where {condition}", self.with, from.join(", "))
    }

    /// Returns the statement of its result if the relation at `at` is read from the table `image`.
    pub fn through(&self, at: &Relation, image: &str) -> String {
        format!("{}{}", self.with, self.with_image(at, image))
    }

    /// Returns the statement of the rows of its result that satisfy `condition`.
    pub fn result_where(&self, condition: &str) -> String {
        format!("{}select * from ({}) as result where {condition}", self.with, self.select)
    }

    /// Returns the statement of the groups that the rows of `image` belong to; `keys` are those of `group by`. With
    /// `what`, it selects that of each group, whether or not `having` holds.
    pub fn group(&self, at: &Relation, image: &str, keys: &[String], what: Option<&str>) -> String {
        let key = |key: &String| {
            // in parentheses: the right side would take what follows `and` too
            format!("(({key}) is not distinct from (select {key} from {image} as {} limit 1))", at.alias)
        };
        let mut conditions: Vec<String> = keys.iter().map(key).collect();
        conditions.extend(self.select.selection.as_ref().map(|selection| format!("({selection})")));
        let condition = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" and ") };
        let list = |items: Vec<String>| items.join(", ");
        let from = list(self.select.from.iter().map(ToString::to_string).collect());
        let Some(what) = what else {
            let mut select = self.select.clone();
            select.selection = select_of(&format!("select 1 where {condition}")).and_then(|of| of.selection);
            return format!("{}{select}", self.with);
        };
        format!("{}select {what} from {from} where {condition}", self.with)
    }

    fn with_image(&self, at: &Relation, image: &str) -> Select {
        let mut select = self.select.clone();
        let Some(read) = select_of(&format!("select 1 from {image} as {}", at.alias)) else { return select };
        let Some(factor) = read.from.into_iter().next().map(|from| from.relation) else { return select };
        for from in &mut select.from {
            let joined = from.joins.iter_mut().map(|join| &mut join.relation);
            for place in std::iter::once(&mut from.relation).chain(joined) {
                if relation_of(place).as_ref() == Some(at) {
                    *place = factor;
                    return select;
                }
            }
        }
        select
    }
}

fn replaced(expr: &Expr, named: &BTreeMap<String, Expr>) -> Expr {
    let mut expr = expr.clone();
    let _ = visit_expressions_mut(&mut expr, |part: &mut Expr| {
        if let Expr::Identifier(Ident { value, .. }) = part
            && let Some(by) = named.get(value)
        {
            *part = Expr::Nested(Box::new(by.clone()));
        }
        ControlFlow::<()>::Continue(())
    });
    expr
}

/// Splits a condition at `and`.
fn conditions_of(expr: &Expr) -> Vec<ConditionPart> {
    joined_by(expr, &BinaryOperator::And).into_iter().map(|part| condition_of(part, true)).collect()
}

/// Returns the operands of a chain of one operator.
fn joined_by<'e>(expr: &'e Expr, by: &BinaryOperator) -> Vec<&'e Expr> {
    match expr {
        Expr::BinaryOp { left, op, right } if op == by => {
            let mut all = joined_by(left, by);
            all.extend(joined_by(right, by));
            all
        }
        Expr::Nested(inner) if joined_by(inner, by).len() > 1 => joined_by(inner, by),
        other => vec![other],
    }
}

fn condition_of(expr: &Expr, splits: bool) -> ConditionPart {
    let mut columns = Vec::new();
    let _ = visit_expressions(expr, |part: &Expr| {
        if matches!(part, Expr::Identifier(_) | Expr::CompoundIdentifier(_)) {
            let name = part.to_string();
            if !columns.contains(&name) {
                columns.push(name);
            }
        }
        ControlFlow::<()>::Continue(())
    });
    let left = match expr {
        Expr::BinaryOp { left, op, .. } if !matches!(op, BinaryOperator::And | BinaryOperator::Or) => {
            Some(left.to_string())
        }
        _ => None,
    };
    let parts = if splits { inner_parts(expr) } else { Vec::new() };
    ConditionPart { sql: expr.to_string(), columns, left, parts }
}

/// Returns the parts that a condition joins: by `or`, or by either operator below a `not`.
fn inner_parts(expr: &Expr) -> Vec<ConditionPart> {
    let (inner, operators) = match expr {
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
            (&**expr, [BinaryOperator::Or, BinaryOperator::And])
        }
        other => (other, [BinaryOperator::Or, BinaryOperator::Or]),
    };
    let parts = operators.iter().map(|by| joined_by(inner, by)).find(|parts| parts.len() > 1);
    parts.unwrap_or_default().into_iter().map(|part| condition_of(part, false)).collect()
}
