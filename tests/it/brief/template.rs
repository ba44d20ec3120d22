//! The brief: what is told, in which words, how long, and that hostile log text stays inert.

use headwater::brief::{Length, brief};
use model::entity::Entity;
use model::error::Problem;
use model::lang::Lang;
use model::report::{
    AgentSummary, Cause, Coverage, Evidence, Finding, Gone, Hypothesis, Link, REPORT_SCHEMA, Reason, Report,
    RunInfo, Severity, Status, Step, StepKind, Suppressed, TableCoverage, Trace, Verdict, Zh,
};
use model::time::{Ts, Window, parse_date};

const ZONE: chrono_tz::Tz = chrono_tz::Asia::Shanghai;

fn at(clock: &str) -> Ts {
    Ts::parse(&format!("2026-11-22 {clock}"), ZONE).unwrap_or_default()
}

fn evidence(clock: &str, source: &str, line: i64, text: &str) -> Evidence {
    let row_id = format!("{:08x}:{line}", source.len() * 7_919_113);
    Evidence { row_id, ts: at(clock), source: source.into(), line, text: text.into() }
}

fn entity(namespace: &str, workload: &str, pod: &str, node: &str) -> Entity {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Entity {
        cluster: Some("prod".into()),
        namespace: some(namespace),
        workload: some(workload),
        pod: some(pod),
        container: None,
        node: some(node),
    }
}

fn reason(code: &str, text: &str, zh: &str) -> Reason {
    Reason { code: code.into(), text: text.into(), zh: zh.into() }
}

fn step(
    id: &str,
    kind: StepKind,
    clock: &str,
    en_zh: (&str, &str),
    who: &str,
    link: Option<(&str, f64)>,
) -> Step {
    let source = match kind {
        StepKind::Operation => "audit/2026/11/22/kube-apiserver-0.log.gz",
        StepKind::Event => "event/2026/11/22/events-10.jsonl.gz",
        StepKind::Error => "business/2026/11/22/pay-api/app.log.gz",
    };
    Step {
        id: id.into(),
        kind,
        ts: at(clock),
        what: en_zh.0.into(),
        zh: en_zh.1.into(),
        who: who.into(),
        link: link.map(|(kind, lag_s)| Link { kind: kind.into(), lag_s }),
        evidence: vec![evidence(clock, source, 4711, en_zh.0)],
    }
}

fn cause(
    clock: &str,
    who: &str,
    verb: &str,
    object: (&str, &str, &str),
    operation: &str,
    change: &str,
) -> Cause {
    Cause {
        audit_id: "9b1f6d1e-52aa-4d0c-8f0e-3c1f5a77e001".into(),
        ts: at(clock),
        username: who.into(),
        verb: verb.into(),
        resource: object.0.into(),
        namespace: object.1.into(),
        name: object.2.into(),
        operation: operation.into(),
        change: (!change.is_empty()).then(|| change.into()),
        row_id: "03f2a9c1:88213".into(),
    }
}

struct Texts<'a> {
    title: &'a str,
    summary: &'a str,
    why: &'a str,
    advice: &'a str,
}

fn finding(
    id: &str,
    rule: &str,
    grave: (Severity, Status),
    about: Entity,
    en: &Texts,
    zh: &Texts,
) -> Finding {
    Finding {
        id: id.into(),
        rule: rule.into(),
        agent: rule.split('/').next().unwrap_or_default().into(),
        title: en.title.into(),
        severity: grave.0,
        status: grave.1,
        entity: about,
        first_ts: at("10:12:31"),
        last_ts: at("10:58:02"),
        count: 1412,
        summary: en.summary.into(),
        why: en.why.into(),
        advice: en.advice.into(),
        zh: Zh {
            title: Some(zh.title.into()),
            summary: Some(zh.summary.into()),
            why: Some(zh.why.into()),
            advice: Some(zh.advice.into()),
        },
        facts: serde_json::Map::new(),
        evidence: Vec::new(),
        trace: None,
    }
}

/// A day on which nothing was found and everything was read.
pub(crate) fn calm_day() -> Report {
    let window = Window::day(parse_date("2026-11-22").unwrap_or_default(), ZONE);
    let rows = [("business", 1_204_331), ("standard", 3_870_412), ("event", 18_204), ("audit", 902_117)];
    let agent = |(table, rows): &(&str, u64)| AgentSummary {
        agent: (*table).into(),
        table: (*table).into(),
        rows: *rows,
        rules: 9,
        findings: 0,
        fields_without_data: Vec::new(),
        problems: Vec::new(),
    };
    let table = |(table, rows): &(&str, u64)| TableCoverage {
        table: (*table).into(),
        rows: *rows,
        unparsed: 0,
        hours_without_data: Vec::new(),
    };
    Report {
        schema: REPORT_SCHEMA.into(),
        run: RunInfo {
            id: "run-20261123-0700".into(),
            date: "2026-11-22".into(),
            from: window.from,
            to: window.to,
            timezone: "Asia/Shanghai".into(),
            cluster: "prod".into(),
        },
        coverage: Coverage { objects: 1204, tables: rows.iter().map(table).collect(), problems: Vec::new() },
        findings: Vec::new(),
        traces: Vec::new(),
        agents: rows.iter().map(agent).collect(),
        gone: Vec::new(),
        suppressed: Vec::new(),
    }
}

/// A day of which nothing arrived.
pub(crate) fn empty_day() -> Report {
    let mut report = calm_day();
    report.coverage = Coverage::default();
    for agent in &mut report.agents {
        agent.rows = 0;
    }
    report
}

fn hypothesis(score: f64, cause: Option<Cause>, reasons: Vec<Reason>, steps: Vec<Step>) -> Hypothesis {
    Hypothesis { score, cause, reasons, steps }
}

/// One confirmed trace: a limit lowered, a container killed, payments failing.
pub(crate) fn confirmed_day() -> Report {
    let mut report = calm_day();
    let mut pay = finding(
        "f1c9a07be2d4",
        "business/error_burst",
        (Severity::Critical, Status::New),
        entity("shop", "pay-api", "pay-api-7d9f8b6c5d-x2x7k", "node-7"),
        &Texts {
            title: "Payments fail: connection refused",
            summary: "shop/pay-api logged 1412 errors: connection refused by pay-cache",
            why: "A burst of one template after a quiet week is a new fault, not noise.",
            advice: "1. Raise the memory limit of pay-cache back to 512Mi. 2. Compare limit and working set. 3. Replay the failed payments.",
        },
        &Texts {
            title: "支付失败：连接被拒绝",
            summary: "shop/pay-api 报错 1412 次：连接 pay-cache 被拒绝",
            why: "安静一周之后同一模板突然爆发，是新故障而不是噪声。",
            advice: "1. 把 pay-cache 的内存上限改回 512Mi。2. 对比上限与实际用量。3. 补偿失败的支付。",
        },
    );
    let app = "business/2026/11/22/pay-api/app.log.gz";
    pay.evidence = vec![
        evidence(
            "10:12:31",
            app,
            88_213,
            "ERROR c.s.pay.CacheClient - connect to pay-cache:6379 failed: Connection refused",
        ),
        evidence("10:12:33", app, 88_240, "ERROR c.s.pay.PayService - payment 7731 failed after 3 attempts"),
    ];
    pay.trace = Some("t-4be01c77".into());
    let mut oom = finding(
        "f77d20c1aa90",
        "event/oom_killed",
        (Severity::High, Status::New),
        entity("shop", "pay-cache", "pay-cache-0", "node-7"),
        &Texts {
            title: "Container killed for exceeding its memory limit",
            summary: "shop/pay-cache-0 was OOM-killed 14 times",
            why: "A burst of kills means a limit below the working set, or a leak.",
            advice: "1. Compare limit and usage. 2. Look at the last rollout of the workload.",
        },
        &Texts {
            title: "容器因超出内存限制被反复杀死",
            summary: "shop/pay-cache-0 被 OOM 杀死 14 次",
            why: "反复被杀说明上限低于实际用量，或者有泄漏。",
            advice: "1. 对比内存限制与实际用量。2. 查看该工作负载最近一次发布。",
        },
    );
    (oom.first_ts, oom.count, oom.trace) = (at("10:09:48"), 14, Some("t-4be01c77".into()));
    oom.evidence = vec![evidence(
        "10:09:48",
        "event/2026/11/22/events-10.jsonl.gz",
        4711,
        "OOMKilling: Memory cgroup out of memory: Killed process 2291 (redis-server)",
    )];
    let steps = vec![
        step(
            "s1",
            StepKind::Operation,
            "10:05:12",
            (
                "wangqing patched statefulsets shop/pay-cache: memory limit 512Mi → 128Mi",
                "wangqing 修改了 statefulsets shop/pay-cache：内存上限 512Mi → 128Mi",
            ),
            "wangqing@corp.example",
            None,
        ),
        step(
            "s2",
            StepKind::Event,
            "10:09:48",
            (
                "OOMKilling pay-cache-0: memory cgroup out of memory",
                "OOMKilling pay-cache-0：内存 cgroup 耗尽",
            ),
            "kubelet node-7",
            Some(("same_workload", 276.0)),
        ),
        step(
            "s3",
            StepKind::Event,
            "10:09:51",
            ("BackOff restarting failed container redis", "BackOff 正在重启失败的容器 redis"),
            "kubelet node-7",
            Some(("same_uid", 3.0)),
        ),
        step(
            "s4",
            StepKind::Error,
            "10:12:31",
            ("connect to pay-cache:6379 failed: Connection refused", "连接 pay-cache:6379 失败：拒绝连接"),
            "shop/pay-api",
            Some(("names", 160.0)),
        ),
    ];
    let reasons = vec![
        reason(
            "same_workload",
            "the operation changed the workload whose pod was killed",
            "操作改的正是被杀 Pod 所属的工作负载",
        ),
        reason("mechanism", "a lower memory limit can cause OOM kills", "调低内存上限会导致 OOM"),
    ];
    let patch = cause(
        "10:05:12",
        "wangqing@corp.example",
        "patch",
        ("statefulsets", "shop", "pay-cache"),
        "resources",
        "memory limit 512Mi → 128Mi",
    );
    report.traces.push(Trace {
        id: "t-4be01c77".into(),
        finding: Some(pay.id.clone()),
        entity: pay.entity.clone(),
        ts: at("10:12:31"),
        verdict: Verdict::Confirmed,
        reasons: reasons.clone(),
        hypotheses: vec![hypothesis(0.94, Some(patch), reasons, steps)],
    });
    report.findings = vec![pay, oom];
    report
}

/// A day with all there is: three verdicts, findings without a trace, gaps, gone, suppressed.
pub(crate) fn incident_day() -> Report {
    let mut report = confirmed_day();
    let mut orders = finding(
        "f30b1e55c0de",
        "standard/crash_loop",
        (Severity::High, Status::Worse),
        entity("shop", "orders", "orders-6c5d7f8b9c-qq2lz", "node-3"),
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
    );
    (orders.first_ts, orders.last_ts, orders.count) = (at("15:02:09"), at("18:40:00"), 37);
    orders.trace = Some("t-9a11f0e3".into());
    orders.evidence = vec![evidence(
        "15:02:09",
        "standard/2026/11/22/orders/0.log",
        12,
        "fatal: missing required key DB_HOST",
    )];
    let config = cause(
        "09:31:44",
        "system:serviceaccount:ci:deployer",
        "update",
        ("configmaps", "shop", "orders-config"),
        "config",
        "DB_HOST removed",
    );
    let rival = cause(
        "14:55:10",
        "li.na",
        "patch",
        ("deployments", "shop", "orders"),
        "image",
        "image orders:1.8.2 → orders:1.9.0",
    );
    let config_step = step(
        "s5",
        StepKind::Operation,
        "09:31:44",
        (
            "deployer updated configmaps shop/orders-config: DB_HOST removed",
            "deployer 修改了 configmaps shop/orders-config：删除 DB_HOST",
        ),
        "system:serviceaccount:ci:deployer",
        None,
    );
    let crash = |id: &str, kind: &str, lag: f64| {
        step(
            id,
            StepKind::Error,
            "15:02:09",
            ("fatal: missing required key DB_HOST", "致命错误：缺少必需的配置项 DB_HOST"),
            "shop/orders",
            Some((kind, lag)),
        )
    };
    let image_step = step(
        "s7",
        StepKind::Operation,
        "14:55:10",
        (
            "li.na patched deployments shop/orders: image 1.8.2 → 1.9.0",
            "li.na 修改了 deployments shop/orders：镜像 1.8.2 → 1.9.0",
        ),
        "li.na",
        None,
    );
    let pulled = step(
        "s8",
        StepKind::Event,
        "14:55:10.4",
        (
            "ScalingReplicaSet: scaled up orders-6c5d7f8b9c to 3",
            "ScalingReplicaSet：orders-6c5d7f8b9c 扩到 3 个副本",
        ),
        "deployment-controller",
        Some(("same_workload", 0.4)),
    );
    report.traces.push(Trace {
        id: "t-9a11f0e3".into(),
        finding: Some(orders.id.clone()),
        entity: orders.entity.clone(),
        ts: at("15:02:09"),
        verdict: Verdict::Likely,
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
            hypothesis(
                0.44,
                Some(rival),
                vec![reason(
                    "same_workload",
                    "same workload, but the mechanism is weak",
                    "同一工作负载，但机理较弱",
                )],
                vec![image_step, pulled, crash("s9", "same_workload", 418.6)],
            ),
        ],
    });
    let mut search = finding(
        "f5e5e5a00b17",
        "business/latency",
        (Severity::Medium, Status::Ongoing),
        entity("web", "search", "", ""),
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
    );
    (search.first_ts, search.last_ts, search.count) = (at("13:20:00"), at("14:44:00"), 96);
    search.trace = Some("t-c0ffee21".into());
    report.traces.push(Trace {
        id: "t-c0ffee21".into(),
        finding: Some(search.id.clone()),
        entity: search.entity.clone(),
        ts: at("13:20:00"),
        verdict: Verdict::Inconclusive,
        reasons: vec![reason("no_data", "no audit data 13:00–15:00", "审计日志 13:00–15:00 没有数据")],
        hypotheses: Vec::new(),
    });
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
        &rbac,
        &rbac_zh,
    );
    (admin.first_ts, admin.last_ts, admin.count) = (at("22:41:09"), at("22:41:09"), 1);
    admin.evidence = vec![evidence(
        "22:41:09",
        "audit/2026/11/22/kube-apiserver-0.log.gz",
        90_112,
        "li.na create clusterrolebindings tmp-debug 201",
    )];
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
    let probes = ["gateway", "notify", "report"].map(|workload| {
        let mut found = finding(
            &format!("f-{workload}"),
            "event/probe",
            (Severity::Low, Status::Ongoing),
            entity("web", workload, "", ""),
            &probe,
            &probe_zh,
        );
        (found.first_ts, found.last_ts, found.count) = (at("02:10:00"), at("21:15:00"), 22);
        found
    });
    report.findings.insert(1, orders);
    report.findings.extend([admin, search]);
    report.findings.extend(probes);
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
    report.gone = vec![Gone {
        rule: "event/image_pull".into(),
        title: "Image cannot be pulled".into(),
        severity: Severity::Medium,
        entity: entity("web", "banner", "", ""),
        zh: Zh { title: Some("镜像拉取失败".into()), ..Zh::default() },
    }];
    report.suppressed =
        vec![Suppressed { rule: "event/probe".into(), exception: "nightly-batch".into(), count: 6 }];
    report
}

/// What an attacker writes into a log, a name or an annotation.
pub(crate) const HOSTILE: &str = "<script>document.title='PWNED'</script></style></title><img src=x onerror=alert(1)> \
    @all <@U123> <!channel> ![x](http://evil.example/x.png) [go](https://evil.example) www.evil.example \
    `code` **bold** \u{202e}txt.exe\u{2066}\u{200b} \u{1b}[31mred\u{7}\n# head\n{{ t }}";

/// An incident day of which every text is hostile.
pub(crate) fn hostile_day() -> Report {
    let mut report = incident_day();
    let bad = || HOSTILE.to_owned();
    let entity =
        |entity: &mut Entity| Entity::COLUMNS.into_iter().for_each(|part| entity.set(part, Some(bad())));
    let zh = |zh: &mut Zh| {
        *zh = Zh { title: Some(bad()), summary: Some(bad()), why: Some(bad()), advice: Some(bad()) }
    };
    let lines = |lines: &mut Vec<Evidence>| {
        for line in lines {
            (line.row_id, line.source, line.text) = (bad(), bad(), bad());
        }
    };
    (report.run.cluster, report.run.id, report.schema) = (bad(), bad(), bad());
    for (i, finding) in report.findings.iter_mut().enumerate() {
        (finding.title, finding.summary, finding.why, finding.advice) = (bad(), bad(), bad(), bad());
        finding.rule = bad();
        finding.facts.insert(bad(), bad().into());
        entity(&mut finding.entity);
        zh(&mut finding.zh);
        lines(&mut finding.evidence);
        if finding.trace.is_none() {
            finding.id = format!("{i}{HOSTILE}");
        }
    }
    for trace in &mut report.traces {
        entity(&mut trace.entity);
        let inner = trace.hypotheses.iter_mut().flat_map(|hypothesis| &mut hypothesis.reasons);
        for reason in trace.reasons.iter_mut().chain(inner) {
            (reason.text, reason.zh) = (bad(), bad());
        }
        for hypothesis in &mut trace.hypotheses {
            if let Some(cause) = &mut hypothesis.cause {
                (cause.username, cause.verb, cause.resource) = (bad(), bad(), bad());
                (cause.namespace, cause.name, cause.change) = (bad(), bad(), Some(bad()));
                (cause.audit_id, cause.row_id, cause.operation) = (bad(), bad(), bad());
            }
            for step in &mut hypothesis.steps {
                (step.id, step.what, step.zh, step.who) = (bad(), bad(), bad(), bad());
                step.link = step.link.take().map(|link| Link { kind: bad(), ..link });
                lines(&mut step.evidence);
            }
        }
    }
    for problem in &mut report.coverage.problems {
        (problem.what, problem.place, problem.hint) = (bad(), Some(bad()), Some(bad()));
    }
    for gone in &mut report.gone {
        gone.title = bad();
        entity(&mut gone.entity);
        zh(&mut gone.zh);
    }
    for hidden in &mut report.suppressed {
        (hidden.rule, hidden.exception) = (bad(), bad());
    }
    report
}

#[track_caller]
fn check(report: &Report, lang: Lang, length: Length, expected: &str) {
    assert_eq!(brief(report, lang, length), expected);
}

#[test]
fn a_confirmed_trace_is_spoken_in_both_languages() {
    let report = confirmed_day();
    check(
        &report,
        Lang::Zh,
        Length::Voice,
        "十一月二十二日，prod 集群发现两个异常，都是新增的，最高级别严重。pay-api 上午十点十二分起，支付失败，连接被拒绝。已确认：上午十点零五分 wangqing 修改了 shop 的有状态应用 pay-cache，内存上限从五百一十二兆改为一百二十八兆。先做：把 pay-cache 的内存上限改回五百一十二兆。",
    );
    check(
        &report,
        Lang::En,
        Length::Voice,
        "November 22, prod: 2 findings. pay-api: payments fail, connection refused. Confirmed: at 10:05 wangqing changed stateful set pay-cache in shop, memory limit from 512 megabytes to 128 megabytes.",
    );
}

#[test]
fn a_day_with_gaps_says_so_when_spoken() {
    let report = incident_day();
    check(
        &report,
        Lang::Zh,
        Length::Voice,
        "十一月二十二日，prod 集群发现八个异常，新增三个，最高级别严重。pay-api 上午十点十二分起，支付失败，连接被拒绝。已确认：上午十点零五分 wangqing 修改了 shop 的有状态应用 pay-cache，内存上限从五百一十二兆改为一百二十八兆。先做：把 pay-cache 的内存上限改回五百一十二兆。审计日志下午一点到三点没有数据，还有其他缺口。其余六个见完整报告。",
    );
    check(
        &report,
        Lang::En,
        Length::Voice,
        "November 22, prod: 8 findings. pay-api: payments fail, connection refused. Confirmed: at 10:05 wangqing changed stateful set pay-cache in shop. Some logs are missing. 6 more in the full report.",
    );
}

#[test]
fn a_calm_day_is_one_sentence() {
    let report = calm_day();
    check(&report, Lang::Zh, Length::Voice, "十一月二十二日，prod 集群一切平稳，没有发现异常。");
    check(&report, Lang::En, Length::Voice, "November 22, prod: all calm, nothing unusual was found.");
    check(
        &report,
        Lang::Zh,
        Length::Chat,
        "**2026-11-22 · prod：平稳。** 读完四类日志 5,995,064 行，没有发现异常。",
    );
    check(
        &report,
        Lang::En,
        Length::Chat,
        "**2026-11-22 · prod: calm.** 5,995,064 lines of the four log types were read and nothing unusual was found.",
    );
}

#[test]
fn a_day_without_data_does_not_read_as_calm() {
    let report = empty_day();
    check(
        &report,
        Lang::Zh,
        Length::Voice,
        "十一月二十二日，prod 集群没有收到任何日志，情况未知，不代表正常。请检查日志采集。",
    );
    check(
        &report,
        Lang::En,
        Length::Voice,
        "November 22, prod: no logs arrived at all, so nothing is known. Please check the log collection.",
    );
    check(
        &report,
        Lang::Zh,
        Length::Chat,
        "**2026-11-22 · prod：没有任何数据。** 四类日志一行也没有读到（0 个对象）；这不说明集群正常，请检查日志采集与存储桶。",
    );
    check(
        &report,
        Lang::En,
        Length::Chat,
        "**2026-11-22 · prod: no data at all.** Not one line of the four log types was read (0 objects). This says nothing about the cluster; check the log collection and the bucket.",
    );
}

#[test]
fn a_day_without_findings_but_with_gaps_does_not_read_as_calm() {
    let mut report = calm_day();
    report.coverage.tables.retain(|table| table.table != "audit");
    check(
        &report,
        Lang::Zh,
        Length::Voice,
        "十一月二十二日，prod 集群在已有日志中没有发现异常。审计日志全天没有数据，情况未知。",
    );
    check(
        &report,
        Lang::En,
        Length::Voice,
        "November 22, prod: nothing unusual in the logs that arrived. No audit logs all day.",
    );
    check(
        &report,
        Lang::En,
        Length::Chat,
        r#"**2026-11-22 · prod: nothing unusual in the 5,092,947 lines that were read, but the data is incomplete.**

**Not seen (unknown, not healthy)**
- no audit data in the whole window"#,
    );
}

#[test]
fn the_chat_brief_tells_traces_then_the_rest() {
    check(
        &incident_day(),
        Lang::Zh,
        Length::Chat,
        r#"**2026-11-22 · prod：8 个异常（新增 3，加重 1，持续 4；不再出现 1），最高级别：严重** [F:f1c9a07be2d4]

**1.** shop/pay-api 报错 1412 次：连接 pay-cache 被拒绝（严重，新增；10:12:31 起） [F:f1c9a07be2d4]
- **已确认**：10:05:12 wangqing＠corp.example 修改了（patch）statefulsets shop/pay-cache：memory limit 512Mi → 128Mi；依据：操作改的正是被杀 Pod 所属的工作负载；调低内存上限会导致 OOM [T:t-4be01c77 / A:9b1f6d1e]
- 链路：10:05:12 操作 → (+4 分 36 秒) 事件 OOMKilling pay-cache-0：内存 cgroup 耗尽 → (+3 秒) 事件 BackOff 正在重启失败的容器 redis → (+2 分 40 秒) 错误 连接 pay-cache:6379 失败：拒绝连接 [T:t-4be01c77]
- 先做：把 pay-cache 的内存上限改回 512Mi [F:f1c9a07be2d4]
- 同一链路的另外 1 个异常 [F:f77d20c1aa90]

**2.** shop/orders 退出 37 次：缺少必需的配置项 DB_HOST（高危，加重；15:02:09 起） [F:f30b1e55c0de]
- **很可能**（未证实）：09:31:44 system:serviceaccount:ci:deployer 修改了（update）configmaps shop/orders-config：DB_HOST removed；依据：错误提到的配置项正是操作所删；两者相隔五个半小时 [T:t-9a11f0e3 / A:9b1f6d1e]
- 链路：09:31:44 操作 → (+5 小时 30 分) 错误 致命错误：缺少必需的配置项 DB_HOST [T:t-9a11f0e3]
- 先做：在配置中恢复 DB_HOST [F:f30b1e55c0de]

**3.** web/search 请求 es-data 超时 96 次（中等，持续；13:20:00 起） [F:f5e5e5a00b17]
- **起因无法确定**：审计日志 13:00–15:00 没有数据 [T:t-c0ffee21]
- 先做：查看 es-data 的负载 [F:f5e5e5a00b17]

**其他异常**
- 高危 · 有人被授予集群管理员 — prod ×1, 新增 [F:f0aa91b2c3d4]
- 轻微 · 就绪探针失败 — web/gateway ×22, web/notify ×22, web/report ×22, 持续 [F:f-gateway / F:f-notify / F:f-report]

**不再出现**
- 镜像拉取失败 — web/banner

**数据缺口（缺口内情况未知）**
- 审计日志：13:00–15:00 没有数据
- 标准输出日志：04:00–05:00 没有数据
- 1,280 行未能解析
- 1 个对象未入库：'node-7/kubelet.log.gz' cannot be read: gzip stream ends early at byte 1048576"#,
    );
    check(
        &incident_day(),
        Lang::En,
        Length::Chat,
        r#"**2026-11-22 · prod: 8 findings (3 new, 1 worse, 4 ongoing; 1 gone), gravest: critical** [F:f1c9a07be2d4]

**1.** shop/pay-api logged 1412 errors: connection refused by pay-cache (critical, new; since 10:12:31) [F:f1c9a07be2d4]
- **Confirmed**: 10:05:12 wangqing＠corp.example changed (patch) statefulsets shop/pay-cache: memory limit 512Mi → 128Mi; because the operation changed the workload whose pod was killed; a lower memory limit can cause OOM kills [T:t-4be01c77 / A:9b1f6d1e]
- Chain: 10:05:12 operation → (+4 min 36 s) event OOMKilling pay-cache-0: memory cgroup out of me… → (+3 s) event BackOff restarting failed container redis → (+2 min 40 s) error connect to pay-cache:6379 failed: Connection re… [T:t-4be01c77]
- First step: Raise the memory limit of pay-cache back to 512Mi [F:f1c9a07be2d4]
- 1 more finding of the same chain [F:f77d20c1aa90]

**2.** shop/orders exited 37 times: missing required key DB_HOST (high, worse; since 15:02:09) [F:f30b1e55c0de]
- **Likely** (not proven): 09:31:44 system:serviceaccount:ci:deployer changed (update) configmaps shop/orders-config: DB_HOST removed; because the error names a key that the operation removed; five and a half hours lie between them [T:t-9a11f0e3 / A:9b1f6d1e]
- Chain: 09:31:44 operation → (+5 h 30 min) error fatal: missing required key DB_HOST [T:t-9a11f0e3]
- First step: Restore DB_HOST in the config [F:f30b1e55c0de]

**3.** web/search timed out 96 times against es-data (medium, ongoing; since 13:20:00) [F:f5e5e5a00b17]
- **Cause inconclusive**: no audit data 13:00–15:00 [T:t-c0ffee21]
- First step: Look at the load of es-data [F:f5e5e5a00b17]

**Other findings**
- high · Someone was made cluster-admin — prod ×1, new [F:f0aa91b2c3d4]
- low · Readiness probe fails — web/gateway ×22, web/notify ×22, web/report ×22, ongoing [F:f-gateway / F:f-notify / F:f-report]

**Gone since the day before**
- Image cannot be pulled — web/banner

**Not seen (unknown, not healthy)**
- no audit data 13:00–15:00
- no standard data 04:00–05:00
- 1,280 lines unparsed
- 1 object not ingested: 'node-7/kubelet.log.gz' cannot be read: gzip stream ends early at byte 1048576"#,
    );
}

#[test]
fn what_is_not_confirmed_never_reads_as_confirmed() {
    for (verdict, zh, en) in
        [(Verdict::Likely, "未证实", "not proven"), (Verdict::Inconclusive, "无法确定", "inconclusive")]
    {
        let mut report = confirmed_day();
        for trace in &mut report.traces {
            trace.verdict = verdict;
        }
        for length in [Length::Chat, Length::Voice] {
            let (chinese, english) = (brief(&report, Lang::Zh, length), brief(&report, Lang::En, length));
            assert!(chinese.contains(zh) && !chinese.contains("已确认"), "{chinese}");
            assert!(english.contains(en) && !english.to_lowercase().contains("confirmed"), "{english}");
        }
        let spoken = brief(&report, Lang::En, Length::Voice);
        assert_eq!(spoken.contains("wangqing"), verdict == Verdict::Likely, "{spoken}");
    }
}

#[test]
fn a_finding_of_a_trace_is_told_once() {
    let chat = brief(&incident_day(), Lang::En, Length::Chat);
    let others = chat.split("**Other findings**").nth(1).unwrap_or_default();
    assert!(others.contains("F:f0aa91b2c3d4"), "{others}");
    for id in ["f1c9a07be2d4", "f77d20c1aa90", "f30b1e55c0de", "f5e5e5a00b17"] {
        assert!(!others.contains(id), "{others}");
    }
}

#[test]
fn users_and_times_are_speakable() {
    for (username, clock, zh, en) in [
        (
            "system:serviceaccount:ci:deployer",
            "10:05:12",
            "上午十点零五分 ci 的服务账号 deployer",
            "at 10:05 the service account deployer of ci",
        ),
        ("wang.qing@corp.example", "00:00:00", "凌晨零点 wang qing", "at 00:00 wang qing"),
        ("system:node:node-7", "12:30:00", "中午十二点三十分 节点 node-7", "at 12:30 node node-7"),
        ("100012345678", "14:20:00", "下午两点二十分 尾号 5678 的账号", "at 14:20 the account ending 5678"),
        ("oidc:li_na", "22:10:00", "晚上十点十分 li na", "at 22:10 li na"),
    ] {
        let mut report = confirmed_day();
        for cause in
            report.traces.iter_mut().flat_map(|trace| &mut trace.hypotheses).flat_map(|h| &mut h.cause)
        {
            (cause.username, cause.ts) = (username.into(), at(clock));
        }
        let (chinese, english) =
            (brief(&report, Lang::Zh, Length::Voice), brief(&report, Lang::En, Length::Voice));
        assert!(chinese.contains(zh), "{chinese}");
        assert!(english.contains(en), "{english}");
    }
}

#[test]
fn changes_are_read_as_a_voice_reads_them() {
    for (change, zh, en) in [
        (
            "memory limit 512Mi → 128Mi",
            "内存上限从五百一十二兆改为一百二十八兆",
            "from 512 megabytes to 128 megabytes",
        ),
        (
            "memory limit → 1.5Gi, cpu limit 500m → 250m",
            "内存上限改为一点五 G，CPU 上限从零点五核改为零点二五核",
            "memory limit to 1.5 gigabytes",
        ),
        (
            "maxReplicas 5 → 1, minReplicas → 1",
            "最大副本数从五改为一，最小副本数改为一",
            "max replicas from 5 to 1",
        ),
        (
            "image registry.example.com/pay/pay-cache:1.4.2 → registry.example.com/pay/pay-cache:1.5.0",
            "换了镜像",
            "a new image",
        ),
        ("data.application.yaml 97 bytes → 89 bytes", "改了 application yaml", "namely application yaml"),
        (
            "environment → -PAYMENTS_DB_URL",
            "删去了环境变量 PAYMENTS DB URL",
            "without the variable PAYMENTS DB URL",
        ),
        ("taint team → NoExecute", "污点 team 改为 no execute", "taint team to no execute"),
        (
            "targetPort of 5432 5432 → 80",
            "端口 5432 的目标端口从 5432 改为 80",
            "target of port 5432 from 5432 to 80",
        ),
        ("selector app → search-index", "选择器 app 改为 search-index", "selector app to search-index"),
        ("hard pods 50 → 20", "容器组配额从五十改为二十", "quota of pods from 50 to 20"),
        (
            "readinessProbe timeoutSeconds 5 → 1",
            "就绪检查的超时秒数从五改为一",
            "readiness probe, timeout in seconds from 5 to 1",
        ),
        ("unschedulable → true", "设为不可调度", "cordoned"),
    ] {
        let mut report = confirmed_day();
        report.findings.retain(|finding| finding.trace.is_some());
        for finding in &mut report.findings {
            (finding.title, finding.zh.title) = ("Errors".into(), Some("出错".into()));
        }
        for cause in
            report.traces.iter_mut().flat_map(|trace| &mut trace.hypotheses).flat_map(|h| &mut h.cause)
        {
            cause.change = Some(change.into());
        }
        let (chinese, english) =
            (brief(&report, Lang::Zh, Length::Voice), brief(&report, Lang::En, Length::Voice));
        assert!(chinese.contains(zh), "{change}: {chinese}");
        assert!(english.contains(en), "{change}: {english}");
    }
}

#[test]
fn a_scaling_says_the_number_once() {
    let mut report = confirmed_day();
    for cause in report.traces.iter_mut().flat_map(|trace| &mut trace.hypotheses).flat_map(|h| &mut h.cause) {
        (cause.operation, cause.verb) = ("scale".into(), "patch".into());
        cause.change = Some("replicas 3 → 0".into());
    }
    let chinese = brief(&report, Lang::Zh, Length::Voice);
    assert!(chinese.contains("调整了 shop 的有状态应用 pay-cache 的副本数，从三改为零。"), "{chinese}");
}

#[test]
fn numbers_in_advice_are_words_and_commands_are_left_out() {
    for (advice, zh) in [
        ("可用率降到 95.5%，持续 90 s。", "可用率降到百分之九十五点五，持续九十秒。"),
        ("重试超过 1,320 次，每次 300ms。", "重试超过一千三百二十次，每次三百毫秒。"),
        (
            "查看 2026-11-21 与 11-22 13:05 之间的 OOMKilled。",
            "查看十一月二十一日与十一月二十二日下午一点零五分之间的 OOM killed。",
        ),
        ("看 HTTP 5xx 与 p99；再看别的。", "看 HTTP 服务端错误与 p99。"),
        ("先确认对象是否存在：kubectl get configmap,secret -n NAMESPACE。", "先做：确认对象是否存在。"),
        ("对比被杀前的用量（kubectl top pod，或指标）。", "先做：对比被杀前的用量。"),
    ] {
        let mut report = confirmed_day();
        for finding in &mut report.findings {
            finding.zh.advice = Some(advice.into());
        }
        let chinese = brief(&report, Lang::Zh, Length::Voice);
        assert!(chinese.contains(zh), "{advice}: {chinese}");
        assert_speakable(&chinese);
    }
    let mut report = confirmed_day();
    for finding in &mut report.findings {
        finding.zh.advice = Some("用 kubectl top 查看内存。".into());
    }
    let chinese = brief(&report, Lang::Zh, Length::Voice);
    assert!(!chinese.contains("先做"), "half a sentence is none: {chinese}");
}

#[track_caller]
fn assert_speakable(text: &str) {
    let size = text.chars().count();
    assert!(size <= 200 && size > 0, "{size} characters: {text}");
    for sign in
        ["_", "[", "]", "<", ">", "*", "`", "@", "#", "|", "http", "://", "www", "\n", "7d9f8b6c5d", "x2x7k"]
    {
        assert!(!text.contains(sign), "`{sign}` is spoken: {text}");
    }
    assert!(text.ends_with(['.', '。']), "not a whole sentence: {text}");
}

#[test]
fn the_voice_keeps_its_limit_whatever_the_names() {
    let names = [
        "a".repeat(253),
        "支付网关".repeat(40),
        "very-long-name-of-a-service-".repeat(9),
        "x_y_z".into(),
        HOSTILE.into(),
    ];
    let mut checked = 0;
    for name in &names {
        for verdict in [Verdict::Confirmed, Verdict::Likely, Verdict::Inconclusive] {
            for (day, numbers) in [(confirmed_day(), 1), (incident_day(), 4000)] {
                let mut report = day;
                report.run.cluster = name.clone();
                report.gone = vec![report.gone.first().cloned(); numbers].into_iter().flatten().collect();
                for finding in &mut report.findings {
                    (finding.title, finding.advice) = (name.clone(), name.clone());
                    finding.zh = Zh::default();
                    finding.entity.set("workload", None);
                    finding.entity.set("pod", Some(format!("{name}-7d9f8b6c5d-x2x7k")));
                }
                for trace in &mut report.traces {
                    trace.verdict = verdict;
                    trace.entity.set("workload", Some(name.clone()));
                    for cause in trace.hypotheses.iter_mut().flat_map(|hypothesis| &mut hypothesis.cause) {
                        (cause.username, cause.namespace) = (name.clone(), name.clone());
                        (cause.name, cause.resource) = (format!("{name}-7d9f8b6c5d-x2x7k"), name.clone());
                        cause.change = Some(name.clone());
                    }
                }
                for lang in [Lang::Zh, Lang::En] {
                    assert_speakable(&brief(&report, lang, Length::Voice));
                    checked += 1;
                }
            }
        }
    }
    assert_eq!(checked, 60);
}

#[test]
fn hostile_text_is_inert_in_chat_and_unspoken() {
    let report = hostile_day();
    for lang in [Lang::Zh, Lang::En] {
        let chat = brief(&report, lang, Length::Chat);
        let bare =
            ["[F:", "[T:", " / F:", " / A:"].iter().fold(chat.clone(), |text, mark| text.replace(mark, ""));
        for live in [
            "<", ">", "@", "[", "](", "`", "://", "www.", "**bold", "\u{202e}", "\u{2066}", "\u{200b}",
            "\u{1b}", "\u{7}", "\n#",
        ] {
            assert!(!bare.contains(live), "`{live}` is live in: {chat}");
        }
        assert!(chat.lines().all(|line| line.chars().count() < 900), "a line is too long: {chat}");
        assert_speakable(&brief(&report, lang, Length::Voice));
    }
}
