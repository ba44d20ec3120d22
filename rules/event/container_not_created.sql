/*
title    = "Container cannot be created or started"
severity = "high"
params   = { failures = 3, open = 1, brief = 90 }
finding  = "{namespace}/{workload}: container cannot be started, {count} failures, {state}: {message}"
why      = "The image is there, but the runtime cannot start its command with this specification: a wrong command or path, a user, a mount or a cgroup limit. Restarting does not cure it."
advice   = """
1. Read the message; it names the command, the path or the limit.
2. See what was changed: select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts.
3. Roll back to the last revision that started: kubectl rollout undo -n {namespace} deployment/{workload}.
"""
quiet_when = "the sandbox of a pod that is being deleted is stopped first"
tags     = ["runtime", "rollout"]
[zh]
title   = "容器无法创建或启动"
finding = "{namespace}/{workload}：容器无法启动，失败 {count} 次，{state_zh}：{message}"
why     = "镜像已就绪，但运行时无法按该规格启动命令：命令或路径错误、用户、挂载或 cgroup 限制。重启无法解决。"
advice  = """
1. 报错会指出具体的命令、路径或限制。
2. 查看此前的变更：select ts, username, verb, resource, name from audit where namespace = '{namespace}' and operation is not null order by ts。
3. 回滚到上一个能启动的版本：kubectl rollout undo -n {namespace} deployment/{workload}。
"""
quiet_when = "被删除的 Pod 其沙箱先被停止"
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
    -- Images and missing configuration have their own rules.
    where (
            reason = 'Failed' and message like 'Error: %'
            or reason in ('RunContainerError', 'CreateContainerError', 'FailedStartContainer')
        )
        and not regexp_like(
            message,
            '(?i)ErrImage|ImagePull|pull image|InvalidImageName'
            || '|(configmap|secret).*not found|find key .* in (configmap|secret)'
            || '|CreateContainerConfigError|sandbox was (stopped|deleted)'
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
-- A runtime under load times out once or twice. A failure at the end of the logs
-- is reported at once, as little known.
where count >= $failures or is_open and count >= $open
