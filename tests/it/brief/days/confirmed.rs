//! A day with one confirmed trace: a memory limit was lowered, a container killed, and payments failed.

use crate::brief::days::{Texts, at, calm_day, cause, entity, evidence, finding, hypothesis, reason, step};
use headwater::analysis::report::regroup;
use model::report::{Class, Finding, Report, Severity, Status, Step, StepKind, Trace, Verdict};

/// Returns the day.
pub(crate) fn confirmed_day() -> Report {
    let mut report = calm_day();
    let (pay, oom) = (failed_payments(), killed_container());
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
        ("patch", "resources"),
        ("statefulsets", "shop", "pay-cache"),
        "memory limit 512Mi → 128Mi",
    );
    report.traces.push(Trace {
        id: "t-4be01c77".into(),
        finding: Some(pay.id.clone()),
        entity: pay.entity.clone(),
        ts: at("10:12:31"),
        last_ts: at("10:58:02"),
        calls: Vec::new(),
        incident: String::new(),
        verdict: Verdict::Confirmed,
        class: Class::Operation,
        reasons: reasons.clone(),
        hypotheses: vec![hypothesis(0.94, Some(patch), reasons, steps())],
    });
    report.findings = vec![pay, oom];
    regroup(&mut report);
    report
}

fn failed_payments() -> Finding {
    let mut pay = finding(
        "f1c9a07be2d4",
        "business/error_burst",
        (Severity::Critical, Status::New),
        entity("shop", "pay-api", "pay-api-7d9f8b6c5d-x2x7k", "node-7"),
        (
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
        ),
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
    pay
}

fn killed_container() -> Finding {
    let mut oom = finding(
        "f77d20c1aa90",
        "event/oom_killed",
        (Severity::High, Status::New),
        entity("shop", "pay-cache", "pay-cache-0", "node-7"),
        (
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
        ),
    );
    (oom.first_ts, oom.count, oom.trace) = (at("10:09:48"), 14, Some("t-4be01c77".into()));
    oom.evidence = vec![evidence(
        "10:09:48",
        "event/2026/11/22/events-10.jsonl.gz",
        4711,
        "OOMKilling: Memory cgroup out of memory: Killed process 2291 (redis-server)",
    )];
    oom
}

fn steps() -> Vec<Step> {
    vec![
        step(
            ("s1", StepKind::Operation, "10:05:12"),
            (
                "wangqing patched statefulsets shop/pay-cache: memory limit 512Mi → 128Mi",
                "wangqing 修改了 statefulsets shop/pay-cache：内存上限 512Mi → 128Mi",
            ),
            "wangqing@corp.example",
            None,
        ),
        step(
            ("s2", StepKind::Event, "10:09:48"),
            (
                "OOMKilling pay-cache-0: memory cgroup out of memory",
                "OOMKilling pay-cache-0：内存 cgroup 耗尽",
            ),
            "kubelet node-7",
            Some(("same_workload", 276.0)),
        ),
        step(
            ("s3", StepKind::Event, "10:09:51"),
            ("BackOff restarting failed container redis", "BackOff 正在重启失败的容器 redis"),
            "kubelet node-7",
            Some(("same_uid", 3.0)),
        ),
        step(
            ("s4", StepKind::Error, "10:12:31"),
            ("connect to pay-cache:6379 failed: Connection refused", "连接 pay-cache:6379 失败：拒绝连接"),
            "shop/pay-api",
            Some(("names", 160.0)),
        ),
    ]
}
