//! A known incident whose cause nobody can name: the audit shipper was down around it, so the
//! operation is in no log. It is right to say that the audit log has a hole there.

use crate::prelude::*;

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.incident(day.turn(&JAVA, 0), (300, 1500));
    let strike: Strike = if day.variant(JAVA.len(), 2) == 0 { lower_memory } else { break_config };
    let before = day.after(it.cause, -80 * 60, -15 * 60);
    // The shipper comes back long after the symptom, or between the cause and the symptom.
    let after = match day.variant(2 * JAVA.len(), 2) {
        0 => day.after(it.symptom, 10 * 60, 70 * 60),
        _ => it.cause + (it.symptom - it.cause) / 3,
    };
    let whole = |point: i64| point - point.rem_euclid(MINUTE);
    day.missing.push((Log::Audit, (whole(before), whole(after).max(whole(it.cause) + MINUTE))));
    strike(day, &mut it);
    day.decoys(&it);
    it.inconclusive()
}
