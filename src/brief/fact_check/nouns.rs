//! What a number counts: `4 pods` is not `4 nodes`.

use crate::brief::pattern::regex;
use regex::Regex;
use std::sync::LazyLock;

/// Words behind a number, by what they count. Words of one line count the same.
const NOUNS: [&[&str]; 14] = [
    &[
        "error",
        "failure",
        "time",
        "line",
        "record",
        "log",
        "exception",
        "event",
        "occurrence",
        "entr",
        "request",
        "kill",
        "restart",
        "message",
        "次",
        "条",
        "行",
        "错误",
        "报错",
        "请求",
        "记录",
        "call",
        "attempt",
        "refus",
        "denied",
        "count",
        "fail",
        "quer",
        "response",
        "hit",
        "case",
        "个错误",
        "connection",
    ],
    &["pod", "replica", "container", "instance", "副本", "容器", "实例"],
    &["node", "machine", "host", "节点", "台", "主机"],
    &["workload", "service", "deployment", "application", "app", "工作负载", "服务", "应用"],
    &["namespace", "命名空间"],
    &["finding", "issue", "problem", "异常", "问题", "发现"],
    &["incident", "事故", "故障"],
    &["kind", "type", "sort", "类", "种"],
    &["user", "customer", "order", "people", "person", "visitor", "用户", "客户", "订单", "人"],
    &["certificates", "certs", "张证书", "个证书", "份证书"],
    &["volumes", "pvcs", "disks", "个卷", "个存储卷"],
    &["mi", "megabyte", "mebibyte", "兆", "m"],
    &["gi", "gigabyte", "gibibyte", "g"],
    &["ki", "kilobyte", "k"],
];
/// Characters behind a number in which its noun is looked up.
const REACH: usize = 24;

/// Returns true unless two numbers count different things; `a` and `b` are the texts behind them.
pub(super) fn is_same(a: &str, b: &str) -> bool {
    match (noun(a), noun(b)) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

/// Returns true if two numbers certainly count the same.
pub(super) fn is_equal(a: &str, b: &str) -> bool {
    noun(a).is_some_and(|a| noun(b) == Some(a))
}

/// Returns true if a number counts objects of the cluster, not what a brief cites.
pub(super) fn is_object(after: &str) -> bool {
    noun(after).is_some_and(|at| (1..=4).contains(&at)) || OTHERS.is_match(after)
}

/// Returns true unless words behind a count of findings name something else.
pub(super) fn counts_findings(after: &str) -> bool {
    noun(after).is_none_or(|at| [0, 5, 7].contains(&at))
}

/// Returns true unless words behind a count of lines begin with objects of another kind.
pub(super) fn counts_lines(after: &str) -> bool {
    let first = after.trim_start().split([' ', '，', ',']).next().unwrap_or_default();
    let is_object = |at: usize| (1..=6).contains(&at) || (8..=10).contains(&at);
    noun(first).is_none_or(|at| !is_object(at)) && !(OTHERS.is_match(after) && noun(after) != Some(0))
}

/// Objects that no fact counts.
static OTHERS: LazyLock<Regex> = regex!(
    r"(?i)^\s*(?:of the )?(?:log )?(?:tables?|peers?|secrets?|volumes?|clusters?)\b|^\s*[个张]?(?:表|卷|集群|Secret)"
);

fn noun(after: &str) -> Option<usize> {
    let text: String = after.chars().take(REACH).collect();
    let text = text
        .split([',', '.', ';', '(', '，', '。', '；', '：', '\n'])
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let unit = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    if let Some(at) = NOUNS.iter().position(|nouns| nouns.contains(&unit)) {
        return Some(at);
    }
    let firsts = NOUNS.iter().enumerate().filter_map(|(at, nouns)| {
        let found = nouns.iter().filter_map(|noun| {
            let begin = text.find(noun)?;
            if noun.len() < 3 && noun.is_ascii() {
                return None; // a unit, which directly follows its number
            }
            let is_word = !noun.is_ascii()
                || text.get(..begin)?.chars().next_back().is_none_or(|c| !c.is_ascii_alphabetic());
            is_word.then_some(begin)
        });
        found.min().map(|begin| (begin, at))
    });
    firsts.min().map(|(_, at)| at)
}
