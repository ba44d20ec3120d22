//! Someone writes a wrong password into a workload's Secret. Running pods do not notice; those
//! that start with it are refused by their database. The audit log shows no values.

use crate::prelude::*;

const VICTIMS: [&str; 5] = ["order-api", "inventory", "cart-api", "payment-gateway", "ledger"];

pub fn plan(day: &mut Day) -> Story {
    let mut it = day.incident(day.turn(&VICTIMS, 0), (180, 1400));
    let way = day.variant(VICTIMS.len(), 3);
    let verb = day.pick(vec!["patch", "update"]);
    let secret = it.of.secret();
    let target = Target::new("secrets", it.of.namespace, &secret);
    let cause = day.change(it.cause, &it.user, (verb, target), Value::Null);
    // The first new pod is up before the symptom.
    let start = it.symptom - day.pen.rng.between(14, 40) * SECOND;
    start_anew(day, start, way, &it);
    let newest = day.cluster.up(it.workload, it.symptom).last().copied().unwrap_or(0);
    let database = it.of.callee();
    let key = if database.style == Style::Redis { "password.cache" } else { "password" };
    let lines = own_errors(it.of, key, &[("port", &database.port.to_string())]);
    day.say(it.symptom, newest, &lines[0]);
    it.first = Some((it.symptom, newest));
    it.symptom += SECOND;
    day.fails_itself(&mut it, &lines, &[Failure::Status(500), Failure::ReadTimeout]);
    let refusals = own_errors(database, "password.refused", &[]);
    day.impact(database.name, it.errors(0, 30), 0.15, &refusals);
    day.decoys(&it);
    day.change(it.end, &User::on_call(), ("patch", target), Value::Null);
    day.restart(it.end + 6 * SECOND, &User::on_call(), it.workload);
    // Whoever releases the workload is a rival; a restart or a controller that only follows is none.
    it.unless(way == 2, cause)
}

/// Starts the pods with the new Secret: by a controller that watches it, by hand, or by a release.
fn start_anew(day: &mut Day, at: i64, way: u64, it: &Incident) {
    match way {
        0 => {
            let reloader = User::account("kube-system", "reloader", "reloader/v1.0.69 (linux/amd64)");
            let hash = day.pen.rng.uuid().replace('-', "");
            let secret = it.of.secret().replace('-', "_").to_uppercase();
            let env = json!({"env": [{"name": format!("STAKATER_{secret}_SECRET"), "value": hash}]});
            day.patch_container(at, &reloader, it.workload, env);
            day.roll_out(at, it.workload, Rollout::Good);
        }
        1 => day.restart(at, &it.user, it.workload),
        _ => day.release(at, &User::ci(), it.workload),
    }
}
