//! Mutated samples of every format, the same on every run: nothing panics, and every record is counted.
//! `fuzz/` looks for new inputs; what it finds becomes a test elsewhere.

use chrono::NaiveDate;
use format::framing::Frame;
use format::reader::{Reader, ReaderOptions};
use format::{Clock, Format, Registry, origin_of};

/// Mutated lines of each format, unless `HEADWATER_MUTATIONS` says how many: fewer in a build without optimization.
const LINES: u32 = if cfg!(debug_assertions) { 500 } else { 20_000 };
/// Lines of one object.
const OBJECT_LINES: u32 = 20_000;

/// A small generator of pseudo-random numbers (xorshift*), the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap_or(0)
    }
}

/// Changes a line in one to three places.
fn mutate(line: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    const TOKENS: [&[u8]; 16] = [
        b"\"",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\\",
        b":",
        b",",
        b" ",
        b"\t",
        b"\x00",
        b"\xff",
        b"\xe9\x94\x99",
        b"2026-11-22T10:12:03Z",
        b"{\"log\":\"",
        b"\x1b[31m",
    ];
    for _ in 0..=random.below(3) {
        let at = random.below(line.len() + 1);
        let len = random.below(16).min(line.len() - at);
        match random.below(6) {
            0 if at < line.len() => line[at] ^= 1 << random.below(8),
            1 => drop(line.drain(at..at + len)),
            2 => {
                let copy = line[at..at + len].to_vec();
                line.splice(at..at, copy);
            }
            3 => drop(line.splice(at..at, TOKENS[random.below(TOKENS.len())].iter().copied())),
            4 => {
                let from = random.below(other.len());
                let to = (from + random.below(64)).min(other.len());
                line.splice(at..at, other[from..to].iter().copied());
            }
            _ => line.truncate(at),
        }
    }
    line.retain(|byte| *byte != b'\n');
}

fn replay(format: &dyn Format, others: &[&dyn Format], lines: u32) {
    let clock = Clock {
        zone: chrono_tz::Tz::UTC,
        day: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default(),
        written: None,
    };
    let mut random = Random(
        blake3::hash(format.name().as_bytes()).as_bytes()[..8]
            .iter()
            .fold(1, |seed, byte| seed << 8 | u64::from(*byte)),
    );
    let sample: Vec<Vec<u8>> = match format.name() {
        "csv" | "kubectl-output" => vec![format.sample().as_bytes().to_vec()],
        _ => format.sample().lines().map(|line| line.as_bytes().to_vec()).collect(),
    };
    let mut done = 0;
    while done < lines {
        let mut reader = Reader::new(origin_of("logs/a.log"), ReaderOptions::of(clock));
        let mut rows = 0;
        let mut emit = |_: format::reader::Row<'_>| rows += 1;
        for number in 1..=OBJECT_LINES.min(lines) {
            let mut line = sample[random.below(sample.len())].clone();
            let other = others[random.below(others.len())].sample().as_bytes();
            mutate(&mut line, other, &mut random);
            reader.frame(
                &Frame { line: u64::from(number), bytes: &line, fault: None, dropped: None },
                &mut emit,
            );
        }
        reader.finish(&mut emit);
        let counts = &reader.counts;
        assert_eq!(rows, counts.parsed + counts.unparsed, "{}", format.name());
        assert!(counts.records() + counts.joined >= counts.frames, "{}: a line was lost", format.name());
        done += OBJECT_LINES;
    }
}

#[test]
fn mutated_lines_of_every_format_are_counted() {
    let formats = Registry::shipped().formats();
    let lines =
        std::env::var("HEADWATER_MUTATIONS").ok().and_then(|lines| lines.parse().ok()).unwrap_or(LINES);
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(format) = formats.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
                {
                    replay(*format, formats, lines);
                }
            });
        }
    });
}
