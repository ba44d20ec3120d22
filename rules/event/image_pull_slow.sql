/*
title    = "Image pulls take minutes"
severity = "low"
params   = { failures = 3 }
finding  = "{namespace}/{workload}: {objects} pods waited minutes for their image, {state}: {message}"
why      = "Scaling up and replacing lost pods take that much longer. Usual causes are a large image, a far registry, or a limit on its bandwidth."
advice   = """
1. See sizes and times: select ts, node, message from event where reason = 'Pulled' and message like 'Successfully pulled%' order by ts.
2. Make the image smaller, or use a mirror in the cluster's region.
3. Preload large images, or allow parallel pulls (serializeImagePulls: false).
"""
quiet_when = "an image of a model is large by nature"
tags     = ["image", "capacity"]
[zh]
title   = "镜像拉取耗时数分钟"
finding = "{namespace}/{workload}：{objects} 个 Pod 等待镜像数分钟，{state_zh}：{message}"
why     = "扩容和故障重建都会因此变慢。常见原因：镜像过大、镜像仓库距离远或带宽受限。"
advice  = """
1. 查看大小与耗时：select ts, node, message from event where reason = 'Pulled' and message like 'Successfully pulled%' order by ts。
2. 精简镜像，或使用集群同地域的镜像缓存。
3. 预热大镜像，或开启并行拉取（serializeImagePulls: false）。
"""
quiet_when = "模型镜像本身就很大"
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
    where reason = 'Pulled'
        and regexp_like(message, ' in (?:[0-9]+h)?(?:[2-9]|[1-9][0-9]+)m[0-9.]+s')
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
    row_ids
from places
-- Three pods of a workload, so that one cold node does not count.
where count >= $failures
