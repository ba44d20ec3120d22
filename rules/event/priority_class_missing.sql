/*
title    = "Pods name a PriorityClass that does not exist"
severity = "high"
params   = { failures = 3, open = 1, brief = 30 }
finding  = "{namespace}/{workload} cannot create pods: PriorityClass {class} does not exist ({count} attempts, {state})"
why      = "No pod of the workload is created until the class exists or the template names another one."
advice   = """
1. List the classes: kubectl get priorityclass.
2. Find who deleted it, or changed the workload: select ts, username, verb, resource, name from audit where (resource = 'priorityclasses' or namespace = '{namespace}' and name = '{workload}') and operation is not null order by ts.
3. Create the class again, or correct priorityClassName of {workload}.
"""
quiet_when = "the class is created later in the same release"
tags     = ["scheduling", "admission"]
[zh]
title   = "Pod 引用的 PriorityClass 不存在"
finding = "{namespace}/{workload} 无法创建 Pod：PriorityClass {class} 不存在（尝试 {count} 次，{state_zh}）"
why     = "在该 PriorityClass 存在或模板改用其他名称之前，该工作负载无法创建任何 Pod。"
advice  = """
1. 列出现有的类：kubectl get priorityclass。
2. 查找谁删除了它或改了工作负载：select ts, username, verb, resource, name from audit where (resource = 'priorityclasses' or namespace = '{namespace}' and name = '{workload}') and operation is not null order by ts。
3. 重新创建该类，或修正 {workload} 的 priorityClassName。
"""
quiet_when = "同一次发布稍后会创建该类"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, message,
        regexp_match(message, 'PriorityClass with name ([a-z0-9.-]+)')[1] as class,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where reason = 'FailedCreate'
        and message like '%no PriorityClass with name%'
    group by cluster, namespace, workload, kind, name, reason,
        message, attrs->>'event_uid'
),

well as (
    select cluster, namespace, kind, name, max(ts) as well_ts
    from event
    where reason = 'SuccessfulCreate'
    group by cluster, namespace, kind, name
),

objects as (
    select series.cluster, series.namespace, series.workload, series.kind, series.name,
        first_value(class order by last_ts desc, class)
            filter (where class is not null) as class,
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
            first_value(class order by repeats desc, class)
                filter (where class is not null),
            '-'
        ) as class,
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
select cluster, namespace, workload,
    sample, objects, class, count, first_ts, last_ts, message,
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
-- A release that creates it a second later causes one or two attempts. A failure
-- at the end of the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
