//! Tools that read reports, incidents, findings and traces, or make them.

use crate::api::request::{
    AnalyzeRequest, BriefRequest, FindingRequest, FindingsRequest, IncidentRequest, IncidentsRequest,
    TraceRequest,
};
use crate::server::mcp::brief::daily_brief;
use crate::server::mcp::text;
use crate::server::mcp::text::investigation;
use crate::server::mcp::tool_call::{list_output, output};
use crate::server::mcp::tools::{Entry, reads};

/// Returns the tools that read reports and traces, or make them.
pub fn tools() -> Vec<Entry> {
    [saved(), findings(), traces()].into_iter().flatten().collect()
}

/// Returns the tools that read saved reports.
fn saved() -> Vec<Entry> {
    vec![
        reads::<BriefRequest>(
            "daily_brief",
            "每日简报 · Daily brief",
            "昨天（或某天）集群出了什么问题：现成的简报，立即返回。语音机器人请用 voice=true，得到 200 字以内、可直接朗读的文本。\n\
             The brief of yesterday or another day: which problems the cluster had. Precomputed, returns at once. With \
             voice=true: at most 200 characters for text-to-speech. Set lang=zh for Chinese users.",
            |call| Box::pin(daily_brief(call)),
        ),
        reads::<IncidentsRequest>(
            "list_incidents",
            "事件列表 · Incidents",
            "从这里开始：某天的事件（一个事件 = 一张工单），每个都有原因（谁在何时改了什么）、把握程度、影响和起止时间。\n\
             Start here: the incidents of a day, the most serious first. An incident groups the findings that share one cause, \
             with the operation that caused it (who, when, which field), the verdict, impact, onset and end. Then \
             get_incident for the evidence.",
            |mut call| {
                Box::pin(async move {
                    let (request, bytes) = call.list_request()?;
                    let list = call.api.incidents(call.caller, request).await?;
                    list_output(list, bytes, |list| investigation::incidents(list, call.zone()))
                })
            },
        ),
        reads::<IncidentRequest>(
            "get_incident",
            "事件详情 · One incident",
            "一个事件的全部内容：关键日志行、追溯链、异常及证据，都带行 id（可用于 neighbours）。\n\
             One incident in full: the decisive log lines, the trace to its cause step by step, its findings with evidence, \
             and what to do. Each line has its row id, for neighbours.",
            |mut call| {
                Box::pin(async move {
                    let (mut request, bytes): (IncidentRequest, usize) = call.list_request()?;
                    request.warnings.get_or_insert(true);
                    let incident = call.api.incident(call.caller, request).await?;
                    list_output(incident, bytes, |incident| investigation::incident(incident, call.zone()))
                })
            },
        ),
    ]
}

/// Returns the tools that read findings.
fn findings() -> Vec<Entry> {
    vec![
        reads::<FindingsRequest>(
            "list_findings",
            "异常列表 · Findings",
            "列出某天的异常，最严重的在前；可按级别、日志类型、命名空间筛选。\n\
             Lists the findings of a day, most severe first; filter by severity, agent (log type) and namespace.",
            |mut call| {
                Box::pin(async move {
                    let (request, bytes) = call.list_request()?;
                    list_output(call.api.findings(call.caller, request).await?, bytes, text::findings)
                })
            },
        ),
        reads::<FindingRequest>(
            "get_finding",
            "异常详情 · One finding",
            "一个异常的说明、建议、日志证据和追溯链。\n\
             One finding: description, advice, log lines as evidence, and its trace.",
            |mut call| {
                Box::pin(async move {
                    let zone = call.zone();
                    let finding = call.api.finding(call.caller, call.request()?).await?;
                    output(finding, |finding| text::finding(finding, zone))
                })
            },
        ),
    ]
}

/// Returns the tools that trace and analyze.
fn traces() -> Vec<Entry> {
    vec![
        reads::<TraceRequest>(
            "trace",
            "根因追溯 · Trace to the cause",
            "为什么出错：从一个异常、Pod、工作负载、节点或请求追溯到引起它的操作；给 operation 则反过来查这个变更影响了什么。\n\
             Finds the operation that caused a problem. Start from a finding, from a pod, workload or node at a time, or \
             from a request. With `operation`, lists what that change broke.",
            |mut call| {
                Box::pin(async move {
                    let zone = call.zone();
                    let traces = call.api.trace(call.caller, call.request()?).await?;
                    output(traces, |traces| investigation::traces(traces, zone))
                })
            },
        ),
        reads::<AnalyzeRequest>(
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
