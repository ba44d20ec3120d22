//! The symptoms of a lowered memory limit with no operation behind them: load grew.

use crate::app;
use crate::app::Level;
use crate::day::Day;
use crate::scenario::{Scenario, Story, out_of_memory, times};
use crate::text::MINUTE;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "traffic_surge_no_cause",
    about: "traffic doubles, pay-api's pods are OOM-killed and checkout fails; nobody changed anything",
    plan,
};

fn plan(day: &mut Day) -> Story {
    let at = times(day, (600, 1500));
    let pay = day.cluster.find("pay-api");
    day.surge = Some(((at.symptom - 20 * MINUTE, at.end + 20 * MINUTE), 2.3));
    let warning = app::content(
        day.cluster.states[pay].workload,
        Level::Warn,
        "Metrics",
        "heap is at 9<n2> of 10000, tps=1<n4> and rising",
        "",
    );
    day.impact("pay-api", (at.symptom - 9 * MINUTE, at.symptom), 0.02, &[warning]);
    day.is_incident = true;
    let symptom = out_of_memory(day, "pay-api", at.symptom, at.end);
    day.red_herrings(at.cause, at.symptom, "pay-api", &["checkout"]);
    day.is_incident = false;
    day.scale(at.end, &Day::on_call(), pay, 8);
    Story { symptom, cause: None, verdict: "inconclusive" }
}
