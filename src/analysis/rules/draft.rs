//! A new rule from lines of a log: a condition that selects the gravest line, and a test made of the lines. Both
//! are run before they are returned, so that the draft is valid. Text in, text out.

use crate::analysis::rules::header::Rule;
use crate::analysis::rules::sample::{Lines, Sampling, engine_of, recognize};
use crate::config::FormatsConfig;
use crate::query::engine::Engine;
use crate::query::literal::quoted;
use crate::query::rows::{json_rows, rows};
use model::entity::Entity;
use model::error::{Error, Result};
use model::table::Table;
use serde_json::{Map, Value};

/// Records of a sample that become the test.
const MAX_RECORDS: usize = 20;

/// Shortest text of a message that selects lines, in characters.
const MIN_WORDS: usize = 6;

const EVENT: [&str; 2] = [include_str!("draft/event.log"), include_str!("draft/event.quiet.log")];
const AUDIT: [&str; 2] = [include_str!("draft/audit.log"), include_str!("draft/audit.quiet.log")];
const TEXT: [&str; 2] = [include_str!("draft/text.log"), include_str!("draft/text.quiet.log")];

/// A new rule.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// Text of its `.sql` file.
    pub rule: String,
    /// Text of its `.test.toml` file.
    pub test: String,
    /// Table that it reads.
    pub table: Table,
    /// The first rows of the lines.
    pub rows: Vec<Map<String, Value>>,
}

/// Returns the built-in lines of a table: those that a draft reports, and those that it does not.
fn builtin(table: Table) -> [&'static str; 2] {
    match table {
        Table::Event | Table::State => EVENT,
        Table::Audit => AUDIT,
        Table::Business | Table::Standard => TEXT,
    }
}

/// Drafts the rule `id`: `<agent>/<name>`, or only a name. It reads `table`, else the table of the lines, else that of
/// the id. Without lines it is made of built-in ones. `source` is the path of the lines.
///
/// # Errors
/// Usage: the table is not clear, or the lines are not of one table.
pub async fn draft(
    id: &str,
    table: Option<Table>,
    lines: Option<&str>,
    source: Option<&str>,
    how: Sampling<'_>,
) -> Result<Draft> {
    let (agent, name) = id.split_once('/').map_or((None, id), |(agent, name)| (Some(agent), name));
    let is_name =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !is_name {
        return Err(Error::usage(format!("`{id}` is not the id of a rule"))
            .hint("write <agent>/<name> in lower case with underscores, such as event/my_rule"));
    }
    let of_agent = match agent {
        Some(agent) => Some(Table::log_of(agent).ok_or_else(|| {
            Error::usage(format!("`{agent}` is not an agent"))
                .hint("the agents are business, standard, event and audit")
        })?),
        None => None,
    };
    let wanted = table.or(of_agent);
    let (table, lines, source) = match lines {
        Some(lines) => {
            let (table, lines) = cut(lines, wanted, source, how.formats)?;
            (table, lines, source)
        }
        None => {
            let table = wanted.ok_or_else(|| {
                Error::usage("the table of the rule is not clear")
                    .hint("add `--table event`, or `--sample FILE`")
            })?;
            (table, builtin(table)[0].to_owned(), None)
        }
    };
    if of_agent.is_some_and(|agent| agent != table) {
        return Err(Error::usage(format!("the lines are `{}` records", table.name()))
            .hint(format!("name the rule {}/{name}", table.name())));
    }
    let id = format!("{}/{name}", table.name());
    let engine = engine_of(&[Lines { table, is_history: false, text: &lines }], source, how).await?;
    let shown = format!("select * from {} order by line limit 3", table.name());
    let shown = json_rows(&engine.query(&shown).await?)?;
    if shown.is_empty() {
        return Err(Error::usage("the sample has no records"));
    }
    let (rule, found) = working_rule(&id, table, &engine).await?;
    let test = test_text(table, &found, &lines, source, &quiet_lines(&rule, table, how).await?);
    Ok(Draft { id, rule: rule.text, test, table, rows: shown })
}

/// Returns the table of lines, and the lines of their first records with secrets masked.
fn cut(
    lines: &str,
    wanted: Option<Table>,
    source: Option<&str>,
    config: &FormatsConfig,
) -> Result<(Table, String)> {
    let masked = redact::secrets(lines.trim_start()).into_owned();
    let text_table = wanted.filter(|table| matches!(table, Table::Business | Table::Standard));
    let seen = recognize(&masked, text_table, source, config)?;
    let Some(table) = seen.table else { return Err(Error::usage("the sample has no records")) };
    if seen.others > 0 {
        return Err(Error::usage(format!(
            "{} records of the sample are not `{}` records",
            seen.others,
            table.name()
        ))
        .hint("a sample has lines of one type: copy them into a file of their own"));
    }
    if Table::log_of(table.name()).is_none() || wanted.is_some_and(|wanted| wanted != table) {
        return Err(Error::usage(format!("the lines are `{}` records", table.name()))
            .hint("`headwater inspect FILE` shows how they are read"));
    }
    let next =
        seen.begins.get(MAX_RECORDS).map_or(usize::MAX, |line| usize::try_from(*line).unwrap_or(usize::MAX));
    let kept: Vec<&str> = masked.lines().take(next.saturating_sub(1)).collect();
    Ok((table, kept.join("\n") + "\n"))
}

/// Returns the first candidate that reports some of the lines, with the rows that it returns.
async fn working_rule(id: &str, table: Table, engine: &Engine) -> Result<(Rule, Vec<Map<String, Value>>)> {
    let place = format!("select 1 from {} where workload is not null limit 1", table.name());
    let has_place = rows(&engine.query(&place).await?).next().is_some();
    for (conditions, title) in candidates(table, engine).await? {
        let text = rule_text(table, &conditions, &title, has_place);
        let rule = Rule::parse(id, &text, id)?;
        let sql = rule.sql(&std::collections::BTreeMap::new())?;
        let found = json_rows(&engine.query(&sql).await?)?;
        if !found.is_empty() {
            return Ok((rule, found));
        }
    }
    Err(Error::bug("no condition selects a line of the sample"))
}

/// Returns conditions with a title, narrow ones first.
async fn candidates(table: Table, engine: &Engine) -> Result<Vec<(Vec<String>, String)>> {
    let is = |column: &str, value: &str| format!("{column} = '{}'", quoted(value));
    let (columns, order): (&[&str], &str) = match table {
        Table::Event | Table::State => (&["type", "reason"], "type = 'Warning' desc, ts"),
        Table::Audit => (&["verb", "resource", "subresource"], "operation is not null desc, ts"),
        Table::Business | Table::Standard => (
            &["level", "template"],
            "case level when 'fatal' then 0 when 'error' then 1 when 'warn' then 2 else 3 end, ts",
        ),
    };
    let name = table.name();
    let sql = format!("select {} from {name} order by {order} limit 1", columns.join(", "));
    let batches = engine.query(&sql).await?;
    let Some(row) = rows(&batches).next() else { return Ok(Vec::new()) };
    let has = |column: &str| row.non_empty(column).map(str::to_owned);
    let mut candidates = Vec::new();
    if matches!(table, Table::Business | Table::Standard) {
        let level: Vec<String> = has("level").map(|level| is("level", &level)).into_iter().collect();
        if let Some(words) = has("template").and_then(|template| longest_words(&template)) {
            let mut conditions = level.clone();
            conditions.push(match words.contains(['%', '_', '\\']) {
                true => format!("strpos(message, '{}') > 0", quoted(&words)),
                false => format!("message like '%{}%'", quoted(&words)),
            });
            candidates.push((conditions, format!("Log line: {words}")));
        }
        candidates.push((level, "Log lines of this level".to_owned()));
    } else {
        let conditions: Vec<String> =
            columns.iter().filter_map(|column| Some(is(column, &has(column)?))).collect();
        let title = columns.iter().filter_map(|column| has(column)).collect::<Vec<_>>().join(" ");
        candidates.push((
            conditions,
            format!("{}: {title}", if table == Table::Audit { "Request" } else { "Event" }),
        ));
    }
    candidates.push((vec!["ts is not null".into()], "Any line".into()));
    candidates.retain(|(conditions, _)| !conditions.is_empty());
    Ok(candidates)
}

/// Returns the longest text of a template between its masks.
fn longest_words(template: &str) -> Option<String> {
    let first = template.lines().next().unwrap_or_default();
    let parts = first.split("<*>").flat_map(|part| part.split(['<', '>', '*']));
    let is_plain = |c: char| c.is_alphanumeric();
    let parts = parts.map(|part| part.trim_matches(|c| !is_plain(c)));
    let longest = parts.max_by_key(|part| part.chars().count())?;
    (longest.chars().count() >= MIN_WORDS).then(|| longest.to_owned())
}

fn rule_text(table: Table, conditions: &[String], title: &str, has_place: bool) -> String {
    let (entity, sample, finding) = match table {
        Table::Audit => (
            "cluster, namespace, username",
            "concat_ws(' ', verb, concat_ws('/', resource, subresource, name))",
            "{username}: {sample}, {count} times",
        ),
        Table::Event | Table::State => (
            "cluster, namespace, workload, pod, node",
            "message",
            "{namespace}/{pod}: {sample} ({count} times)",
        ),
        _ if has_place => (
            "cluster, namespace, workload, pod",
            "message",
            "{namespace}/{workload}: {sample} ({count} times)",
        ),
        _ => ("cluster, namespace, workload, pod", "message", "{sample} ({count} times)"),
    };
    let stage = if table == Table::Audit { "coalesce(stage, '') <> 'RequestReceived'\n    and " } else { "" };
    let title = toml::Value::String(title.replace("*/", "* /")).to_string();
    format!(
        "/*\n# Texts: plain sentences. {{column}} is replaced by the value of that column.\n\
         title    = {title}\nseverity = \"medium\"   # info low medium high critical\n\
         params   = {{ times = 1 }}   # used as $times; the config may override it\n\
         finding  = \"{finding}\"\nwhy      = \"Write why this matters.\"\nadvice   = \"\"\"\n\
         1. See the lines: headwater sql \"select ts, message from {table} where {advice} order by ts limit 20\".\n\
         2. Write what to do next.\n\"\"\"\nquiet_when = \"\"   # when it fires although nothing is wrong\n\
         tags     = []\n*/\nselect {entity},\n    min(ts) as first_ts,\n    max(ts) as last_ts,\n    \
         count(*) as count,\n    first_value({sample} order by ts, row_id) as sample,\n    \
         (array_agg(row_id order by ts, row_id))[1:5] as row_ids\nfrom {table}\nwhere {stage}{conditions}\n\
         group by {entity}\n-- Say why this number.\nhaving count(*) >= $times\n",
        table = table.name(),
        advice = advice_condition(conditions),
        conditions = conditions.join("\n    and "),
    )
}

/// Returns the first condition for a command in a text: without what would end the text or the command.
fn advice_condition(conditions: &[String]) -> String {
    let is_plain =
        |condition: &&String| !condition.contains(['"', '\\', '{', '$', '`']) && !condition.contains("*/");
    conditions.iter().rev().find(is_plain).cloned().unwrap_or_else(|| "ts is not null".into())
}

/// Returns lines that the rule does not report.
async fn quiet_lines(rule: &Rule, table: Table, how: Sampling<'_>) -> Result<String> {
    let sql = rule.sql(&std::collections::BTreeMap::new())?;
    for lines in [builtin(table)[1], builtin(table)[0]] {
        let engine = engine_of(&[Lines { table, is_history: false, text: lines }], None, how).await?;
        if rows(&engine.query(&sql).await?).next().is_none() {
            return Ok(lines.to_owned());
        }
    }
    Ok(String::new())
}

/// Returns the test file of a rule that returned `found` for `lines`.
fn test_text(
    table: Table,
    found: &[Map<String, Value>],
    lines: &str,
    source: Option<&str>,
    quiet: &str,
) -> String {
    let source = source.map_or_else(String::new, |source| format!("source = {}\n", toml_text(source)));
    format!(
        "# `headwater rules test` runs each case through the real parser and engine.\n\n[[case]]\n\
         name = \"the lines of the sample\"\n# What the draft returns today: correct it to what it should return.\n\
         expect = [{}]\n{source}{name} = {}\n\n[[case]]\nname = \"ordinary lines\"\nexpect = 0\n{name} = {}\n",
        found.iter().map(expected).collect::<Vec<_>>().join(", "),
        toml_lines(lines),
        toml_lines(quiet),
        name = table.name(),
    )
}

/// Returns the entity and the count of a row as an inline table.
fn expected(row: &Map<String, Value>) -> String {
    let names = Entity::COLUMNS.into_iter().chain(["username", "count"]).filter(|name| *name != "cluster");
    let pairs = names.filter_map(|name| match row.get(name)? {
        Value::String(text) => Some(format!("{name} = {}", toml_text(text))),
        Value::Number(number) => Some(format!("{name} = {number}")),
        _ => None,
    });
    format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
}

fn toml_text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Returns lines as a TOML text that keeps them as they are.
pub fn toml_lines(lines: &str) -> String {
    let is_literal =
        !lines.contains("'''") && !lines.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
    if is_literal { format!("'''\n{}\n'''", lines.trim_end_matches('\n')) } else { toml_text(lines) }
}

/// Returns the test file of a converted rule: an event that it reports, if `fires`, and one that it does not.
pub fn converted_test(example: &str, fires: bool) -> String {
    let ordinary = toml_lines(AUDIT[1]);
    let reported = if fires {
        format!(
            "[[case]]\nname = \"a request with the values of the rule\"\nexpect = 1\naudit = {}\n\n",
            toml_lines(example)
        )
    } else {
        "# No request could be made from the values of the rule: add a case with one that it reports.\n\n"
            .to_owned()
    };
    format!("{reported}[[case]]\nname = \"an ordinary request\"\nexpect = 0\naudit = {ordinary}\n")
}
