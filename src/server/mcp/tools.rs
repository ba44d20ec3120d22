//! The list of tools: name, description in both languages, schemas and handler of each.

use crate::api::request::{
    AgentsRequest, AnalyzeRequest, BriefRequest, FindingRequest, FindingsRequest, QueryRequest, RulesRequest,
    RunAgentRequest, RunDayRequest, RunsRequest, TraceRequest,
};
use crate::api::response::{
    AgentList, Analysis, Brief, FindingPage, FindingWithTrace, IngestResult, RuleList, RunList, TableList,
    TraceList,
};
use crate::api::{Api, Caller};
use crate::config::Allowed;
use crate::server::mcp::brief::daily_brief;
use crate::server::mcp::tool_call::{Handler, output};
use crate::server::mcp::{schema, text};
use model::agent::AgentReport;
use rmcp::model::{Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde_json::Value;
use std::sync::LazyLock;

/// A tool with its handler.
pub struct Entry {
    tool: Tool,
    /// The operation that the config must allow.
    permission: Option<Allowed>,
    /// Runs the tool.
    pub handler: Handler,
}

static TOOLS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    [report_tools(), agent_tools(), lake_tools(), job_tools()].into_iter().flatten().collect()
});

/// Returns the tools that read reports and traces, or make them.
fn report_tools() -> Vec<Entry> {
    vec![
        reads::<BriefRequest, Brief>(
            "daily_brief",
            "每日简报 · Daily brief",
            "昨天（或某天）集群出了什么问题：现成的简报，立即返回。语音机器人请用 voice=true，得到 200 字以内、可直接朗读的文本。\n\
             The brief of yesterday or another day: which problems the cluster had. Precomputed, returns at once. With \
             voice=true: at most 200 characters for text-to-speech. Set lang=zh for Chinese users.",
            |call| Box::pin(daily_brief(call)),
        ),
        reads::<FindingsRequest, FindingPage>(
            "list_findings",
            "异常列表 · Findings",
            "列出某天的异常，最严重的在前；可按级别、日志类型、命名空间筛选。\n\
             Lists the findings of a day, most severe first; filter by severity, agent (log type) and namespace.",
            |mut call| {
                Box::pin(async move {
                    output(call.api.findings(call.caller, call.request()?).await?, text::findings)
                })
            },
        ),
        reads::<FindingRequest, FindingWithTrace>(
            "get_finding",
            "异常详情 · One finding",
            "一个异常的说明、建议、日志证据和追溯链。\n\
             One finding: description, advice, log lines as evidence, and its trace.",
            |mut call| {
                Box::pin(async move {
                    output(call.api.finding(call.caller, call.request()?).await?, text::finding)
                })
            },
        ),
        reads::<TraceRequest, TraceList>(
            "trace",
            "根因追溯 · Trace to the cause",
            "为什么出错：从一个异常、Pod、工作负载、节点或请求追溯到引起它的操作；给 operation 则反过来查这个变更影响了什么。\n\
             Finds the operation that caused a problem. Start from a finding, from a pod, workload or node at a time, or \
             from a request. With `operation`, lists what that change broke.",
            |mut call| {
                Box::pin(async move {
                    output(call.api.trace(call.caller, call.request()?).await?, |traces| traces.text.clone())
                })
            },
        ),
        reads::<AnalyzeRequest, Analysis>(
            "analyze_logs",
            "分析日志 · Analyze logs",
            "对一天、一次上传或指定的日志文件运行全部规则与追溯；可能需要数十秒，会报告进度。\n\
             Runs all rules and traces over a day, an upload, or selected log files. Takes seconds to minutes and reports \
             progress. For yesterday's report use daily_brief, which is precomputed.",
            |mut call| {
                Box::pin(async move {
                    output(
                        call.api.analyze(call.caller, call.request()?, call.on_progress).await?,
                        |analysis| analysis.text.clone(),
                    )
                })
            },
        ),
    ]
}

/// Returns the tools of the agents.
fn agent_tools() -> Vec<Entry> {
    vec![
        reads::<AgentsRequest, AgentList>(
            "list_agents",
            "智能体列表 · Agents",
            "四个日志智能体及其规则数；给 agent 则连同它的全部规则。\n\
             The four agents, one for each log type. With `agent`: that agent and its rules.",
            |mut call| {
                Box::pin(
                    async move { output(call.api.agents(call.caller, call.request()?).await?, text::agents) },
                )
            },
        ),
        reads::<RunAgentRequest, AgentReport>(
            "run_agent",
            "运行一个智能体 · Run one agent",
            "对一天或一段时间运行一个智能体（business、standard、event、audit）；instruction 用自然语言选择规则和对象，\
             namespaces 限定命名空间。“没有数据”与“没有异常”是不同的结果，见 outcome。\n\
             Runs one agent (business, standard, event or audit) over a day or a time range. `instruction` selects rules and \
             objects in words, `namespaces` limits the findings. `outcome` distinguishes no data from no anomaly.",
            |mut call| {
                Box::pin(async move {
                    let mut request: RunAgentRequest = call.request()?;
                    request.parts.get_or_insert_default(); // the context of a model is small
                    output(
                        call.api.run_agent(call.caller, request, call.on_progress).await?,
                        text::agent_report,
                    )
                })
            },
        ),
    ]
}

/// Returns the tools that read tables, rules and runs.
fn lake_tools() -> Vec<Entry> {
    vec![
        reads::<QueryRequest, text::Rows>(
            "query_logs",
            "SQL 查询 · Query in SQL",
            "用一条只读 SQL（DataFusion 方言）查询日志表；先用 describe_tables 看列名，务必按 ts 限定时间范围。\n\
             Runs one read-only SQL statement (DataFusion dialect) over the log tables. Call describe_tables first, and \
             filter by `ts`.",
            |mut call| {
                Box::pin(async move {
                    let answer = call.api.query(call.caller, call.request()?, text::OUTPUT).await?;
                    output(text::rows(answer)?, text::Rows::table)
                })
            },
        ),
        reads::<NoArguments, TableList>(
            "describe_tables",
            "表结构 · Tables",
            "各日志表的列、行数和日期范围。\n\
             The log tables with their columns, row counts and days.",
            |mut call| {
                Box::pin(async move {
                    let NoArguments {} = call.request()?;
                    output(call.api.tables(call.caller).await?, text::tables)
                })
            },
        ),
        reads::<RulesRequest, RuleList>(
            "list_rules",
            "检测规则 · Rules",
            "正在使用的检测规则；给 id 则连同它的 SQL。\n\
             The detection rules in use. With `id`: that rule and its SQL.",
            |mut call| {
                Box::pin(
                    async move { output(call.api.rules(call.caller, call.request()?).await?, text::rules) },
                )
            },
        ),
        reads::<RunsRequest, RunList>(
            "run_status",
            "运行状态 · Runs",
            "每日任务的运行情况，最近的在前；给 id 则连同每个步骤。\n\
             Runs of the daily job, latest first. With `id`: that run and its steps.",
            |mut call| {
                Box::pin(
                    async move { output(call.api.runs(call.caller, call.request()?).await?, text::runs) },
                )
            },
        ),
    ]
}

/// Returns the tools that write to the lake.
fn job_tools() -> Vec<Entry> {
    vec![
        entry::<RunDayRequest, RunList>(
            "run_day",
            "执行每日任务 · Run a day",
            "执行某天的完整任务：下载、分析、追溯、播报。需要几分钟；重复执行不会重复播报。\n\
             Runs the daily job for a day: download, analyze, trace, deliver. Takes minutes. Nothing is delivered twice.",
            Some(Allowed::RunDay),
            |mut call| {
                Box::pin(async move {
                    output(
                        call.api.run_day(call.caller, call.request()?, call.on_progress).await?,
                        text::runs,
                    )
                })
            },
        ),
        entry::<RunDayRequest, IngestResult>(
            "download_logs",
            "下载日志 · Download logs",
            "把某天的日志从存储桶读入数据湖；已读过的不会重复。\n\
             Reads a day's logs from the bucket into the lake. Objects that are already in the lake are skipped.",
            Some(Allowed::DownloadLogs),
            |mut call| {
                Box::pin(async move {
                    output(
                        call.api.download_logs(call.caller, call.request()?, call.on_progress).await?,
                        text::ingest_result,
                    )
                })
            },
        ),
    ]
}

/// The arguments of a tool without parameters.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoArguments {}

/// Returns the tools that the caller may call, for `tools/list`.
pub fn list(api: &Api, caller: &Caller) -> Vec<Tool> {
    let is_allowed = |entry: &&Entry| entry.permission.is_none_or(|what| api.is_allowed(caller, what));
    TOOLS.iter().filter(is_allowed).map(|entry| entry.tool.clone()).collect()
}

/// Returns a tool by name. The API checks if the caller may call it.
pub fn find(name: &str) -> Option<&'static Entry> {
    TOOLS.iter().find(|entry| entry.tool.name == name)
}

impl Entry {
    /// Returns true if an argument is required.
    pub fn requires(&self, argument: &str) -> bool {
        let required = self.tool.input_schema.get("required").and_then(Value::as_array);
        required.is_some_and(|names| names.iter().any(|name| name == argument))
    }
}

/// Returns a read-only tool.
fn reads<In: JsonSchema, Out: JsonSchema>(
    name: &'static str,
    title: &str,
    description: &'static str,
    handler: Handler,
) -> Entry {
    entry::<In, Out>(name, title, description, None, handler)
}

fn entry<In: JsonSchema, Out: JsonSchema>(
    name: &'static str,
    title: &str,
    description: &'static str,
    permission: Option<Allowed>,
    handler: Handler,
) -> Entry {
    // tools that write only add to the lake, and calling them twice has no further effect
    let hints = ToolAnnotations::with_title(title)
        .read_only(permission.is_none())
        .destructive(false)
        .idempotent(true)
        .open_world(false);
    let tool = Tool::new(name, description, schema::input::<In>())
        .with_title(title)
        .with_raw_output_schema(schema::output::<Out>())
        .with_annotations(hints);
    Entry { tool, permission, handler }
}
