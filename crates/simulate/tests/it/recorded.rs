//! The simulator against a real cluster: `fixtures/recorded/shapes.tsv` has the shapes that one wrote,
//! `unrecorded.tsv` those that only incidents or programs write that it did not have, each with
//! where it is known from; `elsewhere.tsv` the frequent ones that no ordinary day has, each with the reason. `UPDATE_SHAPES=<recording> cargo test -p headwater-simulate` writes the first.

use crate::shape::{Shapes, shapes_of};
use simulate::{SCENARIOS, Spec, simulate};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A shape that a real cluster wrote this often in half an hour, any day must have.
const FREQUENT: usize = 60;

/// Further days, of variants that the first seeds do not draw.
const VARIANTS: [(&str, u64); 3] =
    [("events_missing", 1), ("limit_range_added", 6), ("rbac_binding_removed", 1)];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/recorded").join(name)
}

/// Returns the lines of a fixture, cut at the first tab.
fn table(name: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(fixture(name)).expect("a fixture");
    let rows = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    rows.map(|(head, rest)| (head.to_owned(), rest.to_owned())).collect()
}

/// Returns the shapes of the recording.
fn recorded() -> Shapes {
    if let Some(day) = std::env::var_os("UPDATE_SHAPES") {
        let shapes = shapes_of(Path::new(&day));
        let rows = shapes.iter().map(|(shape, count)| format!("{count}\t{shape}\n")).collect::<String>();
        fs::write(fixture("shapes.tsv"), rows).expect("the fixture is written");
    }
    table("shapes.tsv").into_iter().map(|(count, shape)| (shape, count.parse().expect("a count"))).collect()
}

/// Returns true if a shape fits a pattern, in which `*` matches any text.
fn fits(pattern: &str, shape: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = shape.strip_prefix(parts.next().unwrap_or("")) else { return false };
    for part in parts {
        match (part, rest.find(part)) {
            ("", _) => rest = "",
            (_, Some(at)) => rest = &rest[at + part.len()..],
            (_, None) => return false,
        }
    }
    rest.is_empty()
}

/// Simulates a day of a scenario.
fn simulated(scenario: &str, seed: u64, size_bytes: u64) -> Shapes {
    let dir = std::env::temp_dir().join(format!("shapes-{}-{scenario}-{seed}", std::process::id()));
    let date = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).expect("a date");
    let spec = Spec { scenario: scenario.to_owned(), seed, size_bytes, date };
    simulate(&spec, &dir, &mut |_| {}).expect("a day");
    let shapes = shapes_of(&dir);
    fs::remove_dir_all(&dir).expect("the day is removed");
    shapes
}

/// Simulates a small day of each scenario; returns each shape with a day that has it.
fn small_days() -> BTreeMap<String, String> {
    let days = SCENARIOS.iter().enumerate().map(|(i, scenario)| (scenario.name, 1 + i as u64 % 5));
    let days: Vec<(&str, u64)> = days.chain(VARIANTS).collect();
    let seen = |(scenario, seed): &(&str, u64)| {
        let shapes = simulated(scenario, *seed, 500_000).into_keys();
        shapes.map(|shape| (shape, format!("{scenario}-{seed}"))).collect::<Vec<_>>()
    };
    let (left, right) = days.split_at(days.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| right.iter().flat_map(seen).collect::<Vec<_>>());
        let own: Vec<_> = left.iter().flat_map(seen).collect();
        own.into_iter().chain(other.join().expect("a thread")).collect()
    })
}

#[test]
fn a_simulated_cluster_writes_what_a_real_one_does() {
    let (recorded, known) = (recorded(), table("unrecorded.tsv"));
    let mut strange = Vec::new();
    let mut used = vec![false; known.len()];
    for (shape, day) in small_days().into_iter().filter(|(shape, _)| !recorded.contains_key(shape)) {
        match known.iter().position(|(pattern, _)| fits(pattern, &shape)) {
            Some(row) => used[row] = true,
            None => strange.push(format!("{day}: {shape}")),
        }
    }
    assert!(strange.is_empty(), "no real cluster writes these:\n{}", strange.join("\n"));
    let unused: Vec<&str> =
        known.iter().zip(&used).filter(|row| !row.1).map(|row| row.0.0.as_str()).collect();
    assert!(unused.is_empty(), "no day needs these of unrecorded.tsv: {unused:#?}");
}

#[test]
fn a_day_has_what_a_real_cluster_writes_most() {
    let (simulated, elsewhere) = (simulated("memory_limit_lowered", 3, 8_000_000), table("elsewhere.tsv"));
    let frequent = recorded().into_iter().filter(|(_, count)| *count >= FREQUENT);
    let missing = frequent.filter(|(shape, _)| {
        !simulated.contains_key(shape) && !elsewhere.iter().any(|(pattern, _)| fits(pattern, shape))
    });
    let missing: Vec<String> = missing.map(|(shape, count)| format!("{count} {shape}")).collect();
    assert!(missing.is_empty(), "the day lacks:\n{}", missing.join("\n"));
}

/// A kubelet has no event for a container that is out of memory: only the status of its pod shows it.
#[test]
fn memory_runs_out_in_the_status_of_a_pod_alone() {
    let shapes = simulated("memory_limit_lowered", 3, 500_000);
    let has = |part: &str| shapes.keys().any(|shape| shape.contains(part));
    assert!(
        has("container terminated:OOMKilled:137") && has("CrashLoopBackOff after terminated:OOMKilled:137")
    );
    assert!(!has(" OOMKilling "), "{shapes:#?}");
}
