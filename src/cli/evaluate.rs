//! `headwater evaluate`: analyzes simulated days and recordings, and scores the traces against the known causes.

use crate::analysis::evaluate::{
    DayTrace, Reported, Score, Totals, causes, naive, parse_truth, reported, score, totals, trace_of,
};
use crate::analysis::trace::{Subject, start_at};
use crate::cli::{Context, Done, Result, notice, print, print_json, terminal};
use crate::lake::Lake;
use crate::pipeline::Workspace;
use crate::source::Source;
use model::error::Error;
use model::report::Trace;
use model::time::{Ts, Window};
use serde_json::json;
use simulate::Incident;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Score traces over simulated days and recordings against their known causes
///
/// A day is a folder with truth.json beside its logs; that of a recording lists many incidents. For comparison
/// it also scores naive rules: the nearest change before the symptom, the nearest in its namespace, and the
/// nearest on the workload itself. If these score well, the days are too easy to prove anything. Times without
/// a zone are read as the config says.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  headwater simulate --scenario bad_image --seed 1 --out days/bad_image-1\n  headwater simulate --scenario bad_image --seed 2 --out days/bad_image-2\n  headwater evaluate days"
)]
pub struct Args {
    /// Days (folders with truth.json), or folders of such days
    #[arg(required = true, value_name = "DIR")]
    days: Vec<PathBuf>,
    /// Print one JSON document: totals, scenarios and every incident
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let days = days_of(&args.days)?;
    let bar = terminal::counter(days.len() as u64, "evaluate");
    let (mut scores, mut reports) = (Vec::new(), Vec::new());
    let mut failed = 0;
    let next = AtomicUsize::new(0);
    // planning the rules of a day uses one core, so several days run at once
    let work = || {
        let mut outcomes = Vec::new();
        while let Some(day) = days.get(next.fetch_add(1, Ordering::Relaxed)) {
            outcomes.push((day, evaluate(context, day)));
            bar.inc(1);
        }
        outcomes
    };
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..context.config.threads()).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    for (day, outcome) in outcomes {
        match outcome {
            Ok((of_day, report)) => {
                scores.extend(of_day);
                reports.push(report);
            }
            Err(error) => {
                failed += 1;
                notice(&format!("error: {}: {error}", day.display()));
            }
        }
    }
    scores.sort_by(|a: &Score, b| (&a.scenario, a.seed, &a.day).cmp(&(&b.scenario, b.seed, &b.day)));
    bar.finish_and_clear();
    let scenarios: BTreeSet<&str> = scores.iter().map(|score| score.scenario.as_str()).collect();
    let by_scenario: Vec<(&str, Totals)> = scenarios
        .into_iter()
        .map(|name| (name, totals(scores.iter().filter(|score| score.scenario == name))))
        .collect();
    let all = totals(scores.iter());
    if args.json {
        let scenarios: Vec<_> =
            by_scenario.iter().map(|(name, totals)| json!({ "scenario": name, "totals": totals })).collect();
        print_json(
            &json!({ "schema": "headwater.evaluate/1", "totals": all, "scenarios": scenarios, "reports": reports, "days": scores }),
        )?;
    } else {
        print(&table(&by_scenario, &all))?;
        for report in reports.iter().filter(|report| report.causes > 1 || report.wrongly_confirmed > 0) {
            print(&describe_report(report))?;
        }
        for score in scores.iter().filter(|score| !score.is_right()) {
            print(&describe_miss(score))?;
        }
    }
    Ok(if failed == 0 { Done::All } else { Done::InPart })
}

/// Returns the folders that are days, and the days directly inside the others, sorted by path.
fn days_of(folders: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut days = Vec::new();
    for folder in folders {
        let before = days.len();
        if folder.join("truth.json").exists() {
            days.push(folder.clone());
        } else if let Ok(entries) = std::fs::read_dir(folder) {
            days.extend(
                entries.flatten().map(|entry| entry.path()).filter(|day| day.join("truth.json").exists()),
            );
        }
        if days.len() == before {
            return Err(Error::usage("no simulated day found")
                .at(folder.display().to_string())
                .hint("a simulated day contains truth.json; `headwater simulate` writes one"));
        }
    }
    days.sort();
    Ok(days)
}

fn evaluate(context: &Context, day: &Path) -> Result<(Vec<Score>, Reported)> {
    let path = day.join("truth.json");
    let truth = parse_truth(&std::fs::read_to_string(&path)?, &path.display().to_string())?;
    let started = Instant::now();
    let folder = tempfile::tempdir()?;
    let lake = Lake::create(folder.path())?;
    // only the logs: the analysis must not read the answer
    let logs = ["audit", "event", "business", "standard"].map(|name| day.join(name));
    let paths = logs.into_iter().filter(|path| path.exists()).collect();
    crate::cli::ingest::into_lake(
        context,
        &lake,
        &Source::Files { root: Some(day.to_owned()), paths },
        None,
    )?;
    let mut workspace = context.installation().open(lake)?;
    let zone = context.config.zone()?;
    let window = Window { from: Ts::parse(&truth.from, zone)?, to: Ts::parse(&truth.to, zone)?, zone };
    let incidents = &truth.incidents;
    context.runtime.block_on(async {
        let report = workspace.analyse(window, "evaluate", &|_| {}).await?;
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let named = causes(&report);
        let all = workspace.engine(None).await?;
        let mut scores = Vec::new();
        for incident in incidents {
            let found = trace_of(incident, &report);
            let traced = DayTrace {
                found: found.is_some(),
                // a recording asks at each of its symptoms
                trace: match found.filter(|_| incidents.len() == 1) {
                    Some(trace) => trace.clone(),
                    None => trace_symptom(&workspace, incident, window).await?,
                },
                naive: naive(&all, incident).await?,
                reported: named.clone(),
                took_ms,
            };
            scores.push(score(&day.display().to_string(), truth.seed, incident, &traced));
        }
        Ok((scores, reported(&day.display().to_string(), incidents, &report)))
    })
}

/// Traces the workload of the symptom at its time: for a recording, and for a day on which no finding led there.
async fn trace_symptom(workspace: &Workspace, incident: &Incident, window: Window) -> Result<Trace> {
    let at = Ts::parse(&incident.symptom_ts, window.zone)?;
    let subject = Subject::Pod(incident.namespace.clone(), incident.workload.clone());
    let engine = workspace.engine(Some(window)).await?;
    let start = start_at(&engine, &subject, at).await?;
    let traces = workspace.trace(&engine, window, &[start]).await?;
    traces.into_iter().next().ok_or_else(|| Error::bug("no trace was returned for the symptom"))
}

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 { "-".into() } else { format!("{:.0} %", part as f64 * 100.0 / whole as f64) }
}

fn table(scenarios: &[(&str, Totals)], all: &Totals) -> String {
    let width = scenarios.iter().map(|(name, _)| name.len()).max().unwrap_or(0).max("scenario".len());
    let mut out = format!(
        "{:<width$} {:>4} {:>6} {:>6} {:>6} {:>7} {:>8} {:>6} {:>6} {:>8} {:>6} {:>6} {:>7}\n",
        "scenario",
        "n",
        "found",
        "top-1",
        "top-3",
        "report",
        "verdict",
        "wrong",
        "hops",
        "nearest",
        "in ns",
        "on it",
        "ms"
    );
    for (name, t) in scenarios.iter().map(|(name, totals)| (*name, totals)).chain([("all", all)]) {
        out.push_str(&format!(
            "{:<width$} {:>4} {:>6} {:>6} {:>6} {:>7} {:>8} {:>6} {:>6} {:>8} {:>6} {:>6} {:>7}\n",
            name,
            t.days,
            percent(t.found, t.days),
            percent(t.top1, t.with_cause),
            percent(t.top3, t.with_cause),
            percent(t.reported, t.with_cause),
            percent(t.verdict_right, t.days),
            t.wrongly_confirmed,
            percent(t.hops_right, t.hops),
            percent(t.naive_nearest, t.with_cause),
            percent(t.naive_namespace, t.with_cause),
            percent(t.naive_workload, t.with_cause),
            t.took_ms
        ));
    }
    out.push_str(&format!("\nhonest without a cause: {} of {}\n", all.honest, all.days - all.with_cause));
    out.push_str("\nexpected verdict → actual\n");
    for (expected, actual) in &all.verdicts {
        let actual: Vec<String> = actual.iter().map(|(name, count)| format!("{name} {count}")).collect();
        out.push_str(&format!("{expected:<13} → {}\n", actual.join(", ")));
    }
    out
}

/// Returns what the report of a day says of its incidents.
fn describe_report(of: &Reported) -> String {
    let mut line = format!(
        "report of {}: {} incidents ({} traced) for {} causes; {} of {} operations named, {} confirmed wrongly; {} of {} findings in one incident",
        of.day,
        of.incidents,
        of.traced,
        of.causes,
        of.operations_named,
        of.operations,
        of.wrongly_confirmed,
        of.findings_in_one,
        of.findings
    );
    for (label, names) in [("not named", &of.missing), ("wrong", &of.wrong)] {
        if !names.is_empty() {
            line.push_str(&format!("; {label}: {}", names.join(", ")));
        }
    }
    line
}

fn describe_miss(score: &Score) -> String {
    let verdict = score.verdict.name();
    let first = match (&score.instead, score.has_cause, score.top1) {
        (_, true, true) => "the cause is ranked first".to_owned(),
        (Some(id), ..) => format!("{id} is ranked first"),
        (None, true, false) => "no cause is named".to_owned(),
        (None, false, _) => "correctly no cause".to_owned(),
    };
    format!("{} {}: {verdict}, expected {}; {first}", score.scenario, score.seed, score.expected)
}
