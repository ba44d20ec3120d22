//! Which rules an agent runs for an instruction in words, and which objects it is limited to: by code, and
//! explained. An instruction that selects nothing runs all rules and says so.

use crate::analysis::agent::words::Instruction;
use crate::analysis::rules::header::Rule;
use crate::query::engine::Engine;
use crate::query::literal::list;
use crate::query::rows::rows;
use model::agent::{AgentScope, RuleSelection, SelectedRule};
use model::entity::workload_of_pod;
use model::error::Result;
use model::lang::counted;
use model::report::Finding;
use model::table::Table;
use std::collections::{BTreeMap, BTreeSet};

/// Names in an instruction beyond which the others are ignored.
const MAX_NAMES: usize = 100;

/// Rules that are named in a sentence.
const MAX_LISTED: usize = 8;

/// A word that more than one in so many rules has selects none: it distinguishes none.
const COMMON_SHARE: usize = 3;

/// The rules to run and the objects to report.
pub struct Selection<'r> {
    /// The rules to run.
    pub rules: Vec<&'r Rule>,
    /// The objects that the findings are limited to.
    pub scope: AgentScope,
    /// Which rules, and why.
    pub why: RuleSelection,
}

impl<'r> Selection<'r> {
    /// Returns true if all rules were selected, or each by its id: then no other was asked for.
    pub fn is_exact(&self) -> bool {
        self.why.all || self.why.rules.iter().all(|of| of.words == [of.rule.clone()])
    }

    /// Selects all rules, because those that were selected found nothing.
    pub fn widen(&mut self, rules: impl Iterator<Item = &'r Rule>) {
        self.rules = rules.collect();
        let chosen = std::mem::take(&mut self.why.rules);
        let names: Vec<&str> = chosen.iter().map(|of| of.rule.as_str()).take(MAX_LISTED).collect();
        let names = names.join(", ") + if chosen.len() > MAX_LISTED { ", …" } else { "" };
        let (few, all) = (counted(chosen.len() as u64, "rule"), self.rules.len());
        self.why.why.push_str(&format!(" {few} found nothing ({names}), so all {all} were run."));
        self.why.why_zh.push_str(&format!(
            "这 {} 条规则没有发现异常（{names}），因此又运行了全部 {all} 条。",
            chosen.len()
        ));
        let mut words: BTreeMap<String, Vec<String>> =
            chosen.into_iter().map(|of| (of.rule, of.words)).collect();
        self.why.rules = self
            .rules
            .iter()
            .map(|rule| SelectedRule {
                rule: rule.id.clone(),
                words: words.remove(&rule.id).unwrap_or_default(),
            })
            .collect();
        self.why.all = true;
    }
}

/// Selects rules of an agent and objects of its table for an instruction. Given `namespaces` come before
/// those that the instruction names.
pub async fn select<'r>(
    engine: &Engine,
    agent: Table,
    rules: Vec<&'r Rule>,
    namespaces: &[String],
    instruction: Option<&str>,
) -> Result<Selection<'r>> {
    let mut scope = AgentScope { namespaces: namespaces.to_vec(), ..AgentScope::default() };
    let Some(text) = instruction.filter(|text| !text.trim().is_empty()) else {
        let why = explain(None, rules.iter().map(|rule| (*rule, Vec::new())).collect(), true, &scope);
        return Ok(Selection { rules, scope, why });
    };
    let instruction = Instruction::of(text);
    let named = named_objects(engine, agent, &instruction.names).await?;
    let of = |column: &str| named.get(column).into_iter().flatten().cloned().collect::<Vec<_>>();
    if scope.namespaces.is_empty() {
        scope.namespaces = of("namespace");
    }
    (scope.workloads, scope.pods, scope.nodes) = (of("workload"), of("pod"), of("node"));
    let names: BTreeSet<String> = named.into_values().flatten().collect();
    let picked = pick(&rules, &instruction.without(&names));
    let all = picked.is_empty();
    let picked = if all { rules.into_iter().map(|rule| (rule, Vec::new())).collect() } else { picked };
    let rules = picked.iter().map(|(rule, _)| *rule).collect();
    let why = explain(Some(text), picked, all, &scope);
    Ok(Selection { rules, scope, why })
}

/// Returns the namespaces, workloads, pods and nodes of the agent's table whose names are in `names`. A name
/// that is a namespace counts as nothing else.
async fn named_objects(
    engine: &Engine,
    agent: Table,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<&'static str, BTreeSet<String>>> {
    const COLUMNS: [&str; 4] = ["namespace", "workload", "pod", "node"];
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    if names.is_empty() {
        return Ok(found);
    }
    let list = list(names.iter().take(MAX_NAMES).map(String::as_str));
    for column in COLUMNS {
        let sql =
            format!("select distinct {column} as name from {} where {column} in ({list})", agent.name());
        for row in rows(&engine.query(&sql).await?) {
            let name = row.non_empty("name").unwrap_or_default().to_owned();
            if !found.get("namespace").is_some_and(|known| known.contains(&name)) {
                found.entry(column).or_default().insert(name);
            }
        }
    }
    Ok(found)
}

/// Returns the rules that an instruction names by id, else those that share words with it: for each word the
/// rules with the best score of those that have it, so that no subject of the instruction is lost.
fn pick<'r>(rules: &[&'r Rule], instruction: &Instruction) -> Vec<(&'r Rule, Vec<String>)> {
    let by_id: Vec<_> = rules.iter().filter(|rule| instruction.has_id(rule)).collect();
    if !by_id.is_empty() {
        return by_id.into_iter().map(|rule| (*rule, vec![rule.id.clone()])).collect();
    }
    let mut shared: Vec<(&Rule, BTreeSet<String>)> =
        rules.iter().map(|rule| (*rule, instruction.words_of(rule))).collect();
    let mut frequency: BTreeMap<String, usize> = BTreeMap::new();
    for word in shared.iter().flat_map(|(_, words)| words) {
        *frequency.entry(word.clone()).or_default() += 1;
    }
    let mut best: BTreeMap<String, usize> = BTreeMap::new();
    for (_, words) in &mut shared {
        words.retain(|word| frequency.get(word).is_none_or(|count| count * COMMON_SHARE <= rules.len()));
        for word in words.iter() {
            let best = best.entry(word.clone()).or_default();
            *best = score(words).max(*best);
        }
    }
    let is_best = |words: &BTreeSet<String>| words.iter().any(|word| best.get(word) == Some(&score(words)));
    let picked = shared.into_iter().filter(|(_, words)| is_best(words));
    picked.map(|(rule, words)| (rule, words.into_iter().collect())).collect()
}

/// Returns how well words fit: one for an English word, one less than its characters for a Chinese part.
fn score(words: &BTreeSet<String>) -> usize {
    words.iter().map(|word| if word.is_ascii() { 1 } else { word.chars().count() - 1 }).sum()
}

fn explain(
    instruction: Option<&str>,
    picked: Vec<(&Rule, Vec<String>)>,
    all: bool,
    scope: &AgentScope,
) -> RuleSelection {
    let count = picked.len();
    let words: BTreeSet<&str> = picked.iter().flat_map(|(_, words)| words).map(String::as_str).collect();
    let words = words.into_iter().collect::<Vec<_>>().join(", ");
    let (mut why, mut why_zh) = match (instruction, all) {
        (None, _) => (
            format!("All {count} rules, as in the daily run."),
            format!("全部 {count} 条规则，与每日任务相同。"),
        ),
        (Some(_), true) => (
            format!("The instruction contains no word of a rule, so all {count} rules were run."),
            format!("指令中没有与规则对应的词，因此运行了全部 {count} 条规则。"),
        ),
        (Some(_), false) => (
            format!("These words of the instruction select {}: {words}.", counted(count as u64, "rule")),
            format!("按指令中的这些词选出 {count} 条规则：{words}。"),
        ),
    };
    let objects = objects(scope);
    if !objects.is_empty() {
        why.push_str(&format!(" Only findings about {objects}."));
        why_zh.push_str(&format!("只报告与 {objects} 有关的异常。"));
    }
    let rules =
        picked.into_iter().map(|(rule, words)| SelectedRule { rule: rule.id.clone(), words }).collect();
    RuleSelection { instruction: instruction.map(str::to_owned), all, rules, why, why_zh }
}

/// Returns the objects of a scope, separated by commas.
pub fn objects(scope: &AgentScope) -> String {
    let AgentScope { namespaces, workloads, pods, nodes } = scope;
    let all = namespaces.iter().chain(workloads).chain(pods).chain(nodes);
    all.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Returns true if a finding is about an object of the scope.
pub fn is_in_scope(scope: &AgentScope, finding: &Finding) -> bool {
    let AgentScope { namespaces, workloads, pods, nodes } = scope;
    let has = |list: &[String], name: Option<&str>| name.is_some_and(|name| list.iter().any(|of| of == name));
    let entity = &finding.entity;
    if !namespaces.is_empty() && !has(namespaces, entity.namespace.as_deref()) {
        return false;
    }
    if workloads.is_empty() && pods.is_empty() && nodes.is_empty() {
        return true;
    }
    let pod = entity.pod.as_deref();
    let workload = entity.workload.as_deref().or(pod.map(|pod| workload_of_pod(pod, None)));
    let object = finding.facts.get("name").and_then(serde_json::Value::as_str);
    // a finding about a whole workload is about each of its pods
    let owners: Vec<String> = pods.iter().map(|pod| workload_of_pod(pod, None).to_owned()).collect();
    has(workloads, workload)
        || has(workloads, object)
        || has(pods, pod)
        || has(pods, object)
        || has(nodes, entity.node.as_deref())
        || pod.is_none() && has(&owners, workload)
}

/// Returns the condition in SQL on the rows of a scope; `true` for all rows.
pub fn condition(scope: &AgentScope) -> String {
    let AgentScope { namespaces, workloads, pods, nodes } = scope;
    let within =
        |column: &str, names: &[String]| format!("{column} in ({})", list(names.iter().map(String::as_str)));
    let objects: Vec<String> = [("workload", workloads), ("pod", pods), ("node", nodes)]
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(column, list)| within(column, list))
        .collect();
    let mut conditions = Vec::new();
    if !namespaces.is_empty() {
        conditions.push(within("namespace", namespaces));
    }
    if !objects.is_empty() {
        conditions.push(format!("({})", objects.join(" or ")));
    }
    if conditions.is_empty() { "true".into() } else { conditions.join(" and ") }
}
