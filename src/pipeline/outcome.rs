//! What came of a day, and how it is told: a brief that comes late says so first.

use crate::brief::Written;
use crate::delivery::Receipt;
use chrono::NaiveDate;
use model::error::Problem;
use model::lang::Lang;
use model::report::Report;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Why a report was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The day was due, or asked for.
    Due,
    /// It was due earlier and missed.
    CaughtUp,
    /// Logs of it came late or were replaced.
    Reopened,
    /// Nothing changed since its report was made.
    Unchanged,
}

/// One day's report.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The day.
    pub date: NaiveDate,
    /// Why the report was made.
    pub why: Why,
    /// When, local.
    pub made: String,
    /// The report.
    pub report: Report,
    /// What the day lacks, and what did not go out.
    pub problems: Vec<Problem>,
    /// What went where, or did not.
    pub deliveries: Vec<Receipt>,
    /// What was said to channels of all of it, by language.
    pub briefs: BTreeMap<String, Written>,
}

impl Outcome {
    /// Returns a brief of its report, led by why it comes now where that is not plain.
    pub fn text(&self, brief: &Written, lang: Lang) -> String {
        text(&self.report, self.why, &self.made, brief, lang)
    }

    /// Adds what came of sending; what did not arrive is a problem.
    pub(super) fn delivered(&mut self, receipts: Vec<Receipt>) {
        self.problems.extend(receipts.iter().filter_map(Receipt::problem));
        self.deliveries
            .retain(|old| receipts.iter().all(|new| (&new.channel, &new.id) != (&old.channel, &old.id)));
        self.deliveries.extend(receipts);
    }

    /// Returns what the day lacks and what did not go out, each once.
    pub fn all_problems(&self) -> Vec<Problem> {
        let all: BTreeSet<&Problem> = self.problems.iter().chain(&self.report.coverage.problems).collect();
        all.into_iter().cloned().collect()
    }
}

/// Returns the brief of a report, led by why it comes now.
pub(super) fn text(report: &Report, why: Why, made: &str, brief: &Written, lang: Lang) -> String {
    let date = &report.run.date;
    let lead = match (why, lang) {
        (Why::CaughtUp, Lang::En) => {
            format!("Caught up: the report of {date} was missed, it is made {made}.\n")
        }
        (Why::CaughtUp, Lang::Zh) => format!("补报：{date} 的日报当时未生成，补于 {made}。\n"),
        (Why::Reopened, Lang::En) => format!("Update: logs of {date} came late or were replaced.\n"),
        (Why::Reopened, Lang::Zh) => format!("更新：{date} 的日志有迟到或替换。\n"),
        (Why::Due | Why::Unchanged, _) => String::new(),
    };
    lead + &brief.text
}
