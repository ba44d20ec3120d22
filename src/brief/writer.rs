//! The writer of briefs: a model if one is configured, otherwise the template. A model's brief is saved in
//! the catalog, so that the model is requested once. If the model fails, the template takes over and the
//! brief says so. Headline, severities, counts, verdicts and gaps never come from a model.

use crate::brief::model_writer::ModelWriter;
use crate::brief::outline::Outline;
use crate::brief::written_brief::{Author, WrittenBrief};
use crate::brief::{Length, chat, template, voice};
use crate::config::LlmConfig;
use crate::lake::catalog::Catalog;
use model::error::{Error, Result};
use model::lang::Lang;
use model::report::Report;

/// Writes briefs with the configured model, or with the template.
pub struct Writer {
    /// `None` without a configured model; an error if the model cannot be used.
    model: Option<Result<ModelWriter>>,
}

impl Writer {
    /// Returns the writer that `[llm]` configures; `env` looks up the environment variable of the API key.
    pub fn of(config: &LlmConfig, env: impl Fn(&str) -> Option<String>) -> Self {
        Self { model: ModelWriter::open(config, env).transpose() }
    }

    /// Returns a writer that uses the template only.
    pub fn template() -> Self {
        Self { model: None }
    }

    /// Returns a writer whose model has failed: it uses the template and gives `why` as the reason.
    pub fn failed(why: &str) -> Self {
        Self { model: Some(Err(Error::failed(why))) }
    }

    /// Returns true if a model is configured.
    pub fn has_model(&self) -> bool {
        self.model.is_some()
    }

    /// Returns the model, or why it cannot be used.
    pub(super) fn model(&self) -> Result<&ModelWriter> {
        match &self.model {
            Some(Ok(model)) => Ok(model),
            Some(Err(error)) => Err(Error::usage(one_line(error)).at("[llm]")),
            None => {
                Err(Error::usage("no model is configured").hint("set `base_url` and `model` under `[llm]`"))
            }
        }
    }

    /// Returns the brief of a report. It never fails: if the model does, the template takes over.
    pub async fn write(&self, report: &Report, lang: Lang, length: Length) -> WrittenBrief {
        let outline = Outline::of(report);
        let model = match &self.model {
            // a full list leaves nothing to choose, a day without findings nothing to explain
            Some(model) if length != Length::Full && has_findings(&outline) => model,
            _ => return WrittenBrief::template(template(&outline, lang, length)),
        };
        let mut brief = WrittenBrief::template(String::new());
        let text = match model {
            Ok(model) => model.write(&outline, lang, length, &mut brief).await.map_err(|e| one_line(&e)),
            Err(error) => Err(one_line(error)),
        };
        match text {
            Ok(text) => brief.text = text,
            Err(why) => {
                brief.text = fallback(&outline, lang, length);
                (brief.author, brief.why) = (Author::Template, Some(why));
            }
        }
        brief
    }

    /// Returns the saved brief of a report, or else writes it as [`Writer::write`] does and saves it if a
    /// model wrote it.
    ///
    /// # Errors
    /// If the catalog cannot be read or written.
    pub async fn write_saved(
        &self,
        catalog: &mut Catalog,
        report: &Report,
        lang: Lang,
        length: Length,
    ) -> Result<WrittenBrief> {
        let Some(key) = self.key(report, lang, length) else {
            return Ok(self.write(report, lang, length).await);
        };
        if let Some(saved) = catalog.brief(&key)?
            && let Ok(brief) = serde_json::from_str(&saved)
        {
            return Ok(brief);
        }
        let brief = self.write(report, lang, length).await;
        if brief.author != Author::Template {
            let text = serde_json::to_string(&brief)
                .map_err(|error| Error::bug("a brief does not serialise").because(error))?;
            catalog.save_brief(&key, &report.run.date, &text)?;
        }
        Ok(brief)
    }

    /// Returns the text of the saved brief of a report, or else that of the template, without waiting for
    /// a model.
    ///
    /// # Errors
    /// If the catalog cannot be read.
    pub fn saved_text(
        &self,
        catalog: &Catalog,
        report: &Report,
        lang: Lang,
        length: Length,
    ) -> Result<String> {
        let saved = self.key(report, lang, length).map(|key| catalog.brief(&key)).transpose()?.flatten();
        let brief: Option<WrittenBrief> = saved.and_then(|saved| serde_json::from_str(&saved).ok());
        Ok(brief.map_or_else(|| template(&Outline::of(report), lang, length), |brief| brief.text))
    }

    /// Returns a hash of all inputs of a brief; `None` without a model.
    fn key(&self, report: &Report, lang: Lang, length: Length) -> Option<String> {
        let Some(Ok(model)) = &self.model else { return None };
        let mut hash = blake3::Hasher::new();
        hash.update(serde_json::to_string(report).ok()?.as_bytes());
        let more = format!("{lang:?} {length:?} {} {} {:?} ", model.client.model, model.budget, model.redact);
        hash.update(more.as_bytes()).update(model.prompts.hash().as_bytes());
        Some(hash.finalize().to_hex().to_string())
    }
}

fn has_findings(outline: &Outline) -> bool {
    outline.most_severe.is_some() || !outline.traces.is_empty()
}

/// Returns the template's brief with the note that a model's was expected.
fn fallback(outline: &Outline, lang: Lang, length: Length) -> String {
    match length {
        Length::Chat => template(outline, lang, length) + chat::template_note(lang),
        Length::Voice => voice::write(outline, lang, true),
        Length::Full => template(outline, lang, length),
    }
}

/// Returns an error as one line.
pub(super) fn one_line(error: &Error) -> String {
    match error.why() {
        Some(why) => format!("{}: {why}", error.what),
        None => error.what.clone(),
    }
}
