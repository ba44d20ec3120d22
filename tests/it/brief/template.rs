//! The template brief: calm days, days with gaps, the chat brief, and hostile log text.

use crate::brief::days::{calm_day, confirmed_day, empty_day, hostile_day, incident_day};
use crate::brief::{assert_speakable, check};
use headwater::brief::{Length, brief};
use model::lang::Lang;
use model::report::Verdict;

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
fn the_chat_brief_lists_traces_first() {
    check(
        &incident_day(),
        Lang::Zh,
        Length::Chat,
        r#"**2026-11-22 · prod：5 起事故，8 个异常（新增 3，加重 1，持续 4；不再出现 1），最高级别：严重** [F:f1c9a07be2d4]

**1.** shop/pay-api 报错 1412 次：连接 pay-cache 被拒绝（严重，新增；10:12:31 起） [F:f1c9a07be2d4]
- **已确认**：10:05:12 wangqing＠corp.example 修改了（patch）statefulsets shop/pay-cache：memory limit 512Mi → 128Mi；依据：操作改的正是被杀 Pod 所属的工作负载；调低内存上限会导致 OOM [T:t-4be01c77 / A:9b1f6d1e]
- 影响：2 个工作负载，2 个 Pod，1 个节点；10:58:02 起已恢复
- 链路：10:05:12 操作 → (+4 分 36 秒) 事件 OOMKilling pay-cache-0：内存 cgroup 耗尽 → (+3 秒) 事件 BackOff 正在重启失败的容器 redis → (+2 分 40 秒) 错误 连接 pay-cache:6379 失败：拒绝连接 [T:t-4be01c77]
- 先做：把 pay-cache 的内存上限改回 512Mi [F:f1c9a07be2d4]
- 同一链路的另外 1 个异常 [F:f77d20c1aa90]

**2.** shop/orders 退出 37 次：缺少必需的配置项 DB_HOST（高危，加重；15:02:09 起） [F:f30b1e55c0de]
- **很可能**（未证实）：09:31:44 system:serviceaccount:ci:deployer 修改了（update）configmaps shop/orders-config：DB_HOST removed；依据：错误提到的配置项正是操作所删；两者相隔五个半小时 [T:t-9a11f0e3 / A:9b1f6d1e]
- 影响：1 个工作负载，1 个 Pod，1 个节点；18:40:00 起已恢复
- 链路：09:31:44 操作 → (+5 小时 30 分) 错误 致命错误：缺少必需的配置项 DB_HOST [T:t-9a11f0e3]
- 先做：在配置中恢复 DB_HOST [F:f30b1e55c0de]

**3.** web/search 请求 es-data 超时 96 次（中等，持续；13:20:00 起） [F:f5e5e5a00b17]
- **起因无法确定**：审计日志 13:00–15:00 没有数据 [T:t-c0ffee21]
- 影响：1 个工作负载；14:44:00 起已恢复
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
        r#"**2026-11-22 · prod: 5 incidents, 8 findings (3 new, 1 worse, 4 ongoing; 1 gone), highest severity: critical** [F:f1c9a07be2d4]

**1.** shop/pay-api logged 1412 errors: connection refused by pay-cache (critical, new; since 10:12:31) [F:f1c9a07be2d4]
- **Confirmed**: 10:05:12 wangqing＠corp.example changed (patch) statefulsets shop/pay-cache: memory limit 512Mi → 128Mi; because the operation changed the workload whose pod was killed; a lower memory limit can cause OOM kills [T:t-4be01c77 / A:9b1f6d1e]
- Impact: 2 workloads, 2 pods, 1 node; over since 10:58:02
- Chain: 10:05:12 operation → (+4 min 36 s) event OOMKilling pay-cache-0: memory cgroup out of me… → (+3 s) event BackOff restarting failed container redis → (+2 min 40 s) error connect to pay-cache:6379 failed: Connection re… [T:t-4be01c77]
- First step: Raise the memory limit of pay-cache back to 512Mi [F:f1c9a07be2d4]
- 1 more finding of the same trace [F:f77d20c1aa90]

**2.** shop/orders exited 37 times: missing required key DB_HOST (high, worse; since 15:02:09) [F:f30b1e55c0de]
- **Likely** (not proven): 09:31:44 system:serviceaccount:ci:deployer changed (update) configmaps shop/orders-config: DB_HOST removed; because the error names a key that the operation removed; five and a half hours lie between them [T:t-9a11f0e3 / A:9b1f6d1e]
- Impact: 1 workload, 1 pod, 1 node; over since 18:40:00
- Chain: 09:31:44 operation → (+5 h 30 min) error fatal: missing required key DB_HOST [T:t-9a11f0e3]
- First step: Restore DB_HOST in the config [F:f30b1e55c0de]

**3.** web/search timed out 96 times against es-data (medium, ongoing; since 13:20:00) [F:f5e5e5a00b17]
- **Cause inconclusive**: no audit data 13:00–15:00 [T:t-c0ffee21]
- Impact: 1 workload; over since 14:44:00
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
        let voice = brief(&report, Lang::En, Length::Voice);
        assert_eq!(voice.contains("wangqing"), verdict == Verdict::Likely, "{voice}");
    }
}

#[test]
fn a_finding_of_a_trace_is_not_listed_again() {
    let chat = brief(&incident_day(), Lang::En, Length::Chat);
    let others = chat.split("**Other findings**").nth(1).unwrap_or_default();
    assert!(others.contains("F:f0aa91b2c3d4"), "{others}");
    for id in ["f1c9a07be2d4", "f77d20c1aa90", "f30b1e55c0de", "f5e5e5a00b17"] {
        assert!(!others.contains(id), "{others}");
    }
}

#[test]
fn hostile_text_is_harmless_in_chat_and_not_spoken() {
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
