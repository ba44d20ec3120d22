//! The reference of all rules as Markdown, made of their headers. Values in, text out.

use crate::analysis::rules::header::Rule;
use crate::analysis::rules::{RuleSet, of_agent};
use crate::query::anatomy::anatomy;
use model::lang::Lang;
use model::table::Table;
use std::collections::BTreeMap;

/// Returns the tables and views that a rule reads, by name.
pub fn reads(rule: &Rule) -> Vec<String> {
    let sql = rule.sql(&BTreeMap::new()).unwrap_or_default();
    anatomy(&sql).map(|anatomy| anatomy.tables.into_iter().collect()).unwrap_or_default()
}

/// Returns the reference of a set of rules.
pub fn reference(set: &RuleSet, lang: Lang) -> String {
    let mut out = lang
        .pick(
            "# 规则\n\n由 `headwater rules doc --lang zh` 生成，请勿手改。\n",
            "# Rules\n\nMade by `headwater rules doc`; do not edit.\n",
        )
        .to_owned();
    for agent in Table::LOGS {
        let rules: Vec<&Rule> = of_agent(&set.rules, agent).collect();
        if rules.is_empty() {
            continue;
        }
        let header = lang.pick("| 规则 | 级别 | 标题 |", "| rule | severity | title |");
        out.push_str(&format!("\n## {}\n\n{header}\n|---|---|---|\n", agent.name()));
        for rule in &rules {
            let anchor = rule.id.replace('/', "");
            let title = cell(title(rule, lang));
            out.push_str(&format!(
                "| [`{}`](#{anchor}) | {} | {title} |\n",
                rule.id,
                rule.header.severity.name()
            ));
        }
        for rule in &rules {
            out.push_str(&section(rule, lang));
        }
    }
    out
}

fn title(rule: &Rule, lang: Lang) -> &str {
    text(lang, rule.header.zh.title.as_deref(), &rule.header.title)
}

/// Returns the text of a language; English if there is none.
fn text<'t>(lang: Lang, zh: Option<&'t str>, en: &'t str) -> &'t str {
    lang.pick(zh.unwrap_or(en), en).trim()
}

fn section(rule: &Rule, lang: Lang) -> String {
    let header = &rule.header;
    let word = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let list =
        |items: Vec<String>| items.iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join(", ");
    let mut lines = vec![
        format!("\n### {}\n\n**{}**\n", rule.id, title(rule, lang)),
        format!("- {}: {}", word("级别", "Severity"), header.severity.name()),
        format!("- {}: {}", word("读取", "Reads"), list(reads(rule))),
    ];
    if !header.params.is_empty() {
        let params = header.params.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        lines.push(format!("- {}: {}", word("参数", "Parameters"), list(params)));
    }
    let quiet = text(lang, header.zh.quiet_when.as_deref(), &header.quiet_when);
    if !quiet.is_empty() {
        lines.push(format!("- {}: {quiet}", word("可忽略的情形", "Expected when")));
    }
    if !header.tags.is_empty() {
        lines.push(format!("- {}: {}", word("标签", "Tags"), header.tags.join(", ")));
    }
    lines.push(format!("\n{}", text(lang, header.zh.why.as_deref(), &header.why)));
    lines.push(format!("\n{}\n", text(lang, header.zh.advice.as_deref(), &header.advice)));
    lines.join("\n")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
