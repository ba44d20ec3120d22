//! Deeds that several scenarios share, each with what follows from it and its repair: a memory
//! limit set too low, and a ConfigMap that breaks its readers.

use crate::act::Rollout;
use crate::app::Fault;
use crate::day::Day;
use crate::fleet::{Style, Workload};
use crate::scenario::fallout::{Crash, Struck, Victim, callers_fail, crash_loop, own_error};
use crate::scenario::memory_limit_lowered::set_memory;
use crate::scenario::{Times, User, cause, out_of_memory};
use crate::text::{MINUTE, SECOND};

/// The Java workloads of the shop, whom [`lower_memory`] can strike.
pub(super) const JAVA: [&str; 3] = ["pay-api", "order-api", "catalog"];

/// Lowers the memory limit of one of [`JAVA`] to a quarter.
pub(super) fn lower_memory(day: &mut Day, at: &Times, user: &User, victim: Victim) -> Struck {
    let (index, of) = (victim.index, victim.of);
    day.is_incident = true;
    let id = set_memory(day, at.cause, user, index, of.memory_mib / 4);
    day.roll_out(at.cause, index, Rollout::Good);
    let symptom = out_of_memory(day, of.name, at.symptom, at.end);
    day.is_incident = false;
    set_memory(day, at.end, &Day::on_call(), index, of.memory_mib);
    day.roll_out(at.end, index, Rollout::Good);
    Struck { cause: cause(id, at.cause, user, ("deployments", of.namespace, of.name)), symptom }
}

/// Breaks the ConfigMap of a workload that reads it anew at the symptom.
pub(super) fn break_config(day: &mut Day, at: &Times, user: &User, victim: Victim) -> Struck {
    let (index, of) = (victim.index, victim.of);
    let config = (of.namespace, of.config_map());
    let config = (config.0, config.1.as_str());
    day.is_incident = true;
    let broken = break_text(of, day.pen.rng.index(3));
    let id = day.edit_config(at.cause, user, config, "application.yaml", &broken.text);
    let error = own_error(of, "config.ConfigLoader", &broken.error, &broken.frames);
    let last = format!("cannot reload /etc/app/application.yaml: {}", broken.error);
    let crash = Crash { error: &error, console: &[&last, "Process exited with code 1"], code: 1 };
    let pods = day.cluster.up(index, at.symptom);
    let symptom = crash_loop(day, &pods, (at.symptom, at.end), &crash);
    let span = (at.symptom + SECOND, at.end + MINUTE / 2);
    callers_fail(day, of.name, span, &[Fault::Refused, Fault::Unavailable], 0.35);
    day.is_incident = false;
    let good = good_text(of);
    day.edit_config(at.end, &Day::on_call(), config, "application.yaml", &good);
    day.restart_rollout(at.end + 8 * SECOND, &Day::on_call(), index);
    day.roll_out(at.end + 8 * SECOND, index, Rollout::Good);
    Struck { cause: cause(id, at.cause, user, ("configmaps", of.namespace, config.1)), symptom }
}

struct Broken {
    text: String,
    error: String,
    frames: String,
}

/// Returns the host that a workload's ConfigMap names.
fn callee(of: &Workload) -> &'static str {
    of.calls.first().copied().unwrap_or("coredns")
}

fn good_text(of: &Workload) -> String {
    format!("upstream:\n  host: {}\n  timeout-ms: 3000\npool:\n  size: 20\n", callee(of))
}

/// Returns one of three ways to break a workload's ConfigMap, and the error of each.
fn break_text(of: &Workload, way: usize) -> Broken {
    let (good, host) = (good_text(of), callee(of));
    let (text, error, class) = match way {
        0 => (
            good.replace(host, &format!("{host}-v2")),
            match of.style {
                Style::Java => format!("cannot reach upstream: UnknownHostException: {host}-v2"),
                _ => format!(
                    "cannot reach upstream: dial tcp: lookup {host}-v2 on 172.20.0.10:53: no such host"
                ),
            },
            "java.net.UnknownHostException",
        ),
        1 => (
            good.replace("  size: 20\n", "   size: 20: max\n"),
            "cannot parse /etc/app/application.yaml: mapping values are not allowed here, line 5, column 12"
                .to_owned(),
            "org.yaml.snakeyaml.scanner.ScannerException",
        ),
        _ => (
            good.replace("  timeout-ms: 3000\n", ""),
            "invalid configuration: required key upstream.timeout-ms is missing in /etc/app/application.yaml"
                .to_owned(),
            "com.shop.common.config.MissingKeyException",
        ),
    };
    let frames = format!(
        "{class}: {error}\n\tat com.shop.common.config.ConfigLoader.reload(ConfigLoader.java:<n2>)\n\tat java.base/java.lang.Thread.run(Thread.java:840)"
    );
    Broken { text, error, frames }
}
