//! The tools, in one list: what each says of itself, to models of both languages, and what it asks.

use crate::api::request::{
    AnalyzeRequest, BriefRequest, FindingRequest, FindingsRequest, QueryRequest, RulesRequest, RunDayRequest,
    RunsRequest, TraceRequest,
};
use crate::api::response::{
    Analysed, Brief, FindingPage, Found, Ingested, RuleList, RunList, Tables, Traced,
};
use crate::api::{Api, Caller};
use crate::config::Allowed;
use crate::server::mcp::call::{Run, brief, said};
use crate::server::mcp::{schema, text};
use rmcp::model::{Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde_json::Value;
use std::sync::LazyLock;

/// A tool and how it is called.
pub struct Entry {
    tool: Tool,
    /// What the config must allow.
    needs: Option<Allowed>,
    /// Asks the api.
    pub run: Run,
}

static TOOLS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    vec![
        reads::<BriefRequest, Brief>(
            "daily_brief",
            "每日简报 · Daily brief",
            "昨天（或某天）集群出了什么问题：现成的简报，立即返回。语音机器人请用 voice=true，得到 200 字以内、可直接朗读的文本。\n\
             What went wrong yesterday, or on a day: the kept brief, at once. voice=true gives at most 200 characters \
             to be spoken as they are. Say lang=zh to Chinese users.",
            |call| Box::pin(brief(call)),
        ),
        reads::<FindingsRequest, FindingPage>(
            "list_findings",
            "异常列表 · Findings",
            "列出某天的异常，最严重的在前；可按级别、日志类型、命名空间筛选。\n\
             Lists a day's anomalies, gravest first; by severity, log type and namespace.",
            |mut call| {
                Box::pin(
                    async move { said(call.api.findings(call.caller, call.ask()?).await?, text::findings) },
                )
            },
        ),
        reads::<FindingRequest, Found>(
            "get_finding",
            "异常详情 · One finding",
            "一个异常的说明、建议、日志证据和追溯链。\n\
             One anomaly: what, why, what to do, the log lines that back it, and its trace.",
            |mut call| {
                Box::pin(async move { said(call.api.finding(call.caller, call.ask()?).await?, text::found) })
            },
        ),
        reads::<TraceRequest, Traced>(
            "trace",
            "根因追溯 · Trace to the cause",
            "为什么出错：从一个异常、Pod、工作负载、节点或请求追溯到引起它的操作；给 operation 则反过来查这个变更影响了什么。\n\
             Why it failed: from a finding, a pod, workload or node at a time, or a request, back to the operation that \
             caused it; with `operation`, what that change broke.",
            |mut call| {
                Box::pin(async move {
                    said(call.api.trace(call.caller, call.ask()?).await?, |traced| traced.text.clone())
                })
            },
        ),
        reads::<AnalyzeRequest, Analysed>(
            "analyze_logs",
            "分析日志 · Analyse logs",
            "对一天、一次上传或指定的日志文件运行全部规则与追溯；可能需要数十秒，会报告进度。\n\
             Runs all rules and traces over a day, an upload, or named log files; takes seconds to minutes and tells its \
             progress. For yesterday's report use daily_brief: it is there already.",
            |mut call| {
                Box::pin(async move {
                    said(call.api.analyze(call.caller, call.ask()?, call.on_progress).await?, |analysed| {
                        analysed.text.clone()
                    })
                })
            },
        ),
        reads::<QueryRequest, text::Rows>(
            "query_logs",
            "SQL 查询 · Query in SQL",
            "用一条只读 SQL（DataFusion 方言）查询日志表；先用 describe_tables 看列名，务必按 ts 限定时间范围。\n\
             One read-only SQL statement (DataFusion) over the tables of logs. Look at describe_tables first, and bound `ts`.",
            |mut call| {
                Box::pin(async move {
                    said(text::rows(&call.api.query(call.caller, call.ask()?).await?)?, text::Rows::table)
                })
            },
        ),
        reads::<Nothing, Tables>(
            "describe_tables",
            "表结构 · Tables",
            "各日志表的列、行数和日期范围。\n\
             The tables of logs: their columns, rows and days.",
            |mut call| {
                Box::pin(async move {
                    let Nothing {} = call.ask()?;
                    said(call.api.tables(call.caller).await?, text::tables)
                })
            },
        ),
        reads::<RulesRequest, RuleList>(
            "list_rules",
            "检测规则 · Rules",
            "正在使用的检测规则；给 id 则连同它的 SQL。\n\
             The rules in force; with an id that rule and its SQL.",
            |mut call| {
                Box::pin(async move { said(call.api.rules(call.caller, call.ask()?).await?, text::rules) })
            },
        ),
        reads::<RunsRequest, RunList>(
            "run_status",
            "运行状态 · Runs",
            "每日任务的运行情况，最近的在前；给 id 则连同每个步骤。\n\
             How the daily job went, latest first; with an id that run and its steps.",
            |mut call| {
                Box::pin(async move { said(call.api.runs(call.caller, call.ask()?).await?, text::runs) })
            },
        ),
        entry::<RunDayRequest, RunList>(
            "run_day",
            "执行每日任务 · Run a day",
            "执行某天的完整任务：下载、分析、追溯、播报。需要几分钟；重复执行不会重复播报。\n\
             Runs the daily job for a day: collect, analyse, trace, broadcast. Takes minutes; what was sent is not sent twice.",
            Some(Allowed::RunDay),
            |mut call| {
                Box::pin(async move {
                    said(call.api.run_day(call.caller, call.ask()?, call.on_progress).await?, text::runs)
                })
            },
        ),
        entry::<RunDayRequest, Ingested>(
            "download_logs",
            "下载日志 · Download logs",
            "把某天的日志从存储桶读入数据湖；已读过的不会重复。\n\
             Reads a day's logs from the bucket into the lake; what is there already is not read again.",
            Some(Allowed::DownloadLogs),
            |mut call| {
                Box::pin(async move {
                    said(
                        call.api.download_logs(call.caller, call.ask()?, call.on_progress).await?,
                        text::ingested,
                    )
                })
            },
        ),
    ]
});

/// A tool that takes nothing.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Returns the tools that the caller may call.
pub fn list(api: &Api, caller: &Caller) -> Vec<Tool> {
    let is_open = |entry: &&Entry| entry.needs.is_none_or(|what| api.may(caller, what));
    TOOLS.iter().filter(is_open).map(|entry| entry.tool.clone()).collect()
}

/// Returns the tool of that name; whether the caller may call it, the api says.
pub fn find(name: &str) -> Option<&'static Entry> {
    TOOLS.iter().find(|entry| entry.tool.name == name)
}

impl Entry {
    /// Tells whether an argument may not be left out.
    pub fn wants(&self, argument: &str) -> bool {
        let required = self.tool.input_schema.get("required").and_then(Value::as_array);
        required.is_some_and(|names| names.iter().any(|name| name == argument))
    }
}

fn reads<In: JsonSchema, Out: JsonSchema>(
    name: &'static str,
    title: &str,
    about: &'static str,
    run: Run,
) -> Entry {
    entry::<In, Out>(name, title, about, None, run)
}

fn entry<In: JsonSchema, Out: JsonSchema>(
    name: &'static str,
    title: &str,
    about: &'static str,
    needs: Option<Allowed>,
    run: Run,
) -> Entry {
    // what writes adds to the lake and takes nothing away; twice is once
    let hints = ToolAnnotations::with_title(title)
        .read_only(needs.is_none())
        .destructive(false)
        .idempotent(true)
        .open_world(false);
    let tool = Tool::new(name, about, schema::input::<In>())
        .with_title(title)
        .with_raw_output_schema(schema::output::<Out>())
        .with_annotations(hints);
    Entry { tool, needs, run }
}
