//! The checker: what a model said is kept only where it cites facts and says nothing that they do
//! not. It judges single sentences and knows no model; a sentence that it drops costs a brief some
//! words, one that it lets through could cost a night.

pub(crate) mod claims; // what a text claims
mod figures; // numbers, times, names
mod lexicon; // words that claim something
mod numerals; // numbers in words
mod tone; // how sure, how grave, who, and what to do

use crate::brief::fact_check::claims::{Claims, narrow, regex};
use crate::brief::facts::{Fact, Kind};
use crate::brief::words::{inert, plain};
use model::lang::Lang;
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The most characters of a sentence.
const MAX_SENTENCE: usize = 300;
/// Letters in a row that a log line and a sentence hardly share by chance.
const ECHO: usize = 20;

/// A sentence as a model says it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(crate) struct Sentence {
    pub text: String,
    #[serde(default)]
    pub cites: Vec<String>,
}

/// A sentence that was not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dropped {
    /// Its begin, made inert.
    pub text: String,
    /// Why.
    pub why: String,
}

/// A sentence that may go out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub text: String,
    pub cites: Vec<String>,
}

/// What a report bears out.
pub(crate) struct Checker<'a> {
    pub facts: &'a [Fact],
    /// Names of things and people of the report, in lower case.
    pub known: BTreeSet<String>,
    pub lang: Lang,
}

/// A sentence under the eye of the checker.
struct Case<'c> {
    text: String,
    claims: Claims,
    cited: Vec<&'c Fact>,
    /// What rules and this program say in what is cited, in lower case.
    trusted: String,
}

impl Case<'_> {
    /// Tells whether rules or this program say the words of a match.
    fn is_trusted(&self, words: &str) -> bool {
        self.trusted.contains(&words.trim().to_lowercase())
    }

    /// Tells whether the advice of a rule has the words of a match, as words of their own.
    fn is_advised(&self, words: &str) -> bool {
        let words = words.trim().to_lowercase();
        let has = |advice: &str| match words.chars().all(|c| c.is_ascii_alphanumeric()) {
            true => advice.split(|c: char| !c.is_alphanumeric()).any(|word| word == words),
            false => advice.contains(&words),
        };
        let advice = self.cited.iter().filter_map(|fact| fact.line.get("advice")?.as_str());
        advice.map(str::to_lowercase).any(|advice| has(&advice))
    }
}

type Verdict = std::result::Result<(), String>;

static CITES: LazyLock<Regex> =
    regex!(r"[\[(（【]?\s*\b(?:[FTSCGREQA]:[A-Za-z0-9._:-]+(?:\s*[/,、]\s*)?)+\s*[\])）】]?");
static LIVE: LazyLock<Regex> = regex!(
    r"(?i)://|\bwww\.|\]\s*\(|!\[|```|<\s*[a-z!/@#]|&#|\bjavascript:|\bdata:|\bmailto:|h(?:xx|tt)ps?\b|\[\.\]|\bdot (?:com|net|org|cn)\b"
);
static MENTION: LazyLock<Regex> = regex!(r"\S*@\S*");
static DOMAIN: LazyLock<Regex> = regex!(r"(?i)\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b");

impl Checker<'_> {
    /// Returns the sentence as it may go out, or why it may not.
    pub(crate) fn check(&self, sentence: &Sentence) -> std::result::Result<Kept, Dropped> {
        let dropped = |why: String| Dropped { text: inert(&sentence.text, 120), why };
        let mut cites: Vec<String> = Vec::new();
        let mut cited: Vec<&Fact> = Vec::new();
        for cite in &sentence.cites {
            let fact = self
                .fact(cite)
                .ok_or_else(|| dropped(format!("it cites `{}`, which does not exist", inert(cite, 40))))?;
            if !cites.contains(&fact.cite) {
                cites.push(fact.cite.clone());
                cited.push(fact);
            }
        }
        if cited.is_empty() {
            return Err(dropped("it cites nothing".into()));
        }
        let bare = plain(&sentence.text, 2000);
        let bare = CITES.replace_all(&bare, " ").replace(['*', '`', '#', '~'], "");
        let text = bare.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.chars().count() > MAX_SENTENCE {
            return Err(dropped(format!("it is longer than {MAX_SENTENCE} characters")));
        }
        let trusted = cited.iter().map(|fact| fact.trusted.as_str()).collect::<Vec<_>>().join("\n");
        let case = Case { claims: Claims::of(&text), text, cited, trusted };
        self.is_inert(&sentence.text, &case).map_err(dropped)?;
        self.is_in_language(&case).map_err(dropped)?;
        self.is_own(&case).map_err(dropped)?;
        figures::check(self, &case).map_err(dropped)?;
        let hedge = tone::check(self, &case).map_err(dropped)?;
        Ok(Kept { text: self.said(&case.text, hedge), cites })
    }

    /// Returns the fact that is cited, with or without the letter in front.
    fn fact(&self, cite: &str) -> Option<&Fact> {
        let cite = cite.trim().trim_matches(['[', ']', '(', ')']).trim();
        let by = |fact: &&Fact| fact.cite.eq_ignore_ascii_case(cite);
        let bare = |fact: &&Fact| {
            let id = fact.cite.split_once(':').map(|(_, id)| id);
            id.is_some_and(|id| {
                id.len() > 3 && (id == cite || cite.split_once(':').is_some_and(|c| c.1 == id))
            })
        };
        self.facts.iter().find(by).or_else(|| self.facts.iter().find(bare))
    }

    /// Nothing in it is a link or a mention, or could be taken for one.
    fn is_inert(&self, raw: &str, case: &Case<'_>) -> Verdict {
        // what is taken out on the way must not make an address of the rest
        [raw, &case.text].iter().try_for_each(|text| Self::is_inert_text(text, case))
    }

    fn is_inert_text(text: &str, case: &Case<'_>) -> Verdict {
        let raw = narrow(text);
        if let Some(found) = LIVE.find(&raw) {
            return Err(format!("it holds a link or markup: `{}`", inert(found.as_str(), 20)));
        }
        for found in MENTION.find_iter(&raw) {
            let word = found.as_str().trim_matches(|c: char| !c.is_alphanumeric() && c != '@');
            let is_name = word.contains('@') && !word.starts_with('@') && case.is_trusted(word);
            if !is_name {
                return Err(format!("it mentions `{}`", inert(found.as_str(), 20)));
            }
        }
        for found in DOMAIN.find_iter(&raw) {
            if !case.is_trusted(found.as_str())
                && !lexicon::lists(lexicon::TERMS, &found.as_str().to_lowercase())
            {
                return Err(format!("it names an address: `{}`", inert(found.as_str(), 40)));
            }
        }
        Ok(())
    }

    /// It is no log line said over again: what a log wrote is evidence, and nothing that we say.
    fn is_own(&self, case: &Case<'_>) -> Verdict {
        let letters =
            |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<Vec<char>>();
        let said = letters(&case.text);
        // a Chinese character says as much as a word of three letters
        let size = |letters: &[char]| letters.iter().map(|c| if c.is_ascii() { 1 } else { 3 }).sum::<usize>();
        for line in self.facts.iter().flat_map(|fact| fact.quoted.lines()) {
            let run = longest_run(&said, &letters(line));
            if size(run) >= ECHO && size(run) * 2 >= size(&said) {
                return Err("it says a log line over again".into());
            }
        }
        Ok(())
    }

    /// It is in the language asked for, but for names.
    fn is_in_language(&self, case: &Case<'_>) -> Verdict {
        let is_han = |c: &char| ('\u{3400}'..='\u{9fff}').contains(c);
        let han = case.text.chars().filter(is_han).count();
        let latin = case.text.chars().filter(char::is_ascii_alphabetic).count();
        let is_foreign = |c: &char| c.is_alphabetic() && !is_han(c) && *c > '\u{24f}';
        let is_right = match self.lang {
            Lang::Zh => han >= 2,
            Lang::En => latin >= 8 && han * 4 <= latin,
        };
        let says = |text: &str| case.cited.iter().any(|fact| fact.text.contains(text));
        let foreign = |run: &&str| match self.lang {
            Lang::Zh => run.chars().any(|c| is_foreign(&c)),
            Lang::En => run.chars().any(|c| is_han(&c) || is_foreign(&c)),
        };
        let mut runs = case.text.split(|c: char| c.is_ascii() || !c.is_alphanumeric());
        let stray = runs.find(|run| !run.is_empty() && foreign(run) && !says(&run.to_lowercase()));
        match stray {
            Some(run) => Err(format!("it is in another language: `{}`", inert(run, 20))),
            None if !is_right => Err("it is in another language".into()),
            None => Ok(()),
        }
    }

    /// Returns the text as it goes out: inert, a whole sentence, and no surer than its trace.
    fn said(&self, text: &str, hedge: bool) -> String {
        let end = ['.', '。', '!', '！', ';', '；'];
        let text = text.trim().trim_end_matches(end);
        let hedge =
            if hedge { self.lang.pick("（很可能，未证实）", " (likely, not proven)") } else { "" };
        inert(&format!("{text}{hedge}{}", self.lang.pick("。", ".")), MAX_SENTENCE + 30)
    }
}

/// Returns the longest stretch of `said` that stands in `line`.
fn longest_run<'s>(said: &'s [char], line: &[char]) -> &'s [char] {
    let (mut best, mut before) = (0..0, vec![0; line.len() + 1]);
    for (at, c) in said.iter().enumerate() {
        let mut ends = vec![0; line.len() + 1];
        for (other, _) in line.iter().enumerate().filter(|(_, d)| *d == c) {
            ends[other + 1] = before[other] + 1;
            if ends[other + 1] > best.len() {
                best = at + 1 - ends[other + 1]..at + 1;
            }
        }
        before = ends;
    }
    said.get(best).unwrap_or_default()
}

/// Returns the names of things and people in facts: what a sentence must not swap.
pub(crate) fn known(facts: &[Fact]) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    let mut add = |name: Option<&str>| {
        for part in name.into_iter().flat_map(|name| name.split(['/', ' '])) {
            if part.len() > 2 {
                known.insert(part.to_lowercase());
            }
        }
    };
    for fact in facts.iter().filter(|fact| fact.kind != Kind::Rows) {
        for key in ["namespace", "workload", "pod", "node", "about", "who", "cluster"] {
            add(fact.line.get(key).and_then(|value| value.as_str()));
        }
        for key in ["cause", "candidate_not_proven"] {
            for part in ["who", "object"] {
                add(fact.line.get(key).and_then(|cause| cause.get(part)?.as_str()));
            }
        }
    }
    known
}
