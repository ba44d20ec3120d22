//! Checks how far a sentence goes: all or only, not, over or still going on, repaired, as on other days.

use crate::brief::claims::Claims;
use crate::brief::fact_check::phrases::{INCONCLUSIVE, NOT_SURE};
use crate::brief::fact_check::{Check, CitedSentence};
use crate::brief::facts::{FactKind, text_of};
use crate::brief::pattern::regex;
use model::report::Status;
use redact::sanitize::sanitize;
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

/// `all` that claims nothing.
static ALL_TOLD: LazyLock<Regex> = regex!(
    r"(?i)\b(?:all told|all in all|all (?:that )?we (?:have|know)|as a whole|only for information|all of one kind|after all|at all|only (?:the )?(?:likely|possible|one of|a candidate|shows?|says?|names?))\b|只有环境|只(?:能|可)"
);
static NOT: LazyLock<Regex> = regex!(
    r"(?i)\b(?:not|no|never|without|neither|nor|none|nobody|\w+n't)\b|没有|并未|并非|不是|从未|未曾|未发生|未出现|未受|无人|不存在|毫无|不涉及|未涉及|没人|没被"
);
static OVER: LazyLock<Regex> = regex!(
    r"(?i)\b(?:over|ended|stopped|ceased|recovered|subsided|cleared|gone quiet|died down|resolved)\b|已停止|已恢复|停止|结束|恢复|平息|消停|止住|已经好|(?:没有|未|没)再|就没有了"
);
/// `was still attached` at a past time; `also in`.
static WAS_STILL: LazyLock<Regex> = regex!(
    r"(?i)\b(?:was|were) still (?:attached|mounted|held|bound|claimed|in use|used)\b|还在\s*[^，。；]{2,60}?(?:改|建|删|执行|运行)"
);
static STILL: LazyLock<Regex> = regex!(
    r"(?i)\b(?:(?:has|have|had|did)(?: not|n't) (?:yet )?(?:recover(?:ed)?|end(?:ed)?|stop(?:ped)?|cease[d]?)|still|ongoing|continues?|continuing|persists?|persisting|to this moment|unresolved|keeps? failing|has not stopped)\b|仍在|还在|仍然|至今|持续到现在|未停|没停|尚未恢复|未恢复|没有恢复|并未恢复|未能恢复|持续中"
);
static REPAIRED: LazyLock<Regex> = regex!(
    r"(?i)\b(?:repaired|fixed|restored|reverted|rolled (?:it )?back|undid|undone|mitigated|put (?:it )?back|changed (?:it )?back)\b|修复|回滚|改回|还原|撤销|补救|恢复了"
);
/// A step to do, not one that was done.
static TO_DO: LazyLock<Regex> = regex!(
    r"(?i)^\s*(?:first|next|then|to|please|roll|restore|revert|put|fix|repair|undo|raise|consider|check|see|look|read|compare|verify|confirm|run|go|if)\b|\b(?:should|need(?:s)? to|must|has to|have to)\b|建议|应当|应该|应先|^先|：先|，先|请(?:先|勿|立|查|看|检|确|把|将|用|在|核|联|尽)|下一步|若|如果|如需"
);
static ALL: LazyLock<Regex> = regex!(
    r"(?i)\b(?:all|every|entire|whole|only|sole|solely|always|completely|totally|fully|everything|everyone|entirely|exclusively|each|cluster-wide)\b|全部|所有|每个|每一|每台|整个|唯一|只有|仅有|仅限|完全|全都|全站|全集群|无一例外"
);

/// Comparison with other days.
static COMPARED: LazyLock<Regex> = regex!(
    r"(?i)\b(?:day before|previous day|yesterday|days? (?:ago|in a row)|every day|usual|than before|more (?:frequent|often)|less (?:frequent|often)|increasingly|grew|growing|rising|falling|went (?:up|down)|gone (?:up|down)|climb\w*|minute to minute|twice as|times as)\b|前一天|昨天|昨日|前日|一天比一天|往日|平时|以往|越来越|愈来愈|翻倍|翻番|多了|少了|增多|变多|变少|加重"
);
/// What is not given: no claim about the cluster.
static NOT_GIVEN: LazyLock<Regex> = regex!(
    r"(?i)没有(?:任何)?证据|\bno evidence\b|\b(?:not|n't|no|nothing|without)\b[^,;.]{0,20}\b(?:sa(?:y|id)|show\w*|name[sd]?|visible|give[ns]?|see[ns]?|known|mention\w*|record\w*|contain\w*|facts?|settled|candidates?|link\w*|listed|cause|operation|explain\w*|decide\w*|clear|conclu\w*|verdict|finding|data|gaps?|holes?)\b|\b(?:does|did|do) not (?:say|show|name|give|mention|decide)|有没有|是不是|能不能|要不要|事实[里中]没有?|没有[^，。；]{0,10}(?:列为|查明|查到|确认|链路)|不在[^，。；]{0,8}之[列中]|(?:没有|未|没)再|就没有了|(?:没有|未|并未|没)[^，。；]{0,6}(?:说|写|显示|给出|记录|找到|发现|定论|结论|提到|指出|看到|确认|解析|读到|数据|操作)|不是“"
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
pub(super) fn check(sentence: &CitedSentence<'_>) -> Check {
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
    ended(sentence, is_step, is_day)
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
    let failed = refused
        || ["failure", "expired", "过期", "cannot", "unable"].iter().any(|word| sentence.is_said(word));
    if NOT_REFUSED.is_match(&sentence.text) && refused {
        return Err("the fact says that it was refused".into());
    }
    let unsaid = NOT.find_iter(&open).find(|found| {
        let after: String = open.get(found.end()..).unwrap_or_default().chars().take(24).collect();
        // `一个副本也没有`
        let after = match open.get(..found.start()).and_then(|before| before.strip_suffix('也')) {
            Some(before) => before.chars().rev().take(4).collect::<Vec<_>>().iter().rev().collect(),
            None => after,
        };
        let is_said = sentence.is_said(&context(&open, found.start(), found.end()));
        !(is_said
            || shares(&after, &denied)
            || refused && FAILED.is_match(&after)
            || failed && REACHED.is_match(&after))
    });
    if let Some(found) = unsaid.filter(|_| !INCONCLUSIVE.is_match(&sentence.text)) {
        return Err(format!("no fact says `{}`", sanitize(found.as_str(), 20)));
    }
    if let Some(found) = NONE_WAS.captures(&open).filter(|found| is_positive(sentence, &found[1], &denied)) {
        return Err(format!("the fact says `{}`", sanitize(&found[1], 20)));
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

static NONE_WAS: LazyLock<Regex> = regex!(
    r"(?i)\b(?:no|none of the|not one|not a single) [a-z ]{2,24}? (?:was|were|has been|have been|is|are) ([a-z]{4,})(?:ed|en|n)\b"
);

/// Returns true if the facts say that something was done, and do not deny it.
fn is_positive(sentence: &CitedSentence<'_>, verb: &str, denied: &str) -> bool {
    let verb = verb.to_lowercase();
    let texts = sentence.named().iter().flat_map(|fact| ["title", "what"].map(|key| fact.line.get(key)));
    let is_said = texts.flatten().any(|text| text_of(text).to_lowercase().contains(&verb));
    is_said && !denied.contains(&verb)
}

static DENIED: LazyLock<Regex> =
    regex!(r"(?i)(?:\b(?:without|no|not|cannot|unable|0)\b|没有|未|无|不|\b0\b)[^，。,.;]{0,40}");
static NOT_REFUSED: LazyLock<Regex> = regex!(
    r"(?i)(?:\bnot|n't|\bnever)\s+(?:been\s+)?(?:refused|denied|rejected)|(?:没有|未|没|并未)\s*被?\s*(?:拒绝|驳回)"
);
static FAILED: LazyLock<Regex> = regex!(
    r"(?i)^\W*(?:longer |be |been |get |even )*(?:reach\w*|mount\w*|get|got|connect\w*|attach\w*|go through|allowed|complete\w*|resolve\w*|find|start\w*|schedul\w*|pull\w*|delete\w*|patch\w*|come up|access\w*|read)\b"
);
static REACHED: LazyLock<Regex> =
    regex!(r"(?i)^\W*(?:longer |be |even )*(?:reach\w*|connect\w*|mount\w*|attach\w*)\b");
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

/// Returns true if what a sentence denies and what its facts deny share a word.
fn shares(after: &str, denied: &str) -> bool {
    let lower = after.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 2);
    let han: Vec<char> = lower.chars().take(12).collect();
    let mut pairs = han.windows(2).filter(|pair| pair.iter().all(|c| !c.is_ascii()));
    let has_stem = |word: &str| denied.contains(word.get(..5.min(word.len())).unwrap_or(word));
    // what a log says in English
    const SAME: [(&str, &str); 4] =
        [("端点", "endpoint"), ("副本", "replica"), ("连接", "connect"), ("空间", "space")];
    let is_same = |(han, word): &(&str, &str)| lower.contains(han) && denied.contains(word);
    SAME.iter().any(is_same)
        || words.into_iter().any(has_stem)
        || pairs.any(|pair| denied.contains(&pair.iter().collect::<String>()))
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
    let now = WAS_STILL.replace_all(text, " ");
    let now = OPEN.replace_all(&now, " ");
    if let Some(found) = STILL.find(&now).filter(|found| !going && !free && !sentence.is_said(found.as_str()))
    {
        return Err(format!("it is over, and the sentence says `{}`", sanitize(found.as_str(), 20)));
    }
    let claimed = OPEN.replace_all(text, " ");
    if let Some(found) = OVER.find(&claimed).filter(|_| !over && !says_over && !repaired && !is_step)
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

/// A question that the facts leave open.
pub(super) static OPEN: LazyLock<Regex> = regex!(
    r"(?i)\b(?:do|does|did) not (?:say|show|know|name|mention) (?:whether|if|who|what|when|how|why|which|where)\b[^;.]*|\bwhether\b[^;.]*?\b(?:is|are) not (?:in|among|given in|known from) the facts\b|\bsay nothing (?:about|of|on)\b[^;.]*|(?:有没有|是否|是不是|谁|何时|为何|怎么)[^；。]*事实[里中]没有|事实[里中]没有(?:说|写|提到|记录)?[^；。]*"
);

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
