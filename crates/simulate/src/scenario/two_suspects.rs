//! Two people change the same workload a few minutes apart, and either change alone would do what
//! follows: memory below the heap, or a probe that cannot pass. Nothing in the logs tells which
//! it was, so there is no one cause to name.

use crate::act::Rollout;
use crate::app::Fault;
use crate::cluster::Probe;
use crate::day::Day;
use crate::herring::team;
use crate::scenario::deed::JAVA;
use crate::scenario::fallout::{Victim, author, callers_fail, variant, victim};
use crate::scenario::memory_limit_lowered::set_memory;
use crate::scenario::probe_tightened::{fail_probes, set_probe};
use crate::scenario::{Scenario, Story, User, out_of_memory, times};
use crate::text::{MINUTE, SECOND};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "two_suspects",
    about: "two people change one workload minutes apart, each enough for what follows; no honest way to choose",
    plan,
};

fn plan(day: &mut Day) -> Story {
    let is_memory = day.seed.is_multiple_of(2);
    let names: [&'static str; 3] = if is_memory { JAVA } else { ["cart-api", "pay-api", "inventory"] };
    let turn = variant(day, 2, 3) as usize;
    let of = victim(day, &names[turn..=turn]);
    let mut at = times(day, (240, 700));
    let first = author(day, "shop");
    let mut second = first.clone();
    for person in team("shop") {
        if second.name == first.name {
            second = Day::person(*person);
        }
    }
    // The later change is the one nearer to the symptom; neither has had time to show before it.
    let again = day.after(at.cause, 70, 150);
    at.symptom = at.symptom.max(again + 100 * SECOND);
    day.is_incident = true;
    let symptom = if is_memory {
        starve_twice(day, (at.cause, again), (&first, &second), of);
        out_of_memory(day, of.of.name, at.symptom, at.end)
    } else {
        probe_twice(day, (at.cause, again), (&first, &second), (of, at.symptom, at.end));
        let span = (at.symptom, at.end + MINUTE / 2);
        callers_fail(day, of.of.name, span, &[Fault::Unavailable, Fault::Refused], 0.3)
    };
    day.distract(again, symptom, &second, &[of.of.name]);
    day.is_incident = false;
    if is_memory {
        day.remove_env(at.end, &Day::on_call(), of.index, "JAVA_TOOL_OPTIONS");
        set_memory(day, at.end + 5 * SECOND, &Day::on_call(), of.index, of.of.memory_mib);
    } else {
        let good = Probe { path: "/healthz", timeout_s: 3, period_s: 10, delay_s: 20 };
        set_probe(day, at.end, &Day::on_call(), of.index, good);
    }
    day.roll_out(at.end + 6 * SECOND, of.index, Rollout::Good);
    Story { symptom, cause: None, verdict: "inconclusive" }
}

/// Lowers the limit below the heap, and raises the heap above the limit of before.
fn starve_twice(day: &mut Day, at: (i64, i64), by: (&User, &User), of: Victim) {
    let mib = of.of.memory_mib;
    let heap = format!("-Xms{mib}m -Xmx{}m", mib * 3 / 2);
    set_memory(day, at.0, by.0, of.index, mib / 4);
    day.roll_out(at.0, of.index, Rollout::Good);
    day.set_env(at.1, by.1, of.index, ("JAVA_TOOL_OPTIONS", &heap));
    day.roll_out(at.1, of.index, Rollout::Good);
}

/// Points the probe at a path that is not served, and releases a version that serves no probe path.
fn probe_twice(day: &mut Day, at: (i64, i64), by: (&User, &User), (of, symptom, end): (Victim, i64, i64)) {
    const PERIOD_S: i64 = 15;
    let delay_s = ((symptom - at.1) / SECOND - 3 * PERIOD_S - 12).max(5);
    let probe = Probe { path: "/live", timeout_s: 1, period_s: PERIOD_S, delay_s };
    set_probe(day, at.0, by.0, of.index, probe);
    day.roll_out(at.0, of.index, Rollout::Good);
    let tag = format!("v5.0.{}", day.pen.rng.between(0, 9));
    day.set_image(at.1, by.1, of.index, &tag);
    let pods = day.roll_out(at.1, of.index, Rollout::Good);
    for (i, pod) in pods.into_iter().enumerate() {
        fail_probes(day, symptom - SECOND + i as i64 * 1_733_000, end, pod);
    }
}
