/*
title    = "Argo CD application failed to sync or became degraded"
severity = "high"
params   = { failures = 1, brief = 90 }
finding  = "Application {sample}: {count} reports, {state} (last {last_ts}): {message}"
why      = "The cluster does not run the state in Git: the last change is not live, or it is live and unhealthy."
advice   = """
1. See which object failed: argocd app get {sample} --show-operation.
2. Read what the controller wrote: select ts, reason, message from event where kind = 'Application' and name = '{sample}' order by ts.
3. Correct the commit, or roll back: argocd app rollback {sample}.
"""
quiet_when = "the application is a preview that is removed"
tags     = ["gitops", "argocd"]
[zh]
title   = "Argo CD 应用同步失败或降级"
finding = "应用 {sample}：上报 {count} 次，{state_zh}（最近一次 {last_ts}）：{message}"
why     = "Git 中的内容与实际运行不一致：变更没有上线，或上线后不健康。"
advice  = """
1. 查看失败的对象：argocd app get {sample} --show-operation。
2. 查看控制器的事件：select ts, reason, message from event where kind = 'Application' and name = '{sample}' order by ts。
3. 修正提交，或回滚：argocd app rollback {sample}。
"""
quiet_when = "该应用是正在移除的预览环境"
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
    where kind in ('Application', 'ApplicationSet')
        and regexp_like(
            message,
            '(?i)sync operation to .* failed|sync (operation )?failed'
            || '|health status: .*-> ?(Degraded|Missing)'
            || '|failed to (load target state|generate|compare)|ComparisonError'
            || '|ApplicationGenerationFromParamsError'
        )
    group by cluster, namespace, workload, kind, name, reason,
        message, attrs->>'event_uid'
),

well as (
    select cluster, namespace, kind, name, max(ts) as well_ts
    from event
    where reason = 'OperationSucceeded'
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
-- The controller reports each failed operation once.
where count >= $failures
