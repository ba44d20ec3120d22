//! Checks assertions: severity and status, certainty, causes, actors, and things to do. None may go
//! beyond the cited facts; text copied from logs does not count as a fact here.

use crate::brief::claims::Claims;
use crate::brief::fact_check::clause::{BREAK, about};
use crate::brief::fact_check::phrases::{
    ACTIONS, CAUSE, DRASTIC_ACTIONS, EN_ACTORS, GONE, HEDGE, INCONCLUSIVE, LIKELY, NO_CAUSE, NOT_ACTORS,
    NOT_IN_FACTS, NOT_SURE, PLAYS_DOWN, REQUESTS, SEVERITIES, SHELL_COMMANDS, STATUSES, SURE, WEAK,
    ZH_ACTORS, contains,
};
use crate::brief::fact_check::{Check, Checker, CitedSentence, changes, extent, vocabulary};
use crate::brief::facts::{Fact, FactKind};
use crate::brief::pattern::regex;
use model::lang::Lang;
use model::report::{Severity, Status, Verdict};
use redact::sanitize::sanitize;
use regex::Regex;
use std::sync::LazyLock;

/// Fails at the first assertion beyond the cited facts. Returns true if the sentence needs a hedge.
pub(super) fn check(checker: &Checker<'_>, sentence: &CitedSentence<'_>) -> Check<bool> {
    let text = &sentence.text;
    let claimed = extent::OPEN.replace_all(text, " ");
    if let Some(found) = PLAYS_DOWN.find_iter(&claimed).find(|found| !sentence.is_trusted(found.as_str())) {
        return Err(format!(
            "it plays the problem down and no rule does: `{}`",
            sanitize(found.as_str(), 30)
        ));
    }
    if sentence.is_step
        && !sentence.has_command
        && let Some(found) = ACTIONS.find_iter(text).find(|found| !sentence.is_advised(root(found.as_str())))
    {
        return Err(format!("no cited advice contains `{}`", sanitize(found.as_str(), 30)));
    }
    for pattern in [&REQUESTS, &SHELL_COMMANDS] {
        if let Some(found) = pattern.find_iter(text).find(|found| !sentence.is_advised(found.as_str())) {
            return Err(format!("no cited advice contains `{}`", sanitize(found.as_str(), 30)));
        }
    }
    for found in DRASTIC_ACTIONS.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let verb = found.get(1).map_or("", |verb| verb.as_str());
        let runs = ["run", "exec", "execute", "执行", "运行"].contains(&verb.to_lowercase().as_str());
        let is_done = !sentence.is_step && changes::names_someone(sentence);
        if !(sentence.is_advised(verb) || is_done || runs && sentence.has_command) {
            return Err(format!("no cited advice contains `{}`", sanitize(verb, 20)));
        }
    }
    check_severity(checker, sentence)?;
    check_actors(checker, sentence)?;
    check_certainty(sentence)
}

/// Returns the root of an English verb, which the advice may have in another form.
fn root(verb: &str) -> &str {
    let root = verb.strip_suffix("ing").or_else(|| verb.strip_suffix("ed")).unwrap_or(verb);
    if root.len() > 3 { root } else { verb }
}

/// Returns true if a sentence is advice of a rule, word for word, perhaps after `first` or the like.
pub(super) fn is_advice(sentence: &CitedSentence<'_>) -> bool {
    let letters =
        |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let own = letters(&sentence.text);
    let advice = sentence.cited.iter().filter_map(|fact| fact.line.get("advice")?.as_array()).flatten();
    advice.filter_map(|one| one.as_str()).map(letters).any(|one| {
        one.len() > 12 && own.strip_suffix(one.as_str()).is_some_and(|before| before.chars().count() <= 24)
    })
}

/// Fails if the sentence asserts a severity or status that no cited fact has.
fn check_severity(checker: &Checker<'_>, sentence: &CitedSentence<'_>) -> Check {
    let facts = about(checker, &Claims::of(&sentence.text), sentence.named());
    let severities = Severity::ALL.iter().rev().zip(SEVERITIES.iter());
    for (severity, pattern) in severities {
        let has = |fact: &&Fact| fact.severity == Some(*severity);
        if pattern.find(&sentence.text).is_some_and(|found| !sentence.is_said(found.as_str()))
            && !facts.iter().any(has)
        {
            return Err(format!("no cited fact is {}", severity.name()));
        }
    }
    let statuses = [Status::New, Status::Worse, Status::Ongoing, Status::Better];
    for (status, pattern) in statuses.into_iter().zip(STATUSES.iter()) {
        let has = |fact: &&Fact| fact.status == Some(status) || fact.kind == FactKind::Day;
        if pattern.find(&sentence.text).is_some_and(|found| !sentence.is_said(found.as_str()))
            && !facts.iter().any(has)
        {
            return Err(format!("no cited fact is {}", format!("{status:?}").to_lowercase()));
        }
    }
    let again = GONE.find(&sentence.text).is_some_and(|found| found.as_str().starts_with(['没', '未']));
    let is_gone = |fact: &&Fact| {
        matches!(fact.kind, FactKind::Gone | FactKind::Day) || again && fact.line.contains_key("over_since")
    };
    match GONE.find(&sentence.text) {
        Some(found) if !sentence.cited.iter().any(is_gone) && !sentence.is_trusted(found.as_str()) => {
            Err("no cited fact is gone".into())
        }
        _ => Ok(()),
    }
}

/// Fails if the sentence names an actor that no cited fact names.
fn check_actors(checker: &Checker<'_>, sentence: &CitedSentence<'_>) -> Check {
    let has =
        |name: &str| sentence.cited.iter().any(|fact| fact.claims.has_name(name)) || sentence.has_word(name);
    let unknown = |name: &str| Err(format!("no cited fact names the actor `{}`", sanitize(name, 40)));
    match checker.lang {
        Lang::En => {
            for found in EN_ACTORS.iter().flat_map(|pattern| pattern.captures_iter(&sentence.text)) {
                let name = found.get(1).map_or("", |name| name.as_str()).to_lowercase();
                let name = name.trim_end_matches(['.', ':', '-']);
                let is_word = contains(NOT_ACTORS, name) || vocabulary::is_listed(name);
                if !is_word && !has(name) {
                    return unknown(name);
                }
            }
        }
        Lang::Zh => {
            let is_in_facts =
                |text: &str| sentence.cited.iter().any(|fact| fact.text.contains(&text.to_lowercase()));
            for (at, pattern) in ZH_ACTORS.iter().enumerate() {
                for found in pattern.captures_iter(&sentence.text) {
                    let name = found.get(1).map_or("", |name| name.as_str());
                    let is_unknown = !name.is_ascii() && !is_in_facts(name);
                    let is_actor = at > 0 || !is_thing(name, &has);
                    if is_unknown && is_actor && !is_common_word(name) {
                        return unknown(name);
                    }
                }
            }
        }
    }
    Ok(())
}

/// Returns true if a Chinese phrase in the place of an actor is a thing, or contains a name of the facts.
fn is_thing(phrase: &str, has: &dyn Fn(&str) -> bool) -> bool {
    const NOUNS: [&str; 26] = [
        "系统",
        "调度",
        "控制器",
        "内核",
        "集群",
        "节点",
        "操作",
        "变更",
        "用户",
        "自动",
        "服务",
        "程序",
        "组件",
        "探针",
        "配额",
        "策略",
        "镜像",
        "配置",
        "工作负载",
        "容器",
        "内存",
        "请求",
        "发布",
        "任务",
        "这次",
        "一次",
    ];
    let names = Claims::of(phrase);
    let is_named = names.names.iter().chain(&names.words).any(|name| has(name));
    is_named || NOUNS.iter().any(|noun| phrase.contains(noun))
}

/// Returns true if a text that starts like a family name is a common word.
fn is_common_word(text: &str) -> bool {
    const WORDS: [&str; 33] = [
        "程序", "任何", "任务", "高危", "高峰", "高可", "高并", "方案", "方式", "方才", "金额", "白名",
        "白天", "余下", "陆续", "小时", "小于", "老旧", "老版", "万一", "严重", "马上", "常规", "温度",
        "毛刺", "哪", "谁", "否由", "陈旧", "段时", "汪洋", "钟内", "龙头",
    ];
    WORDS.iter().any(|word| text.starts_with(word))
}

static MOST_LIKELY: LazyLock<Regex> =
    regex!(r"(?i)\b(?:most|very|quite) (?:likely|probabl[ey])\b|\bprobably\b|很可能|极可能|大概率");
/// A reason, up to the end of its clause.
static REASONS: LazyLock<Regex> =
    regex!(r"(?i)\b(?:because(?: of)?|due to|owing to)\s+([^,;.]+)|因为\s*([^，。；]+)|由于\s*([^，。；]+)");
/// What an error itself names as its reason.
static ERROR_REASONS: LazyLock<Regex> = regex!(r"(?i)\bhas expired\b|\bexpired (?:certificate|token)\b|过期");

/// Returns true if all causes of a sentence are reasons that the error itself names: the certificate has expired.
fn is_stated(sentence: &CitedSentence<'_>, text: &str) -> bool {
    let says = ["expired", "notafter", "过期"].iter().any(|word| sentence.is_said(word));
    let is_reason = |found: &regex::Captures<'_>| {
        let reason = (1..4).find_map(|at| found.get(at)).map_or("", |reason| reason.as_str());
        ERROR_REASONS.is_match(reason) || reason.trim() == "it" && ERROR_REASONS.is_match(text)
    };
    let rest = REASONS.replace_all(text, |found: &regex::Captures<'_>| match is_reason(found) {
        true => " ".to_owned(),
        false => found[0].to_owned(),
    });
    says && !CAUSE.is_match(&rest) && !changes::names_someone(sentence)
}

/// Fails if the sentence is more certain than its trace, or states a cause without a trace. Returns true
/// if it states a likely cause without a hedge.
fn check_certainty(sentence: &CitedSentence<'_>) -> Check<bool> {
    let text = NOT_SURE.replace_all(&sentence.text, " ");
    let verdicts: Vec<Verdict> = sentence.named().iter().filter_map(|fact| fact.verdict).collect();
    let has = |verdict: Verdict| verdicts.contains(&verdict);
    let all_confirmed = !verdicts.is_empty() && verdicts.iter().all(|v| *v == Verdict::Confirmed);
    let untrusted = |pattern: &Regex, text: &str| {
        pattern
            .find_iter(text)
            .map(|found| found.as_str().to_owned())
            .find(|found| !sentence.is_trusted(found))
    };
    let is_weak = WEAK.is_match(&sentence.text) || NOT_SURE.is_match(&sentence.text);
    let is_weak = is_weak || INCONCLUSIVE.is_match(&sentence.text);
    if all_confirmed && is_weak && CAUSE.is_match(&sentence.text) && !sentence.is_step {
        return Err("it is less certain than the verdict of its trace".into());
    }
    let is_both = has(Verdict::Confirmed) && INCONCLUSIVE.is_match(&sentence.text);
    if SURE.is_match(&text) && !all_confirmed && !is_both && !sentence.is_step {
        return Err("it is more certain than the verdict of its trace".into());
    }
    let is_most = MOST_LIKELY.is_match(&sentence.text) && !verdicts.is_empty() && !sentence.is_step;
    if (untrusted(&LIKELY, &sentence.text).is_some() || is_most) && !has(Verdict::Likely) {
        return Err("it says likely and no cited trace has that verdict".into());
    }
    let has_rival = sentence.named().iter().any(|fact| fact.kind == FactKind::Rival);
    let has_gap = sentence.named().iter().any(|fact| matches!(fact.kind, FactKind::Gap | FactKind::Day));
    // a likely cause is not proven, and what is not in the facts has no verdict
    let is_open = has(Verdict::Likely) && NOT_SURE.is_match(&sentence.text)
        || has_rival && !has(Verdict::Confirmed)
        || verdicts.is_empty() && NOT_IN_FACTS.is_match(&sentence.text);
    if untrusted(&INCONCLUSIVE, &sentence.text).is_some()
        && !has(Verdict::Inconclusive)
        && !has_gap
        && !is_open
    {
        return Err("it says inconclusive and no cited trace has that verdict".into());
    }
    // next to a trace, a cause in the words of a rule is a general one, not the cause of this incident
    let text = NO_CAUSE.replace_all(&text, " ");
    let cause = match verdicts.is_empty() && !has_rival {
        true => untrusted(&CAUSE, &text),
        false => CAUSE.find(&text).map(|found| found.as_str().to_owned()),
    };
    if (cause.is_some() || SURE.is_match(&text)) && !sentence.is_step {
        changes::blamed(sentence)?;
    }
    let Some(cause) = cause else { return Ok(false) };
    let clause = BREAK.split(&sentence.text).find(|clause| CAUSE.is_match(clause)).unwrap_or(&sentence.text);
    // neither is called the cause
    let is_hedged = HEDGE.is_match(clause) || has_rival && INCONCLUSIVE.is_match(clause);
    let is_open = INCONCLUSIVE.is_match(clause)
        || (has_rival && is_hedged)
        || sentence.is_step
        || INCONCLUSIVE.is_match(&sentence.text) && !changes::names_someone(sentence)
        || has(Verdict::Confirmed) && INCONCLUSIVE.is_match(&sentence.text);
    if has(Verdict::Inconclusive) && !is_open && !is_stated(sentence, &text) {
        return Err("it names a cause and the verdict is inconclusive".into());
    }
    if has_rival && !is_hedged {
        return Err("it presents a candidate as the cause".into());
    }
    if verdicts.is_empty() && !has_rival {
        return Err(format!("it states a cause (`{}`) and cites no trace", sanitize(&cause, 20)));
    }
    Ok(has(Verdict::Likely) && !is_hedged)
}
