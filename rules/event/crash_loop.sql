/*
title    = "Container in a crash loop"
severity = "high"
params   = { failures = 5, open = 1 }
finding  = "{namespace}/{workload} is in a crash loop: {count} back-offs over {objects} pods, {state} (last {last_ts})"
why      = "The kubelet waits longer before each restart, up to five minutes. While it waits the replica serves nothing, and a rollout stands still."
advice   = """
1. Read how the last run ended: kubectl logs -n {namespace} {sample} --previous, and the exit code in kubectl describe pod.
2. Exit code 137 with OOMKilled is memory; 1 or 2 is usually configuration or a dependency; 139 a crash in native code.
3. See what was changed before the first back-off: select ts, username, operation, name from audit where namespace = '{namespace}' and operation is not null order by ts.
"""
quiet_when = "the container is a one-shot task run as a Deployment in a test namespace"
tags     = ["restart", "availability"]
[zh]
title   = "容器反复崩溃重启"
finding = "{namespace}/{workload} 陷入崩溃重启，{objects} 个 Pod 共退避 {count} 次，{state_zh}（最近一次 {last_ts}）"
why     = "每次重启前 kubelet 的等待时间都会翻倍，最长五分钟；等待期间该副本不提供服务，滚动发布也会卡住。"
advice  = """
1. 查看上一次运行的结尾：kubectl logs -n {namespace} {sample} --previous，并在 kubectl describe pod 中查看退出码。
2. 退出码 137 且为 OOMKilled 属内存问题；1 或 2 多为配置或依赖问题；139 为原生代码崩溃。
3. 查看首次退避之前的变更：select ts, username, operation, name from audit where namespace = '{namespace}' and operation is not null order by ts。
"""
quiet_when = "测试命名空间中以 Deployment 运行的一次性任务"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, pod, container, node, message,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where (
            -- The same reason is used for image pulls; those have their own rule.
            reason = 'BackOff' and message like 'Back-off restarting failed%'
            or reason = 'CrashLoopBackOff'
        )
    group by cluster, namespace, workload, kind, name, pod, container, node, reason,
        message, attrs->>'event_uid'
),

objects as (
    select cluster, namespace, workload, kind, name,
        min(pod) as pod,
        case when min(container) = max(container) then min(container) end as container,
        case when min(node) = max(node) then min(node) end as node,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as repeats,
        first_value(message order by last_ts desc, message) as message,
        first_value(row_id order by first_ts, row_id) as row_id
    from series
    group by cluster, namespace, workload, kind, name
),

places as (
    select cluster, namespace, workload,
        case when min(pod) = max(pod) then min(pod) end as pod,
        case when min(container) = max(container) then min(container) end as container,
        case when min(node) = max(node) then min(node) end as node,
        min(name) as sample,
        count(*) as objects,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as count,
        max(repeats) as peak,
        -- Kubelets and controllers repeat an event every few minutes at most.
        bool_or(
            last_ts >= (select max(ts) from event) - interval '5 minutes'
        ) as is_open,
        left(first_value(message order by last_ts desc, message), 240) as message,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from objects
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, container, node,
    sample, objects, count, first_ts, last_ts, message,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when (peak >= $failures or count >= 2*$failures) then 'high' else 'low' end as severity,
    row_ids
from places
-- One container that waits for a late dependency backs off once or twice; a fifth back-
-- off means that at least the third restart failed as well. A failure at the end
-- of the logs is reported at once, as little known.
where (peak >= $failures or count >= 2*$failures) or is_open and count >= $open
