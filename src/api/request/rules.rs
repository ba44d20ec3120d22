//! Arguments of requests about single rules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Selects the rules to test.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestRulesRequest {
    /// Ids of rules, or prefixes of ids, such as `event/oom_killed` or `event/node_`; at most 30 rules.
    pub ids: Vec<String>,
    /// Maximum number of failures, 1 to 200. Default: 20.
    pub limit: Option<u32>,
    /// Maximum size of the list in tokens of 3 bytes, 200 to 20000: over MCP of the text, default 8000; over HTTP of the
    /// JSON, default no limit.
    pub max_tokens: Option<u32>,
    /// `next_cursor` of the previous response. The other arguments must be the same.
    pub cursor: Option<String>,
}

/// Selects a rule and the days to run it over.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BacktestRequest {
    /// Id of the rule.
    pub rule: String,
    /// First local day: YYYY-MM-DD, `yesterday`, `7 days ago`. Default: the last 7 days with rows.
    pub from: Option<String>,
    /// Last local day, inclusive. At most 31 days with rows.
    pub to: Option<String>,
}

/// Selects a rule and a row.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainRequest {
    /// Id of the rule.
    pub rule: String,
    /// Id of the row, as in evidence and in the column `row_id`.
    pub row_id: String,
}
