/*
title    = "Health probes keep failing"
severity = "medium"
params   = { liveness = 3, readiness = 10, open = 2 }
finding  = "{namespace}/{workload}: {count} probe failures on {pods} pods{kills}, {state} (last {last_ts}): {message}"
why      = "A failed readiness probe takes the replica out of its Service; failed liveness probes get the container killed. Both turn a slow application into errors for its callers."
advice   = """
1. Read the message: a refused connection means that the process is not listening, a timeout that it is too slow, 5xx that it knows it is unwell.
2. Compare with the application's own log at that minute: select ts, level, message from standard where pod = '{sample}' union all select ts, level, message from business where pod = '{sample}' order by ts.
3. If the pod is merely slow (garbage collection, CPU throttling), raise timeoutSeconds before failureThreshold.
"""
quiet_when = "the workload is being rolled out and starts slowly"
tags     = ["probe", "availability"]
[zh]
title   = "健康检查持续失败"
finding = "{namespace}/{workload} 的 {pods} 个 Pod 健康检查失败 {count} 次{kills_zh}，{state_zh}（最近一次 {last_ts}）：{message}"
why     = "就绪检查失败会把副本从 Service 中摘除，存活检查失败会导致容器被杀；应用一慢，调用方就会看到错误。"
advice  = """
1. 先看报错：连接被拒说明进程未监听，超时说明响应过慢，5xx 说明应用自认不健康。
2. 对照同一分钟的应用日志：select ts, level, message from standard where pod = '{sample}' union all select ts, level, message from business where pod = '{sample}' order by ts。
3. 若只是变慢（GC、CPU 限流），应先调大 timeoutSeconds，再考虑 failureThreshold。
"""
quiet_when = "工作负载正在发布且启动较慢"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload, name, pod, container,
        node, message,
        message like 'Liveness%' as is_liveness,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    -- A startup probe fails until the application has started.
    where reason = 'Unhealthy' and message not like 'Startup%'
    group by cluster, namespace, workload, name, pod, container, node, message,
        attrs->>'event_uid'
),

sick_pods as (
    -- Counted by pod: one failure on each of ten new replicas is a normal rollout.
    select cluster, namespace, workload, name, pod, container, node, is_liveness,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(repeats) as failures,
        -- Three failed liveness probes are a restart (the default failureThreshold); ten
        -- failed readiness probes are 100 s out of rotation at the default period.
        sum(repeats) >= case when is_liveness then $liveness else $readiness end
            -- Over a whole day the same number can be single failures, so they must also
            -- be close together: on average every five minutes for liveness (with
            -- restarts), every minute for readiness.
            and date_part('epoch', max(last_ts)) - date_part('epoch', min(first_ts))
                <= sum(repeats) * case when is_liveness then 300 else 60 end
            as is_sick,
        -- Probes run every few seconds: still failing is within the last two minutes.
        -- Where lines come long after the last event, nothing failed since.
        max(last_ts) >= (select max(ts) from event) - interval '2 minutes'
            and max(last_ts) >= (
                select max(ts) from (
                    select ts from event
                    union all select ts from business
                    union all select ts from standard
                ) as seen
            ) - interval '15 minutes' as is_open,
        first_value(message order by last_ts desc, message) as message,
        first_value(row_id order by first_ts, row_id) as row_id
    from series
    group by cluster, namespace, workload, name, pod, container, node, is_liveness
),

starts as (
    select cluster, namespace, name, min(coalesce(first_ts, ts)) as started_ts
    from event
    where reason = 'Started'
    group by cluster, namespace, name
),

kills as (
    select cluster, namespace, name, max(ts) as killed_ts,
        max(count) filter (where message like '%failed liveness%') as killed
    from event
    where reason = 'Killing'
    group by cluster, namespace, name
),

places as (
    select sick_pods.*, case when is_liveness then killed end as killed,
        -- A pod is not ready from its first start on, and then is: it was starting. After ten
        -- minutes a rollout counts as failed (the default progressDeadlineSeconds). A pod
        -- that was taken away before it was ready never was.
        first_ts between started_ts and started_ts + interval '1 minute'
            and last_ts <= started_ts + interval '10 minutes'
            and not is_open
            and (killed_ts is null or killed_ts > last_ts + interval '1 minute') as is_starting
    from sick_pods
    left join kills
        on sick_pods.name = kills.name
        and (sick_pods.namespace is not distinct from kills.namespace)
        and (sick_pods.cluster is not distinct from kills.cluster)
    left join starts
        on sick_pods.name = starts.name
        and (sick_pods.namespace is not distinct from starts.namespace)
        and (sick_pods.cluster is not distinct from starts.cluster)
)
select cluster, namespace, workload,
    case when min(pod) = max(pod) then min(pod) end as pod,
    case when min(container) = max(container) then min(container) end as container,
    case when min(node) = max(node) then min(node) end as node,
    min(name) as sample,
    min(first_ts) as first_ts,
    max(last_ts) as last_ts,
    sum(failures) as count,
    count(distinct pod) as pods,
    coalesce(', containers killed: ' || sum(killed), '') as kills,
    coalesce('，容器被杀 ' || sum(killed) || ' 次', '') as kills_zh,
    case when bool_or(is_open) then 'still failing' else 'over' end as state,
    case when bool_or(is_open) then '仍在持续' else '已停止' end as state_zh,
    -- Killed containers are worse than replicas out of rotation.
    case
        when bool_or(is_sick and is_liveness) then 'high'
        when bool_or(is_sick and is_starting is not true) then 'medium'
        else 'low'
    end as severity,
    left(first_value(message order by last_ts desc, message), 200) as message,
    (array_agg(row_id order by first_ts, row_id))[1:5] as row_ids
from places
-- A failure at the end of the logs is reported from the second failure on.
where is_sick or is_open and failures >= $open
group by cluster, namespace, workload
