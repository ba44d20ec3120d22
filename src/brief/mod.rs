//! The brief: a report as a text for a chat group or a voice, written by a template or by a model whose
//! sentences are checked against the report. Traces come first, surest first, and gaps in the data are
//! always named, so that missing data never reads as a healthy cluster. Log text is untrusted: all of it
//! passes through `redact::sanitize`. This folder must not know channels, HTTP or SQL.

pub mod page; // the report as one HTML file

mod chat; // the template brief for a chat group
mod claims; // times, numbers and names in a text
pub(crate) mod digest; // findings grouped and ranked
mod fact_check; // a model's sentences against the facts
mod facts; // the facts that a model sees
pub(crate) mod gaps; // gaps in the data
pub(crate) mod labels; // names of severities, verdicts and the like
mod masking; // secrets and names, hidden from a model
mod model_writer; // a brief from a model
pub(crate) mod notation; // ids, times, durations, numbers
pub(crate) mod outline; // what a brief mentions, in which order
mod pattern; // constant regular expressions
mod question; // questions about a day
mod slots; // values that the program fills in
mod voice; // the template brief for a voice
mod writer; // the template or a model writes
mod written_brief; // a finished brief and who wrote it

pub(crate) use crate::brief::digest::belongs;
pub use crate::brief::fact_check::{DroppedSentence, Sentence, SentenceKind};
pub(crate) use crate::brief::notation::plural;
pub use crate::brief::question::{Answer, Question, RunQuery};
pub use crate::brief::writer::Writer;
pub use crate::brief::written_brief::{Author, WrittenBrief};

use crate::brief::outline::Outline;
use crate::config::BriefLength;
use model::lang::Lang;
use model::report::Report;

/// The length of a brief.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Light Markdown with ids in brackets, half a minute of reading.
    Chat,
    /// At most 200 characters to be spoken, without ids, markup or addresses.
    Voice,
    /// As `Chat`, with every trace and every finding.
    Full,
}

impl From<BriefLength> for Length {
    fn from(length: BriefLength) -> Self {
        match length {
            BriefLength::Chat => Self::Chat,
            BriefLength::Voice => Self::Voice,
            BriefLength::Full => Self::Full,
        }
    }
}

/// Returns the template's brief of a report. The same report always yields the same text.
pub fn brief(report: &Report, lang: Lang, length: Length) -> String {
    template(&Outline::of(report), lang, length)
}

fn template(outline: &Outline, lang: Lang, length: Length) -> String {
    match length {
        Length::Chat => chat::write(outline, lang, &chat::Limits::CHAT),
        Length::Voice => voice::write(outline, lang, false),
        Length::Full => chat::write(outline, lang, &chat::Limits::FULL),
    }
}

/// Checks sentences against a report. Returns those that are kept, as they are published, and the others.
pub fn check(report: &Report, lang: Lang, sentences: &[Sentence]) -> (Vec<String>, Vec<DroppedSentence>) {
    let facts = facts::of_outline(&Outline::of(report), lang);
    let checker = fact_check::Checker::new(&facts, &facts, lang);
    let (kept, dropped) = checker.check_all(sentences, &masking::Masking::of_secrets());
    (kept.into_iter().map(|one| one.text).collect(), dropped)
}

/// Returns true if all four tables were read without a gap or a failure.
pub fn is_complete(report: &Report) -> bool {
    Outline::of(report).is_complete()
}
