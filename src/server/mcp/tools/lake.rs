//! Tools that read tables and runs.

use crate::api::request::{QueryRequest, RunsRequest};
use crate::api::response::{RunList, TableList};
use crate::server::mcp::text;
use crate::server::mcp::tool_call::output;
use crate::server::mcp::tools::{Entry, reads};
use schemars::JsonSchema;

/// The arguments of a tool without parameters.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoArguments {}

/// Returns the tools that read tables and runs.
pub fn tools() -> Vec<Entry> {
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
