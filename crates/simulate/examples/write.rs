//! Writes simulated days without building the program: `write OUT BYTES SEEDS [SCENARIO …]`, where
//! SEEDS is `1-3`; all scenarios if none is named. A day is the folder `OUT/<scenario>-<seed>`.

use chrono::NaiveDate;
use simulate::{SCENARIOS, Spec, simulate};
use std::io::{Error, Result};
use std::path::Path;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [out, bytes, seeds, names @ ..] = args.as_slice() else {
        return Err(Error::other("usage: write OUT BYTES SEEDS [SCENARIO …]"));
    };
    let number = |text: &str| text.parse::<u64>().map_err(|_| Error::other("a number is missing"));
    let (first, last) = seeds.split_once('-').unwrap_or((seeds, seeds));
    let date = NaiveDate::from_ymd_opt(2026, 11, 22).ok_or_else(|| Error::other("no such date"))?;
    for scenario in
        SCENARIOS.iter().filter(|known| names.is_empty() || names.iter().any(|name| name == known.name))
    {
        for seed in number(first)?..=number(last)? {
            let spec = Spec { scenario: scenario.name.to_owned(), seed, size_bytes: number(bytes)?, date };
            simulate(&spec, &Path::new(out).join(format!("{}-{seed}", scenario.name)), &mut |_| {})?;
        }
    }
    Ok(())
}
