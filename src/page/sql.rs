//! A statement and its rows, as a table or a chart, beside the tables that it may name.

use crate::api::ApiError;
use crate::api::response::{QueryAnswer, TableList};
use crate::brief::notation::grouped;
use crate::page::chart::{RowChart, row_chart};
use crate::page::link::link;
use crate::page::{TEXT, Visit, render};
use model::error::Result;
use model::lang::Lang;
use redact::sanitize::plain;
use serde::Serialize;
use serde_json::Value;

/// Most rows that are shown; a download has all.
pub const SHOWN: u32 = 500;

/// Most rows, and series, of a chart.
const POINTS: usize = 200;
const SERIES: usize = 5;

/// Most characters of a cell that are shown.
const CELL: usize = 400;

/// A statement and its rows, ready to show.
#[derive(Serialize)]
struct SqlView {
    sql: String,
    examples: Vec<Example>,
    tables: Vec<TableLine>,
    shapes: Vec<Shape>,
    answer: Option<AnswerView>,
    error: Option<Failure>,
}

#[derive(Serialize)]
struct Example {
    name: &'static str,
    sql: &'static str,
    href: String,
}

#[derive(Serialize)]
struct TableLine {
    name: String,
    about: String,
    rows: String,
    days: String,
    columns: Vec<ColumnLine>,
}

#[derive(Serialize)]
struct ColumnLine {
    name: String,
    kind: String,
    about: String,
}

/// A way to show the rows.
#[derive(Serialize)]
struct Shape {
    key: &'static str,
    href: String,
    is_chosen: bool,
}

#[derive(Serialize)]
struct AnswerView {
    columns: Vec<Head>,
    rows: Vec<Vec<Cell>>,
    count: String,
    took_ms: u64,
    truncated: &'static str,
    chart: Option<RowChart>,
    csv: String,
    parquet: String,
}

#[derive(Serialize)]
struct Head {
    name: String,
    kind: String,
    is_number: bool,
}

#[derive(Serialize)]
struct Cell {
    text: String,
    class: &'static str,
    /// The lines around the row that the cell names.
    href: String,
}

#[derive(Serialize)]
struct Failure {
    what: String,
    hint: String,
}

/// A statement to show.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The statement; empty if there is none yet.
    pub sql: &'a str,
    /// `table`, `bar` or `line`.
    pub shape: &'a str,
}

const EXAMPLES: [(&str, &str, &str); 6] = [
    (
        "谁在昨天改了什么",
        "Who changed what",
        "select ts, username, verb, resource, namespace, name, operation\nfrom audit\nwhere operation is not null and code < 400\norder by ts desc\nlimit 100",
    ),
    (
        "每小时的错误",
        "Errors by hour",
        "select cast(date_trunc('hour', ts) as varchar) as hour, count(*) as errors\nfrom business\nwhere level in ('error', 'fatal')\ngroup by 1\norder by 1",
    ),
    (
        "错误最多的工作负载",
        "Workloads with most errors",
        "select namespace, workload, count(*) as errors\nfrom business\nwhere level in ('error', 'fatal')\ngroup by 1, 2\norder by errors desc\nlimit 20",
    ),
    (
        "事件的原因",
        "Reasons of events",
        "select reason, count(*) as events\nfrom event\nwhere type = 'Warning'\ngroup by 1\norder by events desc\nlimit 30",
    ),
    (
        "被拒绝的请求",
        "Rejected requests",
        "select username, verb, resource, code, count(*) as requests\nfrom audit\nwhere code >= 400\ngroup by 1, 2, 3, 4\norder by requests desc\nlimit 50",
    ),
    (
        "未能解析的行",
        "Unparsed lines by reason",
        "select source, attrs->>'unparsed' as reason, count(*) as lines\nfrom standard\nwhere attrs->>'unparsed' is not null\ngroup by 1, 2\norder by lines desc\nlimit 50",
    ),
];

/// Returns the page of a statement, with its rows or why it failed.
///
/// # Errors
/// A bug if the template and its values do not match.
pub fn html(
    shown: Shown<'_>,
    tables: &TableList,
    outcome: Option<&std::result::Result<QueryAnswer, ApiError>>,
    visit: &Visit,
) -> Result<String> {
    let lang = visit.lang;
    let shape = |key: &'static str| Shape {
        key,
        href: link("/sql", &[("q", shown.sql), ("chart", key)]),
        is_chosen: shown.shape == key,
    };
    let failure = |error: &ApiError| Failure {
        what: plain(&error.what, TEXT),
        hint: plain(error.hint.as_deref().unwrap_or_default(), TEXT),
    };
    let answer = outcome.and_then(|outcome| outcome.as_ref().ok());
    let view = SqlView {
        sql: shown.sql.to_owned(),
        examples: examples(lang),
        tables: tables.tables.iter().map(table_line).collect(),
        shapes: ["table", "bar", "line"].map(shape).into(),
        answer: answer.map(|answer| answer_view(shown, answer)).transpose()?,
        error: outcome.and_then(|outcome| outcome.as_ref().err()).map(failure),
    };
    render("sql.html", "SQL", visit, &view)
}

fn examples(lang: Lang) -> Vec<Example> {
    let example = |(zh, en, sql): (&'static str, &'static str, &'static str)| Example {
        name: lang.pick(zh, en),
        sql,
        href: link("/sql", &[("q", sql)]),
    };
    EXAMPLES.into_iter().map(example).collect()
}

fn table_line(table: &crate::api::response::TableDoc) -> TableLine {
    let days = table.days.as_ref().map_or_else(String::new, |(first, last)| format!("{first} … {last}"));
    let column = |column: &crate::lake::docs::ColumnDoc| ColumnLine {
        name: column.name.clone(),
        kind: column.kind.clone(),
        about: column.about.clone(),
    };
    TableLine {
        name: table.name.clone(),
        about: table.about.clone(),
        rows: grouped(table.rows),
        days,
        columns: table.columns.iter().map(column).collect(),
    }
}

fn answer_view(shown: Shown<'_>, answer: &QueryAnswer) -> Result<AnswerView> {
    let objects = answer.objects()?;
    let is_number = |name: &str| {
        let mut values = objects.iter().filter_map(|row| row.get(name)).peekable();
        values.peek().is_some() && values.all(Value::is_number)
    };
    let columns: Vec<Head> = answer
        .columns
        .iter()
        .map(|column| Head {
            name: plain(&column.name, 120),
            kind: plain(&column.kind, 60),
            is_number: is_number(&column.name),
        })
        .collect();
    let rows = objects
        .iter()
        .map(|row| answer.columns.iter().map(|column| cell(&column.name, row.get(&column.name))).collect());
    let download = |format: &str| link("/sql/download", &[("q", shown.sql), ("format", format)]);
    Ok(AnswerView {
        rows: rows.collect(),
        count: grouped(answer.rows),
        took_ms: u64::try_from(answer.took.as_millis()).unwrap_or(u64::MAX),
        truncated: answer.truncated.map_or("", |truncated| truncated.name()),
        chart: if shown.shape == "table" { None } else { chart(&objects, answer, shown.shape == "line") },
        csv: download("csv"),
        parquet: download("parquet"),
        columns,
    })
}

fn cell(column: &str, value: Option<&Value>) -> Cell {
    let (text, class) = match value {
        None | Some(Value::Null) => ("null".to_owned(), "null"),
        Some(Value::String(text)) => (plain(text, CELL), "text"),
        Some(value @ Value::Number(_)) => (value.to_string(), "num"),
        Some(value) => (plain(&value.to_string(), CELL), "text"),
    };
    let is_row = column == "row_id" && class == "text";
    let href = if is_row { link("/explore", &[("row_id", &text)]) } else { String::new() };
    Cell { text, class, href }
}

fn chart(
    objects: &[serde_json::Map<String, Value>],
    answer: &QueryAnswer,
    is_line: bool,
) -> Option<RowChart> {
    let rows = objects.get(..POINTS).unwrap_or(objects);
    let numbers = |name: &String| -> Vec<f64> {
        rows.iter().map(|row| row.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN)).collect()
    };
    let names = || answer.columns.iter().map(|column| &column.name);
    let has_numbers = |name: &&String| rows.iter().any(|row| row.get(*name).is_some_and(Value::is_number));
    let series: Vec<(String, Vec<f64>)> =
        names().filter(has_numbers).take(SERIES).map(|name| (plain(name, 80), numbers(name))).collect();
    let texts: Vec<&String> = names().filter(|name| !has_numbers(name)).collect();
    let label = |(at, row): (usize, &serde_json::Map<String, Value>)| {
        let parts: Vec<String> = texts
            .iter()
            .filter_map(|name| row.get(*name))
            .map(|value| match value {
                Value::String(text) => plain(text, 60),
                other => plain(&other.to_string(), 60),
            })
            .collect();
        if parts.is_empty() { (at + 1).to_string() } else { parts.join(" · ") }
    };
    let labels: Vec<String> = rows.iter().enumerate().map(label).collect();
    row_chart(&labels, &series, is_line)
}
