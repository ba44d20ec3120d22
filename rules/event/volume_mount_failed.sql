/*
title    = "Volume cannot be mounted"
severity = "high"
params   = { failures = 6, open = 1, brief = 90 }
finding  = "{namespace}/{workload}: a volume failed to mount {count} times, {state}: {message}"
why      = "The pod stays in ContainerCreating until its volume is there. Usual causes: the disk still hangs on another node, the storage driver is down, or the claim was changed or deleted."
advice   = """
1. Read the message: Multi-Attach means that the old node still holds the disk, DeadlineExceeded that the driver does not answer.
2. Look at the claim and the driver: kubectl describe pvc -n {namespace}; kubectl get volumeattachments; kubectl get pods -n kube-system | grep csi.
3. Look for a change of storage before it: select ts, username, verb, resource, name from audit where operation = 'storage' order by ts.
"""
quiet_when = "a node was lost less than ten minutes ago and its disks are being released"
tags     = ["storage"]
[zh]
title   = "存储卷挂载失败"
finding = "{namespace}/{workload} 的存储卷挂载失败 {count} 次，{state_zh}：{message}"
why     = "卷未就绪时 Pod 会一直停在 ContainerCreating。常见原因：云盘仍挂在旧节点、存储驱动异常，或 PVC 被修改、删除。"
advice  = """
1. 先看报错：Multi-Attach 表示旧节点仍占用云盘，DeadlineExceeded 表示驱动无响应。
2. 检查 PVC 与驱动：kubectl describe pvc -n {namespace}；kubectl get volumeattachments；kubectl get pods -n kube-system | grep csi。
3. 查看此前的存储变更：select ts, username, verb, resource, name from audit where operation = 'storage' order by ts。
"""
quiet_when = "节点刚故障不到十分钟，云盘正在释放"
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
    -- A missing ConfigMap or Secret belongs to event/config_error; "not registered" and
    -- "failed to sync" are races inside a starting kubelet.
    where reason in ('FailedMount', 'FailedMapVolume')
        and not regexp_like(
            message,
            '(?i)(configmap|secret).*not found'
            || '|references non-existent (config|secret) key|not registered'
            || '|failed to sync (configmap|secret) cache'
        )
    group by cluster, namespace, workload, kind, name, pod, node, reason,
        message, attrs->>'event_uid'
),

well as (
    select cluster, namespace, kind, name, max(ts) as well_ts
    from event
    where reason = 'Started'
    group by cluster, namespace, kind, name
),

objects as (
    select series.cluster, series.namespace, series.workload, series.kind, series.name,
        min(pod) as pod,
        case when min(node) = max(node) then min(node) end as node,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as repeats,
        max(well_ts) as well_ts,
        first_value(message order by last_ts desc, message) as message,
        first_value(row_id order by first_ts, row_id) as row_id
    from series
    left join well
        on series.kind = well.kind
        and series.name = well.name
        and (series.namespace is not distinct from well.namespace)
        and (series.cluster is not distinct from well.cluster)
    group by series.cluster, series.namespace, series.workload, series.kind, series.name
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
                and (well_ts is null or well_ts < last_ts)
        ) as is_open,
        bool_and(well_ts is not null and well_ts >= last_ts) as is_well,
        date_part('epoch', max(last_ts)) - date_part('epoch', min(first_ts)) as seconds,
        left(first_value(message order by last_ts desc, message), 240) as message,
        (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
    from objects
    group by cluster, namespace, workload
)
select cluster, namespace, workload, pod, node,
    sample, objects, count, first_ts, last_ts, message,
    case
        when is_well then 'recovered'
        when is_open then 'still failing'
        else 'over'
    end as state,
    case
        when is_well then '已恢复'
        when is_open then '仍在持续'
        else '已停止'
    end as state_zh,
    -- A failure that passed within moments was a matter of order at the start.
    case
        when not is_open and seconds < $brief then 'low'
        when count >= $failures then 'high'
        else 'low'
    end as severity,
    row_ids
from places
-- The kubelet doubles its wait from half a second: the sixth failure comes about 15 s
-- after the first. Detaching a volume from a stopped pod takes less. A failure at
-- the end of the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
