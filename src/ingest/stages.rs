//! How long each stage of an ingest takes, on one thread: the objects are read again for each stage, one stage
//! further each time. Commits nothing. Must not know the figures of other engines.

use crate::ingest::worker::SPILL_BYTES;
use crate::ingest::{Options, object_id, read_frames, reader_for};
use crate::lake::Lake;
use crate::lake::commit::Draft;
use crate::lake::rows::SourceObject;
use crate::source::{ListedObject, Source};
use format::framing;
use format::reader::Row;
use format::text::template;
use model::error::{Error, Result};
use std::fs;
use std::hint::black_box;
use std::io;
use std::time::Instant;

/// The seconds of each stage, in order.
pub type Seconds = [(&'static str, f64); 7];

/// How far an object is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    Inflate,
    Frame,
    Parse,
    /// Parsed, and masked a second time.
    Redact,
    /// Parsed, and its templates made.
    Template,
    Build,
    Write,
}

/// Measures the stages over objects that are not archives. Files are written below `lake`, and never become live.
///
/// # Errors
/// An object or the lake fails.
pub fn measure(lake: &Lake, source: &Source, objects: &[ListedObject], options: &Options) -> Result<Seconds> {
    let pass = |until| {
        let (begun, begun_cpu) = (Instant::now(), cpu_seconds());
        for object in objects {
            read(lake, source, object, (options, until))?;
        }
        let cpu = cpu_seconds().zip(begun_cpu).map(|(end, begin)| end - begin);
        Ok::<f64, Error>(cpu.unwrap_or_else(|| begun.elapsed().as_secs_f64()))
    };
    let (inflate, frame, parse) = (pass(Until::Inflate)?, pass(Until::Frame)?, pass(Until::Parse)?);
    let (redact, template) = (pass(Until::Redact)? - parse, pass(Until::Template)? - parse);
    let (build, write) = (pass(Until::Build)?, pass(Until::Write)?);
    Ok([
        ("inflate", inflate),
        ("frame", frame - inflate),
        ("parse", parse - frame - redact),
        ("redact", redact),
        ("template", template),
        ("build", build - parse - template),
        ("write", write - build),
    ])
}

/// Returns the time that this thread has run, where the system shows it: other programs do not change it.
fn cpu_seconds() -> Option<f64> {
    let shown = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    shown.split(' ').next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
}

fn read(lake: &Lake, source: &Source, object: &ListedObject, how: (&Options, Until)) -> Result<()> {
    let (options, until) = how;
    let failed =
        |error: io::Error| Error::failed("cannot read the object").at(object.key.clone()).because(error);
    let input = source.read(object, &options.cancel).map_err(failed)?.input;
    match until {
        Until::Inflate => {
            let (_, mut text) = framing::decompress(input).map_err(failed)?;
            return io::copy(&mut text, &mut io::sink()).map(drop).map_err(failed);
        }
        Until::Frame => {
            let mut see = |mut entry: framing::Entry<'_, '_>| {
                let mut each = |frame: framing::Frame<'_>| {
                    black_box(frame.line);
                };
                entry.frames(&mut each).map(drop)
            };
            return framing::entries(input, &options.limits, &mut see).map_err(failed);
        }
        _ => {}
    }
    let id = object_id(&object.key);
    let described =
        SourceObject { id: id.clone(), key: object.key.clone(), cluster: options.cluster.clone() };
    let empty = || Draft::new(lake, options.zone, id.clone());
    let mut draft = empty();
    let mut spilled = Ok(());
    let mut take = |mut row: Row<'_>| match until {
        Until::Redact => {
            black_box(options.redactor.record(&mut row.record));
        }
        Until::Template => {
            let template = template::template_of(row.record.message.lines().next().unwrap_or(""));
            black_box(template::id_of(&template));
        }
        Until::Build | Until::Write => {
            draft.push(row, &described);
            if draft.bytes >= SPILL_BYTES && until == Until::Write && spilled.is_ok() {
                spilled = draft.spill();
            } else if draft.bytes >= SPILL_BYTES {
                draft = empty();
            }
        }
        _ => {}
    };
    read_frames(input, &mut reader_for(object, options), &options.limits, &mut take).map_err(failed)?;
    spilled?;
    if until == Until::Write { draft.spill() } else { Ok(()) }
}
