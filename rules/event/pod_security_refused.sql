/*
title    = "Pods violate the Pod Security level of their namespace"
severity = "high"
params   = { failures = 3, open = 1, brief = 30 }
finding  = "{namespace}/{workload} cannot create pods: refused by Pod Security {count} times, {state}: {message}"
why      = "The controller cannot create or replace pods. Running pods are not touched, so the fault shows at the next rollout or node loss."
advice   = """
1. Read which fields are refused in the message, and set them in the pod template (runAsNonRoot, seccompProfile, capabilities, hostPath …).
2. See whether the namespace's label or the workload was changed: select ts, username, verb, resource, name from audit where (resource = 'namespaces' and name = '{namespace}' or namespace = '{namespace}' and name = '{workload}') and operation is not null order by ts.
3. Lower the level of the namespace only if the workload really needs it: kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=baseline --overwrite.
"""
quiet_when = "a sandbox tries out the restricted level"
tags     = ["security", "admission"]
[zh]
title   = "Pod 违反命名空间的 Pod Security 级别"
finding = "{namespace}/{workload} 无法创建 Pod：被 Pod Security 拒绝 {count} 次，{state_zh}：{message}"
why     = "控制器无法创建或替换 Pod；已运行的 Pod 不受影响，故障要到下次发布或节点故障时才暴露。"
advice  = """
1. 按报错修正 Pod 模板中的相应字段（runAsNonRoot、seccompProfile、capabilities、hostPath 等）。
2. 确认是命名空间标签还是工作负载发生了变更：select ts, username, verb, resource, name from audit where (resource = 'namespaces' and name = '{namespace}' or namespace = '{namespace}' and name = '{workload}') and operation is not null order by ts。
3. 仅在确有必要时降低级别：kubectl label namespace {namespace} pod-security.kubernetes.io/enforce=baseline --overwrite。
"""
quiet_when = "沙箱环境正在试用 restricted 级别"
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
    where reason = 'FailedCreate'
        and regexp_like(
            message,
            '(?i)violates PodSecurity'
            || '|unable to validate against any (pod security policy|security'
            || ' context constraint)'
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
-- The answer does not change by retrying, but a label may be corrected at once. A
-- failure at the end of the logs is reported at once, as little known.
where count >= $failures or is_open and count >= $open
