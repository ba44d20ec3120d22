//! Someone sets an older tag that the registry still has. It starts and passes its probes, but it
//! does not know the schema or the settings of today: requests fail, no pull does.

use crate::act::Rollout;
use crate::app::Fault;
use crate::day::Day;
use crate::fleet::Workload;
use crate::scenario::fallout::{author, callers_fail, own_error, variant, victim};
use crate::scenario::{Scenario, Story, cause, times};
use crate::text::{MINUTE, SECOND};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "image_rolled_back",
    about: "an old but existing image tag is set; the old version fails against the newer schema, callers get 500",
    plan,
};

const VICTIMS: [&str; 5] = ["order-api", "payment-gateway", "inventory", "pay-api", "ledger"];

fn plan(day: &mut Day) -> Story {
    // The first request that needs what the old version lacks comes soon or late.
    let at = times(day, if day.seed % 2 == 1 { (45, 150) } else { (300, 1500) });
    let of = victim(day, &VICTIMS);
    let name = of.of.name;
    day.earlier_release(at.symptom, name);
    let user = author(day, of.of.namespace);
    let image = day.cluster.states[of.index].image.clone();
    let good = image.rsplit_once(':').map_or("v4.2.0", |(_, tag)| tag);
    let old = format!("v2.{}.{}", day.pen.rng.between(0, 9), day.pen.rng.between(0, 9));
    day.is_incident = true;
    let id = day.set_image(at.cause, &user, of.index, &old);
    day.roll_out(at.cause, of.index, Rollout::Good);
    let line = error(of.of, variant(day, VICTIMS.len(), 3));
    let span = (at.symptom, at.end + MINUTE / 2);
    let symptom = day.impact(name, span, 0.3, &[line]);
    if name != "ledger" {
        callers_fail(day, name, (span.0 + 2 * SECOND, span.1), &[Fault::Broken], 0.25);
    }
    day.distract(at.cause, symptom, &user, &[name]);
    day.is_incident = false;
    day.set_image(at.end, &Day::on_call(), of.index, good);
    day.roll_out(at.end, of.index, Rollout::Good);
    Story {
        symptom,
        cause: cause(id, at.cause, &user, (of.of.resource(), of.of.namespace, name)),
        verdict: "confirmed",
    }
}

/// Returns what the old version says of the schema or the messages of today.
fn error(of: &Workload, way: u64) -> String {
    let noun = of.name.split('-').next().unwrap_or(of.name);
    let class = of.class();
    let (what, frames) = match way {
        0 => (
            format!(
                "cannot save {noun} <n8>: ERROR: column \"{noun}_channel\" of relation \"{noun}_item\" does not exist"
            ),
            format!(
                "org.springframework.jdbc.BadSqlGrammarException: PreparedStatementCallback; bad SQL grammar\n\tat com.shop.{noun}.{class}Repository.save({class}Repository.java:<n2>)\nCaused by: org.postgresql.util.PSQLException: ERROR: column \"{noun}_channel\" of relation \"{noun}_item\" does not exist"
            ),
        ),
        1 => (
            format!("cannot decode {noun} <n8>: unknown message version 3, this build reads 1 to 2"),
            format!(
                "com.shop.common.codec.UnknownVersionException: version 3\n\tat com.shop.{noun}.{class}Codec.decode({class}Codec.java:<n2>)"
            ),
        ),
        _ => (
            format!(
                "cannot insert {noun} <n8>: ERROR: null value in column \"tenant_id\" of relation \"{noun}_item\" violates not-null constraint"
            ),
            format!(
                "org.springframework.dao.DataIntegrityViolationException: could not execute statement\n\tat com.shop.{noun}.{class}Repository.save({class}Repository.java:<n2>)\nCaused by: org.postgresql.util.PSQLException: ERROR: null value in column \"tenant_id\" of relation \"{noun}_item\" violates not-null constraint"
            ),
        ),
    };
    own_error(of, "db.Repository", &what, &frames)
}
