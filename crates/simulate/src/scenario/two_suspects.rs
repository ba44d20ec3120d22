//! Two people change the same workload a few minutes apart, and either change alone would do it:
//! memory below the heap, or a probe that cannot pass. The logs do not decide which it was, so
//! there is no one cause to name.

use crate::prelude::*;

pub fn plan(day: &mut Day) -> Story {
    let is_memory = day.seed.is_multiple_of(2);
    let names = if is_memory { JAVA } else { ["cart-api", "pay-api", "inventory"] };
    let mut it = day.incident(names[day.variant(2, 3) as usize], (240, 700));
    // The later change is the one nearer to the symptom; neither has had time to show before it.
    let again = day.after(it.cause, 70, 150);
    it.symptom = it.symptom.max(again + 100 * SECOND);
    let first = it.user.clone();
    it.user = day.pick(team("shop").into_iter().filter(|user| user.name != first.name).collect());
    it.before = (again, it.symptom);
    let suspects = match is_memory {
        true => starve_twice(day, &mut it, &first),
        false => probe_twice(day, &mut it, &first),
    };
    day.decoys(&it);
    let on_call = User::on_call();
    if is_memory {
        day.set_env(it.end, &on_call, it.workload, ("JAVA_TOOL_OPTIONS", None));
        day.set_memory(it.end + 5 * SECOND, &on_call, it.workload, it.of.memory_mib);
    } else {
        day.set_probe(it.end, &on_call, it.workload, Probe::GOOD);
    }
    day.roll_out(it.end + 6 * SECOND, it.workload, Rollout::Good);
    Story { suspects: suspects.map(|suspect| suspect.audit_id).to_vec(), ..it.inconclusive() }
}

/// Lowers the limit below the heap, and raises the heap above the limit of before.
fn starve_twice(day: &mut Day, it: &mut Incident, first: &User) -> [Cause; 2] {
    let (mib, again) = (it.of.memory_mib, it.before.0);
    let heap = format!("-Xms{mib}m -Xmx{}m", mib * 3 / 2);
    let one = day.set_memory(it.cause, first, it.workload, mib / 4);
    day.roll_out(it.cause, it.workload, Rollout::Good);
    let other = day.set_env(again, &it.user, it.workload, ("JAVA_TOOL_OPTIONS", Some(&heap)));
    day.roll_out(again, it.workload, Rollout::Good);
    day.out_of_memory(it);
    [one, other]
}

/// Points the probe at a path that is not served, and releases a version that serves no probe path.
fn probe_twice(day: &mut Day, it: &mut Incident, first: &User) -> [Cause; 2] {
    let (period_s, again) = (15, it.before.0);
    let delay_s = ((it.symptom - again) / SECOND - 3 * period_s - 12).max(5);
    let probe = Probe { path: "/live", timeout_s: 1, period_s, delay_s };
    let one = day.set_probe(it.cause, first, it.workload, probe);
    day.roll_out(it.cause, it.workload, Rollout::Good);
    let tag = day.new_tag();
    let other = day.set_image(again, &it.user, it.workload, &tag);
    let pods = day.roll_out(again, it.workload, Rollout::Good);
    day.fail_probes(it, &pods);
    [one, other]
}
