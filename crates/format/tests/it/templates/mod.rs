//! Message templates: what is masked, and how many lines of known templates group exactly.

mod cases;
mod pen;

use format::text::template::template_of;
use pen::Pen;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The systems: name and templates, one a line behind its weight. What a program's source prints as one
/// statement is one template, but for states in capitals and methods of requests, which name an event.
const SYSTEMS: [(&str, &str); 34] = [
    ("android", include_str!("systems/android.txt")),
    ("apache", include_str!("systems/apache.txt")),
    ("bgl", include_str!("systems/bgl.txt")),
    ("cassandra", include_str!("systems/cassandra.txt")),
    ("celery", include_str!("systems/celery.txt")),
    ("containerd", include_str!("systems/containerd.txt")),
    ("delivery", include_str!("systems/delivery.txt")),
    ("dotnet", include_str!("systems/dotnet.txt")),
    ("elastic", include_str!("systems/elastic.txt")),
    ("flink", include_str!("systems/flink.txt")),
    ("go", include_str!("systems/go.txt")),
    ("hadoop", include_str!("systems/hadoop.txt")),
    ("hdfs", include_str!("systems/hdfs.txt")),
    ("healthapp", include_str!("systems/healthapp.txt")),
    ("istio", include_str!("systems/istio.txt")),
    ("jenkins", include_str!("systems/jenkins.txt")),
    ("kafka", include_str!("systems/kafka.txt")),
    ("kubelet", include_str!("systems/kubelet.txt")),
    ("laravel", include_str!("systems/laravel.txt")),
    ("linux", include_str!("systems/linux.txt")),
    ("misc", include_str!("systems/misc.txt")),
    ("mongo", include_str!("systems/mongo.txt")),
    ("mysql", include_str!("systems/mysql.txt")),
    ("nginx", include_str!("systems/nginx.txt")),
    ("node", include_str!("systems/node.txt")),
    ("openssh", include_str!("systems/openssh.txt")),
    ("openstack", include_str!("systems/openstack.txt")),
    ("postgres", include_str!("systems/postgres.txt")),
    ("rabbitmq", include_str!("systems/rabbitmq.txt")),
    ("rails", include_str!("systems/rails.txt")),
    ("redis", include_str!("systems/redis.txt")),
    ("shopapp", include_str!("systems/shopapp.txt")),
    ("spark", include_str!("systems/spark.txt")),
    ("windows", include_str!("systems/windows.txt")),
];

/// Lines printed for each system.
const LINES: usize = 2000;

/// Prints lines of a system, each with the number of its template.
fn printed(system: &str, seed: u64) -> Vec<(usize, String)> {
    let mut pen = Pen::new(seed);
    let mut templates = Vec::new();
    for (number, line) in system.lines().enumerate() {
        let (weight, template) = line.split_once(' ').expect("a weight and a template");
        templates.extend(std::iter::repeat_n((number, template), weight.parse().expect("a weight")));
    }
    let line = |_| {
        let (number, template) = templates[pen.below(templates.len() as u64) as usize];
        (number, pen.fill(template))
    };
    (0..LINES).map(line).collect()
}

/// Returns the share of lines whose group is exactly the true one, and the groups of the other lines.
fn accuracy(lines: &[(usize, String)]) -> (f64, String) {
    let mut truth: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let templates: Vec<String> = lines.iter().map(|(_, line)| template_of(line)).collect();
    for (at, (number, _)) in lines.iter().enumerate() {
        truth.entry(*number).or_default().push(at);
        groups.entry(templates[at].clone()).or_default().push(at);
    }
    let (mut right, mut wrong) = (0, String::new());
    for (number, members) in &truth {
        if groups[&templates[members[0]]] == *members {
            right += members.len();
            continue;
        }
        let seen: BTreeSet<&String> = members.iter().map(|at| &templates[*at]).collect();
        writeln!(wrong, "    line {}: {} lines, {} groups", number + 1, members.len(), seen.len())
            .expect("text");
        for template in seen.iter().take(3) {
            writeln!(wrong, "        {template}").expect("text");
        }
    }
    (right as f64 / lines.len() as f64, wrong)
}

#[test]
fn lines_of_one_template_group() {
    let (mut report, mut sum, mut least) = (String::new(), 0.0, f64::MAX);
    for (name, system) in SYSTEMS {
        let (share, wrong) = accuracy(&printed(system, 1));
        sum += share;
        least = least.min(share);
        writeln!(report, "{name:10} {share:.3}\n{wrong}").expect("text");
    }
    let mean = sum / SYSTEMS.len() as f64;
    assert!(mean >= 0.90 && least >= 0.50, "{report}mean {mean:.3}, least {least:.3}");
}

#[test]
fn leftover_headers_do_not_split_groups() {
    let headers = [
        "2026-11-{day} {clock},{num} INFO [http-nio-8080-exec-{digit}] c.s.pay.PayService - ",
        "2026-11-{day}T{clock}.{num}Z WARN 1 --- [nio-8080-exec-{digit}] c.s.cart.CartService : ",
        "Nov {day} {clock} node-{num} cart[{num}]: ",
        "I11{day} {clock}.{num}  {digit} cart.go:{num}] ",
        "[{day}/Nov/2026:{clock} +0000] [worker-{digit}] ",
        "{ip} {uuid} ",
    ];
    let mut pen = Pen::new(1);
    for header in headers {
        let template = format!("{header}order {{num}} of user {{user}} paid in {{dur}}");
        let groups: BTreeSet<String> = (0..200).map(|_| template_of(&pen.fill(&template))).collect();
        assert_eq!(groups.len(), 1, "{groups:#?}");
    }
}
