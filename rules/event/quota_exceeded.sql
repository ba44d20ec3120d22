/*
title    = "Quota or limit range refuses new pods"
severity = "high"
params   = { refusals = 5 }
finding  = "{namespace}/{workload} cannot create pods: refused {count} times by a quota"
why      = "The namespace may not use more, so the controller cannot replace or add pods. Nothing fails at once, but the workload cannot recover, scale or roll out."
advice   = """
1. Compare used and hard: kubectl describe resourcequota,limitrange -n NAMESPACE.
2. See whether the quota was cut or the requests were raised: select ts, username, operation, name from audit where operation in ('quota', 'resources', 'scale') and namespace = 'NAMESPACE' order by ts.
3. Remove finished Jobs and idle workloads, or raise the quota.
"""
quiet_when = "the namespace is a sandbox with a hard ceiling"
tags     = ["quota", "capacity"]
[zh]
title   = "配额或限制拒绝创建 Pod"
finding = "{namespace}/{workload} 无法创建 Pod，被配额拒绝 {count} 次"
why     = "命名空间用量已达上限，控制器无法补齐或新增 Pod。短期内看不到报错，但工作负载已无法自愈、扩容或发布。"
advice  = """
1. 对比已用与上限：kubectl describe resourcequota,limitrange -n NAMESPACE。
2. 查看是否调低了配额或调高了资源：select ts, username, operation, name from audit where operation in ('quota', 'resources', 'scale') and namespace = 'NAMESPACE' order by ts。
3. 清理已完成的 Job 与闲置工作负载，或调高配额。
"""
quiet_when = "命名空间是设有硬上限的沙箱环境"
*/
with refusals as (
    -- The message has the generated pod name, so most refusals are separate events.
    select cluster, namespace, coalesce(workload, name) as workload, message,
        max(regexp_match(message, 'exceeded quota: ([a-z0-9.-]+)')[1]) as quota,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason = 'FailedCreate'
        and regexp_like(
            message, 'exceeded quota|failed quota|(maximum|minimum) .* usage per'
        )
    group by cluster, namespace, workload, name, message, attrs->>'event_uid'
)
select cluster, namespace, workload,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    sum(repeats) as count,
    max(quota) as quota,
    first_value(message order by last_ts desc, message) as message,
    (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
from refusals
group by cluster, namespace, workload
-- A rollout near the quota is refused a few times until old pods have stopped. The waits
-- double, so by the fifth refusal that should have ended.
having sum(repeats) >= $refusals
