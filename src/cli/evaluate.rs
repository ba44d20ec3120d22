//! `headwater evaluate`: the whole job over simulated days, scored against their truth.

use crate::analysis::evaluate::{Score, Totals, naive, parse_truth, score, totals, trace_of};
use crate::analysis::trace::{Subject, start_at};
use crate::cli::{Context, Done, Result, print, print_json, say, show};
use crate::lake::Lake;
use crate::pipeline::Workplace;
use crate::source::Source;
use model::error::Error;
use model::report::Trace;
use model::time::{Ts, Window};
use serde_json::json;
use simulate::Truth;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Run the whole job over simulated days and score the traces against their truth
///
/// Beside the traces stand two naive rules: the nearest change before the symptom, and the nearest
/// in its namespace. Where these do well, the days prove nothing.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  for seed in 1 2 3; do headwater simulate --scenario bad_image --seed $seed --out days/bad_image-$seed; done\n  headwater evaluate days"
)]
pub struct Args {
    /// Days as `headwater simulate` writes them, or folders of such days
    #[arg(required = true, value_name = "DIR")]
    days: Vec<PathBuf>,
    /// One JSON document: totals, scenarios and every day
    #[arg(long)]
    json: bool,
}

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let days = days_of(&args.days)?;
    let bar = show::counter(days.len() as u64, "evaluate");
    let mut scores = Vec::new();
    let mut failed = 0;
    let next = AtomicUsize::new(0);
    // planning a day's rules keeps one core busy: days run side by side
    let work = || {
        let mut done = Vec::new();
        while let Some(day) = days.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((day, evaluate(context, day)));
            bar.inc(1);
        }
        done
    };
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..context.config.threads()).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    for (day, outcome) in outcomes {
        match outcome {
            Ok(score) => scores.push(score),
            Err(error) => {
                failed += 1;
                say(&format!("error: {}: {error}", day.display()));
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
            &json!({ "schema": "headwater.evaluate/1", "totals": all, "scenarios": scenarios, "days": scores }),
        )?;
    } else {
        print(&table(&by_scenario, &all))?;
        for score in scores.iter().filter(|score| !score.is_right()) {
            print(&miss(score))?;
        }
    }
    Ok(if failed == 0 { Done::All } else { Done::InPart })
}

/// Returns the days among folders and in them, by name.
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
            return Err(Error::usage("there is no simulated day here")
                .at(folder.display().to_string())
                .hint("a day holds truth.json; `headwater simulate` writes one"));
        }
    }
    days.sort();
    Ok(days)
}

fn evaluate(context: &Context, day: &Path) -> Result<Score> {
    let place = day.join("truth.json");
    let truth = parse_truth(&std::fs::read_to_string(&place)?, &place.display().to_string())?;
    let begun = Instant::now();
    let folder = tempfile::tempdir()?;
    let lake = Lake::create(folder.path())?;
    // the truth is for whoever checks the answer, not for whoever finds it
    let logs = ["audit", "event", "business", "standard"].map(|name| day.join(name));
    let paths = logs.into_iter().filter(|path| path.exists()).collect();
    crate::cli::ingest::into_lake(
        context,
        &lake,
        &Source::Files { root: Some(day.to_owned()), paths },
        None,
    )?;
    let mut place = context.site().open(lake)?;
    let zone = context.config.zone()?;
    let window = Window { from: Ts::parse(&truth.from, zone)?, to: Ts::parse(&truth.to, zone)?, zone };
    context.runtime.block_on(async {
        let report = place.analyse(window, "evaluate", &|_| {}).await?;
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let found = trace_of(&truth, &report);
        let trace = match found {
            Some(trace) => trace.clone(),
            None => asked(&place, &truth, window).await?,
        };
        let naive = naive(&place.engine(None).await?, &truth).await?;
        Ok(score(&day.display().to_string(), &truth, (found.is_some(), &trace), &naive, took_ms))
    })
}

/// Returns the trace of the symptom's pod and time.
async fn asked(place: &Workplace, truth: &Truth, window: Window) -> Result<Trace> {
    let at = Ts::parse(&truth.symptom.ts, window.zone)?;
    let subject = Subject::Pod(truth.symptom.namespace.clone(), truth.symptom.pod.clone());
    let engine = place.engine(Some(window)).await?;
    let start = start_at(&engine, &subject, at).await?;
    let traces = place.trace(&engine, window, &[start]).await?;
    traces.into_iter().next().ok_or_else(|| Error::bug("a start gave no trace"))
}

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 { "-".into() } else { format!("{:.0} %", part as f64 * 100.0 / whole as f64) }
}

fn table(scenarios: &[(&str, Totals)], all: &Totals) -> String {
    let mut out = format!(
        "{:<26} {:>4} {:>6} {:>6} {:>6} {:>8} {:>6} {:>6} {:>8} {:>8} {:>7}\n",
        "scenario", "days", "found", "top-1", "top-3", "verdict", "wrong", "hops", "nearest", "in ns", "ms"
    );
    for (name, t) in scenarios.iter().map(|(name, totals)| (*name, totals)).chain([("all", all)]) {
        out.push_str(&format!(
            "{:<26} {:>4} {:>6} {:>6} {:>6} {:>8} {:>6} {:>6} {:>8} {:>8} {:>7}\n",
            name,
            t.days,
            percent(t.found, t.days),
            percent(t.top1, t.with_cause),
            percent(t.top3, t.with_cause),
            percent(t.verdict_right, t.days),
            t.wrongly_confirmed,
            percent(t.hops_right, t.hops),
            percent(t.naive_nearest, t.with_cause),
            percent(t.naive_namespace, t.with_cause),
            t.took_ms
        ));
    }
    out.push_str("\nright verdict → given\n");
    for (right, given) in &all.verdicts {
        let given: Vec<String> = given.iter().map(|(name, count)| format!("{name} {count}")).collect();
        out.push_str(&format!("{right:<13} → {}\n", given.join(", ")));
    }
    out
}

fn miss(score: &Score) -> String {
    let verdict = score.verdict.name();
    let first = match (&score.instead, score.has_cause, score.top1) {
        (_, true, true) => "the cause stands first".to_owned(),
        (Some(id), ..) => format!("{id} stands first"),
        (None, true, false) => "no cause is named".to_owned(),
        (None, false, _) => "rightly no cause".to_owned(),
    };
    format!("{} {}: {verdict}, {} was right; {first}", score.scenario, score.seed, score.expected)
}
