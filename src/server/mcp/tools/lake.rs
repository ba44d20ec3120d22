//! Tools that read tables and runs.

use crate::api::request::{RowsRequest, RunsRequest};
use crate::server::mcp::text;
use crate::server::mcp::text::rows::{OUTPUT, Rows};
use crate::server::mcp::tool_call::{list_output, output};
use crate::server::mcp::tools::{Entry, reads};
use schemars::JsonSchema;

/// The arguments of a tool without parameters.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoArguments {}

/// Returns the tools that read tables and runs.
pub fn tools() -> Vec<Entry> {
    vec![
        reads::<RowsRequest>(
            "query_logs",
            "SQL 查询 · Query in SQL",
            "用一条只读 SQL（DataFusion 方言）查询日志表；先用 describe_tables 看列名，务必按 ts 限定时间范围。时间不写时区即本地时间，\
             结果也是本地时间并带时区偏移。\n\
             Runs one read-only SQL statement (DataFusion dialect) over the log tables. Call describe_tables first, and \
             filter by `ts`: a time without a zone is local time (`ts >= '2026-11-22 10:00'`), and times of the result are \
             local too, with their offset. Long cells lose their middle, see `max_cell`; rows that follow: `cursor`.",
            |mut call| {
                Box::pin(async move {
                    let (request, bytes): (RowsRequest, usize) = call.list_request()?;
                    let max_cell = request.max_cell;
                    let answer = call.api.query_rows(call.caller, request, OUTPUT).await?;
                    list_output(Rows::of(answer, max_cell, call.zone())?, bytes, Rows::table)
                })
            },
        ),
        reads::<NoArguments>(
            "describe_tables",
            "表结构 · Tables",
            "各日志表的列、行数和日期范围。\n\
             The log tables with their columns, row counts and days, the zone of local times, and which tables are computed.",
            |mut call| {
                Box::pin(async move {
                    let NoArguments {} = call.request()?;
                    let zone = call.zone();
                    output(call.api.tables(call.caller).await?, |list| text::tables(list, zone))
                })
            },
        ),
        reads::<RunsRequest>(
            "run_status",
            "运行状态 · Runs",
            "每日任务的运行情况，最近的在前；给 id 则连同每个步骤。\n\
             Runs of the daily job, latest first. With `id`: that run and its steps.",
            |mut call| {
                Box::pin(async move {
                    let (request, bytes) = call.list_request()?;
                    list_output(call.api.runs(call.caller, request).await?, bytes, text::runs)
                })
            },
        ),
    ]
}
