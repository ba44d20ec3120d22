/*
title    = "Controller cannot create pods"
severity = "high"
params   = { failures = 3, open = 1, brief = 30 }
finding  = "{namespace}/{workload} cannot create pods: {count} attempts failed, {state}: {message}"
why      = "The API server refuses the pods of this controller. Without a pod no log exists; the only trace is this event."
advice   = """
1. Read the reason in the message: an invalid template, a name that is taken, a failing API server.
2. See what was changed before: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
3. Correct the template of {workload}, or roll it back: kubectl rollout undo -n {namespace} deployment/{workload}.
"""
quiet_when = "the namespace is being deleted"
tags     = ["rollout", "admission"]
[zh]
title   = "控制器无法创建 Pod"
finding = "{namespace}/{workload} 无法创建 Pod：失败 {count} 次，{state_zh}：{message}"
why     = "API Server 拒绝了该控制器的 Pod：没有 Pod，也就没有日志，唯一的线索就是这条事件。"
advice  = """
1. 从报错判断原因：模板无效、名称冲突，或 API Server 异常。
2. 查看此前的变更：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
3. 修正 {workload} 的模板，或回滚：kubectl rollout undo -n {namespace} deployment/{workload}。
"""
quiet_when = "命名空间正在被删除"
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
    -- Refusals with a known reason have their own rules.
    where reason = 'FailedCreate'
        and kind not in ('CronJob', 'Machine')
        and not regexp_like(
            message,
            '(?i)quota|usage per|ratio per|error looking up service account'
            || '|PodSecurity|unable to validate against any|webhook'
            || '|ValidatingAdmissionPolicy|no PriorityClass'
            || '|being (deleted|terminated)'
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
        when count >= $failures then 'high'
        else 'low'
    end as severity,
    row_ids
from places
-- One or two conflicts pass by retrying. A failure at the end of the logs is
-- reported at once, as little known.
where count >= $failures or is_open and count >= $open
