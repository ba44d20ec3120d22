/*
title    = "PodDisruptionBudget cannot be evaluated"
severity = "medium"
params   = { failures = 5, open = 2 }
finding  = "{namespace}: budget {sample} cannot be evaluated, {count} times, {state}: {message}"
why      = "A budget that matches pods without a controller, or two budgets for one pod, block every drain of the node, or protect nothing."
advice   = """
1. See what it selects: kubectl describe pdb -n {namespace} {sample}.
2. Give each pod one budget at most, and select pods of a controller with a scale.
3. See who changed it: select ts, username, verb, name from audit where namespace = '{namespace}' and resource = 'poddisruptionbudgets' and operation is not null order by ts.
"""
quiet_when = "the workload is created after its budget"
tags     = ["availability", "pdb"]
[zh]
title   = "PodDisruptionBudget 无法计算"
finding = "{namespace}：PDB {sample} 无法计算，{count} 次，{state_zh}：{message}"
why     = "PDB 匹配了无控制器的 Pod，或同一 Pod 命中多个 PDB：会阻塞节点排空，或起不到保护作用。"
advice  = """
1. 查看选择范围：kubectl describe pdb -n {namespace} {sample}。
2. 确保每个 Pod 最多命中一个 PDB，且由带 scale 的控制器管理。
3. 查看谁改过：select ts, username, verb, name from audit where namespace = '{namespace}' and resource = 'poddisruptionbudgets' and operation is not null order by ts。
"""
quiet_when = "PDB 先于工作负载创建"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, pod, message,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where (
            kind = 'PodDisruptionBudget' and type = 'Warning'
            or reason = 'MultiplePodDisruptionBudgets'
        )
    group by cluster, namespace, workload, kind, name, pod, reason,
        message, attrs->>'event_uid'
),

objects as (
    select cluster, namespace, workload, kind, name,
        min(pod) as pod,
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
select cluster, namespace, workload, pod,
    sample, objects, count, first_ts, last_ts, message,
    case when is_open then 'still failing' else 'over' end as state,
    case when is_open then '仍在持续' else '已停止' end as state_zh,
    case when count >= $failures then 'medium' else 'low' end as severity,
    row_ids
from places
-- While a workload is being created its budget fails a few times. A failure at
-- the end of the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
