//! The step that delivers the brief of a report to the channels, and sends what earlier runs left pending.

use crate::brief::{Length, Writer, WrittenBrief};
use crate::cancel::unless_cancelled;
use crate::config::ChannelConfig;
use crate::delivery::{Outbox, Receipt};
use crate::lake::catalog::{Catalog, DeliveryState, OutboxEntry};
use crate::pipeline::daily::Daily;
use crate::pipeline::outcome::{Delivered, ReportReason, text_of};
use crate::pipeline::steps::Steps;
use model::error::{Problem, Result};
use model::report::Report;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The briefs of a report, as they are written for one channel after the other.
#[derive(Default)]
struct Briefs {
    /// Briefs of the whole report at the length of a chat, by language.
    whole: BTreeMap<String, WrittenBrief>,
    /// Problems of the model.
    problems: Vec<Problem>,
    /// Writes the further briefs after the model failed, so that it is not called again.
    fallback: Option<Writer>,
}

impl<'d> Daily<'d> {
    /// Delivers the findings of a report that each channel has not got yet.
    pub(super) fn deliver(
        &mut self,
        steps: &Steps<'d>,
        report: &Report,
        reason: ReportReason,
    ) -> Result<Delivered> {
        if self.channels.is_empty() {
            return Ok(Delivered::default());
        }
        let (runtime, channels, now, cancel) = (self.runtime, self.channels, self.now, self.cancel);
        let zone = self.workspace.config.zone()?;
        let made = now().local(zone);
        let writer = self.workspace.writer();
        let briefs = Mutex::new(Briefs::default());
        let write = |catalog: &mut Catalog, narrowed: &Report, config: &ChannelConfig| {
            let (lang, length) = (config.lang, Length::from(config.length));
            let mut briefs = briefs.lock().unwrap_or_else(PoisonError::into_inner);
            let is_whole = length == Length::Chat
                && narrowed.findings.len() == report.findings.len()
                && narrowed.gone.len() == report.gone.len();
            let brief = match briefs.whole.get(lang.name()) {
                Some(brief) if is_whole => brief.clone(),
                _ => {
                    let writer = briefs.fallback.as_ref().unwrap_or(&writer);
                    let writing = writer.write_saved(catalog, narrowed, lang, length);
                    runtime.block_on(unless_cancelled(cancel, writing))?
                }
            };
            if briefs.fallback.is_none() {
                briefs.fallback = brief.why.as_deref().map(Writer::failed);
                briefs.problems.extend(brief.problem());
            }
            let text = text_of(report, reason, &made, &brief, lang);
            if is_whole {
                briefs.whole.insert(lang.name().into(), brief);
            }
            Ok(text)
        };
        let receipts = steps.step(self.workspace, "deliver", None, |workspace, cancel| {
            let outbox = Outbox { channels, zone, now, cancel };
            outbox.write(&mut workspace.catalog, report, &write)?;
            let is_new =
                |entry: &OutboxEntry| entry.state == DeliveryState::Pending && entry.date == report.run.date;
            runtime.block_on(outbox.send(&mut workspace.catalog, &is_new))
        })?;
        let Briefs { whole: briefs, problems, .. } =
            briefs.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Delivered { receipts, briefs, problems })
    }

    /// Sends the pending messages of earlier runs, and gives up those that are too old.
    pub(super) fn deliver_pending(&mut self) -> Result<Vec<Receipt>> {
        let zone = self.workspace.config.zone()?;
        let outbox = Outbox { channels: self.channels, zone, now: self.now, cancel: self.cancel };
        let mut receipts = outbox.expire(&mut self.workspace.catalog)?;
        receipts.extend(self.runtime.block_on(outbox.send(&mut self.workspace.catalog, &|_| true))?);
        Ok(receipts)
    }
}
