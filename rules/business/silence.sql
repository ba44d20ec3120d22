/*
title    = "Workload has stopped logging"
severity = "medium"
params   = { minutes = 15, slots = 11, together = 5, brisk = 12, pause = 10, others = 2 }
finding  = "{subject} wrote nothing for {minutes} minutes after {last_ts}, before that about {per_hour} lines an hour"
why      = "A program that hangs, is gone or cannot write logs nothing at all. If many stop at the same minute the collector has stopped."
advice   = """
1. See whether its pods still run: select ts, kind, name, reason, message from event where namespace = '{space}' order by ts desc limit 50; kubectl get pods -n {space}.
2. See its last lines: select ts, pod, message from business where namespace = '{space}' and workload = '{owner}' order by ts desc limit 20.
3. If several workloads are named, look at the log collector of their nodes first.
"""
quiet_when = "the workload was removed or scaled down on purpose"
tags     = ["silence", "availability"]
[zh]
title   = "工作负载停止输出日志"
finding = "{subject} 在 {last_ts} 之后 {minutes} 分钟没有任何日志，此前约每小时 {per_hour} 行"
why     = "程序卡死、消失或无法写日志时什么都不会输出；若多个工作负载同时停止，则是日志采集中断。"
advice  = """
1. 确认 Pod 是否仍在运行：select ts, kind, name, reason, message from event where namespace = '{space}' order by ts desc limit 50；kubectl get pods -n {space}。
2. 查看最后几行日志：select ts, pod, message from business where namespace = '{space}' and workload = '{owner}' order by ts desc limit 20。
3. 若涉及多个工作负载，先检查其节点上的日志采集组件。
"""
quiet_when = "工作负载被有意移除或缩容"
*/
with slots as (
    select cluster, namespace, workload, date_bin(interval '5 minutes', ts) as slot,
        count(*) as lines,
        min(ts) as first_ts,
        max(ts) as last_ts,
        max(row_id) as row_id
    from business
    where workload is not null
    group by cluster, namespace, workload, date_bin(interval '5 minutes', ts)
),

ends as (
    select max(last_ts) as end_ts from slots
),

steady as (
    select cluster, namespace, workload,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(lines) as lines,
        count(*) as slots,
        date_part('epoch', max(last_ts)) - date_part('epoch', min(first_ts)) as seconds,
        first_value(row_id order by slot desc) as row_id
    from slots
    group by cluster, namespace, workload
    -- An hour of steady lines has eleven whole slots, whenever it begins; a job that ends is
    -- shorter.
    having count(*) >= $slots
),

-- A short capture: a workload that wrote in each minute, until it did not.
brisk_minutes as (
    select cluster, namespace, workload, date_bin(interval '1 minute', ts) as slot,
        count(*) as lines,
        min(ts) as first_ts,
        max(ts) as last_ts,
        -- Pods of a Deployment do not end by themselves, those of a Job do.
        bool_and(
            coalesce(regexp_like(pod, '-[0-9a-z]*[a-z][0-9a-z]*-[0-9a-z]{5}$'), false)
            and length(split_part(reverse(pod), '-', 2)) between 8 and 10
        ) as is_lasting,
        bool_or(regexp_like(
            message,
            '(?i)\bshut(ting)? ?down|\bexit(ing|ed)?\b|sigterm|terminat|\bstopp(ed|ing)\b'
            || '|graceful|\bbye\b|\bdrain|complete[sd]? all|finished all|退出|停止|关闭'
        )) as says_end,
        max(row_id) as row_id
    from business
    where workload is not null
    group by cluster, namespace, workload, date_bin(interval '1 minute', ts)
),

brisk as (
    select cluster, namespace, workload,
        min(first_ts) as first_ts,
        max(last_ts) as last_ts,
        sum(lines) as lines,
        count(*) as slots,
        date_part('epoch', max(last_ts)) - date_part('epoch', min(first_ts)) as seconds,
        first_value(row_id order by slot desc) as row_id
    from brisk_minutes
    group by cluster, namespace, workload
    having count(*) >= $brisk
        and bool_and(is_lasting)
        and not first_value(says_end order by slot desc)
),

going_on as (
    select count(distinct concat_ws('/', cluster, namespace, workload)) as others
    from brisk_minutes
    where last_ts >= (select end_ts from ends) - interval '2 minutes'
),

-- Somebody or a controller has ended its pods.
ended as (
    select distinct namespace as ended_space, workload as ended_workload
    from event
    where reason in (
            'Killing', 'ScalingReplicaSet', 'SuccessfulDelete', 'SuccessfulRescale',
            'Completed', 'Evicted', 'Preempted', 'KEDAScaleTargetDeactivated'
        )
),

paused as (
    select brisk.*
    from brisk
    cross join ends
    cross join going_on
    left join ended
        on brisk.workload = ended.ended_workload
        and (brisk.namespace is not distinct from ended.ended_space)
    where ended.ended_workload is null
        and others >= $others
        and date_part('epoch', end_ts) - date_part('epoch', last_ts) >= 60 * $pause
        -- Half as long as it wrote, which was in nine of ten minutes.
        and 2 * (date_part('epoch', end_ts) - date_part('epoch', last_ts)) >= seconds
        and slots * 60 >= 0.9 * seconds
),

silent as (
    select *, true as is_steady,
        cast((date_part('epoch', end_ts) - date_part('epoch', last_ts)) / 60 as bigint)
            as minutes,
        concat_ws('/', namespace, workload) as place,
        count(*) over (partition by cluster, date_bin(interval '5 minutes', last_ts))
            as workloads
    from steady
    cross join ends
    where date_part('epoch', end_ts) - date_part('epoch', last_ts) >= 60 * $minutes
        -- In nine of ten slots of its time it wrote: what comes in bursts is not silent.
        and slots * 300 >= 0.9 * seconds
    union all
    select paused.*, end_ts, false,
        cast((date_part('epoch', end_ts) - date_part('epoch', last_ts)) / 60 as bigint),
        concat_ws('/', namespace, workload),
        1
    from paused
    cross join ends
    where not exists (
        select 1 from steady
        where steady.workload = paused.workload
            and steady.namespace is not distinct from paused.namespace
    )
)
select cluster,
    case when count(*) = 1 then min(namespace) end as namespace,
    case when count(*) = 1 then min(workload) end as workload,
    case when count(*) > 1 then 'collector' end as name,
    coalesce(min(namespace), '-') as space,
    min(workload) as owner,
    count(*) as workloads,
    array_to_string((array_agg(place order by lines desc, place))[1:3], ', ')
        || case when count(*) > 3 then ' …(' || count(*) || ')' else '' end as subject,
    (array_agg(place order by place))[1:50] as places,
    max(last_ts) as first_ts,
    max(end_ts) as last_seen_ts,
    max(last_ts) as last_ts,
    max(minutes) as minutes,
    cast(sum(lines * 3600 / seconds) as bigint) as per_hour,
    case when bool_or(is_steady) then 'medium' else 'low' end as severity,
    (array_agg(row_id order by lines desc, row_id))[1:5] as row_ids
from silent
-- Many that stop within the same minutes have one cause: their collector or their node.
group by cluster,
    case
        when workloads >= $together
        then cast(date_bin(interval '5 minutes', last_ts) as varchar)
        else place
    end
