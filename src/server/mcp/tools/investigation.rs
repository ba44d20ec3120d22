//! Tools that investigate: what changed, which lines are near, which patterns, how many.

use crate::api::request::{ChangesRequest, HistogramRequest, NeighboursRequest, PatternsRequest};
use crate::server::mcp::text::investigation as text;
use crate::server::mcp::tool_call::{list_output, output};
use crate::server::mcp::tools::{Entry, reads};

/// Returns the tools that investigate.
pub fn tools() -> Vec<Entry> {
    vec![
        reads::<ChangesRequest>(
            "what_changed",
            "变更记录 · What changed",
            "谁在什么时候把哪个字段从什么改成了什么。查故障原因先看它：near 填故障时间，离得最近的变更排在最前。\n\
             Who changed which field of which object, from what to what, with creations and deletions. Ask it early: with `near` \
             = the time of a problem, the closest changes come first; without it, the newest. Narrow by `namespace`, \
             `workload`, `object`, `field` or `who`. Pass an `audit_id` to trace (`operation`) to see what it broke.",
            |mut call| {
                Box::pin(async move {
                    let (request, bytes) = call.list_request()?;
                    list_output(call.api.changes(call.caller, request).await?, bytes, text::changes)
                })
            },
        ),
        reads::<NeighboursRequest>(
            "neighbours",
            "前后日志 · Lines around a row",
            "某一行（row_id）或某一时刻前后的日志，四张表按时间合在一起；same 可限定同一命名空间、工作负载、Pod 或节点。\n\
             The log lines of all four tables around a row or a time, in one stream, nearest first. Use it on the row id of \
             evidence to see what happened just before and after; `same` holds the lines to the row's namespace, workload, pod \
             or node.",
            |mut call| {
                Box::pin(async move {
                    let (request, bytes) = call.list_request()?;
                    list_output(call.api.neighbours(call.caller, request).await?, bytes, text::neighbours)
                })
            },
        ),
        reads::<PatternsRequest>(
            "patterns",
            "日志模式 · Patterns of messages",
            "一段时间里日志的模式（变量已遮盖）及次数，以前没出现过的排在最前，各带一行样本。\n\
             Message templates with counts for each workload, those not seen before the window first, each with one sample \
             line. Use it to see what a workload logs without reading lines: with `level` = error for new errors.",
            |mut call| {
                Box::pin(async move {
                    let (request, bytes) = call.list_request()?;
                    list_output(call.api.patterns(call.caller, request).await?, bytes, text::patterns)
                })
            },
        ),
        reads::<HistogramRequest>(
            "histogram",
            "数量曲线 · Counts by time",
            "一张表的行数随时间的变化（最多 60 段，含失败数），看何时开始、何时结束。\n\
             Counts of rows of one table by time, in at most 60 buckets, with the number of failures. Use it to find when \
             something began and ended; then look closer with neighbours or what_changed.",
            |mut call| {
                Box::pin(async move {
                    output(call.api.histogram(call.caller, call.request()?).await?, text::histogram)
                })
            },
        ),
    ]
}
