//! The step from a report to people: what is new goes to each channel once, in the measure that its
//! route wants. A message is written to the outbox first, and keeps its id and text; then it is sent
//! until it arrived. Never reads a clock.

pub mod channel;

mod outbox;
mod route;

pub use crate::delivery::outbox::{Receipt, test};

use crate::brief::plural;
use crate::cancel::Cancel;
use crate::config::{BriefLength, ChannelConfig, When};
use crate::delivery::channel::{Channel, MESSAGE_SCHEMA, Message, Told};
use crate::delivery::route::Route;
use crate::lake::catalog::{Catalog, OutboxEntry};
use chrono_tz::Tz;
use model::error::{Error, Result};
use model::lang::Lang;
use model::report::{Finding, Report};
use model::time::Ts;
use redact::sanitize::inert;
use redact::secrets;
use std::collections::{BTreeMap, BTreeSet};

/// The most characters of a finding's sentence.
const SUMMARY: usize = 300;

/// What messages are written and sent with.
pub struct Outbox<'p> {
    /// Where they go.
    pub channels: &'p [Channel],
    /// The zone of quiet hours.
    pub zone: Tz,
    /// The time.
    pub now: &'p (dyn Fn() -> Ts + Sync),
    /// When to stop.
    pub stop: &'p Cancel,
}

/// Makes the brief of a report for a channel.
pub type Text<'t> = dyn Fn(&mut Catalog, &Report, &ChannelConfig) -> Result<String> + Sync + 't;

impl Outbox<'_> {
    /// Writes to the outbox what of a report is new to each channel.
    pub fn write(&self, catalog: &mut Catalog, report: &Report, text: &Text) -> Result<()> {
        for channel in self.channels {
            if let Some(letter) = self.letter(catalog, channel, report, text)? {
                catalog.put_outbox(&letter)?;
            }
        }
        Ok(())
    }

    fn letter(
        &self,
        catalog: &mut Catalog,
        channel: &Channel,
        report: &Report,
        text: &Text,
    ) -> Result<Option<OutboxEntry>> {
        let config = &channel.config;
        let known: BTreeMap<String, String> =
            catalog.deliveries(&channel.name)?.into_iter().map(|d| (d.finding, d.state)).collect();
        let open = catalog.pending_outbox(&channel.name)?;
        let on_its_way: BTreeSet<&String> = open.iter().flat_map(|letter| &letter.covers).collect();
        // what failed before there was an outbox is in no letter
        let is_due = |id: &String| match known.get(id).map(String::as_str) {
            None => true,
            Some(state) => state == "failed" && !on_its_way.contains(id),
        };
        let day = format!("day:{}", report.run.date);
        let is_update = !is_due(&day);
        let route = Route::of(config)?;
        let (inside, outside): (Vec<&Finding>, Vec<&Finding>) =
            report.findings.iter().partition(|finding| route.takes(finding));
        let mut new = inside;
        new.retain(|finding| is_due(&finding.id));
        if new.is_empty() && (is_update || config.when == When::Findings) {
            return Ok(None);
        }
        let mut covers: Vec<String> = new.iter().map(|finding| finding.id.clone()).collect();
        if !is_update {
            covers.push(day);
        }
        let unlisted = new.len().saturating_sub(config.max_findings.unwrap_or(usize::MAX));
        new.truncate(new.len() - unlisted);
        let narrow = route.narrowed(report, &new, is_update);
        let rest = Rest { unlisted, outside: if is_update { 0 } else { outside.len() } };
        let now = (self.now)();
        let message = Message {
            schema: MESSAGE_SCHEMA.into(),
            id: blake3::hash(covers.join("\n").as_bytes()).to_hex().get(..16).unwrap_or_default().to_owned(),
            date: report.run.date.clone(),
            run: report.run.id.clone(),
            made: now.local(self.zone),
            is_update,
            is_repeat: false,
            is_late: false,
            lang: config.lang.clone(),
            title: title(report, new.len() + unlisted, is_update, Lang::of(&config.lang)),
            text: secrets(&rest.told(catalog, report, &narrow, config, text)?).into_owned(),
            findings: new.iter().map(|finding| told(finding, Lang::of(&config.lang))).collect(),
        };
        Ok(Some(OutboxEntry {
            channel: channel.name.clone(),
            id: message.id.clone(),
            date: message.date.clone(),
            state: "owed".into(),
            made_ts: now.0,
            due_ts: 0,
            doubts: 0,
            ts: now.0,
            note: None,
            message: serde_json::to_string(&message)
                .map_err(|error| Error::bug("a message does not serialise").because(error))?,
            covers,
            parts: BTreeMap::new(),
        }))
    }
}

fn told(finding: &Finding, lang: Lang) -> Told {
    Told {
        id: finding.id.clone(),
        severity: finding.severity.name().into(),
        rule: finding.rule.clone(),
        summary: inert(&secrets(finding.summary_in(lang)), SUMMARY),
    }
}

/// One line for a subject. A day without findings is not called calm here: it may be without data.
fn title(report: &Report, count: usize, is_update: bool, lang: Lang) -> String {
    let (date, cluster) = (inert(&report.run.date, 20), inert(&report.run.cluster, 40));
    let place = if cluster.is_empty() { date } else { format!("{date} · {cluster}") };
    let count = match (count, lang) {
        (0, _) => String::new(),
        (_, Lang::Zh) => format!("：{count} 个异常"),
        (_, Lang::En) => format!(": {}", plural(count, "finding")),
    };
    let update = if is_update { lang.pick("（更新）", " (update)") } else { "" };
    format!("{}{place}{count}{update}", lang.pick("日志日报 ", "Log brief "))
}

/// Findings that a message does not name.
struct Rest {
    unlisted: usize,
    outside: usize,
}

impl Rest {
    /// Returns the brief of what the channel gets, and how much it does not. Nothing for this channel
    /// is never told as a calm day.
    fn told(
        &self,
        catalog: &mut Catalog,
        report: &Report,
        narrow: &Report,
        config: &ChannelConfig,
        text: &Text,
    ) -> Result<String> {
        let lang = Lang::of(&config.lang);
        let (unlisted, outside) = (self.unlisted, self.outside);
        if narrow.findings.is_empty() && outside > 0 {
            let date = inert(&report.run.date, 20);
            let more = plural(outside, "finding");
            let gap = match crate::brief::is_whole(report) {
                true => "",
                false => lang.pick("数据不完整。", " The data is incomplete."),
            };
            return Ok(lang.pick(
                format!("**{date}：本频道范围内没有异常。** 另有 {outside} 个异常在范围之外。{gap}"),
                format!("**{date}: nothing within this channel's route.** {more} outside it.{gap}"),
            ));
        }
        let brief = text(catalog, narrow, config)?;
        if unlisted + outside == 0 || config.length == BriefLength::Voice {
            return Ok(brief);
        }
        let rest = lang.pick(
            format!("另有 {unlisted} 个未列出，{outside} 个不在本频道范围内，见完整报告。"),
            format!(
                "{unlisted} more not listed, {outside} outside this channel's route: see the full report."
            ),
        );
        Ok(format!("{brief}\n\n{rest}"))
    }
}
