/*
title    = "Pods cannot be stopped"
severity = "medium"
params   = { failures = 3, open = 1 }
finding  = "{namespace}/{workload}: {objects} pods cannot be stopped, {count} failures, {state}: {message}"
why      = "The pod stays in Terminating. A StatefulSet waits for it, its volume stays on the node, and the old process may still serve."
advice   = """
1. See whether the runtime answers on the node: crictl ps; systemctl status containerd.
2. A process in state D cannot be killed: look for hung storage in dmesg.
3. Only if the node is surely gone: kubectl delete pod -n {namespace} {sample} --force --grace-period=0.
"""
quiet_when = "the runtime is being restarted"
tags     = ["node", "runtime"]
[zh]
title   = "Pod 无法停止"
finding = "{namespace}/{workload}：{objects} 个 Pod 无法停止，失败 {count} 次，{state_zh}：{message}"
why     = "Pod 停在 Terminating：StatefulSet 会一直等待，卷无法释放，旧进程可能仍在提供服务。"
advice  = """
1. 在节点上确认运行时是否响应：crictl ps；systemctl status containerd。
2. 处于 D 状态的进程无法杀死：在 dmesg 中排查存储卡死。
3. 仅在确认节点已不存在时：kubectl delete pod -n {namespace} {sample} --force --grace-period=0。
"""
quiet_when = "运行时正在重启"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, pod, node, message,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason in ('FailedKillPod', 'FailedKillContainer', 'ExceededGracePeriod')
    group by cluster, namespace, workload, kind, name, pod, node, reason,
        message, attrs->>'event_uid'
),

objects as (
    select cluster, namespace, workload, kind, name,
        min(pod) as pod,
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
select cluster, namespace, workload, pod, node,
    sample, objects, count, first_ts, last_ts, message,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when count >= $failures then 'medium' else 'low' end as severity,
    row_ids
from places
-- While the network plugin restarts one or two attempts fail. A failure at the
-- end of the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
