//! Writes messages to the outbox: for each channel one message with the findings of its route that it has not
//! got yet. Sends nothing.

use crate::brief::{is_complete, plural};
use crate::config::{BriefLength, ChannelConfig, When};
use crate::delivery::channel::{Channel, MESSAGE_SCHEMA, Message, MessageFinding};
use crate::delivery::route::Route;
use crate::delivery::{Outbox, WriteBrief, short_hash};
use crate::lake::catalog::{Catalog, DeliveryState, OutboxEntry};
use model::error::{Error, Result};
use model::lang::Lang;
use model::report::{Finding, Report};
use redact::sanitize::sanitize;
use redact::secrets;
use std::collections::{BTreeMap, BTreeSet};

/// Maximum length of a finding's sentence, characters.
const MAX_SUMMARY: usize = 300;

impl Outbox<'_> {
    /// Writes one message per channel with the findings that are new to it.
    pub fn write(&self, catalog: &mut Catalog, report: &Report, write_brief: &WriteBrief) -> Result<()> {
        for channel in self.channels {
            if let Some(entry) = self.compose(catalog, channel, report, write_brief)? {
                catalog.save_outbox_entry(&entry)?;
            }
        }
        Ok(())
    }

    /// Returns the message to a channel; `None` if nothing is new to it.
    fn compose(
        &self,
        catalog: &mut Catalog,
        channel: &Channel,
        report: &Report,
        write_brief: &WriteBrief,
    ) -> Result<Option<OutboxEntry>> {
        let config = &channel.config;
        let day = format!("day:{}", report.run.date);
        let ids: Vec<String> =
            report.findings.iter().map(|finding| finding.id.clone()).chain([day.clone()]).collect();
        let delivered = catalog.deliveries(&channel.name, &ids)?;
        let pending = catalog.pending_outbox(&channel.name)?;
        let in_outbox: BTreeSet<&String> = pending.iter().flat_map(|entry| &entry.findings).collect();
        // a failed delivery without a message in the outbox is from before there was an outbox
        let is_new = |id: &String| match delivered.get(id) {
            None => true,
            Some(state) => *state == DeliveryState::Failed && !in_outbox.contains(id),
        };
        let is_update = !is_new(&day);
        let route = Route::of(config)?;
        let (inside, outside): (Vec<&Finding>, Vec<&Finding>) =
            report.findings.iter().partition(|finding| route.includes(finding));
        let mut new = inside;
        new.retain(|finding| is_new(&finding.id));
        if new.is_empty() && (is_update || config.when == When::Findings) {
            return Ok(None);
        }
        let mut findings: Vec<String> = new.iter().map(|finding| finding.id.clone()).collect();
        if !is_update {
            findings.push(day);
        }
        let unlisted = new.len().saturating_sub(config.max_findings.unwrap_or(usize::MAX));
        new.truncate(new.len() - unlisted);
        let narrowed = route.narrow(report, &new, is_update);
        let omitted = Omitted { unlisted, outside: if is_update { 0 } else { outside.len() } };
        let brief = match omitted.text_without_findings(&narrowed, config.lang) {
            Some(text) => text,
            None => omitted.append_to(write_brief(catalog, &narrowed, config)?, config),
        };
        let now = (self.now)();
        let message = Message {
            schema: MESSAGE_SCHEMA.into(),
            id: short_hash(&findings.join("\n")),
            date: report.run.date.clone(),
            run: report.run.id.clone(),
            made: now.local(self.zone),
            is_update,
            is_repeat: false,
            is_late: false,
            lang: config.lang,
            title: title(report, new.len() + unlisted, is_update, config.lang),
            text: secrets(&brief).into_owned(),
            findings: new.iter().map(|finding| message_finding(finding, config.lang)).collect(),
        };
        Ok(Some(OutboxEntry {
            channel: channel.name.clone(),
            id: message.id.clone(),
            date: message.date.clone(),
            state: DeliveryState::Pending,
            made_ts: now.0,
            due_ts: 0,
            unconfirmed: 0,
            ts: now.0,
            note: None,
            message: serde_json::to_string(&message)
                .map_err(|error| Error::bug("a message cannot be serialised").because(error))?,
            findings,
            parts: BTreeMap::new(),
        }))
    }
}

fn message_finding(finding: &Finding, lang: Lang) -> MessageFinding {
    MessageFinding {
        id: finding.id.clone(),
        severity: finding.severity,
        rule: finding.rule.clone(),
        summary: sanitize(&secrets(finding.summary_in(lang)), MAX_SUMMARY),
    }
}

/// Returns one line for a subject. It does not call a day without findings calm: data may be missing.
fn title(report: &Report, count: usize, is_update: bool, lang: Lang) -> String {
    let (date, cluster) = (sanitize(&report.run.date, 20), sanitize(&report.run.cluster, 40));
    let place = if cluster.is_empty() { date } else { format!("{date} · {cluster}") };
    let count = match (count, lang) {
        (0, _) => String::new(),
        (_, Lang::Zh) => format!("：{count} 个异常"),
        (_, Lang::En) => format!(": {}", plural(count, "finding")),
    };
    let update = if is_update { lang.pick("（更新）", " (update)") } else { "" };
    format!("{}{place}{count}{update}", lang.pick("日志日报 ", "Log brief "))
}

/// Numbers of findings that a message does not list.
struct Omitted {
    /// Findings beyond `max_findings`.
    unlisted: usize,
    /// Findings outside the route of the channel.
    outside: usize,
}

impl Omitted {
    /// Returns the text of a message whose findings are all outside the route; otherwise `None`. The usual
    /// brief would call that day calm.
    fn text_without_findings(&self, narrowed: &Report, lang: Lang) -> Option<String> {
        let outside = self.outside;
        if !narrowed.findings.is_empty() || outside == 0 {
            return None;
        }
        let date = sanitize(&narrowed.run.date, 20);
        let more = plural(outside, "finding");
        let gap = match is_complete(narrowed) {
            true => "",
            false => lang.pick("数据不完整。", " The data is incomplete."),
        };
        Some(lang.pick(
            format!("**{date}：本频道范围内没有异常。** 另有 {outside} 个异常在范围之外。{gap}"),
            format!("**{date}: nothing within this channel's route.** {more} outside it.{gap}"),
        ))
    }

    /// Appends the numbers of omitted findings to a brief, except to one that is read aloud.
    fn append_to(&self, brief: String, config: &ChannelConfig) -> String {
        let (unlisted, outside) = (self.unlisted, self.outside);
        if unlisted + outside == 0 || config.length == BriefLength::Voice {
            return brief;
        }
        let numbers = config.lang.pick(
            format!("另有 {unlisted} 个未列出，{outside} 个不在本频道范围内，见完整报告。"),
            format!(
                "{unlisted} more not listed, {outside} outside this channel's route: see the full report."
            ),
        );
        format!("{brief}\n\n{numbers}")
    }
}
