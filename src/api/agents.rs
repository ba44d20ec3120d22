//! The agents as units: what each is, and a run of one over a window. A run changes nothing.

use crate::analysis::agent::key_fields;
use crate::analysis::agent::report::about;
use crate::analysis::rules::header::Rule;
use crate::analysis::rules::{self, of_agent};
use crate::api::analyze::MAX_DAYS;
use crate::api::bounds::{LINE, LIST, shorten, shorten_agent_report};
use crate::api::operation::Operation;
use crate::api::request::{AgentPart, AgentsRequest, RunAgentRequest};
use crate::api::response::{AgentDoc, AgentList, DecisionRule};
use crate::api::window::Named;
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Inner, OnProgress, blocking};
use crate::lake::catalog::Catalog;
use crate::lake::docs::columns_of;
use crate::pipeline::AgentTask;
use model::agent::AgentReport;
use model::error::{Error, Result};
use model::table::Table;
use model::time::Window;
use std::path::Path;
use std::sync::Arc;

/// Number of steps of a run, for the progress.
const STEPS: f64 = 2.0;

/// Longest instruction, in bytes.
const MAX_INSTRUCTION: usize = 4 << 10;

impl Api {
    /// Returns the agents; with a name, that agent and its rules.
    pub async fn agents(&self, caller: &Caller, request: AgentsRequest) -> ApiResult<AgentList> {
        let (arguments, inner) = (request.clone(), Arc::clone(&self.inner));
        let work = blocking(move || {
            let agent = request.agent.as_deref().map(agent_of).transpose()?;
            Ok(AgentList { agents: agents(inner.installation.rules.as_deref(), agent)? })
        });
        self.handle(caller, Operation::Agents, &arguments, work).await
    }

    /// Runs one agent over a window. The findings of a whole day are those of the day's report.
    pub async fn run_agent(
        &self,
        caller: &Caller,
        request: RunAgentRequest,
        on_progress: &OnProgress<'_>,
    ) -> ApiResult<AgentReport> {
        let arguments = request.clone();
        let work = async move {
            let agent = agent_of(&request.agent)?;
            check_size(&request)?;
            let page = (request.offset as usize, request.limit.map_or(LIST, |limit| limit as usize));
            let parts = request.parts.clone();
            let limits = self.analysis_limits(Some(STEPS))?;
            let mut report = self
                .work(limits, on_progress, move |inner, work| {
                    let mut workspace = inner.workspace()?;
                    let window = window(inner, &workspace.catalog, &request)?;
                    let RunAgentRequest { namespaces, instruction, .. } = request;
                    let task = AgentTask { agent, window, namespaces, instruction };
                    work.wait(workspace.run_agent(&task, &|step| work.begin(step)))
                })
                .await?;
            let has = |part| parts.as_ref().is_none_or(|parts| parts.contains(&part));
            if !has(AgentPart::Sql) {
                report.sql.clear();
            }
            if !has(AgentPart::Tables) {
                report.tables.clear();
            }
            shorten_agent_report(&mut report, page.0, page.1.clamp(1, LIST));
            Ok(report)
        };
        self.handle(caller, Operation::RunAgent, &arguments, work).await
    }
}

/// Returns the agents, or one of them with its rules; `folder` is a folder of rules besides the built-in ones.
pub fn agents(folder: Option<&Path>, agent: Option<Table>) -> Result<Vec<AgentDoc>> {
    let set = rules::load(folder)?;
    let shown = Table::LOGS.into_iter().filter(|of| agent.is_none_or(|agent| agent == *of));
    shown.map(|of| doc(of, &set.rules, agent.is_some())).collect()
}

fn doc(agent: Table, rules: &[Rule], has_rules: bool) -> Result<AgentDoc> {
    let mut key_fields_docs = columns_of(agent.name())?;
    key_fields_docs.retain(|column| key_fields(agent).contains(&column.name.as_str()));
    for column in &mut key_fields_docs {
        column.about = about(agent, &column.name).to_owned();
    }
    let rule = |rule: &Rule| DecisionRule {
        id: rule.id.clone(),
        severity: rule.header.severity,
        title: rule.header.title.clone(),
        title_zh: rule.header.zh.title.clone(),
    };
    Ok(AgentDoc {
        agent: agent.name().into(),
        about: agent.about().into(),
        key_fields: key_fields_docs,
        rules: of_agent(rules, agent).count() as u64,
        decision_rules: has_rules.then(|| of_agent(rules, agent).map(rule).collect()),
    })
}

/// Returns the agent with that name.
///
/// # Errors
/// Missing: there is no such agent.
pub fn named(name: &str) -> Result<Table> {
    Table::log_of(name).ok_or_else(|| {
        Error::missing(format!("agent `{}` does not exist", shorten(name, 50)))
            .hint("agents are business, standard, event and audit")
    })
}

fn agent_of(name: &str) -> ApiResult<Table> {
    Ok(named(name)?)
}

fn check_size(request: &RunAgentRequest) -> ApiResult<()> {
    if request.namespaces.len() > LIST {
        let count = request.namespaces.len();
        return Err(ApiError::new(ErrorKind::TooLarge, format!("{count} namespaces; the limit is {LIST}")));
    }
    let bytes = request.instruction.as_ref().map_or(0, String::len);
    if bytes > MAX_INSTRUCTION {
        let what = format!("the instruction has {bytes} bytes; the limit is {MAX_INSTRUCTION}");
        return Err(ApiError::new(ErrorKind::TooLarge, what));
    }
    Ok(())
}

/// Returns the window of a request: what it names, or the last day with rows.
fn window(inner: &Inner, catalog: &Catalog, request: &RunAgentRequest) -> ApiResult<Window> {
    let named = Named {
        date: request.date.as_deref(),
        window: request.window.as_deref(),
        from: request.from.as_deref(),
        to: request.to.as_deref(),
    };
    let window = inner.window(catalog, named)?;
    let days = window.to.since_s(window.from) / 86_400.0;
    if days > MAX_DAYS as f64 {
        let what = format!("the window has {days:.0} days; the limit is {MAX_DAYS} days");
        return Err(ApiError::new(ErrorKind::Invalid, shorten(&what, LINE)).hint("run each day by its date"));
    }
    Ok(window)
}
