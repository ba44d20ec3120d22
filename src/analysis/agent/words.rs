//! The words of an instruction and of a rule, compared without a model: English words of ids, titles and
//! tags, and runs of Chinese characters of titles. Must not know the engine.

use crate::analysis::rules::header::Rule;
use std::collections::BTreeSet;

/// English words that say nothing about a rule.
const COMMON: [&str; 58] = [
    "a",
    "about",
    "all",
    "an",
    "and",
    "any",
    "are",
    "at",
    "be",
    "been",
    "by",
    "can",
    "cannot",
    "check",
    "cluster",
    "container",
    "did",
    "do",
    "does",
    "find",
    "for",
    "from",
    "had",
    "has",
    "have",
    "how",
    "if",
    "in",
    "is",
    "it",
    "its",
    "log",
    "look",
    "me",
    "namespace",
    "no",
    "not",
    "of",
    "on",
    "only",
    "or",
    "please",
    "pod",
    "problem",
    "rule",
    "show",
    "that",
    "the",
    "there",
    "this",
    "to",
    "today",
    "was",
    "were",
    "what",
    "why",
    "with",
    "workload",
];

/// Chinese words that say nothing about a rule.
const COMMON_ZH: [&str; 34] = [
    "一下",
    "为什么",
    "什么",
    "今天",
    "出现",
    "分析",
    "发生",
    "只看",
    "哪些",
    "如何",
    "容器",
    "异常",
    "怎么",
    "怎样",
    "情况",
    "所有",
    "日志",
    "昨天",
    "是不是",
    "是否",
    "有关",
    "有没有",
    "服务",
    "查看",
    "检查",
    "没有",
    "看看",
    "规则",
    "问题",
    "集群",
    "请求",
    "节点上",
    "相关",
    "命名空间",
];

/// Returns the words of a text in lower case: runs of letters, digits and `inner` characters.
fn split<'t>(text: &'t str, inner: &'t [char]) -> impl Iterator<Item = &'t str> {
    let is_word = move |c: char| c.is_ascii_alphanumeric() || inner.contains(&c);
    text.split(move |c| !is_word(c)).map(move |word| word.trim_matches(inner)).filter(|word| !word.is_empty())
}

/// Returns a word without the `s` of a plural.
fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with('s') => stem,
        _ => word,
    }
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// An instruction, split into what can be compared.
pub struct Instruction {
    /// Ids and names of rules that it may contain: words with `_` and `/`.
    ids: BTreeSet<String>,
    /// What may be the name of an object: words with `-` and `.`.
    pub names: BTreeSet<String>,
    words: BTreeSet<String>,
    /// Runs of Chinese characters.
    runs: Vec<Vec<char>>,
}

impl Instruction {
    /// Splits an instruction.
    pub fn of(text: &str) -> Self {
        let text = text.to_lowercase();
        let is_specific = |word: &&str| !COMMON.contains(&singular(word)) && !COMMON.contains(word);
        let names = split(&text, &['-', '.']).filter(is_specific).map(str::to_owned).collect();
        let words = split(&text, &[]).filter(is_specific).map(|word| singular(word).to_owned()).collect();
        let ids = split(&text, &['_', '/']).filter(|word| word.contains(['_', '/'])).map(str::to_owned);
        let runs = text.split(|c| !is_han(c)).map(|run| run.chars().collect::<Vec<_>>());
        Self { ids: ids.collect(), names, words, runs: runs.filter(|run| run.len() > 1).collect() }
    }

    /// Removes the words of the names of objects, so that they select no rules.
    pub fn without(mut self, names: &BTreeSet<String>) -> Self {
        for name in names {
            for word in split(name, &[]) {
                self.words.remove(singular(word));
            }
        }
        self
    }

    /// Returns true if the instruction contains the id of a rule, or its name without the agent.
    pub fn has_id(&self, rule: &Rule) -> bool {
        let name = rule.id.split_once('/').map_or("", |(_, name)| name);
        self.ids.contains(&rule.id) || name.contains('_') && self.ids.contains(name)
    }

    /// Returns the words that the instruction and a rule have in common.
    pub fn words_of(&self, rule: &Rule) -> BTreeSet<String> {
        let header = &rule.header;
        let name = rule.id.split_once('/').map_or("", |(_, name)| name);
        let title = header.title.to_lowercase();
        let tags = header.tags.iter().flat_map(|tag| split(tag, &[]));
        let own: BTreeSet<&str> =
            split(name, &[]).chain(split(&title, &[])).chain(tags).map(singular).collect();
        let english = self.words.iter().filter(|word| own.contains(word.as_str())).cloned();
        let title_zh = header.zh.title.as_deref().unwrap_or_default();
        english.chain(self.runs.iter().flat_map(|run| common_parts(run, title_zh))).collect()
    }
}

/// Returns the longest parts of a run of Chinese characters that a title contains, at least two characters
/// each.
fn common_parts(run: &[char], title: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(rest) = run.get(at..).filter(|rest| rest.len() > 1) {
        let part = (2..=rest.len())
            .filter_map(|length| rest.get(..length).map(|part| part.iter().collect::<String>()))
            .take_while(|part| title.contains(part.as_str()))
            .last();
        match part {
            Some(part) => {
                at += part.chars().count();
                if !COMMON_ZH.iter().any(|common| common.contains(part.as_str())) {
                    parts.push(part);
                }
            }
            None => at += 1,
        }
    }
    parts
}
