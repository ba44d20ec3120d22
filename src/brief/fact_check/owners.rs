//! Checks that the value of a slot belongs to what its clause is about: a count, a time or a user of one fact says
//! nothing of another.

use crate::brief::fact_check::clause::find_whole;
use crate::brief::fact_check::order::{BEGINS, CHANGE, ERROR};
use crate::brief::fact_check::{Check, CitedSentence, nouns};
use crate::brief::facts::{Fact, FactKind, OPERATIONS, text_of};
use crate::brief::pattern::regex;
use crate::brief::slots::{self, Slot};
use redact::sanitize::sanitize;
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

/// Boundaries between what is said of one thing and of another.
static BREAK: LazyLock<Regex> = regex!(
    r"[，；。,;、](?:\s|[^0-9])|[，；。、]|\s(?:and|while|whereas|but|which|because|after|before|when)\s|而|并且|同时|因为|之后|之前|[()（）]"
);
/// Values that say nothing without the thing that they are of.
const VALUES: [&str; 10] =
    ["lines", "peak", "from", "to", "at", "since", "onset", "last", "over_since", "requests_failed"];
/// Values that name an object.
const OBJECTS: [&str; 7] = ["about", "workload", "pod", "place", "affected", "object", "node"];
/// It is over.
static ENDS: LazyLock<Regex> =
    regex!(r"(?i)\b(?:ended|stopped|ceased|recovered|subsided|quiet|over)\b|结束|停止|恢复|平息|消停");
/// The operation itself was at that time.
static WAS: LazyLock<Regex> = regex!(
    r"(?i)\b(?:took place|happened|occurred|came|was (?:made|done)|were made)\s+at\s*$|(?:发生在|发生于|是在)\s*$"
);
/// A place that is named in words.
static PLACES: LazyLock<Regex> = regex!(
    r"(?i)\b(?:in|namespace)\s+(?:the\s+)?(?:namespace\s+)?([a-z0-9][a-z0-9-]+)|\bthe\s+([a-z0-9][a-z0-9-]+)\s+namespace|在\s*([a-z0-9][a-z0-9-]+)|([a-z0-9][a-z0-9-]+)\s*(?:的)?命名空间"
);
/// Kinds of objects that someone may create or change.
static KINDS: LazyLock<Regex> = regex!(
    r"(?i)\b(service ?accounts?|cluster ?roles?|role ?bindings?|cluster ?role ?bindings?|config ?maps?|secrets?|ingress(?:es)?|cron ?jobs?|network ?polic(?:y|ies)|resource ?quotas?|stateful ?sets?|daemon ?sets?)\b"
);

/// A slot, with the fact or the operation of a fact that it is of.
struct Owned<'s> {
    slot: Slot<'s>,
    fact: &'s Fact,
    /// `cause`, if it is of an operation.
    operation: &'s str,
    key: &'s str,
    value: String,
}

impl<'s> Owned<'s> {
    fn of(slot: Slot<'s>, facts: &[&'s Fact]) -> Option<Self> {
        let value = slots::value(&slot, facts)?;
        let fact = facts.iter().find(|fact| fact.slot == slot.fact)?;
        let names = || slot.path.split('.').filter(|name| name.parse::<usize>().is_err());
        let operation = names().next().filter(|name| OPERATIONS.contains(name)).unwrap_or_default();
        let key = names().next_back().unwrap_or_default();
        Some(Self { fact, operation, key, value, slot })
    }

    fn is_value(&self) -> bool {
        VALUES.contains(&self.key)
    }

    fn is_of(&self, other: &Self) -> bool {
        self.fact.id == other.fact.id && self.operation == other.operation
    }

    /// Returns a text of its owner: the operation or the fact.
    fn owner(&self, key: &str) -> Option<&'s str> {
        match self.operation {
            "" => self.fact.line.get(key),
            operation => self.fact.line.get(operation)?.get(key),
        }?
        .as_str()
    }

    /// Returns true if words name the workload or the place of its fact.
    fn is_named_in(&self, lower: &str) -> bool {
        let name = ["workload", "about", "place"].iter().find_map(|key| self.fact.line.get(*key)?.as_str());
        let last = name.and_then(|name| name.rsplit('/').next()).unwrap_or_default().to_lowercase();
        !last.is_empty() && find_whole(lower, &last).is_some()
    }

    fn is_operation(&self) -> bool {
        let is_step = self.fact.kind == FactKind::Step && self.fact.line.contains_key("did");
        !self.operation.is_empty() || is_step || self.fact.line.contains_key("who") && !self.is_event()
    }

    /// Returns true if it is a step that no one did.
    fn is_event(&self) -> bool {
        self.fact.kind == FactKind::Step && !self.fact.line.contains_key("did")
    }

    /// Returns true if its value is also one of the other's, or a time of the other's incident.
    fn is_shared(&self, other: &Self) -> bool {
        const ALIKE: [&[&str]; 4] = [
            &["from", "onset", "since", "at"],
            &["to", "last", "over_since"],
            &["lines"],
            &["requests_failed"],
        ];
        let line = match other.operation {
            "" => Some(&other.fact.line),
            operation => other.fact.line.get(operation).and_then(Value::as_object),
        };
        let has = |key: &&str| {
            let own = line.and_then(|line| line.get(*key)).map(text_of);
            own.is_some_and(|own| own == self.value.replace(',', ""))
        };
        let is_alike = ALIKE.iter().filter(|keys| keys.contains(&self.key)).any(|keys| keys.iter().any(&has));
        let is_near = self.fact.incident.is_some() && self.fact.incident == other.fact.incident;
        is_alike || is_near && self.is_event() && !other.is_operation()
    }

    fn foreign(&self) -> Check {
        Err(format!("`{}.{}` is of something else", self.slot.fact, sanitize(self.slot.path, 40)))
    }
}

/// Fails at the first value that is not of what its clause is about.
pub(super) fn check(sentence: &CitedSentence<'_>) -> Check {
    let template = &sentence.template;
    kinds(sentence)?;
    rate(sentence)?;
    let all: Vec<Owned<'_>> = slots::all(template)
        .into_iter()
        .filter_map(|slot| Owned::of(slot, &sentence.cited))
        .filter(|slot| slot.fact.kind != FactKind::Day || slot.key == "findings")
        .collect();
    for slot in &all {
        counted(slot, template.get(slot.slot.range.end..).unwrap_or_default())?;
    }
    let all: Vec<Owned<'_>> = all.into_iter().filter(|slot| slot.fact.kind != FactKind::Day).collect();
    let lower = slots::without(template).to_lowercase();
    for slot in all.iter().filter(|slot| slot.is_value()) {
        let is_described = all.iter().any(|one| one.is_of(slot) && !one.is_value());
        let before = all.iter().take_while(|one| one.slot.range.start < slot.slot.range.start);
        let is_other = |one: &&Owned<'_>| !one.is_of(slot) && !one.is_value() && !slot.is_shared(one);
        let mut others = before.filter(is_other);
        let who = slot.owner("who");
        let clause = clause_of(template, slot.slot.range.start);
        let is_near = |one: &Owned<'_>| {
            slot.fact.kind == FactKind::Incident
                && slot.fact.incident == one.fact.incident
                && !one.is_operation()
        };
        let is_same = |one: &Owned<'_>| {
            who.is_some() && one.owner("who") == who || is_near(one) || speaks_of(clause, slot.fact, one.fact)
        };
        // the time of a step or of an operation may stand alone
        let is_bound = !["at", "since"].contains(&slot.key);
        if is_bound && !is_described && !slot.is_named_in(&lower) && others.any(|one| !is_same(one)) {
            return slot.foreign();
        }
    }
    let mut begin = 0;
    for end in BREAK.find_iter(template).map(|found| found.start()).chain([template.len()]) {
        let own: Vec<&Owned<'_>> =
            all.iter().filter(|slot| (begin..end).contains(&slot.slot.range.start)).collect();
        let clause = template.get(begin..end).unwrap_or_default();
        mixed(&own, &slots::without(clause).to_lowercase())?;
        times(&own, clause, begin)?;
        namespaces(sentence, &own, clause)?;
        begin = end;
    }
    Ok(())
}

/// Returns the clause of a text in which a byte lies.
fn clause_of(text: &str, at: usize) -> &str {
    let ends = || BREAK.find_iter(text).map(|found| found.start());
    let begin = ends().take_while(|end| *end <= at).last().unwrap_or(0);
    let end = ends().find(|end| *end > at).unwrap_or(text.len());
    text.get(begin..end).unwrap_or_default()
}

/// Returns true if two facts are of one object and the words of a clause are those of the first alone.
fn speaks_of(clause: &str, own: &Fact, other: &Fact) -> bool {
    let about = |fact: &Fact| fact.line.get("about").and_then(Value::as_str).map(str::to_owned);
    let what = |fact: &Fact| {
        let texts = ["title", "what"].iter().filter_map(|key| fact.line.get(*key)).map(text_of);
        texts.collect::<Vec<_>>().join(" ").to_lowercase()
    };
    if about(own).is_none() || about(own) != about(other) {
        return false;
    }
    let (own, other) = (what(own), what(other));
    let words = slots::without(clause).to_lowercase();
    let is_own = |word: &str| own.contains(word) && !other.contains(word);
    let han: Vec<char> = words.chars().collect();
    let mut pairs = han.windows(2).filter(|pair| pair.iter().all(|c| !c.is_ascii() && c.is_alphanumeric()));
    words.split(|c: char| !c.is_ascii_alphabetic()).filter_map(|word| word.get(..5)).any(is_own)
        || pairs.any(|pair| is_own(&pair.iter().collect::<String>()))
}

/// Fails if a clause has a value of one fact and names another, or another user or namespace than the fact's.
fn mixed(own: &[&Owned<'_>], lower: &str) -> Check {
    for slot in own.iter().filter(|slot| slot.is_value()) {
        let is_described = own.iter().any(|one| one.is_of(slot) && !one.is_value());
        let is_other = |one: &&&Owned<'_>| !one.is_of(slot) && !one.is_value() && one.key != "after";
        let has_other = own.iter().filter(is_other).any(|one| !slot.is_shared(one));
        if !is_described && has_other && !slot.is_named_in(lower) {
            return slot.foreign();
        }
    }
    for key in ["who", "namespace"] {
        let mut given = own.iter().filter(|slot| slot.key == key).peekable();
        if given.peek().is_none() {
            continue;
        }
        let given: Vec<&str> = given.map(|slot| slot.value.as_str()).collect();
        // a step is of an object, not of a user
        let others = own.iter().filter(|slot| slot.fact.kind != FactKind::Step);
        let mut others = others.filter(|slot| slot.owner(key).is_some_and(|own| !given.contains(&own)));
        if let Some(other) = others.next().filter(|_| own.iter().any(|slot| slot.key != key)) {
            return other.foreign();
        }
    }
    // who did something, and another object than that of what they did
    for who in own.iter().filter(|slot| slot.key == "who" && slot.is_operation()) {
        let object = own.iter().filter(|slot| !slot.is_of(who) && OBJECTS.contains(&slot.key)).find(|slot| {
            let last = slot.value.rsplit('/').next().unwrap_or_default().to_lowercase();
            slot.owner("who").is_none() && find_whole(&who.fact.text, &last).is_none()
        });
        if let Some(object) = object {
            return object.foreign();
        }
    }
    Ok(())
}

/// Fails if the time of a clause is not that of what it speaks of: an operation, its effect, its end.
fn times(own: &[&Owned<'_>], clause: &str, begin: usize) -> Check {
    let is_time =
        |slot: &&&Owned<'_>| slot.is_value() && !["lines", "peak", "requests_failed"].contains(&slot.key);
    let mut times = own.iter().filter(is_time);
    let (Some(time), None) = (times.next(), times.next()) else { return Ok(()) };
    let has_who = own.iter().any(|slot| slot.key == "who");
    let lower = slots::without(clause).to_lowercase();
    let (changed, failed) = (CHANGE.is_match(&lower), ERROR.is_match(&lower));
    let before = clause.get(..time.slot.range.start.saturating_sub(begin)).unwrap_or_default();
    if failed && BEGINS.is_match(&lower) && !changed && !has_who && time.is_operation() {
        return time.foreign();
    }
    if changed && !failed && WAS.is_match(before) && !time.is_operation() && !has_who && !time.is_event() {
        return time.foreign();
    }
    let is_begin = ["from", "onset", "since"].contains(&time.key);
    let ends = ENDS.is_match(before) && !BEGINS.is_match(&lower) && !before.to_lowercase().contains("from");
    match ends && is_begin && !before.ends_with(['从', '自']) && !time.is_operation() {
        true => time.foreign(),
        false => Ok(()),
    }
}

/// Fails if a clause about what someone did names another namespace than that of what they did.
fn namespaces(sentence: &CitedSentence<'_>, own: &[&Owned<'_>], clause: &str) -> Check {
    let words = slots::without(clause).to_lowercase();
    let is_namespace = |name: &str| {
        sentence.cited.iter().any(|fact| fact.line.get("namespace").and_then(Value::as_str) == Some(name))
    };
    let Some(who) = own.iter().find(|slot| slot.key == "who" && slot.owner("namespace").is_some()) else {
        return Ok(());
    };
    for found in PLACES.captures_iter(&words) {
        let name = (1..5).find_map(|at| found.get(at)).map_or("", |name| name.as_str());
        let is_place = name.len() > 1
            && (is_namespace(name) || found[0].contains("命名空间") || found[0].contains("namespace"));
        let is_filler = ["the", "a", "an", "this", "that", "at", "all", "place", "order"].contains(&name);
        if is_place && !is_filler && find_whole(&who.fact.text, name).is_none() {
            return Err(format!("it was not in `{}`", sanitize(name, 40)));
        }
    }
    // a Latin word between `在` and the verb is a place, known or not
    let zh = ZH_PLACE.captures(&words).and_then(|found| found.get(1));
    match zh.filter(|name| find_whole(&who.fact.text, name.as_str()).is_none()) {
        Some(name) => Err(format!("it was not in `{}`", sanitize(name.as_str(), 40))),
        None => Ok(()),
    }
}

static ZH_PLACE: LazyLock<Regex> =
    regex!(r"在\s*([a-z][a-z0-9-]+)\s*(?:里|中|下|内)?\s*(?:手工|手动)?[改创新建删执修]");

/// Fails if a sentence says that someone created or changed a kind of object that its facts do not have.
fn kinds(sentence: &CitedSentence<'_>) -> Check {
    let is_done = |fact: &&&Fact| {
        fact.line.contains_key("who") || OPERATIONS.iter().any(|key| fact.line.contains_key(*key))
    };
    let done: Vec<&&Fact> = sentence.named().iter().filter(is_done).collect();
    let is_mount = MOUNTED.is_match(&sentence.written);
    let is_made = !done.is_empty() && CREATED.is_match(&sentence.written);
    if sentence.is_step || !is_mount && !is_made {
        return Ok(());
    }
    let letters = |text: &str| text.to_lowercase().replace([' ', '-', '_'], "");
    for found in KINDS.find_iter(&sentence.written) {
        let kind = letters(found.as_str());
        let stem = kind.trim_end_matches("ies").trim_end_matches(['y', 's']);
        if !sentence.named().iter().any(|fact| letters(&fact.text).contains(stem)) {
            return Err(format!("no fact has a `{}`", sanitize(found.as_str(), 30)));
        }
    }
    Ok(())
}

static MOUNTED: LazyLock<Regex> = regex!(r"(?i)\bmount(?:ed|ing)?\b|挂载");
static CREATED: LazyLock<Regex> = regex!(
    r"(?i)\b(?:created?|creates|made|added|deleted|removed|changed|edited|patched|replaced)\b|新建|创建|建了|删除|删了|修改|改了|改动"
);

/// Fails if a count is said to be of other things than it counts.
fn counted(slot: &Owned<'_>, after: &str) -> Check {
    let after = after.split('{').next().unwrap_or_default().to_lowercase();
    let is_right = match slot.key {
        "findings" => nouns::counts_findings(&after),
        "lines" if slot.fact.kind == FactKind::Finding => nouns::counts_lines(&after),
        _ => true,
    };
    match is_right {
        true => Ok(()),
        false => {
            let words: String = after.chars().take(16).collect();
            Err(format!("`{}.{}` does not count `{}`", slot.slot.fact, slot.slot.path, sanitize(&words, 20)))
        }
    }
}

/// A rate per second, minute or hour.
static RATE: LazyLock<Regex> = regex!(
    r"(?i)\b(?:per|every|each|a) (?:single )?(second|minute|hour)\b|\b(?:errors?|failures?|lines|times|requests) an hour\b|每(?:一)?(秒|分钟|小时)"
);

/// Fails if a sentence has a count as a rate of another unit: the facts count in five minutes.
fn rate(sentence: &CitedSentence<'_>) -> Check {
    let has_peak = slots::all(&sentence.template).iter().any(|slot| slot.path.ends_with("peak"));
    let said = |words: &str| {
        sentence
            .named()
            .iter()
            .any(|fact| fact.line.values().any(|value| text_of(value).to_lowercase().contains(words)))
    };
    match RATE.find(&sentence.written).filter(|found| has_peak && !said(&found.as_str().to_lowercase())) {
        Some(found) => Err(format!("no fact counts `{}`", sanitize(found.as_str(), 20))),
        None => Ok(()),
    }
}
