//! A brief from a model: selects the facts it sees, masks them, checks its sentences, and puts them
//! between the headline and the lists of the template.

use crate::brief::digest::belongs;
use crate::brief::fact_check::{
    Checker, DroppedSentence, KeptSentence, MAX_SENTENCES, Sentence, SentenceKind,
};
use crate::brief::facts;
use crate::brief::facts::{Fact, citation, covered};
use crate::brief::masking::Masking;
use crate::brief::notation::short_id;
use crate::brief::outline::Outline;
use crate::brief::written_brief::{Author, WrittenBrief};
use crate::brief::{Length, chat, voice};
use crate::config::{LlmConfig, Redact};
use crate::llm::prompt::Prompts;
use crate::llm::{Client, Message, ModelRequest, Usage, delimiter, tokens};
use model::error::{Error, Result};
use model::lang::Lang;
use model::report::{Trace, Verdict};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// At least one sentence in this many must pass the fact check. A model that is wrong more often is not
/// trusted with the rest either.
const KEPT_SHARE: usize = 3;
/// Tokens of the budget that are reserved for the delimiters and roles of a prompt.
const RESERVED_TOKENS: usize = 200;

/// A model with its prompts and limits.
pub(crate) struct ModelWriter {
    pub client: Client,
    pub prompts: Prompts,
    /// Tokens of a prompt.
    pub budget: usize,
    pub redact: Redact,
}

/// A reply of a model with sentences.
pub(crate) trait Sentences: Serialize + DeserializeOwned {
    /// Returns the sentences, in the order of the reply.
    fn sentences(&self) -> &[Sentence];
}

/// The reply of a model.
#[derive(Debug, Serialize, Deserialize)]
struct Reply {
    sentences: Vec<Sentence>,
}

impl Sentences for Reply {
    fn sentences(&self) -> &[Sentence] {
        &self.sentences
    }
}

/// The kinds of sentences.
const KINDS: [&str; 7] = ["symptom", "cause", "impact", "repair", "step", "gap", "context"];

/// JSON Schema of sentences in OpenAI's strict subset: all properties required, no others allowed.
pub(crate) static SENTENCES: LazyLock<Value> = LazyLock::new(|| {
    json!({ "type": "array", "items": {
        "type": "object",
        "properties": {
            "kind": { "type": "string", "enum": KINDS },
            "text": { "type": "string" },
            "cites": { "type": "array", "items": { "type": "string" } },
        },
        "required": ["kind", "text", "cites"],
        "additionalProperties": false,
    } })
});

impl ModelWriter {
    /// Returns the model that `[llm]` configures; `None` without one.
    pub(crate) fn open(config: &LlmConfig, env: impl Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        let Some(client) = Client::open(config, env)? else { return Ok(None) };
        let prompts = Prompts::load(config.prompts.as_deref())?;
        Ok(Some(Self { client, prompts, budget: config.budget, redact: config.redact }))
    }

    /// Returns the text of a brief, and fills in `brief` except for its text, even if it fails.
    pub(crate) async fn write(
        &self,
        outline: &Outline<'_>,
        lang: Lang,
        length: Length,
        brief: &mut WrittenBrief,
    ) -> Result<String> {
        let schema = json!({
            "type": "object", "properties": { "sentences": *SENTENCES },
            "required": ["sentences"], "additionalProperties": false,
        });
        let masking = Masking::of(outline.report, self.redact);
        let all = facts::of_outline(outline, lang);
        let delimiter = delimiter()?;
        let prompt = |omitted: usize| self.prompt(outline, lang, length, (&delimiter, omitted));
        let lines = self.lines_within_budget(&all, &masking, &prompt(all.len())?);
        let facts = all.get(..lines.len()).unwrap_or_default();
        brief.omitted_facts = all.len() - facts.len();
        let messages = vec![
            Message::system(prompt(brief.omitted_facts)?),
            Message::user(format!("{delimiter}\n{}\n{delimiter}", lines.join("\n"))),
        ];
        brief.prompt_tokens = tokens::of_messages(&messages, &self.client.model);
        let repair = |why: &str| self.repair(why, &schema, lang);
        let request = ModelRequest { messages, schema: &schema, repair: &repair };
        let response = self.client.request::<Reply>(&request, &mut brief.usage).await?;
        brief.author = if response.is_repaired { Author::ModelRepaired } else { Author::Model };
        let written = response.value.sentences.len();
        let checker = Checker::new(facts, &all, lang);
        let checked = self.check(request, response.value, (&checker, &masking), &mut brief.usage).await?;
        let (kept, dropped) = checked;
        brief.dropped = dropped;
        if kept.is_empty() || kept.len() * KEPT_SHARE < written.min(MAX_SENTENCES) {
            return Err(Error::failed(format!(
                "the report supports only {} of {written} sentences of the model",
                kept.len(),
            )));
        }
        match length {
            Length::Chat | Length::Full => Ok(chat_text(outline, &kept, facts, lang)),
            Length::Voice => voice_text(outline, &kept, facts, lang),
        }
    }

    /// Returns the system prompt of a brief, given the delimiter of the facts and how many are left out.
    fn prompt(
        &self,
        outline: &Outline<'_>,
        lang: Lang,
        length: Length,
        (delimiter, omitted): (&str, usize),
    ) -> Result<String> {
        let (name, max) = match length {
            Length::Chat | Length::Full => ("chat", (2 * outline.digest.groups.len() + 1).clamp(3, 10)),
            Length::Voice => ("voice", 3),
        };
        let opening = voice::opening(outline, lang);
        let variables = json!({
            "date": outline.report.run.date, "delimiter": delimiter, "omitted": omitted, "min": 3, "max": max,
            "opening": opening, "room": voice::LIMIT.saturating_sub(opening.chars().count()),
        });
        self.prompts.fill(&format!("{name}.{}.md", lang.name()), &variables)
    }

    /// Returns the masked lines of the first facts that fit into the budget beside a prompt.
    pub(crate) fn lines_within_budget(&self, facts: &[Fact], masking: &Masking, prompt: &str) -> Vec<String> {
        let model = self.client.model.as_str();
        let mut left = self.budget.saturating_sub(tokens::count(prompt, model) + RESERVED_TOKENS);
        let mut lines = Vec::new();
        for fact in facts {
            let line = masking.mask_line(&fact.slot, &fact.line);
            let size = tokens::count(&line, model) + 1;
            if size > left {
                break;
            }
            left -= size;
            lines.push(line);
        }
        lines
    }

    /// Checks the sentences of a reply, and requests those that are dropped once more, with the reason of each. What is
    /// kept does not depend on whether the model can correct the rest.
    pub(crate) async fn check<R: Sentences>(
        &self,
        mut request: ModelRequest<'_>,
        reply: R,
        (checker, masking): (&Checker<'_>, &Masking),
        usage: &mut Usage,
    ) -> Result<(Vec<KeptSentence>, Vec<DroppedSentence>)> {
        let (mut kept, dropped) = checker.check_all(reply.sentences(), masking);
        if dropped.is_empty() {
            return Ok((kept, dropped));
        }
        let reply = serde_json::to_string(&reply)
            .map_err(|error| Error::bug("a reply does not serialise").because(error))?;
        let line = |one: &DroppedSentence| {
            json!({ "text": masking.mask(&one.text), "why": masking.mask(&one.why) }).to_string()
        };
        let list: Vec<String> = dropped.iter().map(line).collect();
        let name = format!("correct.{}.md", checker.lang.name());
        let prompt = self.prompts.fill(&name, &json!({ "list": list.join("\n") }))?;
        request.messages.extend([Message::assistant(reply), Message::user(prompt)]);
        let Ok(again) = self.client.request::<R>(&request, usage).await else { return Ok((kept, dropped)) };
        let (more, still_dropped) = checker.check_all(again.value.sentences(), masking);
        let before = kept.len();
        for one in more {
            if kept.iter().all(|own| own.text != one.text) {
                kept.push(one);
            }
        }
        Ok(if kept.len() > before { (kept, still_dropped) } else { (kept, dropped) })
    }

    /// Returns the message that requests the reply once more, given what is wrong with it.
    pub(crate) fn repair(&self, why: &str, schema: &Value, lang: Lang) -> Result<String> {
        let variables = json!({ "why": why, "schema": schema.to_string() });
        self.prompts.fill(&format!("repair.{}.md", lang.name()), &variables)
    }
}

/// Returns the sentences between the headline above and the lists below: the findings that they cite or
/// must not leave out, what is gone, and the gaps.
fn chat_text(outline: &Outline, kept: &[KeptSentence], facts: &[Fact], lang: Lang) -> String {
    let mut lines: Vec<String> =
        kept.iter().map(|one| format!("- {} {}", one.text, citation(&one.cites))).collect();
    // who did what, and the first step, are there whatever the model wrote
    if let Some(trace) = outline.traces.first() {
        if trace.verdict == Verdict::Confirmed && !kept.iter().any(|one| names_cause(one, trace)) {
            lines.insert(0, chat::cause_line(outline, trace, lang));
        }
        if !kept.iter().any(|one| one.kind == SentenceKind::Step) {
            lines.extend(chat::step_line(outline, trace, lang));
        }
    }
    let covered = covered(facts, kept.iter().flat_map(|one| &one.cites));
    let mut blocks = vec![chat::headline(outline, lang), lines.join("\n")];
    blocks.extend(chat::below_sentences(outline, &|id| covered.contains(id), lang));
    blocks.join("\n\n")
}

/// Returns the sentences in a voice brief.
///
/// # Errors
/// If the sentences that fit do not cover the most severe finding.
fn voice_text(outline: &Outline, kept: &[KeptSentence], facts: &[Fact], lang: Lang) -> Result<String> {
    let text = voice::with_sentences(outline, kept.iter().map(|one| one.text.as_str()), lang);
    let written = kept.iter().filter(|one| text.contains(one.text.as_str()));
    let covered = covered(facts, written.flat_map(|one| &one.cites));
    if covers_most_severe(outline, &covered) {
        return Ok(text);
    }
    Err(Error::failed(format!(
        "the sentences of the model do not cover the most severe finding in {} characters",
        voice::LIMIT
    )))
}

/// Returns true if a sentence names who did what a trace names as the cause.
fn names_cause(sentence: &KeptSentence, trace: &Trace) -> bool {
    let Some(cause) = trace.hypotheses.first().and_then(|best| best.cause.as_ref()) else { return true };
    let is_cited = sentence.cites.contains(&format!("T:{}", short_id(&trace.id)));
    let last = cause.username.rsplit(':').next().unwrap_or(&cause.username);
    is_cited && sentence.text.contains(last) && sentence.text.contains(&cause.name)
}

fn covers_most_severe(outline: &Outline, covered: &BTreeSet<&str>) -> bool {
    let Some(finding) = outline.most_severe else { return false };
    let mut traces = outline.report.traces.iter().filter(|trace| belongs(finding, trace));
    covered.contains(format!("F:{}", short_id(&finding.id)).as_str())
        || traces.any(|trace| covered.contains(format!("T:{}", short_id(&trace.id)).as_str()))
}
