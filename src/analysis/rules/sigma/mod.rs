//! Sigma rules for the Kubernetes audit log → rules with a test. What cannot be said in SQL is named with its line,
//! and the rule is not converted: half a rule is worse than none. Text in, text out; reads no file.

mod condition;
mod example;
mod field;
mod value;

use crate::analysis::rules::sigma::condition::Term;
use crate::analysis::rules::sigma::value::FieldTests;
use crate::config::ErrorText;
use model::error::{Error, Result};
use serde_json::{Map, Value};

/// A converted rule.
#[derive(Clone, Debug)]
pub struct Converted {
    /// Id of the new rule.
    pub id: String,
    /// Text of its `.sql` file.
    pub rule: String,
    /// An audit event that it should report.
    pub example: String,
}

/// What a row must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Logic {
    /// All of it.
    All(Vec<Logic>),
    /// One of it.
    Any(Vec<Logic>),
    /// Not this.
    Not(Box<Logic>),
    /// Values of one field.
    Tests(FieldTests),
}

/// Converts a Sigma rule. `place` is its file, for errors; `stem` is the file's name without its ending.
///
/// # Errors
/// Usage: the text is not a Sigma rule for the Kubernetes audit log, or uses what is not supported.
pub fn convert(text: &str, place: &str, stem: &str) -> Result<Converted> {
    let wrong = |what: String, near: &str| {
        Error::usage("cannot convert the Sigma rule")
            .at(format!("{place}:{}", line_of(text, near)))
            .because(ErrorText(what))
    };
    let rule: Value = serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |at| at.line());
        let words = error.to_string();
        let what = words.lines().next().unwrap_or_default().to_owned();
        Error::usage("cannot read the Sigma rule").at(format!("{place}:{line}")).because(ErrorText(what))
    })?;
    for kind in ["correlation", "filter", "action"] {
        if rule.get(kind).is_some() {
            return Err(wrong(
                format!("a `{kind}` document is not supported; only rules with `detection` are"),
                kind,
            ));
        }
    }
    let source = |key: &str| rule.get("logsource").and_then(|of| of.get(key)).and_then(Value::as_str);
    if (source("product"), source("service")) != (Some("kubernetes"), Some("audit")) {
        let what = "its logsource is not product `kubernetes`, service `audit`".to_owned();
        return Err(wrong(what, "logsource").hint("rules of other sources have no table in the lake"));
    }
    let detection = rule
        .get("detection")
        .and_then(Value::as_object)
        .ok_or_else(|| wrong("it has no `detection`".into(), "title"))?;
    if let Some(key) = ["timeframe"].into_iter().find(|key| detection.contains_key(*key)) {
        return Err(wrong(format!("`{key}` is not supported"), key));
    }
    let logic = logic_of(detection, &wrong)?;
    let header = header(&rule, place);
    let sql = body(&logic);
    let rule = format!("/*\n{header}*/\n{sql}\n");
    Ok(Converted { id: id_of(stem), rule, example: example::event(&logic) })
}

/// Returns the id of the rule of a file.
fn id_of(stem: &str) -> String {
    let stem = stem.to_lowercase();
    let stem = stem.strip_prefix("kubernetes_audit_").unwrap_or(&stem);
    let plain: String =
        stem.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '_' }).collect();
    format!("audit/sigma_{}", plain.trim_matches('_'))
}

/// Returns the line of a key below `detection`, else its first line in the text, from 1.
fn line_of(text: &str, near: &str) -> usize {
    let begins = |line: &&str| {
        let line = line.trim_start().trim_start_matches("- ").trim_start_matches(['"', '\'']);
        line.starts_with(near)
    };
    let lines: Vec<&str> = text.lines().collect();
    let detection = lines.iter().position(|line| line.starts_with("detection")).unwrap_or(0);
    let below = lines.iter().skip(detection).position(begins).map(|at| at + detection);
    below.or_else(|| lines.iter().position(begins)).unwrap_or(detection) + 1
}

/// Returns an error about a text near a key.
type Wrong<'w> = dyn Fn(String, &str) -> Error + 'w;

fn logic_of(detection: &Map<String, Value>, wrong: &Wrong<'_>) -> Result<Logic> {
    let names: Vec<String> = detection.keys().filter(|key| *key != "condition").cloned().collect();
    let conditions: Vec<&str> = match detection.get("condition") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if conditions.is_empty() {
        return Err(wrong("`detection` has no `condition`".into(), "detection"));
    }
    let mut any = Vec::new();
    for text in conditions {
        let term = condition::parse(text, &names).map_err(|what| wrong(what, "condition"))?;
        any.push(resolved(&term, detection, wrong)?);
    }
    Ok(one_or(any, Logic::Any))
}

/// Replaces the names of a condition by their selections.
fn resolved(term: &Term, detection: &Map<String, Value>, wrong: &Wrong<'_>) -> Result<Logic> {
    let each =
        |terms: &[Term]| terms.iter().map(|term| resolved(term, detection, wrong)).collect::<Result<_>>();
    Ok(match term {
        Term::All(terms) => one_or(each(terms)?, Logic::All),
        Term::Any(terms) => one_or(each(terms)?, Logic::Any),
        Term::Not(term) => Logic::Not(Box::new(resolved(term, detection, wrong)?)),
        Term::Name(name) => selection(name, detection.get(name).unwrap_or(&Value::Null), wrong)?,
    })
}

fn selection(name: &str, value: &Value, wrong: &Wrong<'_>) -> Result<Logic> {
    let of_field = |key: &str, value: &Value| {
        value::tests(key, value)
            .map(Logic::Tests)
            .map_err(|what| wrong(what, if key.is_empty() { name } else { key }))
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let all = fields.iter().map(|(key, value)| of_field(key, value)).collect::<Result<_>>()?;
            Ok(one_or(all, Logic::All))
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let any = items.iter().map(|item| selection(name, item, wrong)).collect::<Result<_>>()?;
            Ok(one_or(any, Logic::Any))
        }
        Value::Array(_) | Value::String(_) | Value::Number(_) => of_field("", value),
        _ => Err(wrong(format!("the selection `{name}` is empty"), name)),
    }
}

fn one_or(mut parts: Vec<Logic>, join: fn(Vec<Logic>) -> Logic) -> Logic {
    if parts.len() == 1 { parts.remove(0) } else { join(parts) }
}

/// Returns the logic as SQL; lines are indented by `indent`.
fn sql(logic: &Logic, indent: usize) -> String {
    let space = " ".repeat(indent);
    let joined = |parts: &[Logic], word: &str| {
        let parts: Vec<String> = parts.iter().map(|part| sql(part, indent + 4)).collect();
        format!("(\n{space}    {}\n{space})", parts.join(&format!("\n{space}    {word} ")))
    };
    match logic {
        Logic::All(parts) => joined(parts, "and"),
        Logic::Any(parts) => joined(parts, "or"),
        // a missing value does not satisfy a selection
        Logic::Not(part) => format!("({}) is not true", sql(part, indent)),
        Logic::Tests(tests) => tests.sql(),
    }
}

fn body(logic: &Logic) -> String {
    let conditions: Vec<String> = match logic {
        Logic::All(parts) => parts.iter().map(|part| sql(part, 4)).collect(),
        other => vec![sql(other, 4)],
    };
    format!(
        "select cluster, namespace, username,\n    min(ts) as first_ts,\n    max(ts) as last_ts,\n    \
         count(*) as count,\n    coalesce(namespace, 'the whole cluster') as place,\n    \
         first_value(\n        concat_ws(' ', verb, concat_ws('/', resource, subresource, name)) order by ts, row_id\n    \
         ) as what,\n    \
         (array_agg(row_id order by ts, row_id))[1:5] as row_ids\nfrom audit\n\
         where coalesce(stage, '') <> 'RequestReceived'\n    and {}\n\
         group by cluster, namespace, username",
        conditions.join("\n    and ")
    )
}

/// Returns the header: the texts of the Sigma rule, and where it comes from.
fn header(rule: &Value, place: &str) -> String {
    let text =
        |key: &str| rule.get(key).and_then(Value::as_str).unwrap_or_default().trim().replace("*/", "* /");
    let toml =
        |text: &str| toml::Value::String(text.split_whitespace().collect::<Vec<_>>().join(" ")).to_string();
    let list = |key: &str| -> Vec<String> {
        let items = rule.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(Value::as_str).map(|item| item.replace("*/", "* /")).collect()
    };
    let severity = match text("level").as_str() {
        "informational" => "info",
        level @ ("low" | "medium" | "high" | "critical") => level,
        _ => "medium",
    }
    .to_owned();
    let file = place.rsplit('/').next().unwrap_or(place);
    let mut origin = format!("# Converted from the Sigma rule {} ({file})", text("id"));
    if !text("author").is_empty() {
        origin.push_str(&format!(" by {}", text("author").replace('\n', " ")));
    }
    origin
        .push_str(".\n# Sigma rules of SigmaHQ are under the Detection Rule License 1.1: keep this note.\n");
    let title = if text("title").is_empty() { file.to_owned() } else { text("title") };
    let why = if text("description").is_empty() { title.clone() } else { text("description") };
    let mut tags = vec!["sigma".to_owned()];
    tags.extend(list("tags"));
    let tags: Vec<String> = tags.iter().map(|tag| toml::Value::String(tag.clone()).to_string()).collect();
    format!(
        "{origin}title    = {}\nseverity = \"{severity}\"\n\
         finding  = \"{{username}} in {{place}}: {{what}}, {{count}} requests\"\nwhy      = {}\n\
         advice   = \"\"\"\n1. See the requests: select ts, verb, resource, namespace, name, code from audit where \
         username = '{{username}}' order by ts.\n2. Ask {{username}} what they were for; if nobody knows, revoke the \
         account's rights.\n\"\"\"\nquiet_when = {}\ntags     = [{}]\n",
        toml(&title),
        toml(&why),
        toml(&list("falsepositives").join("; ")),
        tags.join(", ")
    )
}
