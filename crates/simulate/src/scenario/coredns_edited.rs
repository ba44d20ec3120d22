//! Somebody edits the cluster's name server: it reloads half a minute later, and workloads of
//! another namespace no longer find a neighbour, or the world outside.

use crate::app::{Level, content};
use crate::audit::User;
use crate::complaint::{Failure, address};
use crate::day::Day;
use crate::decoy::Around;
use crate::scenario::plot::{Broken, LINKS, Operation, pods_of, quiet_times, spread, story};
use crate::scenario::{Scenario, Story};
use crate::text::{MINUTE, SECOND};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "coredns_edited",
    about: "the ConfigMap of CoreDNS is edited; after its reload apps elsewhere cannot resolve names",
    plan,
};

const HEAD: &str = ".:53 {\n    errors\n    health\n    ready\n";
const GOOD: &str = "    kubernetes cluster.local in-addr.arpa ip6.arpa {\n        pods insecure\n        fallthrough in-addr.arpa ip6.arpa\n    }\n    forward . 183.60.83.19 183.60.82.98\n    cache 30\n    reload\n}\n";
const OUTSIDE: [&str; 3] = ["sms.vendor.example.com", "api.bank.example.com", "geo.example.net"];

fn plan(day: &mut Day) -> Story {
    let (caller, callee) = LINKS[(day.seed as usize + 1) % LINKS.len()];
    let at = quiet_times(day, (60, 420), pods_of(&[caller, callee, "coredns"]));
    let mut users = Day::team("kube-system");
    users.push(Day::gitops());
    let user = users.swap_remove(day.pen.rng.index(users.len()));
    let namespace = day.cluster.states[day.cluster.find(callee)].workload.namespace;
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
    let id = edit(day, at.cause, &user, &format!("{HEAD}{corefile}"));
    reload(day, at.cause, at.symptom);
    let span = (at.symptom, at.end + MINUTE);
    let (symptom, hit) = if is_outside {
        (outside(day, caller, span), vec![caller])
    } else {
        let broken = Broken { caller, callee, span, failures: &[failure], share: 0.35, is_private: false };
        spread(day, &broken)
    };
    let asked = if is_outside {
        OUTSIDE[day.seed as usize % OUTSIDE.len()].to_owned()
    } else {
        let of = |name: &str| day.cluster.states[day.cluster.find(name)].workload;
        address(of(caller), of(callee), 2)
    };
    let trouble = match failure {
        Failure::NoSuchHost => format!(
            "[INFO] 172.16.3.<n2>:4<n4> - <n4> \"A IN {asked}. udp 61 false 512\" NXDOMAIN qr,aa,rd 154 0.000<n2>s"
        ),
        _ => format!(
            "[ERROR] plugin/errors: 2 {asked}. A: read udp 172.16.2.<n2>:3<n4>->10.53.0.2:53: i/o timeout"
        ),
    };
    day.impact("coredns", (at.symptom - 2 * SECOND, span.1), 0.3, &[trouble]);
    day.decoys(&Around {
        cause: at.cause,
        symptom: at.symptom,
        target: "coredns",
        victim: caller,
        involved: &hit,
        user: &user.name,
        elsewhere: "kube-system",
        can_roll: true,
    });
    edit(day, at.end, &Day::on_call(), &format!("{HEAD}{GOOD}"));
    reload(day, at.end, at.end + MINUTE);
    let object = ("configmaps", "kube-system", "coredns");
    let operation = Operation { id, at: at.cause, user: &user, verb: "patch", object };
    story(symptom, operation, "confirmed")
}

fn edit(day: &mut Day, at: i64, user: &User, corefile: &str) -> String {
    day.edit_config(at, user, ("kube-system", "coredns"), "Corefile", corefile)
}

/// The reload plugin looks every 30 s and the mounted file is a kubelet sync late.
fn reload(day: &mut Day, edited: i64, by: i64) {
    let workload = day.cluster.find("coredns");
    for (i, pod) in day.cluster.up(workload, edited).into_iter().enumerate() {
        let wait = (by - edited - 3 * SECOND).min((35 + 11 * i as i64) * SECOND);
        let lines = [
            "[INFO] Reloading",
            "[INFO] plugin/reload: Running configuration SHA512 = <hex32><hex32><hex32><hex32>",
            "[INFO] Reloading complete",
        ];
        day.print(edited + wait, pod, "stdout", &lines);
    }
}

/// A caller of something outside the cluster fails.
fn outside(day: &mut Day, caller: &str, span: (i64, i64)) -> (i64, usize) {
    let of = day.cluster.states[day.cluster.find(caller)].workload;
    let host = OUTSIDE[day.seed as usize % OUTSIDE.len()];
    let stack = format!(
        "java.net.UnknownHostException: {host}: Temporary failure in name resolution\n\tat java.base/java.net.Inet6AddressImpl.lookupAllHostAddr(Native Method)\n\tat java.base/java.net.InetAddress.getAllByName(InetAddress.java:1535)"
    );
    let line = match of.style {
        crate::fleet::Style::Java => content(
            of,
            Level::Error,
            "client.PartnerClient",
            &format!("request <n8> to https://{host}/v2/notify failed: cannot resolve {host}"),
            &stack,
        ),
        _ => content(
            of,
            Level::Error,
            "partner",
            &format!(
                "notify <n8> failed: Post \"https://{host}/v2/notify\": dial tcp: lookup {host} on 172.20.0.10:53: server misbehaving"
            ),
            "",
        ),
    };
    day.impact(caller, span, 0.3, &[line])
}
