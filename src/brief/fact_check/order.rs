//! Checks the order of things in time: before, first and then, since, until.

use crate::brief::claims::{Claims, Clock};
use crate::brief::fact_check::clause::clauses;
use crate::brief::fact_check::{Check, CitedSentence, changes};
use crate::brief::facts::{Fact, OPERATIONS};
use crate::brief::pattern::regex;
use crate::brief::slots;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// `(earlier) before (later)`; after it the order is reversed.
static BEFORE: LazyLock<Regex> = regex!(
    r"(?i)\b(?:before|prior to|ahead of|preceded?|precedes|already\b.{0,40}?\bwhen)\b|之前|以前|先于|早于"
);
static BEGIN: LazyLock<Regex> = regex!(
    r"(?i)\b(?:since|began|begun|begins?|beginning|start(?:ed|s|ing)?|onset|first)\s*(?:at|around|about|from|on|seen|appeared|occurred|failing)?\s*$|\bfrom\s*(?:about|around)?\s*$|(?:自|从|始于|最早在|最早于|首次出现在|首次出现于|开始于|起于)\s*$"
);
static END: LazyLock<Regex> = regex!(
    r"(?i)\b(?:until|till|ended|stopped|over since|ceased|last(?: seen| occurred| error| one)?|recovered|quiet|finished|latest)\s*(?:at|around|about|by|was|came|after|since|on)?\s*(?:at|around)?\s*$|(?:直到|持续到|最后一次在|最近一次在|最近一次|最后一次|截至|止于|停止于|结束于|最后一条在)\s*$"
);

/// Fails if a sentence puts an effect before its change, or begins and ends at other times.
pub(super) fn check(sentence: &CitedSentence<'_>) -> Check {
    sequence(sentence)?;
    times(sentence)?;
    compared(sentence)?;
    let Some(found) = BEFORE.find(&sentence.text) else { return Ok(()) };
    let (left, right) = (
        sentence.text.get(..found.start()).unwrap_or_default(),
        sentence.text.get(found.end()..).unwrap_or_default(),
    );
    // `A 之前` says that what follows comes first
    let is_behind = !found.as_str().is_ascii() && !found.as_str().ends_with('于');
    let is_when = found.as_str().to_lowercase().ends_with("when");
    let left = if is_when { sentence.text.get(..found.end()).unwrap_or_default() } else { left };
    let (first, second) = if is_behind { (right, left) } else { (left, right) };
    let who = |text: &str| {
        let text = text.to_lowercase();
        sentence
            .cited
            .iter()
            .filter_map(|fact| fact.line.get("cause")?.get("who")?.as_str())
            .any(|who| changes::is_named(&text, who))
    };
    let changes = |text: &str| who(text) || CHANGE.is_match(text);
    match changes(second) && !changes(first) && ERROR.is_match(first) {
        true => Err("the change came before its effect".into()),
        false => Ok(()),
    }
}

static FIRST: LazyLock<Regex> = regex!(r"(?i)\bfirst\b|先(?:是|开始|把|后)?|最先|率先");
static THEN: LazyLock<Regex> =
    regex!(r"(?i)\b(?:then|later|after that|afterwards|followed|only then)\b|之后|随后|然后|接着|才|再");

/// Fails if a sentence puts the later of two first: people by what they did, workloads by their first error.
fn sequence(sentence: &CitedSentence<'_>) -> Check {
    let text = sentence.text.to_lowercase();
    if !(FIRST.is_match(&text) && THEN.is_match(&text)) {
        return Ok(());
    }
    if let Some(then) = THEN.find(&text) {
        let (left, right) =
            (text.get(..then.start()).unwrap_or_default(), text.get(then.end()..).unwrap_or_default());
        if ERROR.is_match(left) && !CHANGE.is_match(left) && CHANGE.is_match(right) && !ERROR.is_match(right)
        {
            return Err("the change came before its effect".into());
        }
    }
    let mut times: BTreeMap<String, Clock> = BTreeMap::new();
    let mut add = |name: Option<&str>, at: Option<&str>| {
        let clock = at.and_then(|at| Claims::of(at).times.first().copied());
        if let (Some(name), Some(clock)) = (name.filter(|name| !name.is_empty()), clock) {
            let own = times.entry(name.to_lowercase()).or_insert(clock);
            *own = (*own).min(clock);
        }
    };
    for fact in &sentence.cited {
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        for value in OPERATIONS.iter().filter_map(|key| fact.line.get(*key)) {
            add(text(value, "who").as_deref(), text(value, "at").as_deref());
        }
        let line = Value::Object(fact.line.clone());
        let from = text(&line, "from");
        add(text(&line, "workload").as_deref(), from.as_deref());
        add(text(&line, "pod").as_deref(), from.as_deref());
        add(text(&line, "who").as_deref(), from.as_deref());
    }
    let mut found: Vec<(usize, Clock)> =
        times.iter().filter_map(|(name, clock)| Some((changes::place_of(&text, name)?, *clock))).collect();
    found.sort();
    match found.as_slice() {
        [(_, first), (_, second)] if first > second => Err("the order in time is the other way round".into()),
        _ => Ok(()),
    }
}

/// `(later) after (earlier)`; `(earlier) 之后 (later)`; and the same of before.
static COMPARES: LazyLock<Regex> = regex!(r"(?i)\b(after|before)\b|[，,]?\s*(之后|以后|之前|以前)");
/// Someone changed something; a change back is none.
static CHANGED: LazyLock<Regex> = regex!(
    r"(?i)\b(?:changed?|changes|patch(?:ed)?|edit(?:ed)?|evict(?:ed|ion)|drain(?:ed)?|scal(?:ed|ing)[ -]?(?:down|in)|scale-down|rollout)\b|变更|修改|改动|驱逐|缩容|停掉|改(?:了|的|端口|配置|动|过)|才改"
);
static CHANGED_BACK: LazyLock<Regex> = regex!(
    r"(?i)\b(?:back|restor\w+|revert\w*|undo|undone|rolled back|scaled? up)\b|改回|恢复|回滚|还原|扩容"
);

/// Returns when what a part of a sentence speaks of was, or `None` if that is not clear.
fn moment_of(sentence: &CitedSentence<'_>, part: &str) -> Option<Clock> {
    let clock = |text: &str| Claims::of(text).times.first().copied();
    let text = |value: Option<&Value>, key: &str| value?.get(key)?.as_str().map(str::to_owned);
    let mut times = Vec::new();
    for slot in slots::all(part) {
        let fact = sentence.cited.iter().find(|fact| fact.slot == slot.fact)?;
        let operation = slot.path.split('.').next().filter(|key| OPERATIONS.contains(key));
        let at = match operation {
            Some(key) => text(fact.line.get(key), "at"),
            None => ["at", "from"].iter().find_map(|key| Some(fact.line.get(*key)?.as_str()?.to_owned())),
        };
        times.extend(at.as_deref().and_then(clock));
    }
    times.dedup();
    if let [time] = times.as_slice() {
        return Some(*time);
    }
    if !times.is_empty() {
        return None;
    }
    let words = slots::without(part).to_lowercase();
    let traces = sentence.named().iter();
    let mut operations =
        traces.flat_map(|fact| OPERATIONS.iter().filter_map(move |key| Some((*key, fact.line.get(*key)?))));
    let is_back = CHANGED_BACK.is_match(&words);
    if !is_back && !CHANGED.is_match(&words) {
        return None;
    }
    let is_it = |(key, _): &(&str, &Value)| (*key == "restored_by") == is_back && *key != "ruled_out";
    let own: Vec<Clock> = operations
        .by_ref()
        .filter(is_it)
        .filter_map(|(_, value)| clock(value.get("at")?.as_str()?))
        .collect();
    match own.as_slice() {
        [time] => Some(*time),
        _ => None,
    }
}

/// Fails if a sentence compares two things in time the other way round than their facts.
fn compared(sentence: &CitedSentence<'_>) -> Check {
    let template = &sentence.template;
    let Some(found) = COMPARES.captures(template).filter(|_| !sentence.is_step) else { return Ok(()) };
    let Some(all) = found.get(0) else { return Ok(()) };
    let (left, right) =
        (template.get(..all.start()).unwrap_or_default(), template.get(all.end()..).unwrap_or_default());
    let word = found.get(1).or_else(|| found.get(2)).map_or("", |word| word.as_str()).to_lowercase();
    // `A after B`, `A 之前 B`: B was first
    let (first, second) = match word.as_str() {
        "after" | "之前" | "以前" => (right, left),
        _ => (left, right),
    };
    let (first, second) = (first.trim(), second.trim());
    let (cause, effect) = (slots::without(second).to_lowercase(), slots::without(first).to_lowercase());
    let is_change = |text: &str| CHANGED.is_match(text) && !CHANGED_BACK.is_match(text);
    if is_change(&cause)
        && ERROR.is_match(&effect)
        && !is_change(&effect)
        && !ERROR.is_match(&cause)
        && !LAST.is_match(&effect)
    {
        let has_cause = ["cause", "candidate_not_proven"];
        let has = |fact: &&Fact| has_cause.iter().any(|key| fact.line.contains_key(*key));
        if sentence.cited.iter().any(has) {
            return Err("the change came before its effect".into());
        }
    }
    match (moment_of(sentence, first), moment_of(sentence, second)) {
        (Some(first), Some(second)) if first > second => {
            Err("the order in time is the other way round".into())
        }
        _ => Ok(()),
    }
}

pub(super) static CHANGE: LazyLock<Regex> = regex!(
    r"(?i)\b(?:change|patch|update|edit|eviction|drain|deletion|rollout|operation|expir(?:ed|y))\b|过期|变更|修改|改动|操作|驱逐|删除|补丁|调整"
);
pub(super) static ERROR: LazyLock<Regex> = regex!(
    r"(?i)(?:error|exception)s?\b|\b(?:fail\w*|kill\w*|crash\w*|time?outs?|timing out|timed out|refused|began|broke)\b|报错|错误|失败|异常|崩溃|超时|故障"
);
/// Something began.
pub(super) static BEGINS: LazyLock<Regex> =
    regex!(r"(?i)\b(?:began|begun|begins?|start(?:ed|s)?|onset|since)\b|开始|起始");
/// Fails if a sentence says that something began or ended at a time at which nothing of it did.
fn times(sentence: &CitedSentence<'_>) -> Check {
    for clause in clauses(&sentence.text) {
        for (time, at) in Claims::times_in(clause) {
            let before = clause.get(..at).unwrap_or_default();
            let is_last = LAST.is_match(before);
            let keys: &[&str] = match (BEGIN.is_match(before) && !is_last, END.is_match(before)) {
                (true, false) => &["onset", "from", "since", "at", "over_since", "first"],
                (false, true) => &["last", "to", "over_since", "at"],
                _ => continue,
            };
            let ends = END.is_match(before);
            let is_it = |own: &Clock| (own.0, own.1) == (time.0, time.1);
            let has = |fact: &&Fact| {
                keys.iter().any(|key| {
                    texts(&fact.line, key).iter().any(|text| Claims::of(text).times.iter().any(is_it))
                }) || ends
                    && fact.text.contains(&format!("{:02}:{:02}", time.0, time.1))
                    && last_of(&fact.text, time)
            };
            if !sentence.cited.iter().any(has) {
                return Err(format!(
                    "nothing {} at {:02}:{:02}",
                    if ends { "ended" } else { "began" },
                    time.0,
                    time.1
                ));
            }
        }
    }
    Ok(())
}

static LAST: LazyLock<Regex> = regex!(r"(?i)\blast\b|最后|最近一次|末次");

/// Returns true if a text gives a time as the last one: `over (last 11:14:04)`.
fn last_of(text: &str, time: Clock) -> bool {
    ["last ", "最近一次 ", "until ", "直到 ", "over since "]
        .iter()
        .any(|word| text.contains(&format!("{word}{:02}:{:02}", time.0, time.1)))
}

/// Returns the texts under a key of a line, also of its parts.
fn texts(line: &serde_json::Map<String, Value>, key: &str) -> Vec<String> {
    let own = line.get(key).and_then(Value::as_str).map(str::to_owned);
    let inner = line.values().filter_map(|value| value.get(key)?.as_str().map(str::to_owned));
    own.into_iter().chain(inner).collect()
}
