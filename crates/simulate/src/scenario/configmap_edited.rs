//! A person edits `order-api-config`: a database that does not exist, or broken YAML. The pods
//! read it minutes later, on a reload or a restart, and crash.

use crate::act::Rollout;
use crate::app;
use crate::app::{Fault, Level};
use crate::day::Day;
use crate::scenario::{Scenario, Story, calls_fail, cause, customers_see, someone, times};
use crate::text::{MINUTE, SECOND};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "configmap_edited",
    about: "a person breaks ConfigMap order-api-config; the pods crash when they read it, orders fail",
    plan,
};

const GOOD: &str = "spring:\n  datasource:\n    url: jdbc:postgresql://orders-db:5432/orders\n    pool: 20\n";
const TYPO: &str =
    "spring:\n  datasource:\n    url: jdbc:postgresql://orders-db-typo:5432/orders\n    pool: 40\n";
const BROKEN: &str =
    "spring:\n  datasource:\n    url: jdbc:postgresql://orders-db:5432/orders\n   pool: 40: max\n";

fn plan(day: &mut Day) -> Story {
    let at = times(day, (180, 1500));
    day.earlier_release(at.symptom, "order-api");
    day.is_incident = true;
    let orders = day.cluster.find("order-api");
    let of = day.cluster.states[orders].workload;
    let user = someone(&mut day.pen.rng);
    // Four variants in turn: what is wrong, and how the pods come to read it.
    let (is_typo, is_restart) = (day.seed % 2 == 1, day.seed / 2 % 2 == 1);
    let config = ("shop", "order-api-config");
    let id =
        day.edit_config(at.cause, &user, config, "application.yaml", if is_typo { TYPO } else { BROKEN });
    if is_restart {
        let restart = day.after(at.symptom, -75, -60);
        day.restart_rollout(restart, &user, orders);
        day.roll_out(restart, orders, Rollout::Good);
    }
    let (error, stack) = if is_typo {
        (
            "cannot get a connection to orders-db-typo:5432: connection refused, see /etc/app/application.yaml",
            "org.postgresql.util.PSQLException: Connection to orders-db-typo:5432 refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections.\n\tat org.postgresql.core.v3.ConnectionFactoryImpl.openConnectionImpl(ConnectionFactoryImpl.java:352)\nCaused by: java.net.ConnectException: Connection refused\n\t... 42 common frames omitted",
        )
    } else {
        (
            "cannot load order-api-config, /etc/app/application.yaml: mapping values are not allowed here, line 4, column 12",
            "org.yaml.snakeyaml.scanner.ScannerException: mapping values are not allowed here\n in 'reader', line 4, column 12:\n       pool: 40: max\n               ^\n\tat org.yaml.snakeyaml.scanner.ScannerImpl.fetchValue(ScannerImpl.java:891)",
        )
    };
    let line = app::content(of, Level::Error, "config.ConfigLoader", error, stack);
    let pods = day.cluster.up(orders, at.symptom);
    let symptom = (at.symptom, pods.first().copied().unwrap_or(0));
    for (i, pod) in pods.into_iter().enumerate() {
        let mut crash = at.symptom + i as i64 * 4 * SECOND;
        let mut wait = 10;
        while crash < at.end {
            day.say(crash, pod, &line);
            let message = format!("Application run failed: {error}");
            day.print(crash + SECOND / 5, pod, "stderr", &[&message, "Process exited with code 1"]);
            day.restart_container(crash + SECOND / 2, crash + wait * SECOND, pod, "Error", 1);
            day.back_off(crash + 2 * SECOND, pod);
            crash = day.after(crash, wait + 6, wait + 12) / 1000 * 1000;
            wait = (wait * 2).min(300);
        }
    }
    let span = (at.symptom + SECOND, at.end + MINUTE / 2);
    calls_fail(day, "checkout", "order-api", span, &[Fault::Refused, Fault::Unavailable], 0.35);
    customers_see(day, "checkout", (span.0 + SECOND, span.1), 502, 0.05);
    day.red_herrings(at.cause, at.symptom, "order-api", &["checkout"]);
    day.is_incident = false;
    day.edit_config(at.end, &Day::on_call(), config, "application.yaml", GOOD);
    day.restart_rollout(at.end + 8 * SECOND, &Day::on_call(), orders);
    day.roll_out(at.end + 8 * SECOND, orders, Rollout::Good);
    // A restart a minute before the symptom is a rival: it triggers what the edit caused.
    let verdict = if is_restart { "likely" } else { "confirmed" };
    Story { symptom, cause: cause(id, at.cause, &user, ("configmaps", "shop", "order-api-config")), verdict }
}
