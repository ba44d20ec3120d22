//! `headwater trace`: chains, of a finding, of anything at a time, or forwards from a change.

use crate::analysis::report;
use crate::analysis::trace::{NOTHING_BROKEN, Subject, mermaid, text};
use crate::cli::{Context, Done, Result, print, print_json, show};
use crate::pipeline::Workplace;
use chrono_tz::Tz;
use model::error::Error;
use model::report::Trace;
use model::time::Ts;

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
    /// Local day of the finding's report [default: the last that has it]
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
        Some(id) => report::trace_of(&place.catalog, id, args.date.as_deref())?,
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
    if let Some(id) = &args.trace_id {
        return context.runtime.block_on(place.follow_request(id));
    }
    let subject = match (&args.node, args.pod.as_deref().or(args.workload.as_deref())) {
        (Some(node), _) => Subject::Node(node.clone()),
        (None, named) => Subject::named(named.unwrap_or_default())?,
    };
    let at = args.at.as_deref().ok_or_else(|| Error::bug("a start without its time"))?;
    context.runtime.block_on(place.follow(&subject, Ts::parse(at, zone)?))
}

fn forwards(context: &Context, place: &mut Workplace, audit_id: &str, args: &Args) -> Result<Done> {
    let spinner = show::spinner();
    let begun = |step: &str| spinner.set_message(step.to_owned());
    let report = context.runtime.block_on(place.broken_by(audit_id, &begun));
    spinner.finish_and_clear();
    let traces = report?.traces;
    let zone = context.config.zone()?;
    if args.json {
        print_json(&traces)?;
    } else if traces.is_empty() {
        print(NOTHING_BROKEN)?;
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
