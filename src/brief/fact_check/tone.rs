//! How sure and how grave a sentence is, what it holds for a cause, whom it holds for a doer, what it
//! asks for: none of it may go beyond the facts, and what a log says of that counts for nothing.

use crate::brief::fact_check::claims::Claims;
use crate::brief::fact_check::figures::{BREAK, about};
use crate::brief::fact_check::lexicon::{
    ASKS, BELITTLES, CAUSE, COMMAND, DOERS, DRASTIC, GONE, HEDGE, LIKELY, NOBODY, OPEN, SEVERITIES, STATUSES,
    SURE, TERMS, UNSURE, ZH_DOERS, lists,
};
use crate::brief::fact_check::{Case, Checker, Verdict as Judged};
use crate::brief::facts::{Fact, Kind};
use crate::brief::words::inert;
use model::lang::Lang;
use model::report::{Severity, Status, Verdict};

/// Says what the sentence claims beyond its facts; else whether it needs a hedge.
pub(super) fn check(checker: &Checker<'_>, case: &Case<'_>) -> std::result::Result<bool, String> {
    if let Some(found) = BELITTLES.find_iter(&case.text).find(|found| !case.is_trusted(found.as_str())) {
        return Err(format!("it plays down what no rule does: `{}`", inert(found.as_str(), 30)));
    }
    for (pattern, what) in [(&ASKS, "asks for"), (&COMMAND, "runs")] {
        if let Some(found) = pattern.find_iter(&case.text).find(|found| !case.is_advised(found.as_str())) {
            return Err(format!("it {what} what no rule does: `{}`", inert(found.as_str(), 30)));
        }
    }
    for found in DRASTIC.iter().flat_map(|pattern| pattern.captures_iter(&case.text)) {
        let verb = found.get(1).map_or("", |verb| verb.as_str());
        if !case.is_advised(verb) {
            return Err(format!("it tells to `{}`, and no rule does", inert(verb, 20)));
        }
    }
    grave(checker, case)?;
    doers(checker, case)?;
    sure(case)
}

/// Severity and status are those of what is cited.
fn grave(checker: &Checker<'_>, case: &Case<'_>) -> Judged {
    let facts = about(checker, &Claims::of(&case.text), &case.cited);
    let severities = Severity::ALL.iter().rev().zip(SEVERITIES.iter());
    for (severity, pattern) in severities {
        let has = |fact: &&Fact| fact.severity == Some(*severity);
        if pattern.find(&case.text).is_some_and(|found| !case.is_trusted(found.as_str()))
            && !facts.iter().any(has)
        {
            return Err(format!("nothing that it cites is {}", severity.name()));
        }
    }
    let statuses = [Status::New, Status::Worse, Status::Ongoing, Status::Better];
    for (status, pattern) in statuses.into_iter().zip(STATUSES.iter()) {
        let has = |fact: &&Fact| fact.status == Some(status) || fact.kind == Kind::Day;
        if pattern.find(&case.text).is_some_and(|found| !case.is_trusted(found.as_str()))
            && !facts.iter().any(has)
        {
            return Err(format!("nothing that it cites is {}", format!("{status:?}").to_lowercase()));
        }
    }
    let is_gone = |fact: &&Fact| matches!(fact.kind, Kind::Gone | Kind::Day);
    match GONE.find(&case.text) {
        Some(found) if !case.cited.iter().any(is_gone) && !case.is_trusted(found.as_str()) => {
            Err("nothing that it cites is gone".into())
        }
        _ => Ok(()),
    }
}

/// Whoever did something is one that the facts name.
fn doers(checker: &Checker<'_>, case: &Case<'_>) -> Judged {
    let has = |name: &str| case.cited.iter().any(|fact| fact.claims.has_name(name));
    let unknown = |name: &str| Err(format!("it says that `{}` did it", inert(name, 40)));
    match checker.lang {
        Lang::En => {
            for found in DOERS.iter().flat_map(|pattern| pattern.captures_iter(&case.text)) {
                let name = found.get(1).map_or("", |name| name.as_str()).to_lowercase();
                let name = name.trim_end_matches(['.', ':', '-']);
                if !lists(NOBODY, name) && !lists(TERMS, name) && !has(name) {
                    return unknown(name);
                }
            }
        }
        Lang::Zh => {
            let says = |text: &str| case.cited.iter().any(|fact| fact.text.contains(&text.to_lowercase()));
            for (at, pattern) in ZH_DOERS.iter().enumerate() {
                for found in pattern.captures_iter(&case.text) {
                    let name = found.get(1).map_or("", |name| name.as_str());
                    let is_someone = !name.is_ascii() && !says(name);
                    if is_someone && !(at == 0 && is_nobody(name, &has)) && !is_no_name(name) {
                        return unknown(name);
                    }
                }
            }
        }
    }
    Ok(())
}

/// Tells whether a Chinese phrase where a doer would stand names nobody, or someone the facts name.
fn is_nobody(phrase: &str, has: &dyn Fn(&str) -> bool) -> bool {
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

/// Tells whether what begins like a family name is a common word.
fn is_no_name(text: &str) -> bool {
    const WORDS: [&str; 30] = [
        "程序", "任何", "任务", "高危", "高峰", "高可", "高并", "方案", "方式", "方才", "金额", "白名",
        "白天", "余下", "陆续", "小时", "小于", "老旧", "老版", "万一", "严重", "马上", "常规", "温度",
        "毛刺", "陈旧", "段时", "汪洋", "钟内", "龙头",
    ];
    WORDS.iter().any(|word| text.starts_with(word))
}

/// Nothing is surer than its trace, and no cause stands outside one; true where a hedge is missing.
fn sure(case: &Case<'_>) -> std::result::Result<bool, String> {
    let text = UNSURE.replace_all(&case.text, " ");
    let verdicts: Vec<Verdict> = case.cited.iter().filter_map(|fact| fact.verdict).collect();
    let has = |verdict: Verdict| verdicts.contains(&verdict);
    let all_confirmed = !verdicts.is_empty() && verdicts.iter().all(|v| *v == Verdict::Confirmed);
    let untrusted = |pattern: &regex::Regex, text: &str| {
        pattern.find_iter(text).map(|found| found.as_str().to_owned()).find(|found| !case.is_trusted(found))
    };
    if SURE.is_match(&text) && !all_confirmed {
        return Err("it is surer than its trace".into());
    }
    if untrusted(&LIKELY, &case.text).is_some() && !has(Verdict::Likely) {
        return Err("it calls likely what is not".into());
    }
    let has_lack = case.cited.iter().any(|fact| matches!(fact.kind, Kind::Lack | Kind::Day));
    if untrusted(&OPEN, &case.text).is_some() && !has(Verdict::Inconclusive) && !has_lack {
        return Err("it calls inconclusive what is not".into());
    }
    let has_rival = case.cited.iter().any(|fact| fact.kind == Kind::Rival);
    // beside a trace the words of a rule say what such things do, not what did this
    let cause = match verdicts.is_empty() && !has_rival {
        true => untrusted(&CAUSE, &text),
        false => CAUSE.find(&text).map(|found| found.as_str().to_owned()),
    };
    let Some(cause) = cause else { return Ok(false) };
    let clause = BREAK.split(&case.text).find(|clause| CAUSE.is_match(clause)).unwrap_or(&case.text);
    let is_hedged = HEDGE.is_match(clause);
    let is_open = OPEN.is_match(clause) || (has_rival && is_hedged);
    if has(Verdict::Inconclusive) && !is_open {
        return Err("it names a cause where none is known".into());
    }
    if has_rival && !is_hedged {
        return Err("it takes a candidate for the cause".into());
    }
    if verdicts.is_empty() && !has_rival {
        return Err(format!("it says `{}` and cites no trace", inert(&cause, 20)));
    }
    Ok(has(Verdict::Likely) && !is_hedged)
}
