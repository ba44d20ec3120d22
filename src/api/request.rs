//! What may be said: the fields of MCP tools and of HTTP requests are these, their docs too.

use model::lang::Lang;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which brief.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BriefRequest {
    /// Local day, YYYY-MM-DD; without it the last one reported.
    pub date: Option<String>,
    /// `zh` or `en`.
    pub lang: Option<Lang>,
    /// At most 200 characters to be spoken, instead of a text to be read.
    pub voice: bool,
}

/// Which findings.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FindingsRequest {
    /// Local day, YYYY-MM-DD; without it the last one reported.
    pub date: Option<String>,
    /// Least severity: `info`, `low`, `medium`, `high` or `critical`.
    pub severity: Option<String>,
    /// Agent: `business`, `standard`, `event` or `audit`.
    pub agent: Option<String>,
    /// Namespace.
    pub namespace: Option<String>,
    /// At most this many, up to 200; 20 without it.
    pub limit: Option<u32>,
    /// As many are passed over.
    pub offset: u32,
}

/// Which finding.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingRequest {
    /// Id of the finding, or a beginning that no other has.
    pub id: String,
    /// Local day, YYYY-MM-DD; without it the last report that has it.
    pub date: Option<String>,
}

/// Where a trace starts: one of `finding`, `pod`, `workload`, `node`, `trace_id`, `operation`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TraceRequest {
    /// Id of a finding.
    pub finding: Option<String>,
    /// NAMESPACE/POD; needs `at`.
    pub pod: Option<String>,
    /// NAMESPACE/NAME; needs `at`.
    pub workload: Option<String>,
    /// Node; needs `at`.
    pub node: Option<String>,
    /// Trace id of a request, as business logs carry it.
    pub trace_id: Option<String>,
    /// Audit id of a change: what did it break?
    pub operation: Option<String>,
    /// When: local time, or RFC 3339.
    pub at: Option<String>,
    /// Local day of the finding's report.
    pub date: Option<String>,
}

/// A statement to run.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryRequest {
    /// One read-only SQL statement: select, with, explain, describe or show.
    pub sql: String,
    /// At most this many rows; `truncated` says when there were more.
    pub limit: Option<u32>,
}

/// Which rules.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RulesRequest {
    /// Agent: `business`, `standard`, `event` or `audit`.
    pub agent: Option<String>,
    /// Rule id; its SQL comes too.
    pub id: Option<String>,
}

/// Which runs.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunsRequest {
    /// Local day, YYYY-MM-DD.
    pub date: Option<String>,
    /// Run id, a beginning that no other has, or `last`: that run with its steps.
    pub id: Option<String>,
    /// At most this many, up to 1000; 30 without it.
    pub limit: Option<u32>,
}

/// What to analyse: one of `date`, `upload`, `files`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AnalyzeRequest {
    /// Local day, YYYY-MM-DD.
    pub date: Option<String>,
    /// Id of an upload.
    pub upload: Option<String>,
    /// Keys of objects in the lake; `*` stands for anything.
    pub files: Vec<String>,
    /// Lang of the text.
    pub lang: Option<Lang>,
}

/// Which day.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunDayRequest {
    /// Local day, YYYY-MM-DD; without it yesterday.
    pub date: Option<String>,
}
