//! The names in a report, and the report with each of them replaced by its pseudonym.
//! Must not know how a name is found in a text.

use crate::Pseudonyms;
use crate::pseudonym::Kind;
use model::entity::Entity;
use model::error::Problem;
use model::report::{Evidence, Finding, Gone, Report, StepKind, Trace, Zh};
use serde_json::Value;

impl Pseudonyms {
    /// Returns the pseudonyms of all names in a report.
    pub fn of(report: &Report) -> Self {
        let names = Self::default();
        let mut known = names.lock();
        for finding in &report.findings {
            known.add_entity(&finding.entity);
            if let Some(user) = finding.facts.get("username").and_then(Value::as_str) {
                known.add_user(user);
            }
        }
        for trace in &report.traces {
            known.add_entity(&trace.entity);
            for hypothesis in &trace.hypotheses {
                if let Some(cause) = &hypothesis.cause {
                    known.add_user(&cause.username);
                    match cause.resource.as_str() {
                        "pods" => known.add(Kind::Pod, &cause.name),
                        "nodes" => known.add(Kind::Node, &cause.name),
                        _ => {}
                    }
                }
                if let Some(state) = hypothesis.state.as_ref().filter(|state| state.kind == "Node") {
                    known.add(Kind::Node, &state.name);
                }
                let operations = hypothesis.steps.iter().filter(|step| step.kind == StepKind::Operation);
                operations.for_each(|step| known.add_user(&step.who));
            }
        }
        report.gone.iter().for_each(|gone| known.add_entity(&gone.entity));
        drop(known);
        names.hide_report(report); // adds the names that occur only in its texts
        names
    }

    /// Returns the report with the names in all its texts hidden; ids, times and counts stay.
    pub fn hide_report(&self, report: &Report) -> Report {
        let mut report = report.clone();
        report.coverage.problems.iter_mut().for_each(|problem| self.hide_problem(problem));
        report.findings.iter_mut().for_each(|finding| self.hide_finding(finding));
        report.traces.iter_mut().for_each(|trace| self.hide_trace(trace));
        for agent in &mut report.agents {
            agent.problems.iter_mut().for_each(|problem| self.hide_problem(problem));
        }
        for Gone { title, entity, zh, .. } in &mut report.gone {
            self.hide_all([title]);
            self.hide_entity(entity);
            self.hide_zh(zh);
        }
        report
    }

    fn hide_all<'s>(&self, texts: impl IntoIterator<Item = &'s mut String>) {
        texts.into_iter().for_each(|text| *text = self.hide(text));
    }

    fn hide_problem(&self, problem: &mut Problem) {
        self.hide_all([&mut problem.what].into_iter().chain(&mut problem.place).chain(&mut problem.hint));
    }

    fn hide_zh(&self, zh: &mut Zh) {
        self.hide_all([&mut zh.title, &mut zh.summary, &mut zh.why, &mut zh.advice].into_iter().flatten());
    }

    fn hide_entity(&self, entity: &mut Entity) {
        for column in Entity::COLUMNS {
            entity.set(column, entity.part(column).map(|name| self.hide(name)));
        }
    }

    fn hide_evidence(&self, evidence: &mut [Evidence]) {
        self.hide_all(evidence.iter_mut().flat_map(|line| [&mut line.source, &mut line.text]));
    }

    fn hide_finding(&self, finding: &mut Finding) {
        let Finding { title, summary, why, advice, .. } = finding;
        self.hide_all([title, summary, why, advice]);
        self.hide_zh(&mut finding.zh);
        self.hide_entity(&mut finding.entity);
        finding.facts.values_mut().for_each(|value| self.hide_value(value));
        self.hide_evidence(&mut finding.evidence);
    }

    fn hide_trace(&self, trace: &mut Trace) {
        self.hide_entity(&mut trace.entity);
        self.hide_all(trace.reasons.iter_mut().flat_map(|reason| [&mut reason.text, &mut reason.zh]));
        for hypothesis in &mut trace.hypotheses {
            self.hide_all(
                hypothesis.reasons.iter_mut().flat_map(|reason| [&mut reason.text, &mut reason.zh]),
            );
            if let Some(cause) = &mut hypothesis.cause {
                let texts = [&mut cause.username, &mut cause.namespace, &mut cause.name];
                self.hide_all(texts.into_iter().chain(&mut cause.change));
            }
            if let Some(state) = &mut hypothesis.state {
                self.hide_all([&mut state.namespace, &mut state.name, &mut state.what, &mut state.zh]);
            }
            for step in &mut hypothesis.steps {
                self.hide_all([&mut step.what, &mut step.zh, &mut step.who]);
                self.hide_evidence(&mut step.evidence);
            }
        }
    }

    /// Hides the names in all strings of a value; its keys stay.
    fn hide_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.hide(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide_value(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.hide_value(member)),
            _ => {}
        }
    }
}
