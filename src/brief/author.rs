//! Who speaks: a model where one is configured, its words checked sentence by sentence and kept, so
//! that it is asked once. Headline, severities, counts, verdicts and gaps are never the model's; when
//! it fails, the template speaks, and says that it does.

use crate::brief::fact_check::Dropped;
use crate::brief::model_brief::Model;
use crate::brief::{Length, Telling, chat, voice};
use crate::config::LlmConfig;
use crate::lake::catalog::Catalog;
use crate::llm::Usage;
use model::error::{Error, Problem, Result};
use model::lang::Lang;
use model::report::Report;
use serde::{Deserialize, Serialize};

/// Who put a brief into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Path {
    /// A model.
    Model,
    /// A model, at the second try.
    ModelRepaired,
    /// The template.
    Template,
}

impl Path {
    /// Returns its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::ModelRepaired => "model_repaired",
            Self::Template => "template",
        }
    }
}

/// A brief, and how it came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// The brief.
    pub text: String,
    /// Who put it into words.
    pub path: Path,
    /// Why it is the template's, where a model should have spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What the model said that is not borne out.
    pub dropped: Vec<Dropped>,
    /// Facts that the token budget left out.
    pub untold: usize,
    /// Tokens that the prompt was counted to have.
    pub counted: usize,
    /// Tokens as the server counts them.
    pub usage: Usage,
}

impl Written {
    fn template(text: String) -> Self {
        let (dropped, usage) = (Vec::new(), Usage::default());
        Self { text, path: Path::Template, why: None, dropped, untold: 0, counted: 0, usage }
    }

    /// Returns what went wrong, where a model should have spoken and did not.
    pub fn problem(&self) -> Option<Problem> {
        self.why.as_ref().map(|why| Problem {
            step: "brief".into(),
            what: format!("the brief comes from the template: {why}"),
            place: None,
            hint: Some("`headwater doctor` looks at the model".into()),
        })
    }
}

/// Whoever speaks: a model where one is configured.
pub struct Writer {
    model: Option<Result<Model>>,
}

impl Writer {
    /// Returns the speaker that `[llm]` describes; `env` gives its key.
    pub fn of(config: &LlmConfig, env: impl Fn(&str) -> Option<String>) -> Self {
        Self { model: Model::open(config, env).transpose() }
    }

    /// Returns the one that never asks a model.
    pub fn template() -> Self {
        Self { model: None }
    }

    /// Returns the one whose model failed for that reason, and is not asked again.
    pub fn down(why: &str) -> Self {
        Self { model: Some(Err(Error::failed(why))) }
    }

    /// Tells whether a model is configured.
    pub fn has_model(&self) -> bool {
        self.model.is_some()
    }

    /// Returns the model, or why there is none to ask.
    pub(crate) fn model(&self) -> Result<&Model> {
        match &self.model {
            Some(Ok(model)) => Ok(model),
            Some(Err(error)) => Err(Error::usage(told(error)).at("[llm]")),
            None => Err(Error::usage("no model is configured").hint("`base_url` and `model` under `[llm]`")),
        }
    }

    /// Puts a report into words; whatever a model does, there is a brief.
    pub async fn speak(&self, report: &Report, lang: Lang, length: Length) -> Written {
        let telling = Telling::of(report);
        let is_quiet = telling.gravest.is_none() && telling.traces.is_empty();
        let template = |note| match length {
            Length::Chat => {
                chat::chat(report, &telling, lang, &chat::GROUP) + if note { chat::note(lang) } else { "" }
            }
            Length::Voice => voice::voice(report, &telling, lang, note),
            Length::Full => chat::chat(report, &telling, lang, &chat::WHOLE),
        };
        let model = match &self.model {
            // a list of all there is leaves nothing to choose
            Some(model) if !is_quiet && length != Length::Full => model,
            _ => return Written::template(template(false)),
        };
        let mut spoken = Written::template(String::new());
        let made = match model {
            Ok(model) => model.brief(report, &telling, lang, length, &mut spoken).await.map_err(|e| told(&e)),
            Err(error) => Err(told(error)),
        };
        match made {
            Ok(text) => spoken.text = text,
            Err(why) => {
                (spoken.text, spoken.path, spoken.why) = (template(true), Path::Template, Some(why));
            }
        }
        spoken
    }

    /// Returns what the words of a brief rest on, hashed; nothing where no model speaks.
    fn key(&self, report: &Report, lang: Lang, length: Length) -> Option<String> {
        let Some(Ok(model)) = &self.model else { return None };
        let mut hash = blake3::Hasher::new();
        hash.update(serde_json::to_string(report).ok()?.as_bytes());
        let more = format!("{lang:?} {length:?} {} {} {:?} ", model.client.model, model.budget, model.redact);
        hash.update(more.as_bytes()).update(model.prompts.hash().as_bytes());
        Some(hash.finalize().to_hex().to_string())
    }
}

/// Returns the brief of a report: what a model said of it before, else as [`Writer::speak`] does.
pub async fn spoken(
    speaker: &Writer,
    catalog: &mut Catalog,
    report: &Report,
    lang: Lang,
    length: Length,
) -> Result<Written> {
    let Some(key) = speaker.key(report, lang, length) else {
        return Ok(speaker.speak(report, lang, length).await);
    };
    if let Some(kept) = catalog.brief(&key)?
        && let Ok(spoken) = serde_json::from_str(&kept)
    {
        return Ok(spoken);
    }
    let spoken = speaker.speak(report, lang, length).await;
    if spoken.path != Path::Template {
        let text = serde_json::to_string(&spoken)
            .map_err(|error| Error::bug("a brief does not serialise").because(error))?;
        catalog.keep_brief(&key, &report.run.date, &text)?;
    }
    Ok(spoken)
}

/// Returns the brief of a report as it was put into words before, else as the template has it: nobody
/// is asked, so that whoever waits has it at once.
pub fn known(
    speaker: &Writer,
    catalog: &Catalog,
    report: &Report,
    lang: Lang,
    length: Length,
) -> Result<String> {
    let kept = speaker.key(report, lang, length).map(|key| catalog.brief(&key)).transpose()?.flatten();
    let said: Option<Written> = kept.and_then(|kept| serde_json::from_str(&kept).ok());
    Ok(said.map_or_else(|| crate::brief::brief(report, lang, length), |said| said.text))
}

/// Returns an error as one line.
pub(crate) fn told(error: &Error) -> String {
    match error.why() {
        Some(why) => format!("{}: {why}", error.what),
        None => error.what.clone(),
    }
}
