//! Why a rule reports a row, or does not: follows the row through the selects of the rule and evaluates each
//! condition on it alone. Groups are shown by what their conditions compare. Must not know who shows it.

use crate::analysis::finding::findings_of;
use crate::analysis::rules::header::Rule;
use crate::query::anatomy::{ConditionPart, Relation, SelectPart, anatomy};
use crate::query::engine::Engine;
use crate::query::error::engine_error;
use crate::query::rows::rows;
use model::error::{Error, Result};
use model::time::Window;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Longest value of a column that is shown, in characters.
const MAX_VALUE: usize = 120;

/// The way of one row through a rule.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Explanation {
    /// Rule id.
    pub rule: String,
    /// Row id.
    pub row_id: String,
    /// The selects that the row reaches, in order.
    pub steps: Vec<Step>,
    /// Sentences of the findings that the row is part of.
    pub findings: Vec<String>,
    /// What became of the row, one sentence.
    pub conclusion: String,
}

/// One select of the rule.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Step {
    /// Line of the select in the rule's file, from 1.
    pub line: u64,
    /// What it reads the row from.
    pub from: String,
    /// Name of its result; absent for the result of the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Its conditions on the row.
    pub conditions: Vec<Condition>,
    /// Rows that the row joins to; absent without a join.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joined_rows: Option<u64>,
    /// The group of the row; absent if rows are not grouped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// True if the row, or its group, goes on.
    pub passes: bool,
}

/// The group of a row.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Group {
    /// Rows in the group; absent if the group cannot be shown.
    pub rows: Option<u64>,
    /// Conditions on the group.
    pub conditions: Vec<Condition>,
}

/// The value of a condition: SQL passes a row only if it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// Passes.
    True,
    /// Stops.
    False,
    /// Stops: a value is missing.
    Null,
    /// Cannot be evaluated on one row.
    Unknown,
}

impl Truth {
    /// Returns the word that is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Null => "null",
            Self::Unknown => "unknown",
        }
    }
}

/// One condition and its value.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Condition {
    /// Its text.
    pub condition: String,
    /// Its value.
    pub value: Truth,
    /// Values of what it names; a missing value is `null`.
    pub seen: BTreeMap<String, Option<String>>,
    /// Values of the parts that it joins by `or`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Condition>,
}

/// The tables that hold what became of the row, by what selects read.
#[derive(Default)]
struct Images {
    by_name: BTreeMap<String, Option<String>>,
    count: usize,
}

/// Follows a row through a rule. `sql` is the rule's SQL with its parameters; `engine` is over the day of the row.
pub async fn explain(
    engine: &Engine,
    rule: &Rule,
    sql: &str,
    row_id: &str,
    window: Window,
) -> Result<Explanation> {
    let what = format!("rule `{}` cannot be parsed", rule.id);
    let anatomy = anatomy(sql).map_err(|error| error.into_error(&what, &rule.place))?;
    let mut images = Images::default();
    let mut steps = Vec::new();
    let mut findings = Vec::new();
    for part in &anatomy.selects {
        let Some((at, image)) = images.start(engine, part, row_id).await? else { continue };
        let (step, keys) = step(engine, part, &at, &image).await?;
        let result =
            if step.passes { images.result(engine, part, (&at, &image), &keys, row_id).await } else { None };
        if part.output.is_none()
            && let Some(table) = &result
        {
            let batches = engine.query(&format!("select * from {table}")).await?;
            findings.extend(findings_of(rule, &batches, window)?.into_iter().map(|finding| finding.summary));
        }
        if let Some(output) = &part.output {
            images.add(engine, output, result).await?;
        }
        steps.push(step);
    }
    let tables = anatomy.tables.iter().cloned().collect::<Vec<_>>().join(", ");
    let conclusion = conclusion(&steps, &findings, anatomy.selects.last(), &tables);
    Ok(Explanation { rule: rule.id.clone(), row_id: row_id.to_owned(), steps, findings, conclusion })
}

fn conclusion(steps: &[Step], findings: &[String], last: Option<&SelectPart>, tables: &str) -> String {
    if !findings.is_empty() {
        return "the rule reports it".into();
    }
    let stopped = steps.iter().rev().find(|step| !step.passes);
    if let Some(step) = stopped {
        let of_row: Vec<&str> = failing(&step.conditions);
        if !of_row.is_empty() {
            return format!("line {}: the row is stopped by: {}", step.line, of_row.join("; "));
        }
        if step.joined_rows == Some(0) {
            return format!("line {}: the row joins to no row of the other tables", step.line);
        }
        let of_group = step.group.as_ref().map(|group| failing(&group.conditions)).unwrap_or_default();
        return format!(
            "line {}: the row passes the conditions on rows; its group is stopped by: {}",
            step.line,
            of_group.join("; ")
        );
    }
    match steps.last() {
        None => format!("the rule does not read the table of this row; it reads {tables}"),
        Some(step) if step.output.is_some() => format!(
            "the row passes every condition that can be shown on one row, up to `{}`; the select at line {} compares \
             it with other rows, and its result does not contain the row",
            step.output.as_deref().unwrap_or_default(),
            last.map_or(0, |part| part.line)
        ),
        Some(_) => {
            "the row passes every condition that can be shown on one row; the result of the rule does not \
                    name it"
                .into()
        }
    }
}

/// Returns the conditions that stop a row.
fn failing(conditions: &[Condition]) -> Vec<&str> {
    let stops = |of: &&Condition| matches!(of.value, Truth::False | Truth::Null);
    conditions.iter().filter(stops).map(|of| of.condition.as_str()).collect()
}

impl Images {
    /// Returns the first relation of a select that holds the row, and the table with the row as it arrives there.
    async fn start(
        &mut self,
        engine: &Engine,
        part: &SelectPart,
        row_id: &str,
    ) -> Result<Option<(Relation, String)>> {
        for relation in part.relations() {
            if !self.by_name.contains_key(&relation.name) {
                // earlier days do not hold a row of this one
                let is_history = relation.name.starts_with("history.");
                let sql = format!("select * from {} where row_id = '{row_id}'", relation.name);
                let image = if is_history { None } else { self.image(engine, &sql).await };
                self.by_name.insert(relation.name.clone(), image);
            }
            if let Some(Some(image)) = self.by_name.get(&relation.name) {
                return Ok(Some((relation, image.clone())));
            }
        }
        Ok(None)
    }

    /// Stores the rows of a statement; `None` if it cannot run or returns none.
    async fn image(&mut self, engine: &Engine, sql: &str) -> Option<String> {
        let name = format!("explained_{}", self.count);
        self.count += 1;
        engine.materialize(&name, sql).await.ok()?;
        (count(engine, &format!("select count(*) as n from {name}")).await? > 0).then_some(name)
    }

    /// Returns the table of what a select makes of the row.
    async fn result(
        &mut self,
        engine: &Engine,
        part: &SelectPart,
        (at, image): (&Relation, &str),
        keys: &[String],
        row_id: &str,
    ) -> Option<String> {
        if part.is_aggregate() {
            return self.image(engine, &part.group(at, image, keys, None)).await;
        }
        if part.has_window() {
            // the neighbours of the row count
            let of_row = format!("row_id = '{row_id}'");
            if let Some(found) = self.image(engine, &part.result_where(&of_row)).await {
                return Some(found);
            }
        }
        self.image(engine, &part.through(at, image)).await
    }

    /// Notes the result of a select by its name; selects that are joined by `union` have one name.
    async fn add(&mut self, engine: &Engine, name: &str, table: Option<String>) -> Result<()> {
        let earlier = self.by_name.get(name).cloned().flatten();
        let table = match (earlier, table) {
            (Some(one), Some(other)) => {
                let both = format!("select * from {one} union all select * from {other}");
                self.image(engine, &both).await.or(Some(one))
            }
            (one, other) => one.or(other),
        };
        self.by_name.insert(name.to_owned(), table);
        Ok(())
    }
}

/// Evaluates a select on the row; also returns the keys of its group.
async fn step(engine: &Engine, part: &SelectPart, at: &Relation, image: &str) -> Result<(Step, Vec<String>)> {
    let on = Place { engine, part, at, image };
    let mut conditions = Vec::new();
    for of in part.conditions() {
        conditions.push(on.condition(&of).await);
    }
    let stops = |of: &Condition| matches!(of.value, Truth::False | Truth::Null);
    let mut passes = !conditions.iter().any(stops);
    let joined_rows = match part.joins() && passes {
        true => count(engine, &part.joined(at, image, "count(*) as n", "true")).await,
        false => None,
    };
    passes &= joined_rows != Some(0);
    let mut keys = Vec::new();
    let mut group = None;
    if part.is_aggregate() && passes {
        for [written, meant] in part.group_keys() {
            let is_column = engine.plan(&part.alone(at, image, &written, "true")).await.is_ok();
            keys.push(if is_column { written } else { meant });
        }
        let of = on.group(&keys).await;
        passes = !of.conditions.iter().any(stops);
        group = Some(of);
    }
    let step = Step {
        line: part.line,
        from: at.name.clone(),
        output: part.output.clone(),
        conditions,
        joined_rows,
        group,
        passes,
    };
    Ok((step, keys))
}

/// A row before a select.
struct Place<'p> {
    engine: &'p Engine,
    part: &'p SelectPart,
    at: &'p Relation,
    image: &'p str,
}

impl Place<'_> {
    async fn condition(&self, of: &ConditionPart) -> Condition {
        let mut parts = Vec::new();
        for part in &of.parts {
            parts.push(Condition {
                condition: part.sql.clone(),
                value: self.truth(&part.sql).await,
                seen: BTreeMap::new(),
                parts: Vec::new(),
            });
        }
        let mut seen = BTreeMap::new();
        for column in &of.columns {
            let what = format!("cast({column} as varchar) as v");
            let sql = self.part.alone(self.at, self.image, &what, "true limit 1");
            if let Some(value) = text(self.engine, &sql).await {
                seen.insert(column.clone(), value);
            }
        }
        Condition { condition: of.sql.clone(), value: self.truth(&of.sql).await, seen, parts }
    }

    /// Evaluates a condition on the row alone, else on the rows that it joins to.
    async fn truth(&self, sql: &str) -> Truth {
        let (part, at, image) = (self.part, self.at, self.image);
        let n = "count(*) as n";
        let (is, is_not) = (format!("({sql})"), format!("not ({sql})"));
        for [holds, fails] in [
            [part.alone(at, image, n, &is), part.alone(at, image, n, &is_not)],
            [part.joined(at, image, n, &is), part.joined(at, image, n, &is_not)],
        ] {
            let Some(holds) = count(self.engine, &holds).await else { continue };
            return match (holds, count(self.engine, &fails).await) {
                (1.., _) => Truth::True,
                (_, Some(1..)) => Truth::False,
                _ => Truth::Null,
            };
        }
        Truth::Unknown
    }

    /// Evaluates `having` on the group of the row.
    async fn group(&self, keys: &[String]) -> Group {
        let rows =
            count(self.engine, &self.part.group(self.at, self.image, keys, Some("count(*) as n"))).await;
        let mut conditions = Vec::new();
        for of in self.part.having() {
            let mut value = Truth::Unknown;
            let mut seen = BTreeMap::new();
            if let Some(of_group) = self.of_group(&of.sql, keys).await {
                value = match of_group.as_deref() {
                    Some("true") => Truth::True,
                    Some(_) => Truth::False,
                    None => Truth::Null,
                };
            }
            if let Some(left) = &of.left
                && let Some(shown) = self.of_group(left, keys).await
            {
                seen.insert(left.clone(), shown);
            }
            conditions.push(Condition { condition: of.sql, value, seen, parts: Vec::new() });
        }
        Group { rows, conditions }
    }

    /// Returns an aggregate over the group of the row as text.
    async fn of_group(&self, sql: &str, keys: &[String]) -> Option<Option<String>> {
        let statement = |sql: &str| {
            let what = format!("cast(({sql}) as varchar) as v");
            self.part.group(self.at, self.image, keys, Some(&what))
        };
        match text(self.engine, &statement(sql)).await {
            Some(value) => Some(value),
            None => text(self.engine, &statement(&self.part.without_names(sql)?)).await,
        }
    }
}

/// Returns the number that a statement counts; `None` if it cannot run.
async fn count(engine: &Engine, sql: &str) -> Option<u64> {
    let batches = run(engine, sql).await.ok()?;
    rows(&batches).next()?.int("n").map(i64::unsigned_abs)
}

/// Returns the text `v` of the first row: `None` if the statement cannot run, `Some(None)` for a null.
async fn text(engine: &Engine, sql: &str) -> Option<Option<String>> {
    let batches = run(engine, sql).await.ok()?;
    let value = rows(&batches).next()?.text("v").map(|value| value.chars().take(MAX_VALUE).collect());
    Some(value)
}

async fn run(engine: &Engine, sql: &str) -> Result<Vec<arrow::array::RecordBatch>> {
    let frame = engine.plan(sql).await.map_err(|error| error.into_error("cannot plan a condition", "sql"))?;
    let batches = frame.collect().await.map_err(|error| engine_error("a condition failed", error))?;
    if batches.is_empty() { Err(Error::failed("a condition has no value")) } else { Ok(batches) }
}
