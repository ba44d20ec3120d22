/*
title    = "Pod refers to a ConfigMap or Secret that is not there"
severity = "high"
params   = { failures = 3, open = 1, brief = 90 }
finding  = "{namespace}/{workload} cannot start: {object} or a key of it is missing ({count} failures, {state})"
why      = "The container cannot be created while a ConfigMap, a Secret or one of its keys is missing. Running pods keep the old content, so the fault shows at the next restart or rollout."
advice   = """
1. Check that the object and the key exist: kubectl get configmap,secret -n {namespace}; kubectl describe pod -n {namespace} {sample}.
2. Find who deleted or changed it: select ts, username, verb, name from audit where resource in ('configmaps', 'secrets') and namespace = '{namespace}' and verb <> 'get' order by ts.
3. Put it back from the repository, then wait for the kubelet to retry; no restart is needed.
"""
quiet_when = "a release creates the workload shortly before its configuration"
tags     = ["config", "rollout"]
[zh]
title   = "Pod 引用的 ConfigMap 或 Secret 不存在"
finding = "{namespace}/{workload} 无法启动：{object} 或其中的键缺失（失败 {count} 次，{state_zh}）"
why     = "ConfigMap、Secret 或其中的键缺失时容器无法创建；已运行的 Pod 仍用旧内容，因此故障往往在下次重启或发布时才暴露。"
advice  = """
1. 确认对象与键是否存在：kubectl get configmap,secret -n {namespace}；kubectl describe pod -n {namespace} {sample}。
2. 查找谁删除或修改了它：select ts, username, verb, name from audit where resource in ('configmaps', 'secrets') and namespace = '{namespace}' and verb <> 'get' order by ts。
3. 从代码仓库恢复该对象后等待 kubelet 自动重试，无需重启。
"""
quiet_when = "发布时工作负载略早于其配置创建"
*/
with series as (
    -- An event is logged again at each repeat with a higher count: keep the highest.
    select cluster, namespace, coalesce(workload, name) as workload,
        kind, name, pod, container, node, message,
        replace(
            regexp_match(
                message, '(?i)((?:configmap|secret)s? "?[a-z0-9][a-z0-9./-]*)'
            )[1],
            '"', ''
        ) as object,
        min(coalesce(first_ts, ts)) as first_ts,
        max(ts) as last_ts,
        max(count) as repeats,
        first_value(row_id order by ts, row_id) as row_id
    from event
    where (
            reason in ('CreateContainerConfigError', 'InvalidEnvironmentVariableNames')
            or reason in ('Failed', 'FailedMount')
            and regexp_like(
                message,
                '(?i)(configmap|secret).*(not found|non-existent)'
                || '|find key .* in (configmap|secret)'
                || '|references non-existent (config|secret) key'
                || '|CreateContainerConfigError'
            )
            -- A missing image pull secret is only a warning.
            and message not like '%pull image%'
        )
    group by cluster, namespace, workload, kind, name, pod, container, node, reason,
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
        case when min(container) = max(container) then min(container) end as container,
        case when min(node) = max(node) then min(node) end as node,
        first_value(object order by last_ts desc, object)
            filter (where object is not null) as object,
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
        case when min(container) = max(container) then min(container) end as container,
        case when min(node) = max(node) then min(node) end as node,
        min(name) as sample,
        count(*) as objects,
        coalesce(
            first_value(object order by repeats desc, object)
                filter (where object is not null),
            'ConfigMap/Secret'
        ) as object,
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
select cluster, namespace, workload, pod, container, node,
    sample, objects, object, count, first_ts, last_ts, message,
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
-- If a release creates the workload before its configuration, the second or third
-- attempt of the kubelet succeeds; three failures mean that the object is really
-- missing. A failure at the end of the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
