//! Somebody edits the cluster's name server: it reloads half a minute later, and workloads of
//! another namespace no longer find a neighbour, or the world outside.

use crate::prelude::*;

const HEAD: &str = ".:53 {\n    errors\n    health\n    ready\n";
const GOOD: &str = "    kubernetes cluster.local in-addr.arpa ip6.arpa {\n        pods insecure\n        fallthrough in-addr.arpa ip6.arpa\n    }\n    forward . 183.60.83.19 183.60.82.98\n    cache 30\n    reload\n}\n";
const OUTSIDE: [&str; 3] = ["sms.vendor.example.com", "api.bank.example.com", "geo.example.net"];

pub fn plan(day: &mut Day) -> Story {
    let (caller, callee) = day.turn(&LINKS, 1);
    let mut it = day.quiet_incident((caller, "coredns"), (60, 420), &[callee]);
    (it.callee, it.elsewhere) = (callee, "kube-system");
    let mut users = team("kube-system");
    users.push(User::gitops());
    it.user = day.pick(users);
    let namespace = find(callee).namespace;
    let is_outside = day.seed.is_multiple_of(3);
    let (corefile, failure) = match (is_outside, day.seed % 2) {
        (true, _) => (GOOD.replace("183.60.83.19 183.60.82.98", "10.53.0.2"), Failure::LookupFailed),
        (_, 0) => {
            let rewrite = format!("    rewrite name substring .{namespace}.svc. .{namespace}-new.svc.\n");
            (format!("{rewrite}{GOOD}"), Failure::NoSuchHost)
        }
        _ => {
            let stub = format!("    forward {namespace}.svc.cluster.local 10.53.0.2\n");
            (format!("{stub}{GOOD}"), Failure::LookupFailed)
        }
    };
    let cause = edit(day, it.cause, &it.user, &corefile);
    reload(day, it.cause, it.symptom);
    let mut name = address(find(caller), find(callee), 2);
    if is_outside {
        name = day.turn(&OUTSIDE, 0).to_owned();
        let lines = own_errors(find(caller), "outside", &[("host", &name)]);
        it.first = Some(day.impact(caller, it.errors(0, 60), 0.3, &lines));
        it.hit.push(caller);
    } else {
        day.callers_fail(&mut it, (0, 60), &[failure]);
    }
    let key = if failure == Failure::NoSuchHost { "dns.unknown" } else { "dns.timeout" };
    let lines = own_errors(it.of, key, &[("host", &name)]);
    day.impact("coredns", it.errors(-2, 60), 0.3, &lines);
    day.decoys(&it);
    edit(day, it.end, &User::on_call(), GOOD);
    reload(day, it.end, it.end + MINUTE);
    it.confirmed(cause)
}

fn edit(day: &mut Day, at: i64, user: &User, corefile: &str) -> Cause {
    let text = format!("{HEAD}{corefile}");
    day.edit_config(at, user, ("kube-system", "coredns"), ("Corefile", &text))
}

/// Reloads the name servers: the plugin looks every 30 s and the mounted file is a kubelet sync late.
fn reload(day: &mut Day, edited: i64, by: i64) {
    for (i, pod) in day.cluster.up(index_of("coredns"), edited).into_iter().enumerate() {
        let wait = (by - edited - 3 * SECOND).min((35 + 11 * i as i64) * SECOND);
        let lines = [
            "[INFO] Reloading",
            "[INFO] plugin/reload: Running configuration SHA512 = <hex32><hex32><hex32><hex32>",
            "[INFO] Reloading complete",
        ];
        day.print(edited + wait, pod, "stdout", &lines);
    }
}
