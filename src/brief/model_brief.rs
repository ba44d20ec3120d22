//! A model and its question: which facts it sees, how they are hidden, and how what it says of them
//! becomes a brief. What it says is put between what the report itself says.

use crate::brief::author::{Path, Written};
use crate::brief::fact_check::{Checker, Dropped, Kept, Sentence, known};
use crate::brief::facts;
use crate::brief::facts::{Fact, cited};
use crate::brief::words::Local;
use crate::brief::{Length, Telling, chat, voice};
use crate::config::{LlmConfig, Redact};
use crate::llm::prompt::Prompts;
use crate::llm::{Client, ModelRequest, Turn, delimiter, tokens};
use model::error::{Error, Result};
use model::lang::Lang;
use model::report::{Report, Severity};
use redact::{Pseudonyms, secrets};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Of so many sentences one at least must be kept; a model that gets more wrong is not to be trusted
/// with the rest.
const KEPT_OF: usize = 3;
/// The most sentences that are looked at.
const SAID: usize = 60;

/// A model and what it gets to see.
pub(crate) struct Model {
    pub client: Client,
    pub prompts: Prompts,
    pub budget: usize,
    pub redact: Redact,
}

impl Model {
    pub(crate) fn open(config: &LlmConfig, env: impl Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        let Some(client) = Client::open(config, env)? else { return Ok(None) };
        let prompts = Prompts::load(config.prompts.as_deref())?;
        Ok(Some(Self { client, prompts, budget: config.budget, redact: config.redact }))
    }
}

/// What the model answers.
#[derive(Debug, Deserialize)]
struct Answer {
    sentences: Vec<Sentence>,
}

/// Schema of sentences, in the strict subset: all required, nothing beside.
pub(crate) static SENTENCES: LazyLock<Value> = LazyLock::new(|| {
    json!({ "type": "array", "items": {
        "type": "object",
        "properties": {
            "text": { "type": "string" },
            "cites": { "type": "array", "items": { "type": "string" } },
        },
        "required": ["text", "cites"],
        "additionalProperties": false,
    } })
});

impl Model {
    pub(crate) async fn brief(
        &self,
        report: &Report,
        telling: &Telling<'_>,
        lang: Lang,
        length: Length,
        spoken: &mut Written,
    ) -> Result<String> {
        let schema = json!({
            "type": "object", "properties": { "sentences": *SENTENCES },
            "required": ["sentences"], "additionalProperties": false,
        });
        let veil = self.veil(report);
        let all = facts::of(report, &telling.digest, lang);
        let opening = voice::opening(report, telling, lang);
        let max = match length {
            Length::Chat | Length::Full => (2 * telling.digest.groups.len() + 1).clamp(3, 10),
            Length::Voice => 3,
        };
        let name = match length {
            Length::Chat | Length::Full => "chat",
            Length::Voice => "voice",
        };
        let delimiter = delimiter()?;
        let prompt = |untold: usize| {
            let variables = json!({
                "date": report.run.date, "delimiter": delimiter, "untold": untold, "min": 3, "max": max,
                "opening": opening, "room": voice::LIMIT.saturating_sub(opening.chars().count()),
            });
            self.prompts.fill(&format!("{name}.{}.md", lang.name()), &variables)
        };
        let shown = self.shown(&all, &veil, &prompt(all.len())?);
        let facts = all.get(..shown.len()).unwrap_or_default();
        spoken.untold = all.len() - facts.len();
        let turns = vec![
            Turn::system(prompt(spoken.untold)?),
            Turn::user(format!("{delimiter}\n{}\n{delimiter}", shown.join("\n"))),
        ];
        spoken.counted = tokens::of_turns(&turns, &self.client.model);
        let repair = |why: &str| self.repair(why, &schema, lang);
        let ask = ModelRequest { turns, schema: &schema, repair: &repair };
        let made = self.client.ask::<Answer>(&ask, &mut spoken.usage).await?;
        spoken.path = if made.is_repaired { Path::ModelRepaired } else { Path::Model };
        let said = made.value.sentences;
        let kept = checked(&said, facts, &all, &veil, lang, &mut spoken.dropped);
        if kept.is_empty() || kept.len() * KEPT_OF < said.len().min(SAID) {
            return Err(Error::failed(format!(
                "{} of {} sentences of the model were borne out by the report",
                kept.len(),
                said.len()
            )));
        }
        match length {
            Length::Chat | Length::Full => Ok(chat_text(report, telling, &kept, facts, lang)),
            Length::Voice => voice::told(report, telling, &kept, facts, lang)
                .ok_or_else(|| Error::failed("what the model said cannot be spoken in 200 characters")),
        }
    }

    /// Returns what hides names from the model, where it is to see none.
    pub(crate) fn veil(&self, report: &Report) -> Option<Pseudonyms> {
        (self.redact == Redact::Pseudonyms).then(|| Pseudonyms::of(report))
    }

    /// Returns the lines of the facts that fit beside a prompt, most important first.
    pub(crate) fn shown(&self, facts: &[Fact], veil: &Option<Pseudonyms>, prompt: &str) -> Vec<String> {
        let model = self.client.model.as_str();
        let mut room = self.budget.saturating_sub(tokens::count(prompt, model) + 200);
        let mut shown = Vec::new();
        for fact in facts {
            let line = hidden(&fact.line, veil);
            let size = tokens::count(&line, model) + 1;
            if size > room {
                break;
            }
            room -= size;
            shown.push(line);
        }
        shown
    }

    pub(crate) fn repair(&self, why: &str, schema: &Value, lang: Lang) -> Result<String> {
        let variables = json!({ "why": why, "schema": schema.to_string() });
        self.prompts.fill(&format!("repair.{}.md", lang.name()), &variables)
    }
}

/// Returns a fact's line with secrets masked and names hidden; ids stay as they are cited.
pub(crate) fn hidden(line: &serde_json::Map<String, Value>, veil: &Option<Pseudonyms>) -> String {
    fn hide(value: &Value, veil: &Option<Pseudonyms>) -> Value {
        match value {
            Value::String(text) => veiled(text, veil).into(),
            Value::Array(items) => items.iter().map(|item| hide(item, veil)).collect(),
            Value::Object(fields) => {
                Value::Object(fields.iter().map(|(key, value)| (key.clone(), hide(value, veil))).collect())
            }
            other => other.clone(),
        }
    }
    let is_id = |key: &str| matches!(key, "id" | "trace" | "symptom");
    let line: serde_json::Map<String, Value> = line
        .iter()
        .map(|(key, value)| (key.clone(), if is_id(key) { value.clone() } else { hide(value, veil) }))
        .collect();
    Value::Object(line).to_string()
}

/// Returns a text as a model may see it.
pub(crate) fn veiled(text: &str, veil: &Option<Pseudonyms>) -> String {
    let text = secrets(text);
    veil.as_ref().map_or_else(|| text.to_string(), |veil| veil.hide(&text))
}

/// Returns what of a model's sentences is borne out, each once.
pub(crate) fn checked(
    said: &[Sentence],
    facts: &[Fact],
    all: &[Fact],
    veil: &Option<Pseudonyms>,
    lang: Lang,
    dropped: &mut Vec<Dropped>,
) -> Vec<Kept> {
    let checker = Checker { facts, known: known(all), lang };
    let mut kept: Vec<Kept> = Vec::new();
    for sentence in said.iter().take(SAID) {
        let text = veil.as_ref().map_or_else(|| sentence.text.clone(), |veil| veil.undo(&sentence.text));
        match checker.check(&Sentence { text, cites: sentence.cites.clone() }) {
            Ok(one) if kept.iter().any(|other| other.text == one.text) => {}
            Ok(one) => kept.push(one),
            Err(one) => dropped.push(one),
        }
    }
    kept
}

/// Returns what sentences tell by what they cite: who cites a step tells its trace.
pub(crate) fn told_by<'f, 'k>(facts: &'f [Fact], kept: impl Iterator<Item = &'k Kept>) -> BTreeSet<&'f str> {
    let cites: BTreeSet<&String> = kept.flat_map(|one| &one.cites).collect();
    let mut told = BTreeSet::new();
    for fact in facts.iter().filter(|fact| cites.contains(&fact.cite)) {
        told.insert(fact.cite.as_str());
        told.extend(fact.line.get("trace").and_then(Value::as_str));
    }
    told
}

/// Puts what a model said between what the report says: the day above it; below it each finding that
/// it told, those that it must not leave out, and what was not seen.
fn chat_text(report: &Report, telling: &Telling<'_>, kept: &[Kept], facts: &[Fact], lang: Lang) -> String {
    let local = Local::of(&report.run);
    let said: Vec<String> = kept.iter().map(|one| format!("- {} {}", one.text, cited(&one.cites))).collect();
    let mut blocks = vec![chat::headline(report, telling, lang), said.join("\n")];
    let told = told_by(facts, kept.iter());
    let found = chat::found(report, telling, &|cite| told.contains(cite), Severity::High, &local, lang);
    let lists = [
        (lang.pick("判定与级别", "Findings"), found),
        (lang.pick("不再出现", "Gone since the day before"), chat::gone(report, lang, &chat::GROUP)),
        (
            lang.pick("数据缺口（缺口内情况未知）", "Not seen (unknown, not healthy)"),
            chat::unseen(telling, &local, lang),
        ),
    ];
    for (title, lines) in lists {
        if !lines.is_empty() {
            blocks.push(format!("**{title}**\n{}", lines.join("\n")));
        }
    }
    blocks.join("\n\n")
}
