//! Arguments of requests. MCP input schemas and HTTP parameters are generated from these structs, and
//! their doc comments are the descriptions.

mod investigation; // of requests that investigate
mod rules; // of requests about single rules

pub use crate::api::request::investigation::{
    ChangesRequest, HistogramRequest, IncidentRequest, IncidentsRequest, LinesRequest, NeighboursRequest,
    PatternsRequest, Place,
};
pub use crate::api::request::rules::{BacktestRequest, ExplainRequest, TestRulesRequest};

use model::lang::Lang;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Selects a brief.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BriefRequest {
    /// Local day: YYYY-MM-DD, `today` or `yesterday`. Default: the last day with a report.
    pub date: Option<String>,
    /// `zh` or `en`. Default: `en`.
    pub lang: Option<Lang>,
    /// If true, returns at most 200 characters for text-to-speech instead of the full text.
    pub voice: bool,
}

/// Selects findings.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FindingsRequest {
    /// Local day: YYYY-MM-DD, `today` or `yesterday`. Default: the last day with a report.
    pub date: Option<String>,
    /// Minimum severity: `info`, `low`, `medium`, `high` or `critical`.
    pub severity: Option<String>,
    /// Agent that found it: `business`, `standard`, `event` or `audit`.
    pub agent: Option<String>,
    /// Kubernetes namespace.
    pub namespace: Option<String>,
    /// Maximum number of findings, 1 to 200. Default: 20.
    pub limit: Option<u32>,
    /// Number of findings to skip. `cursor` does so too.
    pub offset: u32,
    /// Maximum size of the list in tokens of 3 bytes, 200 to 20000: over MCP of the text, default 8000; over HTTP of the
    /// JSON, default no limit.
    pub max_tokens: Option<u32>,
    /// `next_cursor` of the previous response. The other arguments must be the same.
    pub cursor: Option<String>,
}

/// Selects one finding.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingRequest {
    /// Id of the finding, or a unique prefix of it.
    pub id: String,
    /// Local day: YYYY-MM-DD, `today` or `yesterday`. Default: the last report that contains the finding.
    pub date: Option<String>,
}

/// Start of a trace. Set exactly one of `finding`, `pod`, `workload`, `node`, `trace_id`, `operation`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TraceRequest {
    /// Id of a finding.
    pub finding: Option<String>,
    /// NAMESPACE/POD. Requires `at`.
    pub pod: Option<String>,
    /// NAMESPACE/NAME of a workload. Requires `at`.
    pub workload: Option<String>,
    /// Name of a node. Requires `at`.
    pub node: Option<String>,
    /// Trace id of a request, as it appears in business logs.
    pub trace_id: Option<String>,
    /// Audit id of a change. The trace then goes forward: what did the change break?
    pub operation: Option<String>,
    /// Time of the problem: local time as in `2026-11-22 10:12`, `yesterday 10:12`, `2h ago`, RFC 3339, or `10:12` with
    /// `date`.
    pub at: Option<String>,
    /// Local day of the report that contains `finding`, or of `at`.
    pub date: Option<String>,
}

/// An SQL statement.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryRequest {
    /// One read-only SQL statement: select, with, values, explain, describe or show.
    pub sql: String,
    /// Maximum number of rows. If there are more, `truncated` is set. 0 returns the columns without running the statement.
    pub limit: Option<u32>,
}

/// An SQL statement whose rows are returned in parts.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowsRequest {
    /// One read-only SQL statement: select, with, values, explain, describe or show. With `order by`, so that each
    /// part continues the one before.
    pub sql: String,
    /// Maximum number of rows, 1 to 1000. Default: 50. `next_cursor` requests the rows that follow.
    pub limit: Option<u32>,
    /// Longest cell of the text in characters, 20 to 8000; of a longer one the middle is left out. Default: 200, or 2000
    /// if there are at most 3 rows. `request->'spec'->>'replicas'` takes one value out of JSON.
    pub max_cell: Option<u32>,
    /// Maximum size of the text in tokens, 200 to 20000; a token is counted as 3 bytes. Default: 8000.
    pub max_tokens: Option<u32>,
    /// `next_cursor` of the previous response. The statement must be the same.
    pub cursor: Option<String>,
}

/// Selects rules.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RulesRequest {
    /// Agent: `business`, `standard`, `event` or `audit`.
    pub agent: Option<String>,
    /// Id of one rule. The response then contains its SQL.
    pub id: Option<String>,
    /// Maximum number of rules, 1 to 200. Default: all.
    pub limit: Option<u32>,
    /// Maximum size of the list in tokens of 3 bytes, 200 to 20000: over MCP of the text, default 8000; over HTTP of the
    /// JSON, default no limit.
    pub max_tokens: Option<u32>,
    /// `next_cursor` of the previous response. The other arguments must be the same.
    pub cursor: Option<String>,
}

/// Selects runs of the daily job.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunsRequest {
    /// Local day: YYYY-MM-DD, `today` or `yesterday`.
    pub date: Option<String>,
    /// Run id, a unique prefix of it, or `last`. The response then contains the run's steps.
    pub id: Option<String>,
    /// Maximum number of runs, 1 to 1000. Default: 30.
    pub limit: Option<u32>,
    /// Maximum size of the list in tokens of 3 bytes, 200 to 20000: over MCP of the text, default 8000; over HTTP of the
    /// JSON, default no limit.
    pub max_tokens: Option<u32>,
    /// `next_cursor` of the previous response. The other arguments must be the same.
    pub cursor: Option<String>,
}

/// Selects what to analyze. Set exactly one of `date`, `upload`, `files`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AnalyzeRequest {
    /// Local day: YYYY-MM-DD, `today` or `yesterday`.
    pub date: Option<String>,
    /// Id of an upload.
    pub upload: Option<String>,
    /// Keys of objects in the lake, as in the column `source`; `*` matches any characters.
    pub files: Vec<String>,
    /// Language of the text, `zh` or `en`. Default: `en`.
    pub lang: Option<Lang>,
}

/// Selects a day.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunDayRequest {
    /// Local day, YYYY-MM-DD. Default: yesterday.
    pub date: Option<String>,
}

/// Selects agents.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AgentsRequest {
    /// Agent: `business`, `standard`, `event` or `audit`. The response then contains its rules.
    pub agent: Option<String>,
}

/// A part of the report of an agent that can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AgentPart {
    /// The SQL that was run.
    Sql,
    /// The log rows behind the findings.
    Tables,
}

/// What an agent is to do. Set `date`, `window`, or `from` and `to`, or none of them for the last day with rows.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunAgentRequest {
    /// Agent: `business`, `standard`, `event` or `audit`.
    pub agent: String,
    /// Local day: YYYY-MM-DD, `today` or `yesterday`.
    pub date: Option<String>,
    /// Time to search, at most 8 days: `yesterday 10:00-11:00`, `last 2h`, `10:00-11:00` with `date`, or START to END.
    pub window: Option<String>,
    /// Start, inclusive: local time, `yesterday 10:00`, `2h ago` or RFC 3339. At most 8 days before `to`.
    pub from: Option<String>,
    /// End, exclusive, in the same forms.
    pub to: Option<String>,
    /// Namespaces that the findings are limited to. Default: all.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// A question in words. Words of rules in it select rules, names of namespaces, workloads, pods and nodes
    /// select objects; `selection` of the response explains how.
    pub instruction: Option<String>,
    /// Maximum number of findings, 1 to 200. Default: 200.
    pub limit: Option<u32>,
    /// Number of findings to skip.
    #[serde(default)]
    pub offset: u32,
    /// Parts of the response besides the findings, `sql` and `tables`. Default: both over HTTP, none over MCP.
    pub parts: Option<Vec<AgentPart>>,
}
