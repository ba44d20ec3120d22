//! Who breaks a workload was busy: the same person makes ten harmless changes around the one that
//! does it, on other objects and on the labels of the same workload.

use crate::audit::Request;
use crate::day::Day;
use crate::herring::{reach, team};
use crate::scenario::deed::lower_memory;
use crate::scenario::fallout::{Strike, variant, victim};
use crate::scenario::{Scenario, Story, env_removed, replicas_cut, times};
use serde_json::json;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "harmless_changes",
    about: "the person who breaks a workload makes ten harmless changes around it, some of the same workload",
    plan,
};

fn plan(day: &mut Day) -> Story {
    let (victims, strike): (&[&'static str], Strike) = match day.seed % 3 {
        0 => (&["pay-api", "order-api", "catalog"], lower_memory),
        1 => (&["cart-api", "payment-gateway", "order-api"], replicas_cut::strike),
        _ => (&["payment-gateway", "pay-api", "cart-api"], env_removed::strike),
    };
    let mut at = times(day, (240, 900));
    if day.seed % 3 == 2 {
        at.cause = day.after(at.symptom, -45, -25);
    }
    let turn = variant(day, 3, 3) as usize;
    let of = victim(day, &victims[turn..=turn]);
    let (namespace, name) = (of.of.namespace, of.of.name);
    let taken = [reach(&[name]), vec!["checkout"]].concat();
    let team = team(namespace);
    let user = Day::person(team.get(day.pen.rng.index(team.len())).copied().unwrap_or(5));
    // Before it: a look at what would change, which changes nothing, and a few of other objects.
    let look = day.after(at.cause, -50, -20);
    let preview = Request {
        query: "dryRun=All&fieldManager=kubectl-client-side-apply&fieldValidation=Strict",
        request: Some(json!({"metadata": {"labels": {"tier": "backend"}}}).to_string()),
        ..Request::new(&user, "patch", day.target(of.index, ""))
    };
    day.audit(look, &preview);
    let mut before = at.cause;
    for _ in 0..4 {
        before = day.after(before, -150, -60);
        day.harmless_change(before, &user, namespace, &taken);
    }
    let struck = strike(day, &at, &user, of);
    let gap = at.symptom - at.cause;
    for i in 1..6 {
        let after = at.cause + gap * i / 7;
        if i % 2 == 0 {
            day.harmless_change(after, &user, namespace, &taken);
            continue;
        }
        let patch = match i {
            1 => json!({"metadata": {"labels": {"cost-center": "c-204"}}}),
            3 => json!({"metadata": {"annotations": {"owner": "team-shop", "oncall": "dev-shop"}}}),
            _ => json!({"metadata": {"annotations": {"docs.example.com/page": "wiki/88"}}}),
        };
        day.patch(after, &user, of.index, &patch);
    }
    day.distract(at.cause, struck.symptom, &user, &[name]);
    Story { symptom: struck.symptom, cause: struck.cause, verdict: "confirmed" }
}
