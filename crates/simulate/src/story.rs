//! The frame of a scenario: its entry in the list, the incident while it is planned, and the
//! outcome. The incidents themselves are under `scenario/`; this must not know any of them.

use crate::day::Day;
use crate::fleet::{FLEET, Workload, find, index_of};
use crate::people::{User, owners};
use crate::text::{MINUTE, SECOND};
use crate::truth::Cause;

/// An incident that a day can have.
pub struct Scenario {
    /// Name, as in `--scenario`.
    pub name: &'static str,
    /// The incident in one line.
    pub about: &'static str,
    /// Plans it into a day.
    pub(crate) plan: fn(&mut Day) -> Story,
}

/// The verdicts on a cause that a good trace may doubt.
const EITHER: &[&str] = &["confirmed", "likely"];

/// The outcome of a planned incident, for the truth.
pub struct Story {
    /// Point and pod of the first business error.
    pub symptom: (i64, usize),
    /// The operation behind it.
    pub cause: Option<Cause>,
    /// The verdict a good trace reaches.
    pub verdict: &'static str,
    /// Verdicts that are as good, that one among them; empty if there is only that one.
    pub verdict_ok: &'static [&'static str],
    /// Audit ids of operations that could each be behind it.
    pub suspects: Vec<String>,
}

/// An incident while it is planned.
pub struct Incident {
    /// When the operation behind it comes; without one, when decoys begin.
    pub cause: i64,
    /// When the first business error comes.
    pub symptom: i64,
    /// When it is repaired.
    pub end: i64,
    /// The workload that the operation hits.
    pub of: &'static Workload,
    /// Its index.
    pub workload: usize,
    /// The workload whose calls fail first; empty for the first of all callers.
    pub caller: &'static str,
    /// The workload that it calls.
    pub callee: &'static str,
    /// Whether only that caller is cut off.
    pub is_private: bool,
    /// Who makes the operation.
    pub user: User,
    /// The first business error so far.
    pub first: Option<(i64, usize)>,
    /// The workloads whose calls fail.
    pub hit: Vec<&'static str>,
    /// The span of decoys.
    pub before: (i64, i64),
    /// A third namespace with decoys; empty for objects of the whole cluster.
    pub elsewhere: &'static str,
    /// Whether pods can be created, so that the rollouts of decoys go well.
    pub can_roll: bool,
}

impl Incident {
    /// Returns the span of errors that begin some seconds after the symptom and outlast the repair.
    pub fn errors(&self, from_s: i64, after_s: i64) -> (i64, i64) {
        (self.symptom + from_s * SECOND, self.end + after_s * SECOND)
    }

    /// Returns the seconds a pod may run on after the cause so that it is gone at the symptom.
    pub fn grace_s(&self) -> i64 {
        (self.symptom - self.cause) / SECOND - 2
    }

    /// Returns the outcome with a cause that a good trace confirms.
    pub fn confirmed(self, cause: Cause) -> Story {
        self.unless(false, cause)
    }

    /// Returns the outcome with a cause that is confirmed, or only likely if it has a rival.
    pub fn unless(self, is_rivalled: bool, cause: Cause) -> Story {
        let (verdict, verdict_ok) =
            if is_rivalled { ("likely", EITHER) } else { ("confirmed", &[] as &[&str]) };
        Story { cause: Some(cause), verdict, verdict_ok, ..self.inconclusive() }
    }

    /// Returns the outcome with a cause whose effect no event shows.
    pub fn unseen(self, cause: Cause) -> Story {
        Story { verdict_ok: EITHER, ..self.confirmed(cause) }
    }

    /// Returns the outcome without a cause that anybody could name.
    pub fn inconclusive(self) -> Story {
        let symptom = self.first.unwrap_or((self.symptom, 0));
        Story { symptom, cause: None, verdict: "inconclusive", verdict_ok: &[], suspects: Vec::new() }
    }
}

impl Day {
    /// Draws an incident on a workload in working hours whose cause lies `gap_s` seconds before it.
    pub fn incident(&mut self, name: &str, gap_s: (i64, i64)) -> Incident {
        let symptom = self.time_between(9.5, 16.5);
        self.incident_at(symptom, name, gap_s)
    }

    /// Draws an incident with that symptom.
    pub fn incident_at(&mut self, symptom: i64, name: &str, gap_s: (i64, i64)) -> Incident {
        let cause = self.after(symptom, -gap_s.1, -gap_s.0);
        let end = self.after(symptom, 25 * 60, 50 * 60);
        // The commands of a person who drains a node come a few seconds before the one that hits.
        self.incident = (cause - 5 * SECOND, end);
        let of = find(name);
        Incident {
            cause,
            symptom,
            end,
            of,
            workload: index_of(name),
            caller: "",
            callee: of.name,
            is_private: false,
            user: self.pick(owners(of.namespace)),
            first: None,
            hit: Vec::new(),
            before: (cause, symptom),
            elsewhere: "monitoring",
            can_roll: true,
        }
    }

    /// Draws an incident on a callee, seen first by a caller, during which no pod of the two or of
    /// other named workloads comes or goes by the plan so far.
    pub fn quiet_incident(
        &mut self,
        (caller, callee): (&'static str, &'static str),
        gap_s: (i64, i64),
        others: &[&str],
    ) -> Incident {
        let names = [others, &[caller, callee]].concat();
        let mut drawn = self.incident(callee, gap_s);
        for _ in 0..300 {
            let span = drawn.cause - 12 * MINUTE..drawn.end + MINUTE;
            let mut pods = self.cluster.pods.iter().filter(|pod| names.contains(&FLEET[pod.workload].name));
            if !pods.any(|pod| span.contains(&pod.from) || span.contains(&pod.to)) {
                break;
            }
            drawn = self.incident(callee, gap_s);
        }
        Incident { caller, ..drawn }
    }
}
