//! A patch takes an environment variable from a workload that needs it: the new pods crash as
//! they start, or fail when a request first needs it.

use crate::act::Rollout;
use crate::app::Fault;
use crate::day::Day;
use crate::fleet::Style;
use crate::scenario::fallout::{
    Crash, Struck, Victim, author, callers_fail, crash_loop, own_error, variant, victim,
};
use crate::scenario::{Scenario, Story, Times, User, cause, times};
use crate::text::{MINUTE, SECOND};
use serde_json::json;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "env_removed",
    about: "a patch removes an environment variable; new pods crash or fail for want of it, callers fail",
    plan,
};

const VICTIMS: [&str; 5] = ["pay-api", "order-api", "cart-api", "payment-gateway", "inventory"];

fn plan(day: &mut Day) -> Story {
    let is_lazy = variant(day, VICTIMS.len(), 2) == 1;
    let mut at = times(day, (150, 1400));
    if !is_lazy {
        at.cause = day.after(at.symptom, -60, -14);
    }
    let of = victim(day, &VICTIMS);
    let user = author(day, of.of.namespace);
    let struck = strike_so(day, &at, &user, (of, is_lazy));
    day.distract(at.cause, struck.symptom, &user, &[of.of.name]);
    Story { symptom: struck.symptom, cause: struck.cause, verdict: "confirmed" }
}

/// Removes a variable without which no pod starts.
pub(super) fn strike(day: &mut Day, at: &Times, user: &User, victim: Victim) -> Struck {
    strike_so(day, at, user, (victim, false))
}

/// Removes a variable that a request needs now and then, and no start does.
pub(super) fn strike_later(day: &mut Day, at: &Times, user: &User, victim: Victim) -> Struck {
    strike_so(day, at, user, (victim, true))
}

fn strike_so(day: &mut Day, at: &Times, user: &User, (victim, is_lazy): (Victim, bool)) -> Struck {
    let (index, of) = (victim.index, victim.of);
    let callee = of.calls.first().copied().unwrap_or("payments-db");
    let removed = format!("{}_URL", callee.replace('-', "_").to_uppercase());
    let callee = day.cluster.states[day.cluster.find(callee)].workload;
    let scheme = match callee.style {
        Style::Postgres => "postgresql",
        Style::Redis => "redis",
        _ => "http",
    };
    let url = format!("{scheme}://{}:{}", callee.name, callee.port);
    day.cluster.states[index].env = vec![
        json!({"name": "TZ", "value": "Asia/Shanghai"}),
        json!({"name": removed, "value": url}),
        json!({"name": "LOG_FORMAT", "value": "text"}),
    ];
    day.is_incident = true;
    let id = day.remove_env(at.cause, user, index, &removed);
    let pods = day.roll_out(at.cause, index, Rollout::Good);
    let (message, frames) = match of.style {
        Style::Java => (
            format!(
                "application cannot start: Could not resolve placeholder '{removed}' in value \"${{{removed}}}\""
            ),
            format!(
                "java.lang.IllegalArgumentException: Could not resolve placeholder '{removed}' in value \"${{{removed}}}\"\n\tat org.springframework.util.PropertyPlaceholderHelper.parseStringValue(PropertyPlaceholderHelper.java:180)\n\tat org.springframework.boot.SpringApplication.run(SpringApplication.java:1361)"
            ),
        ),
        _ => (format!("cannot start: required environment variable {removed} is not set"), String::new()),
    };
    let span = (at.symptom + SECOND, at.end + MINUTE / 2);
    let symptom = if is_lazy {
        let lazy = own_error(
            of,
            "service",
            &format!("request <n8> not handled: environment variable {removed} is not set"),
            "",
        );
        callers_fail(day, of.name, span, &[Fault::Broken], 0.2);
        day.impact(of.name, (at.symptom, span.1), 0.3, &[lazy])
    } else {
        let error = own_error(of, "boot.Application", &message, &frames);
        let crash = Crash { error: &error, console: &[&message, "Process exited with code 1"], code: 1 };
        callers_fail(day, of.name, span, &[Fault::Refused, Fault::Unavailable], 0.35);
        // The pod of the symptom is up by then: the first starts seconds after the patch.
        crash_loop(day, &pods, (at.symptom, at.end), &crash)
    };
    day.is_incident = false;
    day.set_env(at.end, &Day::on_call(), index, (&removed, &url));
    day.roll_out(at.end, index, Rollout::Good);
    Struck { cause: cause(id, at.cause, user, ("deployments", of.namespace, of.name)), symptom }
}
