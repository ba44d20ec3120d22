//! The outcome of a day: its report, briefs, deliveries and problems. A brief that is late or an update
//! begins with a line that says so.

use crate::brief::WrittenBrief;
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
pub enum ReportReason {
    /// The day was due or requested.
    Due,
    /// The day was due earlier, and its run was missed.
    CaughtUp,
    /// Logs of the day arrived late or were replaced.
    Reopened,
    /// Nothing has changed since the report was made.
    Unchanged,
}

/// The result of one day.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Local day.
    pub date: NaiveDate,
    /// Why the report was made.
    pub reason: ReportReason,
    /// When the report was made, local time.
    pub made: String,
    /// The report.
    pub report: Report,
    /// Data that is missing, and messages that were not delivered.
    pub problems: Vec<Problem>,
    /// Result of each message to a channel.
    pub deliveries: Vec<Receipt>,
    /// Briefs of the whole report that were written for channels, by language.
    pub briefs: BTreeMap<String, WrittenBrief>,
}

impl Outcome {
    /// Returns a brief of the report, with a first line if it is late or an update.
    pub fn text(&self, brief: &WrittenBrief, lang: Lang) -> String {
        text_of(&self.report, self.reason, &self.made, brief, lang)
    }

    /// Adds the results of sending; a message that did not arrive also becomes a problem.
    pub(super) fn add_receipts(&mut self, receipts: Vec<Receipt>) {
        self.problems.extend(receipts.iter().filter_map(Receipt::problem));
        self.deliveries
            .retain(|old| receipts.iter().all(|new| (&new.channel, &new.id) != (&old.channel, &old.id)));
        self.deliveries.extend(receipts);
    }

    /// Returns the problems of the outcome and of the report, without duplicates. A day without a row is one:
    /// it says nothing about the cluster.
    pub fn all_problems(&self) -> Vec<Problem> {
        let coverage = &self.report.coverage;
        let mut all: BTreeSet<Problem> = self.problems.iter().chain(&coverage.problems).cloned().collect();
        if all.is_empty() && coverage.tables.iter().all(|table| table.rows == 0) {
            all.insert(Problem {
                step: "report".into(),
                what: format!("not one row of {} was read", self.date),
                place: None,
                hint: Some("check the log collection, `[source]` and the time zone".into()),
            });
        }
        all.into_iter().collect()
    }
}

/// The deliveries of one report, and the briefs written for them.
#[derive(Default)]
pub(super) struct Delivered {
    pub receipts: Vec<Receipt>,
    /// Briefs of the whole report at the length of a chat, by language.
    pub briefs: BTreeMap<String, WrittenBrief>,
    /// Problems of the model.
    pub problems: Vec<Problem>,
}

/// Returns a brief of a report, with a first line if it is late or an update.
pub(super) fn text_of(
    report: &Report,
    reason: ReportReason,
    made: &str,
    brief: &WrittenBrief,
    lang: Lang,
) -> String {
    let date = &report.run.date;
    let first_line = match (reason, lang) {
        (ReportReason::CaughtUp, Lang::En) => {
            format!("Caught up: the report of {date} was missed; it was made {made}.\n")
        }
        (ReportReason::CaughtUp, Lang::Zh) => format!("补报：{date} 的日报当时未生成，补于 {made}。\n"),
        (ReportReason::Reopened, Lang::En) => {
            format!("Update: logs of {date} arrived late or were replaced.\n")
        }
        (ReportReason::Reopened, Lang::Zh) => format!("更新：{date} 的日志有迟到或替换。\n"),
        (ReportReason::Due | ReportReason::Unchanged, _) => String::new(),
    };
    first_line + &brief.text
}
