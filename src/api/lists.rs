//! Requests for lists: tables, rules, runs, days with reports, and the audit log.

use crate::analysis::rules;
use crate::analysis::rules::header::Rule;
use crate::api::bounds::{LINE, LIST, TEXT, shorten};
use crate::api::operation::Operation;
use crate::api::paging::Paging;
use crate::api::reports::agent_of;
use crate::api::request::{RulesRequest, RunsRequest};
use crate::api::response::{AuditLogPage, RuleDoc, RuleList, RunList, TableDoc, TableList};
use crate::api::runs;
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, blocking};
use crate::lake;
use crate::lake::catalog::TableTotals;
use crate::lake::docs;
use std::sync::Arc;

/// Longest list of runs.
const MAX_RUNS: usize = 1000;

impl Api {
    /// Returns the tables of the lake with their columns, row counts and days.
    pub async fn tables(&self, caller: &Caller) -> ApiResult<TableList> {
        let work = self.read(|_, catalog| {
            let totals = catalog.totals()?;
            let table = |name: &'static str| {
                let totals = totals.iter().find(|totals| totals.table == name).cloned();
                let TableTotals { rows, days, .. } = totals.unwrap_or_default();
                let (about, columns) = (docs::about_table(name).into(), docs::columns_of(name)?);
                let computed = docs::computed(name).map(str::to_owned);
                Ok(TableDoc { name: name.into(), about, rows, computed, days, columns })
            };
            Ok(TableList { tables: lake::tables().map(table).collect::<ApiResult<_>>()? })
        });
        self.handle(caller, Operation::Tables, &(), work).await
    }

    /// Returns the rules in use; with an id, that rule and its SQL.
    pub async fn rules(&self, caller: &Caller, request: RulesRequest) -> ApiResult<RuleList> {
        let (arguments, inner) = (request.clone(), Arc::clone(&self.inner));
        let work = blocking(move || list(inner.installation.rules()?, &request));
        self.handle(caller, Operation::Rules, &arguments, work).await
    }

    /// Returns runs, latest first; with an id, that run and its steps.
    pub async fn runs(&self, caller: &Caller, request: RunsRequest) -> ApiResult<RunList> {
        let arguments = request.clone();
        let work = self.read(move |inner, catalog| {
            let date = inner.day(request.date.as_deref())?;
            let paging = Paging::of(&request, runs::DEFAULT_LIMIT, MAX_RUNS)?;
            let runs = match &request.id {
                Some(id) => vec![runs::find(catalog, id)?],
                None => runs::list(catalog, date.as_deref(), MAX_RUNS)?,
            };
            let state = runs.first().map(|run| run.id.clone()).unwrap_or_default();
            paging.require_state(&state)?;
            let (runs, page) = paging.part(runs, &state);
            Ok(RunList { runs, page })
        });
        self.handle(caller, Operation::Runs, &arguments, work).await
    }

    /// Returns the latest `limit` days with a report, latest first.
    pub async fn days(&self, caller: &Caller, limit: usize) -> ApiResult<Vec<String>> {
        let work = self.read(move |_, catalog| {
            let days = catalog.reported_days("")?.into_iter().map(|(date, _)| date);
            Ok(days.rev().take(limit).collect())
        });
        self.handle(caller, Operation::Days, &limit, work).await
    }

    /// Returns the audit log, latest first: at most `limit` entries, 1 to 200, default 200. Requires the
    /// role `admin`.
    pub async fn audit_log(&self, caller: &Caller, limit: Option<u32>) -> ApiResult<AuditLogPage> {
        let inner = Arc::clone(&self.inner);
        let count = limit.map_or(LIST, |limit| limit as usize).clamp(1, LIST);
        let work = blocking(move || Ok(AuditLogPage { entries: inner.audit.latest(count)? }));
        self.handle(caller, Operation::AuditLog, &limit, work).await
    }
}

fn list(set: rules::RuleSet, request: &RulesRequest) -> ApiResult<RuleList> {
    let paging = Paging::of(request, usize::MAX, LIST)?;
    let agent = request.agent.as_deref().map(agent_of).transpose()?;
    let is_selected = |rule: &&Rule| {
        agent.is_none_or(|agent| rule.agent == agent) && request.id.as_ref().is_none_or(|id| rule.id == *id)
    };
    let doc = |rule: &Rule| RuleDoc {
        id: rule.id.clone(),
        title: rule.header.title.clone(),
        severity: rule.header.severity,
        why: shorten(&rule.header.why, TEXT),
        advice: shorten(&rule.header.advice, TEXT),
        sql: request.id.is_some().then(|| rule.text.clone()),
    };
    let rules: Vec<RuleDoc> = set.rules.iter().filter(is_selected).map(doc).collect();
    if let (true, Some(id)) = (rules.is_empty(), &request.id) {
        return Err(ApiError::new(
            ErrorKind::NotFound,
            format!("rule `{}` does not exist", shorten(id, LINE)),
        )
        .hint("request all rules to see their ids"));
    }
    let problems = set.faults.iter().map(|fault| shorten(&fault.what, LINE)).take(LIST);
    let problems = problems.collect();
    let state = set.rules.len().to_string();
    paging.require_state(&state)?;
    let (rules, page) = paging.part(rules, &state);
    Ok(RuleList { rules, page, problems })
}
