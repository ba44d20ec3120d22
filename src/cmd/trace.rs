//! `headwater trace`: one chain, of a finding or of a pod and a time.

use super::{Context, Done, Result, print, print_json};
use crate::error::Error;
use crate::finding::{Report, Trace};
use crate::window::{Ts, Window};
use chrono_tz::Tz;

/// Follow a finding, or a pod and a time, back to its cause
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater trace --pod shop/pay-api-7d9f8b6c5d-x2x7k --at '2026-11-22 10:12'\n  headwater trace --finding 3f2a…"
)]
pub struct Args {
    /// Id of a finding in a kept report
    #[arg(long, required_unless_present = "pod", conflicts_with = "pod")]
    finding: Option<String>,
    /// Namespace and pod (or workload)
    #[arg(long, value_name = "NS/POD", requires = "at")]
    pod: Option<String>,
    /// When: local time or RFC 3339
    #[arg(long)]
    at: Option<String>,
    /// Local day of the finding's report [default: the last]
    #[arg(long)]
    date: Option<String>,
    /// The trace as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let place = context.workplace()?;
    let zone = context.config.zone()?;
    let trace = match (&args.pod, &args.at) {
        (Some(pod), Some(at)) => {
            let (namespace, pod) = pod
                .split_once('/')
                .ok_or_else(|| Error::usage(format!("`{pod}` names no namespace")).hint("write NS/POD"))?;
            let at = Ts::parse(at, zone)?;
            let window = Window { from: at.plus_s(-6 * 3600), to: at.plus_s(3600), zone };
            context.runtime.block_on(async {
                let engine = place.engine(Some(window)).await?;
                let start = crate::trace::start_at_pod(&engine, namespace, pod, at).await?;
                let traces = crate::trace::trace(&engine, window, &[start]).await?;
                traces.into_iter().next().ok_or_else(|| Error::bug("a start gave no trace"))
            })?
        }
        _ => of_finding(&place.catalog, args)?,
    };
    if args.json {
        print_json(&trace)?;
    } else {
        print(&text(&trace, zone))?;
    }
    Ok(Done::All)
}

fn of_finding(catalog: &crate::catalog::Catalog, args: &Args) -> Result<Trace> {
    let id = args.finding.as_deref().unwrap_or_default();
    let date = args.date.clone().map_or_else(|| catalog.last_report_date(), |date| Ok(Some(date)))?;
    let kept = date.map(|date| catalog.report(&date)).transpose()?.flatten();
    let report: Option<Report> = kept.and_then(|text| serde_json::from_str(&text).ok());
    let missing = || {
        Error::usage(format!("no kept report has a trace of finding `{id}`")).hint("`headwater analyze --date D` keeps one; findings without a trace are below medium, or of the audit agent")
    };
    let report = report.ok_or_else(missing)?;
    let finding = report.findings.iter().find(|finding| finding.id == id).ok_or_else(missing)?;
    report.traces.iter().find(|trace| Some(&trace.id) == finding.trace.as_ref()).cloned().ok_or_else(missing)
}

fn text(trace: &Trace, zone: Tz) -> String {
    let mut out = format!("{} {}: {}\n", trace.ts.local(zone), trace.entity.label(), trace.verdict.name());
    for reason in &trace.reasons {
        out.push_str(&format!("  - {}\n", reason.text));
    }
    for (at, hypothesis) in trace.hypotheses.iter().enumerate() {
        out.push_str(&format!("\n{}. score {:.3}\n", at + 1, hypothesis.score));
        for step in &hypothesis.steps {
            let link = step
                .link
                .as_ref()
                .map_or_else(String::new, |link| format!(" [{}, +{:.0} s]", link.kind, link.lag_s));
            out.push_str(&format!("   {} {}{link}\n", step.ts.local(zone), step.what));
            for line in step.evidence.iter().take(1) {
                out.push_str(&format!("      {}:{} ({})\n", line.source, line.line, line.row_id));
            }
        }
    }
    out
}
