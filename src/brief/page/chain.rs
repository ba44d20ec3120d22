//! A hypothesis of a trace, ready to draw: its operation, its reasons, and its steps with their log lines.

use crate::brief::labels;
use crate::brief::labels::{operation_target, operation_verb};
use crate::brief::notation::{LocalTime, duration};
use crate::brief::page::TEXT;
use crate::brief::page::timeline;
use crate::brief::page::timeline::{Picture, picture};
use model::lang::Lang;
use model::report::{Cause, Evidence, Hypothesis, Step, Trace};
use redact::sanitize::plain;
use serde::Serialize;

/// The most characters of a log line.
const LINE: usize = 1200;

/// A hypothesis with its chain, ready to draw.
#[derive(Serialize)]
pub(crate) struct Chain {
    pub(crate) score: u32,
    pub(crate) cause: Option<CauseLine>,
    /// The operation after which the symptom ended.
    pub(crate) repair: Option<CauseLine>,
    /// The object that is wrong; empty if none is named.
    pub(crate) state: String,
    pub(crate) reasons: Vec<String>,
    pub(crate) picture: Picture,
    pub(crate) steps: Vec<StepLine>,
}

/// An operation on one line.
#[derive(Serialize)]
pub(crate) struct CauseLine {
    pub(crate) clock: String,
    pub(crate) who: String,
    pub(crate) did: &'static str,
    pub(crate) verb: String,
    pub(crate) target: String,
    pub(crate) change: String,
    pub(crate) operation: String,
    pub(crate) audit_id: String,
    pub(crate) row_id: String,
}

/// A step with its log lines.
#[derive(Serialize)]
pub(crate) struct StepLine {
    pub(crate) class: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) clock: String,
    pub(crate) what: String,
    pub(crate) who: String,
    pub(crate) link: String,
    pub(crate) evidence: Vec<Line>,
}

/// A log line.
#[derive(Serialize)]
pub(crate) struct Line {
    pub(crate) clock: String,
    pub(crate) place: String,
    pub(crate) row_id: String,
    pub(crate) text: String,
}

/// Returns a hypothesis as a chain; `agent` found what the trace starts from.
pub(crate) fn chain(
    trace: &Trace,
    (number, hypothesis): (usize, &Hypothesis),
    agent: Option<&str>,
    local: &LocalTime,
    lang: Lang,
) -> Chain {
    let line = |cause: &Cause| CauseLine {
        clock: local.clock(cause.ts),
        who: plain(&cause.username, 160),
        did: operation_verb(cause, lang),
        verb: plain(&cause.verb, 40),
        target: plain(&operation_target(cause), 300),
        change: plain(cause.change.as_deref().unwrap_or_default(), TEXT),
        operation: plain(&cause.operation, 40),
        audit_id: plain(&cause.audit_id, 80),
        row_id: plain(&cause.row_id, 120),
    };
    let steps: &[Step] = &hypothesis.steps;
    let drawn = timeline::Chain { trace, number, steps, agent };
    Chain {
        score: (hypothesis.score.clamp(0.0, 1.0) * 100.0).round() as u32,
        cause: hypothesis.cause.as_ref().map(line),
        repair: hypothesis.restored_by.as_ref().map(line),
        state: plain(&hypothesis.state.as_ref().map_or_else(String::new, |state| state.text_in(lang)), TEXT),
        reasons: hypothesis.reasons.iter().map(|reason| plain(reason.text_in(lang), TEXT)).collect(),
        picture: picture(&drawn, local, lang),
        steps: steps.iter().map(|step| step_line(step, local, lang)).collect(),
    }
}

fn step_line(step: &Step, local: &LocalTime, lang: Lang) -> StepLine {
    let link = step.link.as_ref().map(|link| {
        let sign = if link.lag_s < 0.0 { "" } else { "+" };
        format!("{} · {sign}{}", plain(labels::link(&link.kind, lang), 40), duration(link.lag_s, lang))
    });
    StepLine {
        class: labels::step_kind(step.kind, Lang::En),
        kind: labels::step_kind(step.kind, lang),
        clock: local.clock(step.ts),
        what: plain(step.what_in(lang), TEXT),
        who: plain(&step.who, 160),
        link: link.unwrap_or_default(),
        evidence: lines(&step.evidence, local),
    }
}

/// Returns log lines with local times.
pub(crate) fn lines(evidence: &[Evidence], local: &LocalTime) -> Vec<Line> {
    let line = |evidence: &Evidence| Line {
        clock: local.clock(evidence.ts),
        place: format!("{}:{}", plain(&evidence.source, 300), evidence.line),
        row_id: plain(&evidence.row_id, 120),
        text: plain(&evidence.text, LINE),
    };
    evidence.iter().map(line).collect()
}
