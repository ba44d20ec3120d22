/*
title    = "Scheduled job was not started"
severity = "medium"
params   = { failures = 2, open = 1, brief = 90 }
finding  = "{namespace}/{workload} missed its schedule {count} times, {state} (last {last_ts}): {message}"
why      = "The work of that hour was left out. After a hundred missed starts the controller stops trying."
advice   = """
1. Read the schedule, the time zone and startingDeadlineSeconds: kubectl get cronjob -n {namespace} {workload} -o yaml.
2. See what else happened to it: select ts, reason, message from event where namespace = '{namespace}' and workload = '{workload}' order by ts.
3. Start the missed run by hand if its work is needed: kubectl create job -n {namespace} {workload}-manual --from=cronjob/{workload}.
"""
quiet_when = "the cluster was shut down at that time"
tags     = ["job", "schedule"]
[zh]
title   = "定时任务未按计划启动"
finding = "{namespace}/{workload} 错过调度 {count} 次，{state_zh}（最近一次 {last_ts}）：{message}"
why     = "该时段的任务没有执行；连续错过一百次后控制器将不再尝试。"
advice  = """
1. 核对调度表达式、时区与 startingDeadlineSeconds：kubectl get cronjob -n {namespace} {workload} -o yaml。
2. 查看相关事件：select ts, reason, message from event where namespace = '{namespace}' and workload = '{workload}' order by ts。
3. 如需补跑：kubectl create job -n {namespace} {workload}-manual --from=cronjob/{workload}。
"""
quiet_when = "当时集群处于停机状态"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, message,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where kind = 'CronJob'
        and reason in (
            'MissSchedule', 'TooManyMissedTimes', 'UnknownTimeZone',
            'UnparseableSchedule', 'InvalidSchedule', 'UnsupportedSchedule',
            'FailedCreate', 'FailedNeedsStart'
        )
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
        when count >= $failures then 'medium'
        else 'low'
    end as severity,
    row_ids
from places
-- A controller that was restarted misses one start; the second shows another cause. A
-- failure at the end of the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
