//! Questions about what there is: tables, rules, runs, and what was asked.

use crate::analysis::rules;
use crate::analysis::rules::header::Rule;
use crate::api::bounds::{LINE, LIST, TEXT, cut};
use crate::api::reports::agent_of;
use crate::api::request::{RulesRequest, RunsRequest};
use crate::api::response::{AuditLogLine, AuditLogPage, RuleDoc, RuleList, RunList, TableDoc, Tables};
use crate::api::runs;
use crate::api::{Api, ApiError, ApiResult, Caller, ErrorKind, Role, ended};
use crate::lake;
use crate::lake::catalog::TableTotals;
use crate::lake::docs;
use model::time::{Ts, parse_date};
use std::sync::Arc;

/// Longest list of runs.
const RUNS: usize = 1000;

impl Api {
    /// Returns the tables with their columns, and what they hold.
    pub async fn tables(&self, caller: &Caller) -> ApiResult<Tables> {
        let work = self.read(|_, catalog| {
            let totals = catalog.totals()?;
            let table = |name: &'static str| {
                let held = totals.iter().find(|of| of.table == name).cloned();
                let TableTotals { rows, days, .. } = held.unwrap_or_default();
                let (about, columns) = (docs::about_table(name).into(), docs::columns_of(name)?);
                Ok(TableDoc { name: name.into(), about, rows, days, columns })
            };
            Ok(Tables { tables: lake::tables().map(table).collect::<ApiResult<_>>()? })
        });
        self.answer(caller, Role::Read, "tables", &(), work).await
    }

    /// Returns the rules in force.
    pub async fn rules(&self, caller: &Caller, ask: RulesRequest) -> ApiResult<RuleList> {
        let (said, inner) = (ask.clone(), Arc::clone(&self.inner));
        let work = async {
            ended(
                tokio::task::spawn_blocking(move || list(rules::load(inner.site.rules.as_deref())?, &ask))
                    .await,
            )
        };
        self.answer(caller, Role::Read, "rules", &said, work).await
    }

    /// Returns runs, latest first; of one run its steps too.
    pub async fn runs(&self, caller: &Caller, ask: RunsRequest) -> ApiResult<RunList> {
        let said = ask.clone();
        let work = self.read(move |_, catalog| {
            let date = ask.date.as_deref();
            date.map(parse_date).transpose()?;
            let limit = ask.limit.map_or(runs::LIMIT, |limit| limit as usize).clamp(1, RUNS);
            let runs = match &ask.id {
                Some(id) => vec![runs::find(catalog, id)?],
                None => runs::list(catalog, date, limit)?,
            };
            Ok(RunList { runs })
        });
        self.answer(caller, Role::Read, "runs", &said, work).await
    }

    /// Returns the days that have reports, latest first, at most `limit`.
    pub async fn days(&self, caller: &Caller, limit: usize) -> ApiResult<Vec<String>> {
        let work = self.read(move |_, catalog| {
            let days = catalog.reported_days("")?.into_iter().map(|(date, _)| date);
            Ok(days.rev().take(limit).collect())
        });
        self.answer(caller, Role::Read, "days", &limit, work).await
    }

    /// Returns who asked what, latest first; at most `limit`, up to 200. Role `admin`.
    pub async fn asked(&self, caller: &Caller, limit: Option<u32>) -> ApiResult<AuditLogPage> {
        let inner = Arc::clone(&self.inner);
        let work = async {
            let limit = limit.map_or(LIST, |limit| limit as usize).clamp(1, LIST);
            let reading = tokio::task::spawn_blocking(move || Ok(inner.audit.latest(limit)?));
            let asked = ended(reading.await)?.into_iter().map(|asked| AuditLogLine {
                ts: Ts(asked.ts),
                caller: asked.caller,
                role: asked.role,
                way: asked.way,
                question: asked.question,
                said: asked.said,
                outcome: asked.outcome,
                why: asked.why,
                took_ms: asked.took_ms,
            });
            Ok(AuditLogPage { asked: asked.collect() })
        };
        self.answer(caller, Role::Admin, "asked", &limit, work).await
    }
}

fn list(set: rules::RuleSet, ask: &RulesRequest) -> ApiResult<RuleList> {
    let agent = ask.agent.as_deref().map(agent_of).transpose()?;
    let is_wanted = |rule: &&Rule| {
        agent.is_none_or(|agent| rule.agent == agent) && ask.id.as_ref().is_none_or(|id| rule.id == *id)
    };
    let doc = |rule: &Rule| RuleDoc {
        id: rule.id.clone(),
        title: rule.header.title.clone(),
        severity: rule.header.severity,
        why: cut(&rule.header.why, TEXT),
        advice: cut(&rule.header.advice, TEXT),
        sql: ask.id.is_some().then(|| rule.text.clone()),
    };
    let rules: Vec<RuleDoc> = set.rules.iter().filter(is_wanted).map(doc).collect();
    if let (true, Some(id)) = (rules.is_empty(), &ask.id) {
        return Err(ApiError::new(ErrorKind::NotFound, format!("there is no rule `{}`", cut(id, LINE)))
            .hint("ask for all of them to see their ids"));
    }
    let faults = set.faults.iter().map(|fault| cut(&fault.what, LINE)).take(LIST);
    Ok(RuleList { rules, faults: faults.collect() })
}
