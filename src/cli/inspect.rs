//! `headwater inspect`: the detected format of files, the reasons, and their first records. Writes nothing.

use crate::cancel::Cancel;
use crate::cli::{Context, Done, Result, print, print_json, print_problems};
use crate::ingest::{Options, main_format, read_frames, reader_for};
use crate::source::{ListedObject, Source, Wanted};
use format::Clock;
use format::layout::{NearMiss, draft, near_misses};
use format::reader::Row;
use model::error::Problem;
use model::time::Ts;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

/// Records that are shown of each file.
const FIRST_RECORDS: usize = 3;
/// Characters of a message that are shown.
const MESSAGE_CHARS: usize = 300;

/// Detect the format of files and show their first records as parsed
///
/// Reads each file to its end and writes nothing: use it before `ingest`, or to see why records were not
/// parsed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater inspect /var/log/pods --json\n  headwater formats list      the formats that can be read"
)]
pub struct Args {
    /// Files or folders
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// What was found out about one file.
#[derive(Serialize)]
struct Inspected {
    key: String,
    /// The table of most records.
    #[serde(rename = "type")]
    table: Option<&'static str>,
    format: String,
    /// Share of the records that were parsed and belong to that table, from 0 to 1.
    confidence: f64,
    reasons: Vec<String>,
    records: u64,
    parsed: u64,
    unparsed: u64,
    dropped: BTreeMap<&'static str, u64>,
    faults: Vec<(u64, String)>,
    /// Why the file could not be read to its end.
    failure: Option<String>,
    /// The first records.
    first: Vec<Value>,
    /// A layout file to start from, if a line was not understood.
    draft: Option<String>,
    /// Layouts that read the beginning of that line: the layout, what its pattern has next, what the line has there.
    near: Vec<NearMiss>,
}

/// Lines of which one is drafted a layout for.
const DRAFT_LINES: usize = 20;
/// Bytes in which they are looked for.
const DRAFT_BYTES: u64 = 4 << 20;
/// The format that reads lines of any program, as far as it can.
const GENERAL: &str = "logback";

pub fn run(context: &Context, args: &Args) -> Result<Done> {
    let source = Source::Files { root: None, paths: args.paths.clone() };
    let (listed, problems) = source.list(&Wanted::default())?;
    let options = Options::of(&context.config, Ts::now(), &Cancel::default())?;
    let objects: Vec<Inspected> = listed.iter().map(|object| inspect(&source, object, &options)).collect();
    if args.json {
        print_json(&json!({ "schema": "headwater.inspect/1", "objects": objects }))?;
    } else {
        for object in &objects {
            print(&text(object))?;
        }
    }
    let problems: Vec<Problem> = problems.into_iter().chain(options.formats.problems).collect();
    Ok(print_problems("inspect", &problems))
}

fn inspect(source: &Source, object: &ListedObject, options: &Options) -> Inspected {
    let mut reader = reader_for(object, options);
    let mut first = Vec::new();
    // lines that were not understood, or only in part, by their numbers
    let (mut unread, mut without_level) = (Vec::new(), Vec::new());
    let mut take = |row: Row<'_>| {
        if !is_json(&row.record.message) {
            let kind = if row.unparsed { &mut unread } else { &mut without_level };
            if kind.len() < DRAFT_LINES && (row.unparsed || row.record.level.is_none()) {
                kind.push(row.line);
            }
        }
        if first.len() < FIRST_RECORDS {
            first.push(json!({
                "line": row.line, "ts": Ts(row.ts), "table": row.table.name(),
                "level": row.record.level.map(|level| level.name()),
                "namespace": row.record.place.namespace, "pod": row.record.place.pod,
                "container": row.record.place.container, "node": row.record.place.node,
                "attrs": row.record.attrs.clone().into_json().and_then(|json| serde_json::from_str::<Value>(&json).ok()),
                "message": row.record.message.chars().take(MESSAGE_CHARS).collect::<String>(),
            }));
        }
    };
    let failure = source
        .read(object, &options.cancel)
        .and_then(|opened| read_frames(opened.input, &mut reader, &options.limits, &mut take))
        .err();
    let counts = &reader.counts;
    let records = counts.records().max(1);
    let table = counts.tables.iter().max_by_key(|(_, count)| **count);
    let mut reasons: Vec<String> = counts
        .formats
        .iter()
        .map(|(chain, count)| format!("{count} of {records} records read as {chain}"))
        .collect();
    reasons.extend(format::origin_of(&object.key).reason);
    let format = main_format(counts);
    if unread.is_empty() && format.ends_with(GENERAL) {
        unread = without_level;
    }
    let unread = lines_of(source, object, &unread);
    let clock = Clock { zone: options.time_zone, day: options.today, written: None };
    let drafted = unread.iter().find_map(|line| Some((line, draft(line, &clock)?)));
    let not_understood = drafted.as_ref().map_or(unread.first(), |(line, _)| Some(*line));
    Inspected {
        key: object.key.clone(),
        table: table.map(|(name, _)| *name),
        format,
        confidence: table.map_or(0.0, |(_, count)| share(*count.min(&counts.parsed), records)),
        reasons,
        records: counts.records(),
        parsed: counts.parsed,
        unparsed: counts.unparsed,
        dropped: counts.dropped.clone(),
        faults: counts.faults.clone(),
        failure: failure.map(|error| error.to_string()),
        first,
        near: not_understood
            .map(|line| near_misses(options.formats.registry.layouts().iter().copied(), line))
            .unwrap_or_default(),
        draft: drafted.map(|(_, draft)| draft),
    }
}

/// Returns lines of an object by their numbers, from 1 and rising; none of a compressed one.
fn lines_of(source: &Source, object: &ListedObject, numbers: &[u64]) -> Vec<String> {
    let (Some(last), Ok(opened)) = (numbers.last(), source.read(object, &Cancel::default())) else {
        return Vec::new();
    };
    let lines = BufReader::new(opened.input.take(DRAFT_BYTES)).lines();
    let lines = (1..=*last).zip(lines.map_while(std::io::Result::ok));
    let wanted = lines.filter(|(number, _)| numbers.contains(number));
    wanted.map(|(_, line)| redact::secrets(&line).into_owned()).collect()
}

/// Returns true if a line is a JSON object or array, which no layout reads.
fn is_json(line: &str) -> bool {
    ["{", "[{", "[\""].iter().any(|begin| line.starts_with(begin))
}

/// Returns a share of the records, rounded to two digits.
fn share(part: u64, records: u64) -> f64 {
    (part as f64 / records as f64 * 100.0).round() / 100.0
}

fn text(object: &Inspected) -> String {
    let Inspected { key, table, format, confidence, reasons, failure, first, draft, near, .. } = object;
    let table = table.unwrap_or("no table");
    let mut lines = vec![key.clone(), format!("  {table} as {format}, confidence {confidence}")];
    lines.extend(reasons.iter().map(|reason| format!("  {reason}")));
    lines.extend(first.iter().map(|record| format!("  {record}")));
    lines.extend(near.iter().map(|miss| {
        let NearMiss { layout, read, expected, found } = miss;
        format!("  nearly `{layout}`: it reads `{read}`, then expects {expected} and finds `{found}`")
    }));
    if let Some(draft) = draft {
        lines.push(
            "  a layout for lines that were not understood, to start from (headwater formats --help):".into(),
        );
        lines.extend(draft.lines().map(|line| format!("    {line}")));
    }
    lines.extend(failure.iter().map(|failure| format!("  failure: {failure}")));
    lines.join("\n")
}
