//! Tools of rules: what is in use, tests, backtests, and why a row is reported or not.

use crate::api::request::{BacktestRequest, ExplainRequest, RulesRequest, TestRulesRequest};
use crate::server::mcp::text;
use crate::server::mcp::tool_call::{list_output, output};
use crate::server::mcp::tools::{Entry, reads};

/// Returns the tools of rules.
pub fn tools() -> Vec<Entry> {
    vec![
        reads::<RulesRequest>(
            "list_rules",
            "检测规则 · Rules",
            "正在使用的检测规则；给 id 则连同它的 SQL。\n\
             The detection rules in use. With `id`: that rule and its SQL.",
            |mut call| {
                Box::pin(async move {
                    let (request, bytes) = call.list_request()?;
                    list_output(call.api.rules(call.caller, request).await?, bytes, text::rules)
                })
            },
        ),
        reads::<TestRulesRequest>(
            "test_rules",
            "规则自测 · Test rules",
            "运行 ids（可用前缀，一次最多 30 条）所指规则自带的测试用例。\n\
             Runs the tests that are beside rules whose ids begin with `ids`, at most 30 rules, and returns the failures.",
            |mut call| {
                Box::pin(async move {
                    let (request, bytes) = call.list_request()?;
                    let tests = call.api.test_rules(call.caller, request, call.on_progress).await?;
                    list_output(tests, bytes, text::rules::tests)
                })
            },
        ),
        reads::<BacktestRequest>(
            "backtest_rule",
            "规则回测 · Backtest a rule",
            "用一条规则跑过去几天的数据，看每天会报多少；不保存任何东西。\n\
             Runs one rule over days of the lake as the daily run would: findings a day, with samples. Saves nothing. Use it to \
             see if a rule is silent or noisy, or on which days a problem occurred.",
            |mut call| {
                Box::pin(async move {
                    output(
                        call.api.backtest_rule(call.caller, call.request()?, call.on_progress).await?,
                        text::rules::backtest,
                    )
                })
            },
        ),
        reads::<ExplainRequest>(
            "explain_rule",
            "规则解释 · Explain a rule",
            "一条规则为什么报、或不报某一行：逐个条件给出取值。\n\
             Why a rule reports a row, or does not: each condition of the rule with its value on that row.",
            |mut call| {
                Box::pin(async move {
                    output(call.api.explain_rule(call.caller, call.request()?).await?, text::rules::explained)
                })
            },
        ),
    ]
}
