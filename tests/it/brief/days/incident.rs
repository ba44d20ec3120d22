//! A day with everything a report can hold: three verdicts, findings without a trace, gaps, findings that
//! are gone or suppressed.

use crate::brief::days::{
    Texts, at, cause, confirmed_day, entity, evidence, finding, hypothesis, reason, step,
};
use headwater::analysis::report::regroup;
use model::entity::Entity;
use model::error::Problem;
use model::report::{
    Class, Finding, Gone, Hypothesis, Report, Severity, Status, Step, StepKind, Suppressed, Trace, Verdict,
    Zh,
};

/// Returns the day.
pub(crate) fn incident_day() -> Report {
    let mut report = confirmed_day();
    let (orders, search) = (crashing_orders(), slow_search());
    report.traces.push(likely_trace(&orders));
    report.traces.push(inconclusive_trace(&search));
    report.findings.insert(1, orders);
    report.findings.extend([cluster_admin(), search]);
    report.findings.extend(failing_probes());
    add_gaps(&mut report);
    report.gone = vec![Gone {
        rule: "event/image_pull".into(),
        title: "Image cannot be pulled".into(),
        severity: Severity::Medium,
        entity: entity("web", "banner", "", ""),
        zh: Zh { title: Some("镜像拉取失败".into()), ..Zh::default() },
    }];
    report.suppressed =
        vec![Suppressed { rule: "event/probe".into(), exception: "nightly-batch".into(), count: 6 }];
    regroup(&mut report);
    report
}

fn crashing_orders() -> Finding {
    let mut orders = finding(
        "f30b1e55c0de",
        "standard/crash_loop",
        (Severity::High, Status::Worse),
        entity("shop", "orders", "orders-6c5d7f8b9c-qq2lz", "node-3"),
        (
            &Texts {
                title: "Process exits again and again",
                summary: "shop/orders exited 37 times: missing required key DB_HOST",
                why: "A process that dies within seconds of its start lacks something it needs.",
                advice: "1. Restore DB_HOST in the config. 2. Restart the rollout.",
            },
            &Texts {
                title: "进程反复退出",
                summary: "shop/orders 退出 37 次：缺少必需的配置项 DB_HOST",
                why: "启动几秒就退出的进程，缺的是它必需的东西。",
                advice: "1. 在配置中恢复 DB_HOST。2. 重新发布。",
            },
        ),
    );
    (orders.first_ts, orders.last_ts, orders.count) = (at("15:02:09"), at("18:40:00"), 37);
    orders.trace = Some("t-9a11f0e3".into());
    orders.evidence = vec![evidence(
        "15:02:09",
        "standard/2026/11/22/orders/0.log",
        12,
        "fatal: missing required key DB_HOST",
    )];
    orders
}

/// Returns the trace of the crashes, with a rival candidate.
fn likely_trace(finding: &Finding) -> Trace {
    let config = cause(
        "09:31:44",
        "system:serviceaccount:ci:deployer",
        ("update", "config"),
        ("configmaps", "shop", "orders-config"),
        "DB_HOST removed",
    );
    let config_step = step(
        ("s5", StepKind::Operation, "09:31:44"),
        (
            "deployer updated configmaps shop/orders-config: DB_HOST removed",
            "deployer 修改了 configmaps shop/orders-config：删除 DB_HOST",
        ),
        "system:serviceaccount:ci:deployer",
        None,
    );
    Trace {
        id: "t-9a11f0e3".into(),
        finding: Some(finding.id.clone()),
        entity: finding.entity.clone(),
        ts: at("15:02:09"),
        last_ts: at("15:40:00"),
        calls: Vec::new(),
        incident: String::new(),
        verdict: Verdict::Likely,
        class: Class::Operation,
        reasons: vec![
            reason(
                "names",
                "the error names a key that the operation removed",
                "错误提到的配置项正是操作所删",
            ),
            reason("late", "five and a half hours lie between them", "两者相隔五个半小时"),
        ],
        hypotheses: vec![
            hypothesis(
                0.71,
                Some(config),
                vec![reason("uses", "the workload mounts the ConfigMap", "该工作负载挂载了这个 ConfigMap")],
                vec![config_step, crash("s6", "uses", 19_825.0)],
            ),
            rival_hypothesis(),
        ],
    }
}

/// Returns the crash as a step of a chain.
fn crash(id: &str, link: &str, lag_s: f64) -> Step {
    step(
        (id, StepKind::Error, "15:02:09"),
        ("fatal: missing required key DB_HOST", "致命错误：缺少必需的配置项 DB_HOST"),
        "shop/orders",
        Some((link, lag_s)),
    )
}

fn rival_hypothesis() -> Hypothesis {
    let rival = cause(
        "14:55:10",
        "li.na",
        ("patch", "image"),
        ("deployments", "shop", "orders"),
        "image orders:1.8.2 → orders:1.9.0",
    );
    let image_step = step(
        ("s7", StepKind::Operation, "14:55:10"),
        (
            "li.na patched deployments shop/orders: image 1.8.2 → 1.9.0",
            "li.na 修改了 deployments shop/orders：镜像 1.8.2 → 1.9.0",
        ),
        "li.na",
        None,
    );
    let pulled = step(
        ("s8", StepKind::Event, "14:55:10.4"),
        (
            "ScalingReplicaSet: scaled up orders-6c5d7f8b9c to 3",
            "ScalingReplicaSet：orders-6c5d7f8b9c 扩到 3 个副本",
        ),
        "deployment-controller",
        Some(("same_workload", 0.4)),
    );
    hypothesis(
        0.44,
        Some(rival),
        vec![reason("same_workload", "same workload, but the mechanism is weak", "同一工作负载，但机理较弱")],
        vec![image_step, pulled, crash("s9", "same_workload", 418.6)],
    )
}

fn slow_search() -> Finding {
    let mut search = finding(
        "f5e5e5a00b17",
        "business/latency",
        (Severity::Medium, Status::Ongoing),
        entity("web", "search", "", ""),
        (
            &Texts {
                title: "Requests time out",
                summary: "web/search timed out 96 times against es-data",
                why: "Timeouts towards one backend point at that backend.",
                advice: "1. Look at the load of es-data.",
            },
            &Texts {
                title: "请求超时",
                summary: "web/search 请求 es-data 超时 96 次",
                why: "超时集中在一个后端，问题多半在那个后端。",
                advice: "1. 查看 es-data 的负载。",
            },
        ),
    );
    (search.first_ts, search.last_ts, search.count) = (at("13:20:00"), at("14:44:00"), 96);
    search.trace = Some("t-c0ffee21".into());
    search
}

fn inconclusive_trace(finding: &Finding) -> Trace {
    Trace {
        id: "t-c0ffee21".into(),
        finding: Some(finding.id.clone()),
        entity: finding.entity.clone(),
        ts: at("13:20:00"),
        last_ts: at("13:31:00"),
        calls: Vec::new(),
        incident: String::new(),
        verdict: Verdict::Inconclusive,
        class: Class::None,
        reasons: vec![reason("no_data", "no audit data 13:00–15:00", "审计日志 13:00–15:00 没有数据")],
        hypotheses: Vec::new(),
    }
}

fn cluster_admin() -> Finding {
    let rbac = Texts {
        title: "Someone was made cluster-admin",
        summary: "user tmp-debug was bound to cluster-admin",
        why: "This binding can do anything.",
        advice: "1. Ask li.na. 2. Delete the binding.",
    };
    let rbac_zh = Texts {
        title: "有人被授予集群管理员",
        summary: "用户 tmp-debug 绑定了 cluster-admin",
        why: "这个绑定什么都能做。",
        advice: "1. 询问 li.na。2. 删除该绑定。",
    };
    let mut admin = finding(
        "f0aa91b2c3d4",
        "audit/cluster_admin",
        (Severity::High, Status::New),
        Entity { cluster: Some("prod".into()), ..Entity::default() },
        (&rbac, &rbac_zh),
    );
    (admin.first_ts, admin.last_ts, admin.count) = (at("22:41:09"), at("22:41:09"), 1);
    admin.evidence = vec![evidence(
        "22:41:09",
        "audit/2026/11/22/kube-apiserver-0.log.gz",
        90_112,
        "li.na create clusterrolebindings tmp-debug 201",
    )];
    admin
}

fn failing_probes() -> [Finding; 3] {
    let probe = Texts {
        title: "Readiness probe fails",
        summary: "the probe failed again and again",
        why: "",
        advice: "1. Look at the probe's timeout.",
    };
    let probe_zh =
        Texts {
            title: "就绪探针失败", summary: "探针反复失败", why: "", advice: "1. 查看探针超时设置。"
        };
    ["gateway", "notify", "report"].map(|workload| {
        let mut found = finding(
            &format!("f-{workload}"),
            "event/probe",
            (Severity::Low, Status::Ongoing),
            entity("web", workload, "", ""),
            (&probe, &probe_zh),
        );
        (found.first_ts, found.last_ts, found.count) = (at("02:10:00"), at("21:15:00"), 22);
        found
    })
}

/// Adds hours without data, unparsed lines, an object that was not read, and a field without data.
fn add_gaps(report: &mut Report) {
    let hours = |hours: &[&str]| hours.iter().map(|hour| format!("2026-11-22 {hour}")).collect();
    for table in &mut report.coverage.tables {
        match table.table.as_str() {
            "audit" => (table.hours_without_data, table.rows) = (hours(&["13:00", "14:00"]), 840_551),
            "standard" => (table.hours_without_data, table.unparsed) = (hours(&["04:00"]), 1280),
            _ => {}
        }
    }
    report.coverage.problems = vec![Problem {
        step: "ingest".into(),
        what: "`node-7/kubelet.log.gz` cannot be read: gzip stream ends early at byte 1048576".into(),
        place: Some("standard/2026/11/22/node-7/kubelet.log.gz".into()),
        hint: Some("`headwater inspect <object>` shows what was read".into()),
    }];
    for agent in &mut report.agents {
        agent.findings = report.findings.iter().filter(|finding| finding.agent == agent.agent).count() as u64;
    }
    report.agents[0].fields_without_data = vec!["trace_id".into()];
}
