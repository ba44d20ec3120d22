//! Tools that write to the lake.

use crate::api::request::RunDayRequest;
use crate::config::Allowed;
use crate::server::mcp::text;
use crate::server::mcp::tool_call::output;
use crate::server::mcp::tools::{Entry, entry};

/// Returns the tools that write to the lake.
pub fn tools() -> Vec<Entry> {
    vec![
        entry::<RunDayRequest>(
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
        entry::<RunDayRequest>(
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
