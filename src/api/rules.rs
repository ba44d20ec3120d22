//! Requests about single rules: tests, backtests, and the way of a row through a rule. Rules are named by their ids, and
//! never by a path. Nothing is saved.

use crate::analysis::rules::sample::Sampling;
use crate::analysis::rules::test::run_chosen;
use crate::api::bounds::{LINE, LIST, TEXT, shorten};
use crate::api::operation::Operation;
use crate::api::paging::Paging;
use crate::api::request::{BacktestRequest, ExplainRequest, TestRulesRequest};
use crate::api::response::{Backtest, ExplainedRow, RuleTests};
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, OnProgress, blocking};
use crate::pipeline::{BacktestDay, limits};
use model::time::{Window, parse_date};
use serde_json::Value;
use std::sync::Arc;

/// Default number of failures of a page.
const PAGE: usize = 20;

/// Most rules that one request may test: each runs its cases through parser and engine.
const MAX_TESTED: usize = 30;

/// Default and largest number of days of a backtest.
const DAYS: usize = 7;
const MAX_DAYS: usize = 31;

impl Api {
    /// Runs the tests of rules.
    pub async fn test_rules(
        &self,
        caller: &Caller,
        request: TestRulesRequest,
        on_progress: &OnProgress<'_>,
    ) -> ApiResult<RuleTests> {
        let arguments = request.clone();
        let work = async move {
            let paging = Paging::of(&request, PAGE, LIST)?;
            let count = self.count_rules(&request.ids).await?;
            if count > MAX_TESTED {
                let what = format!("{count} rules have such ids; the limit of one request is {MAX_TESTED}");
                return Err(ApiError::new(ErrorKind::TooLarge, what).hint("name fewer rules in `ids`"));
            }
            let task_limits = self.analysis_limits(Some(1.0))?;
            self.work(task_limits, on_progress, move |inner, work| {
                let (set, config) = (inner.installation.rules()?, &inner.installation.config);
                work.begin("test");
                let how = Sampling::new(limits(config), config);
                let outcomes = work.wait(run_chosen(&set, &request.ids, how))?;
                let count = outcomes.len() as u64;
                let failures: Vec<_> =
                    outcomes.into_iter().filter(|outcome| outcome.failure.is_some()).collect();
                let failed = failures.len() as u64;
                let state = format!("{count}-{failed}");
                paging.require_state(&state)?;
                let (failures, page) = paging.part(failures, &state);
                let problems = set.faults.iter().map(|fault| shorten(&fault.what, LINE)).take(LIST).collect();
                Ok(RuleTests { passed: count - failed, failed, failures, page, problems })
            })
            .await
        };
        self.handle(caller, Operation::TestRules, &arguments, work).await
    }

    /// Returns how many rules have ids that begin so.
    async fn count_rules(&self, ids: &[String]) -> ApiResult<usize> {
        if ids.is_empty() || ids.len() > LIST || ids.iter().any(|id| id.trim().is_empty()) {
            return Err(ApiError::new(ErrorKind::Invalid, "a test requires ids of rules").hint(format!(
                "set `ids` to 1 to {LIST} ids or prefixes of ids, such as `event/oom_killed`"
            )));
        }
        let (inner, ids) = (Arc::clone(&self.inner), ids.to_owned());
        blocking(move || {
            let set = inner.installation.rules()?;
            let is_chosen = |id: &str| ids.iter().any(|prefix| id.starts_with(prefix.as_str()));
            Ok(set.rules.iter().filter(|rule| is_chosen(&rule.id)).count())
        })
        .await
    }

    /// Runs one rule over days of the lake, as the daily run would.
    pub async fn backtest_rule(
        &self,
        caller: &Caller,
        request: BacktestRequest,
        on_progress: &OnProgress<'_>,
    ) -> ApiResult<Backtest> {
        let arguments = request.clone();
        let work = async move {
            let (from, to) =
                (self.inner.day(request.from.as_deref())?, self.inner.day(request.to.as_deref())?);
            let task_limits = self.analysis_limits(None)?;
            self.work(task_limits, on_progress, move |inner, work| {
                let workspace = inner.workspace()?;
                let rule = workspace.rules.find(&request.rule)?.clone();
                let mut dates = workspace.days_between(from.as_deref(), to.as_deref())?;
                let count = dates.len();
                if from.is_none() {
                    dates.drain(..count.saturating_sub(DAYS));
                }
                if dates.len() > MAX_DAYS {
                    let what = format!("{} days have rows; the limit is {MAX_DAYS} days", dates.len());
                    return Err(ApiError::new(ErrorKind::TooLarge, what).hint("set a later `from`"));
                }
                let note = (dates.len() < count)
                    .then(|| format!("the last {} of {count} days; set `from` for others", dates.len()));
                let mut days: Vec<BacktestDay> = Vec::new();
                for date in &dates {
                    work.begin(date);
                    let window = Window::day(parse_date(date)?, inner.zone);
                    days.push(work.wait(workspace.backtest_day(&rule, window))?);
                }
                Ok(Backtest {
                    rule: rule.id,
                    quiet_when: rule.header.quiet_when,
                    findings: days.iter().map(|day| day.findings as u64).sum(),
                    days_with_findings: days.iter().filter(|day| day.findings > 0).count() as u64,
                    days,
                    note,
                })
            })
            .await
        };
        self.handle(caller, Operation::BacktestRule, &arguments, work).await
    }

    /// Follows a row through a rule: which condition lets it pass, and which stops it.
    pub async fn explain_rule(&self, caller: &Caller, request: ExplainRequest) -> ApiResult<ExplainedRow> {
        let arguments = request.clone();
        let work = async move {
            let task_limits = self.analysis_limits(None)?;
            self.work(task_limits, &|_, _, _| {}, move |inner, work| {
                let workspace = inner.workspace()?;
                let rule = workspace.rules.find(&request.rule)?.clone();
                let (table, mut row, explanation) = work.wait(workspace.explain(&rule, &request.row_id))?;
                for value in row.values_mut() {
                    if let Value::String(text) = value {
                        *text = shorten(text, TEXT);
                    }
                }
                Ok(ExplainedRow { table: table.name().into(), row, explanation })
            })
            .await
        };
        self.handle(caller, Operation::ExplainRule, &arguments, work).await
    }
}
