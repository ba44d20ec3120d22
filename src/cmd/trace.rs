//! `headwater trace`: chains, of a finding, of anything at a time, or forwards from a change.

use super::{Context, Done, Result, print, print_json, show};
use crate::error::Error;
use crate::finding::{Report, Trace};
use crate::orchestrator::Workplace;
use crate::trace::{Subject, mermaid, start_at, subject_of_trace};
use crate::window::{Ts, Window};
use chrono_tz::Tz;

/// Follow a finding, or anything at a time, back to its cause; or a change forwards
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater trace --pod shop/pay-api-7d9f8b6c5d-x2x7k --at '2026-11-22 10:12'\n  headwater trace --workload shop/pay-api --at 2026-11-22T10:12:00+08:00 --mermaid\n  headwater trace --finding 3f2a…\n  headwater trace --operation 6f3a…      what did this change break?"
)]
#[command(group = clap::ArgGroup::new("start").required(true))]
pub struct Args {
    /// Id of a finding in a kept report
    #[arg(long, group = "start", value_name = "ID")]
    finding: Option<String>,
    /// Namespace and pod
    #[arg(long, group = "start", value_name = "NS/POD", requires = "at")]
    pod: Option<String>,
    /// Namespace and workload
    #[arg(long, group = "start", value_name = "NS/NAME", requires = "at")]
    workload: Option<String>,
    /// Node
    #[arg(long, group = "start", value_name = "NAME", requires = "at")]
    node: Option<String>,
    /// Trace id of a request, as business logs carry it
    #[arg(long, group = "start", value_name = "ID")]
    trace_id: Option<String>,
    /// Audit id of a change: what did it break?
    #[arg(long, group = "start", value_name = "AUDIT_ID")]
    operation: Option<String>,
    /// When: local time or RFC 3339
    #[arg(long)]
    at: Option<String>,
    /// Local day of the finding's report [default: the last]
    #[arg(long)]
    date: Option<String>,
    /// As JSON: one trace; with --operation a list
    #[arg(long, conflicts_with = "mermaid")]
    json: bool,
    /// As a Mermaid flow chart
    #[arg(long)]
    mermaid: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let mut place = context.workplace()?;
    let zone = context.config.zone()?;
    if let Some(audit_id) = &args.operation {
        return forwards(context, &mut place, audit_id, args);
    }
    let trace = match &args.finding {
        Some(_) => of_finding(&place.catalog, args)?,
        None => backwards(context, &place, args, zone)?,
    };
    if args.json {
        print_json(&trace)?;
    } else {
        print(&shown(&trace, args, zone))?;
    }
    Ok(Done::All)
}

fn backwards(context: &Context, place: &Workplace, args: &Args, zone: Tz) -> Result<Trace> {
    let at = args.at.as_deref().map(|at| Ts::parse(at, zone)).transpose()?;
    context.runtime.block_on(async {
        let (subject, at) = match (&args.trace_id, at) {
            (Some(id), _) => subject_of_trace(&place.engine(None).await?, id).await?,
            (None, at) => (subject(args)?, at.unwrap_or_default()),
        };
        let window = Window { from: at.plus_s(-8 * 3600), to: at.plus_s(3600), zone };
        let engine = place.engine(Some(window)).await?;
        let start = start_at(&engine, &subject, at).await?;
        let traces = place.trace(&engine, window, &[start]).await?;
        traces.into_iter().next().ok_or_else(|| Error::bug("a start gave no trace"))
    })
}

fn subject(args: &Args) -> Result<Subject> {
    if let Some(node) = &args.node {
        return Ok(Subject::Node(node.clone()));
    }
    let named = args.pod.as_ref().or(args.workload.as_ref()).map_or("", String::as_str);
    let (namespace, name) = named
        .split_once('/')
        .ok_or_else(|| Error::usage(format!("`{named}` names no namespace")).hint("write NS/NAME"))?;
    Ok(Subject::Pod(namespace.to_owned(), name.to_owned()))
}

fn forwards(context: &Context, place: &mut Workplace, audit_id: &str, args: &Args) -> Result<Done> {
    let spinner = show::spinner();
    let begun = |step: &str| spinner.set_message(step.to_owned());
    let traces = context.runtime.block_on(place.broken_by(audit_id, &begun));
    spinner.finish_and_clear();
    let traces = traces?;
    let zone = context.config.zone()?;
    if args.json {
        print_json(&traces)?;
    } else if traces.is_empty() {
        print("nothing that was found in the six hours after it holds this change for a cause")?;
    } else {
        for trace in &traces {
            print(&shown(trace, args, zone))?;
        }
    }
    Ok(Done::All)
}

fn shown(trace: &Trace, args: &Args, zone: Tz) -> String {
    if args.mermaid { mermaid(trace, zone) } else { text(trace, zone) }
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
                .map_or_else(String::new, |link| format!(" [{}, {:+.0} s]", link.kind, link.lag_s));
            out.push_str(&format!("   {} {}{link}\n", step.ts.local(zone), step.what));
            for line in step.evidence.iter().take(1) {
                out.push_str(&format!("      {}:{} ({})\n", line.source, line.line, line.row_id));
            }
        }
    }
    out
}
