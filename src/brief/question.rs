//! A question about a day: a model answers from the report, and may look rows up three times, through
//! whatever guards statements. What it answers passes the checker that a brief passes.

use crate::brief::author::{Path, Writer, told};
use crate::brief::fact_check::claims::Claims;
use crate::brief::fact_check::{Dropped, Sentence};
use crate::brief::facts;
use crate::brief::facts::{Fact, Kind, cited};
use crate::brief::model_brief::{Model, SENTENCES, checked, hidden, veiled};
use crate::brief::words::{Local, plain};
use crate::brief::{Telling, chat};
use crate::llm::{ModelRequest, Turn, Usage, delimiter};
use futures::future::BoxFuture;
use model::error::{Error, Result};
use model::lang::Lang;
use model::report::Report;
use redact::Pseudonyms;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// How often rows may be looked up for one question.
const QUERIES: usize = 3;
/// Rows of one look, the most characters of a value, and of all of them.
const ROWS: usize = 20;
const CELL: usize = 200;
const ALL_CELLS: usize = 6000;
/// Sentences of an answer.
const SENTENCES_MAX: usize = 6;

/// Looks rows up; says why there are none.
pub type Look<'a> =
    dyn Fn(String) -> BoxFuture<'a, std::result::Result<Vec<Map<String, Value>>, String>> + Sync + 'a;

/// An answer, and how it came about.
#[derive(Clone, Debug, Serialize)]
pub struct Answered {
    /// The answer.
    pub text: String,
    /// Who put it into words.
    pub path: Path,
    /// Why it is the template's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Statements that were run, in order.
    pub statements: Vec<String>,
    /// What the model said that is not borne out.
    pub dropped: Vec<Dropped>,
    /// Tokens as the server counts them.
    pub usage: Usage,
}

/// What the model says: one of the two.
#[derive(Debug, Deserialize)]
struct Reply {
    #[serde(default)]
    sql: Option<String>,
    #[serde(default)]
    answer: Option<Vec<Sentence>>,
}

/// Answers a question about a report; `earlier` are the questions and answers before it.
pub async fn ask(
    speaker: &Writer,
    report: &Report,
    question: &str,
    earlier: &[(String, String)],
    lang: Lang,
    look: &Look<'_>,
) -> Answered {
    let mut answered = Answered {
        text: String::new(),
        path: Path::Model,
        why: None,
        statements: Vec::new(),
        dropped: Vec::new(),
        usage: Usage::default(),
    };
    let text = match speaker.model() {
        Ok(model) => model.answer(report, question, earlier, lang, look, &mut answered).await,
        Err(error) => Err(error),
    };
    match text {
        Ok(text) => answered.text = text,
        Err(error) => {
            answered.text = known_of(report, question, lang);
            (answered.path, answered.why) = (Path::Template, Some(told(&error)));
        }
    }
    answered
}

impl Model {
    async fn answer(
        &self,
        report: &Report,
        question: &str,
        earlier: &[(String, String)],
        lang: Lang,
        look: &Look<'_>,
        answered: &mut Answered,
    ) -> Result<String> {
        let telling = Telling::of(report);
        let (veil, delimiter) = (self.veil(report), delimiter()?);
        let variables = json!({
            "date": report.run.date, "delimiter": delimiter, "queries": QUERIES, "rows": ROWS,
            "max": SENTENCES_MAX,
        });
        let prompt = self.prompts.fill(&format!("ask.{}.md", lang.name()), &variables)?;
        let mut facts = facts::of(report, &telling.digest, lang);
        let shown = self.shown(&facts, &veil, &prompt);
        facts.truncate(shown.len());
        let fenced = |lines: &str| format!("{delimiter}\n{lines}\n{delimiter}");
        let mut turns = vec![Turn::system(prompt), Turn::user(fenced(&shown.join("\n")))];
        for (question, answer) in earlier.iter().rev().take(4).rev() {
            turns.push(Turn::user(veiled(question, &veil)));
            turns.push(Turn::assistant(veiled(answer, &veil)));
        }
        turns.push(Turn::user(veiled(&plain(question, 1000), &veil)));
        let schema = schema();
        let repair = |why: &str| self.repair(why, &schema, lang);
        loop {
            let ask = ModelRequest { turns: turns.clone(), schema: &schema, repair: &repair };
            let made = self.client.ask::<Reply>(&ask, &mut answered.usage).await?;
            if made.is_repaired {
                answered.path = Path::ModelRepaired;
            }
            match made.value {
                Reply { answer: Some(said), .. } if !said.is_empty() => {
                    return sentences(&said, &facts, &veil, lang, answered);
                }
                Reply { sql: Some(sql), .. } if answered.statements.len() < QUERIES => {
                    let sql = veil.as_ref().map_or_else(|| sql.clone(), |veil| veil.undo(&sql));
                    answered.statements.push(sql.clone());
                    let fact = looked_up(answered.statements.len(), look(sql.clone()).await);
                    turns.push(Turn::assistant(
                        json!({ "sql": veiled(&sql, &veil), "answer": null }).to_string(),
                    ));
                    turns.push(Turn::user(fenced(&hidden(&fact.line, &veil))));
                    facts.push(fact);
                }
                Reply { sql: Some(_), .. } => {
                    return Err(Error::failed(format!("the model wanted more than {QUERIES} statements")));
                }
                Reply { .. } => {
                    return Err(Error::failed("the model gave neither an answer nor a statement"));
                }
            }
        }
    }
}

fn sentences(
    said: &[Sentence],
    facts: &[Fact],
    veil: &Option<Pseudonyms>,
    lang: Lang,
    answered: &mut Answered,
) -> Result<String> {
    let kept = checked(said, facts, facts, veil, lang, &mut answered.dropped);
    if kept.is_empty() {
        return Err(Error::failed("nothing that the model said is borne out"));
    }
    let line = |one: &crate::brief::fact_check::Kept| format!("{} {}", one.text, cited(&one.cites));
    Ok(kept.iter().take(SENTENCES_MAX).map(line).collect::<Vec<_>>().join("\n"))
}

/// Returns what a look brought as a fact to be cited.
fn looked_up(number: usize, found: std::result::Result<Vec<Map<String, Value>>, String>) -> Fact {
    let line = match found {
        Err(why) => json!({ "failed": plain(&why, 300) }),
        Ok(rows) => {
            let mut room = ALL_CELLS;
            let mut shown = Vec::new();
            for row in rows.iter().take(ROWS) {
                let row: Map<String, Value> =
                    row.iter().map(|(column, value)| (plain(column, 40), cell(value))).collect();
                let size = Value::Object(row.clone()).to_string().chars().count();
                if size > room {
                    break;
                }
                room -= size;
                shown.push(Value::Object(row));
            }
            json!({ "rows_in_all": rows.len(), "shown": shown.len(), "rows": shown })
        }
    };
    let is_failed = line.get("failed").is_some();
    let mut fact = Fact::new(format!("Q:{number}"), Kind::Rows, line);
    if is_failed {
        fact.claims = Claims::default(); // it quotes the statement, which is the model's
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

/// Returns what the report itself says of what a question names, else of what weighs most.
fn known_of(report: &Report, question: &str, lang: Lang) -> String {
    let telling = Telling::of(report);
    let local = Local::of(&report.run);
    let is_named = |name: &Option<String>| name.as_deref().is_some_and(|name| question.contains(name));
    let named = telling.traces.iter().find(|trace| {
        let causes = trace.hypotheses.iter().filter_map(|hypothesis| hypothesis.cause.as_ref());
        let is_cause = |cause: &model::report::Cause| {
            !cause.name.is_empty() && question.contains(&cause.name) || question.contains(&cause.username)
        };
        is_named(&trace.entity.pod) || is_named(&trace.entity.workload) || causes.into_iter().any(is_cause)
    });
    let told = match named.or(telling.traces.first()) {
        Some(trace) => chat::told(report, trace, 1, &local, lang),
        None => chat::headline(report, &telling, lang),
    };
    told + chat::note(lang)
}
