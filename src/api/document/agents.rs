//! The document of the agents, `docs/en/agents.md` and its Chinese version: input and return structure from the
//! schemas, rules from their headers.

use crate::api::agents::agents;
use crate::api::document::{COLUMNS_ZH, Texts, cell, heading, line, reference};
use crate::api::request::RunAgentRequest;
use crate::api::response::AgentDoc;
use model::agent::AgentReport;
use model::error::Result;
use model::lang::Lang;
use model::table::Table;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

/// Types that a table names instead of describing their fields.
const SCALARS: [(&str, &str); 1] = [("Ts", "string: RFC 3339, UTC")];

/// Returns the document in a language; `folder` is a folder of rules besides the built-in ones.
pub fn document(folder: Option<&Path>, lang: Lang) -> Result<String> {
    let texts = Texts::of(lang, &[include_str!("agents.zh.toml"), COLUMNS_ZH])?;
    let mut text = lang.pick(INTRO_ZH, INTRO).to_owned();
    text += lang.pick("\n## 输入\n\n", "\n## Input\n\n");
    text += lang.pick(
        "命令行参数与这些字段同名（`--namespace` 可重复）；HTTP 的 `agent` 在路径中，其余字段是 JSON 请求体；MCP 工具 `run_agent` 的参数就是这些字段。`limit`、`offset`、`parts` 只用于 HTTP 和 MCP，命令行返回全部。\n\n",
        "The options of the command line have the names of these fields (`--namespace` may be repeated). Over HTTP `agent` is in the path and the others are the JSON body; the MCP tool `run_agent` takes them as arguments. `limit`, `offset` and `parts` are for HTTP and MCP; the command line returns everything.\n\n",
    );
    texts.structure::<RunAgentRequest>(&mut text, SchemaSettings::draft2020_12().for_deserialize());
    text += lang.pick("\n## 返回结构\n\n", "\n## Return structure\n\n");
    text += lang.pick(
        "一个 JSON 文档，`headwater schema agent` 输出其 JSON Schema。\n\n",
        "One JSON document; `headwater schema agent` prints its JSON Schema.\n\n",
    );
    texts.structure::<AgentReport>(&mut text, SchemaSettings::draft2020_12().for_serialize());
    for agent in Table::LOGS {
        for doc in agents(folder, Some(agent))? {
            texts.agent(&mut text, &doc);
        }
    }
    Ok(text)
}

impl Texts {
    /// Writes the section of an agent: its table, key fields, rules, and an example.
    fn agent(&self, text: &mut String, doc: &AgentDoc) {
        let (lang, name) = (self.lang, doc.agent.as_str());
        let about = self.text(&format!("table.{name}"), &doc.about);
        heading(text, 2, &lang.pick(format!("智能体 `{name}`"), format!("The agent `{name}`")));
        let _ = writeln!(
            text,
            "{}\n\n```sh\nheadwater --lake demo/lake agents run {name} --date 2026-11-22 {}\n```\n",
            lang.pick(format!("读取表 `{name}`：{about}。"), format!("Reads the table `{name}`: {about}.")),
            example(name, lang)
        );
        let (field, meaning) = lang.pick(("关键字段", "含义"), ("Key field", "Meaning"));
        let _ = writeln!(text, "| {field} | {meaning} |\n|---|---|");
        for column in &doc.key_fields {
            let _ = writeln!(
                text,
                "| `{}` | {} |",
                column.name,
                cell(self.text(&format!("column.{}", column.name), &column.about))
            );
        }
        let (rule, severity, title) =
            lang.pick(("判定规则", "级别", "标题"), ("Decision rule", "Severity", "Title"));
        let _ = writeln!(text, "\n| {rule} | {severity} | {title} |\n|---|---|---|");
        for rule in doc.decision_rules.iter().flatten() {
            let title = lang.pick(rule.title_zh.as_deref().unwrap_or(&rule.title), &rule.title);
            let _ = writeln!(text, "| `{}` | {} | {} |", rule.id, rule.severity.name(), cell(title));
        }
    }

    /// Writes a table of the fields of a type, then one for each type that it uses.
    fn structure<T: JsonSchema>(&self, text: &mut String, settings: SchemaSettings) {
        let root: Schema = settings.into_generator().into_root_schema_for::<T>();
        let root = root.to_value();
        let mut open = vec![T::schema_name().into_owned()];
        let mut at = 0;
        while let Some(name) = open.get(at).cloned() {
            let schema = if at == 0 { &root } else { &root["$defs"][&name] };
            self.one(text, &name, schema);
            for next in references(schema) {
                if !open.contains(&next) && !SCALARS.iter().any(|(scalar, _)| *scalar == next) {
                    open.push(next);
                }
            }
            at += 1;
        }
    }

    fn one(&self, text: &mut String, name: &str, schema: &Value) {
        let about = schema["description"].as_str().unwrap_or_default();
        heading(text, 3, name);
        let _ = writeln!(text, "{}\n", line(self.text(name, about)));
        let (field, kind, meaning) = self.lang.pick(("字段", "类型", "含义"), ("Field", "Type", "Meaning"));
        if let Some(values) = schema["oneOf"].as_array() {
            let value = self.lang.pick("值", "Value");
            let _ = writeln!(text, "| {value} | {meaning} |\n|---|---|");
            for of in values {
                let value = of["const"].as_str().unwrap_or_default();
                let about = of["description"].as_str().unwrap_or_default();
                let _ =
                    writeln!(text, "| `{value}` | {} |", cell(self.text(&format!("{name}.{value}"), about)));
            }
        } else {
            let _ = writeln!(text, "| {field} | {kind} | {meaning} |\n|---|---|---|");
            for (field, of, is_required) in fields(schema) {
                let optional = if is_required { "" } else { self.lang.pick("，可缺省", ", optional") };
                let about = of["description"].as_str().unwrap_or_default();
                let about = self.text(&format!("{name}.{field}"), about);
                let _ = writeln!(text, "| `{field}` | {}{optional} | {} |", self.kind(of), cell(about));
            }
        }
    }

    /// Returns the type of a field in words.
    fn kind(&self, schema: &Value) -> String {
        if let Some(name) = reference(schema) {
            return match SCALARS.iter().find(|(scalar, _)| *scalar == name) {
                Some((_, words)) => (*words).to_owned(),
                None => format!("[{name}](#{})", name.to_lowercase()),
            };
        }
        if let Some(alternatives) = schema["anyOf"].as_array() {
            let kinds: Vec<String> = alternatives.iter().map(|of| self.kind(of)).collect();
            return kinds.join(self.lang.pick(" 或 ", " or "));
        }
        let name = |kind: &str| match kind {
            "array" => {
                let items = &schema["items"];
                let item = if items.is_object() {
                    self.kind(items)
                } else {
                    self.lang.pick("值", "value").to_owned()
                };
                self.lang.pick(format!("{item} 的列表"), format!("list of {item}"))
            }
            other => other.to_owned(),
        };
        match &schema["type"] {
            Value::String(kind) => name(kind),
            Value::Array(kinds) => {
                let kinds: Vec<String> = kinds.iter().filter_map(Value::as_str).map(name).collect();
                kinds.join(self.lang.pick(" 或 ", " or "))
            }
            _ => self.lang.pick("任意", "any").to_owned(),
        }
    }
}

/// Returns the fields of a type: those that are always present in the order of their declaration, then the
/// others, marked with false.
fn fields(schema: &Value) -> Vec<(&str, &Value, bool)> {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let all = schema["properties"].as_object().into_iter().flatten();
    let mut fields: Vec<(usize, &str, &Value)> = all
        .map(|(name, of)| {
            (required.iter().position(|one| one == name).unwrap_or(usize::MAX), name.as_str(), of)
        })
        .collect();
    fields.sort_by_key(|(at, ..)| *at);
    fields.into_iter().map(|(at, name, of)| (name, of, at < usize::MAX)).collect()
}

/// Returns the names of all types that a schema refers to, in their order.
fn references(schema: &Value) -> Vec<String> {
    let mut names: Vec<String> = reference(schema).map(str::to_owned).into_iter().collect();
    let inner: Vec<&Value> = match schema {
        Value::Object(fields) => fields.iter().filter(|(key, _)| *key != "$defs").map(|(_, of)| of).collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    names.extend(inner.into_iter().flat_map(references));
    names
}

/// Returns arguments that select rules of an agent.
fn example(agent: &str, lang: Lang) -> &'static str {
    match agent {
        "business" => lang.pick("--lang zh --instruction '内存不足'", "--instruction 'out of memory?'"),
        "standard" => lang.pick("--lang zh --instruction '错误突增'", "--instruction 'bursts of errors'"),
        "event" => {
            lang.pick("--lang zh --instruction '有没有容器反复崩溃'", "--instruction 'crash loops or probes'")
        }
        _ => lang
            .pick("--lang zh --instruction '资源限制'", "--namespace shop --instruction 'resources changed'"),
    }
}

const INTRO: &str = r#"# The agents

Generated by `headwater agents doc`; a test compares this file with the program. [中文](../zh/agents.md)

There are four agents, one for each log type: `business`, `standard`, `event` and `audit`. Each is a unit with the
same interface: a window and a scope in, a report out. The daily job runs the four side by side; for a whole local
day a single run returns exactly the findings of that day's report, with the same ids. A severity of a rule is that
of its header; a rule may raise or lower it for a single finding. A rule that fails, returns too many rows or exceeds
`[rules] rule_seconds` is left out alone and listed in `problems`.

## Examples

The command line, after `headwater demo` (which makes `demo/lake`):

```sh
headwater agents list
headwater agents show event
headwater --lake demo/lake agents run event --date 2026-11-22
headwater --lake demo/lake agents run event --date 2026-11-22 --namespace shop --json
headwater --lake demo/lake agents run audit --from '2026-11-22 15:00' --to '2026-11-22 17:00' --json
```

HTTP, with `headwater --lake demo/lake serve` (role `read`):

```sh
curl localhost:8633/v1/agents
curl localhost:8633/v1/agents/event
curl --json '{"date": "2026-11-22"}' localhost:8633/v1/agents/event/run
curl --json '{"from": "2026-11-22 15:00", "to": "2026-11-22 17:00", "instruction": "memory", "parts": ["sql"]}' localhost:8633/v1/agents/event/run
```

MCP, the arguments of a tool call (`list_agents` lists the agents):

```json
{"name": "run_agent", "arguments": {"agent": "event", "date": "2026-11-22", "instruction": "crash loops", "limit": 5}}
```
"#;

const INTRO_ZH: &str = r#"# 智能体

由 `headwater agents doc --lang zh` 生成；有测试将本文件与程序输出逐字比较。[English](../en/agents.md)

共四个智能体，每种日志一个：`business`、`standard`、`event`、`audit`。它们接口相同：输入时间窗口和范围，返回一份报告。
每日任务同时运行这四个智能体；单独运行一个完整的本地日，得到的异常与当天报告完全一致，id 也相同。下列级别是规则头中的级别，
规则可以对单个异常调高或调低。某条规则出错、返回行数过多或超过 `[rules] rule_seconds` 时，只有它自己被略过，并列在 `problems` 中。

## 示例

命令行，先运行 `headwater demo`（生成 `demo/lake`）：

```sh
headwater agents list
headwater agents show event
headwater --lake demo/lake agents run event --date 2026-11-22 --lang zh
headwater --lake demo/lake agents run event --date 2026-11-22 --namespace shop --json
headwater --lake demo/lake agents run audit --from '2026-11-22 15:00' --to '2026-11-22 17:00' --json
```

HTTP，先运行 `headwater --lake demo/lake serve`（角色 `read`）：

```sh
curl localhost:8633/v1/agents
curl localhost:8633/v1/agents/event
curl --json '{"date": "2026-11-22"}' localhost:8633/v1/agents/event/run
curl --json '{"from": "2026-11-22 15:00", "to": "2026-11-22 17:00", "instruction": "内存", "parts": ["sql"]}' localhost:8633/v1/agents/event/run
```

MCP，工具调用的参数（`list_agents` 列出智能体）：

```json
{"name": "run_agent", "arguments": {"agent": "event", "date": "2026-11-22", "instruction": "反复崩溃", "limit": 5}}
```
"#;
