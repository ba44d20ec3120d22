//! The step from a report to people: what is new goes to each channel once. Before anything is sent
//! the catalog says so; a run that dies while sending leaves it unknown, and unknown is never
//! sent again.

use crate::catalog::{Catalog, Delivery};
use crate::error::{Problem, Result};
use crate::finding::Report;
use crate::sink::{Channel, Message, Sent, Told};
use crate::stop::Stop;
use crate::window::Ts;
use std::collections::BTreeMap;
use std::time::Duration;

/// How often a channel that refuses is tried within one run.
const ATTEMPTS: u32 = 3;

/// Sends what of a report has not gone out yet, to each channel; `text` makes the brief in a language.
pub async fn broadcast(
    catalog: &mut Catalog,
    channels: &[Channel],
    report: &Report,
    text: &(dyn Fn(&str) -> String + Sync),
    now: Ts,
    stop: &Stop,
) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for channel in channels {
        stop.check()?;
        let known: BTreeMap<String, String> =
            catalog.deliveries(&channel.name)?.into_iter().map(|d| (d.finding, d.state)).collect();
        let day = format!("day:{}", report.run.date);
        let is_due = |id: &str| known.get(id).is_none_or(|state| state == "failed");
        let findings: Vec<Told> = report
            .findings
            .iter()
            .filter(|finding| is_due(&finding.id))
            .map(|finding| Told {
                id: finding.id.clone(),
                severity: finding.severity.name().into(),
                rule: finding.rule.clone(),
                summary: finding.summary.clone(),
            })
            .collect();
        if findings.is_empty() && !is_due(&day) {
            continue;
        }
        let is_update = !is_due(&day);
        let mut ids: Vec<&str> = findings.iter().map(|finding| finding.id.as_str()).collect();
        if !is_update {
            ids.push(&day);
        }
        let id = blake3::hash(ids.join("\n").as_bytes()).to_hex().get(..16).unwrap_or_default().to_owned();
        let deliveries = |state: &str, note: Option<String>| -> Vec<Delivery> {
            let one = |finding: &&str| Delivery {
                finding: (*finding).to_owned(),
                channel: channel.name.clone(),
                date: report.run.date.clone(),
                state: state.to_owned(),
                ts: now.0,
                note: note.clone(),
            };
            ids.iter().map(one).collect()
        };
        let message = Message {
            schema: "headwater.broadcast/1",
            id,
            date: report.run.date.clone(),
            run: report.run.id.clone(),
            is_update,
            lang: channel.lang.clone(),
            text: text(&channel.lang),
            findings: findings.clone(),
        };
        let mut sent = Sent::Refused(String::new());
        for attempt in 0..ATTEMPTS {
            tokio::time::sleep(Duration::from_secs(2) * attempt).await;
            catalog.note_deliveries(&deliveries("sending", None))?;
            sent = channel.send(&message).await;
            let Sent::Refused(why) = &sent else { break };
            // while it waits, a kill must not make a sure refusal unknown
            catalog.note_deliveries(&deliveries("failed", Some(why.clone())))?;
            if stop.check().is_err() {
                break;
            }
        }
        let (state, note, is_problem) = match sent {
            Sent::Delivered(note) => ("sent", note, false),
            Sent::Refused(note) => ("failed", note, true),
            Sent::Unknown(note) => ("unknown", note, true),
        };
        catalog.note_deliveries(&deliveries(state, Some(note.clone())))?;
        if is_problem {
            let hint = match state {
                "failed" => "it is sent again on the next run",
                _ => "it may have arrived, so it is not sent again: look there",
            };
            problems.push(Problem {
                step: "broadcast".into(),
                what: format!("the brief of {} did not surely arrive: {note}", report.run.date),
                place: Some(format!("channel `{}`", channel.name)),
                hint: Some(hint.into()),
            });
        }
    }
    Ok(problems)
}
