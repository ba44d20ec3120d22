//! Parameters of views.

use model::lang::Lang;
use schemars::JsonSchema;
use serde::Deserialize;

/// Selects a day.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TodayRequest {
    /// Local day: YYYY-MM-DD, `today` or `yesterday`. Default: the last day with a report.
    pub date: Option<String>,
    /// `zh` or `en`. Default: what was chosen last, else what the browser prefers.
    pub lang: Option<Lang>,
}

/// Selects an incident.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IncidentViewRequest {
    /// Id of the incident, or a unique prefix of it.
    pub id: String,
    /// Local day: YYYY-MM-DD, `today` or `yesterday`. Default: the last report that contains the incident.
    pub date: Option<String>,
    /// Selects the next findings.
    pub cursor: Option<String>,
    /// `zh` or `en`. Default: what was chosen last, else what the browser prefers.
    #[expect(dead_code, reason = "checked here, read by the visitor")]
    pub lang: Option<Lang>,
}

/// Selects lines: those of a window, or with `row_id` those around a row.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExploreRequest {
    /// Time: `yesterday`, `2026-11-22`, `2026-11-22 10:00-11:00`, `last 2h`, or START to END. Default: the last day with
    /// rows.
    pub window: Option<String>,
    /// Local day: YYYY-MM-DD, `today` or `yesterday`.
    pub date: Option<String>,
    /// Table: `business`, `standard`, `event` or `audit`. Default: all four.
    pub table: Option<String>,
    /// Kubernetes namespace.
    pub namespace: Option<String>,
    /// Workload: NAME or NAMESPACE/NAME.
    pub workload: Option<String>,
    /// Pod: NAME or NAMESPACE/NAME.
    pub pod: Option<String>,
    /// Node.
    pub node: Option<String>,
    /// Text that the user of a request contains.
    pub user: Option<String>,
    /// Lowest level: `trace`, `debug`, `info`, `warn`, `error` or `fatal`.
    pub level: Option<String>,
    /// Text that the message contains, in any case.
    pub contains: Option<String>,
    /// Selects the next lines.
    pub cursor: Option<String>,
    /// Id of a row, to show the lines around it.
    pub row_id: Option<String>,
    /// What the lines around a row have in common with it: `namespace`, `workload`, `pod` or `node`.
    pub same: Option<String>,
    /// Seconds before and after the row, 1 to 3600. Default: 60.
    pub seconds: Option<u32>,
    /// `zh` or `en`. Default: what was chosen last, else what the browser prefers.
    pub lang: Option<Lang>,
}

/// Selects a trace. Without a start, the page has the form alone.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TraceViewRequest {
    /// Kind of `from`: `workload`, `pod`, `node`, `trace_id`, `operation` or `finding`.
    pub kind: Option<String>,
    /// What the trace starts from.
    pub from: Option<String>,
    /// NAMESPACE/NAME of a workload.
    pub workload: Option<String>,
    /// NAMESPACE/POD.
    pub pod: Option<String>,
    /// Name of a node.
    pub node: Option<String>,
    /// Trace id of a request, as it appears in business logs.
    pub trace_id: Option<String>,
    /// Audit id of a change.
    pub operation: Option<String>,
    /// Id of a finding or of a saved trace.
    pub finding: Option<String>,
    /// Time of the problem.
    pub at: Option<String>,
    /// Local day of `at`, or of the report that contains `finding`.
    pub date: Option<String>,
    /// `zh` or `en`. Default: what was chosen last, else what the browser prefers.
    pub lang: Option<Lang>,
}

/// A statement, and how its rows are shown.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SqlViewRequest {
    /// One read-only SQL statement. Without it, the page has the editor alone.
    pub q: Option<String>,
    /// `table`, `bar` or `line`. Default: `table`.
    pub chart: Option<String>,
    /// `zh` or `en`. Default: what was chosen last, else what the browser prefers.
    pub lang: Option<Lang>,
}

/// A format of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// CSV with a header line.
    #[default]
    Csv,
    /// Parquet.
    Parquet,
}

/// A statement, and the format of a file with its rows.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DownloadRequest {
    /// One read-only SQL statement.
    pub q: String,
    /// `csv` or `parquet`. Default: `csv`.
    #[serde(default)]
    pub format: FileFormat,
}

/// What to run of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunOf {
    /// Its tests.
    Test,
    /// The rule, over the last 7 days with rows.
    Backtest,
}

/// Selects rules, or one rule.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RulesViewRequest {
    /// Agent: `business`, `standard`, `event` or `audit`.
    pub agent: Option<String>,
    /// Id of one rule.
    pub id: Option<String>,
    /// `test` or `backtest`: what to run of the rule.
    pub run: Option<RunOf>,
    /// `zh` or `en`. Default: what was chosen last, else what the browser prefers.
    pub lang: Option<Lang>,
}

/// Selects runs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunsViewRequest {
    /// Selects the next runs.
    pub cursor: Option<String>,
    /// `zh` or `en`. Default: what was chosen last, else what the browser prefers.
    pub lang: Option<Lang>,
}

/// Selects a run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunViewRequest {
    /// Run id, a unique prefix of it, or `last`.
    pub id: String,
    /// `zh` or `en`. Default: what was chosen last, else what the browser prefers.
    #[expect(dead_code, reason = "checked here, read by the visitor")]
    pub lang: Option<Lang>,
}
