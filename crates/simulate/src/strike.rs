//! Operations that several scenarios share, each with its consequences and its repair: a memory
//! limit set too low, a broken ConfigMap, a removed variable, too few replicas.
//! Must not know which scenario runs.

use crate::app::own_errors;
use crate::call_failure::Failure;
use crate::day::Day;
use crate::fleet::{Style, Workload};
use crate::people::User;
use crate::store::config_text;
use crate::story::Incident;
use crate::text::SECOND;
use crate::truth::Cause;
use crate::workload::Rollout;
use serde_json::json;

/// Plans the operation of an incident, its consequences and its repair.
pub type Strike = fn(&mut Day, &mut Incident) -> Cause;

/// The Java workloads of the shop, for [`lower_memory`].
pub const JAVA: [&str; 3] = ["pay-api", "order-api", "catalog"];

/// Lowers the memory limit of one of [`JAVA`] to a quarter.
pub fn lower_memory(day: &mut Day, it: &mut Incident) -> Cause {
    let cause = day.set_memory(it.cause, &it.user, it.workload, it.of.memory_mib / 4);
    day.roll_out(it.cause, it.workload, Rollout::Good);
    day.out_of_memory(it);
    day.set_memory(it.end, &User::on_call(), it.workload, it.of.memory_mib);
    day.roll_out(it.end, it.workload, Rollout::Good);
    cause
}

/// Breaks the ConfigMap of a workload whose pods read it anew at the symptom.
pub fn break_config(day: &mut Day, it: &mut Incident) -> Cause {
    let name = it.of.config_map();
    let config = (it.of.namespace, name.as_str());
    let good = config_text(it.of);
    let (text, error, exception) = broken_config(it.of, &good, day.pen.rng.index(3));
    let cause = day.edit_config(it.cause, &it.user, config, ("application.yaml", &text));
    let lines = own_errors(it.of, "config", &[("error", &error), ("exception", exception)]);
    let pods = day.cluster.up(it.workload, it.symptom);
    let console = format!("cannot reload /etc/app/application.yaml: {error}");
    day.crash_loop(it, &pods, &lines[0], &console);
    day.edit_config(it.end, &User::on_call(), config, ("application.yaml", &good));
    day.restart(it.end + 8 * SECOND, &User::on_call(), it.workload);
    cause
}

/// Returns one of three ways to break a ConfigMap: its text, the error and its class.
fn broken_config(of: &Workload, good: &str, way: usize) -> (String, String, &'static str) {
    let host = of.callee().name;
    let file = "/etc/app/application.yaml";
    match way {
        0 => {
            let error = match of.style {
                Style::Java => format!("UnknownHostException: {host}-v2"),
                _ => format!("dial tcp: lookup {host}-v2 on 172.20.0.10:53: no such host"),
            };
            let text = good.replace(host, &format!("{host}-v2"));
            (text, format!("cannot reach upstream: {error}"), "java.net.UnknownHostException")
        }
        1 => (
            good.replace("  size: 20\n", "   size: 20: max\n"),
            format!("cannot parse {file}: mapping values are not allowed here, line 5, column 12"),
            "org.yaml.snakeyaml.scanner.ScannerException",
        ),
        _ => (
            good.replace("  timeout-ms: 3000\n", ""),
            format!("invalid configuration: required key upstream.timeout-ms is missing in {file}"),
            "com.shop.common.config.MissingKeyException",
        ),
    }
}

/// Removes a variable without which no pod starts.
pub fn remove_env(day: &mut Day, it: &mut Incident) -> Cause {
    without_env(day, it, |day, it, name, pods| {
        let lines = own_errors(it.of, "env", &[("variable", name)]);
        // The pod of the symptom is up by then: the first starts seconds after the patch.
        day.crash_loop(it, pods, &lines[0], &format!("cannot start: {name} is not set"));
    })
}

/// Removes a variable that a request needs now and then, and no start does.
pub fn remove_env_needed_later(day: &mut Day, it: &mut Incident) -> Cause {
    without_env(day, it, |day, it, name, _| {
        let lines = own_errors(it.of, "env.later", &[("variable", name)]);
        day.fails_itself(it, &lines, &[Failure::Status(500)]);
    })
}

/// Removes the variable with the address of a workload's callee, and brings it back at the end.
fn without_env(
    day: &mut Day,
    it: &mut Incident,
    consequences: impl FnOnce(&mut Day, &mut Incident, &str, &[usize]),
) -> Cause {
    let callee = it.of.callee();
    let name = format!("{}_URL", callee.name.replace('-', "_").to_uppercase());
    let scheme = match callee.style {
        Style::Postgres => "postgresql",
        Style::Redis => "redis",
        _ => "http",
    };
    let url = format!("{scheme}://{}:{}", callee.name, callee.port);
    day.cluster.states[it.workload].env = vec![
        json!({"name": "TZ", "value": "Asia/Shanghai"}),
        json!({"name": name, "value": url}),
        json!({"name": "LOG_FORMAT", "value": "text"}),
    ];
    let cause = day.set_env(it.cause, &it.user, it.workload, (&name, None));
    let pods = day.roll_out(it.cause, it.workload, Rollout::Good);
    consequences(day, it, &name, &pods);
    day.set_env(it.end, &User::on_call(), it.workload, (&name, Some(&url)));
    day.roll_out(it.end, it.workload, Rollout::Good);
    cause
}

/// Cuts a workload to one pod with `kubectl scale`.
pub fn scale_to_one(day: &mut Day, it: &mut Incident) -> Cause {
    let cause = day.scale(it.cause, &it.user, it.workload, 1);
    drown(day, it);
    day.scale(it.end, &User::on_call(), it.workload, it.of.replicas);
    cause
}

/// Cuts a workload to one pod by applying a manifest with one replica.
pub fn apply_one_replica(day: &mut Day, it: &mut Incident) -> Cause {
    let cause = day.resize(it.cause, &it.user, it.workload, 1);
    drown(day, it);
    day.resize(it.end, &User::on_call(), it.workload, it.of.replicas);
    cause
}

/// Lets too few pods drown in the traffic from the symptom to the end.
pub fn drown(day: &mut Day, it: &mut Incident) {
    let lines = own_errors(it.of, "drown", &[]);
    let failures = [Failure::ReadTimeout, Failure::Status(503)];
    day.miss_probes(it, "Liveness");
    // The first to notice is the pod that drowns, or those who wait for it.
    if day.pen.rng.index(2) == 0 {
        day.fails_itself(it, &lines, &failures);
    } else {
        day.callers_fail(it, (0, 30), &failures);
        day.impact(it.of.name, it.errors(2, 30), 0.2, &lines);
    }
}
