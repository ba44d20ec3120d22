//! Tools of the agents.

use crate::api::request::{AgentsRequest, RunAgentRequest};
use crate::server::mcp::text;
use crate::server::mcp::tool_call::output;
use crate::server::mcp::tools::{Entry, reads};

/// Returns the tools of the agents.
pub fn tools() -> Vec<Entry> {
    vec![
        reads::<AgentsRequest>(
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
        reads::<RunAgentRequest>(
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
