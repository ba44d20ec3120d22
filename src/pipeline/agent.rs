//! One agent as a unit: the same rules over the same rows as in the daily run, for any window, scope and
//! instruction. Saves nothing.

use crate::analysis::agent;
use crate::analysis::agent::report::Parts;
use crate::analysis::agent::selection::{is_in_scope, select};
use crate::analysis::report;
use crate::analysis::rules::header::Rule;
use crate::analysis::rules::of_agent;
use crate::analysis::trace::Bursts;
use crate::pipeline::Workspace;
use crate::query::engine::Engine;
use model::agent::AgentReport;
use model::error::{Problem, Result};
use model::report::Finding;
use model::table::Table;
use model::time::Window;
use std::collections::BTreeSet;

/// What an agent is to do.
#[derive(Clone, Debug)]
pub struct AgentTask {
    /// The agent.
    pub agent: Table,
    /// The time to analyse.
    pub window: Window,
    /// Namespaces that the findings are limited to; all if empty.
    pub namespaces: Vec<String>,
    /// A question in words, which selects rules and objects.
    pub instruction: Option<String>,
}

impl Workspace {
    /// Runs one agent over a window and returns its report. Calls `on_step` with the name of each step as it
    /// starts.
    pub async fn run_agent(&mut self, task: &AgentTask, on_step: &dyn Fn(&str)) -> Result<AgentReport> {
        let AgentTask { agent, window, .. } = *task;
        on_step("analyse");
        self.rules.check_own(&Engine::empty(self.limits()).await?, &self.config.rules).await;
        let mut problems = self.rule_problems(agent);
        let engine = self.engine(Some(window)).await?;
        let rules: Vec<&Rule> = of_agent(&self.rules.rules, agent).collect();
        let mut selection =
            select(&engine, agent, rules, &task.namespaces, task.instruction.as_deref()).await?;
        let mut found = agent::invoke(agent, &selection.rules, &engine, window, &self.config).await?;
        // few rules that find nothing do not mean that nothing is wrong
        let is_shown = |finding: &Finding| is_in_scope(&selection.scope, finding);
        if !selection.is_exact() && !found.findings.iter().any(is_shown) {
            selection.widen(of_agent(&self.rules.rules, agent));
            found = agent::invoke(agent, &selection.rules, &engine, window, &self.config).await?;
        }
        on_step("report");
        match Bursts::load(&engine).await {
            Ok(bursts) => found.findings.iter_mut().for_each(|of| of.episodes = bursts.episodes(of)),
            Err(error) => problems.push(error.into_problem("trace")),
        }
        let before = window.date().pred_opt().map(|day| self.saved_report(day)).transpose()?.flatten();
        report::set_status(&mut found.findings, before.as_ref());
        report::sort(&mut found.findings);
        self.link(&mut found.findings, window)?;
        let coverage = report::table_coverage(&engine, agent, window, &mut BTreeSet::new()).await?;
        let parts = Parts { agent, window, selection, found, coverage, problems };
        agent::report::report(&engine, &self.config, parts).await
    }

    /// Returns the faults of the rules of an agent.
    fn rule_problems(&self, agent: Table) -> Vec<Problem> {
        let id = format!("rule `{}/", agent.name());
        self.rules.problems().into_iter().filter(|problem| problem.what.contains(&id)).collect()
    }

    /// Sets the ids of trace and incident from the day's saved report, if the window is a day whose rows have
    /// not changed since.
    fn link(&self, findings: &mut [Finding], window: Window) -> Result<()> {
        if window != Window::day(window.date(), window.zone) {
            return Ok(());
        }
        let Some(saved) = report::up_to_date(&self.catalog, &window.date().to_string())? else {
            return Ok(());
        };
        for finding in findings {
            if let Some(same) = saved.findings.iter().find(|same| same.id == finding.id) {
                finding.trace.clone_from(&same.trace);
                finding.incident.clone_from(&same.incident);
            }
        }
        Ok(())
    }
}
