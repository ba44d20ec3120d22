//! Checks what a sentence says of a change: from which value to which, up or down, of which object, by
//! whom, when.

use crate::brief::claims::{Claims, Clock};
use crate::brief::fact_check::clause::{clauses, find_whole, mentioned};
use crate::brief::fact_check::{Check, Checker, CitedSentence};
use crate::brief::facts::{Fact, FactKind, OPERATIONS};
use crate::brief::pattern::{regex, regexes};
use model::quantity::quantity;
use redact::sanitize::sanitize;
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

/// `A → B` in the words of a change.
static ARROW: LazyLock<Regex> = regex!(r"(\S+) → ([^\s,;，；]+)");
static UP: LazyLock<Regex> = regex!(
    r"(?i)\b(?:rais(?:e|es|ed|ing)|increas(?:e|es|ed|ing)|bump(?:s|ed)?(?: up)?|upped|grew|grown|expand(?:ed|ing)?|scal(?:ed|ing) (?:up|out)|scal(?:ed|ing) (?:it|them|the [a-z-]+) (?:back )?up|doubled|higher)\b|提高|调高|上调|调大|增加|增大|加大|扩大|扩容|升到|升至|升为|加到|提升|放宽|抬高|拉高"
);
static DOWN: LazyLock<Regex> = regex!(
    r"(?i)\b(?:lower(?:s|ed|ing)?|reduc(?:e|es|ed|ing|tion)|cut(?:s|ting)?|decreas(?:e|es|ed|ing)|shr(?:ink|ank|unk)|dropp(?:ed|ing)|scal(?:ed|ing) (?:down|in)|scal(?:ed|ing) (?:it|them|the [a-z-]+) (?:back )?down|halved|down to|tighten(?:ed|ing)?|trimm(?:ed|ing)|slash(?:ed|ing)?)\b|降低|调低|下调|减少|减小|调小|缩小|缩容|缩到|缩至|降到|降至|降为|减到|减至|减为|砍到|收紧|压到|压缩到|调降|削减|缩减"
);
/// A step or a repair, which goes back.
static BACK: LazyLock<Regex> = regex!(
    r"(?i)\b(?:back|restor(?:e|es|ed|ing)|revert(?:s|ed|ing)?|undo|first|should|again)\b|改回|调回|恢复|回滚|还原|回调|先|应|建议|重新"
);
/// Words between a new and an old value where the new one comes first.
static NEW_FIRST: LazyLock<Regex> = regex!(
    r"(?i)\b(?:from|instead of|was|were|rather than|previously|before|formerly|used to|not)\b|原来|原为|原先|此前|之前|而非|而不是|取代|替代|代替|原值|由|从"
);
/// `to` or the like before the second of two values.
static TO: LazyLock<Regex> =
    regex!(r"(?i)\bfrom\b[^,;.]*\bto\b|(?:从|由|把|将)[^，；。]*(?:到|至|为|成)|→|->|=>|➜");
static OPERATION: LazyLock<Regex> = regex!(
    r"(?i)\b(?:patch(?:ed|es|ing)?|chang(?:ed|es|ing)|updat(?:ed|es|ing)|edit(?:ed|s|ing)|modif(?:ied|ies|ying)|delet(?:ed|es|ing)|remov(?:ed|es|ing)|creat(?:ed|es|ing)|scal(?:ed|es|ing)|lower(?:ed|s|ing)|rais(?:ed|es|ing)|reduc(?:ed|es|ing)|increas(?:ed|es|ing)|cut|appl(?:ied|ies|ying)|drain(?:ed|s|ing)?|evict(?:ed|s|ing)?|point(?:ed|s|ing)?|switch(?:ed|es|ing)?|set|rotat(?:ed|es|ing)|add(?:ed|s|ing))\b|修改|改动|更改|删除|更新|调整|调低|调高|降低|提高|创建|新建|驱逐|排空|改为|改成|缩容|扩容|打补丁|下调|上调|patch|执行"
);

/// An operation of the cited facts.
struct Operation<'f> {
    who: &'f str,
    /// All its text, in lower case.
    text: String,
    claims: Claims,
    at: Vec<Clock>,
    /// True if it may have been done several times between the first and the last of its times.
    is_span: bool,
    is_repair: bool,
    /// Its values before and after, in lower case.
    pairs: Vec<(String, String)>,
    /// Those of them that are amounts.
    amounts: Vec<(f64, f64)>,
}

/// Returns true if a text names someone.
pub(super) fn is_named(lower: &str, who: &str) -> bool {
    place_of(lower, who).is_some()
}

/// Returns where a text names someone, perhaps by the last part of the account, or as it is spoken.
pub(super) fn place_of(lower: &str, who: &str) -> Option<usize> {
    let who = who.to_lowercase();
    let last = who.rsplit([':', '/']).next().unwrap_or(&who);
    let spoken =
        || last.contains(['.', '_']).then(|| find_whole(lower, &last.replace(['.', '_'], " "))).flatten();
    let short = || (last.len() > 3).then(|| find_whole(lower, last)).flatten();
    find_whole(lower, &who).or_else(short).or_else(spoken)
}

/// Returns true if a sentence names someone who did something.
pub(super) fn names_someone(sentence: &CitedSentence<'_>) -> bool {
    let lower = sentence.text.to_lowercase();
    operations(&sentence.cited).iter().any(|one| is_named(&lower, one.who))
}

/// Fails if a sentence about a cause names someone who is no actor of a cited trace, but of another fact.
pub(super) fn blamed(sentence: &CitedSentence<'_>) -> Check {
    let lower = sentence.text.to_lowercase();
    let is_trace = |fact: &&&Fact| fact.verdict.is_some() || fact.kind == FactKind::Rival;
    let traces: Vec<&Fact> = sentence.cited.iter().filter(is_trace).copied().collect();
    let is_actor = |who: &str| operations(&traces).iter().any(|one| one.who == who);
    let others = operations(sentence.named());
    match others.iter().find(|one| is_named(&lower, one.who) && !is_actor(one.who)) {
        Some(one) if !traces.is_empty() => {
            Err(format!("no trace names `{}` as the actor of a cause", sanitize(one.who, 40)))
        }
        _ => Ok(()),
    }
}

/// Returns true if a change of the facts is by the part or the multiple that words name: to a quarter.
pub(super) fn has_ratio(sentence: &CitedSentence<'_>, words: &str) -> bool {
    let ratio = match words.to_lowercase().as_str() {
        "a quarter" | "quarter" | "四分之" | "四分之一" => 0.25,
        "a third" | "三分之" | "三分之一" => 1.0 / 3.0,
        "half" | "halved" | "一半" | "半数" => 0.5,
        "doubled" | "double" | "翻倍" | "翻番" => 2.0,
        _ => return false,
    };
    let operations = operations(&sentence.cited);
    operations.iter().flat_map(|one| &one.amounts).any(|(old, new)| (new / old - ratio).abs() < 0.01)
}

/// Returns the operations of the facts: causes, triggers, repairs, candidates.
fn operations<'f>(facts: &[&'f Fact]) -> Vec<Operation<'f>> {
    let values =
        facts.iter().flat_map(|fact| OPERATIONS.iter().filter_map(|key| Some((*key, fact.line.get(*key)?))));
    let mut operations: Vec<Operation<'_>> =
        values.filter_map(|(key, value)| operation(value, key == "restored_by")).collect();
    operations.extend(facts.iter().filter_map(of_finding));
    operations
}

/// Returns what a finding of the audit log says that someone did.
fn of_finding<'f>(fact: &&'f Fact) -> Option<Operation<'f>> {
    let text = |key: &str| fact.line.get(key).and_then(Value::as_str).unwrap_or_default();
    let who = fact.line.get("who").and_then(Value::as_str).filter(|_| fact.line.contains_key("title"))?;
    let all = ["about", "what", "pod", "node", "workload"].map(text).join(" ").to_lowercase();
    Some(Operation {
        who,
        claims: Claims::of(&all),
        text: all,
        at: [text("from"), text("to")].iter().flat_map(|text| Claims::of(text).times).collect(),
        is_span: true,
        is_repair: false,
        pairs: Vec::new(),
        amounts: Vec::new(),
    })
}

fn operation(value: &Value, is_repair: bool) -> Option<Operation<'_>> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let all =
        ["who", "object", "change", "old", "new", "on_behalf_of", "class"].map(text).join(" ").to_lowercase();
    let mut pairs: Vec<(String, String)> =
        ARROW.captures_iter(text("change")).map(|found| (found[1].to_owned(), found[2].to_owned())).collect();
    if !text("old").is_empty() && !text("new").is_empty() {
        pairs.push((text("old").to_owned(), text("new").to_owned()));
    }
    let amounts = pairs.iter().filter_map(|(old, new)| quantity(old).zip(quantity(new))).collect();
    let pairs = pairs.into_iter().map(|(old, new)| (old.to_lowercase(), new.to_lowercase())).collect();
    Some(Operation {
        who: Some(text("who")).filter(|who| !who.is_empty())?,
        at: Claims::of(text("at")).times.into_iter().collect(),
        is_span: false,
        is_repair,
        claims: Claims::of(&all),
        text: all,
        pairs,
        amounts,
    })
}

/// Fails at the first thing that a sentence says otherwise than the changes of its facts.
pub(super) fn check(checker: &Checker<'_>, sentence: &CitedSentence<'_>) -> Check {
    let all = operations(&sentence.cited);
    calls(sentence)?;
    if all.is_empty() {
        return Ok(());
    }
    let lower = sentence.text.to_lowercase();
    let named: Vec<&Operation<'_>> = all.iter().filter(|one| is_named(&lower, one.who)).collect();
    let goes_back = BACK.is_match(&lower) || sentence.is_step;
    let chosen: Vec<&Operation<'_>> = match named.is_empty() {
        false => named,
        true => all.iter().filter(|one| goes_back || !one.is_repair).collect(),
    };
    for clause in clauses(&sentence.text) {
        values(clause, &chosen)?;
        direction(clause, &chosen)?;
        actor(checker, clause, &all)?;
    }
    repairer(&lower, &all)?;
    moment(&sentence.text, &all)
}

static REPAIRS: LazyLock<Regex> = regex!(
    r"(?i)\b(?:restored|reverted|rolled (?:it )?back|put (?:\w+ ){0,3}back|undid|raised (?:\w+ ){0,4}back)\b|自(?:己|行)恢复|恢复限额|改回|调回|回滚|还原|恢复到|恢复为"
);

/// A part of the cluster that is said to have repaired something.
static AUTOMATIC: LazyLock<Regex> = regex!(
    r"\b(autoscaler|hpa|controller|operator|scheduler|kubelet|automation)s? (?:then |later |has |had |automatically )?(?:restored|reverted|rolled|scaled|recreated|raised|put)\b|(自动(?:扩缩容|伸缩)|控制器|调度器)[^，。；]{0,8}(?:恢复|回滚|还原|扩容)"
);

/// Fails if a sentence names another person than the one who repaired.
fn repairer(lower: &str, all: &[Operation<'_>]) -> Check {
    if let Some(found) = AUTOMATIC.captures(lower)
        && let Some(repair) = all.iter().find(|one| one.is_repair)
        && let Some(name) = found.get(1).or_else(|| found.get(2))
        && !repair.text.contains(name.as_str())
    {
        return Err(format!("`{}` did not repair it", sanitize(name.as_str(), 40)));
    }
    let has = |one: &&Operation<'_>| is_named(lower, one.who);
    let mut others = all.iter().filter(|one| !one.is_repair).filter(has);
    match (others.next(), all.iter().find(|one| one.is_repair)) {
        (Some(other), Some(repair)) if REPAIRS.is_match(lower) && !has(&repair) => {
            Err(format!("`{}` did not repair it", sanitize(other.who, 40)))
        }
        _ => Ok(()),
    }
}

static CALLS: LazyLock<Regex> = regex!(
    r"(?i)([A-Za-z0-9_./-]+?)(?:'s calls to| calls| called| depends on|\s*(?:调用|依赖)了?)\s*(?:the )?([A-Za-z0-9_./-]+)"
);

/// Failures go from what is called to what calls it, and so do answers.
static SPREADS: LazyLock<Regex> = regex!(
    r"(?i)([A-Za-z0-9_./-]+)[^，。,;A-Za-z0-9_]*?(?:的)?(?:报错|错误|故障|失败|异常)?[^，。,;A-Za-z0-9_]{0,4}(?:传到|传给|传导到|波及|影响到|蔓延到|向)了?\s*([A-Za-z0-9_./-]+)"
);

/// Fails if a sentence turns round who calls whom.
fn calls(sentence: &CitedSentence<'_>) -> Check {
    let last = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let mut edges: Vec<(String, String)> = Vec::new();
    for fact in &sentence.cited {
        let about = fact.line.get("about").and_then(Value::as_str).map(last);
        let callees = fact.line.get("calls").and_then(Value::as_array).into_iter().flatten();
        for callee in callees.filter_map(Value::as_str).map(last) {
            edges.extend(about.clone().map(|about| (about, callee)));
        }
    }
    for found in SPREADS.captures_iter(&sentence.text) {
        let pair = (last(&found[1]), last(&found[2]));
        if edges.contains(&pair) && !edges.contains(&(pair.1.clone(), pair.0.clone())) {
            return Err(format!(
                "`{}` calls `{}`, not the reverse",
                sanitize(&pair.0, 40),
                sanitize(&pair.1, 40)
            ));
        }
    }
    for found in CALLS.captures_iter(&sentence.text) {
        let (Some(caller), Some(callee)) = (found.get(1), found.get(2)) else { continue };
        let pair =
            (last(caller.as_str().trim_end_matches("'s")), last(callee.as_str().trim_end_matches('.')));
        if edges.contains(&(pair.1.clone(), pair.0.clone())) && !edges.contains(&pair) {
            return Err(format!("`{}` does not call `{}`", sanitize(&pair.0, 40), sanitize(&pair.1, 40)));
        }
    }
    Ok(())
}

/// Fails if a clause has the values of a change in the wrong order.
fn values(clause: &str, operations: &[&Operation<'_>]) -> Check {
    let text = clause.to_lowercase().replace("mib", "mi").replace("gib", "gi");
    let mut reversed = None;
    for (old, new) in operations.iter().flat_map(|one| &one.pairs) {
        let (Some(old_at), Some(new_at)) = (find_whole(&text, old), find_whole(&text, new)) else { continue };
        let between = text.get(new_at + new.len()..old_at).unwrap_or_default();
        let before = text.get(..new_at).unwrap_or_default();
        // `to 128Mi from 512Mi` has the new value first, and means the same
        let is_new_first = NEW_FIRST.is_match(between) && !(TO.is_match(&text) && NEW_FIRST.is_match(before));
        let is_reversed = new_at < old_at && !is_new_first;
        match is_reversed {
            true => reversed = Some((old, new)),
            false => return Ok(()),
        }
    }
    match reversed {
        Some((old, new)) => {
            Err(format!("the change is from `{}` to `{}`", sanitize(old, 40), sanitize(new, 40)))
        }
        None => Ok(()),
    }
}

/// Fails if a clause says up where the value went down, or down where it went up.
fn direction(clause: &str, operations: &[&Operation<'_>]) -> Check {
    let (up, down) = (UP.is_match(clause), DOWN.is_match(clause));
    // who repaired it went the way of the repair, also if `again` or `back`
    let is_repair = !operations.is_empty() && operations.iter().all(|one| one.is_repair);
    if up == down || BACK.is_match(clause) && !is_repair {
        return Ok(());
    }
    let amounts = operations.iter().flat_map(|one| &one.amounts).filter(|(old, new)| old != new);
    let mut signs = amounts.map(|(old, new)| new > old);
    let Some(first) = signs.next() else { return Ok(()) };
    if signs.all(|sign| sign == first) && first != up {
        return Err(format!("the value went {}", if first { "up" } else { "down" }));
    }
    Ok(())
}

/// An object by its kind and name.
static KIND: LazyLock<Regex> = regex!(
    r"\b(deployment|service|configmap|secret|statefulset|daemonset|cronjob|ingress|rolebinding|networkpolic|resourcequota|node)(?:s|y|ies)?\s+([a-z0-9_./-]+)"
);
static ERRORS: LazyLock<Regex> = regex!(
    r"(?i)\b(?:errors?|fail\w*|kill\w*|crash\w*|exceptions?|timed? ?outs?|refused|broke|began|since)\b|报错|错误|失败|异常|崩溃|超时|被杀|故障|连不上"
);
/// Parts of an object.
static PARTS: LazyLock<[Regex; 6]> = regexes![
    r"镜像|\bimages?\b",
    r"副本数|\breplicas?\b",
    r"内存(?:上限|请求|限)|\bmemory (?:limit|request)s?\b",
    r"环境变量|\benv(?:ironment)?(?: variables?)?\b",
    r"选择器|\bselectors?\b",
    r"探针|\bprobes?\b",
];
/// The words of an operation that touches each of them.
const TOUCHED: [&[&str]; 6] = [
    &["image", "镜像"],
    &["replica", "副本", "scale", "hpa"],
    &["memory", "内存", "resources", "资源"],
    &["env", "环境变量"],
    &["selector", "选择器", "service", "network"],
    &["probe", "探针"],
];

/// Fails if a clause in which someone does something names another object or time than what they did.
fn actor(checker: &Checker<'_>, clause: &str, operations: &[Operation<'_>]) -> Check {
    let lower = clause.to_lowercase();
    let own: Vec<&Operation<'_>> = operations.iter().filter(|one| is_named(&lower, one.who)).collect();
    if own.is_empty() || !OPERATION.is_match(clause) {
        return Ok(());
    }
    let claims = Claims::of(clause);
    let acts: Vec<String> = own.iter().map(|one| one.who.to_lowercase()).collect();
    let is_actor =
        |name: &str| acts.iter().any(|who| who == name || who.split(['/', ':', '@']).any(|p| p == name));
    let names: Vec<&String> = mentioned(checker, &claims).filter(|name| !is_actor(name)).collect();
    let is_of = |one: &Operation<'_>, name: &str| one.claims.has_name(name) || one.text.contains(name);
    if !names.is_empty() && !own.iter().any(|one| names.iter().any(|name| is_of(one, name))) {
        let name = names.first().map_or("", |name| name.as_str());
        return Err(format!("`{}` is not what was changed", sanitize(name, 40)));
    }
    let kind = KIND.captures_iter(&lower).find(|found| {
        let name = found[2].rsplit('/').next().unwrap_or_default().trim_end_matches('.').to_owned();
        let is_known = checker.facts.iter().any(|fact| fact.text.contains(&name));
        let has = |one: &&&Operation<'_>| one.text.contains(&found[1]) && one.text.contains(&name);
        is_known && name.len() > 3 && !own.iter().any(|one| has(&one))
    });
    if let Some(found) = kind {
        return Err(format!("`{}` is not what was changed", sanitize(&found[1], 40)));
    }
    let is_single = operations.iter().filter(|one| is_named(&lower, one.who)).count() == 1;
    for (words, keys) in PARTS.iter().zip(TOUCHED).filter(|_| is_single) {
        let has = |one: &&&Operation<'_>| keys.iter().any(|key| one.text.contains(key));
        if words.is_match(&lower) && !own.iter().any(|one| has(&one)) && !ERRORS.is_match(&lower) {
            return Err("it names another part of the object than was changed".into());
        }
    }
    moment(clause, operations)
}

/// Fails if a text in which someone does something has another time than that of what they did.
fn moment(text: &str, operations: &[Operation<'_>]) -> Check {
    let lower = text.to_lowercase();
    let mut own = operations.iter().filter(|one| is_named(&lower, one.who)).peekable();
    // the time may be that of the errors
    if own.peek().is_none() || !OPERATION.is_match(text) || ERRORS.is_match(&lower) {
        return Ok(());
    }
    let claims = Claims::of(text);
    let (Some(time), 1) = (claims.times.first(), claims.times.len()) else { return Ok(()) };
    let is_it = |at: &Clock| {
        (at.0, at.1) == (time.0, time.1) && time.2.is_none_or(|s| at.2.is_none_or(|own| own == s))
    };
    let is_at = |one: &Operation<'_>| {
        let first = one.at.first().is_some_and(|first| first <= time);
        let last = one.at.last().is_some_and(|last| time <= last);
        one.at.is_empty() || one.at.iter().any(is_it) || one.is_span && first && last
    };
    match own.any(is_at) {
        true => Ok(()),
        false => Err(format!("the operation was not at {:02}:{:02}", time.0, time.1)),
    }
}
