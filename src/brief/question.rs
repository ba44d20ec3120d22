//! Questions about a day's report: a model answers from its facts and may run up to three read-only SQL
//! statements through the caller's guard. The answer passes the same fact check as a brief.

use crate::brief::chat;
use crate::brief::claims::Claims;
use crate::brief::fact_check::{Checker, DroppedSentence, Sentence};
use crate::brief::facts;
use crate::brief::facts::{Fact, FactKind, citation};
use crate::brief::masking::Masking;
use crate::brief::model_writer::{ModelWriter, SENTENCES, Sentences};
use crate::brief::outline::Outline;
use crate::brief::writer::{Writer, one_line};
use crate::brief::written_brief::Author;
use crate::llm::{Message, ModelRequest, Usage, delimiter};
use futures::future::BoxFuture;
use model::error::{Error, Result};
use model::lang::Lang;
use model::report::{Cause, Report};
use redact::sanitize::plain;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// SQL statements per question.
const QUERIES: usize = 3;
/// Rows per statement, characters per value, and characters of all rows that the model sees.
const ROWS: usize = 20;
const CELL: usize = 200;
const ALL_CELLS: usize = 6000;
/// Sentences per answer.
const MAX_SENTENCES: usize = 6;
/// Earlier questions that the model sees.
const EARLIER: usize = 4;

/// Rows of a statement, or why it failed.
type QueryResult = std::result::Result<Vec<Map<String, Value>>, String>;

/// Runs one SQL statement of the model.
pub type RunQuery<'a> = dyn Fn(String) -> BoxFuture<'a, QueryResult> + Sync + 'a;

/// A question about a report.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The report of the day.
    pub report: &'a Report,
    /// The question.
    pub text: &'a str,
    /// Earlier questions of the conversation with their answers, oldest first.
    pub earlier: &'a [(String, String)],
    /// Language of the answer.
    pub lang: Lang,
}

/// An answer, its author, and how it was made.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The text for people.
    pub text: String,
    /// The template or a model.
    #[serde(rename = "path")]
    pub author: Author,
    /// Why the template replaces the model; `None` if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// SQL statements that were run, in order.
    pub statements: Vec<String>,
    /// Sentences of the model that the facts do not support.
    pub dropped: Vec<DroppedSentence>,
    /// Tokens as reported by the server.
    pub usage: Usage,
}

/// The reply of a model: either a statement to run, or an answer.
#[derive(Debug, Serialize, Deserialize)]
struct Reply {
    #[serde(default)]
    sql: Option<String>,
    #[serde(default)]
    answer: Option<Vec<Sentence>>,
}

impl Sentences for Reply {
    fn sentences(&self) -> &[Sentence] {
        self.answer.as_deref().unwrap_or_default()
    }
}

impl Writer {
    /// Returns the answer of the model. It never fails: if the model does, the answer is the part of the
    /// template's brief that matches the question best.
    pub async fn answer(&self, question: &Question<'_>, run_query: &RunQuery<'_>) -> Answer {
        let mut answer = Answer {
            text: String::new(),
            author: Author::Model,
            why: None,
            statements: Vec::new(),
            dropped: Vec::new(),
            usage: Usage::default(),
        };
        let text = match self.model() {
            Ok(model) => converse(model, question, run_query, &mut answer).await,
            Err(error) => Err(error),
        };
        match text {
            Ok(text) => answer.text = text,
            Err(error) => {
                answer.text = template_answer(question);
                (answer.author, answer.why) = (Author::Template, Some(one_line(&error)));
            }
        }
        answer
    }
}

/// Returns the text of the model's answer, and fills in `answer` except for its text, even if it fails.
async fn converse(
    model: &ModelWriter,
    question: &Question<'_>,
    run_query: &RunQuery<'_>,
    answer: &mut Answer,
) -> Result<String> {
    let lang = question.lang;
    let (masking, delimiter) = (Masking::of(question.report, model.redact), delimiter()?);
    let variables = json!({
        "date": question.report.run.date, "delimiter": delimiter, "queries": QUERIES, "rows": ROWS,
        "max": MAX_SENTENCES,
    });
    let prompt = model.prompts.fill(&format!("ask.{}.md", lang.name()), &variables)?;
    let mut facts = facts::of_outline(&Outline::of(question.report), lang);
    let lines = model.lines_within_budget(&facts, &masking, &prompt);
    facts.truncate(lines.len());
    let delimited = |lines: &str| format!("{delimiter}\n{lines}\n{delimiter}");
    let mut messages = vec![Message::system(prompt), Message::user(delimited(&lines.join("\n")))];
    for (question, answer) in question.earlier.iter().rev().take(EARLIER).rev() {
        messages.push(Message::user(masking.mask(question)));
        messages.push(Message::assistant(masking.mask(answer)));
    }
    messages.push(Message::user(masking.mask(&plain(question.text, 1000))));
    let schema = schema();
    let repair = |why: &str| model.repair(why, &schema, lang);
    loop {
        let request = ModelRequest { messages: messages.clone(), schema: &schema, repair: &repair };
        let response = model.client.request::<Reply>(&request, &mut answer.usage).await?;
        if response.is_repaired {
            answer.author = Author::ModelRepaired;
        }
        match response.value {
            reply if !reply.sentences().is_empty() => {
                let checker = Checker::new(&facts, &facts, lang);
                let (kept, dropped) =
                    model.check(request, reply, (&checker, &masking), &mut answer.usage).await?;
                answer.dropped = dropped;
                if kept.is_empty() {
                    return Err(Error::failed("the facts support no sentence of the model"));
                }
                let kept = kept.iter().take(MAX_SENTENCES);
                let lines: Vec<String> =
                    kept.map(|one| format!("{} {}", one.text, citation(&one.cites))).collect();
                return Ok(lines.join("\n"));
            }
            Reply { sql: Some(sql), .. } if answer.statements.len() < QUERIES => {
                let sql = masking.unmask(&sql);
                answer.statements.push(sql.clone());
                let result = run_query(sql.clone()).await;
                result.iter().flatten().for_each(|row| masking.learn(row));
                let fact = rows_fact(answer.statements.len(), &sql, result);
                let reply = json!({ "sql": masking.mask(&sql), "answer": null });
                messages.push(Message::assistant(reply.to_string()));
                messages.push(Message::user(delimited(&masking.mask_line(&fact.slot, &fact.line))));
                facts.push(fact);
            }
            Reply { sql: Some(_), .. } => {
                return Err(Error::failed(format!("the model requested more than {QUERIES} statements")));
            }
            Reply { .. } => {
                return Err(Error::failed("the model returned neither an answer nor a statement"));
            }
        }
    }
}

/// Returns the result of a statement as a fact that can be cited.
fn rows_fact(number: usize, sql: &str, result: QueryResult) -> Fact {
    let line = match result {
        Err(why) => json!({ "failed": plain(&why, 300) }),
        Ok(rows) => {
            let mut left = ALL_CELLS;
            let mut shown = Vec::new();
            for row in rows.iter().take(ROWS) {
                let row: Map<String, Value> =
                    row.iter().map(|(column, value)| (plain(column, 40), cell(value))).collect();
                let size = Value::Object(row.clone()).to_string().chars().count();
                if size > left {
                    break;
                }
                left -= size;
                shown.push(Value::Object(row));
            }
            json!({ "rows_in_all": rows.len(), "shown": shown.len(), "rows": shown })
        }
    };
    let is_failed = line.get("failed").is_some();
    let mut fact = Fact::new(format!("Q:{number}"), FactKind::Rows, line);
    fact.slot = format!("Q{number}");
    // `no event names node-3`: what the statement asked for can be named
    fact.claims.names.extend(Claims::of(sql).names);
    fact.text.push_str(&sql.to_lowercase());
    if is_failed {
        fact.claims = Claims::default(); // an error quotes the statement, whose text is the model's own
    }
    fact
}

fn cell(value: &Value) -> Value {
    match value {
        Value::String(text) => plain(text, CELL).into(),
        Value::Number(_) | Value::Bool(_) | Value::Null => value.clone(),
        other => plain(&other.to_string(), CELL).into(),
    }
}

fn schema() -> Value {
    let answer = json!({ "anyOf": [*SENTENCES, { "type": "null" }] });
    json!({
        "type": "object",
        "properties": { "sql": { "type": ["string", "null"] }, "answer": answer },
        "required": ["sql", "answer"],
        "additionalProperties": false,
    })
}

/// Returns the block of the first trace whose entity, object or user the question names, or else of the
/// first trace; the headline if there is none.
fn template_answer(question: &Question<'_>) -> String {
    let (outline, lang) = (Outline::of(question.report), question.lang);
    let has = |name: &str| question.text.contains(name);
    let is_named = |name: &Option<String>| name.as_deref().is_some_and(has);
    let is_cause = |cause: &Cause| !cause.name.is_empty() && has(&cause.name) || has(&cause.username);
    let named = outline.traces.iter().find(|trace| {
        let mut causes = trace.hypotheses.iter().filter_map(|hypothesis| hypothesis.cause.as_ref());
        is_named(&trace.entity.pod) || is_named(&trace.entity.workload) || causes.any(is_cause)
    });
    let text = match named.or(outline.traces.first()) {
        Some(trace) => chat::trace_block(&outline, trace, 1, lang),
        None => chat::headline(&outline, lang),
    };
    text + chat::template_note(lang)
}
