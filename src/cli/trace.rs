//! `headwater trace`: the trace of a finding, or of a pod, workload, node or request at a time, to its
//! cause; or the effects of a change.

use crate::analysis::report;
use crate::analysis::trace::{NOTHING_BROKEN, Subject, mermaid, text};
use crate::cli::{Context, Done, Result, print, print_json, terminal};
use crate::pipeline::Workspace;
use chrono::NaiveDate;
use chrono_tz::Tz;
use model::error::Error;
use model::report::Trace;

/// Trace a finding, pod, node or request to its cause, or a change to its effects
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater trace --pod shop/pay-api-9fgjl92xx-blxbw --at '2026-11-22 15:42'\n  headwater trace --workload shop/pay-api --at 2026-11-22T15:42:00+08:00 --mermaid\n  headwater trace --finding 1388\n  headwater trace --operation f0e08cf5-9b17-4895-ada4-f01b9796a188      what this change broke"
)]
#[command(group = clap::ArgGroup::new("start").required(true))]
pub struct Args {
    /// Finding or trace in a saved report, by its id as a brief prints it
    #[arg(long, group = "start", value_name = "ID")]
    finding: Option<String>,
    /// Pod, at the time of `--at`
    #[arg(long, group = "start", value_name = "NS/POD", requires = "at")]
    pod: Option<String>,
    /// Workload, at the time of `--at`
    #[arg(long, group = "start", value_name = "NS/NAME", requires = "at")]
    workload: Option<String>,
    /// Node, at the time of `--at`
    #[arg(long, group = "start", value_name = "NAME", requires = "at")]
    node: Option<String>,
    /// Request, by the trace id in its business logs
    #[arg(long, group = "start", value_name = "ID")]
    trace_id: Option<String>,
    /// Change, by its audit id or the id's first group: show what it broke
    #[arg(long, group = "start", value_name = "AUDIT_ID")]
    operation: Option<String>,
    /// Time of the symptom: local time, 'yesterday 10:00', '2h ago' or RFC 3339
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Local day of the report with the finding, or of `--at` [default: the last such day]
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// Print JSON: one trace, or a list of traces with `--operation`
    #[arg(long, conflicts_with = "mermaid")]
    json: bool,
    /// Print a Mermaid flow chart
    #[arg(long)]
    mermaid: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let mut workspace = context.workspace()?;
    let zone = context.config.zone()?;
    if let Some(audit_id) = &args.operation {
        return effects(context, &mut workspace, audit_id, args);
    }
    let day = args.date.as_deref().map(|date| context.clock()?.day(date)).transpose()?;
    let trace = match &args.finding {
        Some(id) => report::trace_of(&workspace.catalog, id, day.map(|day| day.to_string()).as_deref())?,
        None => cause(context, &workspace, args, day)?,
    };
    if args.json {
        print_json(&trace)?;
    } else {
        print(&render(&trace, args, zone))?;
    }
    Ok(Done::All)
}

fn cause(context: &Context, workspace: &Workspace, args: &Args, day: Option<NaiveDate>) -> Result<Trace> {
    if let Some(id) = &args.trace_id {
        return context.runtime.block_on(workspace.trace_request(id));
    }
    let subject = match (&args.node, args.pod.as_deref().or(args.workload.as_deref())) {
        (Some(node), _) => Subject::Node(node.clone()),
        (None, name) => Subject::named(name.unwrap_or_default())?,
    };
    let at = args.at.as_deref().ok_or_else(|| Error::bug("`--at` is missing"))?;
    let at = context.clock()?.point(at, day)?;
    context.runtime.block_on(workspace.trace_subject(&subject, at))
}

fn effects(context: &Context, workspace: &mut Workspace, audit_id: &str, args: &Args) -> Result<Done> {
    let spinner = terminal::spinner();
    let on_step = |step: &str| spinner.set_message(step.to_owned());
    let report = context.runtime.block_on(workspace.effects_of_change(audit_id, &on_step));
    spinner.finish_and_clear();
    let traces = report?.traces;
    let zone = context.config.zone()?;
    if args.json {
        print_json(&traces)?;
    } else if traces.is_empty() {
        print(NOTHING_BROKEN)?;
    } else {
        for trace in &traces {
            print(&render(trace, args, zone))?;
        }
    }
    Ok(Done::All)
}

fn render(trace: &Trace, args: &Args, zone: Tz) -> String {
    if args.mermaid { mermaid(trace, zone) } else { text(trace, zone) }
}
