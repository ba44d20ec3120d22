//! Arguments of requests that investigate: what changed, which lines are near, which patterns, how many, which
//! incidents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A part of the place of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Namespace.
    Namespace,
    /// Workload, in its namespace.
    Workload,
    /// Pod, in its namespace.
    Pod,
    /// Node.
    Node,
}

/// Selects changes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChangesRequest {
    /// Time to search: `yesterday`, `2026-11-22`, `2026-11-22 10:00-11:00`, `last 2h`, `10:00-11:00` with `date`, or
    /// START to END. Default: the 8 hours before `near` and the hour after it; without `near`, the last day with
    /// rows.
    pub window: Option<String>,
    /// Local day: YYYY-MM-DD, `today` or `yesterday`.
    pub date: Option<String>,
    /// Time of a problem. The changes closest to it come first; without it, the newest.
    pub near: Option<String>,
    /// Kubernetes namespace.
    pub namespace: Option<String>,
    /// Workload whose objects changed: NAME or NAMESPACE/NAME.
    pub workload: Option<String>,
    /// Object: NAME, KIND/NAME or KIND, as in `ConfigMap/pay-api` or `ConfigMap`.
    pub object: Option<String>,
    /// Text that the user, or who is behind a controller, contains.
    pub who: Option<String>,
    /// Text that the field's path contains, such as `memory` or `image`.
    pub field: Option<String>,
    /// If true, also what the cluster's own components changed (kubelets, controllers). Default: false, and the
    /// response has their number.
    pub system: bool,
    /// Maximum number of changes, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// Maximum size of the list in tokens of 3 bytes, 200 to 20000: over MCP of the text, default 8000; over HTTP of the
    /// JSON, default no limit.
    pub max_tokens: Option<u32>,
    /// `next_cursor` of the previous response. The other arguments must be the same.
    pub cursor: Option<String>,
}

/// Selects the lines around a row or a time. Set `row_id`, or `at` and at least one of `namespace`, `workload`, `pod`,
/// `node`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NeighboursRequest {
    /// Id of a row, as in evidence and in the column `row_id`.
    pub row_id: Option<String>,
    /// Time: `2026-11-22 10:12`, `yesterday 10:12`, RFC 3339, or `10:12` with `date`.
    pub at: Option<String>,
    /// Local day of `at`: YYYY-MM-DD, `today` or `yesterday`.
    pub date: Option<String>,
    /// Seconds before and after, 1 to 3600. Default: 60.
    pub seconds: Option<u32>,
    /// If true, also what the cluster's own components (kubelets, controllers) read, and what they write all the time:
    /// statuses, leases, events. Default: false, and the response has their number.
    pub system: bool,
    /// Only lines of the same place as the row. Default: all lines of the cluster at that time.
    pub same: Option<Place>,
    /// Kubernetes namespace.
    pub namespace: Option<String>,
    /// Workload: NAME or NAMESPACE/NAME.
    pub workload: Option<String>,
    /// Pod: NAME or NAMESPACE/NAME.
    pub pod: Option<String>,
    /// Node.
    pub node: Option<String>,
    /// Tables to read, of `business`, `standard`, `event`, `audit`. Default: all.
    pub tables: Vec<String>,
    /// Lowest level of lines: `trace`, `debug`, `info`, `warn`, `error` or `fatal`. Lines without a level are kept.
    pub level: Option<String>,
    /// Maximum number of lines, 1 to 200. The nearest are returned first. Default: 50.
    pub limit: Option<u32>,
    /// Maximum size of the list in tokens of 3 bytes, 200 to 20000: over MCP of the text, default 8000; over HTTP of the
    /// JSON, default no limit.
    pub max_tokens: Option<u32>,
    /// `next_cursor` of the previous response. The other arguments must be the same.
    pub cursor: Option<String>,
}

/// Selects patterns of messages.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PatternsRequest {
    /// Time to search: `yesterday`, `2026-11-22`, `2026-11-22 10:00-11:00`, `last 2h`, `10:00-11:00` with `date`, or
    /// START to END. Default: the last day with rows.
    pub window: Option<String>,
    /// Local day: YYYY-MM-DD, `today` or `yesterday`.
    pub date: Option<String>,
    /// Table: `business`, `standard` or `event`. Default: all three.
    pub table: Option<String>,
    /// Kubernetes namespace.
    pub namespace: Option<String>,
    /// Workload: NAME or NAMESPACE/NAME.
    pub workload: Option<String>,
    /// Lowest level: `trace`, `debug`, `info`, `warn`, `error` or `fatal`. Lines without a level are left out.
    pub level: Option<String>,
    /// Text that the message contains, in any case.
    pub contains: Option<String>,
    /// If true, only patterns that the history before the window does not have.
    pub only_new: bool,
    /// Maximum number of patterns, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// Maximum size of the list in tokens of 3 bytes, 200 to 20000: over MCP of the text, default 8000; over HTTP of the
    /// JSON, default no limit.
    pub max_tokens: Option<u32>,
    /// `next_cursor` of the previous response. The other arguments must be the same.
    pub cursor: Option<String>,
}

/// Selects the rows to count.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HistogramRequest {
    /// Table: `business`, `standard`, `event` or `audit`.
    pub table: String,
    /// Time to count: `yesterday`, `2026-11-22`, `2026-11-22 10:00-11:00`, `last 2h`, `10:00-11:00` with `date`, or
    /// START to END. Default: the last day with rows.
    pub window: Option<String>,
    /// Local day: YYYY-MM-DD, `today` or `yesterday`.
    pub date: Option<String>,
    /// Kubernetes namespace.
    pub namespace: Option<String>,
    /// Workload: NAME or NAMESPACE/NAME.
    pub workload: Option<String>,
    /// Pod: NAME or NAMESPACE/NAME.
    pub pod: Option<String>,
    /// Node.
    pub node: Option<String>,
    /// Text that the user of a request contains. Only `audit` has users.
    pub user: Option<String>,
    /// Lowest level: `trace`, `debug`, `info`, `warn`, `error` or `fatal`. Rows without a level are left out.
    pub level: Option<String>,
    /// Text that the message contains, in any case.
    pub contains: Option<String>,
}

impl LinesRequest {
    /// Returns the request for the counts of the same rows of a table.
    pub fn counts_of(&self, table: &str) -> HistogramRequest {
        let of = self.clone();
        HistogramRequest {
            table: table.to_owned(),
            window: of.window,
            date: of.date,
            namespace: of.namespace,
            workload: of.workload,
            pod: of.pod,
            node: of.node,
            user: of.user,
            level: of.level,
            contains: of.contains,
        }
    }
}

/// Selects incidents.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IncidentsRequest {
    /// Local day: YYYY-MM-DD, `today` or `yesterday`. Default: the last day with a report.
    pub date: Option<String>,
    /// Minimum severity: `info`, `low`, `medium`, `high` or `critical`.
    pub severity: Option<String>,
    /// Kubernetes namespace of the object that fails, or of a workload that is affected.
    pub namespace: Option<String>,
    /// Maximum number of incidents, 1 to 200. Default: 20.
    pub limit: Option<u32>,
    /// Maximum size of the list in tokens of 3 bytes, 200 to 20000: over MCP of the text, default 8000; over HTTP of the
    /// JSON, default no limit.
    pub max_tokens: Option<u32>,
    /// `next_cursor` of the previous response. The other arguments must be the same.
    pub cursor: Option<String>,
}

/// Selects one incident.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentRequest {
    /// Id of the incident, or a unique prefix of it.
    pub id: String,
    /// Local day: YYYY-MM-DD, `today` or `yesterday`. Default: the last report that contains the incident.
    pub date: Option<String>,
    /// If true, also the new warnings of the workload that fails, in the half hour before the onset. Default: true over
    /// MCP, false over HTTP.
    pub warnings: Option<bool>,
    /// Maximum number of its findings, 1 to 200. Default: 20.
    pub limit: Option<u32>,
    /// Maximum size of the response in tokens of 3 bytes, 200 to 20000, with at least one finding: over MCP of the text,
    /// default 8000; over HTTP of the JSON, default no limit.
    pub max_tokens: Option<u32>,
    /// `next_cursor` of the previous response. The other arguments must be the same.
    pub cursor: Option<String>,
}

/// Selects the lines of a window.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinesRequest {
    /// Table: `business`, `standard`, `event` or `audit`. Default: all four.
    pub table: Option<String>,
    /// Time to search: `yesterday`, `2026-11-22`, `2026-11-22 10:00-11:00`, `last 2h`, `10:00-11:00` with `date`, or
    /// START to END. Default: the last day with rows.
    pub window: Option<String>,
    /// Local day: YYYY-MM-DD, `today` or `yesterday`.
    pub date: Option<String>,
    /// Kubernetes namespace.
    pub namespace: Option<String>,
    /// Workload: NAME or NAMESPACE/NAME.
    pub workload: Option<String>,
    /// Pod: NAME or NAMESPACE/NAME.
    pub pod: Option<String>,
    /// Node.
    pub node: Option<String>,
    /// Text that the user of a request contains. Only `audit` has users.
    pub user: Option<String>,
    /// Lowest level: `trace`, `debug`, `info`, `warn`, `error` or `fatal`. Rows without a level are left out.
    pub level: Option<String>,
    /// Text that the message contains, in any case.
    pub contains: Option<String>,
    /// Maximum number of lines, 1 to 200. Default: 50.
    pub limit: Option<u32>,
    /// Maximum size of the list in tokens, 200 to 20000; a token is counted as 3 bytes. Default: no limit.
    pub max_tokens: Option<u32>,
    /// `next_cursor` of the previous response. The other arguments must be the same.
    pub cursor: Option<String>,
}
