/*
title    = "Autoscaler has no metrics"
severity = "medium"
params   = { failures = 20, open = 4, brief = 90, together = 5 }
finding  = "{subject}: autoscaler gets no metrics, {count} failures, {state}: {message}"
why      = "Without metrics the autoscaler neither adds replicas under load nor removes them after it. Many at once point to metrics-server or the adapter."
advice   = """
1. See whether metrics are there at all: kubectl top pods -A; kubectl get apiservices | grep metrics.
2. Read the condition of the autoscaler {sample}: kubectl describe hpa -A.
3. A container without a CPU request has no utilization: set requests in the workload.
"""
quiet_when = "the cluster has no metrics-server"
tags     = ["autoscaling", "metrics"]
[zh]
title   = "HPA 取不到指标"
finding = "{subject}：HPA 取不到指标，失败 {count} 次，{state_zh}：{message}"
why     = "没有指标，HPA 在高负载时不会扩容，负载回落后也不会缩容。大面积出现应检查 metrics-server 或指标适配器。"
advice  = """
1. 确认指标是否可用：kubectl top pods -A；kubectl get apiservices | grep metrics。
2. 查看 HPA {sample} 的状态：kubectl describe hpa -A。
3. 未设置 CPU requests 的容器无法计算利用率：为工作负载补充 requests。
"""
quiet_when = "集群没有部署 metrics-server"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, message,
        coalesce(
            regexp_match(message, '((?:custom\.|external\.)?metrics\.k8s\.io)')[1],
            regexp_match(message, '(missing request for [a-z]+)')[1]
        ) as source,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason in (
            'FailedGetResourceMetric', 'FailedGetContainerResourceMetric',
            'FailedGetPodsMetric', 'FailedGetObjectMetric',
            'FailedGetExternalMetric', 'FailedComputeMetricsReplicas'
        )
    group by cluster, namespace, workload, kind, name, reason,
        message, attrs->>'event_uid'
),

well as (
    select cluster, namespace, kind, name, max(ts) as well_ts
    from event
    where reason = 'SuccessfulRescale'
    group by cluster, namespace, kind, name
),

objects as (
    select series.cluster, series.namespace, series.workload, series.kind, series.name,
        first_value(source order by last_ts desc, source)
            filter (where source is not null) as source,
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
        min(name) as sample,
        count(*) as objects,
        coalesce(
            first_value(source order by repeats desc, source)
                filter (where source is not null),
            '-'
        ) as source,
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
),

failing as (
    select *, concat_ws('/', namespace, workload) as place,
        count(*) over (partition by cluster, source) as workloads
    from places
    -- It tries every 15 s, and new pods have no metrics for a minute or two: five minutes of
    -- failures. A failure at the end of the logs is reported at once, as little
    -- known.
    where count >= $failures or is_open and count >= $open
)
select cluster,
    case when min(namespace) = max(namespace) then min(namespace) end as namespace,
    case when count(*) = 1 then min(workload) end as workload,
    case when count(*) > 1 then min(source) end as name,
    min(source) as source,
    min(sample) as sample,
    count(*) as workloads,
    array_to_string((array_agg(place order by count desc, place))[1:3], ', ')
        || case when count(*) > 3 then ' …(' || count(*) || ')' else '' end as subject,
    (array_agg(place order by place))[1:50] as places,
    sum(objects) as objects,
    sum(count) as count,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    first_value(message order by count desc, message) as message,
    case
        when bool_and(is_well) then 'recovered'
        when bool_or(is_open) then 'still failing'
        else 'over'
    end as state,
    case
        when bool_and(is_well) then '已恢复'
        when bool_or(is_open) then '仍在持续'
        else '已停止'
    end as state_zh,
    -- A failure that passed within moments was a matter of order at the start.
    case
        when bool_and(not is_open and seconds < $brief) then 'low'
        when bool_or(count >= $failures) then 'medium'
        else 'low'
    end as severity,
    (array_agg(row_ids[1] order by first_ts, row_ids[1]))[1:5] as row_ids
from failing
-- One cause in many places is one finding.
group by cluster,
    case
        when workloads >= $together and source <> '-' then source
        else place
    end
