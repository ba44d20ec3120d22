//! The voice brief: numbers, names and changes as they are spoken, and the limit of 200 characters.

use crate::brief::days::{HOSTILE, at, confirmed_day, incident_day};
use crate::brief::{assert_speakable, check};
use headwater::brief::{Length, brief};
use model::lang::Lang;
use model::report::{Verdict, Zh};

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
fn a_day_with_gaps_is_spoken_with_its_gaps() {
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
fn changes_are_spoken_in_words() {
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
fn a_scaling_mentions_the_replicas_once() {
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
    assert!(!chinese.contains("先做"), "half a sentence is spoken: {chinese}");
}

#[test]
fn the_voice_brief_stays_within_its_limit_whatever_the_names() {
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
