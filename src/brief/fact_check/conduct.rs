//! Checks what a sentence says was done, how often it came, at which part of the day, and with what intent: claims
//! that have no number and no name of their own.

use crate::brief::claims::Claims;
use crate::brief::fact_check::phrases::{NOT_IN_FACTS, NOT_SURE};
use crate::brief::fact_check::{Check, CitedSentence};
use crate::brief::facts::{FactKind, OPERATIONS, text_of};
use crate::brief::pattern::{regex, regexes};
use redact::sanitize::sanitize;
use regex::Regex;
use std::sync::LazyLock;

/// It came before, or comes more often, as days and weeks pass.
static RECURS: LazyLock<Regex> = regex!(
    r"(?i)第[二三四五六七八九十两]+次|又(?:一次|再次)?(?:发生|出现|过期|失败|故障|报错)|再次(?:发生|出现|过期|失败|故障)|重复(?:发生|出现)|最近(?:一直|总是?|老是?|经常|几[天日周])|近来|近日|连日|多日来?|好几天|[本上]个?[周月]|每[天周月]|(?:连续|接连)[^，。；]{0,6}[天日]|持续(?:增加|上升|增长|减少|下降)|越来越|不断(?:增加|上升|增长)|日益|更频繁|\b(?:second|third|fourth|fifth|sixth) time\b|\b(?:once more|yet again|once again)\b|\bfewer and fewer\b|\bmore and more\b|\bsteadily\b|\bkeeps? (?:growing|rising|increasing)\b|\bevery (?:day|night|week|month)\b|\bday after day\b|\bin a row\b|\b(?:lately|recently|these days|for (?:some|several|many|a few|two|three)? ?(?:days|weeks|months)|for a while)\b|\b(?:last|this) (?:week|month|night)\b"
);
/// Ill will, or harm to what watches.
static MALICE: LazyLock<Regex> = regex!(
    r"(?i)\b(?:(?:break|broke|breaking) in(?:to)?|attack\w*|hack\w*|intru\w*|malicious\w*|stole|steal\w*|exfiltrat\w*|(?:switch|turn)(?:ed|ing)? off|tamper\w*|sabotag\w*|cover(?:ed|ing)? up)\b|入侵|攻击|窃取|偷取|恶意|泄露|篡改|破坏|被人"
);
/// Why someone did something, which no log says.
static MOTIVE: LazyLock<Regex> = regex!(
    r"(?i)为了|以便|旨在|意在|打算|出于|想(?:要?加快|要?提高|要?节省|省|让|借|要?避免|要?解决|要?优化|尽快|要?减少|要?降低|要?验证|要?测试)|\b(?:in order to|so that|so as to|hop(?:ed|ing) to|want(?:ed|ing) to|meant to|intend(?:ed|ing) to|aim(?:ed|ing) to|for the sake of)\b"
);
/// A way to fail for which no object or number needs to be named.
static TIMEOUT: LazyLock<Regex> = regex!(r"(?i)\btime(?:d|s)?[ -]?outs?\b|\btiming out\b|超时");

/// Denies that something has expired.
static NOT_EXPIRED: LazyLock<Regex> = regex!(
    r"(?i)\b(?:not|n't|never) (?:yet )?expired?\b|\bstill valid\b|(?:没有|未|尚未|还没有?)过期|仍(?:然)?有效"
);

/// Ways to act, and words of which an operation of that way has one.
static ACTS: LazyLock<[Regex; 8]> = regexes![
    r"(?i)\brestarted\b|\brestart by\b|重启了?",
    r"(?i)\broll(?:ed|ing)\b[^,;.]{0,60}\bback\b|\brollback\b|回滚",
    r"(?i)\bscal(?:ed|ing) (?:up|out|down|in)\b|扩容|缩容",
    r"(?i)\b(?:moved|migrated)\b|迁移|迁回|迁到",
    r"(?i)\b(?:deleted|removed)\b|删除|移除",
    r"(?i)\b(?:remounted|renewed|rotated|re-?issued)\b|重新挂载|续签|续期|轮换|重新签发",
    r"(?i)\b(?:rebuilt|recreated|re-created)\b|重建了?",
    r"(?i)\buncordoned\b|恢复了?调度|解除了?(?:封锁|隔离)",
];
const WORDS: [&[&str]; 8] = [
    &["restart", "重启"],
    &["rollback", "rolled back", "undo", "revision", "回滚"],
    &["replica", "scale", "副本", "maxreplicas"],
    &["move", "migrat", "迁"],
    &["delet", "remov", "删", "移除", "evict", "none"],
    &["remount", "renew", "rotat", "续", "轮换"],
    &["creat", "rebuil", "重建"],
    &["uncordon", "恢复调度"],
];

/// Parts of the day, and their hours.
static DAYTIMES: LazyLock<[Regex; 5]> = regexes![
    r"(?i)\b(?:noon|midday)\b|正午",
    r"(?i)\bmidnight\b|午夜|半夜",
    r"(?i)\b(?:in the|this) morning\b|早上|清晨|早晨|上午(?:[^0-9零一二两三四五六七八九十 ]|$)",
    r"(?i)\b(?:in the|this) afternoon\b|下午",
    r"(?i)\b(?:in the|this) evening\b|晚上|傍晚",
];
const HOURS: [&[u32]; 5] = [
    &[12],
    &[23, 0],
    &[4, 5, 6, 7, 8, 9, 10, 11],
    &[12, 13, 14, 15, 16, 17, 18],
    &[17, 18, 19, 20, 21, 22, 23],
];

/// Logs whose data is said to be missing, and the words of their gaps.
static LOGS: LazyLock<[Regex; 4]> = regexes![
    r"(?i)\b(?:no|missing|without|lacks?) (?:an? |the |any )?events? (?:data|logs?)|\bevents? (?:data|logs?) (?:is|are|was|were|has|have) (?:missing|no)|事件(?:日志|数据)?[^，。；]{0,14}(?:没有|缺)|(?:没有|缺少|缺)事件",
    r"(?i)\b(?:no|missing|without|lacks?) (?:an? |the |any )?audit (?:data|logs?)|\baudit (?:data|logs?) (?:is|are|was|were|has|have) (?:missing|no)|审计(?:日志|数据)?[^，。；]{0,14}(?:没有|缺)|(?:没有|缺少|缺)审计",
    r"(?i)\b(?:application|business) (?:data|logs?) (?:is|are|was|were|has|have) (?:missing|no)|\bno (?:application|business) (?:data|logs?)|(?:业务|应用)(?:日志|数据)?[^，。；]{0,14}(?:没有|缺)",
    r"(?i)\b(?:all|every) (?:of the )?(?:logs?|data|tables?)\b|所有(?:日志|数据)|全部(?:日志|数据)",
];
const TABLES: [&[&str]; 4] = [
    &["event", "事件"],
    &["audit", "审计"],
    &["business", "application", "业务", "应用"],
    &[], // a gap is in one of them
];

/// What a gap can't say: that nothing was done, or that it does not matter.
static UNSEEN: LazyLock<Regex> = regex!(
    r"(?i)\bno (?:change|operation|edit|deployment|error|failure)s? (?:was|were|happened|occurred|took)\b|\bnobody (?:changed|did)\b|\bnothing (?:was|happened|changed)\b|没有(?:任何)?(?:操作|变更|人为|错误|异常)|可以排除|\bdoes not matter\b|\bcan be ruled out\b"
);

/// Fails at the first such claim that the facts do not make.
pub(super) fn check(sentence: &CitedSentence<'_>) -> Check {
    if sentence.is_step {
        return Ok(());
    }
    for pattern in [&RECURS, &MALICE, &MOTIVE] {
        let unsaid = pattern.find_iter(&sentence.text).find(|found| !sentence.is_said(found.as_str()));
        if let Some(found) = unsaid {
            return Err(format!("no fact says `{}`", sanitize(found.as_str(), 20)));
        }
    }
    if NOT_EXPIRED.is_match(&sentence.text) && ["expired", "过期"].iter().any(|word| sentence.is_said(word))
    {
        return Err("the fact says that it has expired".into());
    }
    let timed_out = ["timeout", "timed out", "time out", "deadline", "超时"];
    if TIMEOUT.is_match(&sentence.text) && !timed_out.iter().any(|word| sentence.is_known(word)) {
        return Err("no fact speaks of a timeout".into());
    }
    acts(sentence)?;
    gaps(sentence)?;
    daytimes(sentence)
}

/// Fails if a sentence about missing data names another log than the one that is missing, or says what happened meanwhile.
fn gaps(sentence: &CitedSentence<'_>) -> Check {
    let gaps: Vec<_> = sentence.named().iter().filter(|fact| fact.kind == FactKind::Gap).collect();
    if gaps.is_empty() {
        return Ok(());
    }
    let gaps = gaps.iter().map(|gap| gap.text.as_str()).collect::<Vec<_>>().join("\n");
    if let Some(found) = unfounded(&sentence.text, LOGS.iter().zip(TABLES), &gaps) {
        return Err(format!("no gap is in `{}`", sanitize(found, 20)));
    }
    let open = NOT_SURE.replace_all(&sentence.text, " ");
    let open = NOT_IN_FACTS.replace_all(&open, " ");
    match UNSEEN.find(&open) {
        Some(found) => Err(format!("nothing is known of that time: `{}`", sanitize(found.as_str(), 20))),
        None => Ok(()),
    }
}

/// Fails at a way to act that no operation of the facts has.
fn acts(sentence: &CitedSentence<'_>) -> Check {
    let operations = sentence.cited.iter().flat_map(|fact| {
        let own = OPERATIONS.iter().filter_map(|key| fact.line.get(*key)).map(text_of);
        // findings of the audit log are operations
        own.chain(["title", "what"].iter().filter_map(|key| fact.line.get(*key)).map(text_of))
    });
    let operations = operations.collect::<Vec<_>>().join("\n").to_lowercase();
    match unfounded(&sentence.text, ACTS.iter().zip(WORDS), &operations) {
        Some(found) => Err(format!("no operation did `{}`", sanitize(found, 20))),
        None => Ok(()),
    }
}

/// Returns the first claim of a text for which its facts have none of the words of its kind.
fn unfounded<'t, 'k>(
    text: &'t str,
    kinds: impl Iterator<Item = (&'k Regex, &'static [&'static str])>,
    facts: &str,
) -> Option<&'t str> {
    kinds
        .filter(|(_, words)| !words.iter().any(|word| facts.contains(word)))
        .find_map(|(claim, _)| claim.find(text))
        .map(|found| found.as_str())
}

/// Fails at a part of the day in which nothing of the sentence's facts lies.
fn daytimes(sentence: &CitedSentence<'_>) -> Check {
    let texts = sentence.named().iter().flat_map(|fact| fact.line.values().map(text_of));
    let hours: Vec<u32> =
        texts.flat_map(|text| Claims::of(&text).times).map(|(hour, ..)| hour % 24).collect();
    for (part, own) in DAYTIMES.iter().zip(HOURS) {
        if let Some(found) = part.find(&sentence.text)
            && !hours.iter().any(|hour| own.contains(hour))
        {
            return Err(format!("nothing was `{}`", sanitize(found.as_str(), 20)));
        }
    }
    Ok(())
}
