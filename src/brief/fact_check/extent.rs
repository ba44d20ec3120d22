//! Checks how far a sentence goes: all or only, not, over or still going on, repaired, before or after.

use crate::brief::claims::{Claims, Clock};
use crate::brief::fact_check::clause::{clauses, mentioned};
use crate::brief::fact_check::phrases::{INCONCLUSIVE, NOT_SURE};
use crate::brief::fact_check::{Check, Checker, CitedSentence, changes};
use crate::brief::facts::{Fact, FactKind, text_of};
use crate::brief::pattern::regex;
use model::report::Status;
use redact::sanitize::sanitize;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static ALL: LazyLock<Regex> = regex!(
    r"(?i)\b(?:all|every|entire|whole|only|sole|solely|always|completely|totally|fully|everything|everyone|entirely|exclusively|each|cluster-wide)\b|全部|所有|每个|每一|每台|整个|唯一|只有|仅有|仅限|完全|全都|全站|全集群|无一例外"
);
/// `all` that claims nothing.
static ALL_TOLD: LazyLock<Regex> =
    regex!(r"(?i)\b(?:all told|all in all|all (?:that )?we (?:have|know)|after all|at all)\b");
static NOT: LazyLock<Regex> = regex!(
    r"(?i)\b(?:not|no|never|without|neither|nor|none|nobody|\w+n't)\b|没有|并未|并非|不是|从未|未曾|未发生|未出现|未受|无人|不存在|毫无|不涉及|未涉及|没人|没被"
);
static OVER: LazyLock<Regex> = regex!(
    r"(?i)\b(?:over|ended|stopped|ceased|recovered|subsided|cleared|gone quiet|died down|resolved)\b|已停止|已恢复|停止|结束|恢复|平息|消停|止住|已经好|(?:没有|未|没)再|就没有了"
);
static STILL: LazyLock<Regex> = regex!(
    r"(?i)\b(?:still|ongoing|continues?|continuing|persists?|persisting|to this moment|unresolved|keeps? failing|has not stopped)\b|仍在|还在|仍然|至今|持续到现在|未停|没停|尚未恢复|未恢复|一直没有恢复|持续中"
);
static REPAIRED: LazyLock<Regex> = regex!(
    r"(?i)\b(?:repaired|fixed|restored|reverted|rolled (?:it )?back|undid|undone|mitigated|put (?:it )?back|changed (?:it )?back)\b|修复|回滚|改回|还原|撤销|补救|恢复了"
);
/// A step to do, not one that was done.
static TO_DO: LazyLock<Regex> = regex!(
    r"(?i)^\s*(?:first|next|then|to|please|roll|restore|revert|put|fix|repair|undo|raise|consider|check|see|look|read|compare|verify|confirm|run|go|if)\b|\b(?:should|need(?:s)? to|must|has to|have to)\b|建议|应当|应该|应先|^先|：先|，先|请(?:先|勿|立|查|看|检|确|把|将|用|在|核|联|尽)|下一步|若|如果|如需"
);
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

/// Comparison with other days.
static COMPARED: LazyLock<Regex> = regex!(
    r"(?i)\b(?:day before|previous day|yesterday|days? (?:ago|in a row)|every day|usual|than before|more (?:frequent|often)|less (?:frequent|often)|increasingly|grew|growing|rising|falling|went (?:up|down)|gone (?:up|down)|climb\w*|minute to minute|twice as|times as)\b|前一天|昨天|昨日|前日|一天比一天|往日|平时|以往|越来越|愈来愈|翻倍|翻番|多了|少了|增多|变多|变少|加重"
);
/// What is not given: no claim about the cluster.
static NOT_GIVEN: LazyLock<Regex> = regex!(
    r"(?i)\b(?:not|n't|no|nothing|without)\b[^,;.]{0,20}\b(?:sa(?:y|id)|show\w*|name[sd]?|visible|give[ns]?|see[ns]?|known|mention\w*|record\w*|cause|operation|explain\w*|decide\w*|clear|conclu\w*|verdict|finding|data|gaps?|holes?)\b|\b(?:does|did|do) not (?:say|show|name|give|mention|decide)|有没有|是不是|能不能|要不要|(?:没有|未|没)再|就没有了|(?:没有|未|并未|没)[^，。；]{0,6}(?:说|写|显示|给出|记录|找到|发现|定论|结论|提到|指出|看到|确认|解析|读到|数据|操作)|不是“"
);
static WITH: LazyLock<Regex> =
    regex!(r"(?i)\bwithout ([\w-]+)|未(?:配置|设置|启用)\s*([\w-]+)|没有(?:配置)?\s*([\w-]+)");
/// Words that reach further than one object.
static REACHES: LazyLock<Regex> =
    regex!(r"(?i)只影响|仅影响|只波及|仅波及|只有\s*\S{1,16}\s*(?:一|受)|\baffected only\b");

/// Returns true if a text says what to do.
pub(super) fn is_to_do(text: &str) -> bool {
    TO_DO.is_match(text)
}

/// Fails at the first claim of extent beyond the facts.
pub(super) fn check(checker: &Checker<'_>, sentence: &CitedSentence<'_>) -> Check {
    let is_step = sentence.is_step;
    let is_day = sentence
        .named()
        .iter()
        .any(|fact| matches!(fact.kind, FactKind::Day | FactKind::Gap | FactKind::Rows));
    if !is_day && !is_step {
        all(sentence)?;
        not(sentence)?;
    }
    compared(sentence, is_day)?;
    ended(sentence, is_step, is_day)?;
    order(checker, sentence)?;
    times(sentence)
}

/// Fails at `all`, `only` and the like that no fact says.
fn all(sentence: &CitedSentence<'_>) -> Check {
    let text = &ALL_TOLD.replace_all(&sentence.text, " ");
    let is_only_operation = |word: &str| {
        is_only(word) && (sentence.is_said("no other operation") || sentence.is_said("没有其他操作"))
    };
    let unsaid = ALL.find_iter(text).find(|found| {
        !sentence.is_said(&context(text, found.start(), found.end()))
            && !is_only_operation(found.as_str())
            && !is_counted(text.get(found.end()..).unwrap_or_default())
    });
    match unsaid.or_else(|| REACHES.find(text)) {
        Some(found) => Err(format!("no fact says `{}`", sanitize(found.as_str(), 20))),
        None => Ok(()),
    }
}

/// Fails at a denial that no fact has, or at the opposite of one.
fn not(sentence: &CitedSentence<'_>) -> Check {
    let open = NOT_GIVEN.replace_all(&sentence.text, " ");
    let open = NOT_SURE.replace_all(&open, " ");
    let denied = denied(sentence);
    let refused = ["refused", "denied", "forbidden", "失败", "拒绝", "failed"]
        .iter()
        .any(|word| sentence.is_said(word));
    if NOT_REFUSED.is_match(&sentence.text) && refused {
        return Err("the fact says that it was refused".into());
    }
    let unsaid = NOT.find_iter(&open).find(|found| {
        let after: String = open.get(found.end()..).unwrap_or_default().chars().take(24).collect();
        let is_said = sentence.is_said(&context(&open, found.start(), found.end()));
        !(is_said || shares(&after, &denied) || refused && FAILED.is_match(&after))
    });
    if let Some(found) = unsaid.filter(|_| !INCONCLUSIVE.is_match(&sentence.text)) {
        return Err(format!("no fact says `{}`", sanitize(found.as_str(), 20)));
    }
    if GRANTED.is_match(&sentence.text)
        && refused
        && !REFUSED.is_match(&sentence.text)
        && !NOT.is_match(&sentence.text)
    {
        return Err("the fact says that it was refused or failed".into());
    }
    let lower = sentence.text.to_lowercase();
    if NOT.is_match(&lower) || lower.contains('未') {
        return Ok(());
    }
    let texts = sentence.named().iter().flat_map(|fact| ["title", "what"].map(|key| fact.line.get(key)));
    for text in texts.flatten().filter_map(Value::as_str) {
        for found in WITH.captures_iter(text) {
            let word = (1..4).find_map(|at| found.get(at)).map_or("", |word| word.as_str()).to_lowercase();
            if word.len() > 2 && lower.contains(&word) {
                return Err(format!("the fact is without `{}`", sanitize(&word, 20)));
            }
        }
    }
    Ok(())
}

static DENIED: LazyLock<Regex> =
    regex!(r"(?i)(?:\b(?:without|no|not|cannot|unable|0)\b|没有|未|无|不|\b0\b)[^，。,.;]{0,40}");
static NOT_REFUSED: LazyLock<Regex> = regex!(
    r"(?i)(?:\bnot|n't|\bnever)\s+(?:been\s+)?(?:refused|denied|rejected)|(?:没有|未|没|并未)\s*被?\s*(?:拒绝|驳回)"
);
static FAILED: LazyLock<Regex> = regex!(
    r"(?i)^\W*(?:longer |be |been |get |even )*(?:reach\w*|mount\w*|get|got|connect\w*|attach\w*|go through|allowed|complete\w*|resolve\w*|find|start\w*|schedul\w*|pull\w*|delete\w*|patch\w*|come up|access\w*|read)\b"
);
static REFUSED: LazyLock<Regex> = regex!(r"(?i)\b(?:refused|denied|forbidden|failed)\b|拒绝|失败");
static GRANTED: LazyLock<Regex> = regex!(
    r"(?i)\b(?:allowed|accepted|succeeded|went through|permitted|successful(?:ly)?)\b|成功|允许|通过了|获准"
);

/// Returns what the sentence's own facts say is not so.
fn denied(sentence: &CitedSentence<'_>) -> String {
    let keys = ["title", "what", "said", "did", "reasons", "details", "state"];
    let values = sentence.named().iter().flat_map(|fact| keys.iter().filter_map(|key| fact.line.get(*key)));
    let text = values.map(|value| text_of(value).to_lowercase()).collect::<Vec<_>>().join("\n");
    DENIED.find_iter(&text).map(|found| found.as_str()).collect::<Vec<_>>().join("\n")
}

/// Returns true if what a sentence denies is denied by its facts: they share a word, or say that it failed.
fn shares(after: &str, denied: &str) -> bool {
    let lower = after.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 2);
    let han: Vec<char> = lower.chars().take(12).collect();
    let mut pairs = han.windows(2).filter(|pair| pair.iter().all(|c| !c.is_ascii()));
    let has_stem = |word: &str| denied.contains(word.get(..5.min(word.len())).unwrap_or(word));
    words.into_iter().any(has_stem) || pairs.any(|pair| denied.contains(&pair.iter().collect::<String>()))
}

/// Fails at a comparison with other days that no fact makes.
fn compared(sentence: &CitedSentence<'_>, is_day: bool) -> Check {
    let Some(found) = COMPARED.find(&sentence.text) else { return Ok(()) };
    let is_new = sentence.named().iter().any(|fact| fact.status == Some(Status::New));
    let says_new = NEW.is_match(&sentence.text);
    match sentence.is_said(found.as_str()) || (is_new || is_day) && says_new || sentence.is_step {
        true => Ok(()),
        false => Err(format!("no fact compares: `{}`", sanitize(found.as_str(), 20))),
    }
}

static NEW: LazyLock<Regex> = regex!(
    r"(?i)\b(?:new|not (?:been )?(?:seen|found|there)|absent|no such|none)\b|新增|新出现|没有出现|未出现|没出现|不存在|首次|没有"
);

/// Fails if the sentence says that something is over, still going on or repaired and no fact does.
fn ended(sentence: &CitedSentence<'_>, is_step: bool, is_day: bool) -> Check {
    let text = &sentence.text;
    let cited = &sentence.cited;
    let over = cited.iter().any(|fact| fact.line.contains_key("over_since"));
    let going =
        cited.iter().any(|fact| fact.kind == FactKind::Incident && !fact.line.contains_key("over_since"));
    let repaired = cited.iter().any(|fact| fact.line.contains_key("restored_by"));
    let says_over =
        ["over (last", "已停止", "recovered", "已恢复"].iter().any(|words| sentence.is_known(words));
    let free = is_step || is_day;
    if let Some(found) = STILL.find(text).filter(|found| !going && !free && !sentence.is_said(found.as_str()))
    {
        return Err(format!("it is over, and the sentence says `{}`", sanitize(found.as_str(), 20)));
    }
    if let Some(found) = OVER.find(text).filter(|_| !over && !says_over && !repaired && !is_step)
        && !sentence.is_known(found.as_str())
    {
        return Err(format!("no fact says that it is over: `{}`", sanitize(found.as_str(), 20)));
    }
    if let Some(found) = REPAIRED.find(text).filter(|_| !repaired && !is_step && !NOT_GIVEN.is_match(text))
        && !sentence.is_said(found.as_str())
        && !((over || says_over) && found.as_str().contains("恢复"))
    {
        return Err(format!("no fact says that it was repaired: `{}`", sanitize(found.as_str(), 20)));
    }
    Ok(())
}

/// Returns a match with the word behind it.
fn context(text: &str, start: usize, end: usize) -> String {
    let after = text.get(end..).unwrap_or_default();
    let word: String = match text.get(start..end).is_some_and(str::is_ascii) {
        true => after
            .chars()
            .take_while(|c| *c == ' ')
            .chain(after.trim_start().chars().take_while(|c| c.is_alphanumeric()))
            .collect(),
        false => after.chars().take(2).collect(),
    };
    format!("{}{word}", text.get(start..end).unwrap_or_default())
}

fn is_only(word: &str) -> bool {
    ["only", "sole", "唯一", "只有", "仅有"].contains(&word.to_lowercase().as_str())
}

/// Returns true if a number follows, which is checked as such.
fn is_counted(after: &str) -> bool {
    let words = Claims::of(&after.chars().take(6).collect::<String>());
    !words.numbers.is_empty()
}

/// Returns the order of a clause's objects in time by `before`: fails if the effect comes before the change.
fn order(checker: &Checker<'_>, sentence: &CitedSentence<'_>) -> Check {
    sequence(sentence)?;
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
    let named = |text: &str| mentioned(checker, &Claims::of(text)).next().is_some() || ERROR.is_match(text);
    match changes(second) && !changes(first) && named(first) && ERROR.is_match(first) {
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
        for value in ["cause", "trigger", "restored_by", "candidate_not_proven", "ruled_out"]
            .iter()
            .filter_map(|key| fact.line.get(*key))
        {
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

static CHANGE: LazyLock<Regex> = regex!(
    r"(?i)\b(?:change|patch|update|edit|eviction|drain|deletion|rollout|operation)\b|变更|修改|改动|操作|驱逐|删除|补丁|调整"
);
static ERROR: LazyLock<Regex> = regex!(
    r"(?i)(?:error|exception)s?\b|\b(?:fail\w*|kill\w*|crash\w*|time?outs?|timing out|timed out|refused|began|broke)\b|报错|错误|失败|异常|崩溃|超时|故障"
);

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
