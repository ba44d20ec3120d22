//! A callee gets a bad release: its pods are well, but it answers errors or too late. The first
//! to say so is its caller, or, when the callee only passes the trouble on, its caller's caller.

use crate::act::Rollout;
use crate::app::{Level, content};
use crate::complaint::Failure;
use crate::day::Day;
use crate::decoy::Around;
use crate::fleet::Workload;
use crate::scenario::plot::{Broken, Operation, pods_of, quiet_times, spread, story};
use crate::scenario::{Scenario, Story};
use crate::text::{MINUTE, SECOND};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "dependency_rolled",
    about: "a callee gets a release that answers 500 or hangs; the errors are its caller's, one or two hops away",
    plan,
};

/// (who errs, whom it calls, who was released): the last two are the same when it is one hop.
const CHAINS: [(&str, &str, &str); 8] = [
    ("pay-api", "payment-gateway", "payment-gateway"),
    ("checkout", "order-api", "order-api"),
    ("checkout", "order-api", "inventory"),
    ("checkout", "cart-api", "cart-api"),
    ("catalog", "search-api", "search-index"),
    ("order-api", "inventory", "inventory"),
    ("checkout", "pay-api", "payment-gateway"),
    ("suggest", "search-index", "search-index"),
];

fn plan(day: &mut Day) -> Story {
    let (caller, middle, released) = CHAINS[day.seed as usize % CHAINS.len()];
    let at = quiet_times(day, (90, 1200), pods_of(&[caller, middle, released]));
    if !day.seed.is_multiple_of(3) {
        day.earlier_release(at.cause - 30 * MINUTE, released);
    }
    let workload = day.cluster.find(released);
    let state = &day.cluster.states[workload];
    let (of, before) = (state.workload, state.image.clone());
    let before = before.rsplit_once(':').map_or_else(String::new, |(_, tag)| tag.to_owned());
    let user = day.owner_of(of.namespace);
    let tag = format!("v{}.{}.0", day.pen.rng.between(4, 6), day.pen.rng.between(31, 60));
    day.is_incident = true;
    let id = day.set_image(at.cause, &user, workload, &tag);
    day.roll_out(at.cause, workload, Rollout::Good);
    let span = (at.symptom, at.end + 40 * SECOND);
    let is_slow = day.pen.rng.index(2) == 1;
    let failures: &[Failure] = match (is_slow, day.pen.rng.index(3)) {
        (true, _) => &[Failure::ReadTimeout],
        (_, 0) => &[Failure::Status(500)],
        (_, 1) => &[Failure::Status(500), Failure::ReadTimeout],
        _ => &[Failure::Status(502), Failure::Status(500)],
    };
    // The released one takes its own answers for answers; the one between warns at most.
    answers(day, of, (at.symptom - 5 * SECOND, span.1), is_slow);
    if middle != released {
        let between = day.cluster.states[day.cluster.find(middle)].workload;
        let warning = match is_slow {
            true => format!(
                "slow call to {released}: 3<n4> ms at http://{released}:{}/v1/call, giving up",
                of.port
            ),
            false => format!("{released} answered 500 at http://{released}:{}/v1/call, passed on", of.port),
        };
        let line = content(between, Level::Warn, "client", &warning, "");
        day.impact(middle, (at.symptom - SECOND / 2, span.1), 0.2, &[line]);
    }
    let broken =
        Broken { caller, callee: middle, span, failures, share: 0.35, is_private: middle != released };
    let (symptom, mut hit) = spread(day, &broken);
    hit.push(middle);
    day.is_incident = false;
    day.decoys(&Around {
        cause: at.cause,
        symptom: at.symptom,
        target: released,
        victim: caller,
        involved: &hit,
        user: &user.name,
        elsewhere: "monitoring",
        can_roll: true,
    });
    day.set_image(at.end, &Day::on_call(), workload, &before);
    day.roll_out(at.end, workload, Rollout::Good);
    let operation = Operation {
        id,
        at: at.cause,
        user: &user,
        verb: "patch",
        object: (of.resource(), of.namespace, released),
    };
    // Over two hops the error names the one between; only its warnings name who was released.
    story(symptom, operation, if middle == released { "confirmed" } else { "likely" })
}

fn answers(day: &mut Day, of: &Workload, span: (i64, i64), is_slow: bool) {
    if !of.is_business() {
        let line = match is_slow {
            true => {
                "ts=<iso> caller=search.go:<n2> level=info component=search msg=\"request done\" path=/shop/_search status=200 duration=3<n4>ms"
            }
            false => {
                "ts=<iso> caller=search.go:<n2> level=info component=search msg=\"request done\" path=/shop/_search status=500 duration=<ms>ms"
            }
        };
        day.impact(of.name, span, 0.3, &[line.to_owned()]);
        return;
    }
    let line = match is_slow {
        true => "POST /v1/call/<n8> 200 in 4<n4> ms user=<n8>",
        false => "POST /v1/call/<n8> 500 in <ms> ms user=<n8>",
    };
    day.impact(of.name, span, 0.3, &[content(of, Level::Info, "access", line, "")]);
}
