//! The fact check: keeps a sentence of a model only if it cites facts and claims nothing beyond them. It
//! checks single sentences and must not know any model. It errs on the strict side: a dropped sentence
//! costs a brief some words, a wrong one costs its reader a night.

mod assertions; // certainty, severity, actors, advice
mod callee; // who calls whom, whose problem it is
mod changes; // old and new values, directions, who did what
mod clause; // clauses and what they are about
mod conduct; // what was done, how often, with what intent
mod extent; // all, not, over, repaired
mod figures; // numbers, times, days, names
mod links; // links, mentions, markup, commands
mod nouns; // what a number counts
mod order; // before, first, since, until
mod owners; // whose value a slot has, what a count counts
mod phrases; // patterns and word lists of all
mod vocabulary; // the words of a sentence

use crate::brief::claims::Claims;
use crate::brief::facts::{Fact, FactKind, OPERATIONS};
use crate::brief::masking::Masking;
use crate::brief::pattern::regex;
use crate::brief::slots;
use model::lang::Lang;
use redact::sanitize::{plain, sanitize};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The most sentences of a reply that are checked.
pub(crate) const MAX_SENTENCES: usize = 60;
/// The most characters of a sentence.
const MAX_SENTENCE: usize = 300;
/// Letters in a row that a log line and a sentence hardly share by chance.
const COPIED: usize = 20;

/// What a sentence is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SentenceKind {
    /// What failed.
    Symptom,
    /// What caused it.
    Cause,
    /// Whom it affects.
    Impact,
    /// Whether and how it ended.
    Repair,
    /// What to do.
    Step,
    /// What is not known.
    Gap,
    /// Anything else.
    #[default]
    #[serde(other)]
    Context,
}

/// A sentence of a model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sentence {
    /// What it is for.
    #[serde(default)]
    pub kind: SentenceKind,
    /// The text, with slots for values.
    pub text: String,
    /// Ids of facts.
    #[serde(default)]
    pub cites: Vec<String>,
}

/// A sentence that was not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedSentence {
    /// The first 120 characters, sanitized.
    pub text: String,
    /// The claim that the report does not support.
    pub why: String,
}

/// A sentence that passed the check.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeptSentence {
    pub kind: SentenceKind,
    pub text: String,
    /// Ids of facts, each once.
    pub cites: Vec<String>,
}

/// The facts that sentences are checked against.
pub(crate) struct Checker<'a> {
    facts: &'a [Fact],
    /// Names of objects and people in the report, in lower case.
    names: BTreeSet<String>,
    pub lang: Lang,
}

/// A sentence with the facts that it cites, and the others about the same incidents.
struct CitedSentence<'c> {
    text: String,
    /// The text before its slots were filled.
    template: String,
    /// The words that the model chose: the text without the values of its slots.
    written: String,
    claims: Claims,
    cited: Vec<&'c Fact>,
    /// How many of them the sentence names itself; they come first.
    own: usize,
    /// True if it says what to do.
    is_step: bool,
    /// True if it had a command of the advice, which is left out of the text.
    has_command: bool,
    /// Text of rules and of this program in the cited facts, in lower case.
    trusted: String,
}

impl<'c> CitedSentence<'c> {
    /// Returns the facts that the sentence names itself.
    fn named(&self) -> &[&'c Fact] {
        self.cited.get(..self.own).unwrap_or_default()
    }

    /// Returns true if rules or this program use the words of a match.
    fn is_trusted(&self, words: &str) -> bool {
        self.trusted.contains(&words.trim().to_lowercase())
    }

    /// Returns true if a cited fact has the words of a match, also in a log line.
    fn is_known(&self, words: &str) -> bool {
        let words = words.trim().to_lowercase();
        self.cited.iter().any(|fact| fact.text.contains(&words))
    }

    /// Returns true if the sentence's own facts have the words of a match: advice and log lines do not count.
    fn is_said(&self, words: &str) -> bool {
        let words = words.trim().to_lowercase();
        let kept = |key: &String| !["advice", "samples", "why"].contains(&key.as_str());
        let texts = self.named().iter().flat_map(|fact| fact.line.iter().filter(|(key, _)| kept(key)));
        texts.map(|(_, value)| value.to_string().to_lowercase()).any(|text| text.contains(&words))
    }

    /// Returns true if a piece of a name is a whole word of the facts.
    fn has_word(&self, word: &str) -> bool {
        self.cited.iter().any(|fact| fact.text.split(|c: char| !c.is_alphanumeric()).any(|own| own == word))
    }

    /// Returns true if the advice of a cited finding contains the words of a match as whole words.
    fn is_advised(&self, words: &str) -> bool {
        let words = words.trim().to_lowercase();
        let has = |advice: &str| match words.chars().all(|c| c.is_ascii_alphanumeric()) {
            true => advice.split(|c: char| !c.is_alphanumeric()).any(|word| word == words),
            false => advice.contains(&words),
        };
        // the advice of other findings counts only for a sentence whose own facts have none
        let own = self.named().iter().any(|fact| fact.line.contains_key("advice"));
        let facts = if own { self.named() } else { &self.cited };
        let advice = facts.iter().filter_map(|fact| fact.line.get("advice")?.as_array()).flatten();
        let is_same = |list: &&&[&str]| list.iter().any(|word| words.contains(word));
        let same: Vec<&str> = phrases::SAME.iter().find(is_same).map_or(Vec::new(), |list| list.to_vec());
        let mut advice = advice.filter_map(|one| one.as_str()).map(str::to_lowercase);
        // `rollout restart` rolls nothing back
        let is_same = |advice: &str| {
            let advice = advice.replace("rollout", " ");
            same.iter().any(|word| advice.contains(word))
        };
        advice.any(|advice| has(&advice) || is_same(&advice))
    }
}

/// The result of one check; the error is the reason to drop the sentence.
type Check<T = ()> = std::result::Result<T, String>;

static CITES: LazyLock<Regex> =
    regex!(r"[\[(（【]?\s*\b(?:[FTSCGREQA]:[A-Za-z0-9._:-]+(?:\s*[/,、]\s*)?)+\s*[\])）】]?");
/// `five hundred and twelve` is one number, not two clauses.
static HUNDRED_AND: LazyLock<Regex> = regex!(r"(?i)\b(hundred|thousand) and ");

impl<'a> Checker<'a> {
    /// Returns the check of sentences that may cite `facts`. The names are those of `all` facts of the
    /// report, so that a sentence cannot swap one name for another that the model did not see.
    pub(crate) fn new(facts: &'a [Fact], all: &[Fact], lang: Lang) -> Self {
        Self { facts, names: names(all), lang }
    }

    /// Checks the sentences of a reply, with pseudonyms undone. Returns those that pass, each once, and
    /// those that do not.
    pub(crate) fn check_all(
        &self,
        sentences: &[Sentence],
        masking: &Masking,
    ) -> (Vec<KeptSentence>, Vec<DroppedSentence>) {
        let (mut kept, mut dropped): (Vec<KeptSentence>, _) = (Vec::new(), Vec::new());
        for sentence in sentences.iter().take(MAX_SENTENCES) {
            let sentence = Sentence { text: masking.unmask(&sentence.text), ..sentence.clone() };
            match self.check(&sentence) {
                Ok(one) if kept.iter().any(|other| other.text == one.text) => {}
                Ok(one) => kept.push(one),
                Err(why) => dropped.push(DroppedSentence { text: sanitize(&sentence.text, 120), why }),
            }
        }
        (kept, dropped)
    }

    /// Returns the sentence as it is published, or why it is dropped.
    fn check(&self, sentence: &Sentence) -> Check<KeptSentence> {
        let (filled, slots) = slots::fill(&sentence.text, self.facts)?;
        let mut cites: Vec<String> = Vec::new();
        let mut cited: Vec<&Fact> = Vec::new();
        for id in sentence.cites.iter().chain(&slots) {
            let unknown = || format!("it cites `{}`, which does not exist", sanitize(id, 40));
            let fact = self.fact(id).ok_or_else(unknown)?;
            if !cites.contains(&fact.id) {
                cites.push(fact.id.clone());
                cited.push(fact);
            }
        }
        if cited.is_empty() {
            return Err("it cites nothing".into());
        }
        let incidents: BTreeSet<usize> = cited.iter().filter_map(|fact| fact.incident).collect();
        let own: BTreeSet<&str> = cited.iter().map(|fact| fact.id.as_str()).collect();
        let count = cited.len();
        let is_near = |fact: &&Fact| {
            fact.incident.is_some_and(|of| incidents.contains(&of)) && !own.contains(fact.id.as_str())
        };
        cited.extend(self.facts.iter().filter(is_near));
        let bare = plain(&filled, 2000);
        let bare = CITES.replace_all(&bare, " ").replace(['*', '`', '#', '~'], "");
        let text = bare.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.chars().count() > MAX_SENTENCE {
            return Err(format!("it is longer than {MAX_SENTENCE} characters"));
        }
        let whole = text;
        let text = HUNDRED_AND.replace_all(&whole, "$1 ");
        let (text, has_command) = links::without_commands(&text, &cited);
        let is_step = sentence.kind == SentenceKind::Step || extent::is_to_do(&text);
        let trusted = cited.iter().map(|fact| fact.trusted.as_str()).collect::<Vec<_>>().join("\n");
        let written = plain(&slots::written(&sentence.text, &filled), 2000);
        let written = CITES.replace_all(&written, " ").replace(['*', '`', '#', '~'], "");
        let (written, _) = links::without_commands(&written, &cited);
        let cited = CitedSentence {
            claims: Claims::of(&text),
            template: sentence.text.clone(),
            written,
            text,
            cited,
            own: count,
            trusted,
            is_step,
            has_command,
        };
        if !has_command {
            links::check(&filled, &cited)?; // removing markup must not turn the rest into an address
        }
        links::check(&cited.text, &cited)?;
        self.check_language(&cited)?;
        self.check_copied(&cited)?;
        if !assertions::is_advice(&cited) {
            figures::check(self, &cited)?;
            vocabulary::check(&cited, self.lang)?;
            owners::check(&cited)?;
            callee::check(&cited)?;
            extent::check(&cited)?;
            conduct::check(&cited)?;
            order::check(&cited)?;
            changes::check(self, &cited)?;
        }
        let needs_hedge = assertions::check(self, &cited)?;
        Ok(KeptSentence { kind: sentence.kind, text: self.published(&whole, needs_hedge), cites })
    }

    /// Returns the fact of an id, with or without its letter.
    fn fact(&self, id: &str) -> Option<&Fact> {
        let id = id.trim().trim_matches(['[', ']', '(', ')']).trim();
        let is_same = |fact: &&Fact| fact.id.eq_ignore_ascii_case(id) || fact.slot == id;
        let is_same_bare = |fact: &&Fact| {
            let bare = fact.id.split_once(':').map(|(_, bare)| bare);
            bare.is_some_and(|bare| {
                let given = id.split_once(':').map_or(id, |(_, given)| given);
                bare.len() > 3 && (bare == given || given.len() > bare.len() && given.starts_with(bare))
            })
        };
        self.facts.iter().find(is_same).or_else(|| self.facts.iter().find(is_same_bare))
    }

    /// Fails if the sentence is a copied log line: a log line is evidence, not a statement of the brief.
    fn check_copied(&self, sentence: &CitedSentence<'_>) -> Check {
        let letters =
            |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<Vec<char>>();
        // a value that the program fills in is no copy
        let own = letters(&sentence.written);
        // a Chinese character counts as much as a word of three letters
        let size = |letters: &[char]| letters.iter().map(|c| if c.is_ascii() { 1 } else { 3 }).sum::<usize>();
        for line in self.facts.iter().flat_map(|fact| fact.quoted.lines()) {
            let run = longest_run(&own, &letters(line));
            if size(run) >= COPIED && size(run) * 2 >= size(&own) {
                return Err("it repeats a log line".into());
            }
        }
        Ok(())
    }

    /// Fails if the sentence is not in the brief's language, apart from names.
    fn check_language(&self, sentence: &CitedSentence<'_>) -> Check {
        let is_han = |c: &char| ('\u{3400}'..='\u{9fff}').contains(c);
        let han = sentence.text.chars().filter(is_han).count();
        let latin = sentence.text.chars().filter(char::is_ascii_alphabetic).count();
        let is_foreign = |c: &char| c.is_alphabetic() && !is_han(c) && *c > '\u{24f}';
        let is_right = match self.lang {
            Lang::Zh => han >= 2,
            Lang::En => latin >= 8 && han * 4 <= latin,
        };
        let has = |text: &str| sentence.cited.iter().any(|fact| fact.text.contains(text));
        let foreign = |run: &&str| match self.lang {
            Lang::Zh => run.chars().any(|c| is_foreign(&c)),
            Lang::En => run.chars().any(|c| is_han(&c) || is_foreign(&c)),
        };
        let mut runs = sentence.text.split(|c: char| c.is_ascii() || !c.is_alphanumeric());
        let stray = runs.find(|run| !run.is_empty() && foreign(run) && !has(&run.to_lowercase()));
        match stray {
            Some(run) => Err(format!("it is in another language: `{}`", sanitize(run, 20))),
            None if !is_right => Err("it is in another language".into()),
            None => Ok(()),
        }
    }

    /// Returns the text as it is published: sanitized, with a full stop and, if needed, a hedge.
    fn published(&self, text: &str, needs_hedge: bool) -> String {
        let end = ['.', '。', '!', '！', ';', '；'];
        let text = text.trim().trim_end_matches(end);
        let hedge = if needs_hedge {
            self.lang.pick("（很可能，未证实）", " (likely, not proven)")
        } else {
            ""
        };
        sanitize(&format!("{text}{hedge}{}", self.lang.pick("。", ".")), MAX_SENTENCE + 30)
    }
}

/// Returns the longest part of `own` that also occurs in `line`.
fn longest_run<'s>(own: &'s [char], line: &[char]) -> &'s [char] {
    let (mut best, mut before) = (0..0, vec![0; line.len() + 1]);
    for (at, c) in own.iter().enumerate() {
        let mut ends = vec![0; line.len() + 1];
        for (other, _) in line.iter().enumerate().filter(|(_, d)| *d == c) {
            ends[other + 1] = before[other] + 1;
            if ends[other + 1] > best.len() {
                best = at + 1 - ends[other + 1]..at + 1;
            }
        }
        before = ends;
    }
    own.get(best).unwrap_or_default()
}

/// Returns the names of objects and people in facts, in lower case.
fn names(facts: &[Fact]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut add = |name: Option<&str>| {
        for part in name.into_iter().flat_map(|name| name.split(['/', ' '])) {
            if part.len() > 2 {
                names.insert(part.to_lowercase());
            }
        }
    };
    for fact in facts.iter().filter(|fact| fact.kind != FactKind::Rows) {
        for key in ["namespace", "workload", "pod", "node", "about", "who", "cluster", "place"] {
            add(fact.line.get(key).and_then(|value| value.as_str()));
        }
        for key in OPERATIONS {
            for part in ["who", "object"] {
                add(fact.line.get(key).and_then(|cause| cause.get(part)?.as_str()));
            }
        }
    }
    names
}
