/*
title    = "Helm release failed"
severity = "high"
params   = { failures = 1, brief = 90 }
finding  = "{namespace}: release {sample} failed {count} times, {state}: {message}"
why      = "The release is half applied or rolled back: the new version is not live."
advice   = """
1. See history and reason: helm history -n {namespace} {sample}; kubectl describe helmrelease -n {namespace} {sample}.
2. See what happened to its workloads: select ts, workload, reason, message from event where namespace = '{namespace}' and type = 'Warning' order by ts.
3. Roll back to the last good revision: helm rollback -n {namespace} {sample}.
"""
quiet_when = "a test of the chart is meant to fail"
tags     = ["gitops", "helm"]
[zh]
title   = "Helm 发布失败"
finding = "{namespace}：release {sample} 失败 {count} 次，{state_zh}：{message}"
why     = "发布只完成了一半或已回滚：预期的变更没有上线。"
advice  = """
1. 查看历史与原因：helm history -n {namespace} {sample}；kubectl describe helmrelease -n {namespace} {sample}。
2. 查看其工作负载的情况：select ts, workload, reason, message from event where namespace = '{namespace}' and type = 'Warning' order by ts。
3. 回滚到上一个正常版本：helm rollback -n {namespace} {sample}。
"""
quiet_when = "该 chart 的测试本就预期失败"
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
    where kind in ('HelmRelease', 'HelmChart', 'Release')
        and type = 'Warning'
    group by cluster, namespace, workload, kind, name, reason,
        message, attrs->>'event_uid'
),

well as (
    select cluster, namespace, kind, name, max(ts) as well_ts
    from event
    where reason in (
            'InstallSucceeded', 'UpgradeSucceeded', 'ReconciliationSucceeded',
            'RollbackSucceeded'
        )
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
        else 'high'
    end as severity,
    row_ids
from places
-- A failed release waits for a person or a rollback.
where count >= $failures
