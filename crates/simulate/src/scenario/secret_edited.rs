//! Someone writes a wrong password into a workload's Secret. Running pods do not notice; those
//! that start with it are refused by their database. The audit log shows no values.

use crate::act::Rollout;
use crate::app::Fault;
use crate::audit::User;
use crate::day::Day;
use crate::fleet::{Style, Workload};
use crate::scenario::fallout::{Victim, author, callers_fail, own_error, variant, victim};
use crate::scenario::{Scenario, Story, cause_by, times};
use crate::text::{MINUTE, SECOND};
use serde_json::json;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "secret_edited",
    about: "a wrong password is written into a Secret; pods that start with it get authentication failures",
    plan,
};

const VICTIMS: [&str; 5] = ["order-api", "inventory", "cart-api", "payment-gateway", "ledger"];

fn plan(day: &mut Day) -> Story {
    let at = times(day, (180, 1400));
    let of = victim(day, &VICTIMS);
    let (namespace, name) = (of.of.namespace, of.of.name);
    let user = author(day, namespace);
    let callee = of.of.calls.first().copied().unwrap_or("payments-db");
    let database = day.cluster.find(callee);
    let way = variant(day, VICTIMS.len(), 3);
    let verb = if day.pen.rng.index(2) == 0 { "patch" } else { "update" };
    day.is_incident = true;
    let secret = of.of.secret();
    let id = day.write_secret(at.cause, &user, verb, (namespace, &secret));
    // The first new pod is up before the symptom.
    let start = at.symptom - day.pen.rng.between(14, 40) * SECOND;
    start_anew(day, start, way, &user, of);
    let line = error(of.of, day.cluster.states[database].workload);
    let span = (at.symptom, at.end + MINUTE / 2);
    let symptom = first_pod_fails(day, span, of, &line);
    let refused = refusal(day.cluster.states[database].workload);
    day.impact(callee, (span.0 + SECOND / 5, span.1), 0.15, &refused);
    if name != "ledger" {
        callers_fail(day, name, (span.0 + 2 * SECOND, span.1), &[Fault::Broken, Fault::Timeout], 0.3);
    }
    day.distract(at.cause, symptom, &user, &[name]);
    day.is_incident = false;
    day.write_secret(at.end, &Day::on_call(), "patch", (namespace, &secret));
    day.restart_rollout(at.end + 6 * SECOND, &Day::on_call(), of.index);
    day.roll_out(at.end + 6 * SECOND, of.index, Rollout::Good);
    // Whoever restarts it or releases it is a rival; a controller that only follows is none.
    let verdict = if way == 0 { "confirmed" } else { "likely" };
    Story { symptom, cause: cause_by(verb, id, at.cause, &user, ("secrets", namespace, &secret)), verdict }
}

/// Starts the pods with the new Secret: by a controller that watches it, by hand, or by a release.
fn start_anew(day: &mut Day, at: i64, way: u64, user: &User, of: Victim) {
    match way {
        0 => {
            let reloader = User::account("kube-system", "reloader", "reloader/v1.0.69 (linux/amd64)");
            let hash: String = day.pen.rng.uuid().replace('-', "");
            let name = format!("STAKATER_{}_SECRET", of.of.secret().replace('-', "_").to_uppercase());
            let env = json!([{"name": name, "value": hash}]);
            let patch =
                json!({"spec": {"template": {"spec": {"containers": [{"name": of.of.name, "env": env}]}}}});
            day.patch(at, &reloader, of.index, &patch);
        }
        1 => {
            day.restart_rollout(at, user, of.index);
        }
        _ => {
            let tag = format!("v5.{}.{}", day.pen.rng.between(0, 30), day.pen.rng.between(0, 9));
            day.set_image(at, &User::ci(), of.index, &tag);
        }
    }
    day.roll_out(at, of.index, Rollout::Good);
}

/// Lets a new pod log the first error, then all of them.
fn first_pod_fails(day: &mut Day, span: (i64, i64), of: Victim, line: &str) -> (i64, usize) {
    let newest = day.cluster.up(of.index, span.0).last().copied().unwrap_or(0);
    day.say(span.0, newest, line);
    day.impact(of.of.name, (span.0 + SECOND, span.1), 0.35, &[line.to_owned()]);
    (span.0, newest)
}

fn error(of: &Workload, to: &Workload) -> String {
    let (name, port) = (to.name, to.port);
    let noun = of.name.split('-').next().unwrap_or(of.name);
    match (of.style, to.style) {
        (Style::Java, _) => own_error(
            of,
            "db.Pool",
            &format!(
                "cannot get a connection to {name}:{port}: FATAL: password authentication failed for user \"{noun}_app\""
            ),
            &format!(
                "org.springframework.jdbc.CannotGetJdbcConnectionException: Failed to obtain JDBC Connection\nCaused by: org.postgresql.util.PSQLException: FATAL: password authentication failed for user \"{noun}_app\"\n\tat org.postgresql.core.v3.ConnectionFactoryImpl.doAuthentication(ConnectionFactoryImpl.java:659)"
            ),
        ),
        (_, Style::Redis) => own_error(
            of,
            "redis",
            &format!(
                "cannot read cart from {name}:{port}: WRONGPASS invalid username-password pair or user is disabled."
            ),
            "",
        ),
        _ => own_error(
            of,
            "store",
            &format!(
                "cannot connect to {name}:{port}: pq: password authentication failed for user \"{noun}_app\""
            ),
            "",
        ),
    }
}

/// Returns what the database says.
fn refusal(to: &Workload) -> Vec<String> {
    if to.style == Style::Redis {
        return vec!["1:M <dash> # ACL: authentication failed for user default from <ip>:5<n4>".to_owned()];
    }
    vec![
        "<dash> CST [<n4>] FATAL:  password authentication failed for user \"app\"".to_owned(),
        "<dash> CST [<n4>] DETAIL:  Connection matched file \"/var/lib/postgresql/data/pg_hba.conf\" line 99: \"host all all all scram-sha-256\"".to_owned(),
    ]
}
